//! The simulated Karpenter beside the real one: both are given the same pods and the same buffer, step by step, and must
//! come to the same number of nodes, with nodes and pods that are Ready when the simulator says that they may be.
//!
//! Only the cloud and the kubelets are simulated here. Delays are drawn from the simulator's own distribution; what the
//! simulator says is the range of many runs of it, so a busy machine needs no more than some seconds of grace.
#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

#[path = "nodes/condition.rs"]
mod condition;
#[path = "nodes/real.rs"]
mod real;
#[path = "nodes/simulated.rs"]
mod simulated;

use std::time::Duration;

use prescale_simulations::delay::Delay;
use prescale_testbed::{KarpenterSettings, Settings, Testbed};

use real::Real;

/// How long nodes take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// From launch to Ready.
    pub(crate) node_start: Delay,
    /// The part of it that no draw changes: until the node registers.
    pub(crate) registration: Duration,
}

/// A tenth of a cloud's, as it is spread there.
const QUICK: Pace = Pace { node_start: Delay::of_secs(5, 11, 4), registration: Duration::from_secs(3) };
/// A cloud's: the simulator's default.
const CLOUD: Pace = Pace { node_start: Delay::of_secs(50, 110, 45), registration: Duration::from_secs(40) };
const POD_START: Duration = Duration::from_secs(2);

/// What the machine may add to a step: API calls, the backoff of the scheduler (10 s at most), a processor that is shared.
const GRACE_S: f64 = 15.0;

/// A change, and what it must come to is not written here: the simulator says it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Change {
    /// The Deployment is scaled to so many pods.
    Pods(u32),
    /// The buffer is set to so many.
    Buffer(u32),
}

/// Growth without and with a buffer, room that is taken and refilled, a crowd, and the end of it.
const SHORT: [Change; 5] =
    [Change::Pods(5), Change::Buffer(4), Change::Pods(8), Change::Pods(20), Change::Buffer(0)];
/// And nodes that are not empty, and growth after it.
const LONG: [Change; 7] = [
    Change::Pods(5),
    Change::Buffer(4),
    Change::Pods(8),
    Change::Pods(20),
    Change::Buffer(0),
    Change::Pods(7),
    Change::Buffer(3),
];

/// What a step came to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outcome {
    /// Nodes that are there at its end.
    pub(crate) nodes: usize,
    /// When the last of them came or went, in seconds after the change; `None` where none did.
    pub(crate) nodes_after_s: Option<f64>,
    /// When as many pods as were asked for were Ready.
    pub(crate) pods_after_s: f64,
}

#[tokio::test(flavor = "multi_thread")]
async fn the_simulated_karpenter_does_what_the_real_one_does() {
    compare(&SHORT, QUICK).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes ten minutes: make e2e-nodes"]
async fn it_does_at_the_pace_of_a_cloud() {
    compare(&LONG, CLOUD).await;
}

async fn compare(script: &[Change], pace: Pace) {
    let expected = simulated::outcomes(script, pace);
    let bed = Testbed::start(settings(pace)).await.unwrap();
    let mut real = Real::prepare(&bed).await;
    let mut differences = String::new();
    println!(
        "{:<12} {:>5} {:>5}   {:<28} {:<28}",
        "change", "real", "sim", "nodes, real / sim", "pods, real / sim"
    );
    for (change, runs) in script.iter().zip(&expected) {
        let outcome = real.play(*change, runs.nodes()).await;
        let line = format!(
            "{:<12} {:>5} {:>5}   {:<28} {:<28}",
            format!("{change:?}"),
            outcome.nodes,
            runs.nodes(),
            runs.beside(outcome.nodes_after_s, |one| one.nodes_after_s),
            runs.beside(Some(outcome.pods_after_s), |one| Some(one.pods_after_s)),
        );
        println!("{line}");
        if !runs.allow(&outcome, GRACE_S) {
            differences += &format!("{line}\n");
        }
    }
    let starts = real.node_starts();
    let (least, most) = (starts[0], starts[starts.len() - 1]);
    let median = starts[starts.len() / 2];
    println!("{} nodes: from launch to Ready {least:.1} s, median {median:.1} s, {most:.1} s", starts.len());
    assert!(differences.is_empty(), "the simulator differs from the real Karpenter:\n{differences}");
    let (drawn_least, drawn_most) = simulated::range_of(pace.node_start);
    assert!(drawn_least - 1.0 <= least, "{least} s is less than any draw: {drawn_least} s");
    assert!(most <= drawn_most + GRACE_S, "{most} s is more than any draw: {drawn_most} s");
}

fn settings(pace: Pace) -> Settings {
    Settings {
        nodes: 0,
        pod_start: POD_START,
        karpenter: Some(KarpenterSettings {
            registration_delay: pace.registration,
            node_starts: simulated::drawn(pace),
            disruption_budget: "100%".into(),
            ..KarpenterSettings::default()
        }),
        ..Settings::default()
    }
}
