//! How Karpenter gives nodes back: empty ones first, then those with the fewest pods, if their pods fit elsewhere.

use jiff::{SignedDuration, Timestamp};

use super::Karpenter;
use crate::agenda::Agenda;
use crate::cluster::{Cluster, Event, Node, NodeId, Origin};

impl Karpenter {
    /// Looks for nodes that can go; what it finds must still hold after the validation.
    pub(crate) fn poll(&mut self, cluster: &Cluster, agenda: &mut Agenda<Event>) {
        let nodes = self.removable(cluster, agenda.now());
        if nodes.is_empty() {
            agenda.after(self.settings.poll, Event::ConsolidationPoll);
        } else {
            agenda.after(self.settings.validation, Event::ConsolidationValidated(nodes));
        }
    }

    /// Drains the nodes that were found, if each of them can still go. After a success it looks again at once.
    pub(crate) fn validated(&mut self, nodes: &[NodeId], cluster: &mut Cluster, agenda: &mut Agenda<Event>) {
        let still = self.removable(cluster, agenda.now());
        let go: Vec<NodeId> = nodes.iter().copied().filter(|node| still.contains(node)).collect();
        for node in &go {
            cluster.drain(*node, agenda);
        }
        let again = if go.is_empty() { self.settings.poll } else { SignedDuration::ZERO };
        agenda.after(again, Event::ConsolidationPoll);
    }

    /// Nodes that can go together, as many as budget and spare room allow: empty ones alone where there are any, or
    /// else those with the fewest pods.
    ///
    /// A node takes its free room with it and leaves its pods to the others, so in both cases it can go when all
    /// of its slots are spare, that is, not needed by pending or virtual pods.
    fn removable(&self, cluster: &Cluster, now: Timestamp) -> Vec<NodeId> {
        // Karpenter moves no pod to a node that has not come up yet.
        let spare = i64::from(cluster.ready_room()) - self.wanted(cluster);
        let could_go = |node: &Node| i64::from(node.slots) <= spare && self.is_candidate(node, now);
        let mut candidates: Vec<(NodeId, &Node)> =
            cluster.nodes().filter(|(_, node)| could_go(node)).collect();
        candidates.sort_by_key(|(id, node)| (node.pods, *id));
        if candidates.first().is_some_and(|(_, node)| node.pods == 0) {
            candidates.retain(|(_, node)| node.pods == 0);
        }
        candidates.truncate(self.budget(cluster));
        within(spare, &candidates)
    }

    fn is_candidate(&self, node: &Node, now: Timestamp) -> bool {
        let settled = self.settings.consolidate_after <= now.duration_since(node.changed_at);
        node.origin == Origin::Launched && node.ready_since.is_some() && !node.draining && settled
    }

    /// Nodes that may start to go now. Karpenter rounds the share up, so that a small pool can shrink too.
    fn budget(&self, cluster: &Cluster) -> usize {
        let pool = Self::launched_nodes(cluster);
        let going = cluster.nodes().filter(|(_, node)| node.draining).count();
        let allowed = (pool as f64 * self.settings.disruption_budget).ceil() as usize;
        allowed.saturating_sub(going)
    }
}

/// The first nodes whose slots sum up to at most `spare`.
fn within(mut spare: i64, nodes: &[(NodeId, &Node)]) -> Vec<NodeId> {
    let fits = |(_, node): &&(NodeId, &Node)| {
        spare -= i64::from(node.slots);
        0 <= spare
    };
    nodes.iter().take_while(fits).map(|(id, _)| *id).collect()
}
