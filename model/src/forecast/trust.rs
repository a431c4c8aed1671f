//! How far the profiles of events are trusted beside the learned experts, at one horizon.
//!
//! Profiles know a class from its first event, or from what people expect of it; the experts need some, and are then
//! better. Each part of events' course has its own evidence. Both are weighted by a high power of the inverse of their
//! squared errors, so that the steep minutes, in which errors are large, decide, and the better one speaks.

use serde::{Deserialize, Serialize};

use super::sound;

/// How much is left of the evidence after a minute in the same part of events' course.
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
    /// Whether its evidence is numbers above 0.
    pub(super) fn is_sound(&self) -> bool {
        [self.by_experts, self.by_profiles]
            .into_iter()
            .all(|evidence| sound::is_size(evidence) && 0.0 < evidence)
    }

    /// Weight of the profiles, within [0, 1].
    #[must_use]
    pub fn in_profiles(&self) -> f32 {
        const SHARPNESS: i32 = 8;
        let odds = (self.by_experts / self.by_profiles).powi(SHARPNESS);
        if odds.is_finite() { odds / (1.0 + odds) } else { 1.0 }
    }

    /// Learns how wrong both were on a step of so many minutes.
    pub fn learn(&mut self, step_min: f32, of_experts: f32, of_profiles: f32) {
        const LEAST: f32 = 1e-6;
        let (time, left) = (step_min.min(1.0), 1.0 - (1.0 - FORGETTING) * step_min.min(1.0));
        self.by_experts = left * self.by_experts + time * (of_experts * of_experts + LEAST);
        self.by_profiles = left * self.by_profiles + time * (of_profiles * of_profiles + LEAST);
    }
}

/// Who was right where experts and profiles were far apart, in one part of events' course. Both are kept as worlds of
/// their own then, since a mean of them is in neither.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dispute {
    /// Minutes in which experts were right, fading; of a minute in between, each has its share.
    for_experts: f32,
    for_profiles: f32,
}

impl Default for Dispute {
    fn default() -> Self {
        Self { for_experts: 2.0, for_profiles: 6.0 }
    }
}

impl Dispute {
    /// Whether its evidence is numbers above 0.
    pub(super) fn is_sound(&self) -> bool {
        [self.for_experts, self.for_profiles]
            .into_iter()
            .all(|evidence| sound::is_size(evidence) && 0.0 < evidence)
    }

    /// Probability that the profiles are right, within (0, 1).
    #[must_use]
    pub fn for_profiles(&self) -> f32 {
        let (experts, profiles) = (self.for_experts.powi(2), self.for_profiles.powi(2));
        profiles / (experts + profiles)
    }

    /// Learns what came, from how wrong each was on a step of so many minutes.
    pub fn learn(&mut self, step_min: f32, of_experts: f32, of_profiles: f32) {
        const FORGETTING: f32 = 0.995;
        const LEAST: f32 = 0.1;
        let time = step_min.min(1.0);
        let both = of_experts.powi(2) + of_profiles.powi(2);
        let won = if 0.0 < both { of_experts.powi(2) / both } else { 0.5 };
        let left = 1.0 - (1.0 - FORGETTING) * time;
        self.for_profiles = (left * self.for_profiles + time * won).max(LEAST);
        self.for_experts = (left * self.for_experts + time * (1.0 - won)).max(LEAST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_whose_profile_is_always_wrong_in_a_dispute_is_believed_less_and_less() {
        let mut dispute = Dispute::default();
        assert!(0.8 < dispute.for_profiles(), "{dispute:?}");
        (0..60).for_each(|_| dispute.learn(1.0, 0.1, 2.0));
        assert!(dispute.for_profiles() < 0.02, "{dispute:?}");
        (0..60).for_each(|_| dispute.learn(1.0, 2.0, 0.1));
        assert!(0.5 < dispute.for_profiles(), "{dispute:?}");
    }

    #[test]
    fn the_better_one_is_trusted_more_and_the_first_event_is_the_profiles() {
        let mut trust = Trust::default();
        assert!(0.8 < trust.in_profiles(), "{trust:?}");
        (0..100).for_each(|_| trust.learn(1.0, 0.1, 0.2));
        assert!(trust.in_profiles() < 0.1, "{trust:?}");
        (0..5).for_each(|_| trust.learn(1.0, 3.0, 0.1));
        assert!(0.8 < trust.in_profiles(), "{trust:?}");
    }
}
