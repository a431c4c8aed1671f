//! The fleet as a list: one row a scaler.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Every scaler that the caller may see.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Fleet {
    /// When this was said.
    pub now: Timestamp,
    /// How far ahead rows look: `next` and `peak` lie within it.
    pub horizon_seconds: f64,
    /// What this is known by: the stream, told it as `since`, misses nothing that came after.
    pub since: String,
    /// By namespace and name.
    pub items: Vec<ScalerRow>,
}

/// One scaler in the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScalerRow {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// What its plan may touch.
    pub mode: ScalerMode,
    /// Kind and name of the workload, such as `Deployment gateway`.
    pub target: String,
    /// Demand observed now; `null` while the source is silent.
    pub demand: Option<f64>,
    /// Replicas that are planned; `null` before the first plan.
    pub planned: Option<u32>,
    /// Replicas that the workload is asked to have; `null` where it cannot be read.
    pub running: Option<u32>,
    /// Demand at the risk quantile for the coming hour, as far as it is forecast: up to 12 values, evenly apart. Empty
    /// while nothing is forecast.
    pub next: Vec<f64>,
    /// The most of what is forecast, at the risk quantile.
    pub peak: Option<PeakShown>,
    /// Share of the last value's error that forecasts save, over what was judged; below 0 where they are worse, `null`
    /// while nothing was.
    pub skill: Option<f64>,
    /// Whether somebody should look.
    pub state: ScalerState,
    /// The worst that was found, in words; `null` where nothing is wrong.
    pub wrong: Option<String>,
    /// Why so many, in a sentence.
    pub reason: String,
    /// When this was planned.
    pub at: Timestamp,
}

/// The most of a forecast.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PeakShown {
    /// Demand at the risk quantile.
    pub demand: f64,
    /// When it is expected.
    pub at: Timestamp,
}

/// What a plan may touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum ScalerMode {
    /// It is shown, and touches nothing.
    Shadow,
    /// It is served.
    Active,
    /// None is made.
    Paused,
}

impl From<prescale_model::Mode> for ScalerMode {
    fn from(mode: prescale_model::Mode) -> Self {
        match mode {
            prescale_model::Mode::Shadow => Self::Shadow,
            prescale_model::Mode::Active => Self::Active,
            prescale_model::Mode::Paused => Self::Paused,
        }
    }
}

/// Whether somebody should look at a scaler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ScalerState {
    /// All is well.
    Ok,
    /// It works, with less than it should have.
    Warning,
    /// It does not do what it should.
    Failing,
}
