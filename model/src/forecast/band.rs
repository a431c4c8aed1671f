//! How often forecasts must hold: quantiles of their errors in units of the size that was expected, tracked online.
//!
//! Each quantile is tracked by stochastic gradient: up by `s·Q` on a miss, down by `s·(1 − Q)` otherwise, which makes
//! its long-run coverage `Q` whatever the errors do (online conformal prediction; Gibbs and Candès, 2021;
//! Angelopoulos, Candès and Tibshirani, 2023). Each part of an event's course has trackers of its own, since errors
//! there are of another kind.

use serde::{Deserialize, Serialize};

use super::{QUANTILES, Quantiles};

/// Where the trackers start, in geometric mean sizes of an error: a normal law with heavy tails.
const FIRST: [f32; QUANTILES.len()] = [-1.9, 0.0, 1.9, 2.6, 4.2];

/// No quantile lies further out, in sizes of an error.
const MOST: f64 = 50.0;

/// Least step of a tracker without events, and on an event's course, where there is less time.
const LEAST_GAIN: [f64; Regime::COUNT] = [0.004, 0.008, 0.008];

/// Part of an event's course, by which errors are calibrated apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Regime {
    /// No event.
    #[default]
    Quiet,
    /// One is about to start, or has just started.
    Start,
    /// One is running, or has just ended.
    Course,
}

impl Regime {
    /// How many there are.
    pub const COUNT: usize = 3;
    /// All of them.
    pub const EACH: [Self; Self::COUNT] = [Self::Quiet, Self::Start, Self::Course];
}

/// Tracked quantiles of one horizon.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Band {
    quiet: Tracker,
    /// Of the parts of an event's course, once one has been seen: most series never need them.
    of_events: Option<Box<OfEvents>>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct OfEvents {
    start: Tracker,
    course: Tracker,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Tracker {
    values: [f32; QUANTILES.len()],
    learned: u32,
}

impl Default for Tracker {
    fn default() -> Self {
        Self { values: FIRST, learned: 0 }
    }
}

impl Band {
    /// Whether its quantiles lie within bounds.
    pub(super) fn is_sound(&self) -> bool {
        let trackers = Regime::EACH.into_iter().filter_map(|regime| self.tracker(regime));
        trackers.flat_map(|tracker| tracker.values).all(|value| f64::from(value).abs() <= MOST)
    }

    /// Learns an error: whether it came above each quantile that was said.
    pub fn learn(&mut self, regime: Regime, above: [bool; QUANTILES.len()]) {
        let quiet = self.quiet.values;
        let tracker = self.tracker_mut(regime);
        if tracker.learned == 0 {
            tracker.values = quiet;
        }
        tracker.learn(above, LEAST_GAIN[regime as usize]);
    }

    /// Quantiles of the error, in sizes that are expected of it; never descending. Until a part of the course has been
    /// seen, steps without events stand in.
    #[must_use]
    pub fn quantiles(&self, regime: Regime) -> Quantiles {
        let own = self.tracker(regime).filter(|own| 0 < own.learned);
        ascending(own.unwrap_or(&self.quiet).values.map(f64::from))
    }

    fn tracker(&self, regime: Regime) -> Option<&Tracker> {
        match regime {
            Regime::Quiet => Some(&self.quiet),
            Regime::Start => self.of_events.as_deref().map(|of_events| &of_events.start),
            Regime::Course => self.of_events.as_deref().map(|of_events| &of_events.course),
        }
    }

    fn tracker_mut(&mut self, regime: Regime) -> &mut Tracker {
        match regime {
            Regime::Quiet => &mut self.quiet,
            Regime::Start => &mut self.of_events.get_or_insert_default().start,
            Regime::Course => &mut self.of_events.get_or_insert_default().course,
        }
    }
}

impl Tracker {
    fn learn(&mut self, above: [bool; QUANTILES.len()], least_gain: f64) {
        self.learned = self.learned.saturating_add(1);
        let fading = 0.08 * (1.0 + f64::from(self.learned) / 100.0).powf(-0.6);
        let gain = fading.max(least_gain);
        for ((value, quantile), above) in self.values.iter_mut().zip(QUANTILES).zip(above) {
            let now = f64::from(*value);
            let size = gain * now.abs().max(0.3);
            let moved = if above { size * quantile } else { -size * (1.0 - quantile) };
            *value = (now + moved).clamp(-MOST, MOST) as f32;
        }
    }
}

/// The same values, none below the one before.
#[must_use]
pub fn ascending(mut values: Quantiles) -> Quantiles {
    for index in 1..values.len() {
        values[index] = values[index].max(values[index - 1]);
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For errors of a skewed law with a known spread: each quantile's share of errors at or below it.
    fn check(spread: impl Fn(usize) -> f64) {
        let mut band = Band::default();
        let (mut below, mut counted) = ([0.0; QUANTILES.len()], 0.0);
        for step in 0..40_000 {
            let uniform = (step as f64 * 0.754_877_666).fract();
            let ratio = -spread(step) * (1.0 - uniform).ln();
            if 2_000 < step {
                counted += 1.0;
                let quantiles = band.quantiles(Regime::Quiet);
                below.iter_mut().zip(quantiles).for_each(|(n, q)| *n += f64::from(u8::from(ratio <= q)));
            }
            let above = band.quantiles(Regime::Quiet).map(|quantile| quantile < ratio);
            band.learn(Regime::Quiet, above);
        }
        for (below, quantile) in below.into_iter().zip(QUANTILES) {
            assert!((below / counted - quantile).abs() < 0.015, "q{quantile} covers {}", below / counted);
        }
    }

    #[test]
    fn each_quantile_covers_its_share() {
        check(|_| 1.0);
    }

    #[test]
    fn a_change_of_spread_is_followed() {
        check(|step| if step / 5_000 % 2 == 0 { 0.5 } else { 4.0 });
    }

    #[test]
    fn until_an_event_was_seen_its_errors_are_expected_to_be_as_usual() {
        let mut band = Band::default();
        for step in 0..500 {
            let above = band.quantiles(Regime::Quiet).map(|quantile| quantile < f64::from(step % 7) - 3.0);
            band.learn(Regime::Quiet, above);
        }
        assert_eq!(band.quantiles(Regime::Start), band.quantiles(Regime::Quiet));
        band.learn(Regime::Start, [true; QUANTILES.len()]);
        assert!(band.quantiles(Regime::Quiet)[4] < band.quantiles(Regime::Start)[4]);
    }
}
