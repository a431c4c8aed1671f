//! What the status of a DemandEvent says: how far it has come, and what its class was seen to do.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use prescale_model::Event;

use super::{Finding, READY, began, conditions, in_thousandths};
use crate::api::{DemandEventStatus, EventPhase};

/// What scalers have seen of an event. Of several, the largest counts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EventWatch {
    /// Scalers that plan with it.
    pub scalers: usize,
    /// Demand with events of its class over demand without.
    pub uplift: Option<f64>,
    /// The most demand observed during it.
    pub peak: Option<f64>,
}

impl EventWatch {
    /// Takes in what one more scaler has seen.
    pub fn add(&mut self, uplift: Option<f64>, peak: Option<f64>) {
        let larger = |one: Option<f64>, other: Option<f64>| match (one, other) {
            (Some(one), Some(other)) => Some(one.max(other)),
            (one, other) => one.or(other),
        };
        self.scalers += 1;
        self.uplift = larger(self.uplift, uplift);
        self.peak = larger(self.peak, peak);
    }
}

/// The status of a well-written event at `now`; `event` is `None` where it was called off.
#[must_use]
pub fn event_status(
    event: Option<&Event>,
    watch: EventWatch,
    (generation, before): (Option<i64>, &DemandEventStatus),
    now: Timestamp,
) -> DemandEventStatus {
    // What was seen before a restart counts on, unless the event was written anew since.
    let known_peak = before.observed_peak.filter(|_| before.observed_generation == generation);
    let observed_peak = match (known_peak, watch.peak.map(in_thousandths)) {
        (Some(known), Some(seen)) => Some(known.max(seen)),
        (known, seen) => known.or(seen),
    };
    let phase = event.map_or(EventPhase::Cancelled, |event| phase(event, observed_peak, now));
    let finding = match (event, watch.scalers) {
        (None, _) => Finding::wrong(READY, "Cancelled", "it was called off and moves nothing"),
        (Some(_), 0) => Finding::wrong(READY, "NotSelected", "no PredictiveScaler here selects it"),
        (Some(_), 1) => Finding::well(READY, "Planned", "a PredictiveScaler plans with it"),
        (Some(_), many) => Finding::well(READY, "Planned", format!("{many} PredictiveScalers plan with it")),
    };
    DemandEventStatus {
        observed_generation: generation,
        phase: Some(phase),
        learned_uplift: watch.uplift.map(in_hundredths).or(before.learned_uplift),
        observed_peak,
        conditions: ready(&finding, &before.conditions, generation, now),
    }
}

/// The status of an event that is refused, with all that is wrong with it.
#[must_use]
pub fn refused_event(
    problems: &str,
    (generation, before): (Option<i64>, &DemandEventStatus),
    now: Timestamp,
) -> DemandEventStatus {
    let finding = Finding::wrong(READY, "InvalidSpec", problems.to_owned());
    DemandEventStatus {
        observed_generation: generation,
        conditions: ready(&finding, &before.conditions, generation, now),
        ..DemandEventStatus::default()
    }
}

fn ready(finding: &Finding, before: &[Condition], generation: Option<i64>, now: Timestamp) -> Vec<Condition> {
    conditions(std::slice::from_ref(finding), &began(before), generation, now)
}

/// How far an event has come at `now`, of which `peak` was observed.
pub(crate) fn phase(event: &Event, peak: Option<f64>, now: Timestamp) -> EventPhase {
    if now < event.starts_at {
        EventPhase::Announced
    } else if now < event.ends_at {
        EventPhase::Underway
    } else if peak.is_some() {
        EventPhase::Observed
    } else {
        EventPhase::Passed
    }
}

/// Learned uplifts move a little with each event: three digits would be a write for nobody.
fn in_hundredths(ratio: f64) -> f64 {
    (ratio * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;
    use prescale_model::events::Effect;

    fn event() -> Event {
        let starts_at = Timestamp::from_second(1_000_000).unwrap();
        Event {
            name: "semi-final".to_owned(),
            class: "kick-off".to_owned(),
            effect: Effect::Demand,
            starts_at,
            ends_at: starts_at + SignedDuration::from_hours(2),
            magnitude: None,
            confidence: 1.0,
            expected: None,
        }
    }

    fn check(minutes: i64, peak: Option<f64>, phase: EventPhase) {
        let event = event();
        let watch = EventWatch { scalers: 1, uplift: Some(3.004), peak };
        let now = event.starts_at + SignedDuration::from_mins(minutes);
        let status = event_status(Some(&event), watch, (Some(1), &DemandEventStatus::default()), now);
        assert_eq!(status.phase, Some(phase), "{minutes} min, {peak:?}");
        assert_eq!(status.learned_uplift, Some(3.0));
    }

    #[test]
    fn an_event_is_announced_underway_and_then_observed_if_something_was_seen() {
        check(-1, None, EventPhase::Announced);
        check(0, Some(900.0), EventPhase::Underway);
        check(120, Some(900.0), EventPhase::Observed);
        check(120, None, EventPhase::Passed);
    }

    #[test]
    fn a_peak_outlives_a_restart_and_not_another_spec() {
        let before = DemandEventStatus {
            observed_generation: Some(1),
            observed_peak: Some(900.0),
            ..DemandEventStatus::default()
        };
        let peak = |generation, seen| {
            let watch = EventWatch { peak: seen, ..EventWatch::default() };
            let now = event().ends_at;
            event_status(Some(&event()), watch, (Some(generation), &before), now).observed_peak
        };
        assert_eq!(peak(1, None), Some(900.0));
        assert_eq!(peak(1, Some(700.0)), Some(900.0));
        assert_eq!(peak(2, Some(700.0)), Some(700.0));
    }

    #[test]
    fn what_is_wrong_or_of_no_concern_is_said() {
        let before = DemandEventStatus::default();
        let now = event().starts_at;
        let message = |status: DemandEventStatus| status.conditions[0].message.clone();
        let unselected = event_status(Some(&event()), EventWatch::default(), (Some(1), &before), now);
        assert_eq!(message(unselected), "no PredictiveScaler here selects it");
        let called_off = event_status(None, EventWatch::default(), (Some(1), &before), now);
        assert_eq!(called_off.phase, Some(EventPhase::Cancelled));
        let refused = refused_event("spec.endsAt is missing", (Some(1), &before), now);
        assert_eq!(message(refused), "spec.endsAt is missing");
    }
}
