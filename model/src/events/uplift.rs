//! What an event of a class does to demand: a profile of lift over the minutes from its start, learned from
//! past events of the class, and scaled by size.
//!
//! Lift is a ratio to what demand would be without the event: 1 changes nothing, 20 is twenty times as much.

use serde::{Deserialize, Serialize};

use super::{Event, pool};
use crate::forecast::{NORMAL, sound};

/// Minutes from the start at which a profile has a value: dense where sales open and matches start.
pub const KNOTS_MIN: [f64; 36] = [
    -90.0, -75.0, -60.0, -45.0, -30.0, -20.0, -15.0, -10.0, -7.0, -5.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0,
    5.0, 7.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 75.0, 90.0, 105.0, 120.0, 135.0, 150.0, 165.0, 180.0,
    210.0, 240.0, 300.0,
];

/// Knots of a profile.
pub const KNOTS: usize = KNOTS_MIN.len();

/// Lifts are kept within these, so that one strange night cannot ask for the moon.
const LEAST_LIFT: f64 = 0.2;
const MOST_LIFT: f64 = 100.0;

/// From so long after the start on, a profile fades: by then it holds more of the day's rhythm than of the event,
/// and it must not end in a step.
const FADES_FROM_MIN: f64 = 180.0;

/// An event's size counts at most this many times the usual one of its class, and at least its inverse: beyond
/// that, a straight line through few events is not believed.
const MOST_SIZE: f64 = 10.0;

/// Weight of the newest event in a profile that has seen many.
const LEAST_GAIN: f64 = 0.15;

/// Relative error of the logarithm of lift before any was seen, and its weight in events.
const FIRST_ERROR: f64 = 0.15;

/// What is believed of a class before events of it were seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prior {
    /// Logarithm of the lift at each knot, for an event of the usual size.
    pub log_lift: Vec<f64>,
    /// The usual size, where events have one.
    pub magnitude: Option<f64>,
    /// Relative error of the logarithm of lift.
    pub error: f64,
}

/// The profile of one class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    events: u32,
    /// What other series say; `None` where none has seen the class.
    prior: Option<Box<Prior>>,
    /// Logarithm of the lift at each knot, for an event of the usual size, as seen here.
    log_lift: Vec<f64>,
    /// Mean size of those events that gave one.
    magnitude: Option<f64>,
    /// Relative error of the logarithm of lift at the peak, from one event to the next.
    error: f64,
}

impl Default for Profile {
    fn default() -> Self {
        Self { events: 0, prior: None, log_lift: vec![0.0; KNOTS], magnitude: None, error: FIRST_ERROR }
    }
}

impl Profile {
    /// Whether all lengths fit, and all numbers can be computed with.
    pub(crate) fn is_sound(&self) -> bool {
        let is_prior = |prior: &Prior| {
            are_logs(&prior.log_lift)
                && prior.magnitude.is_none_or(is_magnitude)
                && sound::is_size(prior.error)
        };
        are_logs(&self.log_lift)
            && self.magnitude.is_none_or(is_magnitude)
            && sound::is_size(self.error)
            && self.prior.as_deref().is_none_or(is_prior)
    }

    /// Events it has been learned from.
    #[must_use]
    pub fn events(&self) -> u32 {
        self.events
    }

    /// Whether anything is known, from here or from other series.
    #[must_use]
    pub fn is_known(&self) -> bool {
        0 < self.events || self.prior.is_some()
    }

    /// Takes over what other series say.
    pub fn adopt(&mut self, prior: &Prior) {
        self.prior = Some(Box::new(prior.clone()));
    }

    /// What other series say; `None` where none has seen the class.
    #[must_use]
    pub fn prior(&self) -> Option<&Prior> {
        self.prior.as_deref()
    }

    /// Relative error of the logarithm of lift to be expected of the next event.
    #[must_use]
    pub fn error(&self) -> f64 {
        let own = pool::weight(self.events);
        self.prior.as_ref().map_or(self.error, |prior| own * self.error + (1.0 - own) * prior.error)
    }

    /// Logarithm of the lift at each knot as seen here, for an event of the usual size.
    #[must_use]
    pub fn log_lift(&self) -> &[f64] {
        &self.log_lift
    }

    /// Mean size of those events that gave one.
    #[must_use]
    pub fn magnitude(&self) -> Option<f64> {
        self.magnitude.or(self.prior.as_ref().and_then(|prior| prior.magnitude))
    }

    /// Lift of a usual event at its peak, at least 1.
    #[must_use]
    pub fn peak(&self) -> f64 {
        (0..KNOTS).map(|knot| self.believed(knot)).fold(0.0, f64::max).exp()
    }

    /// Logarithm of the lift at a knot: what was seen here, and what others say as long as that was little.
    fn believed(&self, knot: usize) -> f64 {
        let own = pool::weight(self.events);
        match &self.prior {
            Some(prior) => own * self.log_lift[knot] + (1.0 - own) * prior.log_lift[knot],
            None => self.log_lift[knot],
        }
    }

    /// Lift of `event`, `minutes` after its start.
    #[must_use]
    pub fn lift(&self, event: &Event, minutes: f64) -> f64 {
        let Some((below, share)) = between_knots(minutes) else { return 1.0 };
        let log = (1.0 - share) * self.believed(below) + share * self.believed(below + 1);
        let usual = (log * fading(minutes)).exp();
        1.0 + (usual - 1.0) * self.size(event)
    }

    /// Size of an event, where 1 is usual for its class.
    #[must_use]
    pub fn size(&self, event: &Event) -> f64 {
        let ratio = event.magnitude.zip(self.magnitude()).map(|(size, usual)| size / usual);
        ratio.unwrap_or(1.0).clamp(1.0 / MOST_SIZE, MOST_SIZE)
    }

    /// Learns from an event that is over.
    pub fn learn(&mut self, event: &Event, course: &Course) {
        let Some(seen) = course.log_lift() else { return };
        let gain = (1.0 / f64::from(self.events + 1)).max(LEAST_GAIN);
        self.learn_error(event, &seen);
        let size = self.size(event);
        for (known, seen) in self.log_lift.iter_mut().zip(seen) {
            let usual = 1.0 + (seen.exp() - 1.0) / size;
            *known += gain * (usual.clamp(LEAST_LIFT, MOST_LIFT).ln() - *known);
        }
        if let Some(magnitude) = event.magnitude.filter(|magnitude| 0.0 < *magnitude) {
            self.learn_usual_size(gain, magnitude);
        }
        self.events += 1;
    }

    /// Moves the usual size, and the profile with it, since that is for an event of the usual size.
    fn learn_usual_size(&mut self, gain: f64, magnitude: f64) {
        let before = *self.magnitude.get_or_insert(magnitude);
        let usual = before + gain * (magnitude - before);
        for log_lift in &mut self.log_lift {
            let lift = 1.0 + (log_lift.exp() - 1.0) * usual / before;
            *log_lift = lift.clamp(LEAST_LIFT, MOST_LIFT).ln();
        }
        self.magnitude = Some(usual);
    }

    fn learn_error(&mut self, event: &Event, seen: &[f64; KNOTS]) {
        if self.events == 0 {
            return;
        }
        let highest = |logs: &[f64]| logs.iter().copied().fold(0.0, f64::max);
        let expected = KNOTS_MIN.map(|minutes| self.lift(event, minutes).max(LEAST_LIFT).ln());
        let (expected, seen) = (highest(&expected), highest(seen));
        if 0.1 < expected {
            let gain = 1.0 / f64::from(self.events + 1).min(1.0 / LEAST_GAIN);
            self.error += gain * ((seen - expected).abs() / expected - self.error);
        }
    }
}

/// How much an event lifts demand at its peak, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Uplift {
    /// Demand with the event over demand without.
    pub ratio: f64,
    /// Nine of ten events lie from here
    pub low: f64,
    /// to here.
    pub high: f64,
    /// Events of its class that were seen on this series.
    pub events: u32,
}

impl Profile {
    /// What is known of an event's uplift.
    #[must_use]
    pub fn uplift(&self, event: &Event) -> Uplift {
        let log = (1.0 + (self.peak() - 1.0) * self.size(event)).ln();
        let doubt = NORMAL[3] * self.error() * log;
        Uplift { ratio: log.exp(), low: (log - doubt).exp(), high: (log + doubt).exp(), events: self.events }
    }
}

/// What is seen of one event while it runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Course {
    sums: Vec<(f32, f32)>,
}

impl Course {
    /// Whether there is a sum a knot, or none, of logarithms of lifts.
    pub(crate) fn is_sound(&self) -> bool {
        let is_sum = |(sum, weight): &(f32, f32)| sound::is_number(*sum) && sound::is_size(*weight);
        [0, KNOTS].contains(&self.sums.len()) && self.sums.iter().all(is_sum)
    }

    /// Takes in the lift seen `minutes` after the start.
    pub fn add(&mut self, minutes: f64, lift: f64) {
        if self.sums.is_empty() {
            self.sums = vec![(0.0, 0.0); KNOTS];
        }
        let Some((below, share)) = between_knots(minutes) else { return };
        let log = lift.clamp(LEAST_LIFT, MOST_LIFT).ln();
        for (knot, weight) in [(below, 1.0 - share), (below + 1, share)] {
            self.sums[knot].0 += (weight * log) as f32;
            self.sums[knot].1 += weight as f32;
        }
    }

    /// Mean logarithm of lift at each knot; knots that no step fell near take their neighbour's. `None` where
    /// nothing was seen.
    fn log_lift(&self) -> Option<[f64; KNOTS]> {
        let means: Vec<_> =
            self.sums.iter().map(|(sum, weight)| (0.05 < *weight).then(|| f64::from(sum / weight))).collect();
        let mut last = means.iter().flatten().next().copied()?;
        let mut filled = [0.0; KNOTS];
        for (filled, mean) in filled.iter_mut().zip(means) {
            last = mean.unwrap_or(last);
            *filled = last;
        }
        Some(filled)
    }
}

/// What is left of a profile: all until `FADES_FROM_MIN`, nothing at its last knot.
fn fading(minutes: f64) -> f64 {
    let end = KNOTS_MIN[KNOTS - 1];
    ((end - minutes) / (end - FADES_FROM_MIN)).clamp(0.0, 1.0)
}

/// The knot at or below `minutes` and the share of the way to the next; `None` outside the profile.
fn between_knots(minutes: f64) -> Option<(usize, f64)> {
    let above = KNOTS_MIN.partition_point(|&knot| knot <= minutes);
    let below = above.checked_sub(1).filter(|&below| below + 1 < KNOTS)?;
    Some((below, (minutes - KNOTS_MIN[below]) / (KNOTS_MIN[below + 1] - KNOTS_MIN[below])))
}

/// Whether there is a logarithm of a lift a knot.
fn are_logs(logs: &[f64]) -> bool {
    let range = LEAST_LIFT.ln()..=MOST_LIFT.ln();
    logs.len() == KNOTS && logs.iter().all(|log| range.contains(log))
}

/// Whether sizes can be taken in proportion to it.
fn is_magnitude(magnitude: f64) -> bool {
    magnitude.is_finite() && 0.0 < magnitude
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::Effect;

    fn event(magnitude: Option<f64>) -> Event {
        Event {
            name: "match".into(),
            class: "kick-off".into(),
            effect: Effect::Demand,
            starts_at: "2026-06-11T19:00:00Z".parse().unwrap(),
            ends_at: "2026-06-11T21:00:00Z".parse().unwrap(),
            magnitude,
            confidence: 1.0,
            expected: None,
        }
    }

    /// Learns events of the given size and lift (from 5 minutes before to an hour after the start).
    fn learned(past: &[(Option<f64>, f64)]) -> Profile {
        let mut profile = Profile::default();
        for &(magnitude, lift) in past {
            let mut course = Course::default();
            for minute in -90..300 {
                let during = (-5..=60).contains(&minute);
                course.add(f64::from(minute), if during { lift } else { 1.0 });
            }
            profile.learn(&event(magnitude), &course);
        }
        profile
    }

    fn check(past: &[(Option<f64>, f64)], next: Option<f64>, minutes: f64, expected: f64) {
        let lift = learned(past).lift(&event(next), minutes);
        assert!((lift / expected - 1.0).abs() < 0.05, "{lift} is not {expected}");
    }

    #[test]
    fn the_next_event_is_expected_to_lift_like_the_last_ones() {
        check(&[], None, 10.0, 1.0);
        check(&[(None, 8.0)], None, 10.0, 8.0);
        check(&[(None, 4.0), (None, 9.0)], None, 10.0, 6.0);
        check(&[(None, 8.0)], None, 200.0, 1.0);
    }

    #[test]
    fn a_larger_event_lifts_by_its_size_within_bounds() {
        check(&[(Some(1e6), 5.0)], Some(2e6), 10.0, 9.0);
        check(&[(Some(1e6), 5.0), (Some(2e6), 9.0)], Some(4e6), 10.0, 17.0);
        check(&[(Some(1e6), 5.0)], Some(1e9), 10.0, 41.0);
        check(&[(Some(1e6), 5.0)], None, 10.0, 5.0);
    }

    #[test]
    fn an_uplift_has_a_range_that_narrows_as_events_agree() {
        let one = learned(&[(Some(1e6), 6.0)]).uplift(&event(Some(2e6)));
        let many = learned(&[(Some(1e6), 6.0); 6]).uplift(&event(Some(2e6)));
        assert!((many.ratio / 11.0 - 1.0).abs() < 0.05, "{many:?}");
        assert!(one.low < many.low && many.low < 11.0 && 11.0 < many.high && many.high < one.high);
        assert_eq!((one.events, many.events), (1, 6));
    }

    #[test]
    fn events_that_agree_are_trusted_more() {
        let (alike, unlike) = (learned(&[(None, 6.0); 6]), learned(&[(None, 2.0), (None, 30.0)].repeat(3)));
        assert!(alike.error() < FIRST_ERROR / 2.0, "{}", alike.error());
        assert!(0.3 < unlike.error(), "{}", unlike.error());
    }
}
