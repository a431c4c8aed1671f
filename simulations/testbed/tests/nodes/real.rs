//! The real Karpenter, played the script.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use prescale_testbed::{Onlooker, Testbed, until};
use serde_json::Value;

use crate::condition::is;
use crate::{Change, Outcome};

/// Longer than any step of the simulator takes, on a busy machine.
const WITHIN: Duration = Duration::from_secs(420);
/// Nodes that come too many come with the same batch, or the next.
const MORE_WOULD_COME_WITHIN: Duration = Duration::from_secs(4);

/// A Deployment and a buffer, and what was seen of the nodes.
pub(crate) struct Real<'a> {
    bed: &'a Testbed,
    onlooker: Onlooker,
    pods: usize,
    /// When each NodeClaim was seen first, and when its node was Ready.
    claims: BTreeMap<String, (Instant, Option<Instant>)>,
}

impl<'a> Real<'a> {
    pub(crate) async fn prepare(bed: &'a Testbed) -> Self {
        bed.apply(include_str!("../manifests/nodes-fidelity.yaml")).await.unwrap();
        let onlooker = bed.onlooker("default", "none").await.unwrap();
        Self { bed, onlooker, pods: 0, claims: BTreeMap::new() }
    }

    /// Makes a change, and waits until it came to so many nodes, or to nothing.
    pub(crate) async fn play(&mut self, change: Change, nodes: usize) -> Outcome {
        let begin = Instant::now();
        let (mut last, mut nodes_after_s, mut pods_after_s) = (self.look().await, None, None);
        match change {
            Change::Pods(pods) => {
                self.pods = pods as usize;
                let replicas = format!("--replicas={pods}");
                self.kubectl(&["scale", "deployment", "web", &replicas]).await;
            }
            Change::Buffer(pods) => {
                let patch = format!(r#"{{"spec":{{"replicas":{pods}}}}}"#);
                self.kubectl(&["patch", "capacitybuffer", "web", "--type=merge", "--patch", &patch]).await;
            }
        }
        let mut steady_since = Instant::now();
        while begin.elapsed() < WITHIN {
            let seen = self.look().await;
            let after_s = begin.elapsed().as_secs_f64();
            if seen.ready != last.ready {
                nodes_after_s = Some(after_s);
            }
            if seen != last {
                steady_since = Instant::now();
            }
            last = seen;
            if self.ready_pods().await == self.pods {
                pods_after_s.get_or_insert(after_s);
            }
            let settled = last.claims == nodes && last.ready == nodes && pods_after_s.is_some();
            if settled && MORE_WOULD_COME_WITHIN < steady_since.elapsed() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Outcome { nodes: last.claims, nodes_after_s, pods_after_s: pods_after_s.unwrap_or(f64::INFINITY) }
    }

    /// From launch to Ready, of every node, the shortest first.
    pub(crate) fn node_starts(&self) -> Vec<f64> {
        let start =
            |(seen, ready): &(Instant, Option<Instant>)| Some((*ready.as_ref()? - *seen).as_secs_f64());
        let mut starts: Vec<f64> = self.claims.values().filter_map(start).collect();
        starts.sort_by(f64::total_cmp);
        starts
    }

    async fn look(&mut self) -> Seen {
        let claims = self.list("/apis/karpenter.sh/v1/nodeclaims").await;
        for claim in &claims {
            let name = claim["metadata"]["name"].as_str().unwrap().to_owned();
            let (_, ready) = self.claims.entry(name).or_insert((Instant::now(), None));
            if is(claim, "Initialized") {
                ready.get_or_insert_with(Instant::now);
            }
        }
        let ready = claims.iter().filter(|claim| is(claim, "Initialized")).count();
        Seen { claims: claims.len(), ready }
    }

    async fn ready_pods(&self) -> usize {
        let pods = self.list("/api/v1/namespaces/default/pods").await;
        pods.iter().filter(|pod| is(pod, "Ready") && pod["metadata"]["deletionTimestamp"].is_null()).count()
    }

    async fn list(&self, path: &str) -> Vec<Value> {
        let answered = async || self.onlooker.get(path).await.ok()?["items"].as_array().cloned();
        until(path, Duration::from_secs(30), answered).await.unwrap()
    }

    async fn kubectl(&self, arguments: &[&str]) {
        self.bed.kubectl(arguments).await.unwrap().success().unwrap();
    }
}

#[derive(Clone, Copy, PartialEq)]
struct Seen {
    claims: usize,
    ready: usize,
}
