//! Looks at all workloads of the test again and again, and keeps what was seen.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use prescale_testbed::{Onlooker, Testbed, until};
use serde_json::Value;

use crate::condition::is;
use crate::timeline::{Seen, Timeline};

/// A node's start, a consolidation, and a busy machine.
const WITHIN: Duration = Duration::from_secs(200);
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);

/// One look at all workloads, by name.
pub(crate) type All = BTreeMap<String, Seen>;

/// What was seen of each workload.
pub(crate) struct Story {
    onlooker: Onlooker,
    timelines: BTreeMap<String, Timeline>,
}

impl Story {
    pub(crate) async fn of(bed: &Testbed, names: &[&str]) -> Self {
        let timelines = names.iter().map(|name| ((*name).to_owned(), Timeline::default())).collect();
        Self { onlooker: bed.onlooker("live", "none").await.unwrap(), timelines }
    }

    /// Looks once.
    pub(crate) async fn now(&mut self) -> All {
        let claims = self.list("/apis/karpenter.sh/v1/nodeclaims").await;
        let pods = self.list("/api/v1/namespaces/live/pods").await;
        let buffers = "/apis/autoscaling.x-k8s.io/v1beta1/namespaces/live/capacitybuffers";
        // The API may be gone.
        let buffers = self.onlooker.get(buffers).await.map(|mut found| found["items"].take());
        let buffers = buffers.ok().and_then(|items| items.as_array().cloned()).unwrap_or_default();
        let now = Timestamp::now();
        let mut all = BTreeMap::new();
        for (name, timeline) in &mut self.timelines {
            let seen = seen(name, &claims, &pods, &buffers);
            timeline.note(now, &seen);
            all.insert(name.clone(), seen);
        }
        all
    }

    /// Looks until it is so for each workload.
    pub(crate) async fn until(&mut self, what: &str, is_so: impl Fn(&Seen) -> bool) {
        self.until_all(what, |all| all.values().all(&is_so)).await;
    }

    /// Looks until it is so for all of them together.
    pub(crate) async fn until_all(&mut self, what: &str, is_so: impl Fn(&All) -> bool) {
        let begin = Instant::now();
        loop {
            let seen = self.now().await;
            if is_so(&seen) {
                return;
            }
            assert!(begin.elapsed() < WITHIN, "{what}: not within {WITHIN:?}: {seen:?}");
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    /// Looks until a time.
    pub(crate) async fn until_time(&mut self, end: Timestamp) {
        while Timestamp::now() < end {
            self.now().await;
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    /// All timelines, by seconds from when demand arrived.
    pub(crate) fn timelines(&self, arrived: Timestamp) -> String {
        let words =
            self.timelines.iter().map(|(name, timeline)| format!("{name}\n{}", timeline.words(arrived)));
        words.collect::<Vec<_>>().join("\n")
    }

    async fn list(&self, path: &str) -> Vec<Value> {
        let answered = async || self.onlooker.get(path).await.ok()?["items"].as_array().cloned();
        until(path, Duration::from_secs(30), answered).await.unwrap()
    }
}

fn seen(name: &str, claims: &[Value], pods: &[Value], buffers: &[Value]) -> Seen {
    let labelled = |object: &&Value, label: &str, value: &str| object["metadata"]["labels"][label] == value;
    let claims: Vec<_> =
        claims.iter().filter(|claim| labelled(claim, "karpenter.sh/nodepool", name)).collect();
    let stays = |pod: &&Value| pod["metadata"]["deletionTimestamp"].is_null();
    let own: Vec<_> = pods.iter().filter(|pod| labelled(pod, "app", name)).filter(stays).collect();
    let placeholders = pods.iter().filter(|pod| labelled(pod, "prescale.dev/headroom", name)).filter(stays);
    let buffer = buffers.iter().find(|buffer| buffer["metadata"]["name"] == format!("prescale-{name}"));
    let buffered = buffer.and_then(|buffer| buffer["spec"]["replicas"].as_u64()).unwrap_or(0);
    Seen {
        pods: own.len(),
        ready_pods: own.iter().filter(|pod| is(pod, "Ready")).count(),
        nodes: claims.len(),
        ready_nodes: claims.iter().filter(|claim| is(claim, "Initialized")).count(),
        room: buffered as usize + placeholders.count(),
    }
}
