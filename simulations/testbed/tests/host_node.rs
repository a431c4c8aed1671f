//! Pods as real processes of this machine, on the real control plane: they start after a while, are Ready when they
//! answer, share the connections of what stands for their Service, are started again when they die, and end when the
//! Deployment shrinks.
#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::Pod;
use kube::{Api, ResourceExt, api::ListParams};
use prescale_testbed::{
    Balancer, HostNode, HostNodeSettings, NodeSize, Settings, Signal, Testbed, keeper::State, until,
};

const START_DELAY: Duration = Duration::from_secs(2);
const WITHIN: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn pods_run_as_processes_behind_one_address() {
    let bed = Arc::new(Testbed::start(Settings::default()).await.unwrap());
    let settings = HostNodeSettings { start_delay: START_DELAY, size: NodeSize::default() };
    let _node = HostNode::start(&bed, settings).await.unwrap();
    let began = Instant::now();
    bed.apply(&workload(&bed)).await.unwrap();
    let pods: Api<Pod> = Api::default_namespaced(bed.client().await.unwrap());
    let ready = async |count: usize| {
        until(&format!("{count} pods to be Ready"), WITHIN, async || {
            let all = pods.list(&ListParams::default().labels("app=page")).await.ok()?.items;
            (all.len() == count && all.iter().all(is_ready)).then_some(all)
        })
        .await
        .unwrap()
    };
    let both = ready(2).await;
    assert!(START_DELAY <= began.elapsed(), "no pod is Ready before its image was pulled");
    let addresses: BTreeSet<_> = both.iter().map(|pod| pod.status.as_ref().unwrap().pod_ip.clone()).collect();
    assert_eq!(addresses.len(), 2, "each has an address of its own: {addresses:?}");

    let service = Balancer::start(&bed, "default", "app=page", 9_090).await.unwrap();
    let answers = async || {
        let page = reqwest::get(format!("http://{}/-/ready", service.address())).await;
        page.is_ok_and(|page| page.status().is_success())
    };
    until("the pods to answer behind one address", WITHIN, async || answers().await.then_some(()))
        .await
        .unwrap();

    let process = format!("pod-default-{}", both[0].name_any());
    bed.signal(&process, Signal::Kill).unwrap();
    until("the killed pod to run again", WITHIN, async || {
        let pod = pods.get(&both[0].name_any()).await.ok()?;
        let restarts = pod.status.as_ref()?.container_statuses.as_ref()?.first()?.restart_count;
        (1 <= restarts && is_ready(&pod)).then_some(())
    })
    .await
    .unwrap();
    assert!(answers().await, "the other pod answers");

    bed.kubectl(&["scale", "deployment", "page", "--replicas=1"]).await.unwrap().success().unwrap();
    let left = ready(1).await[0].name_any();
    let ended = both.iter().map(ResourceExt::name_any).find(|name| *name != left).unwrap();
    let state = bed.state(&format!("pod-default-{ended}"));
    assert!(matches!(state, Some(State::Ended(_))), "{state:?}");
}

fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.iter().filter_map(|status| status.conditions.as_ref()).flatten();
    conditions.into_iter().any(|one| one.type_ == "Ready" && one.status == "True")
}

/// A Deployment of a program that every machine with this testbed has.
fn workload(bed: &Testbed) -> String {
    let folder = bed.folder().display();
    std::fs::write(bed.folder().join("page.yaml"), "{}\n").unwrap();
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata: {{name: page}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: page}}}}
  template:
    metadata: {{labels: {{app: page}}}}
    spec:
      nodeSelector: {{testbed.prescale.dev/runs: processes}}
      terminationGracePeriodSeconds: 5
      containers:
        - name: page
          image: process
          command: [prometheus]
          args:
            - --config.file={folder}/page.yaml
            - --storage.tsdb.path={folder}/page-$(POD)
            - --web.listen-address=$(POD_IP):9090
          env:
            - {{name: POD, valueFrom: {{fieldRef: {{fieldPath: metadata.name}}}}}}
            - {{name: POD_IP, valueFrom: {{fieldRef: {{fieldPath: status.podIP}}}}}}
          readinessProbe: {{httpGet: {{path: /-/ready, port: 9090}}}}
"
    )
}
