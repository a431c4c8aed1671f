//! The worker's own thread: polls Kafka, folds what came, and goes wherever Redis says that it is. The consumer group shares
//! the partitions; its offsets are committed for those who watch the lag, and decide nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures::future::join_all;
use rdkafka::{
    ClientContext, Message as _, Offset, Statistics, TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _, ConsumerContext, Rebalance},
    error::KafkaError,
    message::BorrowedMessage,
};
use realtime_protocol::{Envelope, RoomName};
use tokio::{runtime::Handle, sync::mpsc};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, info_span, warn};

use super::fold::{Batch, Folded, Folder};
use crate::{args::WorkerSettings, kafka, kafka::Credentials, metrics::Metrics, telemetry};

/// Records that are folded at once, of all partitions: a script of a few milliseconds.
const BATCH: usize = 512;
/// How long the first record of a batch waits for others.
const GATHER: Duration = Duration::from_millis(10);
/// A record waits so long for others at the broker, unless so much has come. People are told once a second.
const FETCH_WITHIN_MS: &str = "50";
const FETCH_BYTES: &str = "65536";
/// How long a poll waits where there is nothing.
const IDLE: Duration = Duration::from_millis(100);
/// How often it is looked whether Redis is where we believe it to be: after a failover it may have lost what it folded, and no
/// new record may come that would show it.
const CHECK_EVERY: Duration = Duration::from_secs(1);
/// Until Redis is asked again.
const PAUSE: Duration = Duration::from_millis(250);
/// A seek waits for the fetcher to have heard of it.
const SEEK_WITHIN: Duration = Duration::from_secs(10);
/// What is fetched ahead, in all.
const AHEAD_KIB: &str = "16384";
const STATISTICS_MS: &str = "2000";

/// What the callbacks of librdkafka leave for the thread, which calls them while it polls.
#[derive(Debug, Default)]
struct Context {
    /// Partitions that were given to us and not looked at since.
    given: Mutex<Vec<i32>>,
    /// Partitions that were taken from us.
    taken: Mutex<Vec<i32>>,
    /// The end of each partition.
    ends: Mutex<BTreeMap<i32, i64>>,
    topic: String,
}

impl ClientContext for Context {
    fn stats(&self, statistics: Statistics) {
        let Some(topic) = statistics.topics.get(&self.topic) else { return };
        let ends = topic.partitions.iter().filter(|(_, one)| 0 <= one.hi_offset);
        *lock(&self.ends) = ends.map(|(partition, one)| (*partition, one.hi_offset)).collect();
    }

    fn error(&self, error: KafkaError, reason: &str) {
        kafka::cannot(&error, reason);
    }
}

impl ConsumerContext for Context {
    fn pre_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        match rebalance {
            Rebalance::Revoke(list) => {
                let taken = partitions(list);
                lock(&self.given).retain(|partition| !taken.contains(partition));
                lock(&self.taken).extend(taken);
            }
            Rebalance::Assign(_) => {}
            Rebalance::Error(error) => warn!(%error, "rebalance failed"),
        }
    }

    fn post_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        if let Rebalance::Assign(list) = rebalance {
            lock(&self.given).extend(partitions(list));
        }
    }
}

fn partitions(list: &TopicPartitionList) -> Vec<i32> {
    list.elements().iter().map(|element| element.partition()).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Partition, offset and record.
type Gathered = (i32, i64, Vec<u8>);

/// The worker's loop.
pub(super) struct Worker {
    consumer: BaseConsumer<Context>,
    folder: Folder,
    metrics: Metrics,
    changes: mpsc::UnboundedSender<RoomName>,
    /// Our partitions, and where Redis is in each: the offset of the next record; `None` when nothing was ever folded.
    next: BTreeMap<i32, Option<i64>>,
    /// Partitions in which we are not where Redis is. Nothing of them is folded.
    unsettled: BTreeSet<i32>,
    checked: Instant,
    handle: Handle,
    over: CancellationToken,
}

impl Worker {
    /// Joins the group. It has to be called on a runtime.
    pub(super) fn join(
        settings: &WorkerSettings,
        credentials: &Credentials,
        folder: Folder,
        (metrics, changes, over): (Metrics, mpsc::UnboundedSender<RoomName>, CancellationToken),
    ) -> anyhow::Result<Self> {
        let mut config = settings.kafka.client(credentials);
        config.set("group.id", &settings.group).set("enable.auto.offset.store", "false");
        config.set("auto.offset.reset", "earliest").set("auto.commit.interval.ms", "1000");
        config.set("queued.max.messages.kbytes", AHEAD_KIB).set("statistics.interval.ms", STATISTICS_MS);
        // Records come a batch at a time: each fetch and each fold costs far more than a record in it.
        config.set("fetch.wait.max.ms", FETCH_WITHIN_MS).set("fetch.min.bytes", FETCH_BYTES);
        config.set("session.timeout.ms", "10000");
        let context = Context { topic: settings.kafka.topic.clone(), ..Context::default() };
        let consumer: BaseConsumer<Context> = config.create_with_context(context)?;
        consumer.subscribe(&[&settings.kafka.topic])?;
        let (next, unsettled) = (BTreeMap::new(), BTreeSet::new());
        let (checked, handle) = (Instant::now(), Handle::current());
        Ok(Self { consumer, folder, metrics, changes, next, unsettled, checked, handle, over })
    }

    /// Works until it is over. Blocks its thread.
    pub(super) fn run(&mut self) {
        while !self.over.is_cancelled() {
            let mut gathered = self.gather();
            self.settle(&mut gathered);
            let batches = self.batches(gathered);
            if !batches.is_empty() {
                self.fold(batches);
            }
            self.show_lag();
        }
        // Commits what was folded, and hands the partitions to others at once.
        self.consumer.unsubscribe();
    }

    /// What has come, in a little while.
    fn gather(&self) -> Vec<Gathered> {
        let mut gathered = Vec::new();
        let mut until: Option<Instant> = None;
        while gathered.len() < BATCH {
            // The client counts whole milliseconds, and spins through the rest of one.
            let left = until.map_or(IDLE, |until| until.saturating_duration_since(Instant::now()));
            let left = Duration::from_millis(u64::try_from(left.as_millis()).unwrap_or(u64::MAX));
            match self.consumer.poll(left) {
                Some(Ok(message)) => {
                    gathered.push(record(&message));
                    until.get_or_insert_with(|| Instant::now() + GATHER);
                }
                // Errors that follow one another must not keep the worker from seeing that it is over.
                Some(Err(error)) => {
                    debug!(%error, "nothing read from Kafka");
                    break;
                }
                None => break,
            }
        }
        gathered
    }

    /// Takes note of partitions that came and went, looks now and then whether Redis is where it should be, and goes where it
    /// is. What was gathered before is from elsewhere, and comes again.
    fn settle(&mut self, gathered: &mut Vec<Gathered>) {
        for partition in lock(&self.consumer.context().taken).drain(..) {
            self.next.remove(&partition);
            self.unsettled.remove(&partition);
            self.metrics.lag(partition, None);
        }
        // Wherever the group's commit makes it begin, it goes where Redis is.
        self.unsettled.extend(lock(&self.consumer.context().given).drain(..));
        if CHECK_EVERY <= self.checked.elapsed() {
            self.check();
        }
        let partitions: Vec<_> = self.unsettled.iter().copied().collect();
        if partitions.is_empty() {
            return;
        }
        gathered.retain(|(partition, ..)| !partitions.contains(partition));
        let asked = &partitions;
        let Some(offsets) = self.ask(|folder| async move { folder.offsets(asked).await }) else { return };
        for (partition, now) in partitions.iter().zip(offsets) {
            self.seek(*partition, now);
        }
    }

    /// Whether Redis is where we believe it to be.
    fn check(&mut self) {
        let (ours, believed): (Vec<_>, Vec<_>) = self.next.iter().map(|(one, next)| (*one, *next)).unzip();
        let asked = &ours;
        let Some(offsets) = self.ask(|folder| async move { folder.offsets(asked).await }) else { return };
        self.checked = Instant::now();
        for ((partition, before), now) in ours.into_iter().zip(believed).zip(offsets) {
            if before != now {
                self.elsewhere(partition, before, now);
            }
        }
    }

    fn elsewhere(&mut self, partition: i32, before: Option<i64>, now: Option<i64>) {
        self.metrics.rewinds.inc();
        warn!(partition, ?before, ?now, "Redis is elsewhere, going there");
        self.unsettled.insert(partition);
    }

    /// One that fails is tried again at the next look; until then nothing of the partition is folded.
    fn seek(&mut self, partition: i32, to: Option<i64>) {
        let offset = to.map_or(Offset::Beginning, Offset::Offset);
        match self.consumer.seek(&self.folder.topic, partition, offset, SEEK_WITHIN) {
            Ok(()) => {
                info!(partition, ?to, "folding from here");
                self.unsettled.remove(&partition);
                self.next.insert(partition, to);
            }
            Err(error) => debug!(partition, %error, "seek failed"),
        }
    }

    /// What was gathered, by partition.
    fn batches(&self, gathered: Vec<Gathered>) -> Vec<Batch> {
        let mut batches: BTreeMap<i32, Batch> = BTreeMap::new();
        for (partition, offset, record) in gathered {
            let Some(expected) = self.next.get(&partition).copied() else { continue };
            let batch = batches.entry(partition);
            let batch = batch.or_insert_with(|| Batch {
                partition,
                expected,
                next: expected.unwrap_or(0),
                interactions: Vec::new(),
            });
            if offset < batch.next {
                continue;
            }
            batch.next = offset + 1;
            self.read(batch, offset, &record);
        }
        batches.into_values().filter(|batch| batch.expected != Some(batch.next)).collect()
    }

    fn read(&self, batch: &mut Batch, offset: i64, record: &[u8]) {
        let partition = batch.partition;
        match Envelope::decode(record) {
            Ok(Envelope { interaction, trace_parent }) => {
                let (id, room, act) = (interaction.id, &interaction.room, interaction.act.word());
                if let Some(trace_parent) = trace_parent {
                    let span = info_span!("fold", correlation_id = %id, %room, act, partition, offset);
                    telemetry::continue_trace(&span, &trace_parent);
                }
                batch.interactions.push(interaction);
            }
            Err(fault) => {
                self.metrics.refused(fault.word());
                warn!(partition, offset, %fault, "record passed over");
            }
        }
    }

    /// Folds batches, each partition's by itself and all at once, until each is folded or Redis is elsewhere.
    fn fold(&mut self, batches: Vec<Batch>) {
        let begin = Instant::now();
        let folding = |folder: Folder| {
            let batches = &batches;
            async move { join_all(batches.iter().map(|batch| folder.fold(batch))).await.into_iter().collect() }
        };
        // One that was folded before another one failed is found to be so when all are tried again.
        let Some(folded) = self.ask::<Vec<Folded>, _>(folding) else { return };
        for (batch, folded) in batches.into_iter().zip(folded) {
            match folded {
                Folded::Done { duplicates } => self.done(batch, duplicates, begin.elapsed()),
                Folded::Elsewhere(now) if now == Some(batch.next) => self.done(batch, 0, begin.elapsed()),
                Folded::Elsewhere(now) => self.elsewhere(batch.partition, batch.expected, now),
            }
        }
    }

    fn done(&mut self, batch: Batch, duplicates: u64, took: Duration) {
        let Batch { partition, next, interactions, .. } = batch;
        self.metrics.batch(interactions.len(), duplicates, took);
        self.next.insert(partition, Some(next));
        for interaction in interactions {
            let (id, room, act) = (interaction.id, interaction.room, interaction.act.word());
            debug!(correlation_id = %id, %room, act, partition, "interaction folded");
            // The teller goes when we do.
            _ = self.changes.send(room);
        }
        if let Err(error) = self.consumer.store_offset(&self.folder.topic, partition, next - 1) {
            debug!(partition, %error, "offset not stored, the partition is another's");
        }
    }

    /// Asks Redis until it answers. `None` when it is over, or when partitions have been taken from us.
    fn ask<T, F>(&self, ask: impl Fn(Folder) -> F) -> Option<T>
    where
        F: Future<Output = Result<T, crate::redis::Failure>>,
    {
        loop {
            match self.handle.block_on(ask(self.folder.clone())) {
                Ok(answer) => return Some(answer),
                Err(error) => {
                    self.metrics.redis_errors.inc();
                    error!(%error, "Redis does not answer, asking again");
                }
            }
            self.handle.block_on(self.folder.redis.failed());
            if self.over.is_cancelled() {
                return None;
            }
            std::thread::sleep(PAUSE);
        }
    }

    fn show_lag(&self) {
        for (partition, end) in lock(&self.consumer.context().ends).iter() {
            if let Some(next) = self.next.get(partition) {
                self.metrics.lag(*partition, Some((end - next.unwrap_or(0)).max(0)));
            }
        }
    }
}

fn record(message: &BorrowedMessage<'_>) -> Gathered {
    (message.partition(), message.offset(), message.payload().unwrap_or_default().to_vec())
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker").field("next", &self.next).finish_non_exhaustive()
    }
}
