//! How long a start takes: a lognormal delay, written as the median and the 95th percentile that people read off
//! their dashboards, with a floor under which nothing starts.

use jiff::SignedDuration;
use rand_distr::{Distribution, StandardNormal};
use rand_pcg::Pcg64Mcg;
use serde::Deserialize;

/// A delay as people write it: `{ median = "8s", p95 = "11s", at_least = "6s" }`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delay {
    /// Half of the delays are shorter.
    pub median: SignedDuration,
    /// 95 % of the delays are shorter.
    pub p95: SignedDuration,
    /// No delay is shorter: a draw below is raised to it.
    #[serde(default)]
    pub at_least: SignedDuration,
}

impl Delay {
    /// A delay of whole seconds.
    pub const fn of_secs(median: i64, p95: i64, at_least: i64) -> Self {
        Self {
            median: SignedDuration::from_secs(median),
            p95: SignedDuration::from_secs(p95),
            at_least: SignedDuration::from_secs(at_least),
        }
    }

    /// Draws one delay. A median of zero is no delay at all, unless `at_least` asks for one.
    pub fn draw(&self, rng: &mut Pcg64Mcg) -> SignedDuration {
        // Drawn in any case, so that two settings of the world use up the same chance.
        let normal: f64 = StandardNormal.sample(rng);
        let median_s = self.median.as_secs_f64();
        if median_s <= 0.0 {
            return self.at_least;
        }
        let p95_s = self.p95.as_secs_f64();
        let sigma = (p95_s / median_s).ln() / NORMAL_95;
        let drawn_s = (median_s * (sigma * normal).exp()).min(LONGEST_P95S * p95_s);
        SignedDuration::from_secs_f64(drawn_s).max(self.at_least)
    }

    /// In words, for a report.
    pub fn in_words(&self) -> String {
        format!("{:#} median, {:#} p95, at least {:#}", self.median, self.p95, self.at_least)
    }
}

/// The longest delay, in 95th percentiles: a lognormal tail has no end, but a start is tried again.
const LONGEST_P95S: f64 = 10.0;

/// The 95th percentile of the standard normal distribution.
const NORMAL_95: f64 = 1.644_853_627;

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    fn check(delay: Delay, share: f64, expected_s: f64) {
        let mut rng = Pcg64Mcg::seed_from_u64(1);
        let mut drawn: Vec<f64> = (0..20_001).map(|_| delay.draw(&mut rng).as_secs_f64()).collect();
        drawn.sort_by(f64::total_cmp);
        let measured = drawn[(20_000.0 * share) as usize];
        assert!((measured / expected_s - 1.0).abs() < 0.03, "{share} of {delay:?} is {measured}");
    }

    #[test]
    fn drawn_delays_have_the_percentiles_that_were_written() {
        check(Delay::of_secs(8, 11, 6), 0.5, 8.0);
        check(Delay::of_secs(8, 11, 6), 0.95, 11.0);
        check(Delay::of_secs(50, 110, 45), 0.95, 110.0);
    }

    #[test]
    fn no_delay_is_below_its_floor() {
        check(Delay::of_secs(8, 11, 6), 0.0, 6.0);
        check(Delay::of_secs(50, 110, 45), 0.2, 45.0);
        check(Delay::of_secs(0, 0, 3), 0.5, 3.0);
    }
}
