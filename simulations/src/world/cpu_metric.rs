//! CPU use as the HPA controller gets to see it, late.
//!
//! The rule: every kubelet samples its pods' CPU time each 10 s, metrics-server reads the newest samples each
//! 15 s, and the metrics API answers the use between the last two samples that were read, until the next reading.
//! The middle of the work that an HPA syncing each 15 s acts on is then 27.5 s old on average, and its oldest up
//! to 55 s. All kubelets share one phase here, and so do all pods one utilization: the balancer is fair.

use jiff::{SignedDuration, Timestamp};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::cluster::Pod;

/// The kubelet's housekeeping interval, `--housekeeping-interval`.
const KUBELET_PERIOD: SignedDuration = SignedDuration::from_secs(10);
/// Metrics-server's `--metric-resolution`.
const SCRAPE_PERIOD: SignedDuration = SignedDuration::from_secs(15);
/// Share of its request that a pod uses without traffic: runtime, probes, telemetry.
const IDLE_SHARE: f64 = 0.02;

/// One pod's CPU use in the metrics API.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CpuUse {
    /// Mean use over the window, in thousandths of a core.
    pub millicores: f64,
    /// End of the window.
    pub at: Timestamp,
    /// Length of the window.
    pub window: SignedDuration,
}

/// The pipeline from kubelet to metrics API.
#[derive(Clone, Debug)]
pub(super) struct CpuMetric {
    /// Time that a Ready pod has been busy since the start, in seconds.
    busy_s: f64,
    next_sample: Timestamp,
    next_scrape: Timestamp,
    kubelet: Option<Sample>,
    former: Option<Sample>,
    latest: Option<Sample>,
}

#[derive(Clone, Copy, Debug)]
struct Sample {
    at: Timestamp,
    busy_s: f64,
}

impl CpuMetric {
    /// A pipeline that has not sampled yet, with phases drawn from the seed.
    pub(super) fn new(now: Timestamp, seed: u64) -> Self {
        let mut rng = Pcg64Mcg::seed_from_u64(seed);
        let mut first = |period: SignedDuration| {
            now + SignedDuration::from_millis(rng.random_range(1..=period.as_millis() as i64))
        };
        Self {
            busy_s: 0.0,
            next_sample: first(KUBELET_PERIOD),
            next_scrape: first(SCRAPE_PERIOD),
            kubelet: None,
            former: None,
            latest: None,
        }
    }

    /// Adds a step of `dt` that ends at `until`, in which Ready pods were evenly busy; `None` when the recording
    /// does not say how busy. Samples of that time are missing, for a gap in a recording is not an idle fleet.
    pub(super) fn advance(&mut self, until: Timestamp, dt: SignedDuration, utilization: Option<f64>) {
        while self.next_sample.min(self.next_scrape) <= until {
            if self.next_scrape < self.next_sample {
                self.next_scrape += SCRAPE_PERIOD;
                (self.former, self.latest) = (self.latest, self.kubelet);
            } else {
                let into_step_s = (dt - until.duration_since(self.next_sample)).as_secs_f64();
                self.kubelet = utilization.map(|utilization| Sample {
                    at: self.next_sample,
                    busy_s: self.busy_s + utilization * into_step_s,
                });
                self.next_sample += KUBELET_PERIOD;
            }
        }
        self.busy_s += utilization.unwrap_or(0.0) * dt.as_secs_f64();
    }

    /// The pod's use in the last window; `None` if it was not there at both ends. A pod that became Ready in the
    /// window was busy only since.
    pub(super) fn of(&self, pod: &Pod, request_millicores: u32) -> Option<CpuUse> {
        let (former, latest) = (self.former?, self.latest?);
        pod.bound.filter(|bound| *bound <= former.at)?;
        let window = latest.at.duration_since(former.at);
        let served_since = pod.ready_since.unwrap_or(Timestamp::MAX).clamp(former.at, latest.at);
        let serving = latest.at.duration_since(served_since).as_secs_f64() / window.as_secs_f64();
        let utilization = serving * (latest.busy_s - former.busy_s) / window.as_secs_f64();
        let share = IDLE_SHARE + (1.0 - IDLE_SHARE) * utilization;
        Some(CpuUse { millicores: share * f64::from(request_millicores), at: latest.at, window })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_pod_is_measured_from_its_first_whole_window_on_and_busy_since_it_is_ready() {
        let mut metric = CpuMetric::new(at(0), 1);
        for second in 1..=120 {
            metric.advance(at(second), SignedDuration::from_secs(1), Some(1.0));
        }
        let (former, latest) = (metric.former.unwrap().at, metric.latest.unwrap().at);
        let window = latest.duration_since(former);
        let check = |bound, ready_since, expected: Option<f64>| {
            let pod = Pod { created: at(0), node: None, bound: Some(bound), ready_since, deleted: None };
            let measured = metric.of(&pod, 1_000).map(|cpu| cpu.millicores.round());
            assert_eq!(measured, expected, "bound {bound}, Ready {ready_since:?}, window from {former}");
        };
        check(at(0), Some(at(10)), Some(1_000.0));
        check(at(0), Some(former + window / 2), Some(510.0));
        check(at(0), None, Some(20.0));
        check(former, Some(latest), Some(20.0));
        check(latest, Some(latest), None);
    }
}
