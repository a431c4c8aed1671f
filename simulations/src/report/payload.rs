//! What the page's charts are drawn from: the comparison's timeline as bucketed columns, the trade-off points and the
//! events. `page/data.js` reads it; the two change together.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::buckets::{Buckets, Keep};
use super::columns::Column;
use super::windows::{AROUND_EVENT, Windows};
use crate::outcome::late_share;
use crate::result::{Band, Comparison, EventResult, FrontierPoint, PolicyResult, TimelineRow};

/// All that the charts show. Times are seconds since `from_s`, rates are per second.
#[derive(Serialize)]
pub(super) struct Payload<'a> {
    /// Start of the window, in seconds since 1970.
    from_s: f64,
    /// Length of the window.
    length_s: f64,
    /// Unit of demand.
    unit: &'a str,
    /// Demand that one replica serves.
    replica_capacity: f64,
    /// Start of each bucket, as the distance from the one before; the first from the window's start.
    steps_s: Column,
    /// The highest true demand.
    demand: Column,
    /// The highest observed demand; missing while the source was silent.
    observed: Column,
    policies: Vec<PolicyColumns<'a>>,
    events: Vec<EventSpan<'a>>,
    frontier: &'a [FrontierPoint],
}

/// One policy: its place on the trade-off plane, and a column a measure with one value a bucket.
#[derive(Serialize)]
struct PolicyColumns<'a> {
    name: &'a str,
    settings: &'a str,
    missed_share: f64,
    replica_hours: f64,
    cost: f64,
    served: Column,
    desired: Column,
    replicas: Column,
    ready: Column,
    nodes: Column,
    backlog: Column,
    late: Column,
    failed: Column,
    /// The forecast for the bucket, as it was made one lead time before.
    low: Column,
    median: Column,
    high: Column,
    /// The newest reason, as an index into `texts`.
    reason: Column,
    texts: Vec<&'a str>,
}

/// An event and the time around it that its figures cover.
#[derive(Serialize)]
struct EventSpan<'a> {
    name: &'a str,
    class: &'a str,
    start_s: f64,
    end_s: f64,
    margin_s: f64,
}

impl<'a> Payload<'a> {
    /// Buckets the timelines of a comparison.
    pub(super) fn of(comparison: &'a Comparison) -> Self {
        let world = comparison.policies.iter().max_by_key(|policy| policy.timeline.len());
        let rows: &[TimelineRow] = world.map_or(&[], |policy| &policy.timeline);
        let ticks: Vec<Timestamp> = rows.iter().map(|row| row.time).collect();
        let buckets = Buckets::new(&ticks, comparison.to, &Windows::of(comparison));
        Self {
            from_s: seconds(comparison.from),
            length_s: seconds(comparison.to) - seconds(comparison.from),
            unit: &comparison.recording.unit,
            replica_capacity: comparison.replica_capacity,
            steps_s: steps(comparison.from, buckets.starts()),
            demand: column(&buckets, rows, Keep::Most, |row| Some(row.demand)),
            observed: column(&buckets, rows, Keep::Most, |row| row.observed),
            policies: comparison.policies.iter().map(|policy| PolicyColumns::of(policy, &buckets)).collect(),
            events: events(comparison).iter().map(|event| EventSpan::of(event, comparison.from)).collect(),
            frontier: &comparison.frontier,
        }
    }
}

/// The window's events; they are the same for every policy.
pub(super) fn events(comparison: &Comparison) -> &[EventResult] {
    comparison.policies.first().map_or(&[], |policy| &policy.events)
}

impl<'a> PolicyColumns<'a> {
    fn of(policy: &'a PolicyResult, buckets: &Buckets) -> Self {
        let rows = &policy.timeline;
        let fold = |keep, value: fn(&TimelineRow) -> Option<f64>| column(buckets, rows, keep, value);
        let (reason, texts) = reasons(buckets, rows);
        Self {
            name: &policy.name,
            settings: &policy.settings,
            missed_share: late_share(policy),
            replica_hours: policy.replica_hours,
            cost: policy.cost,
            served: fold(Keep::Most, |row| row.served_demand),
            desired: fold(Keep::Most, |row| Some(f64::from(row.desired_replicas))),
            replicas: fold(Keep::Most, |row| Some(f64::from(row.replicas))),
            ready: fold(Keep::Fewest, |row| Some(f64::from(row.ready_replicas))),
            nodes: fold(Keep::Most, |row| Some(f64::from(row.nodes))),
            backlog: fold(Keep::Most, |row| Some(row.backlog)),
            late: fold(Keep::Sum, |row| Some(row.late_requests)),
            failed: fold(Keep::Sum, |row| Some(row.failed_requests)),
            low: band(buckets, rows, Keep::Fewest, |band| band.low),
            median: band(buckets, rows, Keep::Last, |band| band.median),
            high: band(buckets, rows, Keep::Most, |band| band.high),
            reason,
            texts,
        }
    }
}

impl<'a> EventSpan<'a> {
    fn of(event: &'a EventResult, from: Timestamp) -> Self {
        Self {
            name: &event.name,
            class: &event.class,
            start_s: seconds(event.starts_at) - seconds(from),
            end_s: seconds(event.ends_at) - seconds(from),
            margin_s: AROUND_EVENT.as_secs_f64(),
        }
    }
}

fn column(
    buckets: &Buckets,
    rows: &[TimelineRow],
    keep: Keep,
    value: fn(&TimelineRow) -> Option<f64>,
) -> Column {
    Column::new(buckets.fold(rows.iter().filter_map(|row| Some((row.time, value(row)?))), keep))
}

/// A forecast belongs to the moment that it was made for, where it can be seen against what came.
fn band(buckets: &Buckets, rows: &[TimelineRow], keep: Keep, value: fn(&Band) -> f64) -> Column {
    let samples = rows.iter().filter_map(|row| {
        let band = row.band.as_ref()?;
        Some((row.time.checked_add(band.ahead).ok()?, value(band)))
    });
    Column::new(buckets.fold(samples, keep))
}

/// The newest reason of each bucket, and the texts that are left after bucketing, in the order of their first use.
fn reasons<'a>(buckets: &Buckets, rows: &'a [TimelineRow]) -> (Column, Vec<&'a str>) {
    let given = rows.iter().enumerate().filter(|(_, row)| !row.reason.is_empty());
    let newest = buckets.fold(given.map(|(index, row)| (row.time, index as f64)), Keep::Last);
    let mut texts = Vec::new();
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    let column = newest.into_iter().map(|row| {
        let text = rows[row? as usize].reason.as_str();
        let index = *known.entry(text).or_insert_with(|| {
            texts.push(text);
            texts.len() - 1
        });
        Some(index as f64)
    });
    (Column::new(column.collect()), texts)
}

fn steps(from: Timestamp, starts: &[Timestamp]) -> Column {
    let before = std::iter::once(&from).chain(starts);
    let steps = starts.iter().zip(before).map(|(start, before)| Some(seconds(*start) - seconds(*before)));
    Column::new(steps.collect())
}

fn seconds(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1e3
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::report::fixture;

    #[test]
    fn a_forecast_stands_at_the_moment_it_was_made_for() {
        let mut night = fixture::night();
        let prescale = night.policies.iter_mut().find(|policy| policy.name == "prescale").unwrap();
        for row in &mut prescale.timeline {
            row.band = None;
        }
        let ahead = SignedDuration::from_secs(45);
        prescale.timeline[10].band = Some(Band { ahead, low: 1.0, median: 2.0, high: 3.0 });
        let json = serde_json::to_value(Payload::of(&night)).unwrap();
        let policy = json["policies"].as_array().unwrap().iter().find(|policy| policy["name"] == "prescale");
        assert_eq!(policy.unwrap()["median"][0], serde_json::json!([null, 13]));
        assert_eq!(policy.unwrap()["median"][1], 2);
    }

    #[test]
    fn a_reason_is_written_once() {
        let mut night = fixture::night();
        night.policies.truncate(1);
        for (index, row) in night.policies[0].timeline.iter_mut().enumerate() {
            row.reason = if index < 100 { "calm" } else { "on-sale" }.to_owned();
        }
        let json = serde_json::to_value(Payload::of(&night)).unwrap();
        assert_eq!(json["policies"][0]["texts"], serde_json::json!(["calm", "on-sale"]));
        assert_eq!(json["policies"][0]["reason"][0], serde_json::json!([0, 100]));
    }

    #[test]
    fn a_comparison_without_ticks_has_empty_columns() {
        let mut night = fixture::night();
        night.policies.clear();
        let json = serde_json::to_value(Payload::of(&night)).unwrap();
        assert_eq!(json["steps_s"], serde_json::json!([]));
    }
}
