//! The keeper: takes what ticks have left, commits it every few seconds, answers, and tidies. All that touches the disk
//! runs beside the runtime, one thing at a time. A file that fails is closed, and tried again after a pause.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use prescale_model::Sample;
use tokio::{
    sync::{mpsc, watch},
    task::spawn_blocking,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{
    Ask, SeriesId, Snapshot, Standing, Step, StoreFault, StoreSettings, chunk,
    disk::{Disk, Found, Trust, Written},
    retention::Gone,
};
use crate::telemetry::Metrics;

/// Steps that wait for a commit at most: a hundred seconds of ten thousand scalers. Beyond it the queue fills, and what
/// comes is dropped.
const MOST_PENDING: usize = 16_384;
/// What is added to the name of a file that cannot be used.
const SET_ASIDE: &str = ".set-aside";
/// It is warned of what is dropped once in this time.
const WARN_EVERY: Duration = Duration::from_secs(60);

/// What the fleet leaves with the keeper.
pub(super) struct Inbox {
    pub(super) steps: mpsc::Receiver<Step>,
    pub(super) snapshots: mpsc::Receiver<Snapshot>,
    pub(super) asks: mpsc::Receiver<Ask>,
}

/// The only one that touches the file.
pub struct Keeper {
    settings: StoreSettings,
    inbox: Inbox,
    standing: watch::Sender<Standing>,
    metrics: Metrics,
    disk: Option<Disk>,
    /// How the file is to be looked at when it is opened next.
    trust: Trust,
    tried_at: Option<Instant>,
    tidied_at: Option<Instant>,
    pending: Vec<Step>,
    snapshots: Vec<Snapshot>,
    /// Samples dropped, when it was last warned of them.
    warned: (u64, Option<Instant>),
}

impl Keeper {
    pub(super) fn new(
        settings: StoreSettings,
        inbox: Inbox,
        standing: watch::Sender<Standing>,
        metrics: Metrics,
    ) -> Self {
        metrics.history().begin();
        Self {
            settings,
            inbox,
            standing,
            metrics,
            disk: None,
            trust: Trust::Given,
            tried_at: None,
            tidied_at: None,
            pending: Vec::new(),
            snapshots: Vec::new(),
            warned: (0, None),
        }
    }

    /// Runs until `end`, and writes what is left.
    pub async fn run(mut self, end: CancellationToken) {
        let mut commits = interval(self.settings.commit_every.max(Duration::from_millis(1)));
        commits.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // Before anybody asks: who is told that nothing is kept learns all of it again.
        self.open().await;
        loop {
            let room = MOST_PENDING.saturating_sub(self.pending.len());
            tokio::select! {
                () = end.cancelled() => break,
                _ = commits.tick() => self.commit().await,
                Some(ask) = self.inbox.asks.recv() => self.answer(ask).await,
                taken = self.inbox.steps.recv_many(&mut self.pending, room), if 0 < room => {
                    if taken == 0 {
                        break;
                    }
                }
            }
        }
        self.commit().await;
        if let Some(disk) = self.disk.take() {
            _ = spawn_blocking(move || drop(disk)).await;
        }
    }

    async fn answer(&mut self, ask: Ask) {
        // Whoever asked may be gone by now.
        match ask {
            Ask::Samples(series, span, answer) => {
                let known = self.with(move |disk| disk.samples(series, span)).await;
                _ = answer.send(known.map(|known| self.with_pending(known, series, span)));
            }
            Ask::Snapshot(scaler, answer) => {
                let known = self.with(move |disk| disk.snapshot(scaler)).await;
                _ = answer.send(known.flatten());
            }
            Ask::Backfill(samples, answer) => {
                let written = self.with(move |disk| disk.backfill(&samples)).await;
                if let Some(written) = written {
                    self.metrics.history().kept(written.samples);
                }
                _ = answer.send(written.is_some());
            }
            Ask::Flush(answer) => {
                self.commit().await;
                _ = answer.send(self.disk.is_some() && self.pending.is_empty());
            }
        }
    }

    /// What is on the disk, and what is on its way there.
    fn with_pending(
        &self,
        mut known: Vec<Sample>,
        series: SeriesId,
        (from, to): (Timestamp, Timestamp),
    ) -> Vec<Sample> {
        for step in &self.pending {
            let values = step.series.iter().zip(&step.values).filter(|(of, _)| **of == series);
            let samples = values.filter_map(|(_, value)| {
                let (bucket, offset) = chunk::place(step.ends_at)?;
                chunk::sample(bucket, (offset, (*value)?))
            });
            let is_new = |sample: &Sample, known: &[Sample]| {
                from <= sample.at()
                    && sample.at() <= to
                    && known.last().is_none_or(|last| last.at() < sample.at())
            };
            for sample in samples {
                if is_new(&sample, &known) {
                    known.push(sample);
                }
            }
        }
        known
    }

    /// Writes what waits; opens the file before, if it is closed and its pause is over.
    async fn commit(&mut self) {
        self.open().await;
        while self.pending.len() < MOST_PENDING
            && let Ok(step) = self.inbox.steps.try_recv()
        {
            self.pending.push(step);
        }
        while let Ok(snapshot) = self.inbox.snapshots.try_recv() {
            self.snapshots.push(snapshot);
        }
        if self.disk.is_some() {
            self.append().await;
            self.tidy().await;
        } else {
            // They will have been taken anew when the file is back.
            self.snapshots.clear();
        }
        self.warn_of_dropped();
    }

    async fn append(&mut self) {
        if self.pending.is_empty() && self.snapshots.is_empty() {
            return;
        }
        let batch = Arc::new((std::mem::take(&mut self.pending), std::mem::take(&mut self.snapshots)));
        let (theirs, began) = (Arc::clone(&batch), Instant::now());
        let written = self.with(move |disk| disk.append(&theirs.0, &theirs.1, Timestamp::now())).await;
        match written {
            Some(Written { samples, late, snapshots, .. }) => {
                let figures = self.metrics.history();
                figures.kept(samples);
                figures.late(late);
                figures.committed(began.elapsed(), snapshots);
                self.stand(&Standing::Keeping);
            }
            None => {
                self.metrics.history().failed();
                (self.pending, _) = Arc::unwrap_or_clone(batch);
            }
        }
    }

    async fn tidy(&mut self) {
        if self.tidied_at.is_some_and(|at| at.elapsed() < self.settings.tidy_every) {
            return;
        }
        self.tidied_at = Some(Instant::now());
        let settings = self.settings.clone();
        let tidied = self.with(move |disk| {
            let gone = disk.tidy(&settings, Timestamp::now())?;
            Ok((gone, disk.size()?, disk.oldest()?))
        });
        let Some((gone, size, oldest)) = tidied.await else { return };
        self.metrics.history().tidied(size, oldest);
        self.stand(&Standing::Keeping);
        if gone != Gone::default() {
            let Gone { aged, crowded_out, snapshots } = gone;
            info!(aged, crowded_out, snapshots, bytes = size, "history store tidied");
        }
    }

    /// Opens the file. One that is no store, or is damaged, is set aside, and another is begun.
    async fn open(&mut self) {
        let is_early = self.tried_at.is_some_and(|at| at.elapsed() < self.settings.retry_after);
        if self.disk.is_some() || is_early {
            return;
        }
        self.tried_at = Some(Instant::now());
        let (path, trust, began) = (self.settings.path.clone(), self.trust, Instant::now());
        let opened = spawn_blocking(move || open_or_set_aside(&path, trust)).await;
        match opened {
            Ok(Ok((disk, Found { samples, damaged }))) => {
                self.disk = Some(disk);
                self.trust = Trust::Given;
                // One that had stopped keeps again once it has been written to: a full disk is read all the same.
                if *self.standing.borrow() == Standing::Opening {
                    let (path, took_ms) = (self.settings.path.display(), began.elapsed().as_millis());
                    info!(%path, journaled_samples = samples, damaged_rows = damaged, took_ms, "history store opened");
                    self.stand(&Standing::Keeping);
                }
            }
            Ok(Err(fault)) => self.stop(&fault),
            Err(_) => self.panicked(),
        }
    }

    /// Does something with the file, beside the runtime; `None` where it is closed, or had to be.
    async fn with<T: Send + 'static>(
        &mut self,
        act: impl FnOnce(&mut Disk) -> Result<T, StoreFault> + Send + 'static,
    ) -> Option<T> {
        let mut disk = self.disk.take()?;
        let done = spawn_blocking(move || match act(&mut disk) {
            Ok(done) => Ok((disk, done)),
            Err(fault) => Err(fault),
        });
        match done.await {
            Ok(Ok((disk, done))) => {
                self.disk = Some(disk);
                Some(done)
            }
            Ok(Err(fault)) => {
                if fault.is_of_the_file() {
                    self.trust = Trust::Earned;
                }
                self.stop(&fault);
                None
            }
            Err(_) => {
                self.panicked();
                None
            }
        }
    }

    fn panicked(&mut self) {
        self.trust = Trust::Earned;
        self.stop(&StoreFault::Panicked { path: self.settings.path.clone() });
    }

    /// Says that it stops, once a reason. The file is tried again after the pause, which begins now.
    fn stop(&mut self, fault: &StoreFault) {
        (self.tried_at, self.tidied_at) = (Some(Instant::now()), None);
        let standing = Standing::Stopped(fault.to_string());
        if *self.standing.borrow() != standing {
            let again_in_s = self.settings.retry_after.as_secs();
            warn!(error = %fault, again_in_s, "history store stopped: the controller goes on without it");
        }
        self.stand(&standing);
    }

    fn stand(&self, standing: &Standing) {
        let before = self.standing.send_replace(standing.clone());
        if *standing == Standing::Keeping && matches!(before, Standing::Stopped(_)) {
            info!(path = %self.settings.path.display(), "history store goes on");
        }
        self.metrics.history().keeps(*standing == Standing::Keeping);
    }

    fn warn_of_dropped(&mut self) {
        let dropped = self.metrics.history().dropped_so_far();
        let (known, at) = self.warned;
        if known < dropped && at.is_none_or(|at| WARN_EVERY <= at.elapsed()) {
            warn!(samples = dropped - known, "history store was too slow: samples were dropped from it");
            self.warned = (dropped, Some(Instant::now()));
        }
    }
}

/// The file, or another in its place where it cannot be used. One that was set aside before stays: there is one at most.
fn open_or_set_aside(path: &Path, trust: Trust) -> Result<(Disk, Found), StoreFault> {
    let fault = match Disk::open(path.to_owned(), trust) {
        Err(fault) if fault.is_of_the_file() => fault,
        done => return done,
    };
    let mut name = path.as_os_str().to_owned();
    name.push(SET_ASIDE);
    let aside = PathBuf::from(name);
    if aside.exists() {
        let StoreFault::Unusable { path, what } = fault else { return Err(fault) };
        let what = format!("{what}; {} is there already: remove one of them", aside.display());
        return Err(StoreFault::Unusable { path, what });
    }
    std::fs::rename(path, &aside).map_err(|error| StoreFault::Io { path: path.to_owned(), error })?;
    warn!(error = %fault, aside = %aside.display(), "history store set aside: another one is begun");
    Disk::open(path.to_owned(), Trust::Given)
}
