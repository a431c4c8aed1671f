//! Seeded chance of generated traffic: independent requests, on top of a mood that lasts for minutes.

use rand::SeedableRng;
use rand_distr::{Distribution, Gamma, Normal, Poisson};
use rand_pcg::Pcg64Mcg;

/// How restless traffic is.
#[derive(Clone, Copy)]
pub(super) struct Restlessness {
    /// How much of the mood is left after a step, within [0, 1).
    pub(super) memory: f64,
    /// Standard deviation of the mood, as part of the mean.
    pub(super) mood: f64,
    /// Standard deviation of a step on its own, as part of the mean: requests come in page loads and retries,
    /// which makes counts wider than Poisson's.
    pub(super) burst: f64,
}

/// A stream of noisy rates around given means.
pub(super) struct Chance {
    rng: Pcg64Mcg,
    restlessness: Restlessness,
    mood: f64,
}

impl Chance {
    pub(super) fn new(seed: u64, restlessness: Restlessness) -> Self {
        Self { rng: Pcg64Mcg::seed_from_u64(seed), restlessness, mood: 0.0 }
    }

    /// A rate as it would be counted over `step_s` seconds where `mean` is expected, to a tenth.
    ///
    /// Counts are Poisson around a Gamma around the mean (a negative binomial), the mean moved by an
    /// autoregressive mood.
    pub(super) fn rate(&mut self, mean: f64, step_s: f64) -> f64 {
        let Restlessness { memory, mood, burst } = self.restlessness;
        let shock = Normal::new(0.0, mood * (1.0 - memory * memory).sqrt()).expect("a finite deviation");
        self.mood = memory * self.mood + shock.sample(&mut self.rng);
        let shape = 1.0 / (burst * burst);
        let expected = (mean * step_s * self.mood.exp()).max(f64::MIN_POSITIVE);
        let intensity =
            Gamma::new(shape, expected / shape).expect("a positive shape and mean").sample(&mut self.rng);
        let count = if 0.0 < intensity {
            Poisson::new(intensity).map_or(0.0, |poisson| poisson.sample(&mut self.rng))
        } else {
            0.0
        };
        (count / step_s * 10.0).round() / 10.0
    }
}
