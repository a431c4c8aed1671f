//! What a scaler runs on, in words.

use prescale_model::{CapacitySettings, SilentThen, capacity::Origin as Known};

use crate::{
    api::CheckedScaler,
    sources::{Origin, Source},
    web::wire::{CapacityHow, CapacityShown, SpecShown},
};

/// What `spec` says, with the capacity that plans reckon with and the horizon that is forecast.
pub(super) fn spec(
    spec: &CheckedScaler,
    capacity: Option<prescale_model::capacity::Capacity>,
    horizon_s: f64,
) -> SpecShown {
    let settings = &spec.settings;
    SpecShown {
        min_replicas: settings.limits.min,
        max_replicas: settings.limits.max,
        step_seconds: settings.step.as_secs_f64(),
        risk: settings.risk,
        horizon_seconds: horizon_s,
        demand_source: source(&spec.demand),
        capacity: CapacityShown {
            per_replica: capacity.map(|capacity| capacity.per_replica),
            how: how(settings.capacity, capacity.map(|capacity| capacity.origin)),
        },
        fallback: fallback(spec),
    }
}

fn how(settings: CapacitySettings, known: Option<Known>) -> CapacityHow {
    match (settings, known) {
        (CapacitySettings::Given { .. }, _) => CapacityHow::Given,
        (
            CapacitySettings::Learned { .. },
            Some(Known::Learned { .. } | Known::Lowered { .. } | Known::Kept),
        ) => CapacityHow::Learned,
        (CapacitySettings::Learned { .. }, Some(Known::Given | Known::Assumed | Known::Guessed) | None) => {
            CapacityHow::Learning
        }
    }
}

/// Where values come from.
pub(super) fn source(source: &Source) -> String {
    let delay =
        if source.delay.is_zero() { String::new() } else { format!(", known {:#} late", source.delay) };
    let origin = match &source.origin {
        Origin::Prometheus { query } => format!("Prometheus: {query}"),
        Origin::Kafka { topic, consumer_group, sum } => {
            let what = sum.as_ref().map_or(String::new(), |field| format!(", sum of {field}"));
            let group = consumer_group.as_ref().map_or(String::new(), |group| format!(", group {group}"));
            format!("Kafka: topic {topic}{group}{what}")
        }
        Origin::Push { signal, .. } => format!("pushed as {signal}"),
    };
    format!("{origin}, each {:#}{delay}", source.step)
}

fn fallback(spec: &CheckedScaler) -> String {
    let fallback = spec.settings.fallback;
    let then = match fallback.then {
        SilentThen::Reactive => "the demand that was seen last is followed, at no less than the current size",
        SilentThen::HoldSize => "the size is kept",
    };
    format!(
        "a source that is silent for {:#} has its last plan held for {:#}; then {then}",
        fallback.stale_after, fallback.hold_for
    )
}
