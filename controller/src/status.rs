//! What a scaler's status says, made from what was decided. Written by [`crate::apply`], and only when something
//! that a person would notice has changed.

mod event_status;
mod finding;
mod standing;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use prescale_model::{
    Plan,
    capacity::{Capacity, Origin},
    lead_time::{KnownBy, Starts},
};

pub(crate) use event_status::phase;
pub use event_status::{EventWatch, event_status, refused_event};
pub use finding::{Finding, Truth, conditions};
pub use standing::{
    Began, CONDITIONS, FORECASTING, HEADROOM_READY, HPA_HEALTHY, READY, SCALING_UNLIMITED, SIGNALS_HEALTHY,
    SOURCE_HEALTHY, Standing, began, standing,
};

use crate::{
    api::{AdviceStatus, CapacityStatus, CostStatus, HeadroomStatus, LeadTimeStatus, PredictiveScalerStatus},
    headroom::By,
};

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
    /// What keeps node room, and how that fares.
    pub headroom: (Option<By>, Option<&'a str>),
    /// Time that the HPA takes to read the plan.
    pub hpa_period: SignedDuration,
    /// Starts of the workload's pods that were measured.
    pub starts: &'a Starts,
    /// How the lead times of pod and node are known.
    pub known: (KnownBy, KnownBy),
    /// What its nodes cost, and what its containers might request.
    pub cost: &'a (Option<CostStatus>, Option<AdviceStatus>),
}

/// The status of a scaler that runs.
#[must_use]
pub fn running(shown: Shown<'_>, conditions: Vec<Condition>) -> PredictiveScalerStatus {
    let Shown { generation, plan, current, forecast, hpa, headroom: (by, message), .. } = shown;
    PredictiveScalerStatus {
        observed_generation: generation,
        planned_replicas: Some(plan.replicas),
        reason: Some(plan.reason.to_string()),
        current_replicas: current,
        headroom: Some(HeadroomStatus {
            pods: plan.headroom,
            by: by.map(|by| by.word().to_owned()),
            message: message.map(str::to_owned),
        }),
        observed_demand: plan.observed.map(in_thousandths),
        forecast_demand: forecast.map(in_thousandths),
        served_demand: plan.demand.map(in_thousandths),
        capacity: plan.reason.capacity.map(capacity_status),
        lead_time: Some(lead_time_status(&shown)),
        cost: shown.cost.0.clone(),
        advice: shown.cost.1.clone(),
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
    before: &[Began],
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

fn lead_time_status(shown: &Shown<'_>) -> LeadTimeStatus {
    let written = |time: SignedDuration| format!("{:#}", SignedDuration::from_secs(time.as_secs()));
    let count = |starts: usize| u32::try_from(starts).unwrap_or(u32::MAX);
    let word = |known: KnownBy| {
        let word = match known {
            KnownBy::Typed => "Typed",
            KnownBy::Measured => "Measured",
            KnownBy::Pool => "Pool",
            KnownBy::Prior => "Prior",
        };
        word.to_owned()
    };
    let (lead_time, (pod, node)) = (shown.plan.lead_time, shown.known);
    LeadTimeStatus {
        pod: written(lead_time.pod),
        node: written(lead_time.node),
        poll_period: Some(written(shown.hpa_period)),
        pod_starts: count(shown.starts.pods.len()),
        node_starts: count(shown.starts.nodes.len()),
        pod_source: word(pod),
        node_source: word(node),
    }
}

/// A number that people read; finer than thousandths no quantity is.
fn in_thousandths(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}
