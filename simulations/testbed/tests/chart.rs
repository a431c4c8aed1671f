//! The chart, by the real Helm on the real API server: it gives the rights that its documents list and no others, an
//! upgrade leaves what the controller has written, and an uninstall leaves nothing. No program runs in its pods here:
//! the tests write what the controller would, in its name and with its rights.
#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::collections::BTreeSet;
use std::time::Duration;

use k8s_openapi::ByteString;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::kube_aggregator::pkg::apis::apiregistration::v1::APIService;
use kube::Api;
use kube::api::{Patch, PatchParams, PostParams};
use prescale_testbed::{Error, Settings, Testbed, until};
use tokio::sync::{Mutex, MutexGuard, OnceCell};

/// Enough for a rollout or a hook, on a busy machine.
const SOON: Duration = Duration::from_secs(90);

const CHART: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../manifests/chart/prescale");
const EXAMPLES: &str = concat!("--filename=", env!("CARGO_MANIFEST_DIR"), "/../../manifests/examples");

const API_SERVICE: &str = "v1beta1.external.metrics.k8s.io";

static BED: OnceCell<Testbed> = OnceCell::const_new();
/// A cluster has one set of CRDs, and so one release at a time.
static RELEASE: Mutex<()> = Mutex::const_new(());

#[tokio::test]
async fn an_upgrade_leaves_what_the_controller_wrote_and_an_uninstall_leaves_nothing() {
    let release = Release::prepare("prescale").await;
    let before = everything(release.bed).await.unwrap();
    release.install(&[]).await;
    release.write_as_controller().await;

    release
        .helm(&["upgrade", "prescale", CHART, "--reuse-values", "--set=replicas=3,keda.enabled=true"])
        .await;
    assert_eq!(release.field("deployment/prescale", "{.status.readyReplicas}").await, "3");
    assert_eq!(release.field("secret/prescale-serving", "{.data.ca\\.key}").await, "c2VjcmV0");
    assert_eq!(release.field("lease/prescale-controller", "{.spec.holderIdentity}").await, "prescale-0");

    release.uninstall().await;
    let gone = async || everything(release.bed).await.ok()?.is_subset(&before).then_some(());
    until("what was made to go", SOON, gone).await.ok();
    let after = everything(release.bed).await.unwrap();
    assert_eq!(after.difference(&before).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[tokio::test]
async fn every_option_is_accepted_in_a_namespace_that_is_restricted() {
    let release = Release::prepare("options").await;
    release
        .kubectl(&["label", "namespace", "options", "pod-security.kubernetes.io/enforce=restricted"])
        .await;
    release.install(&["--set-json", OPTIONS]).await;
    assert_eq!(release.field("deployment/options-prescale", "{.status.readyReplicas}").await, "2");
    // The API server knows the CRDs of the chart, and they take what people are told to copy.
    release.kubectl(&["create", "namespace", "live"]).await;
    release.kubectl(&["apply", "--server-side", "--dry-run=server", EXAMPLES]).await;
    release.uninstall().await;
}

#[tokio::test]
async fn the_rights_are_those_that_are_listed_and_no_others() {
    let release = Release::prepare("prescale-rights").await;
    release.install(&["--set=prometheus.secret=login,metricsApi.takeOver=true"]).await;
    let controller = release.as_controller().await;
    for (may, what) in RIGHTS {
        release.check(&controller, may, what).await;
    }
    // Of the server that it has taken the API from.
    release.check_read(&controller, "live", MAY_READ).await;
    release.uninstall().await;
}

#[tokio::test]
async fn people_see_and_write_what_their_role_in_a_namespace_allows() {
    let release = Release::prepare("prescale-people").await;
    release.install(&[]).await;
    for (name, role) in [("vera", "--clusterrole=view"), ("eddie", "--clusterrole=edit")] {
        let user = format!("--user={name}");
        release.kubectl(&["create", "rolebinding", name, role, &user, "--namespace=prescale-people"]).await;
    }
    let (viewer, editor) = (release.user("vera"), release.user("eddie"));
    release.check(&viewer, "yes", "list predictivescalers.prescale.dev").await;
    release.check_read(&viewer, "prescale-people", MAY_READ).await;
    release.check_read(&viewer, "live", "Forbidden").await;
    release.check(&viewer, "no", "create predictivescalers.prescale.dev").await;
    release.check(&editor, "yes", "create predictivescalers.prescale.dev").await;
    release.check(&editor, "yes", "delete demandevents.prescale.dev").await;
    release.check(&editor, "no", "patch predictivescalers.prescale.dev --subresource=status").await;
    release.check(&editor, "no", "list demandevents.prescale.dev --namespace=default").await;
    release.check_read(HPA_CONTROLLER, "live", MAY_READ).await;
    // No server but the neighbour's is asked, and here is none.
    release.check_read(&release.as_controller().await, "live", "Forbidden").await;
    release.uninstall().await;
}

/// What the controller may do, and some of what it may not. The table of docs/INSTALL.md has the reasons.
const RIGHTS: [(&str, &str); 42] = [
    ("yes", "watch predictivescalers.prescale.dev --all-namespaces"),
    ("yes", "patch predictivescalers.prescale.dev --subresource=status --namespace=live"),
    ("yes", "patch demandevents.prescale.dev --subresource=status --namespace=live"),
    ("no", "patch predictivescalers.prescale.dev --namespace=live"),
    ("yes", "watch horizontalpodautoscalers --all-namespaces"),
    ("yes", "create horizontalpodautoscalers --namespace=live"),
    ("no", "delete horizontalpodautoscalers --namespace=live"),
    ("yes", "watch deployments.apps --all-namespaces"),
    ("yes", "get deployments.apps --subresource=scale --namespace=live"),
    ("yes", "get statefulsets.apps --subresource=scale --namespace=live"),
    ("no", "patch deployments.apps --subresource=scale --namespace=live"),
    ("no", "update deployments.apps --namespace=prescale-rights"),
    ("yes", "create events.events.k8s.io --namespace=live"),
    ("yes", "create apiservices.apiregistration.k8s.io/v1beta1.external.metrics.k8s.io"),
    ("yes", "delete apiservices.apiregistration.k8s.io/v1beta1.external.metrics.k8s.io"),
    ("no", "create apiservices.apiregistration.k8s.io"),
    ("no", "patch apiservices.apiregistration.k8s.io/v1beta1.metrics.k8s.io"),
    ("yes", "create tokenreviews.authentication.k8s.io"),
    ("yes", "create subjectaccessreviews.authorization.k8s.io"),
    ("yes", "watch configmaps/extension-apiserver-authentication --namespace=kube-system"),
    ("no", "list configmaps --namespace=kube-system"),
    ("yes", "update leases.coordination.k8s.io/prescale-controller --namespace=prescale-rights"),
    ("no", "update leases.coordination.k8s.io/other --namespace=prescale-rights"),
    ("no", "create leases.coordination.k8s.io --namespace=kube-system"),
    ("yes", "update secrets/prescale-serving --namespace=prescale-rights"),
    ("yes", "watch secrets/login --namespace=prescale-rights"),
    ("no", "patch secrets/login --namespace=prescale-rights"),
    ("no", "list secrets --namespace=prescale-rights"),
    ("no", "get secrets/other --namespace=prescale-rights"),
    ("no", "create secrets --namespace=live"),
    ("no", "patch leases.coordination.k8s.io/prescale-controller --namespace=prescale-rights"),
    ("no", "delete secrets/prescale-serving --namespace=prescale-rights"),
    ("yes", "watch pods --all-namespaces"),
    ("yes", "patch pods --namespace=live"),
    ("no", "delete pods --namespace=live"),
    ("no", "create pods --namespace=live"),
    ("yes", "watch nodes --all-namespaces"),
    ("no", "patch nodes --all-namespaces"),
    ("yes", "create deployments.apps --namespace=live"),
    ("no", "delete deployments.apps --namespace=live"),
    ("no", "create roles.rbac.authorization.k8s.io --namespace=prescale-rights"),
    ("no", "impersonate users"),
];

/// What who may read is told where nobody serves: the API server asks for the right first.
const MAY_READ: &str = "NotFound";
const HPA_CONTROLLER: &str = "--as=system:serviceaccount:kube-system:horizontal-pod-autoscaler";

/// The registration, which only server-side apply may create with a right by name.
const REGISTRATION: &str = r#"{
    "apiVersion": "apiregistration.k8s.io/v1",
    "kind": "APIService",
    "metadata": {"name": "v1beta1.external.metrics.k8s.io"},
    "spec": {
        "group": "external.metrics.k8s.io",
        "version": "v1beta1",
        "groupPriorityMinimum": 100,
        "versionPriority": 100,
        "service": {"name": "prescale", "namespace": "prescale"}
    }
}"#;

const OPTIONS: &str = r#"{
    "keda": {"enabled": true},
    "networkPolicy": {"enabled": true},
    "priorityClassName": "system-cluster-critical",
    "otlp": {"endpoint": "http://otel:4318"},
    "rbac": {"extraScaleTargets": [{"apiGroup": "argoproj.io", "resource": "rollouts"}]},
    "metricsApi": {"takeOver": true, "upstream": "keda/metrics:443", "tlsSecret": "web-tls"},
    "podLabels": {"team": "live"},
    "tolerations": [{"operator": "Exists"}],
    "history": {"retention": "672h", "maxSize": "4Gi", "volumeSize": "8Gi"},
    "dryRun": true
}"#;

async fn bed() -> &'static Testbed {
    BED.get_or_init(async || Testbed::start(Settings { nodes: 2, ..Settings::default() }).await.unwrap())
        .await
}

/// The names of all objects, but for the events, which the cluster forgets by itself.
async fn everything(bed: &Testbed) -> Result<BTreeSet<String>, Error> {
    let kinds = bed.kubectl(&["api-resources", "--verbs=list", "--output=name"]).await?.success()?;
    let lasting: Vec<&str> = kinds.lines().filter(|kind| !kind.starts_with("events")).collect();
    let names =
        r#"--output=jsonpath={range .items[*]}{.kind}/{.metadata.namespace}/{.metadata.name}{"\n"}{end}"#;
    let all = ["get", &lasting.join(","), "--all-namespaces", "--ignore-not-found", names];
    Ok(bed.kubectl(&all).await?.success()?.lines().map(str::to_owned).collect())
}

/// A release in a namespace of its own name, with the cluster to itself meanwhile.
struct Release {
    name: &'static str,
    bed: &'static Testbed,
    _alone: MutexGuard<'static, ()>,
}

impl Release {
    /// Makes the namespace, with what every namespace has a moment later; the release is still to come.
    async fn prepare(name: &'static str) -> Self {
        let release = Self { name, bed: bed().await, _alone: RELEASE.lock().await };
        release.kubectl(&["create", "namespace", name]).await;
        let namespace = format!("--namespace={name}");
        let own = ["get", "serviceaccount/default", "configmap/kube-root-ca.crt", &namespace];
        until("the namespace", SOON, async || release.bed.kubectl(&own).await.unwrap().success().ok())
            .await
            .unwrap();
        release
    }

    async fn install(&self, values: &[&str]) {
        let install = ["install", self.name, CHART, "--set=prometheus.url=http://prometheus:9090"];
        self.helm(&[&install, values].concat()).await;
    }

    /// Uninstalls, and meanwhile does what its hook would: hands the APIService back and reports its pod as done.
    async fn uninstall(&self) {
        let uninstall = ["uninstall", self.name];
        tokio::join!(self.helm(&uninstall), self.hand_back());
    }

    async fn hand_back(&self) {
        let namespace = format!("--namespace={}", self.name);
        let hooks =
            ["get", "pods", &namespace, "--selector=app.kubernetes.io/component=hand-back", "--output=name"];
        let pod = until("the hook's pod", SOON, async || {
            let name = self.kubectl(&hooks).await.trim().to_owned();
            (!name.is_empty()).then_some(name)
        });
        let pod = pod.await.unwrap();
        let registration = ["delete", "apiservice", API_SERVICE, "--ignore-not-found"];
        self.kubectl(&[&registration[..], &[&self.as_controller().await]].concat()).await;
        let done = r#"--patch={"status":{"phase":"Succeeded"}}"#;
        self.kubectl(&["patch", &pod, &namespace, "--subresource=status", "--type=merge", done]).await;
    }

    /// Writes what a running controller does, in its name: into the Secret and the Lease, and the registration.
    async fn write_as_controller(&self) {
        let account = self.bed.service_account(self.name, self.name).await.unwrap();
        let client = self.bed.client_of(&account).await.unwrap();
        let secrets = Api::<Secret>::namespaced(client.clone(), self.name);
        let mut secret = secrets.get("prescale-serving").await.unwrap();
        secret.data = Some([("ca.key".to_owned(), ByteString(b"secret".to_vec()))].into());
        secrets.replace("prescale-serving", &PostParams::default(), &secret).await.unwrap();
        let leases = Api::<Lease>::namespaced(client.clone(), self.name);
        let mut lease = leases.get("prescale-controller").await.unwrap();
        lease.spec =
            Some(LeaseSpec { holder_identity: Some("prescale-0".to_owned()), ..LeaseSpec::default() });
        leases.replace("prescale-controller", &PostParams::default(), &lease).await.unwrap();
        let registration: APIService = serde_json::from_str(REGISTRATION).unwrap();
        let apply = PatchParams::apply("prescale");
        Api::<APIService>::all(client)
            .patch(API_SERVICE, &apply, &Patch::Apply(&registration))
            .await
            .unwrap();
    }

    /// Asks the API server whether `who`, a flag of kubectl, may do `what`, in the words of `kubectl auth can-i`.
    async fn check(&self, who: &str, may: &str, what: &str) {
        let namespace = format!("--namespace={}", self.name);
        let question: Vec<&str> =
            ["auth", "can-i", &namespace, who].into_iter().chain(what.split(' ')).collect();
        let answer = self.bed.kubectl(&question).await.unwrap();
        assert_eq!(answer.output.trim(), may, "{who} {what}: {}", answer.complaint);
    }

    /// Reads a metric as `who`, and expects this answer.
    async fn check_read(&self, who: &str, namespace: &str, answer: &str) {
        let path = format!("/apis/external.metrics.k8s.io/v1beta1/namespaces/{namespace}/demand");
        let told = self.bed.kubectl(&["get", who, "--raw", &path]).await.unwrap().complaint;
        assert!(told.contains(&format!("({answer})")), "{who} in {namespace}: {told}");
    }

    /// The kubeconfig flag of the controller's own account.
    async fn as_controller(&self) -> String {
        let account = if self.name.contains("prescale") { self.name } else { "options-prescale" };
        format!("--kubeconfig={}", self.bed.service_account(self.name, account).await.unwrap().display())
    }

    fn user(&self, name: &str) -> String {
        format!("--kubeconfig={}", self.bed.user(name, None).unwrap().display())
    }

    async fn field(&self, object: &str, path: &str) -> String {
        let (namespace, output) = (format!("--namespace={}", self.name), format!("--output=jsonpath={path}"));
        self.kubectl(&["get", object, &namespace, &output]).await
    }

    async fn helm(&self, arguments: &[&str]) -> String {
        let namespace = format!("--namespace={}", self.name);
        let all = [arguments, &[&namespace, "--wait", "--timeout=3m"]].concat();
        self.bed.helm(&all).await.unwrap().success().unwrap()
    }

    async fn kubectl(&self, arguments: &[&str]) -> String {
        self.bed.kubectl(arguments).await.unwrap().success().unwrap()
    }
}
