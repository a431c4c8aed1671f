//! The cluster as people write it: the pods of the Deployment, and the nodes that are always there.

use jiff::SignedDuration;
use serde::Deserialize;

use super::Placement;
use crate::delay::Delay;

/// The pods of the Deployment.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PodSettings {
    /// CPU request, in thousandths of a core.
    pub cpu_millicores: u32,
    /// Memory request, in MiB.
    pub memory_mib: u32,
    /// From bound to Ready on a node that has the image.
    pub start: Delay,
    /// Image pull, once for each node that has not run the pod yet.
    pub image_pull: Delay,
    /// From deleted to gone; meanwhile the pod takes no traffic, but holds its room.
    pub termination: SignedDuration,
}

impl Default for PodSettings {
    /// One core and 2 GiB. Pods become Ready in 6–11 s on a node that is there: Kubernetes' own start objective
    /// is 5 s at the 99th percentile without image pull, and the readiness probe comes on top. An image of some
    /// hundred MB comes from a registry of the same region in about 10 s.
    fn default() -> Self {
        Self {
            cpu_millicores: 1_000,
            memory_mib: 2_048,
            start: Delay::of_secs(8, 11, 6),
            image_pull: Delay::of_secs(10, 20, 2),
            termination: SignedDuration::from_secs(5),
        }
    }
}

/// The nodes that are always there, and the controllers that place pods.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClusterSettings {
    /// Nodes that are always there.
    pub base_nodes: u32,
    /// What each of them is.
    pub base_shape: Shape,
    /// Which node the scheduler prefers.
    pub placement: Placement,
    /// How fast the Deployment controller creates pods.
    pub pods_created_per_second: f64,
    /// Pods that a drain may take away at once: `maxUnavailable` of the PodDisruptionBudget.
    pub max_unavailable: u32,
}

impl Default for ClusterSettings {
    /// The kube-controller-manager's client is limited to 20 requests/s (`--kube-api-qps`), one for each pod.
    fn default() -> Self {
        Self {
            base_nodes: 3,
            base_shape: Shape::default(),
            placement: Placement::LeastAllocated,
            pods_created_per_second: 20.0,
            max_unavailable: 1,
        }
    }
}

/// A kind of node.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// Its name at the cloud.
    pub name: String,
    /// Allocatable CPU, in thousandths of a core: after what the system and DaemonSets take.
    pub cpu_millicores: u32,
    /// Allocatable memory, in MiB.
    pub memory_mib: u32,
    /// Price, in the scenario's currency.
    pub price_per_hour: f64,
}

impl Default for Shape {
    /// Four cores and 16 GiB, at about the on-demand price of such general-purpose instances in 2025.
    fn default() -> Self {
        Self { name: "4x16".to_owned(), cpu_millicores: 3_900, memory_mib: 15_000, price_per_hour: 0.17 }
    }
}

/// The kubelet's default limit of pods on a node, `--max-pods`.
const MAX_PODS: u32 = 110;

impl Shape {
    /// How many of the pods fit by their requests.
    pub fn pods(&self, pod: &PodSettings) -> u32 {
        let by_cpu = self.cpu_millicores / pod.cpu_millicores.max(1);
        let by_memory = self.memory_mib / pod.memory_mib.max(1);
        by_cpu.min(by_memory).min(MAX_PODS)
    }
}
