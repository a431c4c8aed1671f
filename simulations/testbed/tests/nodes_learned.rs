//! Lead times that are learned from what happens: 30 starts on nodes that are there, 30 on nodes that are launched for
//! them, and the status agrees with the delays that were set within a tenth. The scaler is in Shadow: it only watches.
//!
//! Delays are long beside what the control plane adds to them: a batch of Karpenter's, the scheduler, and stamps that are
//! whole seconds.
#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::time::Duration;

use jiff::SignedDuration;
use prescale_testbed::{Exporter, KarpenterSettings, Prescale, Settings, Testbed, until};
use serde_json::Value;

const POD_START: Duration = Duration::from_secs(20);
const NODE_START: Duration = Duration::from_secs(35);
const STARTS: u64 = 30;
/// Some come while a node is on its way already, and teach nothing.
const PODS: u64 = 42;

#[tokio::test(flavor = "multi_thread")]
async fn lead_times_agree_with_the_delays_that_were_set() {
    let bed = Testbed::start(settings()).await.unwrap();
    let exporter = Exporter::start().unwrap();
    exporter.set("demand", 100.0);
    let prometheus_url = bed.prometheus(&[&exporter.target()], Duration::from_secs(1)).await.unwrap();
    let flags = vec!["--tick=5s".to_owned()];
    bed.install(&Prescale { prometheus_url, replicas: 1, flags, ..Prescale::default() }).await.unwrap();
    bed.apply(WORKLOADS).await.unwrap();
    for name in ["there", "launched"] {
        bed.onlooker("live", name).await.unwrap().is_told("SourceHealthy", "Observed").await.unwrap();
        let replicas = format!("--replicas={PODS}");
        let scaled =
            bed.kubectl(&["scale", "--namespace=live", "deployment", name, &replicas]).await.unwrap();
        scaled.success().unwrap();
    }
    check(&bed, "there", ("pod", "podStarts"), POD_START).await;
    check(&bed, "launched", ("node", "nodeStarts"), NODE_START + POD_START).await;
}

/// Claims that a lead time of the status, less the HPA's period, is within a tenth of what was set.
async fn check(bed: &Testbed, name: &str, (lead, starts): (&str, &str), set: Duration) {
    let onlooker = bed.onlooker("live", name).await.unwrap();
    let path = format!("/apis/prescale.dev/v1alpha1/namespaces/live/predictivescalers/{name}");
    let what = format!("{STARTS} {starts} of {name} to be counted");
    let learned = until(&what, 2 * set + Duration::from_secs(90), async || {
        let status = onlooker.get(&path).await.ok()?["status"]["leadTime"].take();
        (STARTS <= status[starts].as_u64()?).then_some(status)
    });
    let learned = match learned.await {
        Ok(learned) => learned,
        Err(late) => {
            let pods =
                bed.kubectl(&["get", "pods,nodes", "--namespace=live", "--output=wide"]).await.unwrap();
            panic!("{late}: {}\n{}", onlooker.get(&path).await.unwrap()["status"]["leadTime"], pods.output)
        }
    };
    let start = seconds(&learned[lead]) - seconds(&learned["pollPeriod"]);
    let set = set.as_secs_f64();
    println!("{name}: {set} s were set, {start} s are learned of {} starts: {learned}", learned[starts]);
    assert!((start / set - 1.0).abs() <= 0.1, "{start} s were learned where {set} s were set");
}

fn seconds(written: &Value) -> f64 {
    written.as_str().unwrap().parse::<SignedDuration>().unwrap().as_secs_f64()
}

fn settings() -> Settings {
    Settings {
        nodes: 1,
        pod_start: POD_START,
        karpenter: Some(KarpenterSettings { registration_delay: NODE_START, ..KarpenterSettings::default() }),
        ..Settings::default()
    }
}

/// One finds room on the large node that is there; the other wants nodes of Karpenter's pool, with three pods on each.
const WORKLOADS: &str = r#"
apiVersion: v1
kind: Namespace
metadata: {name: live}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: there, namespace: live}
spec:
  replicas: 0
  selector: {matchLabels: {app: there}}
  template:
    metadata: {labels: {app: there}}
    spec:
      containers: [{name: there, image: there, resources: {requests: {cpu: "1"}}}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: launched, namespace: live}
spec:
  replicas: 0
  selector: {matchLabels: {app: launched}}
  template:
    metadata: {labels: {app: launched}}
    spec:
      nodeSelector: {karpenter.sh/nodepool: default}
      containers: [{name: launched, image: launched, resources: {requests: {cpu: "1", memory: 2Gi}}}]
---
apiVersion: prescale.dev/v1alpha1
kind: PredictiveScaler
metadata: {name: there, namespace: live}
spec:
  scaleTargetRef: {name: there}
  maxReplicas: 60
  demand: {prometheus: {query: demand, step: 5s}}
  capacity: {perReplica: 100}
  risk: {quantile: 0.5}
---
apiVersion: prescale.dev/v1alpha1
kind: PredictiveScaler
metadata: {name: launched, namespace: live}
spec:
  scaleTargetRef: {name: launched}
  maxReplicas: 60
  demand: {prometheus: {query: demand, step: 5s}}
  capacity: {perReplica: 100}
  risk: {quantile: 0.5}
"#;
