//! The service's manifests on the real control plane: every field is known, and its pods are let in where the restricted Pod
//! Security Standard is enforced. The nodes are simulated, so no container runs.

use std::time::Duration;

use prescale_testbed::{Settings, Testbed, until};

const MANIFESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../realtime-svc/manifests");
/// Seconds on an idle machine.
const WITHIN: Duration = Duration::from_secs(90);

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_takes_the_manifests_and_lets_the_pods_in() {
    let bed = Testbed::start(Settings { nodes: 1, ..Settings::default() }).await.unwrap();
    let applied =
        bed.kubectl(&["apply", "--server-side", "--validate=strict", "-k", MANIFESTS]).await.unwrap();
    let applied = applied.success().unwrap();
    for kind in ["configmap/realtime-settings", "service/realtime-gateway", "poddisruptionbudget"] {
        assert!(applied.contains(kind), "{kind}: {applied}");
    }
    let secured = format!("{MANIFESTS}-secured");
    let asked =
        ["apply", "--server-side", "--validate=strict", "--dry-run=server", "-o", "yaml", "-k", &secured];
    let secured = bed.kubectl(&asked).await.unwrap().success().unwrap();
    for file in ["REALTIME_KAFKA_CA_FILE: /etc/realtime-kafka/ca.crt", "secretName: realtime-redis"] {
        assert!(secured.contains(file), "{file}: {secured}");
    }
    for (deployment, pods) in [("realtime-gateway", "1"), ("realtime-worker", "2")] {
        until("the pods to be ready", WITHIN, async || {
            let asked =
                ["-n", "live", "get", "deployment", deployment, "-o", "jsonpath={.status.readyReplicas}"];
            let ready = bed.kubectl(&asked).await.ok()?.success().ok()?;
            (ready == pods).then_some(())
        })
        .await
        .unwrap();
    }
}
