//! A node as far as it matters here: its pool, when it was asked for, since when it has been Ready, and whether it is
//! about to vanish.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::{api::resource::Quantity, apis::meta::v1::Time};
use kube::core::Object;
use serde::Deserialize;

use super::share::Amount;
use crate::{cost::Capacity, hpa::quantity::value_of};

/// The label of a pool of Karpenter's.
const KARPENTER_POOL: &str = "karpenter.sh/nodepool";
/// The labels by which pools are told, Karpenter's first.
const POOL_LABELS: [&str; 5] = [
    KARPENTER_POOL,
    "eks.amazonaws.com/nodegroup",
    "cloud.google.com/gke-nodepool",
    "kubernetes.azure.com/agentpool",
    "agentpool",
];

/// The label of a node's type.
const TYPE: &str = "node.kubernetes.io/instance-type";
/// Labels of nodes that are sold as spot, and their value there: Karpenter's, and those of EKS, GKE and AKS.
const SPOT: [(&str, &str); 5] = [
    ("karpenter.sh/capacity-type", "spot"),
    ("eks.amazonaws.com/capacityType", "SPOT"),
    ("cloud.google.com/gke-spot", "true"),
    ("cloud.google.com/gke-preemptible", "true"),
    ("kubernetes.azure.com/scalesetpriority", "spot"),
];

/// Taints of nodes that are about to vanish, by who sets them: Karpenter, which lets a node go; the AWS node termination
/// handler, at a notice of the cloud; GKE, at a notice; the Cluster Autoscaler, which lets a node go; a cloud that has
/// shut the machine down; a node that is out of service.
const GOING_TAINTS: [&str; 8] = [
    "karpenter.sh/disrupted",
    "aws-node-termination-handler/spot-itn",
    "aws-node-termination-handler/asg-lifecycle-termination",
    "aws-node-termination-handler/scheduled-maintenance",
    "cloud.google.com/impending-node-termination",
    "ToBeDeletedByClusterAutoscaler",
    "node.cloudprovider.kubernetes.io/shutdown",
    "node.kubernetes.io/out-of-service",
];

/// A node as it is decoded.
pub(super) type SlimNode = Object<NodeSpec, NodeStatus>;

/// What is decoded of its spec.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct NodeSpec {
    taints: Vec<Taint>,
}

#[derive(Clone, Debug, Deserialize)]
struct Taint {
    key: String,
}

/// What is decoded of the status of nodes and NodeClaims.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeStatus {
    node_name: Option<String>,
    conditions: Vec<Condition>,
    allocatable: BTreeMap<String, Quantity>,
}

/// A NodeClaim as it is decoded.
pub(super) type SlimClaim = Object<Nothing, NodeStatus>;

/// A part that is not decoded.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct Nothing {}

/// A condition of a pod, a node or a NodeClaim.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Condition {
    #[serde(rename = "type")]
    pub(super) kind: String,
    status: String,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    last_transition_time: Option<Time>,
}

impl Condition {
    pub(super) fn is_true(&self) -> bool {
        self.status == "True"
    }

    pub(super) fn is_unschedulable(&self) -> bool {
        self.status == "False" && self.reason.as_deref() == Some("Unschedulable")
    }

    /// Since when, in seconds since 1970.
    pub(super) fn since_s(&self) -> Option<i64> {
        self.last_transition_time.as_ref().map(|time| time.0.as_second())
    }
}

/// A node as it is seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeSight {
    /// Its name.
    pub name: String,
    /// Its pool; `None` where no label tells.
    pub pool: Option<String>,
    /// Whether that is one of Karpenter's, which has a NodeClaim of when the node was asked for.
    pub is_claimed: bool,
    /// When its object was created: when it registered. In seconds since 1970.
    pub created_s: i64,
    /// Since when it has been Ready, in seconds since 1970; `None` while it is not.
    pub ready_s: Option<i64>,
    /// Whether it is about to vanish.
    pub is_going: bool,
    /// The name of its type, which prices are by; `None` where no label tells.
    pub kind: Option<String>,
    /// How it is sold: on demand where no label says spot.
    pub capacity: Capacity,
    /// What pods may ask of it; nothing where it does not say yet.
    pub offers: Amount,
}

impl NodeSight {
    /// Reads a node; `None` for one without a name.
    #[must_use]
    pub fn of(node: &SlimNode) -> Option<Self> {
        let labels = node.metadata.labels.clone().unwrap_or_default();
        let status = node.status.clone().unwrap_or_default();
        let ready = status.conditions.iter().find(|condition| condition.kind == "Ready");
        let is_spot = SPOT.iter().any(|(label, value)| labels.get(*label).is_some_and(|said| said == value));
        let offers: BTreeMap<_, _> = status
            .allocatable
            .iter()
            .filter_map(|(resource, amount)| Some((resource.clone(), value_of(amount)?)))
            .collect();
        let is_marked = node.spec.taints.iter().any(|taint| GOING_TAINTS.contains(&taint.key.as_str()));
        Some(Self {
            name: node.metadata.name.clone()?,
            pool: pool_of(&labels),
            is_claimed: labels.contains_key(KARPENTER_POOL),
            created_s: node.metadata.creation_timestamp.as_ref()?.0.as_second(),
            ready_s: ready.filter(|condition| condition.is_true()).and_then(Condition::since_s),
            is_going: is_marked || node.metadata.deletion_timestamp.is_some(),
            kind: labels.get(TYPE).cloned(),
            capacity: if is_spot { Capacity::Spot } else { Capacity::OnDemand },
            offers: Amount::of(&offers),
        })
    }
}

/// A NodeClaim of Karpenter's as it is seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeClaimSight {
    /// Its name.
    pub name: String,
    /// The pool of its node.
    pub pool: Option<String>,
    /// The name of its node; `None` while it has none.
    pub node: Option<String>,
    /// Whether its node takes pods.
    pub is_ready: bool,
    /// When the node was asked for, in seconds since 1970.
    pub created_s: i64,
    /// Whether the node is to be let go.
    pub is_going: bool,
}

impl NodeClaimSight {
    /// Reads a NodeClaim; `None` for one without a name.
    #[must_use]
    pub fn of(claim: &SlimClaim) -> Option<Self> {
        let status = claim.status.clone().unwrap_or_default();
        let initialized = |condition: &Condition| condition.kind == "Initialized" && condition.is_true();
        Some(Self {
            name: claim.metadata.name.clone()?,
            pool: claim.metadata.labels.as_ref().and_then(pool_of),
            node: status.node_name.filter(|name| !name.is_empty()),
            is_ready: status.conditions.iter().any(initialized),
            created_s: claim.metadata.creation_timestamp.as_ref()?.0.as_second(),
            is_going: claim.metadata.deletion_timestamp.is_some(),
        })
    }
}

fn pool_of(labels: &BTreeMap<String, String>) -> Option<String> {
    POOL_LABELS.iter().find_map(|label| labels.get(*label)).cloned()
}

#[cfg(test)]
#[expect(clippy::needless_pass_by_value, reason = "cases are written as values")]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn check(metadata: Value, taints: Value, pool: Option<&str>, is_going: bool) {
        let mut whole = json!({"name": "n", "creationTimestamp": "2026-07-07T19:00:00Z"});
        whole.as_object_mut().unwrap().extend(metadata.as_object().unwrap().clone());
        let node: SlimNode = serde_json::from_value(json!({"apiVersion": "v1", "kind": "Node",
            "metadata": whole, "spec": {"taints": taints, "podCIDR": "10.0.0.0/24"},
            "status": {"allocatable": {"cpu": "3920m", "memory": "15Gi", "pods": "58"}, "images": [{"names": ["a"]}], "conditions": [
                {"type": "Ready", "status": "True", "lastTransitionTime": "2026-07-07T19:00:40Z"}]}}))
        .unwrap();
        let seen = NodeSight::of(&node).unwrap();
        assert_eq!((seen.pool.as_deref(), seen.is_going), (pool, is_going));
        assert_eq!(seen.ready_s.map(|ready| ready - seen.created_s), Some(40));
        assert_eq!(seen.offers, Amount { cpu_m: 3_920, memory_mib: 15_360 });
    }

    #[test]
    fn nodes_of_every_cloud_tell_their_pool_and_that_they_go() {
        let taint = |key: &str| json!([{"key": key, "effect": "NoSchedule"}]);
        check(json!({}), json!([]), None, false);
        check(json!({"labels": {"karpenter.sh/nodepool": "spot"}}), json!([]), Some("spot"), false);
        check(json!({"labels": {"agentpool": "np1"}}), taint("dedicated"), Some("np1"), false);
        for key in GOING_TAINTS {
            check(json!({"labels": {"cloud.google.com/gke-nodepool": "p"}}), taint(key), Some("p"), true);
        }
        check(json!({"deletionTimestamp": "2026-07-07T20:00:00Z"}), json!([]), None, true);
    }

    #[test]
    fn nodes_of_every_cloud_tell_what_they_are_sold_as() {
        let sold = |labels: Value| {
            let metadata =
                json!({"name": "n", "creationTimestamp": "2026-07-07T19:00:00Z", "labels": labels});
            let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": {}});
            let node = NodeSight::of(&serde_json::from_value(node).unwrap()).unwrap();
            (node.kind, node.capacity)
        };
        for (label, value) in SPOT {
            let seen = sold(json!({label: value, TYPE: "m6i.large"}));
            assert_eq!(seen, (Some("m6i.large".to_owned()), Capacity::Spot), "{label}");
        }
        assert_eq!(sold(json!({"karpenter.sh/capacity-type": "on-demand"})), (None, Capacity::OnDemand));
    }
}
