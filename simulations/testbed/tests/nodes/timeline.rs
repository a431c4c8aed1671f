//! What was seen of one workload and its nodes, over time.

use std::fmt::Write;

use jiff::Timestamp;

/// One look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Pods of the workload that exist.
    pub(crate) pods: usize,
    /// Of them, Ready.
    pub(crate) ready_pods: usize,
    /// NodeClaims of its pool.
    pub(crate) nodes: usize,
    /// Of them, Ready.
    pub(crate) ready_nodes: usize,
    /// Pods that room is held for: what the buffer asks for, or placeholders that exist.
    pub(crate) room: usize,
}

/// Looks, of which each differs from the last.
#[derive(Debug, Default)]
pub(crate) struct Timeline(Vec<(Timestamp, Seen)>);

impl Timeline {
    pub(crate) fn note(&mut self, at: Timestamp, seen: &Seen) {
        if self.0.last().is_none_or(|(_, last)| last != seen) {
            self.0.push((at, seen.clone()));
        }
    }

    /// A line a change, by seconds from when demand arrived.
    pub(crate) fn words(&self, arrived: Timestamp) -> String {
        let mut words = format!("{:>7} {:>12} {:>13} {:>5}\n", "at", "pods, Ready", "nodes, Ready", "room");
        for (at, seen) in &self.0 {
            let at = at.duration_since(arrived).as_secs();
            let pods = format!("{}, {}", seen.pods, seen.ready_pods);
            let nodes = format!("{}, {}", seen.nodes, seen.ready_nodes);
            _ = writeln!(words, "{at:>5} s {pods:>12} {nodes:>13} {:>5}", seen.room);
        }
        words
    }
}
