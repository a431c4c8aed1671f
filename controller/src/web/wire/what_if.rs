//! What would be, if something were otherwise.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::EventDraft;

/// What is to be otherwise. What is left out stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct WhatIf {
    /// Events that are to be otherwise.
    #[serde(default)]
    pub events: Vec<EventChange>,
    /// Events that are to be added.
    #[serde(default)]
    pub add: Vec<EventDraft>,
    /// Quantile of demand to provision for, within (0, 1).
    #[serde(default)]
    pub risk: Option<f64>,
    /// The least replicas.
    #[serde(default)]
    pub min_replicas: Option<u32>,
    /// The most replicas.
    #[serde(default)]
    pub max_replicas: Option<u32>,
    /// What one replica serves, above 0, in the unit of demand.
    #[serde(default)]
    pub per_replica: Option<f64>,
    /// Seconds until a pod is Ready on a node that is there.
    #[serde(default)]
    pub pod_seconds: Option<f64>,
    /// Seconds until a pod is Ready on a node that must be launched first.
    #[serde(default)]
    pub node_seconds: Option<f64>,
}

/// How an event is to be otherwise.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EventChange {
    /// Which one.
    pub name: String,
    /// When it is to start, and end as much later.
    #[serde(default)]
    pub starts_at: Option<Timestamp>,
    /// Seconds by which it is to start and end later; earlier below 0.
    #[serde(default)]
    pub shift_seconds: Option<f64>,
    /// How many times as large it is to be, above 0.
    #[serde(default)]
    pub magnitude_times: Option<f64>,
    /// Whether it is to be called off.
    #[serde(default)]
    pub cancelled: Option<bool>,
}

/// What is and what would be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WhatIfAnswer {
    /// As it is.
    pub before: Course,
    /// As it would be.
    pub after: Course,
    /// The difference in a sentence.
    pub says: String,
}

/// What is planned along the horizon.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Course {
    /// End of each step ahead.
    pub at: Vec<Timestamp>,
    /// Demand at the risk quantile.
    pub demand: Vec<f64>,
    /// Replicas to ask for at that time, so that they are Ready when they are needed.
    pub replicas: Vec<u32>,
    /// Node room to keep at that time, in pods.
    pub headroom: Vec<u32>,
    /// The plan of now.
    pub plan: CoursePlan,
}

/// A plan in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CoursePlan {
    /// Replicas that the workload should have.
    pub replicas: u32,
    /// Node room to keep beyond them, in pods.
    pub headroom: u32,
    /// Why, in a sentence.
    pub sentence: String,
}
