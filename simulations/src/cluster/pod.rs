//! One pod of the Deployment.

use jiff::Timestamp;

use super::node::NodeId;

/// Pods in the order in which they were created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PodId(pub(super) u64);

/// A pod of the Deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pod {
    /// When the Deployment controller created it.
    pub created: Timestamp,
    /// Its node, from when the scheduler has bound it on.
    pub node: Option<NodeId>,
    /// When it was bound.
    pub bound: Option<Timestamp>,
    /// Since when it serves. Kept while it terminates, as the pod's status does.
    pub ready_since: Option<Timestamp>,
    /// When it was deleted: it terminates, and serves no more.
    pub deleted: Option<Timestamp>,
}

impl Pod {
    pub(super) fn new(created: Timestamp) -> Self {
        Self { created, node: None, bound: None, ready_since: None, deleted: None }
    }

    /// Whether it takes traffic.
    pub fn is_serving(&self) -> bool {
        self.ready_since.is_some() && self.deleted.is_none()
    }
}
