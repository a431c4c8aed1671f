//! What was before the trail, from the history store: demand and signals, which is all that it keeps.

use std::collections::BTreeMap;

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use prescale_model::Sample;

use super::wire::Trail;
use crate::{
    api::CheckedScaler,
    store::{SeriesId, Store},
};

/// Rows of the past that one answer has; steps are further apart where there would be more.
const MOST_ROWS: i64 = 3_000;
/// How far back is read, however long ago it is asked for: what a store keeps at most.
const FARTHEST: SignedDuration = SignedDuration::from_hours(400 * 24);

/// What is kept of a scaler's series within a time; `None` where the store does not answer, or has nothing.
pub(super) async fn before(
    store: &Store,
    spec: &CheckedScaler,
    (from, to): (Timestamp, Timestamp),
) -> Option<Trail> {
    let from = from.max(to.checked_sub(FARTHEST).unwrap_or(Timestamp::MIN));
    // The trail begins at `to`.
    let to = to - SignedDuration::from_millis(1);
    if to <= from {
        return None;
    }
    let series = SeriesId::all_of(spec);
    let read = series.into_iter().map(|series| store.samples(series, (from, to)));
    let mut samples = join_all(read).await.into_iter().map(Option::unwrap_or_default);
    let demand = samples.next()?;
    let step = spec.settings.step.as_millis().max(1);
    let rows = i64::try_from(to.duration_since(from).as_millis() / step).unwrap_or(i64::MAX);
    let step_ms = i64::try_from(step).unwrap_or(i64::MAX).saturating_mul(rows / MOST_ROWS + 1);
    let names = spec.signals.iter().map(|(name, _)| name.clone());
    let trail = trail(step_ms, &demand, names.zip(samples));
    (!trail.at.is_empty()).then_some(trail)
}

/// Rows of `step_ms`, each with the newest sample of each series in it.
fn trail(step_ms: i64, demand: &[Sample], signals: impl Iterator<Item = (String, Vec<Sample>)>) -> Trail {
    let row = |sample: &Sample| -(-sample.at().as_millisecond()).div_euclid(step_ms);
    let newest: BTreeMap<i64, Sample> = demand.iter().map(|sample| (row(sample), *sample)).collect();
    let nothing = || vec![None; newest.len()];
    let signals = signals.map(|(name, samples)| {
        let values: BTreeMap<i64, f64> = samples.iter().map(|sample| (row(sample), sample.value())).collect();
        (name, newest.keys().map(|row| values.get(row).copied()).collect())
    });
    Trail {
        step_seconds: step_ms as f64 / 1_000.0,
        at: newest.values().map(Sample::at).collect(),
        demand: newest.values().map(|sample| Some(sample.value())).collect(),
        forecast: nothing(),
        low: nothing(),
        high: nothing(),
        planned: nothing(),
        running: nothing(),
        ready: nothing(),
        headroom: nothing(),
        headroom_ready: nothing(),
        nodes: nothing(),
        served: nothing(),
        signals: signals.collect(),
        reasons: vec![],
    }
}

impl Trail {
    /// This, and then `later`, whose step counts.
    pub(super) fn followed_by(self, later: Self) -> Self {
        let join = |mut first: Vec<Option<f64>>, second: Vec<Option<f64>>| {
            first.extend(second);
            first
        };
        let (before, after) = (self.at.len(), later.at.len());
        let mut signals = self.signals;
        for (name, values) in later.signals {
            let known = signals.remove(&name).unwrap_or_else(|| vec![None; before]);
            signals.insert(name, join(known, values));
        }
        for values in signals.values_mut() {
            values.resize(before + after, None);
        }
        Self {
            step_seconds: later.step_seconds,
            at: [self.at, later.at].concat(),
            demand: join(self.demand, later.demand),
            forecast: join(self.forecast, later.forecast),
            low: join(self.low, later.low),
            high: join(self.high, later.high),
            planned: join(self.planned, later.planned),
            running: join(self.running, later.running),
            ready: join(self.ready, later.ready),
            headroom: join(self.headroom, later.headroom),
            headroom_ready: join(self.headroom_ready, later.headroom_ready),
            nodes: join(self.nodes, later.nodes),
            served: join(self.served, later.served),
            signals,
            reasons: later.reasons,
        }
    }
}
