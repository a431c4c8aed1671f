//! What became of what was intended in each second, or in steps of another length. A step is open while answers may come,
//! and a row afterwards, so that memory holds the histograms of some steps only.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::latencies::Latencies;
use crate::tally::Outcome;

/// One step of a run, by when things were intended: a second, or one of a recording.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Its number, from 0.
    pub step: u64,
    /// Its start, in seconds since the begin.
    pub at_s: f64,
    /// How many were due in it.
    pub due: u64,
    /// Of those: acknowledged, or answered well.
    pub acked: u64,
    /// Of those that were acknowledged: after the objective.
    pub late: u64,
    /// Refused in words.
    pub refused: u64,
    /// Never answered.
    pub lost: u64,
    /// Median latency of what was acknowledged.
    pub p50_ms: Option<f64>,
    /// 99 of 100.
    pub p99_ms: Option<f64>,
    /// The most.
    pub max_ms: Option<f64>,
    /// People in rooms at its end, where there are rooms.
    pub joined: Option<u64>,
    /// People in waiting rooms at its end.
    pub waiting: Option<u64>,
    /// Updates of rooms that came in it.
    pub updates: Option<u64>,
}

/// Steps that are over, and those that are open.
#[derive(Debug)]
pub(crate) struct Timeline {
    /// Length of a step.
    width: Duration,
    rows: Vec<Row>,
    open: VecDeque<Open>,
}

#[derive(Clone, Debug)]
struct Open {
    row: Row,
    latencies: Latencies,
}

/// What is there at the end of a second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Crowded {
    pub(crate) joined: u64,
    pub(crate) waiting: u64,
    pub(crate) updates: u64,
}

impl Timeline {
    /// Steps of `width`, which is above zero.
    pub(crate) fn new(width: Duration) -> Self {
        Self { width, rows: vec![], open: VecDeque::new() }
    }

    pub(crate) fn due(&mut self, at: Duration) {
        self.change(at, |open| open.row.due += 1);
    }

    pub(crate) fn ended(&mut self, at: Duration, outcome: &Outcome, objective: Duration) {
        self.change(at, |open| match outcome {
            Outcome::Acked { after } => {
                open.row.acked += 1;
                open.row.late += u64::from(objective < *after);
                open.latencies.record(*after);
            }
            Outcome::Refused { .. } => open.row.refused += 1,
            Outcome::Lost { .. } => open.row.lost += 1,
        });
    }

    pub(crate) fn crowded(&mut self, at: Duration, crowded: Crowded) {
        self.change(at, |open| {
            open.row.joined = Some(crowded.joined);
            open.row.waiting = Some(crowded.waiting);
            open.row.updates = Some(open.row.updates.unwrap_or(0) + crowded.updates);
        });
    }

    /// Closes the steps that ended before `at`: nothing of them is awaited any more.
    pub(crate) fn close_before(&mut self, at: Duration) {
        let step = self.step_of(at);
        while self.open.front().is_some_and(|open| open.row.step < step) {
            self.rows.extend(self.open.pop_front().map(Open::close));
        }
    }

    /// All steps so far, in order.
    pub(crate) fn rows(&self) -> Vec<Row> {
        let open = self.open.iter().cloned().map(Open::close);
        self.rows.iter().cloned().chain(open).collect()
    }

    fn change(&mut self, at: Duration, change: impl FnOnce(&mut Open)) {
        let step = self.step_of(at);
        let mut next = self.next_step();
        while next <= step {
            self.open.push_back(Open::at(next, self.width));
            next += 1;
        }
        let first = self.open.front().map_or(next, |open| open.row.step);
        // What comes for a step that is closed was counted as lost there.
        if let Some(index) = step.checked_sub(first) {
            self.open.get_mut(index as usize).map(change);
        }
    }

    fn next_step(&self) -> u64 {
        let last = self.open.back().map(|open| &open.row).or(self.rows.last());
        last.map_or(0, |row| row.step + 1)
    }

    fn step_of(&self, at: Duration) -> u64 {
        (at.as_nanos() / self.width.as_nanos()) as u64
    }
}

impl Open {
    fn at(step: u64, width: Duration) -> Self {
        let at_s = width.as_secs_f64() * step as f64;
        Self { row: Row { step, at_s, ..Row::default() }, latencies: Latencies::of_a_step() }
    }

    fn close(self) -> Row {
        Row {
            p50_ms: self.latencies.quantile_ms(0.5),
            p99_ms: self.latencies.quantile_ms(0.99),
            max_ms: self.latencies.max_ms(),
            ..self.row
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OBJECTIVE: Duration = Duration::from_millis(50);

    fn acked(ms: u64) -> Outcome {
        Outcome::Acked { after: Duration::from_millis(ms) }
    }

    #[test]
    fn an_answer_counts_for_the_second_in_which_it_was_intended() {
        let mut timeline = Timeline::new(Duration::from_secs(1));
        for ms in [100, 900, 2_500] {
            timeline.due(Duration::from_millis(ms));
        }
        timeline.ended(Duration::from_millis(900), &acked(3_000), OBJECTIVE);
        timeline.ended(Duration::from_millis(100), &acked(10), OBJECTIVE);
        let counts: Vec<_> = timeline.rows().iter().map(|row| (row.due, row.acked, row.late)).collect();
        assert_eq!(counts, [(2, 2, 1), (0, 0, 0), (1, 0, 0)]);
        assert!(timeline.rows()[0].max_ms.unwrap() > 2_950.0);
    }

    #[test]
    fn a_closed_second_stays_as_it_is() {
        let mut timeline = Timeline::new(Duration::from_secs(1));
        timeline.due(Duration::from_millis(500));
        timeline.due(Duration::from_millis(1_500));
        timeline.close_before(Duration::from_millis(1_900));
        timeline.ended(Duration::from_millis(500), &acked(1), OBJECTIVE);
        timeline.ended(Duration::from_millis(1_500), &acked(1), OBJECTIVE);
        let counts: Vec<_> = timeline.rows().iter().map(|row| (row.step, row.due, row.acked)).collect();
        assert_eq!(counts, [(0, 1, 0), (1, 1, 1)]);
    }
}
