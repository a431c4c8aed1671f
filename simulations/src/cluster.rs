//! A simulated cluster with one Deployment on it: its pods, the nodes that they run on, and what the Deployment
//! controller, the scheduler and the kubelet do with them. Pods and nodes are touched at events only; counts are
//! kept beside them, because the service asks for them every second.
//!
//! Every pod has the same shape, so a node's room is a count of pods, and so is everything that Karpenter
//! reckons with.

mod deployment;
mod drain;
mod node;
mod pod;
mod scheduler;
mod settings;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;

use crate::agenda::Agenda;
pub use node::{Node, NodeId, Origin};
pub use pod::{Pod, PodId};
pub use scheduler::Placement;
pub use settings::{ClusterSettings, PodSettings, Shape};

/// What happens later, in the cluster and in its Karpenter: they share one agenda, as they share the time.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
    /// The Deployment controller's client may create its next pod.
    CreatePod,
    /// A pod passes its readiness probe.
    PodReady(PodId),
    /// A terminating pod is gone.
    PodStopped(PodId),
    /// A launched node registers as Ready.
    NodeReady(NodeId),
    /// The next pod of a draining node may be evicted.
    Drain(NodeId),
    /// Karpenter looks whether its batch of pending pods is complete.
    BatchWindow,
    /// Karpenter looks after its capacity buffer.
    BufferResync,
    /// Karpenter looks for nodes to give back.
    ConsolidationPoll,
    /// Karpenter looks again whether these nodes can go, and lets them go.
    ConsolidationValidated(Vec<NodeId>),
    /// The cloud announces that it takes a spot node.
    SpotNotice(NodeId),
    /// The cloud takes the spot node.
    SpotTaken(NodeId),
}

/// How many replicas the Deployment has, in the words of its status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replicas {
    /// Asked for, `spec.replicas`.
    pub spec: u32,
    /// Pods that exist and are not terminating, `status.replicas`.
    pub existing: u32,
    /// Of them, those that serve.
    pub ready: u32,
    /// Of them, those that no node has room for.
    pub pending: u32,
}

/// Starts measured since they were last taken, oldest first, for lead times to be learned from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Starts {
    /// From created to Ready, of pods whose node was Ready before them.
    pub pods: Vec<SignedDuration>,
    /// From created to Ready, of pods that a node was launched for.
    pub pods_on_launched_nodes: Vec<SignedDuration>,
    /// From launch to Ready, of nodes.
    pub nodes: Vec<SignedDuration>,
}

/// The nodes of Karpenter's pool.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Launched {
    /// How many there are.
    pub nodes: u32,
    /// What all of them cost, per hour.
    pub price_per_hour: f64,
}

/// Starts of each kind that are kept until they are taken. Who takes them every 15 s finds at most 300: 20 pods/s.
const MOST_STARTS: usize = 10_000;

/// The Deployment, its pods and the nodes.
#[derive(Clone, Debug)]
pub struct Cluster {
    settings: ClusterSettings,
    pod: PodSettings,
    pods: BTreeMap<PodId, Pod>,
    nodes: BTreeMap<NodeId, Node>,
    unscheduled: BTreeSet<PodId>,
    spec_replicas: u32,
    existing: u32,
    ready: u32,
    price_per_hour: f64,
    launched: Launched,
    /// Whether the next [`Event::CreatePod`] is on the agenda.
    creating: bool,
    pods_created: u64,
    nodes_created: u64,
    starts: Starts,
    rng: Pcg64Mcg,
}

impl Cluster {
    /// A cluster of its fixed nodes, Ready at `now`, without pods.
    pub(crate) fn new(settings: ClusterSettings, pod: PodSettings, now: Timestamp, seed: u64) -> Self {
        let mut cluster = Self {
            pods: BTreeMap::new(),
            nodes: BTreeMap::new(),
            unscheduled: BTreeSet::new(),
            spec_replicas: 0,
            existing: 0,
            ready: 0,
            price_per_hour: 0.0,
            launched: Launched::default(),
            creating: false,
            pods_created: 0,
            nodes_created: 0,
            starts: Starts::default(),
            rng: Pcg64Mcg::seed_from_u64(seed),
            settings,
            pod,
        };
        let base = cluster.settings.base_shape.clone();
        for _ in 0..cluster.settings.base_nodes {
            let id = cluster.add_node(Node::new(&base, &cluster.pod, Origin::Base, now));
            cluster.warm_node(id, now);
        }
        cluster
    }

    /// Replica counts.
    pub fn replicas(&self) -> Replicas {
        Replicas {
            spec: self.spec_replicas,
            existing: self.existing,
            ready: self.ready,
            pending: self.unscheduled.len() as u32,
        }
    }

    /// Pods that exist, terminating ones included, oldest first.
    pub fn pods(&self) -> impl Iterator<Item = &Pod> {
        self.pods.values()
    }

    /// Nodes that exist, those that launch included, oldest first.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = (NodeId, &Node)> {
        self.nodes.iter().map(|(id, node)| (*id, node))
    }

    /// What all nodes cost, per hour.
    pub fn price_per_hour(&self) -> f64 {
        self.price_per_hour
    }

    /// The nodes that Karpenter launched, those that launch included.
    pub fn launched(&self) -> Launched {
        self.launched
    }

    /// The starts measured since the last call.
    pub fn take_starts(&mut self) -> Starts {
        std::mem::take(&mut self.starts)
    }

    /// Pods for which there is room on nodes that are Ready or launch, and do not drain.
    pub(crate) fn room(&self) -> u32 {
        self.nodes.values().map(Node::room).sum()
    }

    /// Pods for which there is room on nodes that are Ready, and do not drain.
    pub(crate) fn ready_room(&self) -> u32 {
        self.nodes.values().filter(|node| node.is_schedulable()).map(Node::room).sum()
    }

    /// Adds a node; it takes pods once [`Self::node_is_ready`] or [`Self::warm_node`] was called for it.
    pub(crate) fn add_node(&mut self, node: Node) -> NodeId {
        let id = NodeId(self.nodes_created);
        self.nodes_created += 1;
        self.nodes.insert(id, node);
        self.reckon_price();
        id
    }

    /// Makes a node Ready that has been there for long: nothing is measured, and its image is there.
    pub(crate) fn warm_node(&mut self, id: NodeId, now: Timestamp) {
        if let Some(node) = self.nodes.get_mut(&id) {
            node.ready_since = Some(now);
            node.image_at = Some(now);
        }
    }

    /// A launched node registers, and pods that waited for room come to it.
    pub(crate) fn node_is_ready(&mut self, id: NodeId, agenda: &mut Agenda<Event>) {
        let Some(node) = self.nodes.get_mut(&id) else { return };
        node.ready_since = Some(agenda.now());
        node.changed_at = agenda.now();
        keep(&mut self.starts.nodes, agenda.now().duration_since(node.launched_at));
        self.schedule(agenda);
    }

    /// A pod passes its readiness probe and takes traffic at once.
    pub(crate) fn pod_is_ready(&mut self, id: PodId, now: Timestamp) {
        let Some(pod) = self.pods.get_mut(&id).filter(|pod| pod.deleted.is_none()) else { return };
        pod.ready_since = Some(now);
        self.ready += 1;
        let Some(node) = pod.node.and_then(|node| self.nodes.get(&node)) else { return };
        let start = now.duration_since(pod.created);
        // One that came while the node was on its way waited for a part of a launch, and teaches nothing.
        if pod.created <= node.launched_at && node.origin == Origin::Launched {
            keep(&mut self.starts.pods_on_launched_nodes, start);
        } else if node.ready_since.is_some_and(|ready| ready <= pod.created) {
            keep(&mut self.starts.pods, start);
        }
    }

    /// A terminating pod is gone, and its room is free.
    pub(crate) fn pod_is_gone(&mut self, id: PodId, agenda: &mut Agenda<Event>) {
        let Some(pod) = self.pods.remove(&id) else { return };
        if let Some(node) = pod.node.and_then(|node| self.nodes.get_mut(&node)) {
            node.pods -= 1;
            node.changed_at = agenda.now();
        }
        self.schedule(agenda);
    }

    fn reckon_price(&mut self) {
        self.price_per_hour = self.nodes.values().map(|node| node.price_per_hour).sum();
        let launched = self.nodes.values().filter(|node| node.origin == Origin::Launched);
        self.launched = launched.fold(Launched::default(), |sum, node| Launched {
            nodes: sum.nodes + 1,
            price_per_hour: sum.price_per_hour + node.price_per_hour,
        });
    }
}

fn keep(starts: &mut Vec<SignedDuration>, start: SignedDuration) {
    if starts.len() < MOST_STARTS {
        starts.push(start);
    }
}

#[cfg(test)]
mod tests;
