//! How the forecasts went around each event, from every step and at the longest horizon: what a mean over weeks hides.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use prescale_model::Event;
use prescale_model::forecast::Quantiles;

use super::Made;
use super::check::Plan;
use super::scores::{Pair, reach, took_place};
use crate::calendar::Announced;

/// A course is shown from this long before its event until this long after it.
const AROUND: SignedDuration = SignedDuration::from_mins(60);

/// The events of a backtest, in order of their start.
pub(super) struct Courses {
    /// Position of the horizon that is looked at.
    horizon: usize,
    pub(super) each: Vec<Course>,
}

/// One event, and the forecasts for the time around it.
pub(super) struct Course {
    pub(super) event: Event,
    /// Of the targets in its reach.
    pub(super) score: Pair,
    /// By the targets' stamps.
    pub(super) points: BTreeMap<Timestamp, Point>,
}

/// What was forecast for a moment, and what came.
pub(super) struct Point {
    pub(super) quantiles: Quantiles,
    pub(super) actual: f64,
}

impl Courses {
    /// Nothing seen yet.
    pub(super) fn new(plan: &Plan, calendar: &[Announced]) -> Self {
        let course =
            |event: &Event| Course { event: event.clone(), score: Pair::default(), points: BTreeMap::new() };
        Self { horizon: plan.horizons.len() - 1, each: took_place(calendar).map(course).collect() }
    }

    pub(super) fn add(&mut self, made: &Made) {
        if made.horizon != self.horizon {
            return;
        }
        for course in &mut self.each {
            course.add(made);
        }
    }

    /// Positions of the event whose forecasts were the worst, and of the one in the middle. `None` without events,
    /// and no middle for a single one.
    pub(super) fn worst_and_median(&self) -> (Option<usize>, Option<usize>) {
        let scored =
            self.each.iter().enumerate().filter_map(|(at, course)| Some((at, course.score.ours.wql()?)));
        let mut scored: Vec<(usize, f64)> = scored.collect();
        scored.sort_by(|(a_at, a), (b_at, b)| a.total_cmp(b).then(a_at.cmp(b_at)));
        let worst = scored.last().map(|(at, _)| *at);
        let median = scored.get(scored.len().saturating_sub(1) / 2).map(|(at, _)| *at);
        (worst, median.filter(|_| 1 < scored.len()))
    }
}

impl Course {
    fn add(&mut self, made: &Made) {
        let (from, to) = reach(&self.event);
        if from <= made.target_at && made.target_at <= to {
            self.score.add(made);
        }
        if self.event.starts_at - AROUND <= made.target_at && made.target_at <= self.event.ends_at + AROUND {
            let point = Point { quantiles: made.quantiles, actual: made.actual };
            self.points.insert(made.target_at, point);
        }
    }
}
