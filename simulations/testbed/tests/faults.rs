//! Parts can be killed, frozen and started again while the testbed goes on.
#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::time::Duration;

use prescale_testbed::keeper::State;
use prescale_testbed::{Settings, Signal, Testbed, parts, until};

const SOON: Duration = Duration::from_secs(60);

#[tokio::test]
async fn what_was_written_outlives_the_api_server_and_its_store() {
    let bed = Testbed::start(Settings::default()).await.unwrap();
    bed.kubectl(&["create", "configmap", "kept"]).await.unwrap().success().unwrap();

    bed.kill(parts::API_SERVER).await.unwrap();
    assert!(matches!(bed.state(parts::API_SERVER), Some(State::Ended(_))));
    assert!(!bed.kubectl(&["get", "configmap", "kept"]).await.unwrap().succeeded);
    bed.restart(parts::API_SERVER).await.unwrap();
    bed.kubectl(&["get", "configmap", "kept"]).await.unwrap().success().unwrap();

    bed.restart(parts::ETCD).await.unwrap();
    bed.kubectl(&["get", "configmap", "kept"]).await.unwrap().success().unwrap();

    a_frozen_part_goes_on_when_it_is_told_to(&bed).await;
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
