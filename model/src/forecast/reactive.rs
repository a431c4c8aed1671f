//! What a reactive autoscaler believes, with an honest band: the last value, at every horizon. It is what a forecast
//! must be better than, and what is served where it is not.

use serde::{Deserialize, Serialize};

use super::Quantiles;
use super::band::{Band, Regime};
use super::sound;

/// Size of an error before any was seen, on the scale of levels.
const FIRST: f32 = 0.1;
const LEAST: f32 = 1e-4;

/// The last value's errors at one horizon.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reactive {
    band: Band,
    hour: f32,
    day: f32,
    seen: u16,
}

impl Default for Reactive {
    fn default() -> Self {
        Self { band: Band::default(), hour: FIRST, day: FIRST, seen: 0 }
    }
}

impl Reactive {
    /// Whether its sizes are numbers.
    pub(super) fn is_sound(&self) -> bool {
        self.band.is_sound() && sound::is_size(self.hour) && sound::is_size(self.day)
    }

    /// Size of the error to expect.
    #[must_use]
    pub fn size(&self) -> f32 {
        (0.5 * (self.hour + self.day)).max(LEAST)
    }

    /// Quantiles of the error, in sizes.
    #[must_use]
    pub fn quantiles(&self, regime: Regime) -> Quantiles {
        self.band.quantiles(regime)
    }

    /// Learns an error of which `size` was expected, on steps of `step_min` minutes.
    pub fn learn(&mut self, step_min: f32, regime: Regime, error: f32, size: f32) {
        let ratio = f64::from(error / size);
        self.band.learn(regime, self.band.quantiles(regime).map(|quantile| quantile < ratio));
        self.seen = self.seen.saturating_add(1);
        // The first errors are averaged evenly, with the guess as one of them.
        let even = 1.0 / (f32::from(self.seen) + 1.0);
        let gain = |memory_min: f32| (2.0 * step_min / (memory_min + step_min)).clamp(even, 1.0);
        self.hour += gain(60.0) * (error.abs() - self.hour);
        self.day += gain(1_440.0) * (error.abs() - self.day);
    }
}
