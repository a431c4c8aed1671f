//! What a scaler's status says, made from what was decided. Written by [`crate::apply`], and only when something
//! that a person would notice has changed.

mod event_status;
mod finding;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use prescale_model::{
    Plan,
    capacity::{Capacity, Origin},
    lead_time::LeadTime,
};

pub(crate) use event_status::phase;
pub use event_status::{EventWatch, event_status, refused_event};
pub use finding::{Finding, Truth, conditions};

use crate::api::{CapacityStatus, LeadTimeStatus, PredictiveScalerStatus};

/// What a status is made of, beside the conditions.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// The generation of the spec that runs.
    pub generation: Option<i64>,
    /// The latest plan.
    pub plan: &'a Plan,
    /// Replicas that the workload is asked to have; `None` where it could not be read.
    pub current: Option<u32>,
    /// What is forecast for the moment at which pods asked for now are Ready.
    pub forecast: Option<f64>,
    /// Name of the HPA that follows, if one does.
    pub hpa: Option<&'a str>,
}

/// The status of a scaler that runs.
#[must_use]
pub fn running(shown: Shown<'_>, conditions: Vec<Condition>) -> PredictiveScalerStatus {
    let Shown { generation, plan, current, forecast, hpa } = shown;
    PredictiveScalerStatus {
        observed_generation: generation,
        planned_replicas: Some(plan.replicas),
        reason: Some(plan.reason.to_string()),
        current_replicas: current,
        headroom: Some(plan.headroom),
        observed_demand: plan.observed.map(in_thousandths),
        forecast_demand: forecast.map(in_thousandths),
        served_demand: plan.demand.map(in_thousandths),
        capacity: plan.reason.capacity.map(capacity_status),
        lead_time: Some(lead_time_status(plan.lead_time)),
        hpa: hpa.map(str::to_owned),
        updated_at: Some(Time(plan.made_at)),
        conditions,
    }
}

/// The status of a scaler that does not run, and why. Nothing else is known of it.
#[must_use]
pub fn refused(
    generation: Option<i64>,
    finding: &Finding,
    before: &[Condition],
    now: Timestamp,
) -> PredictiveScalerStatus {
    PredictiveScalerStatus {
        observed_generation: generation,
        updated_at: Some(Time(now)),
        conditions: conditions(std::slice::from_ref(finding), before, generation, now),
        ..PredictiveScalerStatus::default()
    }
}

fn capacity_status(capacity: Capacity) -> CapacityStatus {
    let origin = match capacity.origin {
        Origin::Given => "Given",
        Origin::Assumed => "Assumed",
        Origin::Guessed => "Guessed",
        Origin::Learned { .. } => "Learned",
        Origin::Lowered { .. } => "Lowered",
        Origin::Kept => "Kept",
    };
    CapacityStatus { per_replica: in_thousandths(capacity.per_replica), origin: origin.to_owned() }
}

fn lead_time_status(lead_time: LeadTime) -> LeadTimeStatus {
    let written = |time: SignedDuration| format!("{:#}", SignedDuration::from_secs(time.as_secs()));
    LeadTimeStatus { pod: written(lead_time.pod), node: written(lead_time.node) }
}

/// A number that people read; finer than thousandths no quantity is.
fn in_thousandths(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}
