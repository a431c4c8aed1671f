//! Learning from history: what is kept in the store, and what the source still has of the rest, of demand and signals,
//! is learned in its order beside the running scaler, which serves what is observed meanwhile, and is then taken up.

use std::{
    collections::BTreeMap,
    sync::{Arc, Weak},
    time::Duration,
};

use backon::{ExponentialBuilder, Retryable};
use jiff::{SignedDuration, Timestamp};
use prescale_model::{Autoscaler, Event, Observation, Sample};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{info, warn};

use super::{
    Shared,
    missing::{missing, together},
    resume::resume,
    slot::Slot,
};
use crate::{
    api::CheckedScaler,
    scaler::{Charge, MostByDay, note_peaks},
    sources::{
        Source,
        error::SourceError,
        reader::{History, Reader},
    },
    store::SeriesId,
};

/// Samples that are learned from at most: two weeks of half minutes, about 650 kB.
const MOST_SAMPLES: i32 = 40_320;
/// Tries to read a history after the first, a minute after it, then two, four and so on: half an hour in all.
const MOST_RETRIES: usize = 5;
const FIRST_PAUSE: Duration = Duration::from_secs(60);
/// Left between two reads of a history, so that a backfill leaves Prometheus time for others.
const PAUSE: Duration = Duration::from_millis(200);

/// So much of a history is worth being learned alone, where a source does not answer for the rest: a day, after which
/// the scale of a series is known.
const WORTH_LEARNING: SignedDuration = SignedDuration::from_hours(24);

/// The history of a scaler, in order of time.
#[derive(Clone, Debug, Default)]
pub(super) struct Recorded {
    pub(super) demand: Vec<Sample>,
    /// One a signal, in the order of its list; empty where a signal has none.
    pub(super) signals: Vec<Vec<Sample>>,
}

/// The same, and what of it the store has not had.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) all: Recorded,
    /// What was read, by series.
    pub(super) read: Vec<(SeriesId, Vec<Sample>)>,
    /// Why a part is missing that the source may have.
    cut_short: Option<SourceError>,
}

impl Recorded {
    /// Of demand first, and then the signals.
    pub(super) fn of(mut series: Vec<Vec<Sample>>) -> Self {
        let signals = series.split_off(series.len().min(1));
        Self { demand: series.pop().unwrap_or_default(), signals }
    }

    /// What the store gives, by its own time: it keeps signals by when they were known.
    pub(super) fn by_their_time(mut self, spec: &CheckedScaler) -> Self {
        for (samples, (_, source)) in self.signals.iter_mut().zip(&spec.signals) {
            *samples = earlier_by(std::mem::take(samples), source.delay);
        }
        self
    }

    fn covers(&self) -> SignedDuration {
        let (first, last) = (self.demand.first(), self.demand.last());
        first.zip(last).map_or(SignedDuration::ZERO, |(first, last)| last.at().duration_since(first.at()))
    }
}

/// A scaler that waits for its turn to learn, and the lesson that it waits for. Thousands do after a start: they are
/// little more than their places in a line.
pub(super) type Turn = (Weak<Slot>, u64);

/// Has the scaler in `slot` go on from what it had learned before this run; else it waits for its turn to learn.
pub(super) async fn learn(shared: &Arc<Shared>, slot: &Arc<Slot>) {
    let (lesson, charge) = {
        let mut scaler = slot.scaler();
        (scaler.begin_lesson(), scaler.charge().clone())
    };
    match Box::pin(resume(shared, &charge)).await {
        Some(pupil) => slot.end_lesson((lesson, shared.nodes.measure), Ok(pupil)),
        // Nobody listens at the end.
        None => _ = shared.pupils.send((Arc::downgrade(slot), lesson)),
    }
}

/// Has those who wait learn their histories in their order, as many at once as there are places, for ever.
pub(super) async fn take_turns(
    shared: &Arc<Shared>,
    mut waiting: mpsc::UnboundedReceiver<Turn>,
    history: SignedDuration,
    (tasks, shutdown): (&TaskTracker, &CancellationToken),
) {
    while let Some((slot, lesson)) = waiting.recv().await {
        let place = free_place(shared).await;
        // It may be gone by now, or wait for another lesson.
        let Some(slot) = slot.upgrade() else { continue };
        let Some(charge) = slot.scaler().charge_in(lesson).cloned() else { continue };
        let (shared, shutdown) = (Arc::clone(shared), shutdown.clone());
        tasks.spawn(async move {
            let studied = study(&shared, &slot, (lesson, charge), history, place);
            shutdown.run_until_cancelled(studied).await;
        });
    }
}

/// A place to learn at, once one is free.
async fn free_place(shared: &Shared) -> OwnedSemaphorePermit {
    Arc::clone(&shared.lessons).acquire_owned().await.expect("it is never closed")
}

/// Learns the history of the scaler in `slot` in its turn, and has it take up what was learned.
async fn study(
    shared: &Arc<Shared>,
    slot: &Arc<Slot>,
    (lesson, charge): (u64, Charge),
    history: SignedDuration,
    place: OwnedSemaphorePermit,
) {
    let span = history.min(charge.spec.settings.step * MOST_SAMPLES);
    let pauses = ExponentialBuilder::default().with_min_delay(FIRST_PAUSE).with_max_times(MOST_RETRIES);
    let to = Timestamp::now();
    // Between tries it leaves its place to others.
    let (mut first, spec) = (Some(place), &charge.spec);
    let read = || {
        let place = first.take();
        async move {
            let _place = match place {
                Some(place) => place,
                None => free_place(shared).await,
            };
            recorded(shared, spec, (to - span, to), WORTH_LEARNING).await
        }
    };
    let gathered = match read.retry(pauses).when(may_heal).await {
        Ok(gathered) => gathered,
        Err(error) => match at_last(shared, &charge.spec, (to - span, to)).await {
            Some(gathered) => gathered,
            None => {
                warn!(scaler = %charge.key, %error, "history cannot be read");
                slot.end_lesson((lesson, shared.nodes.measure), Err(error.to_string()));
                return;
            }
        },
    };
    if let Some(error) = &gathered.cut_short {
        warn!(scaler = %charge.key, %error, "history is learned as far as it is kept");
    }
    let _place = free_place(shared).await;
    let (samples, read) =
        (gathered.all.demand.len(), gathered.read.iter().map(|(_, read)| read.len()).sum::<usize>());
    let began = std::time::Instant::now();
    let (spec, events, history) = (Arc::clone(&charge.spec), Arc::clone(&charge.events), gathered.all);
    let lessons = tokio::task::spawn_blocking(move || {
        let mut pupil = Box::new(Pupil::new(&spec));
        pupil.hear(&history, &events, &spec);
        pupil
    });
    let Ok(mut pupil) = lessons.await else { return };
    keep(shared, gathered.read).await;
    // What came while it learned. A source that is away just now leaves a gap.
    let since = pupil.newest().map_or(to, |newest| newest + charge.spec.settings.step);
    let span = (since, Timestamp::now());
    if let Ok(late) = recorded(shared, &charge.spec, span, SignedDuration::ZERO).await {
        pupil.hear(&late.all, &charge.events, &charge.spec);
        keep(shared, late.read).await;
    }
    info!(scaler = %charge.key, samples, read, took_ms = began.elapsed().as_millis(), "history learned");
    slot.end_lesson((lesson, shared.nodes.measure), Ok(pupil));
    // As long a pause as the work took: learning never takes more than half of what it may.
    tokio::time::sleep(began.elapsed().min(FIRST_PAUSE)).await;
}

/// What a source that does not answer now may answer in a minute; a query that is wrong stays wrong.
fn may_heal(error: &SourceError) -> bool {
    error.can_heal() || matches!(error, SourceError::TimedOut { .. } | SourceError::Busy { .. })
}

/// As much as the store has, when the source has not answered for half an hour; `None` where that is nothing.
async fn at_last(shared: &Shared, spec: &CheckedScaler, span: (Timestamp, Timestamp)) -> Option<Gathered> {
    let kept = Gathered { all: kept(shared, spec, span).await, ..Gathered::default() };
    (!kept.all.demand.is_empty()).then_some(kept)
}

/// The history of demand, and of those signals that have one: a signal without a history does not keep demand's from
/// being learned. Where the source does not answer for all of it, what is kept must cover `least` to be worth learning.
pub(super) async fn recorded(
    shared: &Shared,
    spec: &CheckedScaler,
    span: (Timestamp, Timestamp),
    least: SignedDuration,
) -> Result<Gathered, SourceError> {
    let gathered = gather(shared, spec, span).await;
    match gathered.cut_short {
        Some(error) if gathered.all.demand.is_empty() || gathered.all.covers() < least => Err(error),
        Some(_) | None => Ok(gathered),
    }
}

/// What is kept, and what the sources have of the rest.
async fn gather(shared: &Shared, spec: &CheckedScaler, span: (Timestamp, Timestamp)) -> Gathered {
    let kept = kept(shared, spec, span).await;
    let sources = std::iter::once(&spec.demand).chain(spec.signals.iter().map(|(_, source)| source));
    let kept = std::iter::once(kept.demand).chain(kept.signals);
    let (mut gathered, mut all) = (Gathered::default(), Vec::new());
    for (index, (source, (kept, series))) in sources.zip(kept.zip(SeriesId::all_of(spec))).enumerate() {
        let missing = missing(&kept, span, spec.settings.step);
        let History { samples, cut_short } = read(&shared.reader, source, &missing).await;
        if index == 0 {
            gathered.cut_short = cut_short;
        }
        all.push(together(kept, samples.clone()));
        let known_at = if index == 0 { samples } else { earlier_by(samples, -source.delay) };
        gathered.read.extend((!known_at.is_empty()).then_some((series, known_at)));
    }
    gathered.all = Recorded::of(all);
    gathered
}

/// What the store has; nothing where there is none, or it is stopped.
async fn kept(shared: &Shared, spec: &CheckedScaler, span: (Timestamp, Timestamp)) -> Recorded {
    let mut all = Vec::with_capacity(1 + spec.signals.len());
    for series in SeriesId::all_of(spec) {
        let kept = match &shared.store {
            Some(store) => store.samples(series, span).await,
            None => None,
        };
        all.push(kept.unwrap_or_default());
    }
    Recorded::of(all).by_their_time(spec)
}

/// The same samples, of so long before.
fn earlier_by(samples: Vec<Sample>, delay: SignedDuration) -> Vec<Sample> {
    samples.into_iter().map(|sample| sample.earlier_by(delay)).collect()
}

/// What a source has of these times, the newest first: what there is of a history that is cut short then ends now.
async fn read(reader: &Reader, source: &Source, spans: &[(Timestamp, Timestamp)]) -> History {
    let mut all = History { samples: Vec::new(), cut_short: None };
    for span in spans.iter().rev() {
        let History { samples, cut_short } = reader.history(source, *span, PAUSE).await;
        if cut_short.is_some() {
            // A part of a span ends too early: the gap after it would be learned as what came.
            return History { cut_short, ..all };
        }
        all.samples.extend(samples);
    }
    all
}

/// Leaves with the store what it has not had.
async fn keep(shared: &Shared, read: Vec<(SeriesId, Vec<Sample>)>) {
    if let Some(store) = &shared.store
        && !read.is_empty()
    {
        // A store that is stopped says so itself.
        _ = store.backfill(read).await;
    }
}

/// An autoscaler that learns beside the one that runs.
pub(super) struct Pupil {
    pub(super) autoscaler: Autoscaler,
    pub(super) peaks: BTreeMap<String, f64>,
    /// The snapshot that it goes on from.
    pub(super) snapshot_of: Option<Timestamp>,
    /// The most demand by day.
    pub(super) most: MostByDay,
}

impl Pupil {
    pub(super) fn new(spec: &CheckedScaler) -> Self {
        Self {
            autoscaler: Autoscaler::new(spec.settings.clone()),
            peaks: BTreeMap::new(),
            snapshot_of: None,
            most: MostByDay::default(),
        }
    }

    /// The newest sample of demand that it has heard of.
    fn newest(&self) -> Option<Timestamp> {
        self.autoscaler.forecast().map(|forecast| forecast.origin)
    }

    /// Takes in what was recorded, as it would have been observed.
    pub(super) fn hear(&mut self, recorded: &Recorded, events: &[Event], spec: &CheckedScaler) {
        let mut next = vec![0; recorded.signals.len()];
        for sample in &recorded.demand {
            let mut signals = Vec::new();
            for ((name, _), (samples, next)) in
                spec.signals.iter().zip(recorded.signals.iter().zip(&mut next))
            {
                while let Some(signal) = samples.get(*next).filter(|signal| signal.at() <= sample.at()) {
                    signals.push((name.as_str(), *signal));
                    *next += 1;
                }
            }
            let demand = std::slice::from_ref(sample);
            let seen = Observation { demand, signals: &signals, events, ..Observation::default() };
            self.autoscaler.observe(sample.at(), &seen);
            note_peaks(events, *sample, &mut self.peaks);
            self.most.note(sample.at(), sample.value());
        }
    }
}

/// An autoscaler that has learned `demand`, in order of time, with the events that concern it.
#[must_use]
pub fn teach(spec: &CheckedScaler, demand: &[Sample], events: &[Event]) -> Autoscaler {
    let mut pupil = Pupil::new(spec);
    pupil.hear(&Recorded { demand: demand.to_vec(), signals: Vec::new() }, events, spec);
    pupil.autoscaler
}
