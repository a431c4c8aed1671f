//! One node: its room for pods, and where it is in its life.

use jiff::Timestamp;

use super::settings::{PodSettings, Shape};

/// Nodes in the order in which they were launched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeId(pub(super) u64);

/// Why a node is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// One of the cluster's fixed nodes.
    Base,
    /// Karpenter launched it, and may give it back.
    Launched,
}

/// A node of the cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Why it is there.
    pub origin: Origin,
    /// Pods for which it has room when empty.
    pub slots: u32,
    /// Price.
    pub price_per_hour: f64,
    /// When it was launched.
    pub launched_at: Timestamp,
    /// Since when it takes pods; `None` while it launches.
    pub ready_since: Option<Timestamp>,
    /// Whether it is cordoned and its pods are being evicted.
    pub draining: bool,
    /// Pods on it, terminating ones included.
    pub pods: u32,
    /// When a pod last came or went.
    pub changed_at: Timestamp,
    /// When the image is (or will be) there; `None` before the first pod has asked for it.
    pub image_at: Option<Timestamp>,
}

impl Node {
    /// A node of this shape that launches now.
    pub(crate) fn new(shape: &Shape, pod: &PodSettings, origin: Origin, now: Timestamp) -> Self {
        Self {
            origin,
            slots: shape.pods(pod),
            price_per_hour: shape.price_per_hour,
            launched_at: now,
            ready_since: None,
            draining: false,
            pods: 0,
            changed_at: now,
            image_at: None,
        }
    }

    /// Pods that it can still take, now or once it is Ready. Nothing is placed on a draining node.
    pub fn room(&self) -> u32 {
        if self.draining { 0 } else { self.slots - self.pods }
    }

    /// Whether the scheduler may bind a pod to it now.
    pub(super) fn is_schedulable(&self) -> bool {
        self.ready_since.is_some() && 0 < self.room()
    }
}
