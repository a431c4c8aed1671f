//! Lead times, measured: how long pods took to be Ready in this cluster, as a quantile of the latest starts.
//! Until some have been seen, a stated prior stands in.

use std::collections::VecDeque;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// Pod start on a node that is there: WORLD measures 6–11 s to Ready; an image may still have to be pulled.
const POD_PRIOR: SignedDuration = SignedDuration::from_secs(20);

/// Pod start that waits for a node: node pending → Ready has its p95 near 110 s, and the pod's own start.
const NODE_PRIOR: SignedDuration = SignedDuration::from_secs(130);

/// Starts remembered; older ones are forgotten, so that a cluster that changed is believed.
const REMEMBERED: usize = 64;

/// The quantile of starts that a plan waits for: late pods are what users notice.
const START_QUANTILE: f64 = 0.9;

/// How long a pod takes from being asked for to being Ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadTime {
    /// On a node that is there.
    pub pod: SignedDuration,
    /// On a node that must be launched first; never shorter than `pod`.
    pub node: SignedDuration,
}

/// Starts seen lately, of both kinds.
#[derive(Clone, Debug, Default)]
pub struct Starts {
    pod: VecDeque<SignedDuration>,
    node: VecDeque<SignedDuration>,
}

impl Starts {
    /// Remembers starts of pods on nodes that were there, and of pods that had to wait for a node.
    pub fn observe(&mut self, on_node: &[SignedDuration], on_new_node: &[SignedDuration]) {
        remember(&mut self.pod, on_node);
        remember(&mut self.node, on_new_node);
    }

    /// The lead times to plan with.
    #[must_use]
    pub fn lead_time(&self) -> LeadTime {
        let pod = quantile(&self.pod, POD_PRIOR);
        let node = quantile(&self.node, NODE_PRIOR).max(pod);
        LeadTime { pod, node }
    }
}

fn remember(seen: &mut VecDeque<SignedDuration>, new: &[SignedDuration]) {
    seen.extend(new);
    let forgotten = seen.len().saturating_sub(REMEMBERED);
    seen.drain(..forgotten);
}

/// The start quantile of what was seen and the prior, which counts as one start.
fn quantile(seen: &VecDeque<SignedDuration>, prior: SignedDuration) -> SignedDuration {
    let mut starts: Vec<_> = seen.iter().copied().chain([prior]).collect();
    starts.sort_unstable();
    let rank = (START_QUANTILE * starts.len() as f64).ceil() as usize;
    starts[rank.clamp(1, starts.len()) - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(on_node: &[i64], on_new_node: &[i64], pod_s: i64, node_s: i64) {
        let seconds = |list: &[i64]| list.iter().map(|&s| SignedDuration::from_secs(s)).collect::<Vec<_>>();
        let mut starts = Starts::default();
        starts.observe(&seconds(on_node), &seconds(on_new_node));
        let expected =
            LeadTime { pod: SignedDuration::from_secs(pod_s), node: SignedDuration::from_secs(node_s) };
        assert_eq!(starts.lead_time(), expected);
    }

    #[test]
    fn a_cold_cluster_starts_from_the_prior() {
        check(&[], &[], 20, 130);
    }

    #[test]
    fn what_was_seen_replaces_the_prior() {
        check(&[8; 30], &[60; 30], 8, 60);
        check(&[200; 100], &[60; 30], 200, 200);
    }

    #[test]
    fn slow_starts_count_more_than_quick_ones() {
        check(&[5, 6, 7, 8, 9, 10, 11, 12, 40], &[], 20, 130);
        check(&[5, 6, 7, 30, 31, 32, 33], &[], 33, 130);
    }
}
