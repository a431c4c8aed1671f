//! The control plane is the real one: it schedules, refuses, scales and passes requests on. One testbed serves all.
#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::time::Duration;

use prescale_testbed::{Authority, Error, Exporter, Life, Settings, Subject, Testbed, parts, until};
use tokio::sync::OnceCell;

/// Enough for a request and what controllers make of it, on a busy machine.
const SOON: Duration = Duration::from_secs(60);

static BED: OnceCell<Testbed> = OnceCell::const_new();

async fn bed() -> &'static Testbed {
    let settings = Settings { nodes: 2, hpa_sync: Duration::from_secs(1), ..Settings::default() };
    BED.get_or_init(async || Testbed::start(settings).await.unwrap()).await
}

/// What kubectl prints, once it satisfies `so`.
async fn kubectl_until(arguments: &[&str], so: impl Fn(&str) -> bool) -> String {
    let bed = bed().await;
    let what = format!("kubectl {}", arguments.join(" "));
    until(&what, SOON, async || {
        let output = bed.kubectl(arguments).await.unwrap().success().ok()?;
        so(&output).then_some(output)
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn pods_of_a_deployment_become_ready_on_simulated_nodes() {
    let bed = bed().await;
    bed.kubectl(&["create", "deployment", "web", "--image=web", "--replicas=3"])
        .await
        .unwrap()
        .success()
        .unwrap();
    let ready = ["get", "deployment", "web", "--output=jsonpath={.status.readyReplicas}"];
    kubectl_until(&ready, |output| output == "3").await;
    let pods = ["get", "pods", "--selector=app=web", "--output=jsonpath={.items[*].spec.nodeName}"];
    let nodes = bed.kubectl(&pods).await.unwrap().success().unwrap();
    assert_eq!(nodes.split(' ').filter(|node| node.starts_with("node-")).count(), 3, "{nodes}");
}

#[tokio::test]
async fn kubectl_and_the_server_say_the_version_that_was_built() {
    let bed = bed().await;
    let versions = bed.kubectl(&["version", "--output=json"]).await.unwrap().success().unwrap();
    assert_eq!(versions.matches(r#""gitVersion": "v1.37.2""#).count(), 2, "{versions}");
    let helm = bed.helm(&["version", "--short"]).await.unwrap().success().unwrap();
    assert!(helm.starts_with("v4."), "{helm}");
}

#[tokio::test]
async fn users_may_do_what_their_group_was_granted_and_nothing_else() {
    let bed = bed().await;
    bed.apply(READERS).await.unwrap();
    let reader = bed.user("alice", Some("readers")).unwrap();
    let as_reader = format!("--kubeconfig={}", reader.display());
    kubectl_until(&["get", "configmaps", &as_reader], |_| true).await;
    let refused = bed.kubectl(&["get", "secrets", &as_reader]).await.unwrap().success().unwrap_err();
    assert!(refused.to_string().contains(r#"User "alice" cannot list resource "secrets""#), "{refused}");
}

const READERS: &str = r#"
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader}
rules: [{apiGroups: [""], resources: [configmaps], verbs: [get, list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: readers}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: readers}]
"#;

#[tokio::test]
async fn certificates_that_ran_out_or_of_strangers_are_refused() {
    let bed = bed().await;
    let strangers = Authority::create("strangers", bed.folder()).unwrap();
    let admin = |life| Subject { name: "mallory", group: Some("system:masters"), hosts: &[], life };
    let check = async |name: &str, certificate| {
        let kubeconfig = bed.kubeconfig_of(name, &certificate).unwrap();
        let as_them = format!("--kubeconfig={}", kubeconfig.display());
        let error = bed.kubectl(&["get", "nodes", &as_them]).await.unwrap().success().unwrap_err();
        assert!(matches!(error, Error::Command { .. }), "{name}: {error}");
    };
    check("expired", bed.authorities().clients.issue("expired", admin(Life::Expired)).unwrap()).await;
    check("stranger", strangers.issue("stranger", admin(Life::Current)).unwrap()).await;
    check("server", bed.authorities().servers.issue("server", admin(Life::Current)).unwrap()).await;
}

#[tokio::test]
async fn a_service_account_is_known_by_its_token() {
    let bed = bed().await;
    let kubeconfig = bed.service_account("default", "default").await.unwrap();
    let as_account = format!("--kubeconfig={}", kubeconfig.display());
    let who =
        bed.kubectl(&["auth", "whoami", "--output=json", &as_account]).await.unwrap().success().unwrap();
    assert!(who.contains("system:serviceaccount:default:default"), "{who}");
}

#[tokio::test]
async fn the_hpa_controller_corrects_replicas_outside_the_limits() {
    let bed = bed().await;
    let create = ["create", "deployment", "limited", "--image=web", "--replicas=1"];
    bed.kubectl(&create).await.unwrap().success().unwrap();
    bed.apply(HPA).await.unwrap();
    let replicas = ["get", "deployment", "limited", "--output=jsonpath={.status.readyReplicas}"];
    kubectl_until(&replicas, |output| output == "2").await;
}

const HPA: &str = r"
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: limited, namespace: default}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: limited}
  minReplicas: 2
  maxReplicas: 4
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]
";

#[tokio::test]
async fn prometheus_scrapes_what_the_exporter_is_told() {
    let exporter = Exporter::start().unwrap();
    exporter.set(r#"demand{app="gateway"}"#, 120.0);
    let bed = bed().await;
    let url = bed.prometheus(&[&exporter.target()], Duration::from_millis(200)).await.unwrap();
    let client: prometheus_http_query::Client = url.parse().unwrap();
    let check = async |expected: Option<f64>| {
        until("the value in Prometheus", SOON, async || {
            let answer = client.query("demand").get().await.ok()?;
            let value = answer.data().as_vector()?.first().map(|series| series.sample().value());
            (value == expected).then_some(())
        })
        .await
        .unwrap();
    };
    check(Some(120.0)).await;
    exporter.set(r#"demand{app="gateway"}"#, 90.5);
    check(Some(90.5)).await;
    exporter.remove(r#"demand{app="gateway"}"#);
    check(None).await;
}

#[tokio::test]
async fn a_failed_part_shows_what_it_wrote() {
    let bed = bed().await;
    assert!(bed.log(parts::API_SERVER).lines().count() > 10);
    let process = prescale_testbed::Process {
        name: "nobody".into(),
        program: "/no/such/program".into(),
        arguments: Vec::new(),
        environment: [].into(),
    };
    let error = bed.run(process).await.unwrap_err();
    assert!(error.to_string().contains("no such file or directory"), "{error}");
}
