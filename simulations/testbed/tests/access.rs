//! The metrics API as kubectl meets it on the real control plane: who may read, what is said to whom, and what is
//! served while Prometheus or kube-apiserver is away.
#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::time::Duration;

use prescale_testbed::{Exporter, Prescale, Ran, Settings, Testbed, parts, until};

const SYNC: Duration = Duration::from_secs(5);
const SOON: Duration = Duration::from_secs(60);
const API: &str = "/apis/external.metrics.k8s.io/v1beta1";

#[tokio::test(flavor = "multi_thread")]
async fn the_api_tells_who_may_read_and_holds_through_silence() {
    let bed = Testbed::start(Settings { nodes: 1, hpa_sync: SYNC, ..Settings::default() }).await.unwrap();
    let exporter = Exporter::start().unwrap();
    exporter.set("demand", 300.0);
    let prometheus_url = bed.prometheus(&[&exporter.target()], Duration::from_secs(1)).await.unwrap();
    let flags = vec!["--tick=5s".to_owned()];
    bed.install(&Prescale { prometheus_url, replicas: 1, flags }).await.unwrap();
    bed.apply(include_str!("manifests/gateway.yaml")).await.unwrap();
    until("demand to be served", SOON, async || served(&bed).await).await.unwrap();

    kubectl_lists_and_reads(&bed).await;
    a_stranger_is_refused(&bed).await;
    a_silent_prometheus_shrinks_nothing(&bed).await;
    a_restart_of_the_api_server_costs_nothing(&bed).await;
}

async fn kubectl_lists_and_reads(bed: &Testbed) {
    let resources = bed.kubectl(&["api-resources", "--api-group=external.metrics.k8s.io"]).await.unwrap();
    let resources = resources.success().unwrap();
    assert!(resources.lines().any(|line| line.starts_with("demand ")), "{resources}");
    let misspelt = read(bed, "gatewya", None).await;
    assert!(misspelt.complaint.contains("did you mean `gateway`?"), "{}", misspelt.complaint);
}

async fn a_stranger_is_refused(bed: &Testbed) {
    let alice = bed.user("alice", Some("readers")).unwrap();
    let alice = format!("--kubeconfig={}", alice.display());
    let refused = read(bed, "gateway", Some(&alice)).await;
    assert!(!refused.succeeded && refused.complaint.contains("Forbidden"), "{refused:?}");
}

async fn a_silent_prometheus_shrinks_nothing(bed: &Testbed) {
    bed.kill(parts::PROMETHEUS).await.unwrap();
    let says = "--output=jsonpath={.status.conditions[?(@.type=='SourceHealthy')]}";
    let condition = async |wanted: &str| {
        let status = bed.kubectl(&["get", "predictivescaler", "gateway", "--namespace=live", says]).await;
        let status = status.unwrap().success().ok()?;
        status.contains(wanted).then_some(status)
    };
    // Before Prometheus was read for the first time, status said something else.
    until("status to say it", SOON, async || condition("cannot reach").await).await.unwrap();
    assert_eq!(served(bed).await.as_deref(), Some("300"));
    bed.restart(parts::PROMETHEUS).await.unwrap();
    until("status to be well again", SOON, async || condition(r#""status":"True""#).await).await.unwrap();
}

async fn a_restart_of_the_api_server_costs_nothing(bed: &Testbed) {
    bed.restart(parts::API_SERVER).await.unwrap();
    bed.available("v1beta1.external.metrics.k8s.io").await.unwrap();
    assert_eq!(served(bed).await.as_deref(), Some("300"));
}

async fn read(bed: &Testbed, scaler: &str, kubeconfig: Option<&str>) -> Ran {
    let path = format!("{API}/namespaces/live/demand?labelSelector=prescale.dev%2Fscaler%3D{scaler}");
    let arguments: Vec<_> = ["get", "--raw", &path].into_iter().chain(kubeconfig).collect();
    bed.kubectl(&arguments).await.unwrap()
}

/// What is served; `None` while nothing is.
async fn served(bed: &Testbed) -> Option<String> {
    let list = read(bed, "gateway", None).await.success().ok()?;
    let list: serde_json::Value = serde_json::from_str(&list).ok()?;
    Some(list["items"][0]["value"].as_str()?.to_owned())
}
