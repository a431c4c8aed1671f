//! Looks at one topic, and a group on it, as the controller does, and remembers every lag that it was ever told.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::SignedDuration;
use prescale_controller::sources::error::SourceError;
use prescale_controller::sources::kafka::{GroupReading, Kafka, Settings, TopicReading};
use prescale_testbed::Brokers;
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Twenty times as often as the controller polls, so that tests are short.
const POLL_EVERY: Duration = Duration::from_millis(250);
/// How often a reading is looked at: faster than polls come, so that none is missed.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Arrivals over more than a test takes.
pub(crate) const WINDOW: SignedDuration = SignedDuration::from_mins(10);
/// A broker that comes back beside other tests on two cores.
const WITHIN: Duration = Duration::from_secs(90);

pub(crate) type Read = Result<TopicReading, SourceError>;

pub(crate) struct Watch {
    kafka: Kafka,
    topic: String,
    group: Option<String>,
    lags: Arc<Mutex<BTreeSet<Option<u64>>>>,
    _stop: DropGuard,
}

impl Watch {
    /// Begins to look, without security.
    pub(crate) fn of(brokers: &Brokers, topic: &str, group: Option<&str>) -> Self {
        Self::with(Settings::plaintext(&brokers.bootstrap()), topic, group)
    }

    /// Begins to look, with these settings.
    pub(crate) fn with(settings: Settings, topic: &str, group: Option<&str>) -> Self {
        let kafka = Kafka::new(Settings { poll_every: POLL_EVERY, ..settings });
        let stop = CancellationToken::new();
        let follower = kafka.clone();
        let until = stop.clone();
        tokio::spawn(async move { follower.follow(None, until).await });
        let (topic, group) = (topic.to_owned(), group.map(str::to_owned));
        let watch = Self { kafka, topic, group, lags: Arc::default(), _stop: stop.clone().drop_guard() };
        watch.remember(stop);
        watch
    }

    /// What is known now.
    pub(crate) fn now(&self) -> Read {
        self.kafka.read(&self.topic, self.group.as_deref(), WINDOW)
    }

    /// Waits until a reading is as `look` wants it, and says what the last one was if none is.
    pub(crate) async fn until<T>(&self, what: &str, look: impl Fn(&Read) -> Option<T>) -> T {
        let begin = Instant::now();
        loop {
            let read = self.now();
            if let Some(found) = look(&read) {
                return found;
            }
            assert!(begin.elapsed() < WITHIN, "{what}: not within {WITHIN:?}; the last reading was {read:?}");
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Waits until the topic has been polled twice: what comes from now on is counted.
    pub(crate) async fn is_begun(&self) {
        self.until("two polls", |read| read.as_ref().ok()?.arrivals.is_ok().then_some(())).await;
    }

    /// Waits until the group's lag is this.
    pub(crate) async fn lag_is(&self, lag: usize) -> GroupReading {
        let expected = Some(lag as f64);
        self.until(&format!("a lag of {lag}"), |read| of_group(read).filter(|group| group.lag == expected))
            .await
    }

    /// Waits until the lag is unknown for a reason with these words.
    pub(crate) async fn lag_is_unknown(&self, words: &str) -> GroupReading {
        self.until(words, |read| {
            let group = of_group(read)?;
            let why = group.unknown.as_ref()?.to_string();
            (group.lag.is_none() && why.contains(words)).then_some(group)
        })
        .await
    }

    /// Waits until the topic is unknown for a reason with these words.
    pub(crate) async fn fails(&self, words: &str) {
        self.until(words, |read| read.as_ref().err()?.to_string().contains(words).then_some(())).await;
    }

    /// From now on: forgets the lags that were told so far.
    pub(crate) fn forget(&self) {
        self.lags().clear();
    }

    /// Every lag that was told since, `None` where it was unknown: nothing but these may be among them.
    pub(crate) fn told_only(&self, allowed: &[Option<u64>]) {
        let told = self.lags().clone();
        let allowed = allowed.iter().copied().collect();
        assert!(told.is_subset(&allowed), "told {told:?}, and only {allowed:?} are true");
    }

    fn lags(&self) -> std::sync::MutexGuard<'_, BTreeSet<Option<u64>>> {
        self.lags.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, stop: CancellationToken) {
        let (kafka, topic, group) = (self.kafka.clone(), self.topic.clone(), self.group.clone());
        let lags = self.lags.clone();
        tokio::spawn(stop.run_until_cancelled_owned(async move {
            loop {
                let read = kafka.read(&topic, group.as_deref(), WINDOW);
                let lag = of_group(&read).and_then(|group| group.lag);
                lags.lock().unwrap_or_else(PoisonError::into_inner).insert(lag.map(|lag| lag as u64));
                tokio::time::sleep(LOOK_EVERY).await;
            }
        }));
    }
}

pub(crate) fn of_group(read: &Read) -> Option<GroupReading> {
    read.as_ref().ok()?.group.clone()
}
