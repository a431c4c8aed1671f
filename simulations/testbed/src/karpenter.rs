//! Karpenter on a testbed: the real one, whose cloud is simulated. What it launches appears as a node after a delay, and
//! kwok makes it Ready; everything that decides which node comes and goes is what runs in people's clusters.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::{Error, Process, Testbed, until};

/// Its name among the processes of the testbed.
pub const KARPENTER: &str = "karpenter";
/// The pool that it launches nodes of, and the class of its nodes.
pub const POOL: &str = "default";

/// CRDs are served within a second, and Karpenter finds its pool in a few; a busy machine takes its time.
const READY_WITHIN: Duration = Duration::from_secs(90);

/// What Karpenter is told. The defaults are its own, with nodes that come at once.
#[derive(Debug, Clone)]
pub struct KarpenterSettings {
    /// From a launch until the node registers.
    pub registration_delay: Duration,
    /// From there until it is Ready: one of these, drawn for each node, each as likely. At once, where this is empty.
    pub node_starts: Vec<Duration>,
    /// What the pool may launch.
    pub node_types: Vec<NodeType>,
    /// The most cores that the pool may have; `None` is no limit.
    pub limit_cpu: Option<u32>,
    /// How long no pod may have come or gone on a node that is given back.
    pub consolidate_after: Duration,
    /// Nodes of the pool that may go at the same time, as in a disruption budget: `10%` or `3`.
    pub disruption_budget: String,
    /// Whether it fills CapacityBuffers, and the cluster has the kind.
    pub buffers: Buffers,
}

/// Whether the cluster has CapacityBuffers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Buffers {
    /// It has, and Karpenter fills them.
    Served,
    /// It has not heard of them.
    Absent,
}

/// A kind of node that the simulated cloud offers.
#[derive(Debug, Clone)]
pub struct NodeType {
    /// Its name at the cloud.
    pub name: String,
    /// Cores. A tenth of one is not for pods.
    pub cpu: u32,
    /// Memory, in GiB.
    pub memory_gib: u32,
    /// The price of an hour on demand.
    pub price: f64,
    /// The price of an hour of spot; `None` where the cloud has none of it.
    pub spot_price: Option<f64>,
}

impl Default for KarpenterSettings {
    fn default() -> Self {
        Self {
            registration_delay: Duration::ZERO,
            node_starts: Vec::new(),
            node_types: vec![NodeType::default()],
            limit_cpu: None,
            consolidate_after: Duration::ZERO,
            disruption_budget: "10%".into(),
            buffers: Buffers::Served,
        }
    }
}

impl Default for NodeType {
    /// That of the simulator.
    fn default() -> Self {
        Self { name: "4x16".into(), cpu: 4, memory_gib: 16, price: 0.17, spot_price: Some(0.06) }
    }
}

impl Testbed {
    /// Starts Karpenter, and returns when its pool is ready. `kill`, `signal`, `restart` and `log` know it as
    /// [`KARPENTER`].
    pub(crate) async fn start_karpenter(&self, settings: &KarpenterSettings) -> Result<(), Error> {
        self.apply_crds(settings.buffers).await?;
        let node_types = self.folder.join("node-types.json");
        let offers: Vec<_> = settings.node_types.iter().map(offer).collect();
        std::fs::write(&node_types, Value::from(offers).to_string())
            .map_err(Error::io(format!("write {}", node_types.display())))?;
        self.run(self.karpenter_process(settings.buffers, &node_types)?).await?;
        self.apply(&pool(settings)).await?;
        until("Karpenter's pool to be ready", READY_WITHIN, async || {
            let path = r#"-o=jsonpath={.status.conditions[?(@.type=="Ready")].status}"#;
            let ran = self.kubectl(&["get", "nodepool", POOL, path]).await.ok()?;
            (ran.output.trim() == "True").then_some(())
        })
        .await
    }

    async fn apply_crds(&self, buffers: Buffers) -> Result<(), Error> {
        let folder = self.programs.karpenter_crds();
        let found = std::fs::read_dir(&folder).map_err(Error::io(format!("read {}", folder.display())))?;
        let mut crds = String::new();
        for path in found.flatten().map(|entry| entry.path()) {
            let text =
                std::fs::read_to_string(&path).map_err(Error::io(format!("read {}", path.display())))?;
            if buffers == Buffers::Served || !text.contains("kind: CapacityBuffer") {
                _ = writeln!(crds, "---\n{text}");
            }
        }
        self.apply(&crds).await?;
        let wait = ["wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"];
        self.kubectl(&wait).await?.success().map(|_| ())
    }

    fn karpenter_process(&self, buffers: Buffers, node_types: &Path) -> Result<Process, Error> {
        let variables = [
            ("KUBECONFIG", self.kubeconfig().display().to_string()),
            ("HOME", self.folder.display().to_string()),
            ("KUBERNETES_MIN_VERSION", "1.19.0-0".into()),
            ("SYSTEM_NAMESPACE", "kube-system".into()),
            ("DISABLE_LEADER_ELECTION", "true".into()),
            ("FEATURE_GATES", format!("CapacityBuffer={}", buffers == Buffers::Served)),
            ("INSTANCE_TYPES_FILE_PATH", node_types.display().to_string()),
            ("METRICS_PORT", self.port()?.to_string()),
            ("HEALTH_PROBE_PORT", self.port()?.to_string()),
            // Without it, a loop that finds nothing to do says nothing.
            ("LOG_LEVEL", "debug".into()),
        ];
        Ok(Process {
            name: KARPENTER.into(),
            program: self.programs.karpenter(),
            arguments: Vec::new(),
            environment: variables.map(|(name, value)| (name.to_owned(), value)).into(),
        })
    }
}

/// One pool of on-demand nodes, as JSON manifests.
fn pool(settings: &KarpenterSettings) -> String {
    let any_of = |key: &str, values: &[&str]| json!({"key": key, "operator": "In", "values": values});
    let class = json!({
        "apiVersion": "karpenter.kwok.sh/v1alpha1",
        "kind": "KWOKNodeClass",
        "metadata": {"name": POOL},
        "spec": {"nodeRegistrationDelay": go(settings.registration_delay)},
    });
    let mut pool = json!({
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodePool",
        "metadata": {"name": POOL},
        "spec": {
            "template": {"spec": {
                "nodeClassRef": {"group": "karpenter.kwok.sh", "kind": "KWOKNodeClass", "name": POOL},
                "requirements": [
                    any_of("kubernetes.io/os", &["linux"]),
                    any_of("karpenter.sh/capacity-type", &["on-demand"]),
                ],
            }},
            "disruption": {
                "consolidationPolicy": "WhenEmptyOrUnderutilized",
                "consolidateAfter": go(settings.consolidate_after),
                "budgets": [{"nodes": settings.disruption_budget}],
            },
        },
    });
    if let Some(cores) = settings.limit_cpu {
        pool["spec"]["limits"] = json!({"cpu": cores});
    }
    format!("{class}\n---\n{pool}")
}

/// A kind of node as Karpenter's simulated cloud reads it.
fn offer(node: &NodeType) -> Value {
    let at = |capacity: &str, price: f64| {
        json!({
            "Price": price,
            "Available": true,
            "Requirements": [
                {"key": "karpenter.sh/capacity-type", "operator": "In", "values": [capacity]},
                {"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["zone-a"]},
            ],
        })
    };
    let mut offers = vec![at("on-demand", node.price)];
    offers.extend(node.spot_price.map(|price| at("spot", price)));
    json!({
        "name": node.name,
        "architecture": "amd64",
        "operatingSystems": ["linux"],
        "resources": {
            "cpu": node.cpu.to_string(),
            "memory": format!("{}Gi", node.memory_gib),
            "ephemeral-storage": "20Gi",
            "pods": "110",
        },
        "offerings": offers,
    })
}

/// A duration as Karpenter's kinds take it: whole seconds.
fn go(duration: Duration) -> String {
    format!("{}s", duration.as_secs())
}
