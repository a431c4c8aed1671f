//! Topics and consumer groups of Kafka: arrivals, lag, and how a group is. All that scalers ask for is polled together,
//! through one connection a broker, and read from memory. Nothing is ever committed, and no group is joined.
//!
//! What is not known is said, and is never 0: see [`Problem`] of a topic and [`Unknown`] of a group.

mod admission;
mod arrived;
mod batch;
mod brokers;
mod extents;
mod fetch;
mod field;
mod groups;
mod growth;
mod history;
mod known;
mod lag;
mod layout;
mod link;
mod login;
mod oldest;
mod poll;
mod problem;
mod settings;
mod tally;
mod topic;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use backon::{ConstantBuilder, Retryable};
use jiff::{SignedDuration, Timestamp};
use prescale_model::Sample;
use tokio::{
    sync::Notify,
    time::{Instant, sleep, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

pub use batch::{Reached, Record, read_batches};
pub use field::Field;
pub use problem::{Problem, Unknown};
pub use settings::{Mechanism, Security, Settings, servers};

use super::error::SourceError;
use crate::telemetry::Metrics;
use admission::Admissions;
use known::{Asked, Known};
use poll::{Cluster, Wanted};
use topic::Moment;

/// A reading stands while this many polls have failed: a leader that moves is no silence yet.
const STALE_POLLS: u32 = 3;
/// Scalers that begin together ask together, and are polled together.
const GATHER: Duration = Duration::from_millis(200);
/// A poll is four exchanges, each with a new connection at worst.
const POLL_WITHIN: Duration = Duration::from_secs(24);

/// The topics and groups of one Kafka. Clones are cheap, and share what is known.
#[derive(Clone, Debug)]
pub struct Kafka {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    settings: Settings,
    admissions: Admissions,
    metrics: Metrics,
    known: Mutex<Known>,
    /// Something was asked for that nobody has asked for before.
    asked: Notify,
    began: Instant,
}

/// What is known of a topic.
#[derive(Clone, Debug, PartialEq)]
pub struct TopicReading {
    /// Messages that arrive a second, markers of transactions among them; or why that is not known.
    pub arrivals: Result<Sample, Problem>,
    /// How many partitions it has.
    pub partitions: u32,
    /// The group that was asked for.
    pub group: Option<GroupReading>,
}

/// The sum of a field over the records of a topic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SumReading {
    /// The sum of what comes a second.
    pub sample: Sample,
    /// The share of records that have no such number, within 0 and 1.
    pub skipped: f64,
}

/// What is known of a group on a topic.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupReading {
    /// Messages that wait, over all partitions; `None` where unknown, which is not 0.
    pub lag: Option<f64>,
    /// The age of the oldest message that waits; `None` where unknown.
    pub time_lag: Option<SignedDuration>,
    /// Messages that wait in the fullest partition over the mean: 1 is even. `None` where nothing waits, or unknown.
    pub skew: Option<f64>,
    /// How the group is.
    pub state: GroupState,
    /// Why the lag is unknown.
    pub unknown: Option<Unknown>,
}

/// How a consumer group is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupState {
    /// Its members have their partitions.
    Stable,
    /// Its members share the partitions out: until then, some of them read nothing.
    Rebalancing,
    /// It has no members: nobody reads.
    Empty,
    /// There is none of this name.
    NotFound,
    /// Its coordinator is away, or has a word for it that we do not know.
    Unknown,
}

impl GroupReading {
    fn unknown(state: GroupState, unknown: Unknown) -> Self {
        Self { lag: None, time_lag: None, skew: None, state, unknown: Some(unknown) }
    }
}

impl Kafka {
    /// The Kafka at `settings`, of which nothing is known before it is polled by [`Self::follow`].
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self::counted(settings, Metrics::default())
    }

    /// The same, whose polls are counted by `metrics`.
    #[must_use]
    pub fn counted(settings: Settings, metrics: Metrics) -> Self {
        let known = Mutex::new(Known::new(settings.poll_every * STALE_POLLS));
        let admissions = Admissions::new(settings.clone());
        let shared =
            Shared { settings, admissions, metrics, known, asked: Notify::new(), began: Instant::now() };
        Self { shared: Arc::new(shared) }
    }

    /// What is known of a topic, its arrivals over the last `window`, and of a group on it. It never waits: what is asked
    /// for the first time is polled from now on, and known a moment later; arrivals take two polls.
    ///
    /// # Errors
    ///
    /// [`SourceError::Kafka`] while nothing is known of the topic.
    pub fn read(
        &self,
        topic: &str,
        group: Option<&str>,
        window: SignedDuration,
    ) -> Result<TopicReading, SourceError> {
        let now = self.shared.began.elapsed();
        let read = self.shared.known().read((topic, group), window.unsigned_abs(), now);
        self.answer(topic, read)
    }

    /// The sum a second over the last `window` of a number field, `order.tickets`, in the JSON records of a topic. They
    /// are read from the first time on that it is asked for. It never waits.
    ///
    /// # Errors
    ///
    /// [`SourceError::Kafka`] while nothing is known of it.
    pub fn sum(&self, topic: &str, field: &str, window: SignedDuration) -> Result<SumReading, SourceError> {
        let now = self.shared.began.elapsed();
        let read = self.shared.known().sum((topic, field), window.unsigned_abs(), now);
        self.answer(topic, read)
    }

    /// What arrived at a topic a second, at each step of a span, as far as its log goes back: two offsets that the stamps
    /// of records lead to are arrivals. Nothing is read of the records. `pause` is left now and then, for others.
    ///
    /// # Errors
    ///
    /// [`SourceError::Kafka`] where it cannot be read.
    pub async fn history(
        &self,
        topic: &str,
        span: (Timestamp, Timestamp),
        step: SignedDuration,
        pause: Duration,
    ) -> Result<Vec<Sample>, SourceError> {
        // Credentials are read when this begins to be followed.
        let enter = || async { self.shared.admissions.current().map_err(Problem::NotConfigured) };
        let admission = enter.retry(admitted_soon()).await.map_err(|problem| problem.of(topic))?;
        let mut cluster = Cluster::new(self.shared.settings.bootstrap_servers.clone(), admission);
        let read = cluster.history(topic, history::Grid::new(span, step), pause).await;
        read.map_err(|problem| problem.of(topic))
    }

    /// What was read of a topic; what is asked for the first time is polled soon.
    fn answer<T>(&self, topic: &str, (read, asked): (Result<T, Problem>, Asked)) -> Result<T, SourceError> {
        if asked == Asked::First {
            self.shared.asked.notify_one();
        }
        read.map_err(|problem| problem.of(topic))
    }

    /// Polls what is asked for, and follows authority and credentials, until `stop`. `api_server` is what Secrets are
    /// read from.
    pub async fn follow(&self, api_server: Option<kube::Client>, stop: CancellationToken) {
        let admissions = self.shared.admissions.follow(api_server.as_ref(), stop.clone());
        let polls = self.shared.poll(stop);
        tokio::join!(admissions, polls);
    }
}

impl Shared {
    async fn poll(&self, stop: CancellationToken) {
        let mut cluster = None;
        let mut was_well = true;
        loop {
            let next = Instant::now() + self.settings.poll_every;
            tokio::select! {
                () = stop.cancelled() => return,
                outcome = self.poll_once(&mut cluster) => {
                    outcome.into_iter().for_each(|outcome| tell(&outcome, &mut was_well));
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep_until(next) => {}
                () = self.asked.notified() => sleep(GATHER).await,
            }
        }
    }

    /// Polls what is wanted; tells what came of it, `None` where nothing is wanted.
    async fn poll_once(&self, cluster: &mut Option<Cluster>) -> Option<Result<(), Problem>> {
        let wanted = self.known().wanted(self.began.elapsed());
        if wanted.is_empty() {
            return None;
        }
        let began = Instant::now();
        let polled = async { self.poll_all(self.enter(cluster)?, &wanted).await };
        let polled = timeout(POLL_WITHIN, polled).await.unwrap_or_else(|_| {
            // What was read of topics and not added up yet is lost: their sums begin anew.
            *cluster = None;
            Err(Problem::TimedOut { within: POLL_WITHIN })
        });
        self.metrics.kafka_polled(began.elapsed(), polled.as_ref().err().map(Problem::kind));
        if let Err(problem) = &polled {
            self.known().fail(problem);
        }
        Some(polled)
    }

    async fn poll_all(&self, cluster: &mut Cluster, wanted: &Wanted) -> Result<(), Problem> {
        let seen = cluster.poll(wanted).await?;
        let at = Moment { at: Timestamp::now(), steady: self.began.elapsed() };
        self.known().learn(at, seen);
        let tallied = cluster.tally(wanted, (at.steady, self.stale_after())).await;
        self.known().learn_sums(at, &tallied);
        let waiting = self.known().waiting();
        if !waiting.is_empty() {
            let stamps = cluster.stamps(waiting).await;
            self.known().learn_stamps(&stamps);
        }
        Ok(())
    }

    fn stale_after(&self) -> Duration {
        self.settings.poll_every * STALE_POLLS
    }

    /// The cluster, by connections that are made with what lets us in now.
    fn enter<'a>(&self, cluster: &'a mut Option<Cluster>) -> Result<&'a mut Cluster, Problem> {
        let admission = self.admissions.current().map_err(Problem::NotConfigured)?;
        let known = cluster.take().filter(|cluster| cluster.is_entered_by(&admission));
        let bootstrap = || self.settings.bootstrap_servers.clone();
        Ok(cluster.insert(known.unwrap_or_else(|| Cluster::new(bootstrap(), admission))))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ten looks, half a second apart.
fn admitted_soon() -> ConstantBuilder {
    ConstantBuilder::default().with_delay(Duration::from_millis(500)).with_max_times(10)
}

/// Says when polls begin to fail, and when they are well again.
fn tell(outcome: &Result<(), Problem>, was_well: &mut bool) {
    match outcome {
        Err(problem) if *was_well => warn!(%problem, "kafka cannot be polled"),
        Ok(()) if !*was_well => info!("kafka can be polled again"),
        Err(_) | Ok(()) => {}
    }
    *was_well = outcome.is_ok();
}
