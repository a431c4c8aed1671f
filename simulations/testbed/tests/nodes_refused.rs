//! What cannot be had: a pool at its limit, a buffer that somebody else set, a pool that is deleted in the middle of a
//! spike, and the API of buffers that goes away. Pods scale as they can, the status says what was not possible, and
//! nothing of others is touched.
#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

#[path = "nodes/condition.rs"]
mod condition;
#[path = "nodes/story.rs"]
mod story;
#[path = "nodes/timeline.rs"]
mod timeline;
#[path = "nodes/workload.rs"]
mod workload;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use prescale_testbed::{Exporter, KarpenterSettings, Onlooker, Prescale, Settings, Testbed, until};
use serde_json::Value;

use story::{All, Story};
use workload::{Workload, on_sale};

const SYNC: Duration = Duration::from_secs(5);
const BEFORE: f64 = 300.0;
const DURING: f64 = 1_200.0;
/// 100 a replica.
const NEEDED: usize = 12;
/// A node of three pods.
const WITHIN_THE_LIMIT: usize = 3;
const STARTS_IN: SignedDuration = SignedDuration::from_secs(90);
/// Longer than the test.
const LASTS: SignedDuration = SignedDuration::from_mins(10);
const BUFFER: &str = "/apis/autoscaling.x-k8s.io/v1beta1/namespaces/live/capacitybuffers/prescale-taken";

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_had_is_said_and_nothing_of_others_is_touched() {
    let bed = Testbed::start(settings()).await.unwrap();
    let exporter = Exporter::start().unwrap();
    exporter.set("demand", BEFORE);
    let prometheus_url = bed.prometheus(&[&exporter.target()], Duration::from_secs(1)).await.unwrap();
    let flags = vec!["--tick=5s".to_owned()];
    bed.install(&Prescale { prometheus_url, replicas: 1, flags, ..Prescale::default() }).await.unwrap();
    bed.apply(OF_ANOTHER).await.unwrap();
    for (name, limits) in [("limited", "{cpu: 4}"), ("taken", "{cpu: 100}"), ("deleted", "{cpu: 100}")] {
        // A pod that asks to be left alone would keep its node when the pool is deleted.
        let headroom = "{enabled: true, holdDisruption: 0s}";
        let workload = Workload { name, headroom, lead_time: "{pod: 15s, node: 75s}", limits };
        bed.apply(&workload.manifests()).await.unwrap();
    }
    let mut story = Story::of(&bed, &["limited", "taken", "deleted"]).await;
    story.until("three pods of each to be Ready", |seen| seen.ready_pods == 3).await;
    let limited = bed.onlooker("live", "limited").await.unwrap();
    let taken = bed.onlooker("live", "taken").await.unwrap();
    let deleted = bed.onlooker("live", "deleted").await.unwrap();
    let before = spec(&taken.get(BUFFER).await.unwrap());

    let starts_at = Timestamp::now() + STARTS_IN;
    bed.apply(&on_sale(starts_at, LASTS, DURING)).await.unwrap();
    let (not_its_own, beyond_the_limit) =
        tokio::join!(taken.is_told("HeadroomReady", "BelongsToAnother"), is_not_well(&limited));
    println!("taken: {}", not_its_own.unwrap().message);
    println!("limited: {beyond_the_limit}");
    assert_eq!(spec(&taken.get(BUFFER).await.unwrap()), before, "the buffer of another was touched");

    story.until_time(starts_at).await;
    exporter.set("demand", DURING);
    story.until("pods to be asked for", |seen| NEEDED <= seen.pods).await;
    let all_of = |name: &'static str, pods: usize| move |all: &All| pods <= all[name].ready_pods;
    story.until_all("the others to serve", all_of("taken", NEEDED)).await;
    story.until_all("the others to serve", all_of("deleted", NEEDED)).await;
    let seen = story.now().await;
    assert_eq!(seen["limited"].ready_pods, WITHIN_THE_LIMIT, "{seen:?}");

    bed.kubectl(&["delete", "nodepool", "deleted", "--wait=false"]).await.unwrap().success().unwrap();
    story.until_all("its nodes to go", |all| all["deleted"].nodes == 0).await;
    let served = deleted.demand().await.unwrap();
    assert!(DURING <= served, "{served} is served where the pool was deleted");
    let seen = story.now().await;
    assert!(NEEDED <= seen["deleted"].pods, "its workload was shrunk: {seen:?}");
    assert!(NEEDED <= seen["taken"].ready_pods, "its neighbour was touched: {seen:?}");

    let crd = "capacitybuffers.autoscaling.x-k8s.io";
    bed.kubectl(&["delete", "crd", crd, "--wait=false"]).await.unwrap().success().unwrap();
    let path = "/apis/prescale.dev/v1alpha1/namespaces/live/predictivescalers/limited";
    let by = until("placeholder pods in place of the buffer", Duration::from_secs(120), async || {
        let status = limited.get(path).await.ok()?["status"].take();
        (status["headroom"]["by"] == "PlaceholderPods").then_some(status["headroom"].clone())
    });
    println!("without the API: {}", by.await.unwrap());
    assert!(DURING <= limited.demand().await.unwrap(), "its demand is served on");
    println!("{}", story.timelines(starts_at));
}

/// Waits until a scaler says that its headroom cannot be had, or is too late for what is needed.
async fn is_not_well(onlooker: &Onlooker) -> String {
    until("headroom that cannot be had to be told of", Duration::from_secs(90), async || {
        let condition = onlooker.condition("HeadroomReady").await.ok()??;
        let is_told = ["TooLate", "CannotBeProvisioned"].contains(&condition.reason.as_str());
        is_told.then(|| format!("{}: {}", condition.reason, condition.message))
    })
    .await
    .unwrap()
}

/// What somebody wrote of an object, and who wrote it.
fn spec(object: &Value) -> (Value, Value) {
    (object["spec"].clone(), object["metadata"]["ownerReferences"].clone())
}

fn settings() -> Settings {
    Settings {
        nodes: 0,
        hpa_sync: SYNC,
        pod_start: Duration::from_secs(1),
        karpenter: Some(KarpenterSettings {
            registration_delay: Duration::from_secs(5),
            ..KarpenterSettings::default()
        }),
        ..Settings::default()
    }
}

/// A buffer by the name that Prescale would give its own.
const OF_ANOTHER: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: live}
---
apiVersion: v1
kind: PodTemplate
metadata: {name: somebodys, namespace: live}
template:
  spec:
    nodeSelector: {of: taken}
    containers: [{name: pause, image: pause, resources: {requests: {cpu: '1'}}}]
---
apiVersion: autoscaling.x-k8s.io/v1beta1
kind: CapacityBuffer
metadata: {name: prescale-taken, namespace: live, labels: {team: somebody}}
spec: {podTemplateRef: {name: somebodys}, replicas: 1, provisioningStrategy: buffer.x-k8s.io/active-capacity}
";
