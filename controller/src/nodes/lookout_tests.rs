use serde_json::{Value, json};

use super::*;
use crate::{
    cost::{Capacity, read_prices},
    nodes::pod::SlimPod,
};

fn key() -> ScalerKey {
    ScalerKey::new("live", "gateway")
}

fn target() -> TargetRef {
    TargetRef { api_version: "apps/v1".to_owned(), kind: "Deployment".to_owned(), name: "web".to_owned() }
}

fn time(second: i64) -> String {
    Timestamp::from_second(second).unwrap().to_string()
}

/// A pod of the ReplicaSet `set`, created at 1,000 s, on a node if it has one, and Ready since then if it is.
fn pod(name: &str, set: &str, (node, ready_s): (Option<&str>, Option<i64>)) -> SlimPod {
    let status = if ready_s.is_some() { "True" } else { "False" };
    let scheduled = if node.is_some() {
        json!({"type": "PodScheduled", "status": "True"})
    } else {
        json!({"type": "PodScheduled", "status": "False", "reason": "Unschedulable"})
    };
    let ready =
        json!({"type": "Ready", "status": status, "lastTransitionTime": time(ready_s.unwrap_or(1_000))});
    read(json!({
        "metadata": {"name": name, "namespace": "live", "uid": name, "creationTimestamp": time(1_000),
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": set, "uid": "u",
                "controller": true}]},
        "spec": {"nodeName": node}, "status": {"conditions": [scheduled, ready]},
    }))
}

fn read(mut object: Value) -> SlimPod {
    object["apiVersion"] = json!("v1");
    object["kind"] = json!("Pod");
    serde_json::from_value(object).unwrap()
}

fn node(name: &str, asked_s: i64, ready_s: Option<i64>) -> NodeSight {
    let pool = Some("general".to_owned());
    NodeSight {
        name: name.to_owned(),
        pool,
        is_claimed: false,
        created_s: asked_s,
        ready_s,
        is_going: false,
        kind: Some("large".to_owned()),
        capacity: Capacity::OnDemand,
        offers: Amount { cpu_m: 4_000, memory_mib: 16_384 },
    }
}

/// A lookout that has listed everything, with a node that was there, one that was launched later, and one on its way.
fn lookout() -> Lookout {
    let lookout = Lookout::default();
    assert!(lookout.follow(&key(), &target()));
    lookout.begin_pods();
    lookout.end_pods();
    lookout.see_node(Timestamp::UNIX_EPOCH, node("old", 100, Some(150)));
    lookout.see_node(Timestamp::UNIX_EPOCH, node("coming", 990, Some(1_040)));
    lookout.see_node(Timestamp::UNIX_EPOCH, node("launched", 1_005, Some(1_060)));
    lookout
}

fn take(lookout: &Lookout) -> Seen {
    lookout.take(&key(), &target(), (0.95, Timestamp::from_second(1_100).unwrap()))
}

fn starts(seen: &Seen) -> Vec<(i64, bool)> {
    seen.starts.iter().map(|start| (start.took.as_secs(), start.on_launched)).collect()
}

#[test]
fn starts_are_told_apart_by_what_their_node_was() {
    let lookout = lookout();
    for (name, on, ready_s) in [("a", "old", 1_008), ("b", "launched", 1_070), ("c", "coming", 1_050)] {
        lookout.see_pod(&pod(name, "web-1", (None, None)));
        lookout.see_pod(&pod(name, "web-1", (Some(on), None)));
        lookout.see_pod(&pod(name, "web-1", (Some(on), Some(ready_s))));
        // It was away for a moment: that is no start.
        lookout.see_pod(&pod(name, "web-1", (Some(on), None)));
        lookout.see_pod(&pod(name, "web-1", (Some(on), Some(1_090))));
    }
    let seen = take(&lookout);
    // The third one's node was on its way: it waited for less than a launch.
    assert_eq!(starts(&seen), [(8, false), (70, true)]);
    assert_eq!((seen.pods, seen.pending, seen.nodes), (3, 0, Some(3)));
    assert_eq!(seen.pool.as_deref(), Some("general"));
    assert_eq!(seen.node_launch, Some(SignedDuration::from_secs(55)));
    assert_eq!(starts(&take(&lookout)), [], "each is told once");
}

#[test]
fn pods_of_others_are_not_kept_and_those_that_were_ready_before_teach_nothing() {
    let lookout = Lookout::default();
    lookout.follow(&key(), &target());
    lookout.see_node(Timestamp::UNIX_EPOCH, node("old", 100, Some(150)));
    lookout.begin_pods();
    lookout.see_pod(&pod("a", "web-1", (Some("old"), Some(1_008))));
    lookout.see_pod(&pod("b", "webshop-1", (Some("old"), Some(1_008))));
    lookout.end_pods();
    let seen = take(&lookout);
    assert_eq!((seen.pods, starts(&seen)), (1, vec![]));
    lookout.see_pod(&pod("c", "web-1", (Some("old"), Some(1_008))));
    assert_eq!(starts(&take(&lookout)), [(8, false)]);
}

#[test]
fn a_node_that_is_seen_after_its_pod_is_waited_for() {
    let lookout = lookout();
    lookout.see_pod(&pod("a", "web-1", (Some("late"), Some(1_070))));
    assert_eq!(starts(&take(&lookout)), []);
    lookout.see_node(Timestamp::UNIX_EPOCH, node("late", 1_003, Some(1_060)));
    assert_eq!(starts(&take(&lookout)), [(70, true)]);
}

#[test]
fn pods_on_nodes_that_go_are_counted_as_going() {
    let lookout = lookout();
    lookout.see_pod(&pod("a", "web-1", (Some("old"), Some(1_008))));
    lookout.see_pod(&pod("b", "web-1", (Some("launched"), Some(1_070))));
    lookout.see_pod(&pod("c", "web-1", (None, None)));
    let seen = take(&lookout);
    assert_eq!((seen.going, seen.pending), (0, 1));
    lookout.see_node(Timestamp::UNIX_EPOCH, NodeSight { is_going: true, ..node("old", 100, Some(150)) });
    assert_eq!(take(&lookout).going, 1);
    lookout.lose_pod(&pod("a", "web-1", (Some("old"), Some(1_008))));
    assert_eq!((take(&lookout).going, take(&lookout).pods), (0, 2));
}

#[test]
fn nodes_are_told_by_their_pool() {
    let lookout = lookout();
    let of = |name: &str, pool: Option<&str>| NodeSight {
        pool: pool.map(str::to_owned),
        ..node(name, 100, Some(150))
    };
    lookout.see_node(Timestamp::UNIX_EPOCH, of("spot-1", Some("spot")));
    lookout.see_node(Timestamp::UNIX_EPOCH, NodeSight { is_going: true, ..of("spot-2", Some("spot")) });
    lookout.see_node(Timestamp::UNIX_EPOCH, of("bare", None));
    lookout.see_node(Timestamp::UNIX_EPOCH, of("other", Some("of-others")));
    for (name, on) in [("a", "spot-1"), ("b", "spot-1"), ("c", "spot-2"), ("d", "old"), ("e", "bare")] {
        lookout.see_pod(&pod(name, "web-1", (Some(on), Some(1_008))));
    }
    let told = take(&lookout).pools;
    let told: Vec<_> =
        told.iter().map(|pool| (pool.pool.as_deref(), pool.nodes, pool.going, pool.launches)).collect();
    // Three nodes of `general` were launched, of which one has pods of this workload.
    assert_eq!(told, [(None, 1, 0, 1), (Some("general"), 1, 0, 3), (Some("spot"), 2, 1, 2)]);
    let launches: Vec<_> = take(&lookout).pools.into_iter().map(|pool| pool.launch).collect();
    assert_eq!(launches, [None, Some(SignedDuration::from_secs(55)), None], "two launches say nothing yet");
}

#[test]
fn placeholders_are_counted_apart() {
    let lookout = lookout();
    lookout.see_pod(&pod("a", "prescale-gateway-headroom-1", (Some("old"), Some(1_008))));
    lookout.see_pod(&pod("b", "prescale-gateway-headroom-1", (None, None)));
    let seen = take(&lookout);
    assert_eq!((seen.pods, seen.placeholders, seen.placeholders_ready), (0, 2, 1));
    assert_eq!(seen.starts, []);
}

#[test]
fn pods_that_a_new_list_lacks_are_gone() {
    let lookout = lookout();
    lookout.see_pod(&pod("a", "web-1", (Some("old"), Some(1_008))));
    lookout.see_pod(&pod("b", "web-1", (Some("old"), Some(1_008))));
    lookout.begin_pods();
    lookout.see_pod(&pod("b", "web-1", (Some("old"), Some(1_008))));
    lookout.end_pods();
    assert_eq!(take(&lookout).pods, 1);
    lookout.forget(&key(), &target());
    assert_eq!(take(&lookout), Seen::default());
}

/// Lead times learned from 30 drawn starts on nodes whose launches are drawn too, through the whole lookout.
#[test]
fn thirty_starts_teach_the_delays_that_were_set() {
    let lookout = lookout();
    let mut learned = prescale_model::lead_time::Starts::default();
    for start in 0..30_i64 {
        // Launches of 45 to 74 s, each once, and 7 s for the pod.
        let (name, launch) = (format!("node-{start}"), 45 + (start * 7) % 30);
        lookout.see_node(Timestamp::UNIX_EPOCH, node(&name, 1_001, Some(1_001 + launch)));
        let ready_s = 1_001 + launch + 7;
        lookout.see_pod(&pod(&format!("pod-{start}"), "web-1", (Some(&name), Some(ready_s))));
        let seen = take(&lookout);
        let took: Vec<_> =
            seen.starts.iter().filter(|start| start.on_launched).map(|start| start.took).collect();
        learned.nodes.observe(Timestamp::UNIX_EPOCH, &took);
    }
    let truth = 1.0 + 45.0 + 0.95 * 30.0 + 7.0;
    let node = learned.lead_time(0.95, None).node.as_secs_f64();
    assert!((node - truth).abs() <= truth / 10.0, "{node} s learned, {truth} s set");
}

/// A pod that asks for this.
fn asking(name: &str, set: &str, node: &str, (cpu, memory): (&str, &str)) -> SlimPod {
    read(json!({
        "metadata": {"name": name, "namespace": "live", "uid": name, "creationTimestamp": time(1_000),
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": set, "uid": "u",
                "controller": true}]},
        "spec": {"nodeName": node, "containers": [{"resources": {"requests": {"cpu": cpu, "memory": memory}}}]},
    }))
}

#[test]
fn a_workload_takes_of_nodes_what_its_pods_ask_and_what_two_want_is_shared_in_proportion() {
    let lookout = lookout();
    let (other, others) = (ScalerKey::new("live", "other"), TargetRef { name: "api".to_owned(), ..target() });
    lookout.follow(&other, &others);
    lookout.see_pod(&asking("a", "web-1", "old", ("3", "1Gi")));
    lookout.see_pod(&asking("b", "web-1", "coming", ("1", "1Gi")));
    lookout.see_pod(&asking("c", "api-1", "old", ("100m", "12Gi")));
    lookout.see_pod(&asking("p", "prescale-gateway-headroom-1", "coming", ("2", "1Gi")));
    let seen = || lookout.take(&key(), &target(), (0.95, Timestamp::UNIX_EPOCH));
    let take = || seen().taken;
    assert_eq!(take(), None, "nobody has counted");

    let book = Arc::new(PriceBook::default());
    lookout.count(Timestamp::UNIX_EPOCH, &book);
    let taken = take().unwrap();
    // Both ask for three quarters of the node `old`: each has half of it.
    assert_eq!((taken.nodes, taken.room, taken.pods), (0.75, 0.5, 2));
    assert_eq!((taken.unpriced, taken.unpriced_nodes), (3, vec!["coming".to_owned(), "old".to_owned()]));
    assert_eq!(seen().pools[0].per_hour, None, "no price is known");
    assert_eq!((taken.asked, taken.offered), ((4_000.0, 2_048.0), (8_000.0, 32_768.0)));

    book.put_table(read_prices("[prices]\nlarge = { on_demand = 0.4 }").unwrap());
    lookout.count(Timestamp::UNIX_EPOCH, &book);
    let taken = take().unwrap();
    assert_eq!((taken.unpriced, taken.unpriced_nodes.len()), (0, 0));
    assert!((taken.priced - 0.3).abs() < 1e-12 && (taken.room_priced - 0.2).abs() < 1e-12, "{taken:?}");
    let [general] = &seen().pools[..] else { panic!("its pods are in one pool") };
    assert!(general.taken == 0.75 && (general.per_hour.unwrap() - 0.3).abs() < 1e-12, "{general:?}");
    // Nobody asks for a quarter of `coming`, and for anything of `launched`.
    let pools = lookout.pool_costs();
    let general = pools.iter().find(|pool| &*pool.pool == "general").unwrap();
    assert_eq!((general.nodes, general.unclaimed, general.unpriced), (3, 1.25, 0));
    assert!((general.per_hour.unwrap() - 1.2).abs() < 1e-12, "{general:?}");
}

#[test]
fn a_pod_that_asks_for_nothing_or_is_on_a_node_unknown_has_no_share_and_is_counted_apart() {
    let lookout = lookout();
    lookout.see_pod(&asking("a", "web-1", "old", ("0", "0")));
    lookout.see_pod(&asking("b", "web-1", "unknown", ("1", "1Gi")));
    lookout.count(Timestamp::UNIX_EPOCH, &Arc::default());
    let taken = lookout.take(&key(), &target(), (0.95, Timestamp::UNIX_EPOCH)).taken.unwrap();
    assert_eq!((taken.asking_nothing, taken.elsewhere, taken.pods, taken.nodes), (1, 1, 1, 0.0));
}
