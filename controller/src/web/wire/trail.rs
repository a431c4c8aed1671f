//! What happened and what had been forecast of it, in columns over time.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A scaler's past, in columns of the same length; `null` where something is not known of that time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Trail {
    /// Step of the demand series, in seconds. A silent source leaves gaps.
    pub step_seconds: f64,
    /// End of each step.
    pub at: Vec<Timestamp>,
    /// Demand.
    pub demand: Vec<Option<f64>>,
    /// The median forecast for that time, made one pod lead time before.
    pub forecast: Vec<Option<f64>>,
    /// The 0.1 quantile of the same.
    pub low: Vec<Option<f64>>,
    /// The risk quantile of the same.
    pub high: Vec<Option<f64>>,
    /// Replicas planned.
    pub planned: Vec<Option<f64>>,
    /// Replicas that the workload was asked to have.
    pub running: Vec<Option<f64>>,
    /// Pods that served.
    pub ready: Vec<Option<f64>>,
    /// Node room kept, in pods.
    pub headroom: Vec<Option<f64>>,
    /// Of it, what was surely there; `null` where nobody said.
    pub headroom_ready: Vec<Option<f64>>,
    /// Nodes that had pods of it.
    pub nodes: Vec<Option<f64>>,
    /// What the metric answered.
    pub served: Vec<Option<f64>>,
    /// Each leading signal, by its name.
    pub signals: BTreeMap<String, Vec<Option<f64>>>,
    /// Why so many, in order of time.
    pub reasons: Vec<ReasonSpan>,
}

/// A stretch of time over which one reason stood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReasonSpan {
    /// Its first tick.
    pub from: Timestamp,
    /// Its last tick.
    pub to: Timestamp,
    /// The sentence of its last tick.
    pub sentence: String,
    /// Replicas planned.
    pub replicas: u32,
}
