//! Lead times, measured: how long pods took to be Ready in this cluster, as a quantile of the latest starts, of which
//! old ones count less. Until enough have been seen, what was seen of other workloads' nodes stands in, and until then
//! a stated prior.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::settings::LeadTimeSettings;

/// Pod start on a node that is there: WORLD measures 6–11 s to Ready; an image may still have to be pulled.
pub const POD_PRIOR: SignedDuration = SignedDuration::from_secs(20);

/// Pod start that waits for a node: node pending → Ready has its p95 near 110 s, and the pod's own start.
pub const NODE_PRIOR: SignedDuration = SignedDuration::from_secs(130);

/// Delays remembered; older ones are forgotten. Each takes 8 bytes.
const REMEMBERED: usize = 64;

/// What was seen is all that counts from so many starts on; before, the prior fills in.
const TRUSTED: f64 = 10.0;

/// Fewer starts than these say nothing of others.
const ENOUGH: usize = 3;

/// A start counts half as much as one that came so much later. It is reckoned from the newest start, and not from now:
/// what was seen before a quiet week is worth more than a guess.
const HALF_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// How long a pod takes from being asked for to being Ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadTime {
    /// On a node that is there.
    pub pod: SignedDuration,
    /// On a node that must be launched first; never shorter than `pod`.
    pub node: SignedDuration,
}

/// How a lead time is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownBy {
    /// The user says so.
    Typed,
    /// Ten starts of this workload have been seen, or more.
    Measured,
    /// Fewer have: a node is taken to start as those of its pool did, whoever asked for them.
    Pool,
    /// Too little was seen: a stated prior fills in.
    Prior,
}

/// Delays of one kind, as they were seen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Delays {
    seen: Vec<Delay>,
}

/// One of them, small: there are two kinds of up to 64 for each of ten thousand scalers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Delay {
    /// Minutes since 1970.
    at: u32,
    took_s: f32,
}

impl Delays {
    /// Remembers delays that were seen to end at `now`. What is no time is left out.
    pub fn observe(&mut self, now: Timestamp, delays: &[SignedDuration]) {
        let at = u32::try_from(now.as_second() / 60).unwrap_or(0);
        let sound = delays.iter().filter(|delay| !delay.is_negative());
        self.seen.extend(sound.map(|delay| Delay { at, took_s: delay.as_secs_f32() }));
        let forgotten = self.seen.len().saturating_sub(REMEMBERED);
        self.seen.drain(..forgotten);
    }

    /// Takes up those that were seen before these.
    fn take_up(&mut self, mut before: Self) {
        before.seen.append(&mut self.seen);
        let forgotten = before.seen.len().saturating_sub(REMEMBERED);
        before.seen.drain(..forgotten);
        *self = before;
    }

    /// How many are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.seen.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// Whether what was seen stands for itself, without a prior.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        let total: f64 = self.weighed().iter().map(|(_, weight)| weight).sum();
        TRUSTED <= total
    }

    /// The delay that a share `quantile` of starts stays within, above 0 and below 1; `None` before the first.
    #[must_use]
    pub fn quantile(&self, quantile: f64) -> Option<SignedDuration> {
        (!self.is_empty()).then(|| quantile_of(self.weighed(), quantile))
    }

    /// The same, once enough were seen that it says something of others, three.
    #[must_use]
    pub fn quantile_if_enough(&self, quantile: f64) -> Option<SignedDuration> {
        (ENOUGH <= self.len()).then(|| quantile_of(self.weighed(), quantile))
    }

    /// The same, filled in with `prior` while little has been seen.
    #[must_use]
    pub fn quantile_or(&self, quantile: f64, prior: SignedDuration) -> SignedDuration {
        let mut weighed = self.weighed();
        let total: f64 = weighed.iter().map(|(_, weight)| weight).sum();
        let missing = TRUSTED - total;
        if 0.0 < missing {
            // As one start, and less the more have been seen.
            weighed.push((prior.as_secs_f64(), missing / TRUSTED));
        }
        quantile_of(weighed, quantile)
    }

    /// Seconds, and how much each counts.
    fn weighed(&self) -> Vec<(f64, f64)> {
        let newest = self.seen.iter().map(|delay| delay.at).max().unwrap_or(0);
        let half_life = HALF_LIFE.as_secs_f64() / 60.0;
        let weight = |delay: &Delay| 0.5_f64.powf(f64::from(newest - delay.at) / half_life);
        self.seen.iter().map(|delay| (f64::from(delay.took_s), weight(delay))).collect()
    }
}

/// The weighted quantile, linear between the middles of the weights: of equal weights, Hazen's.
fn quantile_of(mut weighed: Vec<(f64, f64)>, quantile: f64) -> SignedDuration {
    weighed.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
    let total: f64 = weighed.iter().map(|(_, weight)| weight).sum();
    let (mut below, mut last) = (0.0, None::<(f64, f64)>);
    for (took, weight) in weighed {
        let middle = (below + weight / 2.0) / total;
        if quantile <= middle {
            let Some((share, shorter)) = last else { return seconds(took) };
            let part = (quantile - share) / (middle - share);
            return seconds(shorter + part * (took - shorter));
        }
        (below, last) = (below + weight, Some((middle, took)));
    }
    seconds(last.map_or(0.0, |(_, longest)| longest))
}

fn seconds(seconds: f64) -> SignedDuration {
    SignedDuration::try_from_secs_f64(seconds).unwrap_or(SignedDuration::ZERO)
}

/// Starts of a workload's pods.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Starts {
    /// On nodes that were there.
    pub pods: Delays,
    /// Of pods that a node was launched for.
    pub nodes: Delays,
}

impl Starts {
    /// Takes up those that were seen before these.
    pub(crate) fn take_up(&mut self, before: Self) {
        self.pods.take_up(before.pods);
        self.nodes.take_up(before.nodes);
    }

    /// The lead times to plan with, so that a share `risk` of starts is in time. `launch` is how long a node of the pool
    /// takes, whoever asks for it, where that is known.
    ///
    /// Of nodes launched together, pods take those that are Ready first: their own waits say too little of the slow ones.
    #[must_use]
    pub fn lead_time(&self, risk: f64, launch: Option<SignedDuration>) -> LeadTime {
        let pod = self.pods.quantile_or(risk, POD_PRIOR);
        let launched = launch.map(|launch| launch + pod);
        let least = launched.filter(|_| self.pods.is_trusted()).unwrap_or(pod);
        let node = self.nodes.quantile_or(risk, launched.unwrap_or(NODE_PRIOR));
        LeadTime { pod, node: node.max(least) }
    }

    /// How the lead times of pod and node are known.
    #[must_use]
    pub fn known(&self, typed: LeadTimeSettings, launch: Option<SignedDuration>) -> (KnownBy, KnownBy) {
        let pod = match typed.pod {
            Some(_) => KnownBy::Typed,
            None if self.pods.is_trusted() => KnownBy::Measured,
            None => KnownBy::Prior,
        };
        let node = match (typed.node, launch) {
            (Some(_), _) => KnownBy::Typed,
            (None, _) if self.nodes.is_trusted() => KnownBy::Measured,
            (None, Some(_)) => KnownBy::Pool,
            (None, None) => KnownBy::Prior,
        };
        (pod, node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(1_780_000_000 + 3_600 * hour).unwrap()
    }

    fn starts(on_node: &[f64], on_new_node: &[f64]) -> Starts {
        let durations = |list: &[f64]| list.iter().map(|&s| seconds(s)).collect::<Vec<_>>();
        let mut starts = Starts::default();
        starts.pods.observe(at(0), &durations(on_node));
        starts.nodes.observe(at(0), &durations(on_new_node));
        starts
    }

    fn check(on_node: &[f64], on_new_node: &[f64], launch: Option<i64>, (pod_s, node_s): (f64, f64)) {
        let launch = launch.map(SignedDuration::from_secs);
        let lead_time = starts(on_node, on_new_node).lead_time(0.95, launch);
        let (pod, node) = (lead_time.pod.as_secs_f64(), lead_time.node.as_secs_f64());
        assert!((pod - pod_s).abs() < 0.01 && (node - node_s).abs() < 0.01, "{lead_time:?}");
    }

    #[test]
    fn a_cold_cluster_starts_from_the_prior() {
        check(&[], &[], None, (20.0, 130.0));
    }

    #[test]
    fn what_was_seen_replaces_the_prior() {
        check(&[8.0; 30], &[60.0; 30], None, (8.0, 60.0));
        check(&[200.0; 100], &[60.0; 30], None, (200.0, 200.0));
    }

    #[test]
    fn a_workload_that_saw_no_node_start_reckons_with_those_of_its_pool() {
        check(&[8.0; 30], &[], Some(45), (8.0, 53.0));
        check(&[8.0; 30], &[90.0; 30], Some(45), (8.0, 90.0));
    }

    #[test]
    fn a_pool_that_is_slower_than_the_nodes_that_pods_waited_for_is_reckoned_with() {
        check(&[8.0; 30], &[60.0; 30], Some(100), (8.0, 108.0));
        // Where the pod's own start is a guess, what was measured of both together counts.
        check(&[], &[60.0; 30], Some(50), (20.0, 60.0));
    }

    #[test]
    fn few_starts_and_a_prior_are_reckoned_together() {
        // Nine starts and a tenth of the prior, whose middle is at 9.05 of 9.1 parts.
        check(&[30.0; 9], &[], None, (30.0, 130.0));
        check(&[5.0; 4], &[], None, (20.0, 130.0));
    }

    #[test]
    fn old_starts_count_less() {
        let mut starts = starts(&[60.0; 30], &[]);
        starts.pods.observe(at(24 * 8), &[seconds(10.0); 20]);
        assert_eq!(starts.lead_time(0.95, None).pod, SignedDuration::from_secs(10));
        // Without new ones, those of a year ago are still better than a guess.
        assert!(starts.pods.is_trusted());
    }

    #[test]
    fn memory_is_bounded() {
        let mut delays = Delays::default();
        for hour in 0..1_000 {
            delays.observe(at(hour), &[seconds(1.0); 7]);
        }
        assert_eq!(delays.len(), REMEMBERED);
        delays.observe(at(0), &[SignedDuration::from_secs(-5)]);
        assert_eq!(delays.quantile(0.01), Some(SignedDuration::from_secs(1)));
    }

    /// Evenly drawn numbers within (0, 1), the same at each run (Steele, Lea and Flood 2014, `SplitMix64`).
    struct Draws(u64);

    impl Draws {
        fn next(&mut self) -> f64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = self.0;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
        }
    }

    #[test]
    fn thirty_starts_give_the_quantile_within_a_tenth() {
        // A delay between 45 and 75 s, any of them as likely: its 95th percentile is 73.5 s.
        let truth = 73.5;
        let mut within = 0;
        for seed in 0..200 {
            let mut draws = Draws(seed);
            let drawn: Vec<f64> = (0..30).map(|_| 45.0 + 30.0 * draws.next()).collect();
            let learned = starts(&[], &drawn).lead_time(0.95, None).node.as_secs_f64();
            within += i32::from((learned - truth).abs() <= truth / 10.0);
        }
        assert!(198 <= within, "{within} of 200 within a tenth");
    }
}
