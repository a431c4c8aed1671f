//! The cluster, Kafka, Redis and Prometheus of both runs, and one run.

use std::sync::Arc;
use std::time::{Duration, Instant};

use k8s_openapi::api::apps::v1::Deployment;
use kube::Api;
use prescale_testbed::brokers::Topic;
use prescale_testbed::{
    Balancer, Brokers, HostNode, HostNodeSettings, NodeSize, Prescale, Redis, Settings, Testbed, until,
};
use realtime_e2e::{Service, binary};
use realtime_load::rooms::{Actors, Mix, Retry, Rooms, Tokens, run};
use realtime_load::{Load, Spacing, Tally};
use tokio_util::sync::CancellationToken;

use crate::{Sale, manifests};

/// The HPA looks, Prescale plans and Prometheus scrapes this often: three times as fast as in a cluster.
const SYNC: Duration = Duration::from_secs(5);
const SCRAPE: Duration = Duration::from_secs(1);
/// A window of an HPA without its own, of 300 s, shortened likewise.
const DOWN_WINDOW: Duration = Duration::from_secs(100);
/// What pulling an image and starting a container take.
const START_DELAY: Duration = Duration::from_secs(10);
const TOPIC: &str = "interactions";
/// An interaction a person each five seconds.
const INTERACTIONS: f64 = 0.2;
const OBJECTIVE: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(120);
const READY_WITHIN: Duration = Duration::from_secs(120);
const LOOK: Duration = Duration::from_secs(1);

/// What both runs share.
pub(crate) struct Ground {
    bed: Arc<Testbed>,
    _node: HostNode,
    brokers: Brokers,
    redis: Redis,
    service: Service,
}

/// What came of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    /// Interactions that were meant.
    pub(crate) due: u64,
    /// Those that were not acknowledged in time.
    pub(crate) late: u64,
    /// Pods that existed, by time.
    pub(crate) pod_seconds: f64,
}

impl Ground {
    pub(crate) async fn start() -> Self {
        realtime_load::files::raise_limit();
        let settings = Settings {
            hpa_sync: SYNC,
            downscale_stabilization: DOWN_WINDOW,
            nodes: 1,
            ..Settings::default()
        };
        let bed = Arc::new(Testbed::start(settings).await.unwrap());
        let node = HostNodeSettings { start_delay: START_DELAY, size: NodeSize::default() };
        let node = HostNode::start(&bed, node).await.unwrap();
        let (brokers, redis) = (Brokers::start(1).await.unwrap(), Redis::start().await.unwrap());
        brokers.create(&Topic::new(TOPIC, 8)).await.unwrap();
        let service = Service::on(&brokers.bootstrap(), TOPIC, &redis.url(1)).unwrap();
        service.worker("worker", &[]).await.unwrap();
        let prometheus_url = bed.prometheus(&[], SCRAPE).await.unwrap();
        let flags = vec![format!("--tick={}s", SYNC.as_secs())];
        bed.install(&Prescale { prometheus_url, replicas: 1, flags, ..Prescale::default() }).await.unwrap();
        Self { bed, _node: node, brokers, redis, service }
    }

    /// Plays the sale on gateways of their own, scaled as `scaling` says.
    pub(crate) async fn play(&self, namespace: &str, sale: &Sale, scaling: &str) -> Outcome {
        self.apply("", &format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: {namespace}}}\n")).await;
        let key = self.service.token_key_file();
        let program = binary().unwrap();
        let gateways = manifests::gateways(
            &program.display().to_string(),
            &self.brokers.bootstrap(),
            TOPIC,
            &self.redis.url(1),
            &key.display().to_string(),
        );
        self.apply(namespace, &gateways).await;
        let size = Size(Api::namespaced(self.bed.client().await.unwrap(), namespace));
        until("the gateways to be Ready", READY_WITHIN, async || (size.now().await.1 == 2).then_some(()))
            .await
            .unwrap();
        self.apply(namespace, scaling).await;
        let door = Balancer::start(&self.bed, namespace, "app=gateway", 8_080).await.unwrap();
        println!("{namespace}: {}", sale.levels(1.0));
        let load = Load {
            rate: sale.levels(INTERACTIONS).parse().unwrap(),
            length: sale.length(),
            spacing: Spacing::Poisson(1),
            objective: OBJECTIVE,
            patience: PATIENCE,
        };
        let rooms = Rooms {
            targets: vec![format!("ws://{}/ws/v1", door.address()).parse().unwrap()],
            people: sale.levels(1.0).parse().unwrap(),
            rooms: 20,
            room_prefix: format!("{namespace}-"),
            mix: Mix::default(),
            tokens: Tokens::signed(&key, "load-").unwrap(),
            actors: Actors::Everybody,
            retry: Retry::WhenTold,
            seed: 1,
        };
        let tally = Arc::new(Tally::new(OBJECTIVE));
        let stop = CancellationToken::new();
        let playing = tokio::spawn({
            let tally = Arc::clone(&tally);
            async move { run(rooms, &load, tally, &stop).await.unwrap().report }
        });
        let pod_seconds = size.watch(|| playing.is_finished()).await;
        let report = playing.await.unwrap();
        println!("{report}");
        self.apply(namespace, &gateways.replace("replicas: 2", "replicas: 0")).await;
        self.bed
            .kubectl(&["delete", "namespace", namespace, "--wait=false"])
            .await
            .unwrap()
            .success()
            .unwrap();
        let in_time = report.acked - report.late;
        Outcome { due: report.due, late: report.due - in_time, pod_seconds }
    }

    async fn apply(&self, namespace: &str, manifests: &str) {
        let placed =
            manifests.replace("metadata: {name: ", &format!("metadata: {{namespace: {namespace}, name: "));
        let placed = if namespace.is_empty() { manifests } else { &placed };
        self.bed.apply(placed).await.unwrap();
    }
}

/// The gateways of a run: how many exist, and how many are Ready.
struct Size(Api<Deployment>);

impl Size {
    async fn now(&self) -> (i32, i32) {
        let status = self.0.get("gateway").await.ok().and_then(|deployment| deployment.status);
        status.map_or((0, 0), |status| (status.replicas.unwrap_or(0), status.ready_replicas.unwrap_or(0)))
    }

    /// Looks each second until it is over, tells what changed, and sums up the pods that existed.
    async fn watch(&self, is_over: impl Fn() -> bool) -> f64 {
        let (began, mut looked, mut told, mut pod_seconds) = (Instant::now(), Instant::now(), (0, 0), 0.0);
        while !is_over() {
            let now = self.now().await;
            pod_seconds += f64::from(now.0) * looked.elapsed().as_secs_f64();
            looked = Instant::now();
            if now != told {
                println!("  {:>4} s: {} pods, {} ready", began.elapsed().as_secs(), now.0, now.1);
                told = now;
            }
            tokio::time::sleep(LOOK).await;
        }
        pod_seconds
    }
}
