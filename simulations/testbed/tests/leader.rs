//! Two replicas of the controller on the real control plane: the leader is killed in the middle of a spike, and reads go
//! on. The other replica answers them, never below what is observed, and then leads.
#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::time::Duration;

use k8s_openapi::api::coordination::v1::Lease;
use kube::Api;
use prescale_testbed::{Exporter, NAMESPACE, Prescale, Replica, Settings, Testbed, until};

const SYNC: Duration = Duration::from_secs(5);
const CALM: f64 = 300.0;
const SPIKE: f64 = 3_000.0;
/// A lease lasts 15 s, and is looked at every 2 s.
const LED_WITHIN: Duration = Duration::from_secs(60);
/// A few ticks of the new leader.
const WATCHED: Duration = Duration::from_secs(15);
/// As long as the HPA is kept waiting at most.
const SLOWEST: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_killed_in_a_spike_costs_no_read_and_no_demand() {
    let bed = Testbed::start(Settings { nodes: 2, hpa_sync: SYNC, ..Settings::default() }).await.unwrap();
    let exporter = Exporter::start().unwrap();
    exporter.set("demand", CALM);
    let prometheus_url = bed.prometheus(&[&exporter.target()], Duration::from_secs(1)).await.unwrap();
    let flags = vec!["--tick=5s".to_owned()];
    let prescale = Prescale { prometheus_url, replicas: 2, flags, ..Prescale::default() };
    let replicas = bed.install(&prescale).await.unwrap();
    bed.apply(include_str!("manifests/gateway.yaml")).await.unwrap();
    let (leader, follower) = roles(&bed, &replicas).await;
    bed.route(&[follower.metrics_api]).await.unwrap();

    exporter.set("demand", SPIKE);
    let onlooker = bed.onlooker("live", "gateway").await.unwrap();
    onlooker.demand_reaches(SPIKE).await.unwrap();
    let reads = onlooker.read_on();
    reads.expect_at_least(SPIKE);
    bed.kill(&leader.name).await.unwrap();
    until("the other to lead", LED_WITHIN, async || {
        holder(&bed).await.filter(|holder| *holder == follower.name)
    })
    .await
    .unwrap();
    tokio::time::sleep(WATCHED).await;
    println!("{:?}", reads.tally());
    reads.tally().assert_flawless(SLOWEST);
}

/// Who leads, and who does not.
async fn roles<'a>(bed: &Testbed, replicas: &'a [Replica]) -> (&'a Replica, &'a Replica) {
    let holder =
        until("a leader", LED_WITHIN, async || holder(bed).await.filter(|holder| !holder.is_empty()));
    let holder = holder.await.unwrap();
    let leader = replicas.iter().find(|replica| replica.name == holder).unwrap();
    (leader, replicas.iter().find(|replica| replica.name != holder).unwrap())
}

async fn holder(bed: &Testbed) -> Option<String> {
    let leases: Api<Lease> = Api::namespaced(bed.client().await.unwrap(), NAMESPACE);
    leases.get("prescale-controller").await.unwrap().spec?.holder_identity
}
