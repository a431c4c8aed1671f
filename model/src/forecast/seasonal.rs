//! The daily rhythm: the last level, moved by what the time of day usually changes. Only the change is taken
//! from the profile, so a day that is busier as a whole is followed at once.

use jiff::{SignedDuration, Timestamp};

use super::Centre;
use super::average::Average;

const DAY_S: f64 = 86_400.0;
/// Quarters of an hour.
const BINS: usize = 96;
/// A profile older than this has mostly faded.
const PROFILE_MEMORY_DAYS: i32 = 4;
/// Memory of the level that the rhythm is added to.
const LEVEL_MEMORY: SignedDuration = SignedDuration::from_secs(120);

/// A level and a daily profile, in UTC.
#[derive(Clone, Debug)]
pub struct Seasonal {
    step: SignedDuration,
    /// Average level of each quarter of an hour over past days.
    profile: Vec<Average>,
    /// The same of the last day. It joins the profile half a day later, so that the quarter of now and those
    /// ahead know the same days, and a busy morning is not taken for a fall to come.
    today: Vec<Average>,
    quarter: Option<usize>,
    level: Average,
    ends_at: Timestamp,
}

impl Seasonal {
    /// For a series on this step.
    #[must_use]
    pub fn new(step: SignedDuration) -> Self {
        let day = SignedDuration::from_hours(24);
        Self {
            step,
            profile: vec![Average::over(day * PROFILE_MEMORY_DAYS, day); BINS],
            today: vec![quarter_average(step); BINS],
            quarter: None,
            level: Average::over(LEVEL_MEMORY, step),
            ends_at: Timestamp::UNIX_EPOCH,
        }
    }

    /// The profile at a time, linear between the middles of its bins; `None` where either is unknown.
    fn rhythm(&self, at: Timestamp) -> Option<f64> {
        let position = bin_position(at) - 0.5;
        let below = position.floor();
        let bin = |index: f64| self.profile[index.rem_euclid(BINS as f64) as usize].get();
        let (low, high) = (bin(below)?, bin(below + 1.0)?);
        Some(low + (position - below) * (high - low))
    }

    fn learn_profile(&mut self, level: f64) {
        let bin = bin_position(self.ends_at) as usize;
        if self.quarter.replace(bin) != Some(bin) {
            let half_a_day_ago = (bin + BINS / 2) % BINS;
            let over = std::mem::replace(&mut self.today[half_a_day_ago], quarter_average(self.step));
            if let Some(level) = over.get() {
                self.profile[half_a_day_ago].add(level);
            }
        }
        self.today[bin].add(level);
    }
}

fn quarter_average(step: SignedDuration) -> Average {
    Average::over(SignedDuration::from_mins(15), step)
}

/// Time of day in bins, within [0, BINS).
fn bin_position(at: Timestamp) -> f64 {
    let second_of_day = at.as_millisecond().rem_euclid(86_400_000) as f64 / 1_000.0;
    second_of_day / DAY_S * BINS as f64
}

impl Centre for Seasonal {
    fn learn(&mut self, ends_at: Timestamp, level: Option<f64>) {
        self.ends_at = ends_at;
        if let Some(level) = level {
            self.level.add(level);
            self.learn_profile(level);
        }
    }

    fn restart(&mut self) {
        self.level = Average::over(LEVEL_MEMORY, self.step);
    }

    fn predict(&self, horizons: &[u32], out: &mut [f64]) {
        let level = self.level.get().unwrap_or(0.0);
        let now = self.rhythm(self.ends_at);
        for (&horizon, out) in horizons.iter().zip(out) {
            let then = self.rhythm(self.ends_at + self.step * horizon as i32);
            *out = level + then.zip(now).map_or(0.0, |(then, now)| then - now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Learns `days` of a rhythm that rises by 1 an hour and falls back at midnight; predicts 2 h ahead of 10:00.
    fn check(days: i64, lift: f64, expected: f64) {
        let step = SignedDuration::from_mins(5);
        let mut method = Seasonal::new(step);
        for k in 1..=(days * 288 + 120) {
            let at = Timestamp::from_second(k * 300).unwrap();
            let today = if days * 288 < k { lift } else { 0.0 };
            method.learn(at, Some((at.as_second() % 86_400) as f64 / 3_600.0 + today));
        }
        let mut out = [0.0];
        method.predict(&[24], &mut out);
        assert!((out[0] - expected).abs() < 0.2, "{} is not {expected}", out[0]);
    }

    #[test]
    fn the_change_of_past_days_is_expected_again() {
        check(2, 0.0, 12.0);
    }

    #[test]
    fn a_busier_day_is_followed_at_its_own_level() {
        check(2, 3.0, 15.0);
    }

    #[test]
    fn the_first_day_has_no_rhythm_yet() {
        check(0, 0.0, 10.0);
    }
}
