//! Nodes ahead of the spike, on the real control plane with the real Karpenter: an on-sale is announced, and with
//! headroom every node that it needs is Ready before demand arrives; without it, pods wait for nodes when demand is there.
//! When it is over, headroom is given back, and Karpenter's consolidation takes the nodes.
//!
//! The HPA looks three times as often as in a cluster; nodes take nearly the time of a cloud's.
#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

#[path = "nodes/condition.rs"]
mod condition;
#[path = "nodes/costs.rs"]
mod costs;
#[path = "nodes/story.rs"]
mod story;
#[path = "nodes/timeline.rs"]
mod timeline;
#[path = "nodes/workload.rs"]
mod workload;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use prescale_testbed::{Exporter, KarpenterSettings, Prescale, Settings, Testbed};

use story::Story;
use timeline::Seen;
use workload::{Workload, on_sale};

const SYNC: Duration = Duration::from_secs(5);
/// 100 a replica.
const BEFORE: f64 = 300.0;
const DURING: f64 = 1_800.0;
const NEEDED: usize = 18;
/// Three pods a node.
const NODES_NEEDED: usize = 6;
/// The first forecasts, and a node's start ahead of the event.
const STARTS_IN: SignedDuration = SignedDuration::from_secs(115);
const LASTS: SignedDuration = SignedDuration::from_secs(20);

/// The same workload three times, and how each has its headroom. Disruption is not held off, so that nodes go at once when
/// it is over.
const WORKLOADS: [(&str, &str); 3] = [
    ("buffered", "{enabled: true, holdDisruption: 0s}"),
    ("held", "{enabled: true, holdDisruption: 0s, by: PlaceholderPods}"),
    ("bare", "{enabled: false}"),
];

#[tokio::test(flavor = "multi_thread")]
async fn with_headroom_every_node_is_ready_before_demand_arrives_and_goes_after_it() {
    let bed = Testbed::start(settings()).await.unwrap();
    let exporter = Exporter::start().unwrap();
    exporter.set("demand", BEFORE);
    let prometheus_url = bed.prometheus(&[&exporter.target()], Duration::from_secs(1)).await.unwrap();
    let prices = costs::table();
    let flags = vec!["--tick=5s".to_owned(), format!("--prices={}", prices.path().display())];
    let prescale = Prescale { prometheus_url, replicas: 1, flags, ..Prescale::default() };
    let replicas = bed.install(&prescale).await.unwrap();
    for (name, headroom) in WORKLOADS {
        let workload = Workload { name, headroom, lead_time: "{pod: 15s, node: 75s}", limits: "{cpu: 100}" };
        bed.apply(&workload.manifests()).await.unwrap();
    }
    let mut story = Story::of(&bed, &WORKLOADS.map(|(name, _)| name)).await;
    story.until("three pods of each to be Ready", |seen| seen.ready_pods == 3).await;

    let starts_at = Timestamp::now() + STARTS_IN;
    bed.apply(&on_sale(starts_at, LASTS, DURING)).await.unwrap();
    story.until_time(starts_at).await;
    let at_start = story.now().await;
    exporter.set("demand", DURING);
    story.until("every pod of each to be Ready", |seen| NEEDED <= seen.ready_pods).await;
    for name in ["buffered", "held"] {
        let seen = &at_start[name];
        assert!(NODES_NEEDED <= seen.ready_nodes, "{name}: {seen:?} when demand arrived");
        assert!(NEEDED <= seen.ready_pods, "{name}: {seen:?} when demand arrived");
    }
    let bare = &at_start["bare"];
    assert!(bare.ready_nodes < NODES_NEEDED, "bare: {bare:?}: headroom was not needed");
    story.until_time(starts_at + LASTS).await;
    exporter.set("demand", BEFORE);
    // Some pods are spread over the nodes that are left, and the last of them may take a round or two.
    let given_back = |seen: &Seen| seen.room == 0 && seen.nodes < NODES_NEEDED;
    story.until("headroom and nodes to be given back", given_back).await;
    println!("{}", story.timelines(starts_at));
    for (name, has_room) in [("buffered", true), ("held", true), ("bare", false)] {
        costs::are_told(&bed, &replicas[0], name, has_room).await;
    }
}

fn settings() -> Settings {
    // Slower than what a plan for pods alone looks ahead, which is half a minute here.
    let node_starts = [4, 6, 8, 10, 14].map(Duration::from_secs).to_vec();
    Settings {
        nodes: 0,
        hpa_sync: SYNC,
        pod_start: Duration::from_secs(2),
        karpenter: Some(KarpenterSettings {
            registration_delay: Duration::from_secs(34),
            node_starts,
            ..KarpenterSettings::default()
        }),
        ..Settings::default()
    }
}
