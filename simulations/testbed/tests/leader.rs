//! Two replicas of the controller on the real control plane: the leader is killed in the middle of a spike, and reads go
//! on. The other replica answers them, never below what is observed, and then leads.
#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::time::{Duration, Instant};

use k8s_openapi::api::coordination::v1::Lease;
use kube::Api;
use prescale_testbed::{Exporter, NAMESPACE, Prescale, Replica, Settings, Testbed, until};

const SYNC: Duration = Duration::from_secs(5);
const CALM: f64 = 300.0;
const SPIKE: f64 = 3_000.0;
/// A lease lasts 15 s: within this, the other replica leads, and has ticked a few times.
const WATCHED: Duration = Duration::from_secs(40);
/// As long as the HPA is kept waiting at most.
const SLOWEST: Duration = Duration::from_secs(1);
const PATH: &str = "/apis/external.metrics.k8s.io/v1beta1/namespaces/live/demand?labelSelector=prescale.dev%2Fscaler%3Dgateway";

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_killed_in_a_spike_costs_no_read_and_no_demand() {
    let bed = Testbed::start(Settings { nodes: 2, hpa_sync: SYNC, ..Settings::default() }).await.unwrap();
    let exporter = Exporter::start().unwrap();
    exporter.set("demand", CALM);
    let prometheus_url = bed.prometheus(&[&exporter.target()], Duration::from_secs(1)).await.unwrap();
    let flags = vec!["--tick=5s".to_owned()];
    let replicas = bed.install(&Prescale { prometheus_url, replicas: 2, flags }).await.unwrap();
    bed.apply(include_str!("manifests/gateway.yaml")).await.unwrap();
    let (leader, follower) = roles(&bed, &replicas).await;
    bed.route(&[follower.metrics_api]).await.unwrap();

    exporter.set("demand", SPIKE);
    until("the follower to serve the spike", Duration::from_secs(60), async || {
        (SPIKE <= demand(&bed).await.ok()?).then_some(())
    })
    .await
    .unwrap();
    bed.kill(&leader.name).await.unwrap();
    let killed = Instant::now();
    let mut reads = 0;
    while killed.elapsed() < WATCHED {
        let asked = Instant::now();
        let served = demand(&bed).await.unwrap();
        assert!(SPIKE <= served, "{served} is served {:?} after the leader's end", killed.elapsed());
        assert!(asked.elapsed() < SLOWEST, "a read took {:?}", asked.elapsed());
        reads += 1;
    }
    assert_eq!(holder(&bed).await.as_deref(), Some(follower.name.as_str()), "the other does not lead");
    println!("{reads} reads in {WATCHED:?} after the leader was killed, none failed");
}

/// Who leads, and who does not.
async fn roles<'a>(bed: &Testbed, replicas: &'a [Replica]) -> (&'a Replica, &'a Replica) {
    let holder = until("a leader", Duration::from_secs(60), async || {
        holder(bed).await.filter(|holder| !holder.is_empty())
    })
    .await
    .unwrap();
    let leader = replicas.iter().find(|replica| replica.name == holder).unwrap();
    (leader, replicas.iter().find(|replica| replica.name != holder).unwrap())
}

async fn holder(bed: &Testbed) -> Option<String> {
    let leases: Api<Lease> = Api::namespaced(bed.client().await.unwrap(), NAMESPACE);
    leases.get("prescale-controller").await.unwrap().spec?.holder_identity
}

/// What the metrics API answers through kube-apiserver, or what it says instead.
async fn demand(bed: &Testbed) -> Result<f64, String> {
    let client = bed.client().await.unwrap();
    let request = http::Request::get(PATH).body(Vec::new()).unwrap();
    let list: serde_json::Value = client.request(request).await.map_err(|error| error.to_string())?;
    let value = list["items"][0]["value"].as_str().ok_or_else(|| list.to_string())?;
    let (number, unit) = value.strip_suffix('m').map_or((value, 1.0), |thousandths| (thousandths, 1e-3));
    number.parse::<f64>().map(|number| number * unit).map_err(|error| format!("{value}: {error}"))
}
