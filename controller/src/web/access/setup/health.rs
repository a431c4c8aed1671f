//! What the controller leans on beside its sources: the cluster, its fellow replicas, its certificates, its disk.

use jiff::Timestamp;

use super::{SetupParts, item};
use crate::{
    cost::PoolCost,
    lease::Leadership,
    registration::Standing,
    store::Standing as Keeping,
    web::wire::{SetupItem, SetupState},
};

pub(super) fn api_server(said: Result<String, String>, is_listed: bool) -> SetupItem {
    let about = ("api-server", "Kubernetes API server");
    match (said, is_listed) {
        (Ok(version), true) => {
            let says =
                format!("Kubernetes {version} answers, and all scalers, events and HPAs have been seen");
            item(about, SetupState::Ok, says, None)
        }
        (Ok(version), false) => {
            let fix = "look for `watch failed` in the controller's log: it lacks a right, or the CRDs are not installed";
            let says = format!(
                "Kubernetes {version} answers, and its scalers, events and HPAs have not been listed yet"
            );
            item(about, SetupState::Failing, says, Some(fix.to_owned()))
        }
        (Err(words), _) => {
            let fix = "plans are still served from memory; look at the API server, and at the network policies between \
                       the controller and it";
            item(about, SetupState::Failing, format!("it cannot be asked: {words}"), Some(fix.to_owned()))
        }
    }
}

/// Nodes of all pools: numbers, and no names.
pub(super) fn nodes(pools: &[PoolCost]) -> SetupItem {
    let about = ("nodes", "Nodes and what they cost");
    let pools: Vec<_> = pools.iter().filter(|pool| 0 < pool.nodes).collect();
    let count = |of: fn(&PoolCost) -> u32| pools.iter().map(|pool| of(pool)).sum::<u32>();
    let (nodes, unpriced) = (count(|pool| pool.nodes), count(|pool| pool.unpriced));
    if nodes == 0 {
        let says = "no node is counted: lead times are typed or guessed, and nothing is known of cost";
        return item(about, SetupState::Off, says, None);
    }
    let unclaimed: f64 = pools.iter().map(|pool| pool.unclaimed).sum();
    let says = format!(
        "{} in {}; {unclaimed:.1} of them are asked for by no workload of a scaler",
        counted(nodes, "node"),
        counted(u32::try_from(pools.len()).unwrap_or(u32::MAX), "pool")
    );
    match pools.iter().map(|pool| pool.per_hour).sum::<Option<f64>>() {
        Some(per_hour) => {
            item(about, SetupState::Ok, format!("{says}; all cost {per_hour:.2} an hour"), None)
        }
        None => {
            let fix = "give prices of nodes, as docs/COST.md says; until then cost is told in node-hours";
            item(about, SetupState::Ok, format!("{says}; {unpriced} have no price"), Some(fix.to_owned()))
        }
    }
}

fn counted(count: u32, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

pub(super) fn leader(parts: &SetupParts) -> SetupItem {
    let about = ("leader", "Leader among the replicas");
    match &*parts.leadership.borrow() {
        Leadership::Leading => item(about, SetupState::Ok, "this replica leads: it plans, and writes", None),
        Leadership::Following { leader: Some(leader) } => {
            let says = format!("the replica at {leader} leads, and this one follows it");
            item(about, SetupState::Ok, says, None)
        }
        Leadership::Following { leader: None } => {
            let fix = format!(
                "a new leader is there within 15 s as a rule; otherwise: kubectl -n {} describe lease prescale-controller",
                parts.namespace
            );
            item(about, SetupState::Failing, "nobody leads now: the last plans hold", Some(fix))
        }
    }
}

pub(super) fn registration(parts: &SetupParts) -> SetupItem {
    let about = ("api-service", "External metrics API");
    let Some(standing) = &parts.registration else {
        let says = "its registration is left to others: the HPA reads plans through KEDA, or not at all";
        return item(about, SetupState::Off, says, None);
    };
    let standing = standing.borrow();
    let (state, fix) = match &*standing {
        Standing::Ours { .. } => (SetupState::Ok, None),
        Standing::Unknown | Standing::Waiting => {
            (SetupState::Failing, Some("it is registered by the leader within a minute as a rule".to_owned()))
        }
        Standing::Refused(_) => {
            let fix = "join KEDA (keda.enabled=true, metricsApi.register=false), or take the API over and pass the other \
                       server's metrics on (metricsApi.takeOver=true)";
            (SetupState::Failing, Some(fix.to_owned()))
        }
        Standing::Failed { .. } => {
            let fix = "it is tried again; the controller needs the rights on APIServices that docs/INSTALL.md lists";
            (SetupState::Failing, Some(fix.to_owned()))
        }
    };
    item(about, state, standing.to_string(), fix)
}

pub(super) fn certificates(parts: &SetupParts, now: Timestamp) -> SetupItem {
    let about = ("certificates", "Certificate of the metrics API");
    let Some(serving) = &parts.serving else {
        return item(about, SetupState::Off, "the metrics API is not served", None);
    };
    let fix =
        || Some("look for `certificates cannot be brought up to date` in the controller's log".to_owned());
    match serving.holds_until() {
        Some(until) if now < until => item(about, SetupState::Ok, format!("it holds until {until}"), None),
        Some(until) => {
            item(about, SetupState::Failing, format!("it has run out: it held until {until}"), fix())
        }
        None => item(about, SetupState::Failing, "there is none yet", fix()),
    }
}

pub(super) fn history(parts: &SetupParts) -> SetupItem {
    let about = ("history", "History on the disk");
    let Some(store) = &parts.store else {
        let says = "history is kept in memory, and learned from Prometheus after each start";
        return item(
            about,
            SetupState::Off,
            says,
            Some("history.enabled=true keeps it over a restart".to_owned()),
        );
    };
    let standing = store.standing().borrow().clone();
    match standing {
        Keeping::Opening => item(about, SetupState::Ok, "its file is being opened", None),
        Keeping::Keeping => item(about, SetupState::Ok, "samples and what was learned are kept", None),
        Keeping::Stopped(words) => {
            let fix = "plans go on from memory, and writing is tried again; look at the volume, and at docs/HISTORY.md";
            item(about, SetupState::Failing, format!("nothing is kept now: {words}"), Some(fix.to_owned()))
        }
    }
}

pub(super) fn writes(parts: &SetupParts) -> SetupItem {
    let about = ("writes", "Writes to the cluster");
    if parts.dry_run {
        let fix = "take --dry-run (dryRun) away to have plans applied";
        return item(about, SetupState::Off, "nothing is written: this is a dry run", Some(fix.to_owned()));
    }
    let says = "status, events, and the HPAs of scalers in mode Active are written";
    item(about, SetupState::Ok, says, None)
}

pub(super) fn sign_in(parts: &SetupParts) -> SetupItem {
    let (about, sign_in) = (("sign-in", "Sign-in"), &parts.sign_in);
    let mut says = match &sign_in.issuer {
        Some(issuer) if sign_in.impersonate => {
            format!("by a token of the cluster, or at {issuer}, whose users change events in their own name")
        }
        Some(issuer) => format!("by a token of the cluster, or at {issuer}, whose users change no events"),
        None => "by a token of the cluster".to_owned(),
    };
    if !sign_in.anonymous {
        return item(about, SetupState::Ok, says, None);
    }
    says.push_str("; and who has not signed in sees everything too: the operator asked for that (--dashboard-anonymous)");
    let fix = "dashboard.anonymous=false has everybody sign in";
    item(about, SetupState::Ok, says, Some(fix.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(nodes: u32, unpriced: u32, per_hour: Option<f64>) -> PoolCost {
        PoolCost {
            pool: "secret-name".into(),
            nodes,
            unclaimed: 0.25,
            unpriced,
            per_hour,
            node_hours: 7.0,
            money: None,
        }
    }

    fn check(pools: &[PoolCost], state: SetupState, says: &str) {
        let item = nodes(pools);
        assert_eq!((item.state, &*item.says), (state, says));
    }

    #[test]
    fn nodes_are_told_in_numbers_and_without_names() {
        let none = "no node is counted: lead times are typed or guessed, and nothing is known of cost";
        check(&[], SetupState::Off, none);
        check(&[pool(0, 0, Some(0.0))], SetupState::Off, none);
        check(
            &[pool(1, 0, Some(0.5))],
            SetupState::Ok,
            "1 node in 1 pool; 0.2 of them are asked for by no workload of a scaler; all cost 0.50 an hour",
        );
        check(
            &[pool(2, 0, Some(0.5)), pool(3, 1, None), pool(0, 0, None)],
            SetupState::Ok,
            "5 nodes in 2 pools; 0.5 of them are asked for by no workload of a scaler; 1 have no price",
        );
    }
}
