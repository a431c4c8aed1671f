//! The history store: samples of each scaler's steps and snapshots of what its forecaster has learned, in one file on
//! this replica's disk, so that a restart goes on where the last run ended.
//!
//! Ticks only leave their samples here and never wait: [`Store`] is a bounded queue in front of the [`Keeper`], which is
//! the only one that touches the file. What does not fit the queue is dropped and counted. Whatever goes wrong with the
//! file stops the store, in words, and never the controller; it goes on when it can.

mod chunk;
mod disk;
mod fault;
mod heads;
mod identity;
mod keeper;
mod retention;
mod row;
mod settings;
mod snapshot;

use std::sync::Arc;

use jiff::Timestamp;
use prescale_model::Sample;
use tokio::sync::{mpsc, oneshot, watch};

pub use fault::StoreFault;
pub use identity::{ScalerId, SeriesId, SourcesId};
pub use keeper::Keeper;
pub use settings::{LEAST_SIZE, StoreSettings};
pub use snapshot::Snapshot;

use crate::telemetry::Metrics;

/// Steps that wait to be written, in the queue and behind it: ten thousand scalers with a step a minute fill the queue in
/// 25 s, five commits. About 100 bytes each.
const MOST_WAITING: usize = 4_096;
/// Snapshots that wait, 20 KiB each. One that finds no place is taken again at the next tick.
const MOST_SNAPSHOTS: usize = 64;
/// Questions that wait; who asks waits too.
const MOST_ASKED: usize = 16;

/// The values of one scaler's series at the end of a step.
#[derive(Clone, Debug)]
pub struct Step {
    /// The series, demand first.
    pub series: Arc<[SeriesId]>,
    /// End of the step. The store knows times to the millisecond.
    pub ends_at: Timestamp,
    /// One a series; `None` where it had no sample.
    pub values: Box<[Option<f64>]>,
}

/// Whether the store keeps what it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The file has not been opened yet.
    Opening,
    /// It keeps.
    Keeping,
    /// It does not, for this reason; it is tried again.
    Stopped(String),
}

/// What is asked of the keeper.
#[derive(Debug)]
enum Ask {
    /// The samples of a series within a time.
    Samples(SeriesId, (Timestamp, Timestamp), oneshot::Sender<Option<Vec<Sample>>>),
    /// The newest snapshot of a scaler.
    Snapshot(ScalerId, oneshot::Sender<Option<Snapshot>>),
    /// To keep samples of the past.
    Backfill(Vec<(SeriesId, Vec<Sample>)>, oneshot::Sender<bool>),
    /// To write what waits.
    Flush(oneshot::Sender<bool>),
}

/// What the fleet has in hand of the store. Clones share it.
#[derive(Clone, Debug)]
pub struct Store {
    steps: mpsc::Sender<Step>,
    snapshots: mpsc::Sender<Snapshot>,
    asks: mpsc::Sender<Ask>,
    standing: watch::Receiver<Standing>,
    metrics: Metrics,
}

impl Store {
    /// A store in the file that `settings` name, and its keeper, which opens it once it runs.
    #[must_use]
    pub fn new(settings: StoreSettings, metrics: Metrics) -> (Self, Keeper) {
        let (steps, their_steps) = mpsc::channel(MOST_WAITING);
        let (snapshots, their_snapshots) = mpsc::channel(MOST_SNAPSHOTS);
        let (asks, their_asks) = mpsc::channel(MOST_ASKED);
        let (tell, standing) = watch::channel(Standing::Opening);
        let inbox = keeper::Inbox { steps: their_steps, snapshots: their_snapshots, asks: their_asks };
        let keeper = Keeper::new(settings, inbox, tell, metrics.clone());
        (Self { steps, snapshots, asks, standing, metrics }, keeper)
    }

    /// Leaves a step with the keeper. Never waits: what finds no place is dropped, and counted.
    pub fn record(&self, step: Step) {
        if let Err(error) = self.steps.try_send(step) {
            let lost = error.into_inner().values.iter().flatten().count();
            self.metrics.history().dropped(lost);
        }
    }

    /// Leaves a snapshot with the keeper, if there is a place for it.
    #[must_use]
    pub fn keep_snapshot(&self, snapshot: Snapshot) -> bool {
        self.snapshots.try_send(snapshot).is_ok()
    }

    /// Whether a snapshot would find a place: taking one in vain costs a tick.
    #[must_use]
    pub fn has_place_for_snapshot(&self) -> bool {
        0 < self.snapshots.capacity() && *self.standing.borrow() == Standing::Keeping
    }

    /// What is kept of a series from one time to another, both included, in order of time; `None` while the store is
    /// stopped.
    pub async fn samples(&self, series: SeriesId, span: (Timestamp, Timestamp)) -> Option<Vec<Sample>> {
        self.ask(|answer| Ask::Samples(series, span, answer)).await?
    }

    /// The newest snapshot of a scaler.
    pub async fn snapshot(&self, scaler: ScalerId) -> Option<Snapshot> {
        self.ask(|answer| Ask::Snapshot(scaler, answer)).await?
    }

    /// Keeps samples of the past. Where one is kept at the same time already, that one stands.
    pub async fn backfill(&self, samples: Vec<(SeriesId, Vec<Sample>)>) -> bool {
        self.ask(|answer| Ask::Backfill(samples, answer)).await.unwrap_or(false)
    }

    /// Writes what waits; whether all of it is on the disk.
    pub async fn flush(&self) -> bool {
        self.ask(Ask::Flush).await.unwrap_or(false)
    }

    /// Whether it keeps what it is told.
    #[must_use]
    pub fn standing(&self) -> watch::Receiver<Standing> {
        self.standing.clone()
    }

    async fn ask<T>(&self, ask: impl FnOnce(oneshot::Sender<T>) -> Ask) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        self.asks.send(ask(answer)).await.ok()?;
        answered.await.ok()
    }
}
