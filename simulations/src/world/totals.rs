//! What a run comes to: requests, replicas, nodes and money.

use jiff::{SignedDuration, Timestamp};

use crate::cluster::Cluster;
use crate::workload::Served;

/// Share of late and failed requests above which a minute has missed its objective.
pub const SLO_SHARE: f64 = 0.01;

/// Sums since the start of a world. Two copies differ by what happened in between.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Totals {
    /// Requests that arrived.
    pub requests: f64,
    /// Of them, answered after the objective.
    pub late: f64,
    /// Of them, timed out or turned away.
    pub failed: f64,
    /// Integral of existing replicas, in replica-seconds; terminating pods do not count.
    pub replica_seconds: f64,
    /// Integral of nodes, in node-seconds, the cluster's fixed nodes and launching ones included.
    pub node_seconds: f64,
    /// Cost of the node-seconds.
    pub cost: f64,
    /// The part of the node-seconds that Karpenter launched.
    pub launched_node_seconds: f64,
    /// Its cost.
    pub launched_cost: f64,
    /// Most replicas that existed at once.
    pub peak_replicas: u32,
    missed_minutes: u64,
    minute: Minute,
}

/// The minute that runs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Minute {
    /// Minutes since the Unix epoch.
    number: i64,
    answered: f64,
    missed: f64,
}

impl Minute {
    fn is_missed(&self) -> bool {
        SLO_SHARE * self.answered < self.missed
    }
}

impl Totals {
    /// Minutes of the clock in which more than 1 % of the requests that left were late or failed.
    pub fn slo_minutes(&self) -> u64 {
        self.missed_minutes + u64::from(self.minute.is_missed())
    }

    pub(super) fn add_requests(&mut self, now: Timestamp, served: &Served) {
        self.requests += served.arrivals;
        self.late += served.late;
        self.failed += served.failed;
        let number = now.as_second().div_euclid(60);
        if number != self.minute.number {
            self.missed_minutes += u64::from(self.minute.is_missed());
            self.minute = Minute { number, ..Minute::default() };
        }
        self.minute.missed += served.late + served.failed;
        self.minute.answered += served.on_time + served.late + served.failed;
    }

    pub(super) fn add_capacity(&mut self, dt: SignedDuration, replicas: u32, cluster: &Cluster) {
        let dt_s = dt.as_secs_f64();
        self.replica_seconds += f64::from(replicas) * dt_s;
        self.node_seconds += cluster.nodes().len() as f64 * dt_s;
        self.cost += cluster.price_per_hour() * dt_s / 3_600.0;
        let launched = cluster.launched();
        self.launched_node_seconds += f64::from(launched.nodes) * dt_s;
        self.launched_cost += launched.price_per_hour * dt_s / 3_600.0;
        self.peak_replicas = self.peak_replicas.max(replicas);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_counts_once_when_more_than_one_percent_is_missed() {
        let check = |late: f64, failed: f64, expected: u64| {
            let mut totals = Totals::default();
            for second in 0..180 {
                let missed = if second == 70 { (late, failed) } else { (0.0, 0.0) };
                let on_time = 10.0 - missed.0 - missed.1;
                let served = Served { on_time, late: missed.0, failed: missed.1, ..Served::default() };
                totals.add_requests(Timestamp::from_second(second).unwrap(), &served);
            }
            assert_eq!(totals.slo_minutes(), expected, "{late} late and {failed} failed of 600");
        };
        check(6.0, 0.0, 0);
        check(7.0, 0.0, 1);
        check(3.0, 3.5, 1);
    }
}
