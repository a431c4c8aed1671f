//! One scaler in full.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    AdviceShown, CostShown, EventShort, HeadroomShown, LateShown, LeadTimesShown, PodsShown, PoolShown,
    ScalerRow,
};

/// One scaler in full, as of its last tick.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScalerView {
    /// As in the list.
    pub row: ScalerRow,
    /// What it runs on.
    pub spec: SpecShown,
    /// The latest plan.
    pub plan: PlanShown,
    /// The workload; `null` where it cannot be read.
    pub workload: Option<WorkloadShown>,
    /// Messages that wait; `null` where unknown.
    pub lag: Option<f64>,
    /// Its pods that do not serve, or not for long; `null` where pods are not watched.
    pub pods: Option<PodsShown>,
    /// Nodes that have pods of it; `null` where unknown.
    pub nodes: Option<u32>,
    /// The same by pool, in order of their names; empty where unknown.
    pub pools: Vec<PoolShown>,
    /// Node room that is kept for it.
    pub headroom: HeadroomShown,
    /// Pods that are needed before nodes can have them; `null` where all is in time, or where nobody knows.
    pub late: Option<LateShown>,
    /// How long its pods take to start.
    pub lead_times: LeadTimesShown,
    /// What its nodes cost; `null` where none are counted.
    pub cost: Option<CostShown>,
    /// What its containers might request; `null` where it was not looked at.
    pub advice: Option<AdviceShown>,
    /// The newest forecast; `null` while there is too little history.
    pub forecast: Option<ForecastShown>,
    /// The leading signals, in the order of the spec.
    pub signals: Vec<SignalShown>,
    /// The events that concern it.
    pub events: Vec<EventShort>,
    /// As in its status.
    pub conditions: Vec<ConditionShown>,
    /// The HPA that follows the plan.
    pub hpa: HpaShown,
}

/// What a scaler runs on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SpecShown {
    /// The least replicas.
    pub min_replicas: u32,
    /// The most replicas.
    pub max_replicas: u32,
    /// Step of the demand series, in seconds.
    pub step_seconds: f64,
    /// Quantile of demand that is provisioned for.
    pub risk: f64,
    /// How far ahead is forecast, in seconds.
    pub horizon_seconds: f64,
    /// Where demand is observed, in words.
    pub demand_source: String,
    /// What one replica serves.
    pub capacity: CapacityShown,
    /// What happens when the demand source falls silent, in words.
    pub fallback: String,
}

/// What one replica serves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CapacityShown {
    /// In the unit of demand; `null` while nobody knows.
    pub per_replica: Option<f64>,
    /// How it is known.
    pub how: CapacityHow,
}

/// How a capacity is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum CapacityHow {
    /// The user says so.
    Given,
    /// It was learned.
    Learned,
    /// It is being learned; until then it is assumed or a guess.
    Learning,
}

/// The latest plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanShown {
    /// When it was made.
    pub made_at: Timestamp,
    /// Replicas that the workload should have.
    pub replicas: u32,
    /// Node room to keep beyond them, in pods.
    pub headroom: u32,
    /// What the metric answers; `null` where nothing is known.
    pub demand: Option<f64>,
    /// Demand observed; `null` while the source is silent.
    pub observed: Option<f64>,
    /// The lead times that it reckons with.
    pub lead_time: LeadTimeShown,
    /// Why this many.
    pub reason: ReasonShown,
}

/// Lead times.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LeadTimeShown {
    /// Seconds until a pod that is asked for now is Ready, on a node that is there.
    pub pod_seconds: f64,
    /// Seconds until it is Ready on a node that must be launched first.
    pub node_seconds: f64,
}

/// Why a plan is what it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReasonShown {
    /// The reason in one sentence.
    pub sentence: String,
    /// In one word, such as `Forecast`.
    pub code: String,
    /// What drove it, in words.
    pub driver: String,
    /// What held it back, in words; `null` where nothing did.
    pub limit: Option<String>,
    /// The sum behind the sentence, in order.
    pub sum: Vec<Term>,
}

/// One line of the sum behind a sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Term {
    /// What it is.
    pub label: String,
    /// How much, as people read it.
    pub value: String,
}

/// The workload as the cluster has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkloadShown {
    /// Replicas asked for.
    pub replicas: u32,
    /// Pods that exist, pending ones included.
    pub existing: u32,
    /// Pods that serve; `null` where unknown.
    pub ready: Option<u32>,
}

/// The newest forecast.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ForecastShown {
    /// End of the last step that it was made from.
    pub origin: Timestamp,
    /// Length of a step, in seconds.
    pub step_seconds: f64,
    /// The quantiles that each step has.
    pub quantiles: Vec<f64>,
    /// For each step ahead, demand at each quantile. The first step ends one step after the origin.
    pub values: Vec<Vec<f64>>,
    /// Why the last value stands in for a part of it, in words; `null` where all of it is served.
    pub withheld: Option<String>,
}

/// A leading signal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignalShown {
    /// Its name.
    pub name: String,
    /// Where it is observed, in words.
    pub source: String,
    /// Its newest sample; `null` where there is none.
    pub newest: Option<Newest>,
    /// Why it could not be read at the last tick; `null` where it could.
    pub problem: Option<String>,
}

/// The newest sample of a series.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Newest {
    /// When it is of.
    pub at: Timestamp,
    /// Its value.
    pub value: f64,
}

/// One condition of a scaler's status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConditionShown {
    /// Of what.
    #[serde(rename = "type")]
    pub of: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// Why, in one word.
    pub reason: String,
    /// Why, in a sentence.
    pub message: String,
    /// Since when it is so.
    pub last_transition_time: Timestamp,
}

/// The HPA that follows the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HpaShown {
    /// Its name; `null` where none follows.
    pub name: Option<String>,
    /// What was found of it, in words; `null` where nothing was.
    pub says: Option<String>,
}
