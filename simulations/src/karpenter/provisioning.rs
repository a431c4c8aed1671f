//! How Karpenter provisions: it collects pending pods for a moment, then launches nodes for all of them.

use jiff::Timestamp;

use super::Karpenter;
use crate::agenda::Agenda;
use crate::cluster::{Cluster, Event, Node, NodeId, Origin, Shape};

/// Pending pods that are being collected.
#[derive(Clone, Copy, Debug)]
pub(super) struct Batch {
    opened: Timestamp,
    grown: Timestamp,
    shortage: i64,
}

impl Karpenter {
    /// Looks at what is pending, after anything that may have changed it. Room that the buffer misses makes it launch
    /// only beside a pod that has none, or a node that goes.
    pub(crate) fn watch(&mut self, cluster: &Cluster, agenda: &mut Agenda<Event>) {
        let looks = 0 < cluster.replicas().pending || cluster.nodes().any(|(_, node)| node.draining);
        if looks {
            self.collect(cluster, agenda);
        }
    }

    /// Opens a batch, or extends it, where room is missing.
    pub(super) fn collect(&mut self, cluster: &Cluster, agenda: &mut Agenda<Event>) {
        let shortage = self.wanted(cluster) - i64::from(cluster.room());
        if shortage <= 0 || self.nodes_left(cluster) == 0 {
            return;
        }
        let now = agenda.now();
        match &mut self.batch {
            Some(batch) if batch.shortage < shortage => (batch.grown, batch.shortage) = (now, shortage),
            Some(_) => {}
            None => {
                self.batch = Some(Batch { opened: now, grown: now, shortage });
                agenda.after(self.settings.batch_idle, Event::BatchWindow);
            }
        }
    }

    /// Launches for the batch if it is complete, and looks again later if it still grows.
    pub(crate) fn batch_window(&mut self, cluster: &mut Cluster, agenda: &mut Agenda<Event>) {
        let Some(batch) = self.batch else { return };
        let idle_at = batch.grown + self.settings.batch_idle;
        let complete_at = idle_at.min(batch.opened + self.settings.batch_max);
        if agenda.now() < complete_at {
            return agenda.after(complete_at.duration_since(agenda.now()), Event::BatchWindow);
        }
        self.batch = None;
        for node in self.launch(self.wanted(cluster), cluster, agenda.now()) {
            let start = self.settings.node_start.draw(&mut self.rng);
            agenda.after(start, Event::NodeReady(node));
        }
    }

    /// Launches the nodes that `replicas` pods need, as if that were long ago.
    pub(crate) fn warm_nodes(&mut self, replicas: u32, cluster: &mut Cluster, agenda: &mut Agenda<Event>) {
        for node in self.launch(replicas.into(), cluster, agenda.now()) {
            cluster.warm_node(node, agenda.now());
            self.draw_interruption(node, agenda);
        }
    }

    /// Adds nodes for what finds no room, each of the cheapest shape that holds its part of the batch.
    fn launch(&self, wanted: i64, cluster: &mut Cluster, now: Timestamp) -> Vec<NodeId> {
        let mut shortage = wanted - i64::from(cluster.room());
        let mut launched = Vec::new();
        while 0 < shortage && 0 < self.nodes_left(cluster) {
            let Some(shape) = self.shape_for(shortage) else { break };
            shortage -= i64::from(shape.pods(&self.pod));
            launched.push(cluster.add_node(Node::new(shape, &self.pod, Origin::Launched, now)));
        }
        launched
    }

    /// The cheapest shape that holds these pods, or as many of them as any shape does.
    fn shape_for(&self, pods: i64) -> Option<&Shape> {
        let holds = |shape: &&Shape| i64::from(shape.pods(&self.pod));
        let most = self.settings.shapes.iter().map(|shape| holds(&shape)).max()?;
        let fits = |shape: &&Shape| pods.min(most) <= holds(shape);
        let shapes = self.settings.shapes.iter().filter(fits);
        shapes.min_by(|a, b| a.price_per_hour.total_cmp(&b.price_per_hour))
    }

    fn nodes_left(&self, cluster: &Cluster) -> usize {
        (self.settings.max_nodes as usize).saturating_sub(Self::launched_nodes(cluster))
    }
}
