//! Reads live sources: the newest sample of one, and its history. What cannot be read is said, and never made up.
//!
//! Reads are bounded: so many at once, so long each, so many retries. History has a place of its own, so that a backfill
//! never makes a tick wait. A query that several scalers share is asked once a tick.

mod recent;

use std::{
    collections::BTreeMap,
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use backon::{ExponentialBuilder, Retryable};
use jiff::{SignedDuration, Timestamp};
use prescale_model::Sample;
use prometheus_http_query::Client;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{
    Origin, Source,
    connection::Connection,
    error::SourceError,
    kafka::{Kafka, Problem, TopicReading},
    prometheus::{
        Chunk, Joined, MOST_VALUES, Part, chunks, query_chunk, query_chunk_by, query_newest, query_newest_by,
    },
};
use crate::{push::Pushed, telemetry::Metrics};
use recent::Recent;

/// Prometheus answers 20 queries at once by default (`--query.max-concurrency`), and queues the rest: with
/// [`HISTORIES_AT_ONCE`], two are left for people.
const NEWEST_AT_ONCE: usize = 16;
/// A backfill is in no hurry.
const HISTORIES_AT_ONCE: usize = 2;
/// Waiting for a place, two answers of 5 s and the pauses between: below the 15 s of a tick.
const NEWEST_WITHIN: Duration = Duration::from_secs(12);
/// A place in a queue of backfills is waited for as long as 4 chunks may take, each at its bound.
const HISTORY_PLACE_WITHIN: Duration = Duration::from_secs(600);
/// After 0.2 and 0.4 s, and up to as much again by chance, so that scalers that failed together do not come back
/// together.
const MOST_RETRIES: usize = 2;
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// Two days of minutes at once: Prometheus evaluates them in well under a second, and 14 days are 7 reads.
const HISTORY_VALUES: i64 = 2_880;

/// Reads every kind of source that is connected. Clones share what they read and its bounds.
#[derive(Clone, Debug)]
pub struct Reader {
    connection: Arc<Connection>,
    pushed: Arc<Pushed>,
    metrics: Metrics,
    newest: Arc<Semaphore>,
    histories: Arc<Semaphore>,
    recent: Recent,
    kafka: Option<Kafka>,
}

/// What could be read of a history.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// In order of time.
    pub samples: Vec<Sample>,
    /// Why it ends early; `None` where it is whole.
    pub cut_short: Option<SourceError>,
}

impl Reader {
    /// A reader of the Prometheus that `prometheus` talks to, whose connection stays as it is.
    #[must_use]
    pub fn new(prometheus: Client) -> Self {
        Self::following(Arc::new(Connection::fixed(prometheus)), Metrics::default())
    }

    /// A reader by `connection` as it is at each read; `metrics` counts them.
    #[must_use]
    pub fn following(connection: Arc<Connection>, metrics: Metrics) -> Self {
        Self {
            connection,
            pushed: Arc::default(),
            metrics,
            newest: Arc::new(Semaphore::new(NEWEST_AT_ONCE)),
            histories: Arc::new(Semaphore::new(HISTORIES_AT_ONCE)),
            recent: Recent::default(),
            kafka: None,
        }
    }

    /// The same, which reads topics from `kafka` too.
    #[must_use]
    pub fn with_kafka(self, kafka: Option<Kafka>) -> Self {
        Self { kafka, ..self }
    }

    /// The same, with what clients push to `pushed`.
    #[must_use]
    pub fn with_pushed(self, pushed: Arc<Pushed>) -> Self {
        Self { pushed, ..self }
    }

    /// What clients push.
    #[must_use]
    pub fn pushed(&self) -> &Pushed {
        &self.pushed
    }

    /// The newest sample at `now`, or one that was read a moment ago for another scaler.
    ///
    /// # Errors
    ///
    /// See [`SourceError`]; a value that is missing or no amount is one of them.
    pub async fn newest(&self, source: &Source, now: Timestamp) -> Result<Sample, SourceError> {
        match &source.origin {
            Origin::Prometheus { query } => {
                let newest = self.recent.read(query, source.step, self.read_newest(query, now)).await?;
                Ok(newest.earlier_by(source.delay))
            }
            Origin::Kafka { topic, sum: None, consumer_group } => {
                let reading = self.kafka(topic)?.read(topic, consumer_group.as_deref(), source.step)?;
                reading.arrivals.map_err(|problem| problem.of(topic))
            }
            Origin::Kafka { topic, sum: Some(field), .. } => {
                Ok(self.kafka(topic)?.sum(topic, field, source.step)?.sample)
            }
            Origin::Push { scaler, signal } => self.pushed.newest((scaler, signal), now),
        }
    }

    /// What is known of the topic of a source, and of the group that it names; `None` for a source of another kind, or
    /// that names no group.
    #[must_use]
    pub fn queue(&self, source: &Source) -> Option<Result<TopicReading, SourceError>> {
        match &source.origin {
            Origin::Kafka { topic, consumer_group: Some(group), .. } => {
                Some(self.kafka(topic).and_then(|kafka| kafka.read(topic, Some(group), source.step)))
            }
            Origin::Kafka { .. } | Origin::Prometheus { .. } | Origin::Push { .. } => None,
        }
    }

    fn kafka(&self, topic: &str) -> Result<&Kafka, SourceError> {
        self.kafka.as_ref().ok_or_else(|| Problem::NoKafka.of(topic))
    }

    /// What is to be said of a source that is read: that some of its records are left out.
    #[must_use]
    pub fn note(&self, source: &Source) -> Option<String> {
        let Origin::Kafka { topic, sum: Some(field), .. } = &source.origin else { return None };
        let skipped = self.kafka.as_ref()?.sum(topic, field, source.step).ok()?.skipped;
        // In tens, so that the words do not change with every record.
        let percent = (skipped * 10.0).ceil() * 10.0;
        (0.0 < skipped).then(|| {
            format!(
                "up to {percent} % of the records of `{topic}` have no number at `{field}`, and are left out"
            )
        })
    }

    /// The samples from `from` to `to`, a step apart, in order of time; none of a topic, of whose arrivals Kafka keeps no
    /// history. `pause` is left between two reads. Where a read fails, what was read before it is kept.
    pub async fn history(&self, source: &Source, span: (Timestamp, Timestamp), pause: Duration) -> History {
        match &source.origin {
            Origin::Prometheus { query } => self.read_history(query, source, span, pause).await,
            Origin::Kafka { .. } => History { samples: Vec::new(), cut_short: None },
            Origin::Push { scaler, signal } => {
                History { samples: self.pushed.history((scaler, signal), span), cut_short: None }
            }
        }
    }

    async fn read_history(
        &self,
        query: &str,
        source: &Source,
        (from, to): (Timestamp, Timestamp),
        pause: Duration,
    ) -> History {
        let mut joined = Joined::default();
        // What is known late is asked for when it was known.
        let known_at = (from + source.delay, (to + source.delay).min(Timestamp::now().max(to)));
        for (index, chunk) in chunks(known_at, source.step, HISTORY_VALUES).enumerate() {
            if 0 < index {
                tokio::time::sleep(pause).await;
            }
            let read = self.read_chunk(query, chunk).await.and_then(|part| joined.add(query, part));
            if let Err(error) = read {
                return History { samples: joined.so_far(), cut_short: Some(error) };
            }
        }
        match joined.finish(query) {
            Ok(samples) => {
                let samples = samples.into_iter().map(|sample| sample.earlier_by(source.delay));
                History { samples: samples.collect(), cut_short: None }
            }
            Err(error) => History { samples: Vec::new(), cut_short: Some(error) },
        }
    }

    /// The newest value of each series of a query, by a label. It waits for its turn with histories, and is in no hurry.
    ///
    /// # Errors
    ///
    /// See [`SourceError`].
    pub(crate) async fn newest_by(
        &self,
        label: &str,
        query: &str,
    ) -> Result<BTreeMap<String, f64>, SourceError> {
        let _place = self.history_place().await?;
        let client = self.connection.client()?;
        self.counted(query_newest_by(&client, (label, query))).await
    }

    /// Every series of a query from one time to another, by a label, of at most as many values as Prometheus gives at once.
    /// It waits for its turn with histories, and is in no hurry.
    ///
    /// # Errors
    ///
    /// See [`SourceError`].
    pub(crate) async fn history_by(
        &self,
        (label, query): (&str, &str),
        span: (Timestamp, Timestamp),
        step: SignedDuration,
    ) -> Result<BTreeMap<String, Vec<Sample>>, SourceError> {
        let _place = self.history_place().await?;
        let client = self.connection.client()?;
        let chunk = chunks(span, step, MOST_VALUES).next().expect("there is always a first");
        self.counted(query_chunk_by(&client, (label, query), chunk)).await
    }

    async fn history_place(&self) -> Result<SemaphorePermit<'_>, SourceError> {
        let place = tokio::time::timeout(HISTORY_PLACE_WITHIN, self.histories.acquire()).await;
        let url = || self.connection.url().to_owned();
        let busy = |_| SourceError::Busy { url: url(), within: HISTORY_PLACE_WITHIN };
        Ok(place.map_err(busy)?.expect("the semaphore is never closed"))
    }

    async fn read_newest(&self, query: &str, now: Timestamp) -> Result<Sample, SourceError> {
        let read = || async {
            let _place = self.newest.acquire().await.expect("the semaphore is never closed");
            let client = self.connection.client()?;
            self.counted(query_newest(&client, query, now)).await
        };
        let read = read.retry(pauses()).when(SourceError::can_heal);
        let busy = |_| SourceError::Busy { url: self.connection.url().to_owned(), within: NEWEST_WITHIN };
        let read = tokio::time::timeout(NEWEST_WITHIN, read).await.map_err(busy)?;
        self.recent.explain(query, read).await
    }

    async fn read_chunk(&self, query: &str, chunk: Chunk) -> Result<Option<Part>, SourceError> {
        let read = || async {
            let _place = self.history_place().await?;
            let client = self.connection.client()?;
            self.counted(query_chunk(&client, query, chunk)).await
        };
        read.retry(pauses()).when(SourceError::can_heal).await
    }

    async fn counted<T>(&self, read: impl Future<Output = Result<T, SourceError>>) -> Result<T, SourceError> {
        let started = Instant::now();
        let result = read.await;
        self.metrics.source_read(started.elapsed(), result.as_ref().err().map(SourceError::kind));
        result
    }
}

fn pauses() -> ExponentialBuilder {
    ExponentialBuilder::default().with_min_delay(FIRST_PAUSE).with_max_times(MOST_RETRIES).with_jitter()
}
