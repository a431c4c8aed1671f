//! The node pools that we offer, on the real Karpenter with a simulated cloud: its CRDs take them, and the workloads of
//! the examples land on the nodes that they are meant for.
#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use prescale_testbed::karpenter::{NodeType, POOL};
use prescale_testbed::{KarpenterSettings, Settings, Testbed, until};
use serde_json::Value;

const PLACED_WITHIN: Duration = Duration::from_secs(90);

#[tokio::test(flavor = "multi_thread")]
async fn workloads_land_on_the_pools_that_are_meant_for_them() {
    let bed = Testbed::start(settings()).await.unwrap();
    let pools = folder().join("kwok").display().to_string();
    bed.kubectl(&["apply", "--server-side", "--dry-run=server", "-k", &pools])
        .await
        .unwrap()
        .success()
        .unwrap();
    bed.kubectl(&["delete", "nodepool", POOL]).await.unwrap().success().unwrap();
    bed.kubectl(&["apply", "--server-side", "--force-conflicts", "-k", &pools])
        .await
        .unwrap()
        .success()
        .unwrap();
    bed.kubectl(&["create", "namespace", "live"]).await.unwrap().success().unwrap();
    let named = |file: &str| folder().join(file).display().to_string();
    for file in ["placeholder-priority.yaml", "examples/stateless.yaml", "examples/stateful.yaml"] {
        bed.kubectl(&["apply", "--server-side", "-f", &named(file)]).await.unwrap().success().unwrap();
    }
    check_placement(&bed, "app=gateway", 6, "stateless", "spot").await;
    check_placement(&bed, "app=orders-store", 3, "stateful", "on-demand").await;
    // There is no spot of the only type that it fits on. Later, since the others would find room beside it.
    bed.apply(LARGE).await.unwrap();
    check_placement(&bed, "app=large", 1, "stateless", "on-demand").await;
}

#[test]
fn the_pools_for_people_differ_from_the_tested_ones_in_nothing_but_the_class_of_nodes() {
    let written = std::fs::read_to_string(folder().join("pools/nodepools.yaml")).unwrap();
    let class = "nodeClassRef: {group: karpenter.k8s.aws, kind: EC2NodeClass, name: default}";
    assert_eq!(written.matches(class).count(), written.matches("kind: NodePool").count());
}

/// Claims that so many pods run, all on nodes of one pool and one capacity.
async fn check_placement(bed: &Testbed, selector: &str, pods: usize, pool: &str, capacity: &str) {
    let onlooker = bed.onlooker("live", "none").await.unwrap();
    let path = format!("/api/v1/namespaces/live/pods?labelSelector={}", selector.replace('=', "%3D"));
    let what = format!("{pods} pods of {selector} to run");
    let placed = until(&what, PLACED_WITHIN, async || {
        let found = onlooker.get(&path).await.ok()?["items"].as_array()?.clone();
        let running = found.into_iter().filter(|pod| pod["status"]["phase"] == "Running");
        let nodes: Vec<String> =
            running.filter_map(|pod| Some(pod["spec"]["nodeName"].as_str()?.to_owned())).collect();
        (nodes.len() == pods).then_some(nodes)
    });
    for node in placed.await.unwrap() {
        let labels: Value =
            onlooker.get(&format!("/api/v1/nodes/{node}")).await.unwrap()["metadata"]["labels"].take();
        let of = [&labels["karpenter.sh/nodepool"], &labels["karpenter.sh/capacity-type"]];
        assert_eq!(of, [pool, capacity], "{selector} on {node}");
    }
}

fn settings() -> Settings {
    let large = NodeType { name: "4x128".into(), cpu: 4, memory_gib: 128, price: 0.7, spot_price: None };
    let node_types = vec![NodeType::default(), large];
    Settings {
        nodes: 0,
        karpenter: Some(KarpenterSettings { node_types, ..KarpenterSettings::default() }),
        ..Settings::default()
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../manifests/karpenter")
}

/// A pod that only a large node holds.
const LARGE: &str = "
apiVersion: v1
kind: Pod
metadata: {name: large, namespace: live, labels: {app: large}}
spec:
  nodeSelector: {workload-class: stateless}
  tolerations: [{key: workload-class, operator: Equal, value: stateless, effect: NoSchedule}]
  containers: [{name: large, image: large, resources: {requests: {memory: 64Gi}}}]
";
