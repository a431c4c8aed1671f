//! The figures of both roles, under names that `README.md` explains. Clones share them.

use std::{sync::Arc, time::Duration};

use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{
        counter::Counter,
        family::{Family, MetricConstructor},
        gauge::Gauge,
        histogram::Histogram,
    },
    registry::Registry,
};

/// The format of [`Metrics::render`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// From an idle broker to one that makes clients give up; 50 ms is the bar of an acknowledgement.
const REQUEST_BUCKETS_S: [f64; 12] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// A route and how it ended.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct Outcome {
    route: &'static str,
    outcome: &'static str,
}

/// A route.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct Route {
    route: &'static str,
}

/// What was done, in one word.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct Act {
    act: &'static str,
}

/// Why something was passed over, in one word.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct Why {
    reason: &'static str,
}

/// What is taken from and given back.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct Pool {
    pool: &'static str,
}

/// A partition.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct Partition {
    partition: i32,
}

#[derive(Clone, Debug)]
struct Buckets;

impl MetricConstructor<Histogram> for Buckets {
    fn new_metric(&self) -> Histogram {
        Histogram::new(REQUEST_BUCKETS_S)
    }
}

/// The figures.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Arc<Registry>,
    requests: Family<Outcome, Counter>,
    seconds: Family<Route, Histogram, Buckets>,
    interactions: Family<Act, Counter>,
    pool_in_use: Family<Pool, Gauge>,
    pool_size: Family<Pool, Gauge>,
    /// Open sockets and streams, whether they have said hello or not.
    pub connections: Gauge,
    /// People in rooms.
    pub people: Gauge,
    /// People in line.
    pub waiting: Gauge,
    /// People who came into the line.
    pub queue_joins: Counter,
    /// People in line who were sent to another gateway, which had room.
    pub sent_elsewhere: Counter,
    /// People who came into a room.
    pub registrations: Counter,
    /// People dropped because they did not read.
    pub dropped_readers: Counter,
    /// Updates written to sockets and streams.
    pub updates_sent: Counter,
    consumer_lag: Family<Partition, Gauge>,
    /// Records folded, with those of gateways.
    pub folded: Counter,
    /// Records whose id had been folded before.
    pub duplicates: Counter,
    /// Times that a worker went to another offset because Redis said so.
    pub rewinds: Counter,
    /// Updates published to gateways.
    pub updates_published: Counter,
    /// Exchanges with Redis that failed.
    pub redis_errors: Counter,
    refused_records: Family<Why, Counter>,
    fold_seconds: Histogram,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Arc::default(),
            requests: Family::default(),
            seconds: Family::new_with_constructor(Buckets),
            interactions: Family::default(),
            pool_in_use: Family::default(),
            pool_size: Family::default(),
            connections: Gauge::default(),
            people: Gauge::default(),
            waiting: Gauge::default(),
            queue_joins: Counter::default(),
            sent_elsewhere: Counter::default(),
            registrations: Counter::default(),
            dropped_readers: Counter::default(),
            updates_sent: Counter::default(),
            consumer_lag: Family::default(),
            folded: Counter::default(),
            duplicates: Counter::default(),
            rewinds: Counter::default(),
            updates_published: Counter::default(),
            redis_errors: Counter::default(),
            refused_records: Family::default(),
            fold_seconds: Histogram::new(REQUEST_BUCKETS_S),
        };
        let mut registry = Registry::with_prefix("realtime");
        metrics.register_gateway(&mut registry);
        metrics.register_worker(&mut registry);
        metrics.registry = Arc::new(registry);
        metrics
    }
}

impl Metrics {
    fn register_gateway(&self, registry: &mut Registry) {
        registry.register("requests", "Requests by route and how they ended", self.requests.clone());
        registry.register("request_seconds", "Time of a request by route", self.seconds.clone());
        registry.register("interactions", "Interactions that Kafka has, by act", self.interactions.clone());
        registry.register("pool_in_use", "What is taken of a pool", self.pool_in_use.clone());
        registry.register("pool_size", "What a pool has in all", self.pool_size.clone());
        registry.register("connections", "Open sockets and streams", self.connections.clone());
        registry.register("people", "People in rooms", self.people.clone());
        registry.register("waiting", "People in line", self.waiting.clone());
        registry.register("queue_joins", "People who came into the line", self.queue_joins.clone());
        let help = "People in line sent to another gateway, which had room";
        registry.register("sent_elsewhere", help, self.sent_elsewhere.clone());
        registry.register("registrations", "People who came into a room", self.registrations.clone());
        let help = "People dropped because they did not read";
        registry.register("dropped_readers", help, self.dropped_readers.clone());
        registry.register("updates_sent", "Updates written to people", self.updates_sent.clone());
    }

    fn register_worker(&self, registry: &mut Registry) {
        registry.register("consumer_lag", "Records not folded yet, by partition", self.consumer_lag.clone());
        registry.register("folded_records", "Records folded", self.folded.clone());
        registry.register("duplicate_records", "Records folded before", self.duplicates.clone());
        registry.register("refused_records", "Records passed over, by reason", self.refused_records.clone());
        registry.register("rewinds", "Offsets changed because Redis said so", self.rewinds.clone());
        registry.register("updates_published", "Updates told to gateways", self.updates_published.clone());
        registry.register("redis_errors", "Exchanges with Redis that failed", self.redis_errors.clone());
        registry.register("fold_seconds", "Time to fold one batch", self.fold_seconds.clone());
    }

    /// A request has ended.
    pub fn ended(&self, route: &'static str, outcome: &'static str, took: Duration) {
        self.requests.get_or_create(&Outcome { route, outcome }).inc();
        self.seconds.get_or_create(&Route { route }).observe(took.as_secs_f64());
    }

    /// Kafka has an interaction.
    pub fn taken(&self, act: &'static str) {
        self.interactions.get_or_create(&Act { act }).inc();
    }

    /// A pool has this size.
    pub fn pool(&self, pool: &'static str, size: usize) {
        self.pool_size.get_or_create(&Pool { pool }).set(i64::try_from(size).unwrap_or(i64::MAX));
        // Shown as 0 before anything is taken.
        drop(self.pool_in_use.get_or_create(&Pool { pool }));
    }

    /// What is taken of a pool, to count up and down.
    #[must_use]
    pub fn in_use(&self, pool: &'static str) -> Gauge {
        self.pool_in_use.get_or_create_owned(&Pool { pool })
    }

    /// How far a partition is behind; `None` when it is another worker's.
    pub fn lag(&self, partition: i32, records: Option<i64>) {
        let partition = Partition { partition };
        match records {
            Some(records) => _ = self.consumer_lag.get_or_create(&partition).set(records),
            None => _ = self.consumer_lag.remove(&partition),
        }
    }

    /// A record was passed over.
    pub fn refused(&self, reason: &'static str) {
        self.refused_records.get_or_create(&Why { reason }).inc();
    }

    /// A batch was folded.
    pub fn batch(&self, records: usize, duplicates: u64, took: Duration) {
        self.folded.inc_by(records as u64);
        self.duplicates.inc_by(duplicates);
        self.fold_seconds.observe(took.as_secs_f64());
    }

    /// All of them, as Prometheus reads them.
    #[must_use]
    pub fn render(&self) -> String {
        let mut page = String::new();
        // Writing to a String cannot fail.
        _ = text::encode(&mut page, &self.registry);
        page
    }
}

/// Counts up now, and down when it is dropped.
#[derive(Debug)]
pub struct Counted(Gauge);

impl Counted {
    /// Counts up.
    #[must_use]
    pub fn up(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_is_on_the_page() {
        let metrics = Metrics::default();
        metrics.ended("ws.ask", "acknowledged", Duration::from_millis(3));
        metrics.pool("kafka", 10);
        let counted = Counted::up(&metrics.in_use("kafka"));
        metrics.lag(3, Some(7));
        let page = metrics.render();
        for line in [
            "realtime_requests_total{route=\"ws.ask\",outcome=\"acknowledged\"} 1",
            "realtime_request_seconds_bucket{le=\"0.005\",route=\"ws.ask\"} 1",
            "realtime_pool_in_use{pool=\"kafka\"} 1",
            "realtime_pool_size{pool=\"kafka\"} 10",
            "realtime_consumer_lag{partition=\"3\"} 7",
            "realtime_queue_joins_total 0",
        ] {
            assert!(page.contains(line), "{line}\n{page}");
        }
        drop(counted);
        metrics.lag(3, None);
        let page = metrics.render();
        assert!(page.contains("realtime_pool_in_use{pool=\"kafka\"} 0"), "{page}");
        assert!(!page.contains("realtime_consumer_lag{"), "{page}");
    }
}
