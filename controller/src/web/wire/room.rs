//! Node room, the pods and nodes around it, and how long both take.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ConditionShown;

/// Node room that is kept for pods that are foreseen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeadroomShown {
    /// Pods that room is to be kept for, beyond those that exist or are asked for. In mode Shadow, what it would be.
    pub pods: u32,
    /// Of them, those for which it is surely there; `null` where nobody says.
    pub ready: Option<u32>,
    /// By what it is kept; `null` where nothing keeps any.
    pub by: Option<HeadroomBy>,
    /// How it fares, as the condition `HeadroomReady`; `null` in a replay.
    pub condition: Option<ConditionShown>,
}

/// By what room is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum HeadroomBy {
    /// A CapacityBuffer, which Karpenter or the Cluster Autoscaler fills with nodes.
    CapacityBuffer,
    /// A Deployment of pods that do nothing.
    PlaceholderPods,
}

/// Pods of the workload that do not serve, or not for long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PodsShown {
    /// Pods that no node has room for now.
    pub pending: u32,
    /// Pods whose node is about to vanish. As many more are asked for.
    pub going: u32,
}

/// Pods that are needed before nodes can have them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LateShown {
    /// Pods that will be needed.
    pub needed: u32,
    /// When.
    pub by: Timestamp,
    /// Of them, those that surely have room.
    pub room: u32,
    /// When a node that is on its way has its first pod Ready.
    pub node_ready: Timestamp,
    /// All of it in a sentence, with what it would have taken.
    pub says: String,
}

/// Nodes of one pool that have pods of the workload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PoolShown {
    /// Its name; `null` of nodes that are in none.
    pub name: Option<String>,
    /// How many they are.
    pub nodes: u32,
    /// Of them, those that are about to vanish.
    pub going: u32,
    /// Nodes of the pool that are on their way, whoever asked for them.
    pub launching: u32,
    /// Seconds that its nodes take to launch, at the risk quantile; `null` before three were seen.
    pub launch_seconds: Option<f64>,
    /// Launches that this is known from.
    pub launches: u32,
    /// What its pods take of those nodes, in parts of a node.
    pub taken_nodes: f64,
    /// What that costs an hour; `null` while one of those nodes has no price.
    pub per_hour: Option<f64>,
}

/// Time from asking for capacity to its serving, and how it is known.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LeadTimesShown {
    /// Of a pod on a node that is there.
    pub pod: StartShown,
    /// Of a pod on a node that must be launched first.
    pub node: StartShown,
    /// Of both, the seconds that the HPA takes to read the plan.
    pub hpa_seconds: f64,
}

/// One lead time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StartShown {
    /// Seconds, as the plan reckons with it: at the risk quantile.
    pub seconds: f64,
    /// Starts that are remembered.
    pub starts: u32,
    /// How it is known.
    pub how: StartHow,
}

/// How a lead time is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum StartHow {
    /// The user says so.
    Typed,
    /// It was measured of this workload.
    Measured,
    /// As other nodes of its pool started, since too few of its own were seen.
    Pool,
    /// A stated guess, while too little was seen.
    Prior,
}
