//! What scalers, HPAs and events say of themselves: counted for everybody, and named to who may see them.

use std::{collections::BTreeSet, sync::Arc};

use super::{SetupParts, item};
use crate::{
    board::ScalerKey,
    metrics_api::{Act, Gate},
    reconcile::{Registry, ScalerObject},
    sources::Origin,
    status::{HPA_HEALTHY, READY, SIGNALS_HEALTHY, SOURCE_HEALTHY, Standing, Truth},
    web::{
        access::{credential::Kept, rights},
        door::Viewer,
        wire::{SetupItem, SetupState},
    },
};

/// Reasons of `SourceHealthy` that speak of the way to a source, and not of what one scaler asks of it.
const OF_THE_WAY: [&str; 8] = [
    "Unreachable",
    "TimedOut",
    "CredentialsRefused",
    "HttpError",
    "Unreadable",
    "NotConfigured",
    "NoLeader",
    "Busy",
];

/// Something that is wrong, and where.
struct Wrong {
    key: ScalerKey,
    words: String,
}

/// All that is wrong, by what it concerns.
#[derive(Default)]
struct Seen {
    scalers: usize,
    events: usize,
    /// Scalers that read demand from Prometheus, and from Kafka.
    by_prometheus: usize,
    by_kafka: usize,
    prometheus: Vec<Wrong>,
    kafka: Vec<Wrong>,
    refused: Vec<Wrong>,
    demand: Vec<Wrong>,
    signals: Vec<Wrong>,
    hpas: Vec<Wrong>,
    unread: Vec<Wrong>,
}

pub(super) async fn items(parts: &SetupParts, gate: &Arc<Gate>, viewer: &Viewer) -> Vec<SetupItem> {
    let seen = look(&parts.registry.read());
    let asker = Asker { gate, viewer };
    let of = |many: usize, what: &str| format!("{many} {what}{}", if many == 1 { "" } else { "s" });
    let scalers = of(seen.scalers, "scaler");
    vec![
        prometheus(parts, &seen, &asker).await,
        kafka(parts, &seen, &asker).await,
        pushes(parts),
        asker
            .item(
                ("scalers", "Scalers"),
                &seen.refused,
                (&scalers, "are written well, and have a target of their own"),
                "kubectl describe psc NAME says all that is wrong with it",
            )
            .await,
        asker
            .item(
                ("demand", "Demand of scalers"),
                &seen.demand,
                (&scalers, "see their demand"),
                "look at the query in spec.demand of each; docs/SOURCES.md tells what each word means",
            )
            .await,
        asker
            .item(
                ("signals", "Signals of scalers"),
                &seen.signals,
                (&scalers, "see their signals"),
                "forecasts go on without a signal; `prescale signals check` tells what each of them gives",
            )
            .await,
        asker
            .item(
                ("hpas", "HPAs"),
                &seen.hpas,
                (&scalers, "have nothing wrong with their HPA"),
                "the condition HpaHealthy of each says what its HPA lacks: kubectl describe psc NAME",
            )
            .await,
        asker
            .item(
                ("events", "Events"),
                &seen.unread,
                (&of(seen.events, "event"), "can be read"),
                "kubectl describe demandevent NAME says what is wrong with it; until then it moves nothing",
            )
            .await,
    ]
}

async fn prometheus(parts: &SetupParts, seen: &Seen, asker: &Asker<'_>) -> SetupItem {
    let (about, url) = (("prometheus", "Prometheus"), parts.prometheus.url());
    if let Some(problem) = parts.prometheus.problem() {
        let fix = "look at the Secret that prometheus.secret names; docs/INSTALL.md says what it holds";
        return item(about, SetupState::Failing, format!("{url}: {problem}"), Some(fix.to_owned()));
    }
    if seen.by_prometheus == 0 {
        return item(about, SetupState::Ok, format!("no scaler reads its demand from {url} yet"), None);
    }
    let many = format!("{} of the scalers that read from {url}", seen.by_prometheus);
    let fix = "look whether it is up, and whether a network policy lets the controller reach it";
    asker.item(about, &seen.prometheus, (&many, "reach it"), fix).await
}

async fn kafka(parts: &SetupParts, seen: &Seen, asker: &Asker<'_>) -> SetupItem {
    let about = ("kafka", "Kafka");
    match &parts.kafka {
        None if seen.by_kafka == 0 => item(about, SetupState::Off, "no brokers are named", None),
        None => {
            let says = format!("no brokers are named, and scalers that read topics: {}", seen.by_kafka);
            let fix = "set kafka.bootstrapServers; docs/KAFKA.md".to_owned();
            item(about, SetupState::Failing, says, Some(fix))
        }
        Some(servers) if seen.by_kafka == 0 => {
            item(about, SetupState::Ok, format!("no scaler reads its demand from {servers} yet"), None)
        }
        Some(servers) => {
            let many = format!("{} of the scalers that read topics of {servers}", seen.by_kafka);
            let fix = "look whether the brokers are up, and at the user and its rights: docs/KAFKA.md";
            asker.item(about, &seen.kafka, (&many, "reach it"), fix).await
        }
    }
}

fn pushes(parts: &SetupParts) -> SetupItem {
    let about = ("push", "Signals that clients push");
    if parts.takes_pushes {
        item(about, SetupState::Ok, "they are listened for", None)
    } else {
        item(
            about,
            SetupState::Off,
            "they are not listened for",
            Some("signals.enabled=true does so".to_owned()),
        )
    }
}

/// Takes what is wrong out of what is declared; the words are those of the conditions.
fn look(registry: &Registry) -> Seen {
    let mut seen = Seen::default();
    for object in registry.scalers() {
        seen.scalers += 1;
        seen.look_at(object);
    }
    for (object, _) in registry.events() {
        seen.events += 1;
        if let Err(problems) = &object.event {
            seen.unread.push(Wrong { key: object.key.clone(), words: problems.to_string() });
        }
    }
    seen
}

impl Seen {
    fn look_at(&mut self, object: &ScalerObject) {
        let wrong = |words: &str| Wrong { key: object.key.clone(), words: words.to_owned() };
        let spec = match &object.spec {
            Ok(spec) => spec,
            Err(problems) => return self.refused.push(wrong(problems)),
        };
        let failing = |of: &str| {
            let failing = |one: &&Standing| one.began.of == of && one.began.truth == Truth::False;
            object.standing.iter().find(failing)?.words.as_deref()
        };
        if let Some(words) = failing(READY) {
            self.refused.push(wrong(&words.message));
        }
        let source = failing(SOURCE_HEALTHY);
        let is_of_the_way = source.is_some_and(|source| OF_THE_WAY.contains(&&*source.reason));
        match (&spec.demand.origin, source) {
            (Origin::Prometheus { .. }, source) => {
                self.by_prometheus += 1;
                self.prometheus.extend(source.filter(|_| is_of_the_way).map(|source| wrong(&source.message)));
            }
            (Origin::Kafka { .. }, source) => {
                self.by_kafka += 1;
                self.kafka.extend(source.filter(|_| is_of_the_way).map(|source| wrong(&source.message)));
            }
            (_, _) => {}
        }
        self.demand.extend(source.map(|source| wrong(&source.message)));
        self.signals.extend(failing(SIGNALS_HEALTHY).map(|signals| wrong(&signals.message)));
        self.hpas.extend(failing(HPA_HEALTHY).map(|hpa| wrong(&hpa.message)));
    }
}

/// Asks what a viewer may be told.
struct Asker<'a> {
    gate: &'a Arc<Gate>,
    viewer: &'a Viewer,
}

impl Asker<'_> {
    /// How a number of objects fares, of which these are wrong.
    async fn item(
        &self,
        about: (&str, &str),
        wrong: &[Wrong],
        (many, well): (&str, &str),
        fix: &str,
    ) -> SetupItem {
        if wrong.is_empty() {
            return item(about, SetupState::Ok, format!("{many} {well}"), None);
        }
        let mut says =
            format!("of {many}, {} {}", wrong.len(), if wrong.len() == 1 { "does not" } else { "do not" });
        if let Some(first) = self.first_that_may_be_told(about.0, wrong).await {
            let words = first.words.lines().next().unwrap_or_default();
            says = format!("{says}; `{}`: {words}", first.key);
        }
        item(about, SetupState::Failing, says, Some(fix.to_owned()))
    }

    async fn first_that_may_be_told<'w>(&self, id: &str, wrong: &'w [Wrong]) -> Option<&'w Wrong> {
        let namespaces: BTreeSet<_> = wrong.iter().map(|wrong| &*wrong.key.namespace).collect();
        for namespace in namespaces {
            if self.may_see(id, namespace).await {
                return wrong.iter().find(|wrong| *wrong.key.namespace == *namespace);
            }
        }
        None
    }

    async fn may_see(&self, id: &str, namespace: &str) -> bool {
        let caller = Kept::of(self.viewer).and_then(|kept| kept.caller.as_ref());
        match caller {
            Some(caller) if id == "events" => {
                rights::may(&self.gate.authorization, caller, Act::SeeEvents, namespace).await
            }
            Some(_) | None => self.viewer.may_see(namespace).await,
        }
    }
}
