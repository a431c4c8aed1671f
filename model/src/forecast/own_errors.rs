//! The engine's own latest errors, as features: what was missed a moment ago is likely to be missed again.

use serde::{Deserialize, Serialize};

use super::sound;

/// The latest error near and far ahead, their averages, and a slower one of the far.
pub const FEATURES: usize = 5;

const QUICK: f32 = 1.0 / 3.0;
const SLOW: f32 = 1.0 / 15.0;

/// Latest errors, on the scale of levels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OwnErrors {
    features: [f32; FEATURES],
}

impl OwnErrors {
    /// What is seen of them.
    #[must_use]
    pub fn features(&self) -> &[f32; FEATURES] {
        &self.features
    }

    /// Whether all are numbers.
    pub(super) fn are_sound(&self) -> bool {
        self.features.iter().all(|error| sound::is_number(*error))
    }

    /// Takes in an error of the near anchor.
    pub fn near(&mut self, error: f32) {
        self.features[0] = error;
        self.features[2] += QUICK * (error - self.features[2]);
    }

    /// Takes in an error of the farthest anchor.
    pub fn far(&mut self, error: f32) {
        self.features[1] = error;
        self.features[3] += QUICK * (error - self.features[3]);
        self.features[4] += SLOW * (error - self.features[4]);
    }
}
