//! What a supposition changes, in a sentence.

use jiff::SignedDuration;
use prescale_model::{Autoscaler, Event};

use crate::web::wire::{Course, WhatIf};

/// What is otherwise of `after` than of `before`.
pub(super) fn says((before, after): (&Course, &Course), scaler: &Autoscaler) -> String {
    let Some(reach) = before.at.first().zip(before.at.last()) else {
        return match (before.plan.replicas, after.plan.replicas) {
            (same, replicas) if same == replicas => {
                "Nothing is forecast yet, and the plan of now stays as it is.".to_owned()
            }
            (was, is) => format!("Nothing is forecast yet; now {is} replicas are planned instead of {was}."),
        };
    };
    let horizon = reach.1.duration_since(*reach.0) + scaler.settings().step;
    let horizon = SignedDuration::from_mins((horizon.as_secs_f64() / 60.0).round() as i64);
    if before == after {
        return format!("Nothing changes within the {horizon:#} that are forecast.");
    }
    let now = match (before.plan.replicas, after.plan.replicas) {
        (same, replicas) if same == replicas => format!("Now {same} replicas as before"),
        (was, is) => format!("Now {is} replicas instead of {was}"),
    };
    let most = |replicas: &[u32]| replicas.iter().copied().max().unwrap_or(0);
    let at_most = match (most(&before.replicas), most(&after.replicas)) {
        (same, replicas) if same == replicas => format!("at most {same} as before"),
        (was, is) => format!("at most {is} instead of {was}"),
    };
    let peak = |demand: &[f64]| demand.iter().copied().fold(0.0, f64::max);
    let (was, is) = (peak(&before.demand), peak(&after.demand));
    let demand = if shown(was) == shown(is) {
        format!("demand reaches {}", shown(is))
    } else {
        format!("demand reaches {} instead of {}", shown(is), shown(was))
    };
    format!("{now}, {at_most} within the {horizon:#} that are forecast, in which {demand}.")
}

/// What of a supposition lies beyond all that is forecast, in sentences that follow; empty where nothing does.
pub(super) fn unseen(changes: &WhatIf, calendar: &[Event], supposed: &Autoscaler) -> String {
    let Some((last, _)) = supposed.forecast().and_then(|forecast| forecast.steps().last()) else {
        return String::new();
    };
    let mut says = String::new();
    let names =
        changes.events.iter().map(|change| &change.name).chain(changes.add.iter().map(|draft| &draft.name));
    for event in names.filter_map(|name| calendar.iter().find(|event| event.name == *name)) {
        let begins =
            event.starts_at - event.expected.map_or(SignedDuration::ZERO, |expected| expected.ramp_up);
        if last < begins {
            let (name, at) = (&event.name, event.starts_at);
            says +=
                &format!(" Event `{name}` starts at {at}, after that: nothing of it is in this plan yet.");
        }
    }
    let settings = supposed.settings();
    let lead = [settings.lead_time.pod, settings.lead_time.node].into_iter().flatten().max();
    if lead.is_some_and(|lead| last < supposed.forecast().map_or(last, |forecast| forecast.origin) + lead) {
        says +=
            " A scaler with such lead times would forecast further ahead: this one plans by what it knows.";
    }
    says
}

/// To three figures or whole.
fn shown(demand: f64) -> String {
    match demand {
        small if small < 10.0 => format!("{}", (small * 100.0).round() / 100.0),
        middling if middling < 100.0 => format!("{}", (middling * 10.0).round() / 10.0),
        large => format!("{}", large.round()),
    }
}
