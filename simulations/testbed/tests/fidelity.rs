//! The simulated HPA controller beside the real one: both are given the same metrics, and after every sync the
//! simulator must ask for the size that the real controller asked for, and say the same in the same words.
//!
//! Metrics are scripted by the number of the read, not by time, so the machine may be slow; what the real controller
//! found at each sync (time, sizes, pods) is noted as it reads, and the simulator finds the same.
#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

#[path = "fidelity/cluster.rs"]
mod cluster;
#[path = "fidelity/comparison.rs"]
mod comparison;
#[path = "fidelity/replay.rs"]
mod replay;
#[path = "fidelity/script.rs"]
mod script;
#[path = "fidelity/server.rs"]
mod server;
#[path = "fidelity/shape.rs"]
mod shape;
#[path = "fidelity/shapes.rs"]
mod shapes;

use std::time::Duration;

use prescale_testbed::{Settings, Testbed, until};

/// Periods of policies (6, 10, 15 s) and windows lie between its multiples: no sync falls on an edge.
const SYNC: Duration = Duration::from_secs(4);

/// Longer than a sync and shorter than two: a sync after growth finds pods that are not Ready.
const POD_START: Duration = Duration::from_secs(6);

/// The window of an HPA without `behavior`; [`shape::Pace::Stretched`] makes the cluster's five minutes of it.
const DOWN_WINDOW: Duration = Duration::from_secs(60);

/// The longest script has 26 reads: 104 s on an idle machine, and as much again on a busy one.
const PLAYED_WITHIN: Duration = Duration::from_secs(240);

#[tokio::test(flavor = "multi_thread")]
async fn the_simulated_controller_does_what_the_real_one_does() {
    let bed = Testbed::start(settings()).await.unwrap();
    let (shapes, off) = (shapes::all(), shapes::switched_off_by_hand());
    let stage = server::open(&bed, &shapes).await;
    cluster::prepare(&bed, shapes.iter().chain([&off])).await;
    until("every script to be played", PLAYED_WITHIN, async || stage.is_over().then_some(())).await.unwrap();
    let mut comparisons: Vec<_> =
        shapes.iter().map(|shape| comparison::of(shape, &stage.ticks(shape))).collect();
    let unread = cluster::look(&bed.client().await.unwrap(), off.name).await.unwrap();
    comparisons.push(comparison::of(&off, &[unread.clone(), unread]));
    for comparison in &comparisons {
        println!("{}", comparison.timeline());
    }
    let differences: String = comparisons.iter().filter_map(comparison::Comparison::differences).collect();
    assert!(differences.is_empty(), "the simulator differs from the real controller:\n{differences}");
}

fn settings() -> Settings {
    // Twenty requests a second, the default, would spread the growth of all shapes over several syncs.
    let flags = ["--kube-api-qps=200", "--kube-api-burst=400"];
    Settings {
        hpa_sync: SYNC,
        pod_start: POD_START,
        downscale_stabilization: DOWN_WINDOW,
        nodes: 4,
        controller_manager_flags: flags.map(String::from).into(),
        ..Settings::default()
    }
}
