//! From what a caller supposes to a scaler that is so. What makes no sense is refused in words.

use jiff::SignedDuration;
use prescale_model::{Autoscaler, CapacitySettings, Event, Settings};

use crate::{
    api::MOST_REPLICAS,
    web::{
        draft::written,
        wire::{EventChange, EventDraft, Problem, WhatIf},
    },
};

/// The longest lead time, as in a spec, and the farthest that an event is moved.
const LONGEST_LEAD_S: f64 = 86_400.0;
const FARTHEST_S: f64 = 400.0 * 86_400.0;
/// An event grows or shrinks at most so many times.
const MOST_TIMES: f64 = 1_000.0;

/// `scaler`, as if `changes` were so, and the calendar of that. `events` is the calendar as it is.
pub(super) fn supposed(
    scaler: &Autoscaler,
    events: &[Event],
    changes: &WhatIf,
) -> Result<(Autoscaler, Vec<Event>), Problem> {
    let settings = settings(scaler.settings(), changes)?;
    let mut calendar = events.to_vec();
    for change in &changes.events {
        apply(change, &mut calendar, scaler)?;
    }
    for draft in &changes.add {
        calendar.extend(added(draft)?);
    }
    let supposed = scaler.clone().supposing(settings);
    let supposed = if *calendar == *events { supposed } else { supposed.supposing_events(&calendar) };
    Ok((supposed, calendar))
}

fn settings(now: &Settings, changes: &WhatIf) -> Result<Settings, Problem> {
    let mut settings = now.clone();
    if let Some(risk) = changes.risk {
        let is_quantile = 0.0 < risk && risk < 1.0;
        settings.risk = accept("risk", risk, is_quantile, "is not above 0 and below 1")?;
    }
    let limits = &mut settings.limits;
    limits.min = changes.min_replicas.unwrap_or(limits.min);
    limits.max = changes.max_replicas.unwrap_or(limits.max);
    let (min, max) = (limits.min, limits.max);
    accept("minReplicas", min, 1 <= min, "is not at least 1")?;
    accept("maxReplicas", max, max <= MOST_REPLICAS, "is more than any cluster has")?;
    if max < min {
        return Err(Problem::unprocessable(format!("minReplicas {min} is above maxReplicas {max}")));
    }
    if let Some(per_replica) = changes.per_replica {
        let is_amount = per_replica.is_finite() && 0.0 < per_replica;
        let per_replica = accept("perReplica", per_replica, is_amount, "is not above 0")?;
        settings.capacity = CapacitySettings::Given { per_replica };
    }
    settings.lead_time.pod = lead("podSeconds", changes.pod_seconds)?.or(settings.lead_time.pod);
    settings.lead_time.node = lead("nodeSeconds", changes.node_seconds)?.or(settings.lead_time.node);
    Ok(settings)
}

fn lead(field: &str, seconds: Option<f64>) -> Result<Option<SignedDuration>, Problem> {
    let Some(seconds) = seconds else { return Ok(None) };
    let is_lead = (0.0..=LONGEST_LEAD_S).contains(&seconds);
    let seconds = accept(field, seconds, is_lead, "is not between 0 and 86400")?;
    Ok(Some(SignedDuration::from_secs_f64(seconds)))
}

fn accept<T: std::fmt::Display>(field: &str, value: T, holds: bool, otherwise: &str) -> Result<T, Problem> {
    if holds { Ok(value) } else { Err(Problem::unprocessable(format!("{field} {value} {otherwise}"))) }
}

fn apply(change: &EventChange, calendar: &mut Vec<Event>, scaler: &Autoscaler) -> Result<(), Problem> {
    let name = &change.name;
    let Some(index) = calendar.iter().position(|event| event.name == *name) else {
        return Err(Problem::unprocessable(format!("no event `{name}` concerns this scaler")));
    };
    if change.cancelled == Some(true) {
        calendar.remove(index);
        return Ok(());
    }
    let event = &mut calendar[index];
    let by = shift(change, event)?;
    let moved = event.starts_at.checked_add(by).ok().zip(event.ends_at.checked_add(by).ok());
    let too_far = || Problem::unprocessable(format!("event `{name}` would be beyond the calendar"));
    (event.starts_at, event.ends_at) = moved.ok_or_else(too_far)?;
    if let Some(times) = change.magnitude_times {
        let is_ratio = 0.0 < times && times <= MOST_TIMES;
        let times = accept("magnitudeTimes", times, is_ratio, "is not above 0 and at most 1000")?;
        resize(event, times, scaler)?;
    }
    Ok(())
}

/// How much later an event is to be.
fn shift(change: &EventChange, event: &Event) -> Result<SignedDuration, Problem> {
    let seconds = match (change.starts_at, change.shift_seconds) {
        (None, None) => 0.0,
        (Some(starts_at), None) => starts_at.duration_since(event.starts_at).as_secs_f64(),
        (None, Some(seconds)) => seconds,
        (Some(_), Some(_)) => {
            let name = &change.name;
            let message = format!("event `{name}`: say one of startsAt and shiftSeconds");
            return Err(Problem::unprocessable(message));
        }
    };
    let is_near = seconds.abs() <= FARTHEST_S;
    accept("shiftSeconds", seconds, is_near, "is further than any event is moved")
        .map(SignedDuration::from_secs_f64)
}

/// Makes an event so many times as large. What nobody has given a size has that of a usual one of its class.
fn resize(event: &mut Event, times: f64, scaler: &Autoscaler) -> Result<(), Problem> {
    let classes = scaler.forecaster().tracker().profiles();
    let usual = classes.get(&event.class).and_then(|profile| profile.magnitude());
    event.magnitude = event.magnitude.or(usual).map(|magnitude| magnitude * times);
    if let Some(expected) = &mut event.expected {
        expected.peak *= times;
    }
    if event.magnitude.is_none() && event.expected.is_none() {
        let name = &event.name;
        let message = format!(
            "event `{name}` has neither magnitude nor expectedDemand, so that nothing of it can be larger"
        );
        return Err(Problem::unprocessable(message));
    }
    Ok(())
}

/// A draft as the event that it would be; none where it is called off.
fn added(draft: &EventDraft) -> Result<Option<Event>, Problem> {
    let refused = |problems| Problem::unprocessable(format!("{problems}"));
    written(draft).and_then(|event| event.check()).map_err(refused)
}
