//! What a tick leaves with the history store: the steps that have closed, and now and then a snapshot.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::{
    api::CheckedScaler,
    scaler::{History, Scaler},
    store::{ScalerId, SeriesId, Snapshot, SourcesId, Step, Store},
};

/// Time between two snapshots of a scaler. A restart learns the steps since: half an hour of minutes in 2 ms. Ten
/// thousand scalers write 110 kB/s of them.
const SNAPSHOT_EVERY: SignedDuration = SignedDuration::from_mins(30);
/// Steps that are worth a snapshot without a history before them: all that a series keeps, a day of minutes.
const WORTH_KEEPING: usize = 1_440;
/// Steps that one tick tells at most: what came while a source was away for an hour.
const MOST_STEPS: usize = 64;

/// How far the store has been told of a scaler.
#[derive(Debug, Default)]
pub(super) struct Recorder {
    /// The series of the spec that runs.
    of: Option<(Arc<CheckedScaler>, Arc<[SeriesId]>)>,
    told_to: Option<Timestamp>,
    /// When the last snapshot was taken.
    snapshot_at: Option<Timestamp>,
}

impl Recorder {
    /// Tells what has closed since the last tick, and leaves a snapshot when it is time.
    pub(super) fn record(&mut self, store: &Store, scaler: &Scaler, now: Timestamp) {
        let series = self.series(scaler);
        let (autoscaler, signals) = (scaler.autoscaler(), &scaler.charge().spec.signals);
        // A clock that was set back, or another series: what is there is told from its begin.
        let told_to = self.told_to.filter(|told_to| autoscaler.demand().closed_to() >= Some(*told_to));
        let closed = autoscaler.demand().closed_after(told_to).collect::<Vec<_>>();
        for step in &closed[closed.len().saturating_sub(MOST_STEPS)..] {
            // As it was known then: of what is known late, the value of that time is yet to come.
            let signals = signals
                .iter()
                .map(|(name, source)| autoscaler.signal(name)?.at(step.ends_at - source.delay, source.step));
            let values = std::iter::once(step.value).chain(signals).collect();
            store.record(Step { series: Arc::clone(&series), ends_at: step.ends_at, values });
        }
        self.told_to = autoscaler.demand().closed_to();
        if !closed.is_empty() && self.is_time(scaler, now) && store.has_place_for_snapshot() {
            self.snapshot_at =
                snapshot(scaler, &series).and_then(|snapshot| store.keep_snapshot(snapshot).then_some(now));
        }
    }

    /// Notes what a lesson has brought, perhaps from a snapshot: the store has it, or is about to.
    pub(super) fn learned(&mut self, scaler: &Scaler, snapshot_of: Option<Timestamp>) {
        _ = self.series(scaler);
        self.told_to = scaler.autoscaler().demand().closed_to();
        self.snapshot_at = snapshot_of;
    }

    fn series(&mut self, scaler: &Scaler) -> Arc<[SeriesId]> {
        let spec = &scaler.charge().spec;
        if let Some((of, series)) = &self.of
            && Arc::ptr_eq(of, spec)
        {
            return Arc::clone(series);
        }
        let series: Arc<[SeriesId]> = SeriesId::all_of(spec).into();
        if self.of.as_ref().is_none_or(|(_, known)| known[0] != series[0]) {
            self.told_to = None;
        }
        self.of = Some((Arc::clone(spec), Arc::clone(&series)));
        series
    }

    /// Twice an hour, once it has learned what there was: a snapshot without that would keep it from ever being learned.
    /// What could not be read is given up for as much that it has seen itself.
    fn is_time(&self, scaler: &Scaler, now: Timestamp) -> bool {
        let has_learned = match scaler.history() {
            History::Learned => true,
            History::Failed { .. } => WORTH_KEEPING <= scaler.autoscaler().demand().kept().count(),
            History::Awaited | History::Learning => false,
        };
        has_learned && self.snapshot_at.is_none_or(|at| SNAPSHOT_EVERY <= now.duration_since(at).abs())
    }
}

/// All that is kept of a scaler beside its samples; `None` before its first step.
fn snapshot(scaler: &Scaler, series: &[SeriesId]) -> Option<Snapshot> {
    Some(Snapshot {
        scaler: ScalerId::of(&scaler.charge().spec),
        sources: SourcesId::of(series),
        closed_to: scaler.autoscaler().demand().closed_to()?,
        forecaster: scaler.autoscaler().snapshot(),
        peaks: scaler.peaks().clone(),
        starts: scaler.autoscaler().starts().clone(),
    })
}
