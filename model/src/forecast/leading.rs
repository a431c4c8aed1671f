//! A leading signal (queue joins, registrations, arrivals at a topic) as features: how it grows, and how far it has
//! been from its usual level over the last minutes. Each horizon finds the lag at which the signal leads it.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::transform::Transform;
use super::windows::Windows;

/// Features of one signal.
pub const FEATURES: usize = 7;

/// Lags in minutes.
const LAGS_MIN: [u32; 5] = [0, 2, 5, 10, 15];

/// Time after which a signal that is silent says nothing.
const STALE: SignedDuration = SignedDuration::from_mins(5);

/// What counts as little of a signal, as a share of the first that was seen of it.
const LITTLE: f64 = 0.01;

/// A signal's levels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Leading {
    step: SignedDuration,
    transform: Option<Transform>,
    windows: Windows,
    silent_steps: u32,
}

impl Leading {
    /// A signal that was never seen, on the step of demand.
    #[must_use]
    pub fn new(step: SignedDuration) -> Self {
        Self { step, transform: None, windows: Windows::new(step), silent_steps: 0 }
    }

    /// Whether a signal on such steps could have become so.
    pub(super) fn is_sound(&self, step: SignedDuration) -> bool {
        self.step == step
            && self.windows.are_sound(step)
            && self.transform.is_none_or(|transform| transform.is_sound())
    }

    /// Takes in its value of a step; `None` is a gap, over which the last level is held.
    pub fn observe(&mut self, value: Option<f64>) {
        let first = value.filter(|value| 0.0 < *value).map(|usual| Transform::new(LITTLE * usual, usual));
        self.transform = self.transform.or(first);
        let level = self.transform.zip(value).map(|(transform, value)| transform.level(value));
        self.silent_steps = if level.is_some() { 0 } else { self.silent_steps.saturating_add(1) };
        if let Some(level) = level.or_else(|| (!self.windows.is_empty()).then(|| self.windows.lag(0))) {
            self.windows.push(level as f32);
        }
    }

    /// Writes its features: all 0 while it is silent.
    pub fn write(&self, out: &mut [f32]) {
        out.fill(0.0);
        if self.windows.is_empty() || STALE < self.step * self.silent_steps as i32 {
            return;
        }
        let usual = self.windows.mean(60);
        out[0] = self.windows.change(3) as f32;
        out[1] = self.windows.change(15) as f32;
        for (out, minutes) in out[2..].iter_mut().zip(LAGS_MIN) {
            *out = (self.windows.minutes_ago(minutes) - usual) as f32;
        }
    }

    /// Forgets the last steps.
    pub fn restart(&mut self) {
        self.windows = Windows::new(self.step);
    }
}
