//! A simulated Kafka consumer group: partitions shared out among its members, and messages that wait in order in
//! each of them. Messages do not fail; they become late.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::workload::{Backlog, Served, Span};

/// A consumer group as people write it.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QueueSettings {
    /// Partitions of the topic. Replicas above their count have nothing to do.
    pub partitions: u32,
    /// Messages per second that one replica works off.
    pub replica_rate: f64,
    /// A message worked off later than this after it was produced is late.
    pub objective: SignedDuration,
    /// How long nothing is consumed whenever a member joins or leaves.
    pub rebalance_pause: SignedDuration,
    /// How uneven the keys are: partition `i` gets a share in proportion to `1 / i^skew`. 0 is even.
    pub skew: f64,
}

impl Default for QueueSettings {
    /// Order processing: 24 partitions, late after half a minute. The pause is the broker's
    /// `group.initial.rebalance.delay.ms` of 3 s, with the eager assignors that stop every member.
    fn default() -> Self {
        Self {
            partitions: 24,
            replica_rate: 250.0,
            objective: SignedDuration::from_secs(30),
            rebalance_pause: SignedDuration::from_secs(3),
            skew: 0.0,
        }
    }
}

/// A running consumer group.
#[derive(Clone, Debug)]
pub struct ConsumerGroup {
    settings: QueueSettings,
    /// Share of the arrivals of each partition; they sum up to 1.
    shares: Vec<f64>,
    partitions: Vec<Backlog>,
    members: Option<u32>,
    /// Share of the arrivals that the busiest member gets.
    busiest_share: f64,
    paused_until_s: f64,
}

impl ConsumerGroup {
    /// A group that has consumed everything.
    pub fn new(settings: QueueSettings) -> Self {
        let weights: Vec<f64> =
            (1..=settings.partitions).map(|i| f64::from(i).powf(-settings.skew)).collect();
        let sum: f64 = weights.iter().sum();
        Self {
            settings,
            shares: weights.iter().map(|weight| weight / sum).collect(),
            partitions: vec![Backlog::default(); weights.len()],
            members: None,
            busiest_share: 1.0,
            paused_until_s: f64::NEG_INFINITY,
        }
    }

    /// Messages that were produced and not worked off. Offsets are taken to be committed at once.
    pub fn lag(&self) -> f64 {
        self.partitions.iter().map(Backlog::count).sum()
    }

    /// Advances by `dt` of at most a second, in which `arrivals` are produced evenly and `ready` members consume.
    pub fn advance(&mut self, now: Timestamp, dt: SignedDuration, arrivals: f64, ready: u32) -> Served {
        let span = Span::new(now, dt);
        self.rebalance(span.from, ready);
        let capacity = f64::from(ready) * self.settings.replica_rate * span.length();
        if self.keeps_up(span, arrivals, ready) {
            let utilization = arrivals / capacity;
            return Served { arrivals, on_time: arrivals, utilization, ..Served::default() };
        }
        for (partition, share) in self.partitions.iter_mut().zip(&self.shares) {
            partition.arrive(span, arrivals * share);
        }
        let from = span.from.max(self.paused_until_s);
        let mut served = self.consume(Span { from, ..span }, ready);
        if 0.0 < capacity {
            served.utilization = ((served.on_time + served.late) / capacity).min(1.0);
        }
        Served { arrivals, backlog: self.lag(), ..served }
    }

    /// The first members join a group that waits for them; every later change stops all.
    fn rebalance(&mut self, now_s: f64, ready: u32) {
        let before = self.members.replace(ready);
        if before == Some(ready) {
            return;
        }
        if before.is_some() {
            self.paused_until_s = now_s + self.settings.rebalance_pause.as_secs_f64();
        }
        let share = |member| self.owned_by(member, ready).map(|partition| self.shares[partition]).sum();
        self.busiest_share = (0..ready).map(share).fold(0.0, f64::max);
    }

    /// Whether no message waits, and none comes to wait in this step. Most steps of a month are like that, and need
    /// no look at the partitions.
    fn keeps_up(&self, span: Span, arrivals: f64, members: u32) -> bool {
        let capacity = self.settings.replica_rate * span.length();
        let consumes = 0 < members && self.paused_until_s <= span.from;
        consumes && self.lag() == 0.0 && self.busiest_share * arrivals <= capacity
    }

    /// Member `m` of `n` owns partitions `m`, `m + n`, `m + 2n`…, as the round-robin assignor gives them.
    fn owned_by(&self, member: u32, members: u32) -> impl Iterator<Item = usize> + Clone + use<> {
        (member as usize..self.partitions.len()).step_by(members as usize)
    }

    fn consume(&mut self, span: Span, members: u32) -> Served {
        let mut served = Served::default();
        if span.length() <= 0.0 {
            return served;
        }
        let objective_s = self.settings.objective.as_secs_f64();
        for member in 0..members.min(self.settings.partitions) {
            let owned = self.owned_by(member, members);
            let waiting: f64 = owned.clone().map(|partition| self.partitions[partition].count()).sum();
            for partition in owned {
                // A fetch brings from each partition in proportion to what is there.
                let partition = &mut self.partitions[partition];
                let rate = self.settings.replica_rate * partition.count() / waiting;
                partition.serve(span, rate, |part| {
                    let late = part.waited_above(objective_s);
                    served.late += late;
                    served.on_time += part.count - late;
                });
            }
        }
        served
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Sums over seconds of (arrivals, ready).
    fn run(settings: QueueSettings, seconds: &[(f64, u32)]) -> Served {
        let mut group = ConsumerGroup::new(settings);
        let mut total = Served::default();
        for (second, (arrivals, ready)) in seconds.iter().enumerate() {
            let now = Timestamp::from_second(second as i64).unwrap();
            let served = group.advance(now, SignedDuration::from_secs(1), *arrivals, *ready);
            total.arrivals += served.arrivals;
            total.on_time += served.on_time;
            total.late += served.late;
            total.backlog = served.backlog;
        }
        total
    }

    /// Claims the lag after a minute of steady arrivals on four partitions of 100 messages/s a member.
    fn check_lag(settings: QueueSettings, arrivals: f64, members: u32, expected: f64) {
        let settings = QueueSettings { partitions: 4, replica_rate: 100.0, ..settings };
        let lag = run(settings, &[(arrivals, members); 60]).backlog;
        assert!((lag - expected).abs() < 1e-6, "{lag} with {members} members");
    }

    #[test]
    fn replicas_above_the_partition_count_do_not_help() {
        let even = QueueSettings::default();
        check_lag(even, 400.0, 4, 0.0);
        check_lag(even, 500.0, 4, 60.0 * 100.0);
        check_lag(even, 500.0, 9, 60.0 * 100.0);
        check_lag(even, 500.0, 0, 60.0 * 500.0);
    }

    #[test]
    fn a_member_with_two_partitions_falls_behind_alone() {
        // Three members: one owns two of four partitions, so half of the arrivals, 120/s, at 100/s.
        check_lag(QueueSettings::default(), 240.0, 3, 60.0 * 20.0);
    }

    #[test]
    fn a_hot_partition_lags_while_others_idle() {
        // Shares 1, 1/2, 1/3, 1/4 of 25/12: the first gets 48 % of 240/s, 115.2/s at 100/s.
        check_lag(QueueSettings { skew: 1.0, ..QueueSettings::default() }, 240.0, 4, 60.0 * 15.2);
    }

    #[test]
    fn every_change_of_membership_pauses_the_group() {
        let settings = QueueSettings { partitions: 4, replica_rate: 100.0, ..QueueSettings::default() };
        let mut seconds = [(50.0, 2); 8];
        assert_eq!(run(settings, &seconds[..5]).backlog, 0.0);
        seconds[5..].fill((50.0, 3));
        assert_eq!(run(settings, &seconds).backlog, 150.0, "three seconds without consumption");
        seconds[5..].fill((50.0, 1));
        assert_eq!(run(settings, &seconds).backlog, 150.0);
    }

    #[test]
    fn a_message_is_late_by_its_time_in_the_queue() {
        let settings = QueueSettings {
            partitions: 1,
            replica_rate: 100.0,
            rebalance_pause: SignedDuration::ZERO,
            ..QueueSettings::default()
        };
        // 60 s of 100/s pile up, then are worked off at 100/s: each waits for exactly a minute.
        let mut seconds = [(100.0, 0); 120];
        seconds[60..].fill((0.0, 1));
        let total = run(settings, &seconds);
        assert!((total.late - 6_000.0).abs() < 1e-6, "{total:?}");
        let patient = QueueSettings { objective: SignedDuration::from_secs(61), ..settings };
        assert_eq!(run(patient, &seconds).late, 0.0);
    }

    proptest! {
        #[test]
        fn messages_are_conserved(
            seconds in prop::collection::vec((0.0..9_000.0_f64, 0_u32..30), 1..100),
            skew in 0.0..2.0_f64,
        ) {
            let total = run(QueueSettings { skew, ..QueueSettings::default() }, &seconds);
            let accounted = total.on_time + total.late + total.backlog;
            prop_assert!((total.arrivals - accounted).abs() < 1e-6 * total.arrivals.max(1.0));
        }
    }
}
