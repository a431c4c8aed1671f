//! What the nodes under a workload cost, and what its containers might request. Money is in the currency of the prices.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the nodes under a workload cost. A pod has the share of its node that it requests, of CPU or memory, whichever is
/// more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CostShown {
    /// Nodes that its pods take up now, in parts of a node; `null` where unknown.
    pub nodes: Option<f64>,
    /// Nodes that headroom takes up now; `null` where unknown.
    pub headroom_nodes: Option<f64>,
    /// What the nodes that its pods take up cost an hour; `null` while one of them has no price.
    pub per_hour: Option<f64>,
    /// What headroom costs an hour; `null` where unknown.
    pub headroom_per_hour: Option<f64>,
    /// What it is compared with; `null` where nobody knows.
    pub always_on: Option<AlwaysOnShown>,
    /// Since when it is summed up.
    pub since: Timestamp,
    /// Node-hours since then.
    pub node_hours: CostSumShown,
    /// Money since then, of the hours in which every node had a price; `null` where there were none.
    pub money: Option<CostSumShown>,
    /// Nodes under its pods that have no price, the first five of them by name.
    pub unpriced_nodes: Vec<String>,
    /// Why something is not known, in a sentence.
    pub message: Option<String>,
}

/// What was summed up.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CostSumShown {
    /// Hours that were counted.
    pub hours: f64,
    /// Replica-hours in that time.
    pub replica_hours: f64,
    /// Of its pods.
    pub pods: f64,
    /// Of headroom.
    pub headroom: f64,
    /// How much less it is than what it is compared with; below 0 it is more, `null` where unknown.
    pub saved: Option<f64>,
}

/// So many replicas all the time: what a workload is compared with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AlwaysOnShown {
    /// Replicas.
    pub replicas: u32,
    /// How they are known: `Observed`, the most that demand needed in 14 days, or `MaxReplicas`.
    pub source: String,
    /// The demand that needed so many; `null` where none was observed.
    pub demand: Option<f64>,
    /// The day on which it was observed; `null` where none was.
    pub at: Option<Timestamp>,
}

/// What the containers of a workload might request, from what they used in seven days. Nobody applies it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdviceShown {
    /// When it was looked at.
    pub at: Timestamp,
    /// One for each container of which use is known.
    pub containers: Vec<ContainerAdviceShown>,
    /// Nodes that its pods would no longer take up; below 0, that they would take up more. `null` where unknown.
    pub saves_nodes: Option<f64>,
    /// The same in money an hour; `null` while a node has no price.
    pub saves_per_hour: Option<f64>,
    /// Why there is none, or what else is to be said, in a sentence.
    pub message: Option<String>,
}

/// What one container might request, as Kubernetes writes quantities. `null` where unknown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContainerAdviceShown {
    /// Its name.
    pub container: String,
    /// CPU.
    pub cpu: Option<String>,
    /// Memory.
    pub memory: Option<String>,
    /// CPU that it requests now.
    pub requested_cpu: Option<String>,
    /// Memory that it requests now.
    pub requested_memory: Option<String>,
}
