//! Karpenter is tested inside of a world, whose clock runs it.

use jiff::Timestamp;

use super::*;
use crate::cluster::Shape;
use crate::load::Load;
use crate::world::{World, WorldSettings};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn advance_s(world: &mut World, until: i64) {
    world.advance_to(at(until), &Load::new(at(0), SignedDuration::from_mins(1), &[], 0).unwrap());
}

/// The default world, three fixed nodes for nine pods, in which `replicas` serve.
fn world(replicas: u32, change: impl FnOnce(&mut KarpenterSettings)) -> World {
    let mut settings = WorldSettings::default();
    change(&mut settings.karpenter);
    World::new(&settings, at(0), replicas, 1).unwrap()
}

fn launched(world: &World) -> usize {
    world.nodes().filter(|node| node.origin == Origin::Launched).count()
}

/// Claims when, in milliseconds, the nodes for `pods` pods without room are launched. The first is created at
/// 50 ms, and then one each 50 ms.
fn check_batch(pods: u32, expected: &[i64]) {
    let mut world = world(9, |_| ());
    world.set_replicas(9 + pods);
    advance_s(&mut world, 25);
    let pool = world.nodes().filter(|node| node.origin == Origin::Launched);
    let launches: Vec<i64> = pool.map(|node| node.launched_at.as_millisecond()).collect();
    assert_eq!(launches, expected, "{pods} pods");
}

#[test]
fn a_batch_closes_a_second_after_its_last_pod_and_after_ten_in_any_case() {
    check_batch(1, &[1_050]);
    check_batch(6, &[1_300, 1_300]);
    // 201 pods are there after 10 s, the last after 15 s.
    check_batch(300, &[[10_050; 67].as_slice(), &[16_000; 33]].concat());
}

/// Claims which of two kinds of node, for 3 pods at 0.17 and for 15 at 0.80, come for a shortage.
fn check_shapes(shortage: u32, expected: &[u32]) {
    let mut world = world(9, |karpenter| {
        let large = Shape {
            name: "16x64".to_owned(),
            cpu_millicores: 15_800,
            memory_mib: 62_000,
            price_per_hour: 0.80,
        };
        karpenter.shapes.push(large);
    });
    world.set_headroom(shortage);
    advance_s(&mut world, 5);
    let slots: Vec<u32> = world.nodes().skip(3).map(|node| node.slots).collect();
    assert_eq!(slots, expected, "{shortage} pods short");
}

#[test]
fn nodes_are_sized_by_what_has_no_room() {
    check_shapes(0, &[]);
    check_shapes(3, &[3]);
    check_shapes(4, &[15]);
    check_shapes(17, &[15, 3]);
}

#[test]
fn a_pod_without_room_serves_one_launch_later() {
    let mut world = world(9, |_| ());
    world.set_replicas(10);
    advance_s(&mut world, 300);
    let starts = world.take_starts();
    let (node, pod) = (starts.nodes[0], starts.pods_on_launched_nodes[0]);
    assert!(SignedDuration::from_secs(45) <= node, "{node:#}");
    let after_the_node = pod - node;
    // A second of batching, 2 to 40 s of pull, and at least 6 s of start.
    assert!(SignedDuration::from_secs(9) <= after_the_node, "{after_the_node:#}");
    assert_eq!((starts.pods.len(), world.replicas().ready), (0, 10));
}

#[test]
fn the_pool_has_a_limit() {
    let mut world = world(9, |karpenter| karpenter.max_nodes = 2);
    world.set_replicas(20);
    advance_s(&mut world, 600);
    assert_eq!((launched(&world), world.replicas().pending), (2, 5));
}

#[test]
fn the_buffer_lets_pods_serve_without_a_launch_and_is_refilled() {
    let mut world = world(9, |_| ());
    world.set_headroom(3);
    advance_s(&mut world, 600);
    assert_eq!((launched(&world), world.take_starts().nodes.len()), (1, 1));
    world.set_replicas(12);
    advance_s(&mut world, 640);
    let starts = world.take_starts();
    assert_eq!((starts.pods.len(), starts.pods_on_launched_nodes.len()), (3, 0));
    assert_eq!((world.replicas().ready, launched(&world)), (12, 2));
}

/// Claims how many nodes there are `after` seconds from when a buffer's room was taken, at 610 s: resyncs come at each
/// full half minute. `pods` is how many took it; the fourth finds no room.
fn check_refill(pods: u32, after: i64, expected: usize) {
    let mut world = world(9, |_| ());
    world.set_headroom(3);
    advance_s(&mut world, 610);
    world.set_replicas(9 + pods);
    advance_s(&mut world, 610 + after);
    assert_eq!(launched(&world), expected, "{after} s after {pods} pods");
}

#[test]
fn a_buffer_is_refilled_at_its_resync_and_at_once_beside_a_pod_without_room() {
    check_refill(3, 20, 1);
    check_refill(3, 22, 2);
    check_refill(4, 3, 3);
}

#[test]
fn room_that_is_not_needed_any_more_is_given_back() {
    let mut world = world(60, |_| ());
    assert_eq!(launched(&world), 17);
    world.set_replicas(9);
    advance_s(&mut world, 3_600);
    assert_eq!((launched(&world), world.replicas().ready), (0, 9));
}

#[test]
fn the_buffer_keeps_its_nodes() {
    let mut world = world(9, |_| ());
    world.set_headroom(4);
    advance_s(&mut world, 3_600);
    assert_eq!(launched(&world), 2);
    world.set_headroom(3);
    advance_s(&mut world, 7_200);
    assert_eq!(launched(&world), 1);
}

#[test]
fn consolidation_takes_its_time_and_its_budget() {
    let mut world = world(9, |_| ());
    world.set_headroom(60);
    advance_s(&mut world, 300);
    assert_eq!(launched(&world), 20);
    world.set_headroom(0);
    // The poll at 310 s is validated at 325 s, and the next look is at once: two of twenty, a tenth, may go at a time.
    let mut check = |until, expected| {
        advance_s(&mut world, until);
        assert_eq!(launched(&world), expected, "at {until} s");
    };
    check(324, 20);
    check(326, 18);
    check(339, 18);
    check(341, 16);
}

#[test]
fn a_node_is_given_back_only_after_it_was_quiet_for_long_enough() {
    let mut world = world(9, |karpenter| karpenter.consolidate_after = SignedDuration::from_mins(10));
    world.set_headroom(3);
    advance_s(&mut world, 300);
    world.set_headroom(0);
    let ready = world.nodes().last().unwrap().ready_since.unwrap().as_second();
    // After ten minutes come at most one poll, and the validation.
    advance_s(&mut world, ready + 614);
    assert_eq!(launched(&world), 1);
    advance_s(&mut world, ready + 627);
    assert_eq!(launched(&world), 0);
}

#[test]
fn a_drain_takes_no_more_pods_than_the_disruption_budget_allows() {
    let mut world = world(60, |_| ());
    world.set_replicas(30);
    let mut drained = false;
    for second in 1..3_600 {
        advance_s(&mut world, second);
        let replicas = world.replicas();
        drained |= replicas.ready < replicas.spec;
        assert!(replicas.spec <= replicas.ready + 1, "{replicas:?} at {second} s");
    }
    assert!(drained, "thirty pods spread over twenty nodes had to move");
}

#[test]
fn a_spot_node_is_drained_at_its_notice_gone_two_minutes_later_and_replaced() {
    let mut world = world(12, |karpenter| karpenter.interruptions_per_node_hour = 0.5);
    let is_draining = |world: &World| world.nodes().any(|node| node.draining);
    let notice = (1..100_000).find(|second| {
        advance_s(&mut world, *second);
        is_draining(&world)
    });
    let notice = notice.expect("an interruption comes within a day at this rate");
    advance_s(&mut world, notice + 121);
    assert!(!is_draining(&world));
    advance_s(&mut world, notice + 300);
    assert_eq!((world.replicas().ready, launched(&world)), (12, 1));
}

#[test]
fn on_demand_nodes_are_not_interrupted() {
    let mut world = world(12, |_| ());
    advance_s(&mut world, 100_000);
    assert!(world.take_starts().pods.is_empty());
    assert_eq!(world.replicas().ready, 12);
}
