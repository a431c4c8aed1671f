//! The Deployment's controllers: they create missing pods as fast as their client may, and delete surplus ones in
//! the ReplicaSet controller's order.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{Cluster, Event, NodeId, Pod, PodId};
use crate::agenda::Agenda;

impl Cluster {
    /// Writes `spec.replicas` through the scale subresource.
    pub(crate) fn set_replicas(&mut self, replicas: u32, agenda: &mut Agenda<Event>) {
        self.spec_replicas = replicas;
        self.reconcile(agenda);
    }

    /// The next pod is created, if it is still wanted.
    pub(crate) fn create_pod(&mut self, agenda: &mut Agenda<Event>) {
        self.creating = false;
        if self.existing < self.spec_replicas {
            self.insert_pod(agenda.now());
            self.schedule(agenda);
        }
        self.reconcile(agenda);
    }

    /// Deletes what is too many, at once, and creates what is missing, one pod after the other.
    pub(super) fn reconcile(&mut self, agenda: &mut Agenda<Event>) {
        if self.spec_replicas < self.existing {
            for pod in self.surplus() {
                self.delete_pod(pod, agenda);
            }
        }
        let wants_to_create = self.existing < self.spec_replicas && !self.creating;
        if wants_to_create {
            self.creating = true;
            let interval_s = 1.0 / self.settings.pods_created_per_second;
            agenda.after(SignedDuration::from_secs_f64(interval_s), Event::CreatePod);
        }
    }

    pub(super) fn insert_pod(&mut self, now: Timestamp) -> PodId {
        let id = PodId(self.pods_created);
        self.pods_created += 1;
        self.pods.insert(id, Pod::new(now));
        self.unscheduled.insert(id);
        self.existing += 1;
        id
    }

    /// Deletes a pod: it takes no traffic from now on. One that was never bound is gone at once.
    pub(super) fn delete_pod(&mut self, id: PodId, agenda: &mut Agenda<Event>) {
        let Some(pod) = self.pods.get_mut(&id).filter(|pod| pod.deleted.is_none()) else { return };
        self.ready -= u32::from(pod.is_serving());
        self.existing -= 1;
        pod.deleted = Some(agenda.now());
        if self.unscheduled.remove(&id) {
            self.pods.remove(&id);
            return;
        }
        agenda.after(self.pod.termination, Event::PodStopped(id));
    }

    /// Pods above `spec.replicas`, in the order of the ReplicaSet controller (`ActivePodsWithRanks`): unbound ones
    /// first, then those that are not Ready, those that share a node with most others, and the youngest.
    fn surplus(&self) -> Vec<PodId> {
        let neighbours = self.pods_by_node();
        let rank = |(id, pod): &(PodId, &Pod)| {
            let sharing = pod.node.and_then(|node| neighbours.get(&node)).copied();
            (pod.node.is_some(), pod.ready_since.is_some(), Reverse((sharing, pod.ready_since, *id)))
        };
        let mut active: Vec<_> = self.active_pods().collect();
        active.sort_by_key(rank);
        active.truncate((self.existing - self.spec_replicas) as usize);
        active.into_iter().map(|(id, _)| id).collect()
    }

    fn pods_by_node(&self) -> BTreeMap<NodeId, u32> {
        let mut counts = BTreeMap::new();
        for node in self.active_pods().filter_map(|(_, pod)| pod.node) {
            *counts.entry(node).or_default() += 1;
        }
        counts
    }

    /// Pods that do not terminate.
    pub(super) fn active_pods(&self) -> impl Iterator<Item = (PodId, &Pod)> {
        self.pods.iter().filter(|(_, pod)| pod.deleted.is_none()).map(|(id, pod)| (*id, pod))
    }
}
