//! Simulated nodes.

use std::collections::BTreeMap;
use std::time::Duration;

use k8s_openapi::api::core::v1::{Node, NodeStatus};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use kube::Api;
use kube::api::{ListParams, ObjectMeta, PostParams};

use crate::{Error, NodeSize, Testbed, until};

/// kwok makes a node Ready in well under a second.
const READY_WITHIN: Duration = Duration::from_secs(60);

impl Testbed {
    /// Adds simulated nodes, named `node-0`, `node-1` and so on, and returns when all nodes are Ready.
    pub async fn add_nodes(&self, count: u32) -> Result<(), Error> {
        let nodes: Api<Node> = Api::all(self.client().await?);
        let there = nodes.list(&ListParams::default()).await?.items.len();
        for number in there..there + count as usize {
            let node = node(&format!("node-{number}"), ("type", "kwok"), &self.settings.node_size);
            nodes.create(&PostParams::default(), &node).await?;
        }
        until("every node to be Ready", READY_WITHIN, async || {
            let all = nodes.list(&ListParams::default()).await.ok()?;
            all.iter().all(is_ready).then_some(())
        })
        .await
    }
}

/// A node of this size that says by a label what it is.
pub(crate) fn node(name: &str, kind: (&str, &str), size: &NodeSize) -> Node {
    let room: BTreeMap<_, _> = [
        ("cpu".to_owned(), Quantity(size.cpu.clone())),
        ("memory".to_owned(), Quantity(size.memory.clone())),
        ("pods".to_owned(), Quantity(size.pods.to_string())),
    ]
    .into();
    let labels = [("kubernetes.io/hostname", name), ("kubernetes.io/os", "linux"), kind];
    Node {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            labels: Some(labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into()),
            ..ObjectMeta::default()
        },
        status: Some(NodeStatus {
            allocatable: Some(room.clone()),
            capacity: Some(room),
            ..NodeStatus::default()
        }),
        ..Node::default()
    }
}

fn is_ready(node: &Node) -> bool {
    let conditions = node.status.as_ref().and_then(|status| status.conditions.as_ref());
    let untainted = node.spec.as_ref().and_then(|spec| spec.taints.as_ref()).is_none_or(Vec::is_empty);
    untainted
        && conditions.is_some_and(|all| all.iter().any(|one| one.type_ == "Ready" && one.status == "True"))
}
