//! Going on from a snapshot: what the forecaster had learned, and the samples that the store has of the time since. A
//! scaler that resumes needs no source for it.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use prescale_model::{Remembered, Sample};
use tracing::info;

use super::{
    Shared,
    lesson::{Pupil, Recorded, recorded},
};
use crate::{
    api::CheckedScaler,
    scaler::Charge,
    store::{ScalerId, SeriesId, Snapshot, SourcesId, Store},
};

/// A snapshot that is older is set aside: what has changed since may be more than what it knows. It is also the longest
/// gap that a series of minutes walks.
const OLDEST: SignedDuration = SignedDuration::from_hours(72);
/// Steps before the snapshot that are read: what a series keeps for late samples and slow signals.
const RECALLED_STEPS: i32 = 120;
/// A gap of fewer steps is not worth a question: after a restart, every scaler would ask it at once.
const LEAST_GAP_STEPS: i32 = 3;
/// A source is waited for this long; a scaler with a gap in its history is better than none.
const GAP_WITHIN: Duration = Duration::from_secs(10);

/// What was learned before this run, with what came since; `None` where there is no snapshot of use.
pub(super) async fn resume(shared: &Arc<Shared>, charge: &Charge) -> Option<Box<Pupil>> {
    let store = shared.store.as_ref()?;
    let permit = shared.resumes.acquire().await.expect("it is never closed");
    let snapshot = store.snapshot(ScalerId::of(&charge.spec)).await?;
    let series = SeriesId::all_of(&charge.spec);
    if let Some(why) = set_aside(&snapshot, &series, Timestamp::now()) {
        info!(scaler = %charge.key, why, "snapshot set aside: history is learned anew");
        return None;
    }
    let (known, since) = kept(store, &series, &snapshot, &charge.spec).await?;
    let (spec, events, closed_to) =
        (Arc::clone(&charge.spec), Arc::clone(&charge.events), snapshot.closed_to);
    let resumed = tokio::task::spawn_blocking(move || {
        let mut pupil = Box::new(Pupil::new(&spec));
        let signals: Vec<&[Sample]> = known.signals.iter().map(Vec::as_slice).collect();
        let remembered = Remembered {
            forecaster: &snapshot.forecaster,
            closed_to: snapshot.closed_to,
            demand: &known.demand,
            signals: &signals,
        };
        pupil.autoscaler.resume(&remembered)?;
        pupil.autoscaler.restore_starts(snapshot.starts);
        (pupil.peaks, pupil.snapshot_of) = (snapshot.peaks, Some(snapshot.closed_to));
        pupil.hear(&since, &events, &spec);
        Ok::<_, prescale_model::forecast::snapshot::SnapshotError>((pupil, since.demand.len()))
    });
    let (mut pupil, steps) = match resumed.await.ok()? {
        Ok(resumed) => resumed,
        Err(error) => {
            info!(scaler = %charge.key, why = %error, "snapshot set aside: history is learned anew");
            return None;
        }
    };
    // Where a source is away, all wait for it at once.
    drop(permit);
    let gap = fill_gap(shared, charge, &mut pupil).await;
    info!(scaler = %charge.key, snapshot_of = %closed_to, steps_since = steps, gap, "forecast resumed from its snapshot");
    Some(pupil)
}

/// Why a snapshot is of no use.
fn set_aside(snapshot: &Snapshot, series: &[SeriesId], now: Timestamp) -> Option<&'static str> {
    if snapshot.sources != SourcesId::of(series) {
        return Some("it was taken of other sources");
    }
    let age = now.duration_since(snapshot.closed_to);
    if age < -SignedDuration::from_hours(1) {
        return Some("it is of a time that is yet to come");
    }
    (OLDEST < age).then_some("it is more than three days old")
}

/// What the store has of the time before the snapshot, and since.
async fn kept(
    store: &Store,
    series: &[SeriesId],
    snapshot: &Snapshot,
    spec: &CheckedScaler,
) -> Option<(Recorded, Recorded)> {
    let from = snapshot.closed_to.checked_sub(spec.settings.step * RECALLED_STEPS).ok()?;
    let mut parts = Vec::with_capacity(series.len());
    for series in series {
        let mut before = store.samples(*series, (from, Timestamp::now())).await?;
        // The store rounds times down.
        let since = before.split_off(before.partition_point(|sample| sample.at() <= snapshot.closed_to));
        parts.push((before, since));
    }
    let (before, since): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
    Some((Recorded::of(before).by_their_time(spec), Recorded::of(since).by_their_time(spec)))
}

/// Learns what the source has of the time in which nobody observed it; what came of it, in words.
async fn fill_gap(shared: &Shared, charge: &Charge, pupil: &mut Pupil) -> String {
    let (step, now) = (charge.spec.settings.step, Timestamp::now());
    let Some(closed_to) = pupil.autoscaler.demand().closed_to() else { return "none".to_owned() };
    if now.duration_since(closed_to) <= step * LEAST_GAP_STEPS {
        return "none".to_owned();
    }
    let read = recorded(shared, &charge.spec, (closed_to + step, now), SignedDuration::ZERO);
    match tokio::time::timeout(GAP_WITHIN, Box::pin(read)).await {
        Ok(Ok(recorded)) if recorded.all.demand.is_empty() => {
            "stays: the source has nothing of it".to_owned()
        }
        Ok(Ok(recorded)) => {
            pupil.hear(&recorded.all, &charge.events, &charge.spec);
            "filled".to_owned()
        }
        Ok(Err(error)) => format!("stays: {error}"),
        Err(_) => "stays: the source is slow".to_owned(),
    }
}
