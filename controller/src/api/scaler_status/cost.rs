//! What a status says of money: what the nodes under a workload cost, and what its containers might request.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the nodes under a workload cost. A pod has the share of its node that it requests, of CPU or memory, whichever is
/// more. Money is in the currency of the prices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CostStatus {
    /// Nodes that the pods take up now, in parts of a node; left out where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nodes: Option<f64>,
    /// Nodes that headroom takes up now; left out where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headroom_nodes: Option<f64>,
    /// What the nodes that the pods take up cost an hour; left out while one of them has no price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_hour: Option<f64>,
    /// What headroom costs an hour; left out where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headroom_per_hour: Option<f64>,
    /// What it is compared with: so many replicas all the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub always_on: Option<AlwaysOnStatus>,
    /// Since when hours are summed up: the start of the month, in UTC, or the moment at which counting began.
    pub since: Time,
    /// Node-hours since then.
    pub node_hours: CostSum,
    /// Money since then, of the hours in which every node had a price; left out where there were none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub money: Option<CostSum>,
    /// Nodes under its pods that have no price, the first five of them by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unpriced_nodes: Vec<String>,
    /// Why something is not known, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// What was summed up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CostSum {
    /// Hours that were counted: those in which nobody watched, or which could not be counted, are not among them.
    pub hours: f64,
    /// Replica-hours in that time: what one replica cost an hour is `pods` over this.
    pub replica_hours: f64,
    /// Of the workload's pods.
    pub pods: f64,
    /// Of headroom.
    pub headroom: f64,
    /// How much less it cost than the always-on alternative: below 0, it cost more. Left out where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saved: Option<f64>,
}

/// What a workload is compared with: so many replicas, all the time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AlwaysOnStatus {
    /// Replicas.
    #[schemars(extend("format" = "int32"))]
    pub replicas: u32,
    /// How they are known: `Observed` (the most that observed demand needed in 14 days), or `MaxReplicas` (the limit, while
    /// no demand has been observed).
    pub source: String,
    /// The demand that needed so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demand: Option<f64>,
    /// The day on which it was observed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Time>,
}

/// What the containers of a workload might request, from what they used in seven days. Nobody applies it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdviceStatus {
    /// When it was looked at.
    pub at: Time,
    /// One for each container of which use is known, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub containers: Vec<ContainerAdvice>,
    /// Nodes that the pods that are there would no longer take up; below 0, that they would take up more. Left out where
    /// that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saves_nodes: Option<f64>,
    /// The same in money an hour; left out while a node has no price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saves_per_hour: Option<f64>,
    /// Why there is none, or what else is to be said, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// What one container might request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContainerAdvice {
    /// Its name.
    pub container: String,
    /// CPU, such as `250m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<String>,
    /// Memory, such as `310Mi`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<String>,
    /// CPU that it requests now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_cpu: Option<String>,
    /// Memory that it requests now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_memory: Option<String>,
}
