//! Numbers over time, one row an interval and one column a quantity, in one ring of floats: 4 bytes each, and nothing
//! else. The interval is the series' step, or a multiple of it where two hours of steps would not fit.

use std::{collections::VecDeque, mem::size_of};

use jiff::{SignedDuration, Timestamp};
use prescale_model::forecast::value_at;

use super::Look;
use crate::{api::CheckedScaler, web::wire::Trail};

/// The most that is kept.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);
/// What is kept however little room there is: intervals grow until it fits.
const SHORTEST: SignedDuration = SignedDuration::from_hours(2);
/// Rows that are kept however little room there is.
const LEAST_ROWS: usize = 16;
/// The least quantile that is shown.
const LOW: f64 = 0.1;

/// One quantity, before the signals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Demand,
    Forecast,
    Low,
    High,
    Planned,
    Running,
    Ready,
    Headroom,
    HeadroomReady,
    Nodes,
    Served,
}

/// How many of them there are.
const FIXED: usize = 11;

/// Numbers over time.
#[derive(Debug)]
pub(super) struct Columns {
    signals: Vec<String>,
    step_ms: i64,
    interval_ms: i64,
    /// Ends of rows are at this time modulo the interval.
    phase_ms: i64,
    /// Number of the oldest row: its end in intervals.
    first: i64,
    /// Row after row; what is missing is NaN.
    cells: VecDeque<f32>,
    most_rows: usize,
    /// Steps of demand up to here have been taken.
    taken_to: Option<Timestamp>,
}

impl Columns {
    pub(super) fn new(spec: &CheckedScaler) -> Self {
        let step_ms = i64::try_from(spec.settings.step.as_millis()).unwrap_or(i64::MAX).max(1);
        Self {
            signals: spec.signals.iter().map(|(name, _)| name.clone()).collect(),
            step_ms,
            interval_ms: step_ms,
            phase_ms: 0,
            first: 0,
            cells: VecDeque::new(),
            most_rows: LEAST_ROWS,
            taken_to: None,
        }
    }

    fn width(&self) -> usize {
        FIXED + self.signals.len()
    }

    fn rows(&self) -> usize {
        self.cells.len() / self.width()
    }

    pub(super) fn bytes(&self) -> usize {
        self.cells.capacity() * size_of::<f32>()
    }

    /// Takes in a tick, within so many bytes.
    pub(super) fn take(&mut self, look: &Look<'_>, budget: usize) {
        self.fit(budget);
        if self.cells.is_empty()
            && let Some(closed_to) = look.autoscaler.demand().closed_to()
        {
            self.phase_ms = closed_to.as_millisecond().rem_euclid(self.interval_ms);
        }
        let (now, plan) = (look.now, look.plan);
        self.forget_after(now + plan.lead_time.pod);
        self.take_closed(look);
        let workload = look.workload;
        let count = |count: u32| f64::from(count);
        self.set(now, Column::Planned, Some(count(plan.replicas)));
        self.set(now, Column::Running, workload.map(|workload| count(workload.replicas)));
        self.set(now, Column::Ready, workload.and_then(|workload| workload.ready).map(count));
        self.set(now, Column::Headroom, Some(count(plan.headroom)));
        self.set(now, Column::HeadroomReady, look.room.ready.map(count));
        self.set(now, Column::Nodes, look.nodes.map(count));
        self.set(now, Column::Served, plan.demand);
        let then = now + plan.lead_time.pod;
        if let Some(quantiles) = look.autoscaler.forecast().and_then(|forecast| forecast.at(then)) {
            self.set(then, Column::Low, Some(value_at(quantiles, LOW)));
            self.set(then, Column::Forecast, Some(value_at(quantiles, 0.5)));
            self.set(then, Column::High, Some(value_at(quantiles, look.spec.settings.risk)));
        }
    }

    /// Takes the steps of demand that have closed since, and what was known of the signals then.
    fn take_closed(&mut self, look: &Look<'_>) {
        let series = look.autoscaler.demand();
        // A clock that was set back begins anew.
        let taken_to = self.taken_to.filter(|taken_to| series.closed_to() >= Some(*taken_to));
        let horizon_ms = i64::try_from(self.most_rows).unwrap_or(i64::MAX).saturating_mul(self.interval_ms);
        let oldest_ms = look.now.as_millisecond().saturating_sub(horizon_ms);
        for step in series.closed_after(taken_to) {
            if step.ends_at.as_millisecond() <= oldest_ms {
                continue;
            }
            self.set(step.ends_at, Column::Demand, step.value);
            for (index, (name, source)) in look.spec.signals.iter().enumerate() {
                let known =
                    look.autoscaler.signal(name).and_then(|series| series.at(step.ends_at, source.step));
                self.put(step.ends_at, FIXED + index, known);
            }
        }
        self.taken_to = series.closed_to();
    }

    /// Brings it within `budget` bytes.
    fn fit(&mut self, budget: usize) {
        let rows = (budget / (self.width() * size_of::<f32>())).max(LEAST_ROWS);
        let steps = |time: SignedDuration| {
            usize::try_from(time.as_millis()).unwrap_or(usize::MAX) / self.step_ms as usize
        };
        let times = steps(SHORTEST).div_ceil(rows).max(1).next_power_of_two();
        let interval_ms = self.step_ms.saturating_mul(i64::try_from(times).unwrap_or(i64::MAX));
        let ahead = steps(SHORTEST) / times / 4;
        self.most_rows = rows.min(steps(LONGEST) / times + ahead).max(LEAST_ROWS);
        if interval_ms != self.interval_ms {
            self.regrid(interval_ms);
        }
        let width = self.width();
        let surplus = self.rows().saturating_sub(self.most_rows);
        if 0 < surplus {
            self.cells.drain(..surplus * width);
            self.first += surplus as i64;
        }
        // Room for more was made when there were fewer scalers.
        self.cells.shrink_to(self.most_rows * width);
    }

    /// Moves all rows to another interval; of those that fall together the newest counts.
    fn regrid(&mut self, interval_ms: i64) {
        let width = self.width();
        let before = std::mem::take(&mut self.cells);
        let ends: Vec<i64> =
            (0..before.len() / width).map(|row| self.end_ms(self.first + row as i64)).collect();
        self.interval_ms = interval_ms;
        self.phase_ms = self.phase_ms.rem_euclid(interval_ms);
        self.first = 0;
        for (row, end_ms) in ends.into_iter().enumerate() {
            for column in 0..width {
                let value = before[row * width + column];
                if let (Ok(at), false) = (Timestamp::from_millisecond(end_ms), value.is_nan()) {
                    self.put(at, column, Some(f64::from(value)));
                }
            }
        }
    }

    fn end_ms(&self, number: i64) -> i64 {
        number.saturating_mul(self.interval_ms).saturating_add(self.phase_ms)
    }

    fn set(&mut self, at: Timestamp, column: Column, value: Option<f64>) {
        self.put(at, column as usize, value);
    }

    /// Puts a value into the row that holds a time, and makes room for it. What lies before the oldest row is dropped.
    fn put(&mut self, at: Timestamp, column: usize, value: Option<f64>) {
        let number = self.number(at);
        if self.cells.is_empty() {
            self.first = number;
        }
        let Ok(mut row) = usize::try_from(number - self.first) else { return };
        let width = self.width();
        let surplus = (row + 1).saturating_sub(self.most_rows);
        if self.rows() <= surplus && 0 < surplus {
            // A gap that is longer than all that is kept.
            self.cells.clear();
            (self.first, row) = (number, 0);
        } else if 0 < surplus {
            self.cells.drain(..surplus * width);
            self.first += surplus as i64;
            row -= surplus;
        }
        while self.rows() <= row {
            self.grow();
        }
        self.cells[row * width + column] = value.map_or(f32::NAN, |value| value as f32);
    }

    /// Number of the row that holds a time.
    fn number(&self, at: Timestamp) -> i64 {
        let past = at.as_millisecond().saturating_sub(self.phase_ms);
        -(-past).div_euclid(self.interval_ms)
    }

    /// A clock that was set back: what it wrote of later times did not happen yet.
    fn forget_after(&mut self, at: Timestamp) {
        let rows = usize::try_from(self.number(at) - self.first + 1).unwrap_or(0);
        self.cells.truncate(rows * self.width());
    }

    /// One row more. Memory grows by a quarter, not to twice what it was.
    fn grow(&mut self) {
        let width = self.width();
        if self.cells.capacity() < self.cells.len() + width {
            let rows = (self.rows() / 4).max(LEAST_ROWS).min(self.most_rows - self.rows()).max(1);
            self.cells.reserve_exact(rows * width);
        }
        self.cells.extend(std::iter::repeat_n(f32::NAN, width));
    }

    /// Since when there is demand.
    pub(super) fn first_demand(&self) -> Option<Timestamp> {
        let row = (0..self.rows()).find(|row| self.cell(*row, Column::Demand).is_some())?;
        Timestamp::from_millisecond(self.end_ms(self.first + row as i64)).ok()
    }

    /// Time between two rows.
    pub(super) fn interval(&self) -> SignedDuration {
        SignedDuration::from_millis(self.interval_ms)
    }

    /// The rows that ended from one time to another, oldest first.
    pub(super) fn within(
        &self,
        (from, to): (Timestamp, Timestamp),
    ) -> impl Iterator<Item = (Timestamp, usize)> + '_ {
        let ends = (0..self.rows()).filter_map(move |row| {
            Some((Timestamp::from_millisecond(self.end_ms(self.first + row as i64)).ok()?, row))
        });
        let interval = self.interval();
        // The row that is open ends later, and is shown too.
        ends.filter(move |(at, _)| from <= *at && *at < to + interval)
    }

    /// A value of a row.
    pub(super) fn cell(&self, row: usize, column: Column) -> Option<f64> {
        self.value(row, column as usize)
    }

    fn value(&self, row: usize, column: usize) -> Option<f64> {
        self.cells.get(row * self.width() + column).filter(|value| !value.is_nan()).map(|value| shown(*value))
    }

    /// What is sent of it, without reasons.
    pub(super) fn trail(&self, span: (Timestamp, Timestamp)) -> Trail {
        let rows: Vec<(Timestamp, usize)> = self.within(span).collect();
        let column = |column: Column| rows.iter().map(|(_, row)| self.cell(*row, column)).collect();
        let signal = |index: usize| rows.iter().map(|(_, row)| self.value(*row, FIXED + index)).collect();
        Trail {
            step_seconds: self.interval().as_secs_f64(),
            at: rows.iter().map(|(at, _)| *at).collect(),
            demand: column(Column::Demand),
            forecast: column(Column::Forecast),
            low: column(Column::Low),
            high: column(Column::High),
            planned: column(Column::Planned),
            running: column(Column::Running),
            ready: column(Column::Ready),
            headroom: column(Column::Headroom),
            headroom_ready: column(Column::HeadroomReady),
            nodes: column(Column::Nodes),
            served: column(Column::Served),
            signals: self
                .signals
                .iter()
                .enumerate()
                .map(|(index, name)| (name.clone(), signal(index)))
                .collect(),
            reasons: vec![],
        }
    }
}

/// As many digits as a 4-byte float has, and not those that it gets as an 8-byte one.
fn shown(value: f32) -> f64 {
    super::row::rounded(f64::from(value), 7)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Manifest, read_manifests};

    fn columns() -> Columns {
        let text = "apiVersion: prescale.dev/v1alpha1\nkind: PredictiveScaler\nmetadata: {name: gateway}\n\
                    spec: {scaleTargetRef: {name: gateway}, demand: {prometheus: {query: up, step: 60s}}, \
                    minReplicas: 1, maxReplicas: 9, capacity: {perReplica: 1}}";
        let Manifest::PredictiveScaler(scaler) = read_manifests(text, "test").unwrap().remove(0) else {
            panic!("another kind")
        };
        Columns::new(&scaler.check().unwrap())
    }

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(60 * minute).unwrap()
    }

    /// A day and a half of minutes within so many bytes: the interval in minutes, the hours kept, and the newest value.
    fn filled(budget: usize) -> (Columns, i64, f64, Option<f64>) {
        let mut columns = columns();
        for minute in 1..=2_160 {
            columns.fit(budget);
            columns.set(at(minute), Column::Demand, Some(minute as f64));
        }
        columns.fit(budget);
        let all: Vec<_> = columns.within((Timestamp::MIN, at(2_160))).collect();
        let (first, last) = (all[0], all[all.len() - 1]);
        let hours = last.0.duration_since(first.0).as_secs_f64() / 3_600.0;
        let newest = columns.cell(last.1, Column::Demand);
        let interval = columns.interval().as_mins();
        (columns, interval, hours, newest)
    }

    #[test]
    fn a_trail_stays_within_its_bytes_and_has_two_hours_at_least() {
        for (budget, interval, hours) in
            [(1 << 20, 1, 24.0), (22_000, 1, 8.0), (5_500, 1, 2.0), (1_500, 4, 2.0)]
        {
            let (columns, minutes, kept, newest) = filled(budget);
            assert!(columns.bytes() <= budget, "{} of {budget} bytes", columns.bytes());
            assert_eq!(minutes, interval, "of {budget} bytes");
            assert!(hours <= kept + 0.1, "{kept} hours of {budget} bytes");
            assert_eq!(newest, Some(2_160.0));
        }
    }

    #[test]
    fn a_trail_that_has_less_room_keeps_what_it_can() {
        let (mut columns, ..) = filled(20_000);
        columns.fit(1_500);
        assert!(columns.bytes() <= 1_500, "{}", columns.bytes());
        let kept = columns.trail((Timestamp::MIN, at(2_160)));
        assert_eq!((kept.step_seconds, kept.demand.last()), (240.0, Some(&Some(2_160.0))));
        assert!(kept.demand.iter().all(Option::is_some), "of values that fall together one is kept");
        columns.fit(20_000);
        assert_eq!(columns.interval().as_mins(), 1);
        assert_eq!(columns.trail((at(2_160), at(2_160))).demand, [Some(2_160.0)]);
    }

    #[test]
    fn a_trail_gives_back_room_that_it_has_not_filled() {
        let mut columns = columns();
        for minute in 1..=118 {
            columns.fit(22_000);
            columns.set(at(minute), Column::Demand, Some(1.0));
        }
        assert!(5_300 < columns.bytes(), "{} bytes hold more", columns.bytes());
        columns.fit(5_300);
        assert!(columns.bytes() <= 5_300, "{}", columns.bytes());
        assert_eq!(columns.trail((Timestamp::MIN, at(118))).demand.len(), 118);
    }

    #[test]
    fn gaps_are_missing_and_long_ones_begin_anew() {
        let mut columns = columns();
        columns.fit(5_500);
        columns.set(at(10), Column::Demand, Some(1.0));
        columns.set(at(13), Column::Demand, Some(2.0));
        let demand = |columns: &Columns| columns.trail((Timestamp::MIN, at(1_000_000))).demand;
        assert_eq!(demand(&columns), [Some(1.0), None, None, Some(2.0)]);
        columns.set(at(900_000), Column::Demand, Some(3.0));
        assert_eq!(demand(&columns), [Some(3.0)]);
        columns.set(at(10), Column::Demand, Some(4.0));
        assert_eq!(demand(&columns), [Some(3.0)], "what lies before is dropped");
        columns.forget_after(at(20));
        columns.set(at(20), Column::Demand, Some(5.0));
        assert_eq!(demand(&columns), [Some(5.0)], "a clock that was set back begins anew");
    }
}
