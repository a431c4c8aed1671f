//! The world as people write it in a scenario.

use serde::Deserialize;

use crate::cluster::{ClusterSettings, PodSettings};
use crate::karpenter::KarpenterSettings;
use crate::queue::{ConsumerGroup, QueueSettings};
use crate::service::{Service, ServiceSettings};
use crate::workload::Workload;

/// The world of a scenario. Everything has a default; durations are written as `"8s"` or `"2m 30s"`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorldSettings {
    /// What the pods do.
    pub workload: WorkloadSettings,
    /// The pods of the Deployment.
    pub pod: PodSettings,
    /// Nodes that are always there, and the controllers.
    pub cluster: ClusterSettings,
    /// Nodes that come and go.
    pub karpenter: KarpenterSettings,
}

/// What the pods do: `kind = "requests"` or `kind = "queue"`, and the settings of that kind.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum WorkloadSettings {
    /// Requests behind a load balancer.
    Requests(ServiceSettings),
    /// Messages of a consumer group.
    Queue(QueueSettings),
}

impl Default for WorkloadSettings {
    fn default() -> Self {
        Self::Requests(ServiceSettings::default())
    }
}

impl WorkloadSettings {
    /// Demand per second that one replica serves at full utilization.
    pub fn replica_rate(&self) -> f64 {
        match self {
            Self::Requests(service) => service.replica_rate(),
            Self::Queue(queue) => queue.replica_rate,
        }
    }

    /// The most demand per second that one replica serves with at most this share late, once things are steady.
    /// A queue absorbs what comes by chance, so a member's full rate is within any share.
    pub fn replica_rate_within(&self, late_share: f64) -> f64 {
        match self {
            Self::Requests(service) => service.replica_rate_within(late_share),
            Self::Queue(queue) => queue.replica_rate,
        }
    }

    pub(super) fn start(&self) -> Workload {
        match self {
            Self::Requests(service) => Workload::Requests(Service::new(*service)),
            Self::Queue(queue) => Workload::Queue(ConsumerGroup::new(*queue)),
        }
    }
}
