//! What was said of one horizon, kept until its step has come and tells how wrong it was.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::band::Regime;
use super::{NORMAL, Quantiles, newest, sound};

/// What was said of one horizon.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// Change from the base that was expected.
    pub change: f32,
    /// The same by the learned experts, and by the events' profiles; `None` where no event was near.
    pub by_both: Option<(f32, f32)>,
    /// Whether a profile expects a sharp rise: what it says is then another world, and not averaged.
    pub is_disputed: bool,
    /// Size of the error that was expected.
    pub size: f32,
    /// Standard deviation of what an event's profile adds, as far as it was believed.
    pub doubt: f32,
    /// Size of the last value's error that was expected.
    pub reactive_size: f32,
    /// Where on an event's course the step ahead lies.
    pub regime: Regime,
}

/// The other of two worlds, where an event is not certain or in a dispute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Without {
    /// Probability of the world that was said.
    pub probability_with: f32,
    /// Change from the base in the other.
    pub change: f32,
}

impl Said {
    fn is_sound(&self) -> bool {
        let by_both = self.by_both.into_iter().flat_map(|(experts, profiles)| [experts, profiles]);
        let values = [self.change, self.size, self.doubt, self.reactive_size];
        values.into_iter().chain(by_both).all(sound::is_number)
    }

    /// How wrong it was, where demand changed by `change` from the base. In a dispute one of two worlds was meant, and
    /// that which came is judged.
    #[must_use]
    pub fn error(&self, change: f32) -> f32 {
        let error = change - self.change;
        match self.by_both {
            Some((experts, _)) if self.is_disputed && (change - experts).abs() < error.abs() => {
                change - experts
            }
            Some(_) | None => error,
        }
    }

    /// Quantiles of the error, from those in sizes: the doubt about an event comes on top.
    #[must_use]
    pub fn offsets(&self, ratios: Quantiles) -> Quantiles {
        let (size, doubt) = (f64::from(self.size), f64::from(self.doubt));
        if doubt == 0.0 {
            return ratios.map(|ratio| size * ratio);
        }
        std::array::from_fn(|index| {
            let normal = NORMAL[index];
            if normal == 0.0 {
                return size * ratios[index];
            }
            let outward = (ratios[index] * normal.signum()).max(0.0);
            (size * outward).hypot(doubt * normal).copysign(normal)
        })
    }
}

/// What was said of one horizon at each of as many steps as it is ahead, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outstanding {
    said: VecDeque<Said>,
}

impl Outstanding {
    /// What was said of the step that has just come; `None` where nothing was.
    #[must_use]
    pub fn due(&self, horizon: u32) -> Option<Said> {
        (self.said.len() == horizon as usize).then(|| self.said.front().copied()).flatten()
    }

    /// Keeps what is said now of a horizon of at least 1 step; that which was due has had its time.
    pub fn say(&mut self, horizon: u32, said: Said) {
        newest::keep(&mut self.said, said, horizon as usize);
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.said.clear();
    }

    /// Whether it is of so many steps of this horizon, and of numbers.
    pub(super) fn is_sound(&self, horizon: u32, steps: usize) -> bool {
        self.said.len() == steps.min(horizon as usize) && self.said.iter().all(Said::is_sound)
    }
}
