//! What a testbed may be told. The defaults are those of a real cluster.

use std::time::Duration;

use crate::KarpenterSettings;

/// What a testbed may be told. The defaults are those of a real cluster, with pods that start at once.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How often the HPA controller looks at each HPA.
    pub hpa_sync: Duration,
    /// The scale-down window of an HPA without its own.
    pub downscale_stabilization: Duration,
    /// From a pod's binding to a node until it is Ready.
    pub pod_start: Duration,
    /// How many simulated nodes there are from the start.
    pub nodes: u32,
    /// How much room each of them has.
    pub node_size: NodeSize,
    /// Flags for kube-apiserver, after ours: a later flag wins.
    pub api_server_flags: Vec<String>,
    /// Flags for kube-controller-manager, after ours.
    pub controller_manager_flags: Vec<String>,
    /// Karpenter, which launches more nodes; none runs where this is `None`.
    pub karpenter: Option<KarpenterSettings>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            hpa_sync: Duration::from_secs(15),
            downscale_stabilization: Duration::from_secs(300),
            pod_start: Duration::ZERO,
            nodes: 0,
            node_size: NodeSize::default(),
            api_server_flags: Vec::new(),
            controller_manager_flags: Vec::new(),
            karpenter: None,
        }
    }
}

/// What a simulated node offers to pods.
#[derive(Debug, Clone)]
pub struct NodeSize {
    /// Cores, as a Kubernetes quantity.
    pub cpu: String,
    /// Memory, as a Kubernetes quantity.
    pub memory: String,
    /// How many pods fit.
    pub pods: u32,
}

impl Default for NodeSize {
    /// Large enough that tests meet the 110 pods that a kubelet allows before anything else.
    fn default() -> Self {
        Self { cpu: "64".into(), memory: "256Gi".into(), pods: 110 }
    }
}
