//! Trailing means of a series over minutes to days, in bounded memory: windows of up to an hour exactly, longer ones
//! from means of ten minutes.

use std::collections::VecDeque;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// Longest exact window, and how far back it can be asked for.
const EXACT_MIN: u32 = 60;
/// What longer windows are made of.
const BUCKET_MIN: u32 = 10;
/// Longer windows, in minutes.
const LONG_MIN: [u32; 5] = [120, 360, 720, 1_440, 4_320];

/// The levels seen so far, as means over windows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Windows {
    step_min: f64,
    /// Sum of all levels before each of the last steps, and of all.
    sums: VecDeque<f64>,
    kept: usize,
    buckets: Buckets,
}

impl Windows {
    /// Nothing seen yet.
    #[must_use]
    pub fn new(step: SignedDuration) -> Self {
        let step_min = step.as_secs_f64() / 60.0;
        let kept = 2 * steps(step_min, EXACT_MIN) + 1;
        Self { step_min, sums: VecDeque::from([0.0]), kept, buckets: Buckets::new(step_min) }
    }

    /// Whether nothing was seen.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sums.len() < 2
    }

    /// How much is seen, up to two hours, in minutes.
    #[must_use]
    pub fn minutes(&self) -> f64 {
        (self.sums.len() - 1) as f64 * self.step_min
    }

    /// Takes the next level in.
    pub fn push(&mut self, level: f64) {
        if self.sums.len() == self.kept {
            self.sums.pop_front();
        }
        self.sums.push_back(self.sums.back().copied().unwrap_or(0.0) + level);
        self.buckets.push(level);
    }

    /// The level `steps` ago; the oldest where that is not kept. Nothing may be asked before the first.
    #[must_use]
    pub fn lag(&self, steps: usize) -> f64 {
        self.mean_of(1, steps)
    }

    /// The level `minutes` ago, up to two hours.
    #[must_use]
    pub fn minutes_ago(&self, minutes: u32) -> f64 {
        self.lag((f64::from(minutes) / self.step_min) as usize)
    }

    /// Mean of the last `minutes`, at least a step, of what there is.
    #[must_use]
    pub fn mean(&self, minutes: u32) -> f64 {
        match LONG_MIN.iter().position(|&long| long == minutes) {
            Some(window) => self.buckets.mean(window),
            None => self.mean_of(steps(self.step_min, minutes), 0),
        }
    }

    /// The mean of the last `minutes`, less that of as many before.
    #[must_use]
    pub fn change(&self, minutes: u32) -> f64 {
        let steps = steps(self.step_min, minutes);
        self.mean_of(steps, 0) - self.mean_of(steps, steps)
    }

    /// Mean of `steps` steps that ended `ago` steps before now.
    fn mean_of(&self, steps: usize, ago: usize) -> f64 {
        let newest = self.sums.len() - 1;
        let end = newest.saturating_sub(ago).max(1);
        let start = end.saturating_sub(steps);
        (self.sums[end] - self.sums[start]) / (end - start) as f64
    }
}

fn steps(step_min: f64, minutes: u32) -> usize {
    ((f64::from(minutes) / step_min) as usize).max(1)
}

/// Means of ten minutes, and sums of the newest of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Buckets {
    steps: usize,
    means: VecDeque<f32>,
    /// For each long window: its buckets, and the sum of as many of the newest as there are.
    windows: [(usize, f64); LONG_MIN.len()],
    open_sum: f64,
    open_steps: usize,
}

impl Buckets {
    fn new(step_min: f64) -> Self {
        let steps = steps(step_min, BUCKET_MIN);
        let buckets = |minutes| (f64::from(minutes) / (steps as f64 * step_min)).round().max(1.0) as usize;
        Self {
            steps,
            means: VecDeque::new(),
            windows: LONG_MIN.map(|minutes| (buckets(minutes), 0.0)),
            open_sum: 0.0,
            open_steps: 0,
        }
    }

    fn push(&mut self, level: f64) {
        self.open_sum += level;
        self.open_steps += 1;
        if self.open_steps == self.steps {
            self.close((self.open_sum / self.steps as f64) as f32);
            (self.open_sum, self.open_steps) = (0.0, 0);
        }
    }

    fn close(&mut self, mean: f32) {
        for (buckets, sum) in &mut self.windows {
            let leaves = self.means.len().checked_sub(*buckets).map_or(0.0, |oldest| self.means[oldest]);
            *sum += f64::from(mean) - f64::from(leaves);
        }
        // Never one more than is kept, for which the memory would double.
        let most = self.windows[LONG_MIN.len() - 1].0;
        if self.means.len() == most {
            self.means.pop_front();
        }
        self.means.push_back(mean);
    }

    /// Mean of a window: as the open bucket fills, the oldest one leaves.
    fn mean(&self, window: usize) -> f64 {
        let (buckets, sum) = self.windows[window];
        let filled = self.open_steps as f64 / self.steps as f64;
        let open = self.open_sum / self.steps as f64;
        match self.means.len().checked_sub(buckets) {
            Some(oldest) => (sum + open - filled * f64::from(self.means[oldest])) / buckets as f64,
            None => (sum + open) / (self.means.len() as f64 + filled),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(minutes: usize, level: impl Fn(usize) -> f64) -> Windows {
        let mut windows = Windows::new(SignedDuration::from_mins(1));
        (0..minutes).for_each(|minute| windows.push(level(minute)));
        windows
    }

    fn check(actual: f64, expected: f64) {
        assert!((actual - expected).abs() < 1e-5 * expected.abs().max(1.0), "{actual} is not {expected}");
    }

    #[test]
    fn means_are_of_the_last_minutes() {
        let ramp = seen(10_000, |minute| minute as f64);
        check(ramp.lag(0), 9_999.0);
        check(ramp.lag(7), 9_992.0);
        check(ramp.mean(15), 9_992.0);
        check(ramp.change(60), 60.0);
        for minutes in LONG_MIN {
            check(ramp.mean(minutes), 9_999.5 - f64::from(minutes) / 2.0);
        }
    }

    #[test]
    fn what_is_not_there_yet_is_not_counted_as_zero() {
        for minutes in [1, 4, 25, 61, 300] {
            let constant = seen(minutes, |_| 5.0);
            [3, 60, 120, 4_320].into_iter().for_each(|window| check(constant.mean(window), 5.0));
            check(constant.change(15), 0.0);
            check(constant.lag(99), 5.0);
        }
    }
}
