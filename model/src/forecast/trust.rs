//! How far the profiles of events are trusted beside the learned experts, at one horizon.
//!
//! Profiles know a class from its first event, or from what people expect of it; the experts need some, and are then
//! better. Both are weighted by the inverse square of their mean squared error on the events' own time, so that the
//! steep minutes, in which errors are large, decide.

use serde::{Deserialize, Serialize};

/// How much is left of the evidence after a step.
const FORGETTING: f32 = 0.998;

/// Squared errors that are taken as seen before any was: a few, that favour the profiles.
const FIRST: Trust = Trust { by_experts: 0.015, by_profiles: 0.01 };

/// Sums of squared errors, fading.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trust {
    by_experts: f32,
    by_profiles: f32,
}

impl Default for Trust {
    fn default() -> Self {
        FIRST
    }
}

impl Trust {
    /// Weight of the profiles, within (0, 1).
    #[must_use]
    pub fn in_profiles(&self) -> f32 {
        let odds = self.by_experts / self.by_profiles;
        let odds = odds.powi(8);
        odds / (1.0 + odds)
    }

    /// Learns how wrong both were.
    pub fn learn(&mut self, of_experts: f32, of_profiles: f32) {
        const LEAST: f32 = 1e-6;
        self.by_experts = FORGETTING * self.by_experts + of_experts * of_experts + LEAST;
        self.by_profiles = FORGETTING * self.by_profiles + of_profiles * of_profiles + LEAST;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_better_one_is_trusted_more_and_the_first_event_is_the_profiles() {
        let mut trust = Trust::default();
        assert!(0.8 < trust.in_profiles(), "{trust:?}");
        (0..100).for_each(|_| trust.learn(0.1, 0.2));
        assert!(trust.in_profiles() < 0.1, "{trust:?}");
        (0..5).for_each(|_| trust.learn(3.0, 0.1));
        assert!(0.8 < trust.in_profiles(), "{trust:?}");
    }
}
