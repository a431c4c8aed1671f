//! Latencies as HDR histograms: counted in microseconds, each within a thousandth of its value, in bounded memory.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// An hour: no answer is awaited as long.
const HIGHEST_US: u64 = 3_600_000_000;
/// Three digits: a value of 50 ms is known to 50 µs.
const DIGITS: u8 = 3;
/// Two of them do for a step of the timeline, of which many are held at once.
const DIGITS_OF_A_STEP: u8 = 2;

/// A histogram of latencies.
#[derive(Clone, Debug)]
pub struct Latencies(Histogram<u64>);

/// What a histogram says, in milliseconds. All are missing where nothing was counted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    /// How many were counted.
    pub count: u64,
    /// The least.
    pub min_ms: Option<f64>,
    /// The mean.
    pub mean_ms: Option<f64>,
    /// Half are at most this.
    pub p50_ms: Option<f64>,
    /// Nine of ten.
    pub p90_ms: Option<f64>,
    /// 99 of 100.
    pub p99_ms: Option<f64>,
    /// 999 of 1,000.
    pub p999_ms: Option<f64>,
    /// The most.
    pub max_ms: Option<f64>,
}

impl Latencies {
    /// For a whole run.
    pub fn of_a_run() -> Self {
        Self::new(DIGITS)
    }

    /// For one step of it.
    pub(crate) fn of_a_step() -> Self {
        Self::new(DIGITS_OF_A_STEP)
    }

    fn new(digits: u8) -> Self {
        let mut histogram =
            Histogram::new(digits).expect("2 and 3 digits are among the 0 to 5 that there are");
        histogram.auto(true);
        Self(histogram)
    }

    /// Counts one.
    pub fn record(&mut self, latency: Duration) {
        let us = u64::try_from(latency.as_micros()).unwrap_or(HIGHEST_US).min(HIGHEST_US);
        self.0.record(us).expect("a histogram that grows takes every value");
    }

    /// The latency that a share of `quantile` does not exceed.
    pub fn quantile_ms(&self, quantile: f64) -> Option<f64> {
        (!self.0.is_empty()).then(|| ms(self.0.value_at_quantile(quantile)))
    }

    /// The most.
    pub fn max_ms(&self) -> Option<f64> {
        (!self.0.is_empty()).then(|| ms(self.0.max()))
    }

    /// All that is told of it.
    pub fn quantiles(&self) -> Quantiles {
        if self.0.is_empty() {
            return Quantiles::default();
        }
        let at = |quantile| self.quantile_ms(quantile);
        Quantiles {
            count: self.0.len(),
            min_ms: Some(ms(self.0.min())),
            mean_ms: Some((self.0.mean() / 10.0).round() / 100.0),
            p50_ms: at(0.5),
            p90_ms: at(0.9),
            p99_ms: at(0.99),
            p999_ms: at(0.999),
            max_ms: self.max_ms(),
        }
    }
}

fn ms(us: u64) -> f64 {
    us as f64 / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_within_a_thousandth() {
        let mut latencies = Latencies::of_a_run();
        (1..=100_000).for_each(|us| latencies.record(Duration::from_micros(us)));
        let told = latencies.quantiles();
        for (told, exact) in
            [(told.p50_ms, 50.0), (told.p99_ms, 99.0), (told.max_ms, 100.0), (told.mean_ms, 50.0)]
        {
            let told = told.unwrap();
            assert!((told / exact - 1.0).abs() < 2e-3, "{told} beside {exact}");
        }
    }

    #[test]
    fn of_nothing_nothing_is_told() {
        assert_eq!(Latencies::of_a_run().quantiles(), Quantiles::default());
    }

    #[test]
    fn an_hour_and_more_is_an_hour() {
        let mut latencies = Latencies::of_a_run();
        latencies.record(Duration::MAX);
        let most = latencies.max_ms().unwrap();
        assert!((most / 3_600_000.0 - 1.0).abs() < 2e-3, "{most}");
    }
}
