//! Parts can be killed, frozen and started again while the testbed goes on.
#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::ListParams;
use prescale_testbed::keeper::State;
use prescale_testbed::{Settings, Signal, Testbed, parts, until};

const SOON: Duration = Duration::from_secs(60);
const POD_START: Duration = Duration::from_secs(4);

#[tokio::test]
async fn what_was_written_outlives_the_api_server_and_its_store() {
    let settings = Settings { nodes: 1, pod_start: POD_START, ..Settings::default() };
    let bed = Testbed::start(settings).await.unwrap();
    bed.kubectl(&["create", "configmap", "kept"]).await.unwrap().success().unwrap();

    bed.kill(parts::API_SERVER).await.unwrap();
    assert!(matches!(bed.state(parts::API_SERVER), Some(State::Ended(_))));
    assert!(!bed.kubectl(&["get", "configmap", "kept"]).await.unwrap().succeeded);
    bed.restart(parts::API_SERVER).await.unwrap();
    bed.kubectl(&["get", "configmap", "kept"]).await.unwrap().success().unwrap();

    bed.restart(parts::ETCD).await.unwrap();
    bed.kubectl(&["get", "configmap", "kept"]).await.unwrap().success().unwrap();

    a_frozen_part_goes_on_when_it_is_told_to(&bed).await;
    a_pod_is_ready_when_its_start_is_over(&bed).await;
}

async fn a_frozen_part_goes_on_when_it_is_told_to(bed: &Testbed) {
    bed.signal(parts::CONTROLLER_MANAGER, Signal::Stop).unwrap();
    bed.kubectl(&["create", "deployment", "web", "--image=web"]).await.unwrap().success().unwrap();
    let sets = ["get", "replicasets", "--output=name"];
    let while_frozen = bed.kubectl(&sets).await.unwrap().success().unwrap();
    assert_eq!(while_frozen, "");
    bed.signal(parts::CONTROLLER_MANAGER, Signal::Continue).unwrap();
    until("the replica set", SOON, async || {
        let there = bed.kubectl(&sets).await.unwrap().success().ok()?;
        there.contains("replicaset.apps/web").then_some(())
    })
    .await
    .unwrap();
}

async fn a_pod_is_ready_when_its_start_is_over(bed: &Testbed) {
    let pods: Api<Pod> = Api::default_namespaced(bed.client().await.unwrap());
    let waited_s = until("a Ready pod", SOON, async || {
        let all = pods.list(&ListParams::default().labels("app=web")).await.ok()?;
        let conditions = all.items.first()?.status.as_ref()?.conditions.as_ref()?;
        let since = |kind: &str| {
            let one = conditions.iter().find(|one| one.type_ == kind && one.status == "True");
            one?.last_transition_time.as_ref().map(|time| time.0.as_second())
        };
        Some(since("Ready")? - since("PodScheduled")?)
    })
    .await
    .unwrap();
    // Stamps have whole seconds.
    assert!(3 <= waited_s, "{waited_s}");
}
