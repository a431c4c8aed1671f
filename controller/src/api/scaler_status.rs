//! What the controller reports of a `PredictiveScaler`. Its doc comments are the descriptions that `kubectl explain`
//! shows.

mod cost;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use cost::{AdviceStatus, AlwaysOnStatus, ContainerAdvice, CostStatus, CostSum};

/// What the controller reports.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PredictiveScalerStatus {
    /// The generation of the spec that this status speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Replicas of the latest plan. In mode Shadow, what it would have been.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "int32"))]
    pub planned_replicas: Option<u32>,
    /// Why this many, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Replicas that the workload is asked to have now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "int32"))]
    pub current_replicas: Option<u32>,
    /// Node room that the plan keeps beyond its replicas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headroom: Option<HeadroomStatus>,
    /// Demand as it is observed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_demand: Option<f64>,
    /// Demand that is forecast for the moment at which pods asked for now are Ready, at the quantile of `spec.risk`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forecast_demand: Option<f64>,
    /// What the `demand` metric answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub served_demand: Option<f64>,
    /// What one replica serves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<CapacityStatus>,
    /// Time from asking for capacity to its serving, as the plan reckons with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_time: Option<LeadTimeStatus>,
    /// What the nodes under the workload cost; left out where no nodes are watched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<CostStatus>,
    /// What its containers might request, from what they used. Nobody applies it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<AdviceStatus>,
    /// The HorizontalPodAutoscaler that follows the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hpa: Option<String>,
    /// When these numbers were written: at each change that matters, and each five minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Time>,
    /// What is well and what is not. `Ready`: it does what its mode says. `SourceHealthy`: demand is observed.
    /// `SignalsHealthy`: so are its signals. `HpaHealthy`: the HPA follows. `Forecasting`: the plan looks ahead.
    /// `ScalingUnlimited`: `maxReplicas` does not hold the plan down. `HeadroomReady`: node room is there before pods need it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,
}

/// What one replica serves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CapacityStatus {
    /// Demand that one replica serves, in its unit.
    pub per_replica: f64,
    /// How that is known: `Given`, `Assumed`, `Guessed`, `Learned`, `Lowered` or `Kept`.
    pub origin: String,
}

/// Time from asking for capacity to its serving.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LeadTimeStatus {
    /// On a node that is there, such as `35s`.
    pub pod: String,
    /// On a node that must be launched first.
    pub node: String,
    /// Of both, the time that the HPA takes to read the plan: its period, as measured, or else as `spec.hpa` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poll_period: Option<String>,
    /// Starts on nodes that were there, of those remembered.
    #[serde(default)]
    #[schemars(extend("format" = "int32"))]
    pub pod_starts: u32,
    /// Starts on nodes that were launched for them, of those remembered.
    #[serde(default)]
    #[schemars(extend("format" = "int32"))]
    pub node_starts: u32,
    /// How `pod` is known: `Typed`, `Measured` (of this workload), or `Prior` (a stated guess, while too little was seen).
    #[serde(default)]
    pub pod_source: String,
    /// How `node` is known: the same, or `Pool` (as other nodes of the pool started).
    #[serde(default)]
    pub node_source: String,
}

/// Node room that is kept beyond the replicas.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeadroomStatus {
    /// For so many pods of the workload. In mode Shadow, what it would be.
    #[schemars(extend("format" = "int32"))]
    pub pods: u32,
    /// What keeps it: `CapacityBuffer` or `PlaceholderPods`; left out where nothing does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// How it fares, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}
