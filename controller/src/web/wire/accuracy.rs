//! How right forecasts were, and what they were worth.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How right a scaler's forecasts were.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Accuracy {
    /// Steps of the nearest horizon that were compared with what came.
    pub judged_steps: u32,
    /// Since when the trail is kept that outcomes and calibration are reckoned over; `null` where there is none.
    pub since: Option<Timestamp>,
    /// How often demand came at or below what was said, over the trail.
    pub calibration: Vec<Calibration>,
    /// Errors by horizon, nearest first, as the forecaster keeps them: older ones fade over a day.
    pub horizons: Vec<HorizonSkill>,
    /// What each class of events was worth.
    pub events: Vec<EventsWorth>,
    /// What each leading signal was worth.
    pub signals: Vec<SignalWorth>,
    /// Minutes over which forecasts were made anew without an event or a signal, to see what it is worth; `null` where
    /// that has not been reckoned yet, or where there is nothing to judge by.
    pub worth_minutes: Option<f64>,
    /// What came of the replicas that ran.
    pub reality: Outcome,
    /// What would have come of the plan, had all of it run one pod lead time later.
    pub plan: Outcome,
    /// What would have come of a HorizontalPodAutoscaler that follows the same demand as it comes, with its window of five
    /// minutes before it shrinks, one pod lead time later; over those minutes of which there is a plan.
    pub reactive: Outcome,
    /// Late minutes of `reactive` that those of Prescale are fewer: of what ran in mode Active, and otherwise of the plan.
    /// Below 0 where they are more; `null` where one of them is unknown.
    pub late_minutes_avoided: Option<f64>,
    /// All of it in a sentence.
    pub says_what: String,
}

/// How often one quantile held.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Calibration {
    /// The quantile: this share should have come at or below what was said.
    pub quantile: f64,
    /// The share that did; `null` before the first.
    pub covered: Option<f64>,
    /// Steps that this was counted over.
    pub steps: u32,
}

/// Errors at one horizon.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HorizonSkill {
    /// How far ahead, in seconds.
    pub horizon_seconds: f64,
    /// Mean weighted quantile loss of forecasts, on the forecaster's own scale; `null` before the first.
    pub error: Option<f64>,
    /// The same of the last value with its band.
    pub last_value_error: Option<f64>,
    /// Share of the last value's error that forecasts save.
    pub skill: Option<f64>,
    /// Steps that were judged.
    pub steps: u32,
}

/// What a class of events was worth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventsWorth {
    /// The class.
    pub class: String,
    /// Events of it that were seen here.
    pub seen: u32,
    /// Demand with one over demand without, at its peak; `null` before the first.
    pub learned_uplift: Option<f64>,
    /// Share of the error of forecasts around its events that is saved by knowing of them, over `worthMinutes`; below 0
    /// where they are worse, `null` where none fell into that time.
    pub saves: Option<f64>,
    /// What that was worth, in words.
    pub worth: String,
}

/// What a leading signal was worth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignalWorth {
    /// Its name.
    pub name: String,
    /// Share of the error of forecasts that is saved by it, over `worthMinutes`; below 0 where they are worse, `null`
    /// where too little was seen of it.
    pub saves: Option<f64>,
    /// In words; `null` where nobody knows yet.
    pub worth: Option<String>,
}

/// What came of replicas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// Minutes in which demand was more than what they serve; `null` while nobody knows what a replica serves.
    pub late_minutes: Option<f64>,
    /// Replicas times hours; `null` where none were seen.
    pub replica_hours: Option<f64>,
    /// Minutes that this was reckoned over.
    pub minutes: f64,
}
