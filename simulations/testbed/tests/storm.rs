//! Faults in the middle of a spike, one after the other, while reads go on: Prometheus slow, lying and away, the
//! controller's clock set back, its certificates rotated, kube-apiserver restarted. No read fails, is slow, or falls
//! below what is observed, and the status says each time what happened, in words that tell what to mend.
#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::time::Duration;

use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::kube_aggregator::pkg::apis::apiregistration::v1::APIService;
use kube::Api;
use kube::api::DeleteParams;
use prescale_testbed::{
    Clock, Exporter, NAMESPACE, Onlooker, Prescale, Reads, Replica, Settings, Signal, Testbed, keeper::State,
    parts, until,
};

const API_SERVICE: &str = "v1beta1.external.metrics.k8s.io";
/// The Secret of the authority that the controller issues certificates from.
const AUTHORITY: &str = "prescale-serving";
const SYNC: Duration = Duration::from_secs(5);
const SOON: Duration = Duration::from_secs(60);
const CALM: f64 = 300.0;
const SPIKE: f64 = 3_000.0;
/// Demand rises to this while the clock is wrong.
const HIGHER: f64 = 4_000.0;
/// As long as the HPA is kept waiting at most.
const SLOWEST: Duration = Duration::from_secs(1);
/// Half a minute until the new authority signs, as long again until the former is forgotten, and a look after each. Where
/// the lead is lost while kube-apiserver restarts, the next leader begins anew, once its watch has come back.
const FORGOTTEN_WITHIN: Duration = Duration::from_secs(300);
const SET_BACK_BY: Duration = Duration::from_secs(3_600);

#[tokio::test(flavor = "multi_thread")]
async fn faults_in_a_spike_cost_no_read_and_no_demand_and_are_told() {
    let storm = Storm::begin().await;
    storm.prometheus_is_slow().await;
    storm.prometheus_gives_two_series().await;
    storm.prometheus_is_away().await;
    storm.the_clock_is_set_back().await;
    storm.the_api_server_is_restarted().await;
    storm.the_certificates_are_rotated().await;
    storm.end().await;
}

/// A testbed in a spike, which is read all along.
struct Storm {
    bed: Testbed,
    replicas: Vec<Replica>,
    exporter: Exporter,
    liar: Exporter,
    clock: Clock,
    onlooker: Onlooker,
    reads: Reads,
}

impl Storm {
    async fn begin() -> Self {
        let bed = Testbed::start(Settings { nodes: 2, hpa_sync: SYNC, ..Settings::default() }).await.unwrap();
        let (exporter, liar) = (Exporter::start().unwrap(), Exporter::start().unwrap());
        exporter.set("demand", CALM);
        let targets = [&exporter.target()[..], &liar.target()[..]];
        let prometheus_url = bed.prometheus(&targets, Duration::from_secs(1)).await.unwrap();
        let clock = bed.clock("controller").unwrap();
        let flags = vec!["--tick=5s".to_owned()];
        let prescale = Prescale { prometheus_url, replicas: 2, flags, ..Prescale::default() };
        let prescale = Prescale { environment: clock.environment(), ..prescale };
        let replicas = bed.install(&prescale).await.unwrap();
        bed.apply(include_str!("manifests/gateway.yaml")).await.unwrap();

        let onlooker = bed.onlooker("live", "gateway").await.unwrap();
        onlooker.demand_reaches(CALM).await.unwrap();
        onlooker.is_told("SourceHealthy", "Observed").await.unwrap();
        let reads = onlooker.read_on();
        reads.expect_at_least(CALM);
        let storm = Self { bed, replicas, exporter, liar, clock, onlooker, reads };
        storm.demand_rises_to(SPIKE).await;
        storm
    }

    /// From the moment at which it has been observed, nothing less may be served.
    async fn demand_rises_to(&self, demand: f64) {
        self.exporter.set("demand", demand);
        self.onlooker.demand_reaches(demand).await.unwrap();
        self.reads.expect_at_least(demand);
    }

    async fn prometheus_is_slow(&self) {
        self.bed.signal(parts::PROMETHEUS, Signal::Stop).unwrap();
        self.source_is_told("TimedOut", "gave no answer within 5 s").await;
        self.bed.signal(parts::PROMETHEUS, Signal::Continue).unwrap();
        self.source_is_well().await;
    }

    async fn prometheus_gives_two_series(&self) {
        self.liar.set("demand", 1.0);
        self.source_is_told("SeveralSeries", "gives several series, such as demand{instance=").await;
        self.liar.remove("demand");
        self.source_is_well().await;
    }

    async fn prometheus_is_away(&self) {
        self.bed.kill(parts::PROMETHEUS).await.unwrap();
        self.source_is_told("Unreachable", "cannot reach http://127.0.0.1:").await;
        self.bed.restart(parts::PROMETHEUS).await.unwrap();
        self.source_is_well().await;
    }

    /// Demand goes on to rise, and is followed: what was an hour ago is not taken for what is now.
    async fn the_clock_is_set_back(&self) {
        self.clock.set_back(SET_BACK_BY).unwrap();
        self.source_is_told("ClockBehind", "is ahead of the controller's by about 1h").await;
        self.demand_rises_to(HIGHER).await;
        self.clock.set_right().unwrap();
        self.source_is_well().await;
    }

    async fn the_api_server_is_restarted(&self) {
        self.bed.restart(parts::API_SERVER).await.unwrap();
        self.bed.available(API_SERVICE).await.unwrap();
    }

    /// Somebody deletes the Secret of the authority, as to have a key replaced that has leaked. kube-apiserver, restarted
    /// in the middle of it, has to connect anew, by the bundle that it finds.
    async fn the_certificates_are_rotated(&self) {
        let former = self.ca_bundle().await.unwrap();
        let secrets: Api<Secret> = Api::namespaced(self.bed.client().await.unwrap(), NAMESPACE);
        secrets.delete(AUTHORITY, &DeleteParams::default()).await.unwrap();
        until("another authority", SOON, async || secrets.get_opt(AUTHORITY).await.ok()?.map(drop))
            .await
            .unwrap();
        self.the_api_server_is_restarted().await;
        until("the former authority to be forgotten", FORGOTTEN_WITHIN, async || {
            (!self.ca_bundle().await?.contains(&former)).then_some(())
        })
        .await
        .unwrap();
    }

    async fn end(self) {
        let tally = self.reads.tally();
        println!("{tally:?}");
        tally.assert_flawless(SLOWEST);
        // Whoever is killed leaves what libfaketime shares with its children in the memory of the system.
        for replica in &self.replicas {
            self.bed.signal(&replica.name, Signal::Terminate).unwrap();
            let ended = async || matches!(self.bed.state(&replica.name)?, State::Ended(_)).then_some(());
            until("a replica to end", SOON, ended).await.unwrap();
        }
    }

    async fn source_is_told(&self, reason: &str, words: &str) {
        let told = self.onlooker.is_told("SourceHealthy", reason).await.unwrap();
        assert!(told.message.contains(words), "{}", told.message);
        println!("{reason}: {}", told.message);
    }

    async fn source_is_well(&self) {
        self.onlooker.is_told("SourceHealthy", "Observed").await.unwrap();
    }

    /// By which authorities kube-apiserver knows us, as PEM.
    async fn ca_bundle(&self) -> Option<String> {
        let services: Api<APIService> = Api::all(self.bed.client().await.unwrap());
        let bundle = services.get(API_SERVICE).await.ok()?.spec?.ca_bundle?;
        Some(String::from_utf8(bundle.0).unwrap().trim().to_owned())
    }
}
