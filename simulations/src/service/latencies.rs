//! The latencies of a service, counted as its metrics would tell them: the wait in the fluid line, the wait by chance
//! below saturation, and the mean service.

use super::ServiceSettings;
use super::erlang::WaitTable;
use crate::latency::{BOUNDS_S, Histogram};
use crate::workload::Leaving;

/// Highest utilization whose steady state the histogram of latency tells of: above it a minute is over before chance
/// has come to it, and the line that grows is what is waited for.
const MOST_STEADY: f64 = 0.98;

/// The histogram of latency, and what it is counted by: for each bucket the longest wait that leaves time for the mean
/// service within its bound, as for the objective.
#[derive(Clone, Debug)]
pub(super) struct Latencies {
    /// Wait in seconds and its share in steady state; `None` where the service alone takes longer.
    buckets: [Option<(f64, WaitTable)>; BOUNDS_S.len()],
    histogram: Histogram,
}

impl Latencies {
    pub(super) fn new(settings: &ServiceSettings) -> Self {
        let buckets = BOUNDS_S.map(|bound_s| {
            let wait_s = bound_s - settings.service_time.as_secs_f64();
            (0.0 <= wait_s).then(|| (wait_s, settings.wait_table_above(wait_s)))
        });
        Self { buckets, histogram: Histogram::default() }
    }

    pub(super) fn histogram(&self) -> &Histogram {
        &self.histogram
    }

    /// Share that waits longer than each bucket allows, by chance alone.
    pub(super) fn by_chance(&self, utilization: f64) -> [f64; BOUNDS_S.len()] {
        let utilization = utilization.min(MOST_STEADY);
        let share =
            |bucket: &Option<(f64, WaitTable)>| bucket.as_ref().map(|(_, table)| table.at(utilization));
        std::array::from_fn(|index| share(&self.buckets[index]).unwrap_or(1.0))
    }

    /// Counts those that leave the line.
    pub(super) fn count(&mut self, part: &Leaving, by_chance: &[f64; BOUNDS_S.len()]) {
        for ((bucket, within), share) in self.buckets.iter().zip(&mut self.histogram.within).zip(by_chance) {
            let Some((wait_s, _)) = bucket else { continue };
            *within += (part.count - part.waited_above(*wait_s)) * (1.0 - share);
        }
        self.histogram.all += part.count;
    }

    /// Who gives up has waited for as long as that.
    pub(super) fn count_expired(&mut self, expired: f64, timeout_s: f64) {
        for (within, bound_s) in self.histogram.within.iter_mut().zip(BOUNDS_S) {
            *within += if timeout_s <= bound_s { expired } else { 0.0 };
        }
        self.histogram.all += expired;
    }
}
