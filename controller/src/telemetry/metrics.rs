//! The figures of the controller, under stable names that `docs/METRICS.md` explains. Clones share them. Counting is
//! a few atomic operations; what there is one of for each scaler is written when Prometheus asks.

use std::{sync::Arc, time::Duration};

use jiff::SignedDuration;
use prometheus_client::{
    encoding::text,
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};

use super::{
    figures::{Figures, Ticked},
    history::HistoryFigures,
    pools::Pools,
    scalers::Scalers,
};
use crate::{
    board::ScalerKey,
    cost::PoolCost,
    nodes::{Image, Start},
};

/// The format of [`Metrics::render`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Around 1 ms, the bar of a read.
const READ_BUCKETS_S: [f64; 9] = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.025, 0.1, 1.0];
/// From a cached answer to the longest that a range is waited for.
const SOURCE_BUCKETS_S: [f64; 10] = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 30.0];
/// Up to the longest that an upstream is waited for.
const UPSTREAM_BUCKETS_S: [f64; 8] = [0.001, 0.005, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0];

/// From a pod whose image is there to one that had to wait for a slow node.
const START_BUCKETS_S: [f64; 12] = [1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 300.0];

type Label = [(&'static str, &'static str); 1];
type Labels = [(&'static str, &'static str); 2];

/// How a read of the metrics API ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadResult {
    /// With a value.
    Answered,
    /// The scaler is there, and the value is not known now.
    NotKnown,
    /// No scaler is meant by the selector.
    NoScaler,
    /// The caller may not read it, or is nobody we know.
    Denied,
    /// The request is none that can be answered.
    Malformed,
    /// It took longer than a read may.
    TimedOut,
}

/// Who answered whether a caller may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewedBy {
    /// What was answered a moment ago.
    Cache,
    /// A SubjectAccessReview.
    ApiServer,
    /// What was answered longer ago, since the API server is away.
    StaleCache,
}

/// How a read ended that was passed on to the external-metrics server that was there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpstreamResult {
    /// With its answer, whatever that was.
    Answered,
    /// It could not be reached, or its answer could not be read.
    Failed,
    /// It took too long.
    TimedOut,
    /// It was not asked: it has failed a moment ago, or has no such path.
    NotAsked,
}

/// How a request to push signals ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushResult {
    /// All or some of its samples are taken, or were known.
    Taken,
    /// The caller is nobody we know, or has no right.
    Denied,
    /// There is no such signal, or it is not pushed.
    NoSignal,
    /// It cannot be read, or all of it is refused.
    Refused,
    /// The caller pushes too often.
    TooOften,
    /// It is taken by this replica alone, or rights cannot be asked for now.
    Failed,
}

/// The figures of this process.
#[derive(Clone, Debug)]
pub struct Metrics(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    registry: Registry,
    scalers: Arc<Scalers>,
    pools: Arc<Pools>,
    history: Arc<HistoryFigures>,
    tick_duration: Histogram,
    source_read_duration: Histogram,
    source_errors: Family<Label, Counter>,
    kafka_poll_duration: Histogram,
    read_duration: Family<Label, Histogram, fn() -> Histogram>,
    access_reviews: Family<Label, Counter>,
    upstream_read_duration: Family<Label, Histogram, fn() -> Histogram>,
    pushes: Family<Label, Counter>,
    pushed_samples: Family<Label, Counter>,
    share_failures: Counter,
    leader: Gauge,
    pod_starts: Family<Labels, Histogram, fn() -> Histogram>,
    node_starts: Histogram,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut inner = Inner {
            registry: Registry::default(),
            scalers: Arc::default(),
            pools: Arc::default(),
            history: Arc::default(),
            tick_duration: Histogram::new(exponential_buckets(0.0001, 4.0, 8)),
            source_read_duration: Histogram::new(SOURCE_BUCKETS_S),
            source_errors: Family::default(),
            kafka_poll_duration: Histogram::new(SOURCE_BUCKETS_S),
            read_duration: Family::new_with_constructor(|| Histogram::new(READ_BUCKETS_S)),
            access_reviews: Family::default(),
            upstream_read_duration: Family::new_with_constructor(|| Histogram::new(UPSTREAM_BUCKETS_S)),
            pushes: Family::default(),
            pushed_samples: Family::default(),
            share_failures: Counter::default(),
            leader: Gauge::default(),
            pod_starts: Family::new_with_constructor(|| Histogram::new(START_BUCKETS_S)),
            node_starts: Histogram::new(START_BUCKETS_S),
        };
        inner.register();
        Self(Arc::new(inner))
    }
}

impl Metrics {
    /// A scaler was ticked.
    pub fn ticked(&self, ticked: &Ticked<'_>) {
        self.0.tick_duration.observe(ticked.took.as_secs_f64());
        self.0.scalers.put(ticked.notice.key.clone(), Figures::of(ticked));
    }

    /// A scaler is no more: its series end.
    pub fn removed(&self, key: &ScalerKey) {
        self.0.scalers.remove(key);
    }

    /// Prometheus was asked, and answered, or failed with this kind of error.
    pub fn source_read(&self, took: Duration, error: Option<&'static str>) {
        self.0.source_read_duration.observe(took.as_secs_f64());
        if let Some(kind) = error {
            self.0.source_errors.get_or_create(&[("kind", kind)]).inc();
        }
    }

    /// A pod of a workload that is scaled has become Ready.
    pub fn pod_started(&self, start: &Start) {
        let node = if start.on_launched { "launched" } else { "there" };
        let image = match start.image {
            Image::There => "there",
            Image::Pulled => "pulled",
            Image::Unknown => "unknown",
        };
        let starts = self.0.pod_starts.get_or_create(&[("node", node), ("image", image)]);
        starts.observe(start.took.as_secs_f64());
    }

    /// A node has become Ready, so long after it was asked for.
    pub fn node_started(&self, took: SignedDuration) {
        self.0.node_starts.observe(took.as_secs_f64());
    }

    /// Pools of nodes were counted.
    pub fn pools(&self, pools: Vec<PoolCost>) {
        self.0.pools.put(pools);
    }

    /// The price table was read, and counts as it is written, or is refused.
    pub fn price_table(&self, is_good: bool) {
        self.0.pools.put_table(is_good);
    }

    /// Kafka was polled for all topics and groups, or could not be, with this kind of error.
    pub fn kafka_polled(&self, took: Duration, error: Option<&'static str>) {
        self.0.kafka_poll_duration.observe(took.as_secs_f64());
        if let Some(kind) = error {
            self.0.source_errors.get_or_create(&[("kind", kind)]).inc();
        }
    }

    /// The metrics API was read.
    pub fn read(&self, result: ReadResult, took: Duration) {
        self.0.read_duration.get_or_create(&[("result", result.name())]).observe(took.as_secs_f64());
    }

    /// It was asked whether a caller may read.
    pub fn access_reviewed(&self, by: ReviewedBy) {
        self.0.access_reviews.get_or_create(&[("by", by.name())]).inc();
    }

    /// A read was passed on.
    pub fn upstream_read(&self, result: UpstreamResult, took: Duration) {
        let duration = self.0.upstream_read_duration.get_or_create(&[("result", result.name())]);
        duration.observe(took.as_secs_f64());
    }

    /// A request to push signals has ended.
    pub fn pushed(&self, result: PushResult) {
        self.0.pushes.get_or_create(&[("result", result.name())]).inc();
    }

    /// Samples were pushed.
    pub fn samples_pushed(&self, accepted: usize, duplicates: usize, refused: usize) {
        for (outcome, count) in [("accepted", accepted), ("duplicate", duplicates), ("refused", refused)] {
            if 0 < count {
                self.0.pushed_samples.get_or_create(&[("outcome", outcome)]).inc_by(count as u64);
            }
        }
    }

    /// What was pushed is on this replica alone.
    pub fn share_failed(&self) {
        self.0.share_failures.inc();
    }

    /// What has become of what the history store was told.
    #[must_use]
    pub fn history(&self) -> &HistoryFigures {
        &self.0.history
    }

    /// This replica leads from now on.
    pub fn leads(&self) {
        self.0.leader.set(1);
    }

    /// This replica follows from now on.
    pub fn follows(&self) {
        self.0.leader.set(0);
    }

    /// All of it, in the format of [`CONTENT_TYPE`].
    #[must_use]
    pub fn render(&self) -> String {
        let mut page = String::new();
        text::encode(&mut page, &self.0.registry).expect("a String takes all that is written");
        page
    }
}

impl Inner {
    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register_collector(Box::new(Arc::clone(&self.scalers)));
        registry.register_collector(Box::new(Arc::clone(&self.pools)));
        registry.register_collector(Box::new(Arc::clone(&self.history)));
        registry.register(
            "prescale_tick_duration_seconds",
            "Time to decide for one scaler and publish it, without the reading",
            self.tick_duration.clone(),
        );
        registry.register(
            "prescale_source_read_duration_seconds",
            "Time that Prometheus took for one read, each retry apart",
            self.source_read_duration.clone(),
        );
        registry.register(
            "prescale_source_errors",
            "Reads of Prometheus that failed, each retry apart, and polls of Kafka",
            self.source_errors.clone(),
        );
        registry.register(
            "prescale_kafka_poll_duration_seconds",
            "Time that a poll of all topics and groups took",
            self.kafka_poll_duration.clone(),
        );
        registry.register(
            "prescale_metric_read_duration_seconds",
            "Time to answer one read of the metrics API",
            self.read_duration.clone(),
        );
        registry.register(
            "prescale_access_reviews",
            "Questions whether a caller may read, by what answered them",
            self.access_reviews.clone(),
        );
        registry.register(
            "prescale_upstream_read_duration_seconds",
            "Time of one read that was passed on to the external-metrics server that was there before",
            self.upstream_read_duration.clone(),
        );
        registry.register(
            "prescale_pushes",
            "Requests to push signals, by how they ended",
            self.pushes.clone(),
        );
        registry.register(
            "prescale_pushed_samples",
            "Samples that were pushed, by what became of them",
            self.pushed_samples.clone(),
        );
        registry.register(
            "prescale_push_share_failures",
            "Pushes that this replica took and the leader did not",
            self.share_failures.clone(),
        );
        registry.register(
            "prescale_pod_start_seconds",
            "Time from created to Ready of pods that are scaled, by whether node and image were there",
            self.pod_starts.clone(),
        );
        registry.register(
            "prescale_node_start_seconds",
            "Time from asked for to Ready of nodes",
            self.node_starts.clone(),
        );
        registry.register("prescale_leader", "1 where this replica leads", self.leader.clone());
        let build = Family::<Label, Gauge>::default();
        build.get_or_create(&[("version", env!("CARGO_PKG_VERSION"))]).set(1);
        registry.register("prescale_build_info", "1, with the version that runs", build);
    }
}

impl ReadResult {
    fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::NotKnown => "not_known",
            Self::NoScaler => "no_scaler",
            Self::Denied => "denied",
            Self::Malformed => "malformed",
            Self::TimedOut => "timed_out",
        }
    }
}

impl ReviewedBy {
    fn name(self) -> &'static str {
        match self {
            Self::Cache => "cache",
            Self::ApiServer => "api_server",
            Self::StaleCache => "stale_cache",
        }
    }
}

impl PushResult {
    fn name(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Denied => "denied",
            Self::NoSignal => "no_signal",
            Self::Refused => "refused",
            Self::TooOften => "too_often",
            Self::Failed => "failed",
        }
    }
}

impl UpstreamResult {
    fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Failed => "failed",
            Self::TimedOut => "timed_out",
            Self::NotAsked => "not_asked",
        }
    }
}
