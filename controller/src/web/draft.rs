//! From an event as a caller drafts it to the one that is written, checked as every file is that people write.

use super::wire::{EventDraft, EventEffect};
use crate::api::{DemandEvent, DemandEventSpec, EffectSpec, ExpectedDemandSpec, Problems, WrittenDuration};

/// The event of a draft, checked.
pub(super) fn written(draft: &EventDraft) -> Result<DemandEvent, Problems> {
    let mut problems = Problems::default();
    let mut duration = |field: &str, text: &str| {
        let read = text.parse::<WrittenDuration>();
        read.map_err(|error| problems.refuse(field, format!("`{text}`"), error.to_string())).ok()
    };
    let lasts = draft.duration.as_ref().and_then(|text| duration("spec.duration", text));
    let expected_demand = draft.expected_demand.as_ref().map(|expected| {
        let ramp_up = expected.ramp_up.as_ref().and_then(|text| duration("spec.expectedDemand.rampUp", text));
        ExpectedDemandSpec {
            peak: expected.peak,
            ramp_up: ramp_up.unwrap_or(WrittenDuration::from_secs(600)),
        }
    });
    let spec = DemandEventSpec {
        class: draft.class.clone(),
        effect: match draft.effect {
            EventEffect::Demand => EffectSpec::Demand,
            EventEffect::Holiday => EffectSpec::Holiday,
            EventEffect::Exclusion => EffectSpec::Exclusion,
        },
        starts_at: draft.starts_at.clone(),
        time_zone: draft.time_zone.clone(),
        ends_at: draft.ends_at.clone(),
        duration: lasts,
        magnitude: draft.magnitude,
        confidence: draft.confidence.unwrap_or(1.0),
        expected_demand,
        cancelled: draft.cancelled,
    };
    let mut event = DemandEvent::new(&draft.name, spec);
    event.metadata.namespace = Some(draft.namespace.clone());
    event.metadata.resource_version = draft.resource_version.clone();
    event.metadata.labels = Some(draft.labels.clone()).filter(|labels| !labels.is_empty());
    if !problems.is_empty() {
        return Err(problems);
    }
    event.check()?;
    Ok(event)
}
