//! A simulated Karpenter: it launches nodes for pods that found no room and for the capacity buffer, gives nodes
//! back, and answers spot interruptions.
//!
//! The buffer's virtual pods have the shape of the Deployment's pods. They exist only in Karpenter's own packing:
//! the scheduler does not see them, so a real pod takes their room at once. Karpenter refills it with the next batch,
//! and only a pod without room, a change of the buffer, a node that goes or its own resync begins one. Since all pods,
//! virtual ones included, are of one shape, packing is counting.
//!
//! How it behaves is measured on the real one: `testbed/tests/nodes_fidelity.rs` runs both side by side.
//!
//! Not modelled: replacing a node by a cheaper one, drift and expiry, and launches that fail.

mod consolidation;
mod provisioning;
mod settings;

use jiff::{SignedDuration, Timestamp};
use rand::SeedableRng;
use rand_distr::{Distribution, Exp1};
use rand_pcg::Pcg64Mcg;

use crate::agenda::Agenda;
use crate::cluster::{Cluster, Event, NodeId, Origin, PodSettings};
use provisioning::Batch;
pub use settings::{Capacity, KarpenterSettings};

/// A century: no simulated node lives longer, however rare interruptions are.
const LONGEST_LIFE_HOURS: f64 = 876_600.0;

/// Karpenter and its one node pool.
#[derive(Clone, Debug)]
pub struct Karpenter {
    settings: KarpenterSettings,
    pod: PodSettings,
    buffer: u32,
    /// When the buffer is looked after next; `None` while it is empty.
    resync_at: Option<Timestamp>,
    batch: Option<Batch>,
    rng: Pcg64Mcg,
}

impl Karpenter {
    /// Karpenter for pods of this shape, with an empty buffer; it starts to poll.
    pub(crate) fn new(
        settings: KarpenterSettings,
        pod: PodSettings,
        seed: u64,
        agenda: &mut Agenda<Event>,
    ) -> Self {
        agenda.after(settings.poll, Event::ConsolidationPoll);
        let rng = Pcg64Mcg::seed_from_u64(seed);
        Self { settings, pod, buffer: 0, resync_at: None, batch: None, rng }
    }

    /// Virtual pods that the capacity buffer asks for.
    pub fn buffer(&self) -> u32 {
        self.buffer
    }

    /// Sets `spec.replicas` of the capacity buffer. A change makes Karpenter look; the same again does not.
    pub(crate) fn set_buffer(&mut self, pods: u32, cluster: &Cluster, agenda: &mut Agenda<Event>) {
        if pods != self.buffer {
            self.buffer = pods;
            self.collect(cluster, agenda);
            self.resync_later(agenda);
        }
    }

    /// Looks after the buffer, unless that was put off since.
    pub(crate) fn buffer_resync(&mut self, cluster: &Cluster, agenda: &mut Agenda<Event>) {
        if self.resync_at == Some(agenda.now()) {
            self.collect(cluster, agenda);
            self.resync_later(agenda);
        }
    }

    fn resync_later(&mut self, agenda: &mut Agenda<Event>) {
        let after = self.settings.buffer_resync;
        self.resync_at = (0 < self.buffer).then(|| agenda.now() + after);
        if self.resync_at.is_some() {
            agenda.after(after, Event::BufferResync);
        }
    }

    /// A launched node registers.
    pub(crate) fn node_is_ready(&mut self, id: NodeId, cluster: &mut Cluster, agenda: &mut Agenda<Event>) {
        cluster.node_is_ready(id, agenda);
        self.draw_interruption(id, agenda);
    }

    /// Draws when the cloud takes a node: interruptions come at a constant rate.
    fn draw_interruption(&mut self, id: NodeId, agenda: &mut Agenda<Event>) {
        let rate = self.settings.interruptions_per_node_hour;
        if 0.0 < rate {
            let lives: f64 = Exp1.sample(&mut self.rng);
            let hours = (lives / rate).min(LONGEST_LIFE_HOURS);
            agenda.after(SignedDuration::from_secs_f64(hours * 3_600.0), Event::SpotNotice(id));
        }
    }

    /// The cloud announces that it takes a node: it drains from now on, which makes Karpenter launch another for
    /// its pods, and what is still there when the notice ends is lost.
    pub(crate) fn spot_notice(&self, id: NodeId, cluster: &mut Cluster, agenda: &mut Agenda<Event>) {
        cluster.drain(id, agenda);
        agenda.after(self.settings.interruption_notice, Event::SpotTaken(id));
    }

    /// Pods that want room: pending ones, and the buffer's virtual ones.
    fn wanted(&self, cluster: &Cluster) -> i64 {
        i64::from(cluster.replicas().pending) + i64::from(self.buffer)
    }

    fn launched_nodes(cluster: &Cluster) -> usize {
        cluster.nodes().filter(|(_, node)| node.origin == Origin::Launched).count()
    }
}

#[cfg(test)]
mod tests;
