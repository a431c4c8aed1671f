//! A pod as far as it matters here: whose it is, when it was created, and how far it has come. Read from objects of which
//! the rest is not even decoded.

use k8s_openapi::{
    api::core::v1::{Container, PodSpec, ResourceRequirements},
    apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time},
};
use kube::core::Object;
use serde::Deserialize;

use super::{node::Condition, share::Amount};
use crate::{board::ScalerKey, headroom::asked_by_pod};

/// The annotation by which Karpenter leaves a pod's node alone.
pub const DO_NOT_DISRUPT: &str = "karpenter.sh/do-not-disrupt";
/// The annotation by which we know which of those are ours: the scaler's name.
pub const HELD_BY: &str = "prescale.dev/disruption-held-by";

/// Between a sandbox that is ready and the start of its containers: an image that is there takes no longer than this.
const IMAGE_WAS_THERE_S: i64 = 2;

/// A pod as it is decoded.
pub(super) type SlimPod = Object<SlimSpec, SlimStatus>;

/// What is decoded of its spec.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SlimSpec {
    node_name: Option<String>,
    containers: Vec<Asking>,
    init_containers: Vec<Asking>,
    resources: Option<ResourceRequirements>,
}

/// What a container asks for; the rest of it is not decoded.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Asking {
    resources: Option<ResourceRequirements>,
    restart_policy: Option<String>,
}

/// What is decoded of its status.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SlimStatus {
    phase: Option<String>,
    conditions: Vec<Condition>,
    container_statuses: Vec<SlimContainer>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SlimContainer {
    restart_count: u32,
    state: SlimState,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct SlimState {
    running: Option<Running>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Running {
    started_at: Option<Time>,
}

/// Whether the image of a pod was on its node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Image {
    /// It was.
    There,
    /// It had to be pulled.
    Pulled,
    /// The kubelet did not say when it began.
    Unknown,
}

/// A pod as it is seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodSight {
    /// Its unique identity.
    pub uid: u128,
    /// When it was created, in seconds since 1970.
    pub created_s: i64,
    /// Since when it has been Ready, in seconds since 1970; `None` while it is not.
    pub ready_s: Option<i64>,
    /// Its node; `None` while it has none.
    pub node: Option<String>,
    /// No node has room for it.
    pub is_pending: bool,
    /// One of its containers has started again: how long it took to be Ready is its own affair.
    pub has_restarted: bool,
    /// It is being deleted, or has ended.
    pub is_over: bool,
    /// We have asked Karpenter to leave its node alone.
    pub is_held: bool,
    /// Whether its image was there.
    pub image: Image,
    /// What it asks of its node.
    pub asks: Amount,
}

/// The workload that a pod belongs to: namespace and name, and the kind of its owner. A ReplicaSet is taken for that of
/// a Deployment, or of what else names it `NAME-HASH`. `None` for pods that nobody owns.
#[must_use]
pub(super) fn owner_of(metadata: &ObjectMeta) -> Option<(ScalerKey, &str)> {
    let owners = metadata.owner_references.as_deref().unwrap_or_default();
    let owner = owners.iter().find(|owner| owner.controller == Some(true))?;
    let name = match owner.kind.as_str() {
        "ReplicaSet" => owner.name.rsplit_once('-')?.0,
        _ => owner.name.as_str(),
    };
    Some((ScalerKey::new(metadata.namespace.as_deref()?, name), &owner.kind))
}

impl PodSight {
    /// Reads a pod; `None` for one without identity, which no API server has.
    #[must_use]
    pub fn of(pod: &SlimPod) -> Option<Self> {
        let (metadata, status) = (&pod.metadata, pod.status.clone().unwrap_or_default());
        let of = |kind: &str| status.conditions.iter().find(|condition| condition.kind == kind);
        let ready = of("Ready").filter(|condition| condition.is_true());
        let has_ended = matches!(status.phase.as_deref(), Some("Succeeded" | "Failed"));
        let annotations = metadata.annotations.as_ref();
        Some(Self {
            uid: identity(metadata.uid.as_deref()?),
            created_s: metadata.creation_timestamp.as_ref()?.0.as_second(),
            ready_s: ready.and_then(Condition::since_s),
            node: pod.spec.node_name.clone(),
            is_pending: of("PodScheduled").is_some_and(|condition| condition.is_unschedulable()),
            has_restarted: status.container_statuses.iter().any(|container| 0 < container.restart_count),
            is_over: has_ended || metadata.deletion_timestamp.is_some(),
            is_held: annotations.is_some_and(|annotations| annotations.contains_key(HELD_BY)),
            image: image(of("PodReadyToStartContainers"), &status.container_statuses),
            asks: asks(&pod.spec),
        })
    }
}

/// What a pod asks of its node, reckoned as the scheduler does.
fn asks(spec: &SlimSpec) -> Amount {
    let of = |asking: &Vec<Asking>| -> Vec<Container> {
        let containers = asking.iter().cloned();
        containers
            .map(|Asking { resources, restart_policy }| Container {
                resources,
                restart_policy,
                ..Container::default()
            })
            .collect()
    };
    let asked = asked_by_pod(&PodSpec {
        containers: of(&spec.containers),
        init_containers: Some(of(&spec.init_containers)),
        resources: spec.resources.clone(),
        ..PodSpec::default()
    });
    Amount::of(&asked)
}

fn image(sandbox: Option<&Condition>, containers: &[SlimContainer]) -> Image {
    let started =
        containers.iter().filter_map(|container| container.state.running.as_ref()?.started_at.as_ref());
    let last = started.map(|time| time.0.as_second()).max();
    let sandbox = sandbox.filter(|condition| condition.is_true()).and_then(Condition::since_s);
    match (sandbox, last) {
        (Some(sandbox), Some(last)) if last - sandbox <= IMAGE_WAS_THERE_S => Image::There,
        (Some(_), Some(_)) => Image::Pulled,
        (None, _) | (_, None) => Image::Unknown,
    }
}

/// The number of a UUID; of another text one that is as good as unique (FNV-1a, 128 bits).
pub(super) fn identity(uid: &str) -> u128 {
    let digits: String = uid.chars().filter(|c| *c != '-').collect();
    if digits.len() == 32
        && let Ok(number) = u128::from_str_radix(&digits, 16)
    {
        return number;
    }
    uid.bytes().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, |hash, byte| {
        (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    })
}

#[cfg(test)]
#[expect(clippy::needless_pass_by_value, reason = "cases are written as values")]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod(status: serde_json::Value) -> SlimPod {
        serde_json::from_value(json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "web-6d4cf56db6-x2x4v", "namespace": "live",
                "uid": "6f1c3a52-9d0b-4c8e-8a71-0123456789ab", "creationTimestamp": "2026-07-07T19:00:00Z",
                "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-6d4cf56db6",
                    "uid": "u", "controller": true}]},
            "spec": {"nodeName": "node-1", "containers": [{"name": "web", "image": "web:1",
                "resources": {"requests": {"cpu": "250m", "memory": "1Gi"}}}, {"name": "log", "image": "log:1",
                "resources": {"limits": {"cpu": "0.5"}}}]},
            "status": status,
        }))
        .unwrap()
    }

    #[test]
    fn a_pod_tells_whose_it_is_and_how_far_it_has_come() {
        let pod = pod(json!({"phase": "Running",
            "conditions": [
                {"type": "PodReadyToStartContainers", "status": "True", "lastTransitionTime": "2026-07-07T19:00:02Z"},
                {"type": "Ready", "status": "True", "lastTransitionTime": "2026-07-07T19:00:11Z"},
                {"type": "PodScheduled", "status": "True", "lastTransitionTime": "2026-07-07T19:00:00Z"}],
            "containerStatuses": [{"restartCount": 0, "state": {"running": {"startedAt": "2026-07-07T19:00:08Z"}}}]}));
        let (owner, kind) = owner_of(&pod.metadata).unwrap();
        assert_eq!((owner, kind), (ScalerKey::new("live", "web"), "ReplicaSet"));
        let seen = PodSight::of(&pod).unwrap();
        assert_eq!(seen.ready_s.map(|ready| ready - seen.created_s), Some(11));
        assert_eq!((seen.node.as_deref(), seen.image), (Some("node-1"), Image::Pulled));
        assert!(!seen.is_pending && !seen.is_over && !seen.is_held && !seen.has_restarted);
        assert_eq!(seen.asks, Amount { cpu_m: 750, memory_mib: 1_024 });
    }

    #[test]
    fn a_pod_without_room_is_pending() {
        let pod = pod(json!({"phase": "Pending", "conditions": [
            {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]}));
        let seen = PodSight::of(&pod).unwrap();
        assert!(seen.is_pending);
        assert_eq!((seen.ready_s, seen.image), (None, Image::Unknown));
    }

    #[test]
    fn identities_differ_as_their_texts_do() {
        assert_eq!(identity("00000000-0000-0000-0000-0000000000ff"), 255);
        assert_ne!(identity("pod-a"), identity("pod-b"));
    }
}
