//! The figures of the history store. Where there is none, they have no series.

use std::{
    fmt,
    sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use jiff::Timestamp;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{counter::ConstCounter, gauge::ConstGauge, histogram::Histogram},
};

/// From a quick disk to one that makes ticks lose samples.
const COMMIT_BUCKETS_S: [f64; 8] = [0.005, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0];
/// A time that is not known.
const NEVER: i64 = i64::MIN;

/// What has become of what the store was told.
#[derive(Debug)]
pub struct HistoryFigures {
    is_there: AtomicBool,
    keeps: AtomicBool,
    kept: AtomicU64,
    dropped: AtomicU64,
    late: AtomicU64,
    snapshots: AtomicU64,
    failed: AtomicU64,
    committed_at_s: AtomicI64,
    bytes: AtomicU64,
    oldest_s: AtomicI64,
    commit_duration: Histogram,
}

impl Default for HistoryFigures {
    fn default() -> Self {
        Self {
            is_there: AtomicBool::default(),
            keeps: AtomicBool::default(),
            kept: AtomicU64::default(),
            dropped: AtomicU64::default(),
            late: AtomicU64::default(),
            snapshots: AtomicU64::default(),
            failed: AtomicU64::default(),
            committed_at_s: AtomicI64::new(NEVER),
            bytes: AtomicU64::default(),
            oldest_s: AtomicI64::new(NEVER),
            commit_duration: Histogram::new(COMMIT_BUCKETS_S),
        }
    }
}

impl HistoryFigures {
    /// There is a store.
    pub fn begin(&self) {
        self.is_there.store(true, Relaxed);
    }

    /// Whether it keeps what it is told.
    pub fn keeps(&self, keeps: bool) {
        self.keeps.store(keeps, Relaxed);
    }

    /// Samples have come onto the disk.
    pub fn kept(&self, samples: usize) {
        self.kept.fetch_add(samples as u64, Relaxed);
    }

    /// Samples found no place in the queue.
    pub fn dropped(&self, samples: usize) {
        self.dropped.fetch_add(samples as u64, Relaxed);
    }

    /// Samples were not newer than what is kept.
    pub fn late(&self, samples: usize) {
        self.late.fetch_add(samples as u64, Relaxed);
    }

    /// A commit is on the disk, with so many snapshots.
    pub fn committed(&self, took: Duration, snapshots: usize) {
        self.snapshots.fetch_add(snapshots as u64, Relaxed);
        self.committed_at_s.store(Timestamp::now().as_second(), Relaxed);
        self.commit_duration.observe(took.as_secs_f64());
    }

    /// A commit has failed.
    pub fn failed(&self) {
        self.failed.fetch_add(1, Relaxed);
    }

    /// The file has this size, and samples since then.
    pub fn tidied(&self, bytes: u64, oldest: Option<Timestamp>) {
        self.bytes.store(bytes, Relaxed);
        self.oldest_s.store(oldest.map_or(NEVER, Timestamp::as_second), Relaxed);
    }

    /// Samples that have found no place so far.
    #[must_use]
    pub fn dropped_so_far(&self) -> u64 {
        self.dropped.load(Relaxed)
    }
}

impl Collector for HistoryFigures {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        if !self.is_there.load(Relaxed) {
            return Ok(());
        }
        let mut page = Page(&mut encoder);
        let keeps = u64::from(self.keeps.load(Relaxed));
        page.gauge("prescale_history_keeps", "1 while the history store keeps what it is told", keeps)?;
        page.counter("prescale_history_samples", "Samples that came onto the disk", &self.kept)?;
        let help = "Samples that found no place in the queue of the history store";
        page.counter("prescale_history_dropped_samples", help, &self.dropped)?;
        let help = "Samples that were not newer than what is kept";
        page.counter("prescale_history_late_samples", help, &self.late)?;
        page.counter("prescale_history_snapshots", "Snapshots that came onto the disk", &self.snapshots)?;
        let help = "Commits of the history store that failed";
        page.counter("prescale_history_failed_commits", help, &self.failed)?;
        let help = "Time of one commit of the history store";
        page.metric("prescale_history_commit_duration_seconds", help, &self.commit_duration)?;
        page.time(
            "prescale_history_last_commit_timestamp_seconds",
            "When the last commit came onto the disk",
            &self.committed_at_s,
        )?;
        page.gauge(
            "prescale_history_bytes",
            "Bytes of the history store on the disk",
            self.bytes.load(Relaxed),
        )?;
        let help = "Begin of the oldest samples that are kept, in whole hours";
        page.time("prescale_history_oldest_timestamp_seconds", help, &self.oldest_s)
    }
}

/// A scrape that is being written.
struct Page<'a, 'e>(&'a mut DescriptorEncoder<'e>);

impl Page<'_, '_> {
    fn counter(&mut self, name: &str, help: &str, count: &AtomicU64) -> fmt::Result {
        self.metric(name, help, &ConstCounter::new(count.load(Relaxed)))
    }

    fn gauge(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        self.metric(name, help, &ConstGauge::new(value as f64))
    }

    /// What is not known has no series.
    fn time(&mut self, name: &str, help: &str, at_s: &AtomicI64) -> fmt::Result {
        match at_s.load(Relaxed) {
            NEVER => Ok(()),
            at_s => self.metric(name, help, &ConstGauge::new(at_s)),
        }
    }

    /// The registry ends what its own families mean with a full stop.
    fn metric(&mut self, name: &str, help: &str, metric: &impl EncodeMetric) -> fmt::Result {
        metric.encode(self.0.encode_descriptor(name, &format!("{help}."), None, metric.metric_type())?)
    }
}
