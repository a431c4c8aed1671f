//! A node that runs pods as real processes of this machine: the pod's command with its arguments and environment, at an
//! address of its own, probed for readiness, asked to end when the pod is deleted. It says what it is: label
//! [`RUNS`]`: processes`, by which pods choose it, and a runtime of that name.
//!
//! Not simulated: the processes, their load, their ends. Simulated: the image, whose pull and start are a delay; there
//! are no volumes, no isolation, one container a pod, and limits are not enforced.

mod balancer;
mod container;
mod pod;
pub(crate) mod scraped;
mod status;

use std::{collections::HashMap, net::Ipv4Addr, sync::Arc, time::Duration};

use futures::StreamExt;
use k8s_openapi::api::{
    coordination::v1::Lease,
    core::v1::{Node, NodeCondition, NodeSystemInfo, Pod},
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, Time};
use kube::{
    Api, ResourceExt,
    api::{Patch, PatchParams, PostParams},
    runtime::watcher::{self, Event, watcher},
};
use serde_json::json;
use tokio::{sync::watch, task::JoinSet};

use crate::{Error, NodeSize, Testbed, nodes};
pub use balancer::Balancer;
use scraped::Scraped;

/// The label of nodes that run processes, and its value; kwok leaves them alone.
pub const RUNS: (&str, &str) = ("testbed.prescale.dev/runs", "processes");

/// A kubelet renews its lease so often; without, its node is taken for dead after 50 s.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// What such a node may be told.
#[derive(Clone, Debug)]
pub struct HostNodeSettings {
    /// From a pod's binding until its process starts: what pulling the image and starting the container take.
    pub start_delay: Duration,
    /// What it offers to the scheduler.
    pub size: NodeSize,
}

/// A node that runs while this value lives. Its processes end with the testbed.
#[derive(Debug)]
pub struct HostNode {
    _tasks: JoinSet<()>,
}

impl HostNode {
    /// Adds the node `host-0` to a testbed, and runs what is bound to it.
    ///
    /// # Errors
    ///
    /// Where the API server refuses the node, or is away.
    pub async fn start(bed: &Arc<Testbed>, settings: HostNodeSettings) -> Result<Self, Error> {
        const NAME: &str = "host-0";
        let client = bed.client().await?;
        let nodes: Api<Node> = Api::all(client.clone());
        nodes.create(&PostParams::default(), &node(NAME, &settings.size)).await?;
        let leases: Api<Lease> = Api::namespaced(client.clone(), "kube-node-lease");
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            loop {
                // One that is missed is made up for by the next.
                _ = renew(&leases, NAME).await;
                tokio::time::sleep(HEARTBEAT).await;
            }
        });
        let kubelet = Kubelet {
            bed: Arc::clone(bed),
            client,
            start_delay: settings.start_delay,
            scraped: Arc::new(Scraped::new(bed.folder())),
        };
        tasks.spawn(kubelet.run(NAME));
        Ok(Self { _tasks: tasks })
    }
}

/// What a kubelet does: sees to it that what is bound to its node runs.
struct Kubelet {
    bed: Arc<Testbed>,
    client: kube::Client,
    start_delay: Duration,
    scraped: Arc<Scraped>,
}

impl Kubelet {
    async fn run(self, node: &str) {
        let pods: Api<Pod> = Api::all(self.client.clone());
        let ours = watcher::Config::default().fields(&format!("spec.nodeName={node}"));
        let mut events = std::pin::pin!(watcher(pods, ours));
        let mut lives = JoinSet::new();
        let mut known: HashMap<String, watch::Sender<bool>> = HashMap::new();
        let mut addresses = (0..).map(address);
        while let Some(event) = events.next().await {
            match event {
                Ok(Event::Apply(pod) | Event::InitApply(pod)) => {
                    let uid = pod.uid().unwrap_or_default();
                    let is_leaving = pod.metadata.deletion_timestamp.is_some();
                    let leave = known.entry(uid).or_insert_with(|| {
                        let (leave, left) = watch::channel(false);
                        let address = addresses.next().unwrap_or(Ipv4Addr::LOCALHOST);
                        let life = pod::Life {
                            pods: Api::namespaced(self.client.clone(), &pod.namespace().unwrap_or_default()),
                            bed: Arc::clone(&self.bed),
                            scraped: Arc::clone(&self.scraped),
                            pod,
                            address,
                            leave: left,
                            since: jiff::Timestamp::now(),
                        };
                        lives.spawn(life.live(self.start_delay));
                        leave
                    });
                    leave.send_if_modified(|left| !std::mem::replace(left, is_leaving) && is_leaving);
                }
                Ok(Event::Delete(pod)) => {
                    if let Some(leave) = pod.uid().and_then(|uid| known.remove(&uid)) {
                        leave.send_replace(true);
                    }
                }
                Ok(Event::Init | Event::InitDone) => {}
                // The watch begins again by itself.
                Err(error) => {
                    eprintln!("testbed: pods of {node}: {error}");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }
}

/// The address of the nth pod, within 127.77.0.0/16: on Linux all of 127.0.0.0/8 leads here.
fn address(number: u32) -> Ipv4Addr {
    let [_, _, high, low] = (number % 65_000 + 1).to_be_bytes();
    Ipv4Addr::new(127, 77, high, low)
}

fn node(name: &str, size: &NodeSize) -> Node {
    let mut node = nodes::node(name, RUNS, size);
    let status = node.status.get_or_insert_default();
    status.conditions = Some(vec![NodeCondition {
        type_: "Ready".into(),
        status: "True".into(),
        reason: Some("RunsProcesses".into()),
        message: Some("runs pods as processes of this machine".into()),
        last_heartbeat_time: Some(now()),
        last_transition_time: Some(now()),
    }]);
    status.node_info = Some(NodeSystemInfo {
        architecture: std::env::consts::ARCH.into(),
        operating_system: "linux".into(),
        container_runtime_version: "prescale-testbed://processes".into(),
        kubelet_version: "prescale-testbed".into(),
        ..NodeSystemInfo::default()
    });
    node
}

async fn renew(leases: &Api<Lease>, node: &str) -> Result<(), kube::Error> {
    let lease = json!({
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": node},
        "spec": {
            "holderIdentity": node,
            "leaseDurationSeconds": 40,
            "renewTime": MicroTime(jiff::Timestamp::now()),
        },
    });
    let parameters = PatchParams::apply("prescale-testbed").force();
    leases.patch(node, &parameters, &Patch::Apply(&lease)).await.map(|_| ())
}

fn now() -> Time {
    Time(jiff::Timestamp::now())
}
