//! Node room and what is seen of nodes, against the same API server: what is written, and what is left alone.

use super::*;
use prescale_controller::fleet::NodeSettings;

const BUFFER: &str = "/apis/autoscaling.x-k8s.io/v1beta1/namespaces/live/capacitybuffers/prescale-gateway";
const TEMPLATE: &str = "/api/v1/namespaces/live/podtemplates/prescale-gateway";
const PLACEHOLDERS: &str = "/apis/apps/v1/namespaces/live/deployments/prescale-gateway-headroom";
const TARGET: &str = "/apis/apps/v1/namespaces/live/deployments/web";

impl Cluster {
    /// A cluster before a sale that makes 19 replicas needed where 8 are; with a scaler of these keys.
    fn before_a_sale(extra: &Value, has_buffers: bool) -> Self {
        let mut keys = json!({"leadTime": {"pod": "30s", "node": "5m30s"}});
        keys.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let cluster = Self { events: vec![sale()], ..Self::new(&[scaler("gateway", "web", &keys)]) };
        cluster.has_buffers.store(has_buffers, Relaxed);
        cluster
    }

    /// What is answered to a question about room; `None` for all else.
    pub(super) fn room_at(&self, path: &str) -> Option<Response<Body>> {
        let missing = || {
            let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                "message": "not found", "reason": "NotFound", "code": 404});
            respond(404, &status)
        };
        if path.contains("/autoscaling.x-k8s.io") && !self.has_buffers.load(Relaxed) {
            return Some(missing());
        }
        if path.ends_with("/autoscaling.x-k8s.io/v1beta1") {
            let resource = json!({"name": "capacitybuffers", "singularName": "capacitybuffer", "namespaced": true,
                "kind": "CapacityBuffer", "verbs": ["list"]});
            return Some(respond(
                200,
                &json!({"kind": "APIResourceList", "apiVersion": "v1",
                "groupVersion": "autoscaling.x-k8s.io/v1beta1", "resources": [resource]}),
            ));
        }
        if path == TARGET {
            return Some(respond(200, &target()));
        }
        let room = self.room.lock().unwrap();
        if path.ends_with("/capacitybuffers") {
            let items: Vec<_> = room
                .iter()
                .filter(|(path, _)| path.contains("/capacitybuffers/"))
                .map(|(_, object)| object)
                .collect();
            return Some(respond(
                200,
                &json!({"kind": "List", "apiVersion": "v1", "metadata": {}, "items": items}),
            ));
        }
        let names_one = path.contains("/capacitybuffers/")
            || path.contains("/podtemplates/")
            || path.contains("/deployments/prescale");
        names_one.then(|| room.get(path).map_or_else(missing, |object| respond(200, object)))
    }

    pub(super) fn keep_room(&self, path: &str, body: &Value) {
        if path.contains("/prescale-gateway") {
            self.room.lock().unwrap().insert(path.to_owned(), body.clone());
        }
    }

    fn work_at_room(&self, reader: Reader) -> Work {
        let nodes = NodeSettings { look_every: Duration::from_millis(100), ..NodeSettings::default() };
        work_with(self, Role::Leading, FleetSettings { nodes, ..FleetSettings::default() }, reader)
    }

    fn wrote(&self, path: &str) -> Option<Write> {
        self.writes.lock().unwrap().iter().rev().find(|write| write.path == path).cloned()
    }

    /// What made an object that was not there.
    fn made(&self, path: &str) -> Option<Write> {
        self.writes.lock().unwrap().iter().find(|write| write.path == path).cloned()
    }
}

/// A sale that begins in seven minutes: a node that is asked for now is there a minute before.
fn sale() -> Value {
    let starts_at = Timestamp::from_second(Timestamp::now().as_second() + 420).unwrap();
    json!({
        "apiVersion": "prescale.dev/v1alpha1", "kind": "DemandEvent",
        "metadata": {"name": "sale", "namespace": "live", "generation": 1, "resourceVersion": "1"},
        "spec": {"type": "on-sale", "startsAt": starts_at.to_string(), "duration": "1h",
            "expectedDemand": {"peak": 1_900.0, "rampUp": "1m"}},
    })
}

fn target() -> Value {
    let mut target = deployment("web");
    target["spec"]["selector"] = json!({"matchLabels": {"app": "web"}});
    target["spec"]["template"] = json!({
        "metadata": {"labels": {"app": "web"}},
        "spec": {"nodeSelector": {"disk": "ssd"}, "containers": [{"name": "web", "image": "web:1",
            "env": [{"name": "KEY", "value": "secret"}], "resources": {"requests": {"cpu": "500m"}}}]},
    });
    target
}

async fn found(cluster: &Cluster, reason: &str) -> String {
    until(reason, || {
        let status = cluster.written("live/predictivescalers/gateway/status")?;
        condition(&status.body["status"], "HeadroomReady").filter(|(found, _)| found == reason)
    })
    .await
    .1
}

fn is_applied_and_owned(write: &Write) {
    assert_eq!(
        (write.method.as_str(), write.content_type.as_str()),
        ("PATCH", "application/apply-patch+yaml")
    );
    assert!(
        write.query.contains("fieldManager=prescale") && !write.query.contains("force=true"),
        "{}",
        write.query
    );
    let owner = &write.body["metadata"]["ownerReferences"][0];
    assert_eq!((&owner["kind"], &owner["uid"]), (&json!("PredictiveScaler"), &json!("uid-gateway")));
    assert_eq!(write.body["metadata"]["labels"]["app.kubernetes.io/managed-by"], "prescale");
}

#[tokio::test]
async fn a_buffer_keeps_room_and_placeholders_do_when_its_api_disappears() {
    let cluster = Cluster::before_a_sale(&json!({"mode": "Active"}), true);
    let _work = cluster.work_at_room(Reader::new(prometheus().await));
    let buffer = until("buffer", || cluster.made(BUFFER)).await;
    is_applied_and_owned(&buffer);
    let spec = &buffer.body["spec"];
    assert_eq!(spec["podTemplateRef"]["name"], "prescale-gateway");
    assert_eq!(spec["provisioningStrategy"], "buffer.x-k8s.io/active-capacity");
    assert!(5 <= spec["replicas"].as_u64().unwrap(), "{spec}");
    let template = cluster.made(TEMPLATE).unwrap();
    is_applied_and_owned(&template);
    let shape = &template.body["template"]["spec"];
    assert_eq!(shape["containers"][0]["resources"]["requests"]["cpu"], "500m");
    assert_eq!(shape["nodeSelector"]["disk"], "ssd");
    assert!(!template.body.to_string().contains("secret"), "{}", template.body);
    assert!(cluster.wrote(PLACEHOLDERS).is_none());

    cluster.has_buffers.store(false, Relaxed);
    let placeholders = until("placeholders", || cluster.made(PLACEHOLDERS)).await;
    is_applied_and_owned(&placeholders);
    assert_eq!(placeholders.body["spec"]["template"]["spec"]["priorityClassName"], "prescale-placeholder");
    let message = found(&cluster, "BeingProvisioned").await;
    assert!(message.ends_with("nodes are on their way, by PlaceholderPods"), "{message}");
}

/// The API server counts what gives room back as another manager's than what applied it.
#[tokio::test]
async fn room_that_was_given_back_is_kept_again() {
    let cluster = Cluster::before_a_sale(&json!({"mode": "Active"}), true);
    let owner = json!({"apiVersion": "prescale.dev/v1alpha1", "kind": "PredictiveScaler", "name": "gateway",
        "uid": "uid-gateway"});
    let ours = json!({"apiVersion": "autoscaling.x-k8s.io/v1beta1", "kind": "CapacityBuffer",
        "metadata": {"name": "prescale-gateway", "namespace": "live", "ownerReferences": [owner]},
        "spec": {"replicas": 0}});
    cluster.room.lock().unwrap().insert(BUFFER.to_owned(), ours);
    let _work = cluster.work_at_room(Reader::new(prometheus().await));
    let buffer = until("buffer", || cluster.wrote(BUFFER)).await;
    assert!(buffer.query.contains("force=true"), "{}", buffer.query);
    // What was not there is made without force: somebody may make another of its name in between.
    is_applied_and_owned(&cluster.made(TEMPLATE).unwrap());
}

#[tokio::test]
async fn a_buffer_of_another_owner_is_left_alone_and_the_status_says_so() {
    let cluster = Cluster::before_a_sale(&json!({"mode": "Active"}), true);
    let theirs = json!({"apiVersion": "autoscaling.x-k8s.io/v1beta1", "kind": "CapacityBuffer",
        "metadata": {"name": "prescale-gateway", "namespace": "live"}, "spec": {"replicas": 99}});
    cluster.room.lock().unwrap().insert(BUFFER.to_owned(), theirs);
    let _work = cluster.work_at_room(Reader::new(prometheus().await));
    let message = found(&cluster, "BelongsToAnother").await;
    assert_eq!(
        message,
        "CapacityBuffer `prescale-gateway` is there and not of this scaler: it is left as it is"
    );
    assert!(cluster.wrote(BUFFER).is_none() && cluster.wrote(PLACEHOLDERS).is_none());
}

#[tokio::test]
async fn in_shadow_room_is_only_shown() {
    let cluster = Cluster::before_a_sale(&json!({"mode": "Shadow"}), true);
    let _work = cluster.work_at_room(Reader::new(prometheus().await));
    let message = until("pods", || {
        let status = cluster.written("live/predictivescalers/gateway/status")?;
        let (reason, message) = condition(&status.body["status"], "HeadroomReady")?;
        (reason == "Shadow" && !message.contains(" 0 pods")).then_some(message)
    })
    .await;
    assert!(message.starts_with("mode Active would keep room for "), "{message}");
    assert!(cluster.wrote(BUFFER).is_none() && cluster.wrote(PLACEHOLDERS).is_none());
}

/// A pod of the target on the node `spot-1`.
fn pod(name: &str) -> Value {
    pod_on("spot-1", name, &json!([]))
}

#[tokio::test]
async fn pods_on_a_node_that_goes_have_others_stand_in_and_all_are_held_before_the_sale() {
    let taint = json!([{"key": "karpenter.sh/disrupted", "effect": "NoSchedule"}]);
    let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "spot-1", "resourceVersion": "1",
        "creationTimestamp": "2026-06-01T00:00:00Z", "labels": {"karpenter.sh/nodepool": "spot"}},
        "spec": {"taints": taint}, "status": {}});
    let theirs = {
        let mut pod = pod("web-b");
        pod["metadata"]["annotations"] = json!({"karpenter.sh/do-not-disrupt": "true"});
        pod
    };
    let cluster = Cluster {
        pods: vec![pod("web-a"), theirs, pod("web-c")],
        nodes: vec![node],
        ..Cluster::before_a_sale(&json!({"mode": "Active"}), false)
    };
    let _work = cluster.work_at_room(Reader::new(prometheus().await));
    let reason = until("reason", || {
        let status = cluster.written("live/predictivescalers/gateway/status")?;
        let reason = status.body["status"]["reason"].as_str()?.to_owned();
        reason.contains("about to go").then_some(reason)
    });
    assert!(reason.await.contains("; 3 of them for pods on nodes that are about to go"));
    let at = |name: &str| format!("/api/v1/namespaces/live/pods/{name}");
    let held = until("held pod", || cluster.wrote(&at("web-c"))).await;
    let annotations = &held.body["metadata"]["annotations"];
    assert_eq!(annotations["karpenter.sh/do-not-disrupt"], "true");
    assert_eq!(annotations["prescale.dev/disruption-held-by"], "gateway");
    assert!(cluster.wrote(&at("web-a")).is_some() && cluster.wrote(&at("web-b")).is_none());
}
