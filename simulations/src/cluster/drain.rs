//! How a node goes: in good order, within the PodDisruptionBudget, or at once.

use jiff::SignedDuration;

use super::{Cluster, Event, NodeId, PodId};
use crate::agenda::Agenda;

/// How long the drain waits before it asks again for an eviction that the PodDisruptionBudget refuses.
const EVICTION_RETRY: SignedDuration = SignedDuration::from_secs(1);

impl Cluster {
    /// Cordons a node and starts to evict its pods. Eviction breaks before it makes: the Deployment re-creates the
    /// pod elsewhere only once it is deleted, so each move is a pod less for the time of a pod start.
    pub(crate) fn drain(&mut self, id: NodeId, agenda: &mut Agenda<Event>) {
        if let Some(node) = self.nodes.get_mut(&id).filter(|node| !node.draining) {
            node.draining = true;
            agenda.after(SignedDuration::ZERO, Event::Drain(id));
        }
    }

    /// Evicts what the budget allows; the node is given back when its last pod is gone.
    pub(crate) fn continue_drain(&mut self, id: NodeId, agenda: &mut Agenda<Event>) {
        let Some(node) = self.nodes.get(&id) else { return };
        if node.pods == 0 {
            return self.remove_node(id);
        }
        for pod in self.active_on(id) {
            let unavailable = self.spec_replicas.saturating_sub(self.ready);
            if self.settings.max_unavailable <= unavailable {
                break;
            }
            self.delete_pod(pod, agenda);
        }
        self.reconcile(agenda);
        agenda.after(EVICTION_RETRY, Event::Drain(id));
    }

    /// The machine is taken away: its pods are gone with it.
    pub(crate) fn lose_node(&mut self, id: NodeId, agenda: &mut Agenda<Event>) {
        for pod in self.active_on(id) {
            self.delete_pod(pod, agenda);
        }
        self.pods.retain(|_, pod| pod.node != Some(id));
        self.remove_node(id);
        self.reconcile(agenda);
    }

    fn active_on(&self, id: NodeId) -> Vec<PodId> {
        self.active_pods().filter(|(_, pod)| pod.node == Some(id)).map(|(pod, _)| pod).collect()
    }

    fn remove_node(&mut self, id: NodeId) {
        self.nodes.remove(&id);
        self.reckon_price();
    }
}
