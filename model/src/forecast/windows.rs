//! Trailing means of a series over minutes to days, in bounded memory: windows of up to an hour exactly, longer ones
//! from means of ten minutes, and those of days from means of an hour.

use std::collections::VecDeque;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::{newest, sound};

/// Longest exact window, and how far back it can be asked for.
const EXACT_MIN: u32 = 60;
/// Windows of hours, in minutes, and what they are made of.
const HOURS_MIN: [u32; 4] = [120, 360, 720, 1_440];
const OF_HOURS_MIN: u32 = 10;
/// Windows of days, in minutes, and what they are made of.
const DAYS_MIN: [u32; 1] = [4_320];
const OF_DAYS_MIN: u32 = 60;

/// The levels seen so far, as means over windows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Windows {
    step_min: f64,
    /// The last steps, oldest first.
    levels: VecDeque<f32>,
    kept: usize,
    hours: Buckets,
    days: Buckets,
}

impl Windows {
    /// Nothing seen yet.
    #[must_use]
    pub fn new(step: SignedDuration) -> Self {
        let step_min = step.as_secs_f64() / 60.0;
        let kept = 2 * steps(step_min, EXACT_MIN);
        Self {
            step_min,
            levels: VecDeque::new(),
            kept,
            hours: Buckets::new(step_min, OF_HOURS_MIN, &HOURS_MIN),
            days: Buckets::new(step_min, OF_DAYS_MIN, &DAYS_MIN),
        }
    }

    /// Whether nothing was seen.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.levels.is_empty()
    }

    /// How much is seen, up to two hours, in minutes.
    #[must_use]
    pub fn minutes(&self) -> f64 {
        self.levels.len() as f64 * self.step_min
    }

    /// Whether windows over such steps could have become so, and are finite.
    pub(super) fn are_sound(&self, step: SignedDuration) -> bool {
        let new = Self::new(step);
        self.step_min == new.step_min
            && self.kept == new.kept
            && self.levels.len() <= self.kept
            && self.levels.iter().all(|level| sound::is_number(*level))
            && self.hours.are_sound(&new.hours)
            && self.days.are_sound(&new.days)
    }

    /// Takes the next level in.
    pub fn push(&mut self, level: f32) {
        newest::keep(&mut self.levels, level, self.kept);
        self.hours.push(f64::from(level));
        self.days.push(f64::from(level));
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
        let (hours, days) = (window(&HOURS_MIN, minutes), window(&DAYS_MIN, minutes));
        match (hours, days) {
            (Some(window), _) => self.hours.mean(window),
            (None, Some(window)) => self.days.mean(window),
            (None, None) => self.mean_of(steps(self.step_min, minutes), 0),
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
        let end = self.levels.len().saturating_sub(ago).max(1);
        let start = end.saturating_sub(steps);
        self.levels.range(start..end).copied().map(f64::from).sum::<f64>() / (end - start) as f64
    }
}

fn window(windows: &[u32], minutes: u32) -> Option<usize> {
    windows.iter().position(|&window| window == minutes)
}

fn steps(step_min: f64, minutes: u32) -> usize {
    ((f64::from(minutes) / step_min) as usize).max(1)
}

/// Means of some minutes, and sums of the newest of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Buckets {
    steps: usize,
    means: VecDeque<f32>,
    /// For each window, ascending: its buckets, and the sum of as many of the newest as there are.
    windows: Vec<(usize, f64)>,
    open_sum: f64,
    open_steps: usize,
}

impl Buckets {
    /// For windows of so many minutes, from means of `bucket_min`.
    fn new(step_min: f64, bucket_min: u32, windows_min: &[u32]) -> Self {
        let steps = steps(step_min, bucket_min);
        let buckets = |minutes| (f64::from(minutes) / (steps as f64 * step_min)).round().max(1.0) as usize;
        Self {
            steps,
            means: VecDeque::new(),
            windows: windows_min.iter().map(|&minutes| (buckets(minutes), 0.0)).collect(),
            open_sum: 0.0,
            open_steps: 0,
        }
    }

    /// Whether they could have grown from `new`.
    fn are_sound(&self, new: &Self) -> bool {
        let buckets =
            |these: &Self| -> Vec<usize> { these.windows.iter().map(|(buckets, _)| *buckets).collect() };
        let sums = self.windows.iter().map(|(_, sum)| *sum).chain([self.open_sum]);
        self.steps == new.steps
            && buckets(self) == buckets(new)
            && self.means.len() <= self.most()
            && self.open_steps < self.steps
            && self.means.iter().all(|mean| sound::is_number(*mean))
            && sums.into_iter().all(sound::is_number)
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
        let most = self.most();
        newest::keep(&mut self.means, mean, most);
    }

    /// Means that are kept: those of the longest window.
    fn most(&self) -> usize {
        self.windows.last().map_or(0, |(buckets, _)| *buckets)
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
        (0..minutes).for_each(|minute| windows.push(level(minute) as f32));
        windows
    }

    fn check(actual: f64, expected: f64) {
        assert!((actual - expected).abs() < 1e-5 * expected.abs().max(1.0), "{actual} is not {expected}");
    }

    #[test]
    fn means_are_of_the_last_minutes() {
        // A whole number of hours: every bucket is full.
        let ramp = seen(10_020, |minute| minute as f64);
        check(ramp.lag(0), 10_019.0);
        check(ramp.lag(7), 10_012.0);
        check(ramp.mean(15), 10_012.0);
        check(ramp.change(60), 60.0);
        for minutes in HOURS_MIN.into_iter().chain(DAYS_MIN) {
            check(ramp.mean(minutes), 10_019.5 - f64::from(minutes) / 2.0);
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
