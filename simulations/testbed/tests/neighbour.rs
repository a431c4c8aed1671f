//! Prescale beside another external-metrics server, made of the library that KEDA's and prometheus-adapter's are made
//! of: it leaves the API alone until it is told to take it over, passes the other's metrics on, does not hang with it,
//! and gives the API back.
#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use prescale_testbed::{
    Error, Exporter, Life, Onlooker, Prescale, Process, RELEASE, Replica, Settings, Signal, Subject, Testbed,
    until,
};
use serde_json::{Value, json};

const SYNC: Duration = Duration::from_secs(5);
const SOON: Duration = Duration::from_secs(90);
const API_SERVICE: &str = "v1beta1.external.metrics.k8s.io";
const ADAPTER: &str = "adapter";
/// What the adapter says of every queue: three workers of 14.
const QUEUED: &str = "42";
const QUEUE: &str = "/apis/external.metrics.k8s.io/v1beta1/namespaces/batch/queue_length";
/// A read of ours while the adapter hangs; the machine may be busy, and the HPA would wait for 30 s.
const IN_TIME: Duration = Duration::from_secs(1);
/// A read of the adapter's is given up after 3 s.
const GIVEN_UP: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn another_external_metrics_server_keeps_its_readers_and_gets_its_place_back() {
    let bed = Testbed::start(Settings { nodes: 1, hpa_sync: SYNC, ..Settings::default() }).await.unwrap();
    let exporter = Exporter::start().unwrap();
    exporter.set("demand", 300.0);
    let prometheus_url = bed.prometheus(&[&exporter.target()], Duration::from_secs(1)).await.unwrap();
    start_adapter(&bed).await;
    let prescale =
        Prescale { prometheus_url, replicas: 1, flags: vec!["--tick=5s".into()], ..Prescale::default() };

    it_is_left_alone(&bed, &prescale).await;
    let (replicas, onlooker) = it_is_taken_over_when_told_to(&bed, prescale).await;
    its_metrics_still_work(&bed, &onlooker).await;
    ours_answer_while_it_hangs(&bed, &onlooker).await;
    it_gets_its_place_back(&bed, &replicas, &onlooker).await;
}

async fn it_is_left_alone(bed: &Testbed, prescale: &Prescale) {
    let replicas = bed.install(prescale).await.unwrap();
    until("the refusal to be told", SOON, async || {
        bed.log("prescale-0").contains("external metrics are not served by us").then_some(())
    })
    .await
    .unwrap();
    bed.uninstall(&replicas).await.unwrap();
    assert_eq!(server(bed).await, ADAPTER);
}

async fn it_is_taken_over_when_told_to(bed: &Testbed, prescale: Prescale) -> (Vec<Replica>, Onlooker) {
    let flags = ["--take-over", "--upstream-at=127.0.0.1"].map(str::to_owned);
    let flags = prescale.flags.into_iter().chain(flags).collect();
    let values = vec!["metricsApi.takeOver=true".to_owned()];
    let replicas = bed.install(&Prescale { flags, values, ..prescale }).await.unwrap();
    until("the API to be taken over", SOON, async || (server(bed).await == RELEASE).then_some(()))
        .await
        .unwrap();
    bed.available(API_SERVICE).await.unwrap();
    bed.apply(include_str!("manifests/gateway.yaml")).await.unwrap();
    let onlooker = bed.onlooker("live", "gateway").await.unwrap();
    onlooker.demand_reaches(300.0).await.unwrap();
    (replicas, onlooker)
}

async fn its_metrics_still_work(bed: &Testbed, onlooker: &Onlooker) {
    until("the adapter's metric", SOON, async || (queued(onlooker).await.ok()? == QUEUED).then_some(()))
        .await
        .unwrap();
    until("both servers' metrics to be listed", SOON, async || {
        let list = onlooker.get("/apis/external.metrics.k8s.io/v1beta1").await.ok()?.to_string();
        (list.contains(r#""name":"queue_length""#) && list.contains(r#""name":"demand""#)).then_some(())
    })
    .await
    .unwrap();
    let size = ["get", "deployment", "worker", "--namespace=batch", "--output=jsonpath={.spec.replicas}"];
    until("the HPA of the adapter's metric to follow it", SOON, async || {
        (bed.kubectl(&size).await.unwrap().success().unwrap() == "3").then_some(())
    })
    .await
    .unwrap();
}

async fn ours_answer_while_it_hangs(bed: &Testbed, onlooker: &Onlooker) {
    bed.signal(ADAPTER, Signal::Stop).unwrap();
    for _ in 0..20 {
        let (theirs, ours) = tokio::join!(timed(queued(onlooker)), timed(onlooker.demand()));
        let words = theirs.0.unwrap_err().to_string();
        assert!(words.contains("the external-metrics server monitoring/adapter"), "{words}");
        assert!(theirs.1 < GIVEN_UP, "theirs took {:?}", theirs.1);
        assert!(300.0 <= ours.0.unwrap() && ours.1 < IN_TIME, "ours took {:?}", ours.1);
    }
    bed.signal(ADAPTER, Signal::Continue).unwrap();
    until("the adapter's metric again", SOON, async || {
        (queued(onlooker).await.ok()? == QUEUED).then_some(())
    })
    .await
    .unwrap();
}

async fn it_gets_its_place_back(bed: &Testbed, replicas: &[Replica], onlooker: &Onlooker) {
    bed.uninstall(replicas).await.unwrap();
    assert_eq!(server(bed).await, ADAPTER);
    bed.available(API_SERVICE).await.unwrap();
    until("the adapter's metric without us", SOON, async || {
        (queued(onlooker).await.ok()? == QUEUED).then_some(())
    })
    .await
    .unwrap();
}

/// Starts the adapter and registers it, as its own chart would.
async fn start_adapter(bed: &Testbed) {
    bed.apply(include_str!("manifests/neighbour.yaml")).await.unwrap();
    let port = bed.port().unwrap();
    let host = "adapter.monitoring.svc";
    let subject = Subject { name: host, group: None, hosts: &[host], life: Life::Current };
    let serving = bed.authorities().servers.issue(ADAPTER, subject).unwrap();
    let kubeconfig = bed.service_account("monitoring", ADAPTER).await.unwrap();
    let arguments = vec![
        "external-metrics".to_owned(),
        "--bind-address=127.0.0.1".to_owned(),
        format!("--secure-port={port}"),
        format!("--tls-cert-file={}", serving.certificate.display()),
        format!("--tls-private-key-file={}", serving.key.display()),
        format!("--authentication-kubeconfig={}", kubeconfig.display()),
        format!("--authorization-kubeconfig={}", kubeconfig.display()),
        format!("--lister-kubeconfig={}", kubeconfig.display()),
        "--metric=queue_length".to_owned(),
        format!("--value={QUEUED}"),
    ];
    let program = bed.programs().control_plane();
    bed.run(Process { name: ADAPTER.into(), program, arguments, environment: BTreeMap::new() })
        .await
        .unwrap();
    bed.expose("monitoring", ADAPTER, port, SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await.unwrap();
    bed.apply(&registration(bed, port).to_string()).await.unwrap();
    bed.available(API_SERVICE).await.unwrap();
}

fn registration(bed: &Testbed, port: u16) -> Value {
    let bundle = k8s_openapi::ByteString(bed.authorities().servers.pem().into_bytes());
    json!({
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": API_SERVICE},
        "spec": {
            "group": "external.metrics.k8s.io", "version": "v1beta1",
            "groupPriorityMinimum": 100, "versionPriority": 100,
            "service": {"namespace": "monitoring", "name": ADAPTER, "port": port},
            "caBundle": bundle,
        },
    })
}

/// Whose Service the API leads to.
async fn server(bed: &Testbed) -> String {
    let service = ["get", "apiservice", API_SERVICE, "--output=jsonpath={.spec.service.name}"];
    bed.kubectl(&service).await.unwrap().success().unwrap()
}

/// What the adapter's metric says.
async fn queued(onlooker: &Onlooker) -> Result<String, Error> {
    let list = onlooker.get(QUEUE).await?;
    Ok(list["items"][0]["value"].as_str().unwrap_or_default().to_owned())
}

async fn timed<T>(asking: impl Future<Output = T>) -> (T, Duration) {
    let began = Instant::now();
    (asking.await, began.elapsed())
}
