//! What a backtest gives. `--json` is [`Outcome`] as it stands; names in it are a contract.

use jiff::Timestamp;
use prescale_model::forecast::{QUANTILES, Quantiles};
use serde::Serialize;

use super::Tally;
use super::check::Plan;
use super::courses::{Course, Courses};
use super::scores::{Class, Pair};
use crate::recording::Recording;

/// All that came of a backtest.
#[derive(Debug, Serialize)]
pub(super) struct Outcome {
    /// Title of the recording.
    pub(super) recording: String,
    /// Unit of the demand, as it was recorded.
    pub(super) unit: String,
    /// Length of a step.
    pub(super) step_s: f64,
    /// Time from one origin to the next.
    pub(super) every_s: f64,
    /// First origin, and end of the origins.
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    /// In a sentence.
    pub(super) summary: String,
    /// A row a horizon and class.
    pub(super) scores: Vec<Row>,
    /// Each event, in order of start, at the longest horizon and from every step.
    pub(super) events: Vec<EventRow>,
    /// The forecasts around the worst event and around the one in the middle.
    pub(super) courses: Vec<CourseRow>,
}

/// The scores of one horizon and class.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Row {
    pub(super) horizon_s: f64,
    pub(super) class: String,
    pub(super) forecasts: u64,
    /// Mean weighted quantile loss; `None` where nothing came.
    pub(super) wql: Option<f64>,
    /// The same of the last value.
    pub(super) wql_last_value: Option<f64>,
    /// The same of forecasts that were not told of events; `None` without a calendar.
    pub(super) wql_without_events: Option<f64>,
    /// Absolute error of the median, relative to what came.
    pub(super) wape: Option<f64>,
    /// For each quantile, the share of targets at or below it. Empty without forecasts.
    pub(super) coverage: Vec<Coverage>,
}

/// How often a quantile held.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Coverage {
    pub(super) quantile: f64,
    pub(super) covered: f64,
}

/// The scores of one event, of the targets in its reach.
#[derive(Debug, Serialize)]
pub(super) struct EventRow {
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) class: String,
    pub(super) starts_at: Timestamp,
    pub(super) ends_at: Timestamp,
    pub(super) forecasts: u64,
    pub(super) wql: Option<f64>,
    pub(super) wql_last_value: Option<f64>,
    pub(super) wql_without_events: Option<f64>,
    pub(super) coverage: Vec<Coverage>,
}

/// How the forecasts went around one event.
#[derive(Debug, Serialize)]
pub(super) struct CourseRow {
    /// `worst` or `median` of all events.
    pub(super) rank: &'static str,
    /// Its name.
    pub(super) event: String,
    pub(super) starts_at: Timestamp,
    pub(super) ends_at: Timestamp,
    pub(super) points: Vec<PointRow>,
}

/// What was forecast for a moment, with the calendar and without, at the quantiles 0.1, 0.5, 0.9, 0.95 and 0.99.
#[derive(Debug, Serialize)]
pub(super) struct PointRow {
    pub(super) target_at: Timestamp,
    pub(super) actual: f64,
    pub(super) forecast: Quantiles,
    pub(super) forecast_without_events: Option<Quantiles>,
}

impl Outcome {
    /// Puts the forecasts with the calendar beside those without; `None` where there is no calendar.
    pub(super) fn of(recording: &Recording, plan: &Plan, told: &Tally, untold: Option<&Tally>) -> Self {
        let scores = rows(plan, told, untold);
        let events = told.courses.each.iter().enumerate();
        let event = |(at, course)| event_row(course, untold.map(|untold| &untold.courses.each[at]));
        let demand = recording.meta.signals.get(&recording.meta.demand);
        Self {
            recording: recording.meta.title.clone(),
            unit: demand.map_or_else(String::new, |signal| signal.unit.clone()),
            step_s: plan.step.as_secs_f64(),
            every_s: (plan.step * plan.every as i32).as_secs_f64(),
            from: plan.from.max(recording.start),
            to: plan.to.min(recording.time_at(recording.len())),
            summary: summary(&scores),
            scores,
            events: events.map(event).collect(),
            courses: courses(&told.courses, untold.map(|untold| &untold.courses)),
        }
    }
}

fn rows(plan: &Plan, told: &Tally, untold: Option<&Tally>) -> Vec<Row> {
    let mut rows = vec![];
    for (horizon, &ahead) in plan.horizons.iter().enumerate() {
        let mut without = untold.map(|untold| untold.scores.of(horizon));
        for (class, pair) in told.scores.of(horizon) {
            let untold = without.as_mut().and_then(Iterator::next).map(|(_, pair)| pair);
            rows.push(row((plan.step * ahead as i32).as_secs_f64(), class, pair, untold));
        }
    }
    rows
}

fn row(horizon_s: f64, class: &Class, told: &Pair, untold: Option<&Pair>) -> Row {
    Row {
        horizon_s,
        class: class.name(),
        forecasts: told.ours.count(),
        wql: told.ours.wql(),
        wql_last_value: told.last_value.wql(),
        wql_without_events: untold.and_then(|untold| untold.ours.wql()),
        wape: told.ours.wape(),
        coverage: coverage(told),
    }
}

fn coverage(pair: &Pair) -> Vec<Coverage> {
    let covered = pair.ours.coverage().into_iter().flatten();
    covered.zip(QUANTILES).map(|(covered, quantile)| Coverage { quantile, covered }).collect()
}

fn event_row(told: &Course, untold: Option<&Course>) -> EventRow {
    EventRow {
        name: told.event.name.clone(),
        class: told.event.class.clone(),
        starts_at: told.event.starts_at,
        ends_at: told.event.ends_at,
        forecasts: told.score.ours.count(),
        wql: told.score.ours.wql(),
        wql_last_value: told.score.last_value.wql(),
        wql_without_events: untold.and_then(|untold| untold.score.ours.wql()),
        coverage: coverage(&told.score),
    }
}

fn courses(told: &Courses, untold: Option<&Courses>) -> Vec<CourseRow> {
    let (worst, median) = told.worst_and_median();
    let ranked = [("worst", worst), ("median", median)].into_iter();
    let course = |(rank, at): (&'static str, Option<usize>)| {
        let at = at?;
        Some(course_row(rank, &told.each[at], untold.map(|untold| &untold.each[at])))
    };
    ranked.filter_map(course).collect()
}

fn course_row(rank: &'static str, told: &Course, untold: Option<&Course>) -> CourseRow {
    let without =
        |at: &Timestamp| untold.and_then(|untold| untold.points.get(at)).map(|point| point.quantiles);
    let point = |(at, point): (&Timestamp, &super::courses::Point)| PointRow {
        target_at: *at,
        actual: point.actual,
        forecast: point.quantiles,
        forecast_without_events: without(at),
    };
    CourseRow {
        rank,
        event: told.event.name.clone(),
        starts_at: told.event.starts_at,
        ends_at: told.event.ends_at,
        points: told.points.iter().map(point).collect(),
    }
}

/// How the longest horizon did, over all and around events.
fn summary(rows: &[Row]) -> String {
    let Some(longest) = rows.last().map(|row| row.horizon_s) else { return String::new() };
    let of = |class: &str| rows.iter().find(|row| row.horizon_s == longest && row.class == class);
    let ahead = crate::figures::duration(longest);
    let Some(overall) = of("all").and_then(|row| change(row.wql, row.wql_last_value)) else {
        return format!("No forecast {ahead} ahead could be scored.");
    };
    let told = of("event").and_then(|row| change(row.wql, row.wql_without_events));
    let told =
        told.map(|told| format!("; around events it is {told} that of the same forecasts without them"));
    format!("{ahead} ahead, the loss is {overall} that of the last value{}.", told.unwrap_or_default())
}

/// How far a loss is from another: `62 % below`.
fn change(own: Option<f64>, other: Option<f64>) -> Option<String> {
    let (own, other) = own.zip(other.filter(|other| 0.0 < *other))?;
    let percent = (100.0 * (own / other - 1.0)).round();
    Some(match percent {
        percent if percent < 0.0 => format!("{} % below", -percent),
        percent if 0.0 < percent => format!("{percent} % above"),
        _ => "equal to".into(),
    })
}
