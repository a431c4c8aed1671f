//! The scheduler: binds each pod to a node that has room for its requests, and the kubelet's part of the start.

use jiff::Timestamp;
use serde::Deserialize;

use super::{Cluster, Event, Node, NodeId, PodId};
use crate::agenda::Agenda;

/// Which of the nodes with room gets a pod: the scoring strategy of the scheduler's `NodeResourcesFit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Placement {
    /// The emptiest, which is Kubernetes' default: pods spread.
    LeastAllocated,
    /// The fullest: pods are packed, and whole nodes become free.
    MostAllocated,
}

impl Cluster {
    /// Binds pods that wait, oldest first, as long as there is room.
    pub(super) fn schedule(&mut self, agenda: &mut Agenda<Event>) {
        while let Some(pod) = self.unscheduled.first().copied() {
            let Some(node) = self.choose_node() else { return };
            self.unscheduled.remove(&pod);
            let ready_at = self.bind(pod, node, agenda.now());
            agenda.after(ready_at.duration_since(agenda.now()), Event::PodReady(pod));
        }
    }

    /// Creates `replicas` pods that have been serving for long, as far as there is room.
    pub(crate) fn warm_pods(&mut self, replicas: u32, agenda: &mut Agenda<Event>) {
        let warm = replicas.min(self.ready_room());
        for _ in 0..warm {
            let pod = self.insert_pod(agenda.now());
            let node = self.choose_node().expect("there is room for every warm pod");
            self.unscheduled.remove(&pod);
            self.bind(pod, node, agenda.now());
            self.pods.entry(pod).and_modify(|pod| pod.ready_since = Some(agenda.now()));
        }
        self.ready += warm;
        self.set_replicas(replicas, agenda);
    }

    /// The preferred node with room; the oldest of equals, so that a run can be repeated.
    fn choose_node(&self) -> Option<NodeId> {
        let with_room = self.nodes.iter().filter(|(_, node)| node.is_schedulable());
        let by_use = |node: &Node| match self.settings.placement {
            Placement::LeastAllocated => allocated(node),
            Placement::MostAllocated => -allocated(node),
        };
        with_room.min_by(|(_, a), (_, b)| by_use(a).total_cmp(&by_use(b))).map(|(id, _)| *id)
    }

    /// Returns when the pod will be Ready. The first pod on a node pulls the image; the others wait for that pull.
    fn bind(&mut self, pod: PodId, node: NodeId, now: Timestamp) -> Timestamp {
        let start = self.pod.start.draw(&mut self.rng);
        let pull = self.pod.image_pull.draw(&mut self.rng);
        let host = self.nodes.get_mut(&node).expect("the chosen node exists");
        host.pods += 1;
        host.changed_at = now;
        let image_at = *host.image_at.get_or_insert_with(|| now + pull);
        self.pods.entry(pod).and_modify(|pod| {
            pod.node = Some(node);
            pod.bound = Some(now);
        });
        image_at.max(now) + start
    }
}

fn allocated(node: &Node) -> f64 {
    f64::from(node.pods) / f64::from(node.slots)
}
