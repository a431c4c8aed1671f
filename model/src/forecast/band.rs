//! How wide a forecast must be: quantiles of its own errors, tracked online, in units of their recent size.
//!
//! For each horizon, `e = level − centre` is divided by a scale that follows the errors of the last hour and the
//! last day, and each quantile of the ratio is tracked by stochastic gradient: up by `s·Q` on a miss, down by
//! `s·(1 − Q)` otherwise, which makes its long-run coverage `Q` whatever the errors do (online conformal
//! prediction; Gibbs and Candès, 2021; Angelopoulos, Candès and Tibshirani, 2023). Steps in the reach of an
//! event have trackers of their own, since errors there are of another kind.

use jiff::SignedDuration;

use super::average::Average;
use super::centre::Pending;
use super::{QUANTILES, Quantiles};

/// Memories of the size of errors.
const SHORT_MEMORY: SignedDuration = SignedDuration::from_mins(60);
const LONG_MEMORY: SignedDuration = SignedDuration::from_hours(24);

/// Where the trackers start, in mean absolute errors: a normal law with slightly heavy tails.
const FIRST_RATIOS: Quantiles = [-1.6, 0.0, 1.6, 2.2, 3.8];

/// Size of an error before any was seen, as a share of the level.
const FIRST_SCALE: f64 = 0.02;

/// Least scale, on the scale of levels; keeps ratios finite.
const LEAST_SCALE: f64 = 1e-4;

/// Kinds of steps that are calibrated apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Regime {
    /// No announced event moves demand.
    Quiet,
    /// One does.
    Event,
}

/// The band of one horizon.
#[derive(Clone, Debug)]
pub struct Band {
    pending: Pending<Option<Said>>,
    short: Average,
    long: Average,
    quiet: Ratios,
    event: Ratios,
}

#[derive(Clone, Copy, Debug)]
struct Said {
    centre: f64,
    scale: f64,
    regime: Regime,
}

impl Band {
    /// For a series on this step, `horizon` steps ahead.
    #[must_use]
    pub fn new(step: SignedDuration, horizon: u32) -> Self {
        Self {
            pending: Pending::new(horizon),
            short: Average::over(SHORT_MEMORY, step),
            long: Average::over(LONG_MEMORY, step),
            quiet: Ratios::new(0.004),
            event: Ratios::new(0.008),
        }
    }

    /// Learns how the forecast for this step came out; `None` is a gap, of which nothing is learned.
    pub fn learn(&mut self, level: Option<f64>) {
        let Some((said, level)) = self.pending.take().flatten().zip(level) else { return };
        let error = level - said.centre;
        self.short.add(error.abs());
        self.long.add(error.abs());
        self.ratios_mut(said.regime).learn(error / said.scale);
    }

    /// Quantiles around `centre`, for the step a horizon ahead, which is remembered until it comes.
    pub fn spread(&mut self, centre: f64, regime: Regime) -> Quantiles {
        let scale = self.scale(centre);
        self.pending.say(Some(Said { centre, scale, regime }));
        self.ratios(regime).values.map(|ratio| centre + scale * ratio)
    }

    /// Says nothing of the step a horizon ahead.
    pub fn skip(&mut self) {
        self.pending.say(None);
    }

    /// Forgets what was said, since the series has started afresh.
    pub fn restart(&mut self) {
        self.pending.clear();
    }

    fn scale(&self, centre: f64) -> f64 {
        let seen = self.short.get().zip(self.long.get()).map(|(short, long)| 0.5 * (short + long));
        seen.unwrap_or(FIRST_SCALE * centre).max(LEAST_SCALE)
    }

    /// Until an event's errors were seen, those of quiet steps stand in.
    fn ratios(&self, regime: Regime) -> &Ratios {
        match regime {
            Regime::Event if 0 < self.event.learned => &self.event,
            Regime::Event | Regime::Quiet => &self.quiet,
        }
    }

    fn ratios_mut(&mut self, regime: Regime) -> &mut Ratios {
        match regime {
            Regime::Quiet => &mut self.quiet,
            Regime::Event => {
                if self.event.learned == 0 {
                    self.event.values = self.quiet.values;
                }
                &mut self.event
            }
        }
    }
}

/// Tracked quantiles of error over scale.
#[derive(Clone, Debug)]
struct Ratios {
    values: Quantiles,
    learned: u32,
    /// The step size that is never gone below: how fast a change of regime is followed.
    least_gain: f64,
}

impl Ratios {
    fn new(least_gain: f64) -> Self {
        Self { values: FIRST_RATIOS, learned: 0, least_gain }
    }

    fn learn(&mut self, ratio: f64) {
        self.learned = self.learned.saturating_add(1);
        let fading = 0.08 * (1.0 + f64::from(self.learned) / 100.0).powf(-0.6);
        let gain = fading.max(self.least_gain);
        for (value, quantile) in self.values.iter_mut().zip(QUANTILES) {
            let size = gain * value.abs().max(0.3);
            *value += if *value < ratio { size * quantile } else { -size * (1.0 - quantile) };
        }
        for index in 1..self.values.len() {
            self.values[index] = self.values[index].max(self.values[index - 1]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Share of levels at or below each quantile, for errors from a skewed law with a known spread.
    fn coverage(spread: impl Fn(usize) -> f64) -> [f64; 5] {
        let mut band = Band::new(SignedDuration::from_mins(1), 3);
        let (mut below, mut counted) = ([0.0; 5], 0.0);
        let mut said = std::collections::VecDeque::new();
        for step in 0..40_000 {
            let uniform = (step as f64 * 0.754_877_666).fract();
            let level = 5.0 - spread(step) * (1.0 - uniform).ln();
            band.learn(Some(level));
            if said.len() == 3 {
                let quantiles: Quantiles = said.pop_front().unwrap();
                if 2_000 < step {
                    counted += 1.0;
                    below.iter_mut().zip(quantiles).for_each(|(n, q)| *n += f64::from(u8::from(level <= q)));
                }
            }
            said.push_back(band.spread(5.0, Regime::Quiet));
        }
        below.map(|n| n / counted)
    }

    fn check(spread: impl Fn(usize) -> f64) {
        for (covered, quantile) in coverage(spread).into_iter().zip(QUANTILES) {
            assert!((covered - quantile).abs() < 0.01, "q{quantile} covers {covered}");
        }
    }

    #[test]
    fn each_quantile_covers_its_share() {
        check(|_| 0.1);
    }

    #[test]
    fn a_change_of_spread_is_followed() {
        check(|step| if step / 5_000 % 2 == 0 { 0.05 } else { 0.4 });
    }
}
