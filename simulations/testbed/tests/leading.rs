//! The whole way of a pushed signal, on the real control plane: people join a queue ten minutes before they are served,
//! somebody pushes how many, and the stock HPA has scaled before they arrive. Beside it is the same workload without the
//! signal, which learns of them when they are there.
//!
//! The lead is not shortened: most of the ten minutes lie before the test begins, in the history that it leaves in the
//! store.
#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

#[path = "push/client.rs"]
mod client;
#[path = "leading/story.rs"]
mod story;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::apps::v1::Deployment;
use kube::Api;
use prescale_testbed::{Exporter, Prescale, Settings, Testbed, until};
use serde_json::json;
use tokio::time::sleep;

use client::{Client, bundle};
use story::{BEFORE, DURING, SCALERS, Story};

/// The HPA looks, and Prescale plans, this often: three times as fast as in a cluster.
const SYNC: Duration = Duration::from_secs(5);
const JOINS: &str = "/api/v1/signals/live/gateway/queue-joins";
const PER_REPLICA: f64 = 100.0;
/// For a controller that starts and learns a week of two scalers, and an HPA that follows, on a machine that is busy.
const ARRIVES_IN: SignedDuration = SignedDuration::from_secs(130);

#[tokio::test(flavor = "multi_thread")]
async fn the_hpa_has_scaled_before_what_a_pushed_signal_announces_arrives() {
    let settings = Settings { nodes: 2, hpa_sync: SYNC, ..Settings::default() };
    let bed = Testbed::start(settings).await.unwrap();
    let exporter = Exporter::start().unwrap();
    exporter.set("demand", BEFORE);
    let prometheus_url = bed.prometheus(&[&exporter.target()], Duration::from_secs(1)).await.unwrap();
    let began = Timestamp::now();
    let arrives = began + ARRIVES_IN;
    let story = Story::of(arrives);
    let history = bed.folder().join("history");
    story.keep(&history, began).await;

    let signals = SocketAddr::from((Ipv4Addr::LOCALHOST, bed.port().unwrap()));
    let flags = ["--tick=5s".to_owned(), format!("--history-path={}", history.display())];
    let prescale = Prescale {
        prometheus_url,
        replicas: 1,
        signals: vec![signals],
        flags: flags.to_vec(),
        ..Prescale::default()
    };
    bed.install(&prescale).await.unwrap();
    bed.apply(include_str!("manifests/leading-workloads.yaml")).await.unwrap();
    bed.apply(SCALERS).await.unwrap();
    let sizes = Sizes(Api::namespaced(bed.client().await.unwrap(), "live"));
    let client = Client::new(&bundle(&bed).await, signals);
    let feeder = format!("Bearer {}", bed.token("live", "feeder").await.unwrap());

    let push = async {
        loop {
            let joins = story.joins(Timestamp::now());
            let pushed = client.push(JOINS, Some(&feeder), json!({"value": joins})).await;
            // The controller may not know the scaler yet.
            assert!([200, 404].contains(&pushed.0), "{pushed:?}");
            sleep(SYNC).await;
        }
    };
    let watch = async {
        let needed = (DURING / PER_REPLICA) as i32;
        let scaled = sizes.reach("gateway", needed).await;
        let early = arrives.duration_since(scaled);
        println!("people joined from {:.0} on", arrives - story::LEAD);
        println!("scaled to {needed} at {scaled:.0}, {early:#} before they arrive, at {arrives:.0}");
        assert!(early.is_positive(), "scaled {early:#} before they arrive");
        println!("because {}", why(&bed, "gateway").await);
        sleep(arrives.duration_since(Timestamp::now()).unsigned_abs()).await;
        let (warned, unwarned) = (sizes.now("gateway").await, sizes.now("unwarned").await);
        println!("when they arrive: {warned} replicas, and {unwarned} without the signal");
        println!("without the signal, because {}", why(&bed, "unwarned").await);
        let observed = f64::from(unwarned) * PER_REPLICA;
        assert!(needed <= warned, "shrank before they arrived");
        assert!(observed < 0.5 * DURING, "{unwarned} replicas without the signal: it was not needed");
        let demand = bed.onlooker("live", "gateway").await.unwrap().demand().await.unwrap();
        assert!(DURING <= demand, "{demand} is served as demand, while {BEFORE} is observed");
        exporter.set("demand", DURING);
        let late = sizes.reach("unwarned", needed).await;
        println!(
            "without the signal: {needed} at {late:.0}, {:#} after they arrived",
            late.duration_since(arrives)
        );
        assert!(arrives < late && needed <= sizes.now("gateway").await);
    };
    tokio::select! {
        () = push => unreachable!("it goes on"),
        () = watch => {}
    }
}

/// The reason of a scaler's plan, as its status tells it.
async fn why(bed: &Testbed, scaler: &str) -> String {
    let path = format!("/apis/prescale.dev/v1alpha1/namespaces/live/predictivescalers/{scaler}");
    let status = bed.onlooker("live", scaler).await.unwrap().get(&path).await.unwrap()["status"].take();
    status["reason"].as_str().map_or_else(|| status.to_string(), str::to_owned)
}

/// The sizes of the workloads, as HPAs set them.
struct Sizes(Api<Deployment>);

impl Sizes {
    async fn now(&self, name: &str) -> i32 {
        self.0.get(name).await.unwrap().spec.unwrap().replicas.unwrap()
    }

    /// Waits until a workload has so many replicas, and says when it had.
    async fn reach(&self, name: &str, replicas: i32) -> Timestamp {
        let what = format!("{name} to have {replicas} replicas");
        let reached = async || (replicas <= self.now(name).await).then(Timestamp::now);
        until(&what, Duration::from_secs(180), reached).await.unwrap()
    }
}
