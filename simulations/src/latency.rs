//! Latency as a Prometheus would observe it: a histogram of cumulative buckets, and the quantile that
//! `histogram_quantile(q, rate(…[1m]))` reads from it. It is coarse between two buckets, as it is in life.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

/// Upper bounds of the buckets, in seconds: the default ones of Prometheus' client libraries.
pub const BOUNDS_S: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The range of the query's `rate`.
const WINDOW: SignedDuration = SignedDuration::from_mins(1);

/// Counts of answered requests since the start, by latency.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Histogram {
    /// Those within each of [`BOUNDS_S`]; never falls from one to the next.
    pub within: [f64; BOUNDS_S.len()],
    /// All of them.
    pub all: f64,
}

impl Histogram {
    /// What was counted since `earlier`.
    fn since(&self, earlier: &Self) -> Self {
        let within = std::array::from_fn(|bucket| self.within[bucket] - earlier.within[bucket]);
        Self { within, all: self.all - earlier.all }
    }

    /// The quantile in seconds, as `histogram_quantile` has it: linear within a bucket, and the highest bound for all
    /// that lies beyond. `None` where nothing was counted.
    fn quantile(&self, quantile: f64) -> Option<f64> {
        if self.all <= 0.0 {
            return None;
        }
        let rank = quantile * self.all;
        let bucket = self.within.partition_point(|count| *count < rank);
        let Some(upper_s) = BOUNDS_S.get(bucket) else { return BOUNDS_S.last().copied() };
        let (lower_s, below) = match bucket.checked_sub(1) {
            None => (0.0, 0.0),
            Some(lower) => (BOUNDS_S[lower], self.within[lower]),
        };
        Some(lower_s + (upper_s - lower_s) * (rank - below) / (self.within[bucket] - below))
    }
}

/// Looks at a histogram at each tick, and remembers a minute of it.
#[derive(Clone, Debug, Default)]
pub struct LatencyWatch {
    looks: VecDeque<(Timestamp, Histogram)>,
}

impl LatencyWatch {
    /// The quantile of latency, in seconds, of the requests answered in the minute before `now`; `None` before a
    /// minute was watched, and where none was answered.
    pub fn look(&mut self, now: Timestamp, histogram: &Histogram, quantile: f64) -> Option<f64> {
        self.looks.push_back((now, *histogram));
        while self.looks.get(1).is_some_and(|(at, _)| *at + WINDOW <= now) {
            self.looks.pop_front();
        }
        let (oldest_at, oldest) = self.looks.front()?;
        let is_watched = *oldest_at + WINDOW <= now;
        histogram.since(oldest).quantile(quantile).filter(|_| is_watched)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A histogram of `(requests, latency)`.
    fn histogram(answers: &[(f64, f64)]) -> Histogram {
        let within = BOUNDS_S.map(|bound_s| {
            answers.iter().filter(|(_, latency_s)| *latency_s <= bound_s).map(|(count, _)| count).sum()
        });
        Histogram { within, all: answers.iter().map(|(count, _)| count).sum() }
    }

    fn check(answers: &[(f64, f64)], quantile: f64, expected: Option<f64>) {
        let read = histogram(answers).quantile(quantile);
        let close = read.zip(expected).map_or(read == expected, |(a, b)| (a - b).abs() < 1e-9);
        assert!(close, "q{quantile} of {answers:?} is {read:?}");
    }

    /// The expected values are by the rules of Prometheus' documentation of `histogram_quantile`.
    #[test]
    fn a_quantile_is_linear_within_its_bucket() {
        check(&[(100.0, 0.3)], 0.5, Some(0.375));
        check(&[(100.0, 0.003)], 0.5, Some(0.0025));
        check(&[(90.0, 0.2), (10.0, 0.7)], 0.99, Some(0.5 + 0.5 * 0.9));
        check(&[(50.0, 0.2), (50.0, 60.0)], 0.99, Some(10.0));
        check(&[], 0.99, None);
    }

    #[test]
    fn only_the_last_minute_counts_and_it_has_to_be_a_whole_one() {
        let mut watch = LatencyWatch::default();
        let mut look = |second: i64, answers: &[(f64, f64)]| {
            watch.look(Timestamp::from_second(second).unwrap(), &histogram(answers), 0.5)
        };
        let slow = (100.0, 0.7);
        assert_eq!(look(0, &[]), None);
        assert_eq!(look(30, &[slow]), None);
        assert_eq!(look(60, &[slow]), Some(0.75));
        assert_eq!(look(90, &[slow, (100.0, 0.2)]), Some(0.175));
        assert_eq!(look(600, &[slow, (100.0, 0.2)]), None, "nothing was answered meanwhile");
    }
}
