//! Karpenter as people write it. The defaults are those of Karpenter 1.14, where it has them.

use jiff::SignedDuration;
pub use prescale_controller::cost::Capacity;
use serde::Deserialize;

use crate::cluster::Shape;
use crate::delay::Delay;

/// Karpenter and its one node pool.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KarpenterSettings {
    /// Most nodes of the pool. 0 is a cluster without Karpenter.
    pub max_nodes: u32,
    /// How the cloud sells the pool's nodes, for a scenario's `[prices]`. That it takes spot nodes back is
    /// `interruptions_per_node_hour`.
    pub capacity: Capacity,
    /// What the pool may launch.
    pub shapes: Vec<Shape>,
    /// From launch to Ready.
    pub node_start: Delay,
    /// A batch of pending pods is complete when no more came for this long.
    pub batch_idle: SignedDuration,
    /// A batch is complete after this long in any case.
    pub batch_max: SignedDuration,
    /// How often it looks after the capacity buffer where nothing else makes it look: no pod without room, no change of
    /// the buffer, no node that goes. Until then, room that pods took is not refilled.
    pub buffer_resync: SignedDuration,
    /// How often it looks for nodes to give back.
    pub poll: SignedDuration,
    /// How long a consolidation must stay possible before it is done.
    pub validation: SignedDuration,
    /// How long no pod may have come or gone on a node that is given back.
    pub consolidate_after: SignedDuration,
    /// Share of the pool's nodes that may go at the same time, within [0, 1]; rounded up.
    pub disruption_budget: f64,
    /// How often the cloud takes a node back. 0 is on-demand capacity.
    pub interruptions_per_node_hour: f64,
    /// Time from the notice of an interruption to the end of the node.
    pub interruption_notice: SignedDuration,
}

impl Default for KarpenterSettings {
    /// Batch, resync, poll, validation and budget are Karpenter's. Nodes come in 45–90 s, median near 50 s, p95 near
    /// 110 s, as AWS and Karpenter's users report. Two minutes are the notice of EC2 spot.
    fn default() -> Self {
        Self {
            max_nodes: 100,
            capacity: Capacity::OnDemand,
            shapes: vec![Shape::default()],
            node_start: Delay::of_secs(50, 110, 45),
            batch_idle: SignedDuration::from_secs(1),
            batch_max: SignedDuration::from_secs(10),
            buffer_resync: SignedDuration::from_secs(30),
            poll: SignedDuration::from_secs(10),
            validation: SignedDuration::from_secs(15),
            consolidate_after: SignedDuration::ZERO,
            disruption_budget: 0.1,
            interruptions_per_node_hour: 0.0,
            interruption_notice: SignedDuration::from_mins(2),
        }
    }
}
