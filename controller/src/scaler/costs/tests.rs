use super::*;
use crate::scaler::{NoWorkload, Nodes, Queue};

fn hour(hour: i64) -> Timestamp {
    // 2026-06-01T00:00:00Z, the first of a month.
    Timestamp::from_second(1_780_272_000 + hour * 3_600).unwrap()
}

fn seen(taken: Taken) -> Readings {
    let mut nodes = Nodes::default();
    nodes.seen.taken = Some(taken);
    let workload = Err(NoWorkload::NotFound { kind: "Deployment".to_owned(), name: "web".to_owned() });
    let demand = Ok(Sample::new(hour(0), 0.0).unwrap());
    Readings { demand, signals: vec![], latency: None, lag: None, queue: Queue::default(), workload, nodes }
}

/// Two pods on a whole node for 0.6 an hour.
fn two_pods() -> Taken {
    Taken {
        nodes: 1.0,
        priced: 0.6,
        pods: 2,
        asked: (2_000.0, 2_048.0),
        offered: (8_000.0, 32_768.0),
        ..Taken::default()
    }
}

/// Counts each minute for so many hours, with 800 of demand in the first minute.
fn count(costs: &mut Costs, (from, hours): (i64, i64), taken: &Taken, kept: &Kept) {
    let readings = seen(taken.clone());
    for minute in 0..=hours * 60 {
        let now = hour(from) + SignedDuration::from_mins(minute);
        let demand = if minute == 0 { 800.0 } else { 100.0 };
        costs.count(now, &readings, kept, Sample::new(now, demand));
    }
}

fn status(costs: &Costs) -> CostStatus {
    costs.status(&Terms { limits: Limits { min: 1, max: 40 }, per_replica: Some(100.0) }).unwrap()
}

const NO_ROOM: Kept = Kept { by: None, pods: 0 };

#[test]
fn what_is_taken_is_summed_up_and_compared_with_the_most_that_was_needed() {
    let mut costs = Costs::default();
    count(&mut costs, (10, 3), &two_pods(), &NO_ROOM);
    let status = status(&costs);
    assert_eq!((status.nodes, status.per_hour, status.message), (Some(1.0), Some(0.6), None));
    assert_eq!((status.headroom_nodes, status.headroom_per_hour), (Some(0.0), Some(0.0)));
    let always = status.always_on.unwrap();
    assert_eq!((always.replicas, always.source.as_str(), always.demand), (8, "Observed", Some(800.0)));
    assert_eq!(always.at, Some(Time(hour(0))));
    // Eight replicas of half a node each would have taken 12 node-hours and cost 7.2.
    let sum =
        |pods, saved| CostSum { hours: 3.0, replica_hours: 6.0, pods, headroom: 0.0, saved: Some(saved) };
    assert_eq!(status.node_hours, sum(3.0, 9.0));
    assert_eq!(status.money, Some(sum(1.8, 5.4)));
    assert_eq!(status.since, Time(hour(10)));
}

#[test]
fn room_of_a_buffer_costs_as_much_as_so_many_pods_and_lessens_what_is_saved() {
    let mut costs = Costs::default();
    count(&mut costs, (10, 1), &two_pods(), &Kept { by: Some(By::CapacityBuffer), pods: 4 });
    let status = status(&costs);
    assert_eq!((status.headroom_nodes, status.headroom_per_hour), (Some(2.0), Some(1.2)));
    let money = status.money.unwrap();
    assert_eq!((money.pods, money.headroom, money.saved), (0.6, 1.2, Some(0.6)));
}

#[test]
fn money_is_missing_while_a_node_has_no_price_and_node_hours_are_counted_all_the_same() {
    let mut costs = Costs::default();
    let unpriced = Taken { unpriced: 1, unpriced_nodes: vec!["a".to_owned()], ..two_pods() };
    count(&mut costs, (10, 1), &unpriced, &NO_ROOM);
    let before = status(&costs);
    assert_eq!((before.per_hour, before.money, before.node_hours.pods), (None, None, 1.0));
    assert_eq!(
        (before.unpriced_nodes, before.message.as_deref()),
        (vec!["a".to_owned()], Some("some of its nodes have no price"))
    );
    count(&mut costs, (11, 1), &two_pods(), &NO_ROOM);
    let after = status(&costs);
    assert_eq!(
        (after.node_hours.hours, after.money.map(|money| (money.hours, money.pods))),
        (2.0, Some((1.0, 0.6)))
    );
}

#[test]
fn what_is_not_known_is_not_counted_and_says_why() {
    let check = |taken: Taken, message: &str| {
        let mut costs = Costs::default();
        count(&mut costs, (10, 1), &taken, &NO_ROOM);
        let status = status(&costs);
        assert_eq!((status.nodes, status.per_hour, status.node_hours.hours), (None, None, 0.0));
        assert_eq!((status.node_hours.saved, status.message.as_deref()), (None, Some(message)));
    };
    check(
        Taken { asking_nothing: 1, ..two_pods() },
        "1 of its pods request neither CPU nor memory: what they take of nodes is not known",
    );
    check(Taken { elsewhere: 1, ..two_pods() }, "1 of its pods are on nodes that do not say what they offer");
    check(Taken::default(), "none of its pods is on a node that is known");
}

#[test]
fn a_gap_is_not_counted_and_a_month_begins_anew() {
    let mut costs = Costs::default();
    count(&mut costs, (0, 1), &two_pods(), &NO_ROOM);
    count(&mut costs, (9, 1), &two_pods(), &NO_ROOM);
    assert_eq!(status(&costs).node_hours.hours, 2.0, "eight hours were not watched");
    count(&mut costs, (30 * 24 - 1, 2), &two_pods(), &NO_ROOM);
    let july = status(&costs);
    assert_eq!(july.since, Time(hour(30 * 24)));
    assert!((july.node_hours.hours - 1.0).abs() < 0.02, "{july:?}");
}

#[test]
fn a_restart_goes_on_from_the_status() {
    let mut costs = Costs::default();
    count(&mut costs, (10, 2), &two_pods(), &NO_ROOM);
    let before = status(&costs);
    let mut after = Costs::default();
    after.resume(&before, hour(15));
    let waiting = status(&after);
    assert_eq!((waiting.nodes, waiting.money.map(|money| money.pods)), (None, Some(1.2)));
    assert_eq!(waiting.message.as_deref(), Some("nodes have not been counted since the controller started"));
    let readings = seen(two_pods());
    for minute in 0..=60 {
        let now = hour(15) + SignedDuration::from_mins(minute);
        after.count(now, &readings, &NO_ROOM, Sample::new(now, 100.0));
    }
    let after = status(&after);
    assert_eq!((after.since, after.node_hours.hours), (before.since, 3.0));
    assert_eq!(after.always_on, before.always_on);
}

#[test]
fn nothing_observed_is_compared_with_the_limit() {
    let mut costs = Costs::default();
    costs.count(hour(10), &seen(two_pods()), &NO_ROOM, None);
    let always = status(&costs).always_on.unwrap();
    assert_eq!((always.replicas, always.source.as_str(), always.at), (40, "MaxReplicas", None));
}

#[test]
fn smaller_requests_save_what_their_larger_share_loses() {
    let mut costs = Costs::default();
    costs.count(hour(10), &seen(two_pods()), &NO_ROOM, None);
    // Of 1,000m and 1,024 MiB a pod, on nodes of 4,000m and 16,384 MiB each: CPU is what they take nodes by.
    assert_eq!(costs.saved_by((500.0, 0.0)), (Some(0.5), Some(0.3)));
    assert_eq!(costs.saved_by((900.0, 0.0)), (Some(0.75), Some(0.45)), "memory is then the more");
    assert_eq!(costs.saved_by((0.0, 512.0)), (Some(0.0), Some(0.0)));
    assert_eq!(costs.saved_by((-1_000.0, 0.0)), (Some(-1.0), Some(-0.6)));
    assert_eq!(Costs::default().saved_by((1.0, 1.0)), (None, None));
}
