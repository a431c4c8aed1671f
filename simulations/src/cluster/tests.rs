//! The cluster is tested inside of a world, whose clock runs it, without Karpenter unless a claim needs it.

use super::*;
use crate::load::Load;
use crate::world::{World, WorldSettings};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn silence() -> Load {
    Load::new(at(0), SignedDuration::from_mins(1), &[], 0).unwrap()
}

/// A world of `base_nodes` nodes for three pods each, without Karpenter, in which `replicas` serve.
fn world(base_nodes: u32, placement: Placement, replicas: u32) -> World {
    let mut settings = WorldSettings::default();
    settings.cluster.base_nodes = base_nodes;
    settings.cluster.placement = placement;
    settings.karpenter.max_nodes = 0;
    World::new(&settings, at(0), replicas, 1).unwrap()
}

fn advance_ms(world: &mut World, until_ms: i64) {
    world.advance_to(Timestamp::from_millisecond(until_ms).unwrap(), &silence());
}

#[test]
fn the_deployment_creates_twenty_pods_a_second() {
    let mut world = world(40, Placement::LeastAllocated, 0);
    world.set_replicas(100);
    let mut check = |until_ms, existing| {
        advance_ms(&mut world, until_ms);
        assert_eq!(world.replicas().existing, existing, "after {until_ms} ms");
    };
    check(0, 0);
    check(1_000, 20);
    check(2_510, 50);
    check(6_000, 100);
}

#[test]
fn a_pod_on_a_node_with_its_image_serves_within_its_start() {
    let mut world = world(40, Placement::LeastAllocated, 0);
    world.set_replicas(100);
    advance_ms(&mut world, 60_000);
    let starts = world.take_starts();
    assert_eq!((starts.pods.len(), starts.pods_on_launched_nodes.len()), (100, 0));
    let (shortest, longest) = (starts.pods.iter().min().unwrap(), starts.pods.iter().max().unwrap());
    assert_eq!(*shortest, SignedDuration::from_secs(6));
    assert!(*longest < SignedDuration::from_secs(15), "{longest:#}");
    assert_eq!(world.replicas().ready, 100);
    assert_eq!(world.take_starts(), Starts::default());
}

/// Claims how many pods the three nodes hold after four have been placed.
fn check_placement(placement: Placement, expected: [u32; 3]) {
    let world = world(3, placement, 4);
    let pods: Vec<u32> = world.nodes().map(|node| node.pods).collect();
    assert_eq!(pods, expected, "{placement:?}");
}

#[test]
fn pods_spread_or_pack_as_the_scheduler_is_told() {
    check_placement(Placement::LeastAllocated, [2, 1, 1]);
    check_placement(Placement::MostAllocated, [3, 1, 0]);
}

#[test]
fn a_node_holds_what_its_scarcest_resource_allows() {
    let pod = PodSettings::default();
    let check = |cpu_millicores, memory_mib, pods| {
        let shape = Shape { cpu_millicores, memory_mib, ..Shape::default() };
        assert_eq!(shape.pods(&pod), pods, "{cpu_millicores} m, {memory_mib} MiB");
    };
    check(3_900, 15_000, 3);
    check(8_000, 6_000, 2);
    check(500, 15_000, 0);
    check(1_000_000, 1_000_000, 110);
}

#[test]
fn pods_without_room_wait_and_are_the_first_to_go() {
    let mut world = world(3, Placement::LeastAllocated, 9);
    world.set_replicas(12);
    advance_ms(&mut world, 1_000);
    assert_eq!(world.replicas(), Replicas { spec: 12, existing: 12, ready: 9, pending: 3 });
    world.set_replicas(10);
    assert_eq!(world.replicas(), Replicas { spec: 10, existing: 10, ready: 9, pending: 1 });
}

#[test]
fn pods_that_start_go_before_pods_that_serve() {
    let mut world = world(3, Placement::LeastAllocated, 4);
    world.set_replicas(6);
    advance_ms(&mut world, 1_000);
    world.set_replicas(4);
    assert_eq!(world.replicas(), Replicas { spec: 4, existing: 4, ready: 4, pending: 0 });
}

#[test]
fn pods_that_share_a_node_go_first() {
    let mut world = world(3, Placement::MostAllocated, 5);
    world.set_replicas(3);
    advance_ms(&mut world, 60_000);
    let pods: Vec<u32> = world.nodes().map(|node| node.pods).collect();
    assert_eq!(pods, [1, 2, 0], "two of the three on the first node went");
}

#[test]
fn a_terminating_pod_holds_its_room_but_takes_no_traffic() {
    let mut world = world(1, Placement::LeastAllocated, 3);
    world.set_replicas(2);
    world.set_replicas(3);
    advance_ms(&mut world, 4_999);
    assert_eq!(world.replicas(), Replicas { spec: 3, existing: 3, ready: 2, pending: 1 });
    advance_ms(&mut world, 5_000);
    assert_eq!(world.replicas().pending, 0);
}
