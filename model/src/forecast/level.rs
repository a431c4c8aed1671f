//! A level that follows the series, with a trend that dies away: Holt's linear method, damped
//! (Gardner and McKenzie, *Management Science* 31, 1985; Hyndman and Athanasopoulos, *Forecasting*, 8.2).
//!
//! ```text
//! l[t] = α y[t] + (1 − α)(l[t−1] + φ b[t−1])      b[t] = β (l[t] − l[t−1]) + (1 − β) φ b[t−1]
//! ŷ[t+h] = l[t] + (φ + φ² + … + φʰ) b[t]
//! ```

use jiff::{SignedDuration, Timestamp};

use super::Centre;

/// Memory of the level: short, since demand a minute ahead looks like demand now.
const LEVEL_MEMORY: SignedDuration = SignedDuration::from_secs(90);
/// Memory of the trend.
const TREND_MEMORY: SignedDuration = SignedDuration::from_mins(6);
/// Time over which a trend is believed to last.
const TREND_LASTS: SignedDuration = SignedDuration::from_mins(10);

/// A damped linear trend.
#[derive(Clone, Debug)]
pub struct Level {
    alpha: f64,
    beta: f64,
    phi: f64,
    level: Option<f64>,
    trend: f64,
}

impl Level {
    /// For a series on this step.
    #[must_use]
    pub fn new(step: SignedDuration) -> Self {
        let fade = |memory: SignedDuration| (-step.as_secs_f64() / memory.as_secs_f64()).exp();
        Self {
            alpha: 1.0 - fade(LEVEL_MEMORY),
            beta: 1.0 - fade(TREND_MEMORY),
            phi: fade(TREND_LASTS),
            level: None,
            trend: 0.0,
        }
    }
}

impl Centre for Level {
    fn learn(&mut self, _ends_at: Timestamp, level: Option<f64>) {
        self.trend *= self.phi;
        let expected = self.level.map(|last| last + self.trend);
        let Some(seen) = level else {
            self.level = expected;
            return;
        };
        let Some(last) = self.level else {
            self.level = Some(seen);
            return;
        };
        let next = self.alpha * seen + (1.0 - self.alpha) * (last + self.trend);
        self.trend = self.beta * (next - last) + (1.0 - self.beta) * self.trend;
        self.level = Some(next);
    }

    fn restart(&mut self) {
        self.level = None;
        self.trend = 0.0;
    }

    fn predict(&self, horizons: &[u32], out: &mut [f64]) {
        let level = self.level.unwrap_or(0.0);
        for (&horizon, out) in horizons.iter().zip(out) {
            let damped = self.phi * (1.0 - self.phi.powi(horizon as i32)) / (1.0 - self.phi);
            *out = level + damped * self.trend;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(levels: impl IntoIterator<Item = Option<f64>>, horizon: u32, expected: std::ops::Range<f64>) {
        let mut method = Level::new(SignedDuration::from_mins(1));
        levels.into_iter().for_each(|level| method.learn(Timestamp::UNIX_EPOCH, level));
        let mut out = [0.0];
        method.predict(&[horizon], &mut out);
        assert!(expected.contains(&out[0]), "{} not in {expected:?}", out[0]);
    }

    #[test]
    fn it_follows_a_level_and_extends_a_trend_for_a_while() {
        check([Some(5.0); 20], 10, 4.999..5.001);
        check((0..40).map(|t| Some(f64::from(t))), 1, 39.0..40.5);
        check((0..40).map(|t| Some(f64::from(t))), 10, 42.0..49.0);
        check((0..40).map(|t| Some(f64::from(t))), 1_000, 44.0..50.0);
    }

    #[test]
    fn a_gap_is_not_a_fall_to_zero() {
        check([Some(5.0), Some(5.0), None, None, None], 5, 4.999..5.001);
    }
}
