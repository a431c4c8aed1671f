//! Learning from history: what the source still has of demand and signals is learned in its order beside the running
//! scaler, which serves what is observed meanwhile, and is then taken up.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use backon::{ExponentialBuilder, Retryable};
use jiff::{SignedDuration, Timestamp};
use prescale_model::{Autoscaler, Event, Observation, Sample};
use tracing::{info, warn};

use super::{Shared, slot::Slot};
use crate::{
    api::CheckedScaler,
    scaler::note_peaks,
    sources::{error::SourceError, reader::History},
};

/// Samples that are learned from at most: two weeks of half minutes, about 650 kB.
const MOST_SAMPLES: i32 = 40_320;
/// Tries to read a history after the first, a minute after it, then two, four and so on: half an hour in all.
const MOST_RETRIES: usize = 5;
const FIRST_PAUSE: Duration = Duration::from_secs(60);
/// Left between two reads of a history, so that a backfill leaves Prometheus time for others.
const PAUSE: Duration = Duration::from_millis(200);

/// The history of a scaler, in order of time.
#[derive(Clone, Debug, Default)]
pub(super) struct Recorded {
    demand: Vec<Sample>,
    /// One a signal, in the order of its list; empty where a signal has none.
    signals: Vec<Vec<Sample>>,
}

/// Learns the history of the scaler in `slot`, and has it take up what was learned.
pub(super) async fn learn(shared: &Arc<Shared>, slot: &Arc<Slot>, history: SignedDuration) {
    let (lesson, charge) = {
        let mut scaler = slot.scaler();
        (scaler.begin_lesson(), scaler.charge().clone())
    };
    let span = history.min(charge.spec.settings.step * MOST_SAMPLES);
    let pauses = ExponentialBuilder::default().with_min_delay(FIRST_PAUSE).with_max_times(MOST_RETRIES);
    let to = Timestamp::now();
    // Between tries it leaves its place to others. Who waits for a place is small: thousands do after a start.
    let read = || async {
        let _permit = shared.lessons.acquire().await.expect("it is never closed");
        Box::pin(recorded(shared, &charge.spec, (to - span, to))).await
    };
    let recorded = match read.retry(pauses).when(may_heal).await {
        Ok(recorded) => recorded,
        Err(error) => {
            warn!(scaler = %charge.key, %error, "history cannot be read");
            slot.scaler().end_lesson(lesson, Err(error.to_string()));
            return;
        }
    };
    let _permit = shared.lessons.acquire().await.expect("it is never closed");
    let samples = recorded.demand.len();
    let began = std::time::Instant::now();
    let (spec, events) = (Arc::clone(&charge.spec), Arc::clone(&charge.events));
    let lessons = tokio::task::spawn_blocking(move || {
        let mut pupil = Box::new(Pupil::new(&spec));
        pupil.hear(&recorded, &events, &spec);
        pupil
    });
    let Ok(mut pupil) = lessons.await else { return };
    // What came while it learned. A source that is away just now leaves a gap.
    let since = pupil.newest().map_or(to, |newest| newest + charge.spec.settings.step);
    if let Ok(late) = Box::pin(self::recorded(shared, &charge.spec, (since, Timestamp::now()))).await {
        pupil.hear(&late, &charge.events, &charge.spec);
    }
    info!(scaler = %charge.key, samples, took_ms = began.elapsed().as_millis(), "history learned");
    slot.scaler().end_lesson(lesson, Ok((pupil.autoscaler, pupil.peaks)));
    // As long a pause as the work took: learning never takes more than half of what it may.
    tokio::time::sleep(began.elapsed().min(FIRST_PAUSE)).await;
}

/// What a source that does not answer now may answer in a minute; a query that is wrong stays wrong.
fn may_heal(error: &SourceError) -> bool {
    error.can_heal() || matches!(error, SourceError::TimedOut { .. } | SourceError::Busy { .. })
}

/// The history of demand, and of those signals that have one: a signal without a history does not keep demand's from
/// being learned.
async fn recorded(
    shared: &Shared,
    spec: &CheckedScaler,
    span: (Timestamp, Timestamp),
) -> Result<Recorded, SourceError> {
    // What there is of a history that is cut short ends too early to be learned as what came last.
    let History { samples: demand, cut_short } = shared.reader.history(&spec.demand, span, PAUSE).await;
    if let Some(error) = cut_short {
        return Err(error);
    }
    let mut signals = Vec::with_capacity(spec.signals.len());
    for (_, source) in &spec.signals {
        signals.push(shared.reader.history(source, span, PAUSE).await.samples);
    }
    Ok(Recorded { demand, signals })
}

/// An autoscaler that learns beside the one that runs.
struct Pupil {
    autoscaler: Autoscaler,
    peaks: BTreeMap<String, f64>,
}

impl Pupil {
    fn new(spec: &CheckedScaler) -> Self {
        Self { autoscaler: Autoscaler::new(spec.settings.clone()), peaks: BTreeMap::new() }
    }

    /// The newest sample of demand that it has heard of.
    fn newest(&self) -> Option<Timestamp> {
        self.autoscaler.forecast().map(|forecast| forecast.origin)
    }

    /// Takes in what was recorded, as it would have been observed.
    fn hear(&mut self, recorded: &Recorded, events: &[Event], spec: &CheckedScaler) {
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
