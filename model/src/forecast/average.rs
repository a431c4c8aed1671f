//! An exponentially weighted average that is right from its first value on.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// Weighted average whose weights fade by `1/e` over its memory.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Average {
    gain: f64,
    /// Weight seen so far, within [0, 1]; corrects the bias of the first values.
    weight: f64,
    sum: f64,
}

impl Average {
    /// An average of values a `step` apart. Both are above 0.
    #[must_use]
    pub fn over(memory: SignedDuration, step: SignedDuration) -> Self {
        let gain = 1.0 - (-step.as_secs_f64() / memory.as_secs_f64()).exp();
        Self { gain, weight: 0.0, sum: 0.0 }
    }

    /// Whether it is one over such a memory and step, of demand.
    pub(crate) fn is_sound(&self, memory: SignedDuration, step: SignedDuration) -> bool {
        self.gain == Self::over(memory, step).gain
            && (0.0..=1.0).contains(&self.weight)
            && self.sum.is_finite()
            && 0.0 <= self.sum
    }

    /// Takes a value in.
    pub fn add(&mut self, value: f64) {
        self.weight += self.gain * (1.0 - self.weight);
        self.sum += self.gain * (value - self.sum);
    }

    /// The average; `None` before the first value.
    #[must_use]
    pub fn get(&self) -> Option<f64> {
        (0.0 < self.weight).then(|| self.sum / self.weight)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_value_is_the_average_and_old_ones_fade() {
        let minute = SignedDuration::from_mins(1);
        let mut average = Average::over(minute * 10, minute);
        assert_eq!(average.get(), None);
        average.add(7.0);
        assert!((average.get().unwrap() - 7.0).abs() < 1e-12);
        (0..100).for_each(|_| average.add(3.0));
        assert!((average.get().unwrap() - 3.0).abs() < 0.01);
    }
}
