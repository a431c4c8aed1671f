//! The whole way, on the real control plane: a calendar says that demand will leap, Prescale forecasts it, serves it as
//! an external metric, and the stock HPA has scaled before the leap; when it is over, the HPA gives the pods back.
#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::apps::v1::Deployment;
use kube::Api;
use prescale_testbed::{Exporter, Prescale, Settings, Testbed, until};

/// The HPA looks, Prescale plans and Prometheus scrapes this often: three times as fast as in a cluster, so that the
/// test is three times as short.
const SYNC: Duration = Duration::from_secs(5);
const BEFORE: f64 = 300.0;
const DURING: f64 = 3_000.0;
/// 100 a replica.
const NEEDED: i32 = 30;
/// The first forecasts, and a start ahead of the event.
const STARTS_IN: SignedDuration = SignedDuration::from_secs(75);
const LASTS: SignedDuration = SignedDuration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn the_hpa_has_scaled_before_announced_demand_arrives_and_gives_back_after_it() {
    let settings = Settings { nodes: 2, hpa_sync: SYNC, ..Settings::default() };
    let bed = Testbed::start(settings).await.unwrap();
    let exporter = Exporter::start().unwrap();
    exporter.set("demand", BEFORE);
    let prometheus_url = bed.prometheus(&[&exporter.target()], Duration::from_secs(1)).await.unwrap();
    let flags = vec!["--tick=5s".to_owned()];
    bed.install(&Prescale { prometheus_url, replicas: 1, flags, ..Prescale::default() }).await.unwrap();
    bed.apply(WORKLOAD).await.unwrap();
    let size = Size::of(&bed).await;
    size.reaches("the size that demand needs", |replicas| replicas == 3).await;

    let starts_at = Timestamp::now() + STARTS_IN;
    bed.apply(&event(starts_at)).await.unwrap();
    let scaled_at = size.reaches("the size that the event needs", |replicas| NEEDED <= replicas).await;
    println!("scaled to {NEEDED} at {scaled_at}; demand arrives at {starts_at}");
    assert!(scaled_at < starts_at, "scaled at {scaled_at}, after the start at {starts_at}");

    let until_start = starts_at.duration_since(Timestamp::now());
    tokio::time::sleep(until_start.unsigned_abs()).await;
    exporter.set("demand", DURING);
    tokio::time::sleep(LASTS.unsigned_abs()).await;
    assert!(NEEDED <= size.now().await, "shrank while demand was there");
    exporter.set("demand", BEFORE);
    let given_back = size.reaches("the size from before", |replicas| replicas <= 4).await;
    println!("given back at {given_back}, {:#} after its end", given_back.duration_since(starts_at + LASTS));
}

/// The size of the workload, as the HPA sets it.
struct Size(Api<Deployment>);

impl Size {
    async fn of(bed: &Testbed) -> Self {
        Self(Api::namespaced(bed.client().await.unwrap(), "live"))
    }

    async fn now(&self) -> i32 {
        self.0.get("gateway").await.unwrap().spec.unwrap().replicas.unwrap()
    }

    /// Waits until it is so, and says when it was.
    async fn reaches(&self, what: &str, is_so: impl Fn(i32) -> bool) -> Timestamp {
        until(what, Duration::from_secs(180), async || is_so(self.now().await).then(Timestamp::now))
            .await
            .unwrap()
    }
}

fn event(starts_at: Timestamp) -> String {
    let ends_at = starts_at + LASTS;
    format!(
        "apiVersion: prescale.dev/v1alpha1
kind: DemandEvent
metadata: {{name: on-sale, namespace: live}}
spec:
  type: on-sale
  startsAt: '{starts_at:.0}'
  endsAt: '{ends_at:.0}'
  expectedDemand: {{peak: {DURING}, rampUp: 10s}}
"
    )
}

const WORKLOAD: &str = include_str!("manifests/gateway.yaml");
