//! Samples, and the even series that they make. A step without a sample is a gap and stays one; what comes
//! late, twice or from the future is told apart and never moves a step that has been learned from.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Steps kept for those who look back: a day of minutes.
const KEPT_STEPS: usize = 1_440;

/// Longest gap that is walked step by step. After a longer one (a clock that jumped, a source away for days)
/// the series starts afresh, so that one sample never costs more than this many steps.
const LONGEST_GAP_STEPS: i64 = 4_320;

/// One observation. `at` is its end: the value of `rate(…[1m])` at 12:00 covers the minute before.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    at: Timestamp,
    value: f64,
}

impl Sample {
    /// Refuses NaN, infinities and negative values, so that nothing downstream has to.
    #[must_use]
    pub fn new(at: Timestamp, value: f64) -> Option<Self> {
        (value.is_finite() && 0.0 <= value).then_some(Self { at, value })
    }

    /// End of the time that the value covers.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// The same, of so long before: of a source that is known late.
    #[must_use]
    pub fn earlier_by(self, delay: SignedDuration) -> Self {
        Self { at: self.at.checked_sub(delay).unwrap_or(Timestamp::MIN), ..self }
    }

    /// The same, of `now` where its own time is yet to come.
    #[must_use]
    pub fn no_later_than(self, now: Timestamp) -> Self {
        Self { at: self.at.min(now), ..self }
    }

    /// Finite, at least 0, in the unit of its signal.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.value
    }
}

/// A step that is complete: `value` is its newest sample, `None` where it had none.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClosedStep {
    /// End of the step.
    pub ends_at: Timestamp,
    /// Its value.
    pub value: Option<f64>,
}

/// What became of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// It is the newest now.
    Newest,
    /// It is the newest, after a gap too long to walk or a clock set back: the series has started afresh.
    Restarted,
    /// It came late, and filled a gap in what is kept. Nothing learns from it any more.
    Filled,
    /// It came late, for a step that has a value.
    Late,
    /// It has the time of the newest sample; the first one told stands.
    Doubled,
    /// Its time lies more than a step ahead of now.
    Future,
}

/// Samples on an even step. The first sample ends a step, and so fixes the grid.
///
/// A step closes when a sample at or past its end arrives: silence closes nothing, since it teaches nothing.
#[derive(Clone, Debug)]
pub struct Series {
    step: SignedDuration,
    newest: Option<Sample>,
    /// End of the newest closed step.
    closed_to: Timestamp,
    /// Newest sample of the step that is open, if it has one.
    open: Option<f64>,
    /// Closed steps, oldest first.
    kept: VecDeque<Option<f64>>,
}

impl Series {
    /// An empty series. `step` is above 0.
    #[must_use]
    pub fn new(step: SignedDuration) -> Self {
        assert!(step.is_positive(), "a step is longer than nothing");
        Self { step, newest: None, closed_to: Timestamp::MIN, open: None, kept: VecDeque::new() }
    }

    /// A series whose newest closed step ends at `closed_to`, with the samples that are known of it, in any order. Each
    /// is of the step that it ends or falls into; those of later steps are left out.
    #[must_use]
    pub fn recalled(step: SignedDuration, closed_to: Timestamp, samples: &[Sample]) -> Self {
        let mut series = Self { closed_to, ..Self::new(step) };
        let mut values = std::collections::BTreeMap::new();
        for sample in samples {
            // A store knows times to the millisecond, and rounds them down.
            let past = closed_to.duration_since(sample.at).as_millis();
            let back = usize::try_from(past.div_euclid(step.as_millis().max(1)));
            if let Some(back) = back.ok().filter(|back| *back < KEPT_STEPS) {
                values.insert(back, *sample);
            }
        }
        let Some((&oldest, _)) = values.last_key_value() else { return Self::new(step) };
        series.newest = values.values().next().copied();
        series.kept = (0..=oldest).rev().map(|back| values.get(&back).map(Sample::value)).collect();
        series
    }

    /// The newest sample, closed or not.
    #[must_use]
    pub fn newest(&self) -> Option<Sample> {
        self.newest
    }

    /// The newest closed steps after `since`, oldest first, as far as they are kept.
    pub fn closed_after(&self, since: Option<Timestamp>) -> impl Iterator<Item = ClosedStep> + '_ {
        let first = self.closed_to - self.step * (self.kept.len().saturating_sub(1) as i32);
        let ends = (0..)
            .zip(&self.kept)
            .map(move |(index, value)| ClosedStep { ends_at: first + self.step * index, value: *value });
        let known = since.map_or(0, |since| {
            let past = since.duration_since(first).as_nanos().div_euclid(self.step.as_nanos()) + 1;
            usize::try_from(past.max(0)).unwrap_or(usize::MAX)
        });
        ends.skip(known)
    }

    /// End of the newest closed step; `None` before the first.
    #[must_use]
    pub fn closed_to(&self) -> Option<Timestamp> {
        (!self.kept.is_empty()).then_some(self.closed_to)
    }

    /// Closed steps that are kept, oldest first; gaps are `None`.
    pub fn kept(&self) -> impl DoubleEndedIterator<Item = Option<f64>> + '_ {
        self.kept.iter().copied()
    }

    /// Its value at a time: the newest by then, where a value stands for `stands`, and for a step at least.
    #[must_use]
    pub fn at(&self, when: Timestamp, stands: SignedDuration) -> Option<f64> {
        let stands = stands.max(self.step);
        let of_newest =
            self.newest.filter(|newest| newest.at <= when && when.duration_since(newest.at) < stands);
        if let Some(newest) = of_newest {
            return Some(newest.value);
        }
        let past = when.duration_since(self.closed_to).as_nanos().div_euclid(self.step.as_nanos());
        let steps_back = usize::try_from((-past).max(0)).ok()?;
        let steps_ahead = usize::try_from(past.max(0)).ok()?;
        let stands = usize::try_from(stands.as_nanos() / self.step.as_nanos()).ok()?;
        let known = self.kept.len().checked_sub(steps_back)?;
        self.kept.iter().take(known).rev().take(stands.checked_sub(steps_ahead)?).find_map(|value| *value)
    }

    /// Takes a sample as seen at `now`, and appends the steps that it closes to `closed`, oldest first.
    pub fn push(&mut self, now: Timestamp, sample: Sample, closed: &mut Vec<ClosedStep>) -> Accepted {
        if self.step < sample.at.duration_since(now) {
            return Accepted::Future;
        }
        let Some(newest) = self.newest else {
            return self.start(sample, closed, Accepted::Newest);
        };
        let clock_was_set_back = self.step < newest.at.duration_since(now);
        if clock_was_set_back || self.gap_to(sample.at) > LONGEST_GAP_STEPS {
            return self.start(sample, closed, Accepted::Restarted);
        }
        if sample.at == newest.at {
            return Accepted::Doubled;
        }
        if sample.at < newest.at {
            return self.take_late(sample);
        }
        self.advance(sample, closed);
        Accepted::Newest
    }

    /// Steps between the newest closed one and the one that holds `at`; 0 where `at` is in the open step.
    fn gap_to(&self, at: Timestamp) -> i64 {
        let past = at.duration_since(self.closed_to).as_nanos() - 1;
        (past.div_euclid(self.step.as_nanos())).try_into().unwrap_or(i64::MAX)
    }

    fn start(&mut self, sample: Sample, closed: &mut Vec<ClosedStep>, how: Accepted) -> Accepted {
        self.kept.clear();
        self.newest = Some(sample);
        self.closed_to = sample.at - self.step;
        self.open = Some(sample.value);
        self.close_open(closed);
        how
    }

    /// A late sample fills a gap in what is kept, and is otherwise dropped.
    fn take_late(&mut self, sample: Sample) -> Accepted {
        let steps_back = -self.gap_to(sample.at);
        let index = usize::try_from(steps_back).ok().and_then(|back| self.kept.len().checked_sub(back));
        match index.and_then(|index| self.kept.get_mut(index)) {
            Some(gap @ None) => {
                *gap = Some(sample.value);
                Accepted::Filled
            }
            Some(Some(_)) | None => Accepted::Late,
        }
    }

    fn advance(&mut self, sample: Sample, closed: &mut Vec<ClosedStep>) {
        for _ in 0..self.gap_to(sample.at) {
            self.close_open(closed);
        }
        self.newest = Some(sample);
        self.open = Some(sample.value);
        if sample.at == self.closed_to + self.step {
            self.close_open(closed);
        }
    }

    fn close_open(&mut self, closed: &mut Vec<ClosedStep>) {
        self.closed_to += self.step;
        let value = self.open.take();
        if self.kept.len() == KEPT_STEPS {
            self.kept.pop_front();
        }
        self.kept.push_back(value);
        closed.push(ClosedStep { ends_at: self.closed_to, value });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: SignedDuration = SignedDuration::from_secs(60);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + second).unwrap()
    }

    /// Pushes `(now, at, value)` in turn; gives the last answer and the kept steps.
    fn check(samples: &[(i64, i64, f64)], last: Accepted, kept: &[Option<f64>]) {
        let mut series = Series::new(STEP);
        let mut answer = None;
        for &(now, stamp, value) in samples {
            answer = Some(series.push(at(now), Sample::new(at(stamp), value).unwrap(), &mut Vec::new()));
        }
        assert_eq!(answer, Some(last));
        assert_eq!(series.kept().collect::<Vec<_>>(), kept);
    }

    #[test]
    fn a_step_closes_with_its_newest_sample() {
        check(&[(0, 0, 1.0), (60, 60, 2.0)], Accepted::Newest, &[Some(1.0), Some(2.0)]);
        check(&[(0, 0, 1.0), (30, 30, 5.0), (45, 45, 6.0)], Accepted::Newest, &[Some(1.0)]);
        check(&[(0, 0, 1.0), (30, 30, 5.0), (70, 70, 7.0)], Accepted::Newest, &[Some(1.0), Some(5.0)]);
    }

    #[test]
    fn a_gap_stays_a_gap() {
        check(&[(0, 0, 1.0), (180, 180, 4.0)], Accepted::Newest, &[Some(1.0), None, None, Some(4.0)]);
        check(&[(0, 0, 1.0), (170, 170, 4.0)], Accepted::Newest, &[Some(1.0), None, None]);
    }

    #[test]
    fn what_comes_late_or_twice_is_told_apart() {
        let gap = &[(0, 0, 1.0), (180, 180, 4.0)];
        let after = |extra| [gap.as_slice(), &[extra]].concat();
        check(&after((185, 100, 2.5)), Accepted::Filled, &[Some(1.0), None, Some(2.5), Some(4.0)]);
        check(&after((185, 0, 9.0)), Accepted::Late, &[Some(1.0), None, None, Some(4.0)]);
        check(&after((185, 180, 9.0)), Accepted::Doubled, &[Some(1.0), None, None, Some(4.0)]);
        check(&after((185, -600, 9.0)), Accepted::Late, &[Some(1.0), None, None, Some(4.0)]);
        check(&after((185, 250, 9.0)), Accepted::Future, &[Some(1.0), None, None, Some(4.0)]);
    }

    #[test]
    fn a_value_stands_for_its_own_step() {
        let mut series = Series::new(STEP);
        for (second, value) in [(0, 1.0), (300, 2.0)] {
            series.push(at(second), Sample::new(at(second), value).unwrap(), &mut Vec::new());
        }
        let five_minutes = STEP * 5;
        for (second, of_a_minute, of_five) in [
            (-1, None, None),
            (0, Some(1.0), Some(1.0)),
            (59, Some(1.0), Some(1.0)),
            (60, None, Some(1.0)),
            (240, None, Some(1.0)),
            (300, Some(2.0), Some(2.0)),
            (360, None, Some(2.0)),
            (599, None, Some(2.0)),
            (600, None, None),
        ] {
            assert_eq!(series.at(at(second), STEP), of_a_minute, "{second} s");
            assert_eq!(
                series.at(at(second), five_minutes),
                of_five,
                "{second} s, where it stands for five minutes"
            );
        }
    }

    #[test]
    fn a_clock_that_jumps_starts_the_series_afresh() {
        let year = 31_536_000;
        check(&[(0, 0, 1.0), (year, year, 2.0)], Accepted::Restarted, &[Some(2.0)]);
        check(&[(year, year, 2.0), (0, 0, 1.0)], Accepted::Restarted, &[Some(1.0)]);
    }

    #[test]
    fn a_series_that_is_recalled_goes_on_as_the_one_that_never_stopped() {
        let samples = [(0, 1.0), (60, 2.0), (240, 5.0), (300, 6.0), (330, 6.5)];
        let mut series = Series::new(STEP);
        for (second, value) in samples {
            series.push(at(second), Sample::new(at(second), value).unwrap(), &mut Vec::new());
        }
        let known: Vec<_> = series
            .closed_after(None)
            .filter_map(|step| Sample::new(step.ends_at - SignedDuration::from_micros(300), step.value?))
            .collect();
        let mut recalled = Series::recalled(STEP, series.closed_to().unwrap(), &known);
        assert!(recalled.kept().eq(series.kept()), "{recalled:?}");
        for (second, value) in [(345, 6.7), (420, 8.0), (900, 9.0)] {
            let (mut here, mut there) = (Vec::new(), Vec::new());
            let sample = Sample::new(at(second), value).unwrap();
            series.push(at(second), sample, &mut here);
            recalled.push(at(second), sample, &mut there);
            assert_eq!(here, there, "after {second} s");
        }
    }

    #[test]
    fn steps_are_told_once() {
        let mut series = Series::new(STEP);
        assert_eq!(series.closed_after(None).count(), 0);
        for second in [0, 60, 180] {
            series.push(at(second), Sample::new(at(second), 1.0).unwrap(), &mut Vec::new());
        }
        let ends = |since| series.closed_after(since).map(|step| step.ends_at).collect::<Vec<_>>();
        assert_eq!(ends(None), [at(0), at(60), at(120), at(180)]);
        assert_eq!(ends(Some(at(60))), [at(120), at(180)]);
        assert_eq!(ends(Some(at(180))), []);
        assert_eq!(ends(Some(at(9_000))), []);
        assert_eq!(ends(Some(at(-9_000))).len(), 4);
    }

    #[test]
    fn a_value_that_is_no_demand_is_refused() {
        for value in [f64::NAN, f64::INFINITY, -0.5] {
            assert_eq!(Sample::new(at(0), value), None);
        }
    }
}
