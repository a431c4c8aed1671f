//! The metrics API as kubectl meets it on the real control plane: who may read, what is said to whom, and what is
//! served while Prometheus or kube-apiserver is away.
#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::time::Duration;

use prescale_testbed::{Exporter, Onlooker, Prescale, Ran, Settings, Testbed, parts};

const SYNC: Duration = Duration::from_secs(5);
const DEMAND: f64 = 300.0;
const API: &str = "/apis/external.metrics.k8s.io/v1beta1";

#[tokio::test(flavor = "multi_thread")]
async fn the_api_tells_who_may_read_and_holds_through_silence() {
    let bed = Testbed::start(Settings { nodes: 1, hpa_sync: SYNC, ..Settings::default() }).await.unwrap();
    let exporter = Exporter::start().unwrap();
    exporter.set("demand", DEMAND);
    let prometheus_url = bed.prometheus(&[&exporter.target()], Duration::from_secs(1)).await.unwrap();
    let flags = vec!["--tick=5s".to_owned()];
    bed.install(&Prescale { prometheus_url, replicas: 1, flags, ..Prescale::default() }).await.unwrap();
    bed.apply(include_str!("manifests/gateway.yaml")).await.unwrap();
    let onlooker = bed.onlooker("live", "gateway").await.unwrap();
    onlooker.demand_reaches(DEMAND).await.unwrap();

    kubectl_lists_and_reads(&bed).await;
    a_stranger_is_refused(&bed).await;
    a_silent_prometheus_shrinks_nothing(&bed, &onlooker).await;
    a_restart_of_the_api_server_costs_nothing(&bed, &onlooker).await;
}

async fn kubectl_lists_and_reads(bed: &Testbed) {
    let resources = bed.kubectl(&["api-resources", "--api-group=external.metrics.k8s.io"]).await.unwrap();
    let resources = resources.success().unwrap();
    assert!(resources.lines().any(|line| line.starts_with("demand ")), "{resources}");
    let list = read(bed, "gateway", None).await.success().unwrap();
    assert!(list.contains(r#""value":"300""#), "{list}");
    let misspelt = read(bed, "gatewya", None).await;
    assert!(misspelt.complaint.contains("did you mean `gateway`?"), "{}", misspelt.complaint);
}

async fn a_stranger_is_refused(bed: &Testbed) {
    let alice = bed.user("alice", Some("readers")).unwrap();
    let alice = format!("--kubeconfig={}", alice.display());
    let refused = read(bed, "gateway", Some(&alice)).await;
    assert!(!refused.succeeded && refused.complaint.contains("Forbidden"), "{refused:?}");
}

async fn a_silent_prometheus_shrinks_nothing(bed: &Testbed, onlooker: &Onlooker) {
    bed.kill(parts::PROMETHEUS).await.unwrap();
    let told = onlooker.is_told("SourceHealthy", "Unreachable").await.unwrap();
    assert!(told.message.contains("cannot reach"), "{}", told.message);
    assert_eq!(onlooker.demand().await.unwrap(), DEMAND);
    bed.restart(parts::PROMETHEUS).await.unwrap();
    onlooker.is_told("SourceHealthy", "Observed").await.unwrap();
}

async fn a_restart_of_the_api_server_costs_nothing(bed: &Testbed, onlooker: &Onlooker) {
    bed.restart(parts::API_SERVER).await.unwrap();
    bed.available("v1beta1.external.metrics.k8s.io").await.unwrap();
    assert_eq!(onlooker.demand().await.unwrap(), DEMAND);
}

async fn read(bed: &Testbed, scaler: &str, kubeconfig: Option<&str>) -> Ran {
    let path = format!("{API}/namespaces/live/demand?labelSelector=prescale.dev%2Fscaler%3D{scaler}");
    let arguments: Vec<_> = ["get", "--raw", &path].into_iter().chain(kubeconfig).collect();
    bed.kubectl(&arguments).await.unwrap()
}
