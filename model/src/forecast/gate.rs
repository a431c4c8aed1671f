//! The gate: a forecast is served at a horizon, and in a part of events' course, while it is better there than the last
//! value with its band. What is withheld is still made and scored, and served again once it has earned its place.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::band::Regime;
use super::sound;

/// Time on which a forecast is judged; of events, only time in their course counts.
const MEMORY_MIN: f32 = 1_440.0;
const MEMORY_OF_EVENTS_MIN: f32 = 360.0;

/// Time after which there is something to judge by.
const ENOUGH_MIN: f32 = 60.0;

/// A forecast that is worse by this share is withheld.
const WORSE: f32 = 1.1;

/// A forecast that was not served, and why.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Withheld {
    /// How far ahead it was for.
    pub ahead: SignedDuration,
    /// Its loss lately over that of the last value; above 1.
    pub loss_ratio: f64,
    /// Steps that this was measured on, at most; older ones have faded.
    pub steps: u32,
    /// In what part of events' course.
    pub regime: Regime,
}

/// Losses at one horizon and in one part of events' course.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Skill {
    forecast: f32,
    last_value: f32,
    steps: u32,
    is_withheld: bool,
}

impl Skill {
    /// Whether its losses are numbers.
    pub(super) fn is_sound(&self) -> bool {
        sound::is_size(self.forecast) && sound::is_size(self.last_value)
    }

    /// Learns the losses of a step: of the forecast, and of the last value with its band.
    pub fn learn(&mut self, step_min: f32, regime: Regime, forecast: f32, last_value: f32) {
        let memory = if regime == Regime::Quiet { MEMORY_MIN } else { MEMORY_OF_EVENTS_MIN };
        self.steps = self.steps.saturating_add(1);
        let gain = (step_min / memory).max(1.0 / self.steps as f32).min(1.0);
        self.forecast += gain * (forecast - self.forecast);
        self.last_value += gain * (last_value - self.last_value);
        let most = if self.is_withheld { 1.0 } else { WORSE };
        self.is_withheld =
            ENOUGH_MIN <= step_min * self.steps as f32 && most * self.last_value < self.forecast;
    }

    /// Whether the forecast is withheld, and why.
    #[must_use]
    pub fn withheld(&self, ahead: SignedDuration, regime: Regime) -> Option<Withheld> {
        let loss_ratio = f64::from(self.forecast / self.last_value.max(f32::MIN_POSITIVE));
        self.is_withheld.then_some(Withheld { ahead, loss_ratio, steps: self.steps, regime })
    }

    /// What was judged so far: the loss of the forecast, that of the last value, and over how many steps. Older ones have
    /// faded.
    #[must_use]
    pub fn judged(&self) -> (f64, f64, u32) {
        (f64::from(self.forecast), f64::from(self.last_value), self.steps)
    }

    /// Share of the last value's loss that the forecast saves; `None` before the first step.
    #[must_use]
    pub fn skill(&self) -> Option<f64> {
        let ratio = f64::from(self.forecast) / f64::from(self.last_value.max(f32::MIN_POSITIVE));
        (0 < self.steps).then_some(1.0 - ratio)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_withheld(losses: &[(usize, f32)]) -> bool {
        let mut skill = Skill::default();
        for &(steps, forecast) in losses {
            (0..steps).for_each(|_| skill.learn(1.0, Regime::Quiet, forecast, 1.0));
        }
        skill.withheld(SignedDuration::from_mins(5), Regime::Quiet).is_some()
    }

    #[test]
    fn a_forecast_that_does_not_earn_its_place_is_withheld_until_it_does() {
        assert!(!is_withheld(&[(2_000, 0.9)]));
        assert!(!is_withheld(&[(30, 2.0)]), "there is nothing to judge by yet");
        assert!(is_withheld(&[(200, 2.0)]));
        assert!(is_withheld(&[(200, 2.0), (200, 0.9)]), "a little better is not enough after so much worse");
        assert!(!is_withheld(&[(200, 2.0), (5_000, 0.9)]));
        assert!(!is_withheld(&[(5_000, 1.03)]), "a little worse is within chance");
    }
}
