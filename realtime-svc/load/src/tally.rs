//! The count of a run: what was due, sent, acknowledged, refused and lost, and how late, while it goes on.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::latencies::Latencies;
use crate::timeline::{Crowded, Row, Timeline};

/// So many reasons are told apart: a service that words each refusal anew fills no memory.
const REASONS_AT_MOST: usize = 32;
const OTHER_REASONS: &str = "other reasons";

/// How one thing that was due ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was acknowledged, or answered well.
    Acked {
        /// Since it was intended, not since it was sent.
        after: Duration,
    },
    /// It was refused, in these words.
    Refused {
        /// Such as `503 the room is full`.
        why: String,
    },
    /// It was never answered, or never could be sent.
    Lost {
        /// Such as `no answer within 10s`.
        why: String,
    },
}

/// The count, shared by all that send and receive.
#[derive(Debug)]
pub struct Tally {
    objective: Duration,
    counts: Mutex<Counts>,
}

/// What was counted so far.
#[derive(Debug)]
pub struct Counts {
    /// What the shape meant to be sent by now.
    pub due: u64,
    /// What was put on the wire, each once.
    pub sent: u64,
    /// What was acknowledged.
    pub acked: u64,
    /// What was acknowledged after the objective.
    pub late: u64,
    /// What was refused, by its words.
    pub refused: BTreeMap<String, u64>,
    /// What was not answered, by why.
    pub lost: BTreeMap<String, u64>,
    /// From the intended time to the acknowledgement.
    pub latency: Latencies,
    /// From the intended time until it was on the wire: what the tool itself, or a socket that was down, added.
    pub send_lag: Latencies,
    timeline: Timeline,
}

impl Tally {
    /// An empty count, with a timeline of seconds. What is acknowledged after `objective` is late.
    pub fn new(objective: Duration) -> Self {
        Self::with_steps(objective, Duration::from_secs(1))
    }

    /// The same, with a timeline of steps of `width`, which is above zero.
    pub fn with_steps(objective: Duration, width: Duration) -> Self {
        let counts = Counts {
            due: 0,
            sent: 0,
            acked: 0,
            late: 0,
            refused: BTreeMap::new(),
            lost: BTreeMap::new(),
            latency: Latencies::of_a_run(),
            send_lag: Latencies::of_a_run(),
            timeline: Timeline::new(width),
        };
        Self { objective, counts: Mutex::new(counts) }
    }

    /// What was counted so far. Nothing is counted while it is held.
    pub fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is acknowledged after this is late.
    pub fn objective(&self) -> Duration {
        self.objective
    }

    /// One more is due, that was intended at `at`.
    pub fn due(&self, at: Duration) {
        let mut counts = self.counts();
        counts.due += 1;
        counts.timeline.due(at);
    }

    /// One of those is on the wire for the first time, so long after it was intended.
    pub fn sent(&self, lag: Duration) {
        let mut counts = self.counts();
        counts.sent += 1;
        counts.send_lag.record(lag);
    }

    /// One that was intended at `at` has ended. Each ends once.
    pub fn ended(&self, at: Duration, outcome: &Outcome) {
        let mut counts = self.counts();
        counts.timeline.ended(at, outcome, self.objective);
        match outcome {
            Outcome::Acked { after } => {
                counts.acked += 1;
                counts.late += u64::from(self.objective < *after);
                counts.latency.record(*after);
            }
            Outcome::Refused { why } => count(&mut counts.refused, why),
            Outcome::Lost { why } => count(&mut counts.lost, why),
        }
    }

    pub(crate) fn crowded(&self, at: Duration, crowded: Crowded) {
        self.counts().timeline.crowded(at, crowded);
    }

    /// Of what was intended before `at`, nothing is awaited any more.
    pub(crate) fn close_before(&self, at: Duration) {
        self.counts().timeline.close_before(at);
    }
}

impl Counts {
    /// How many have not ended.
    pub fn open(&self) -> u64 {
        let ended = self.acked + total(&self.refused) + total(&self.lost);
        self.due.saturating_sub(ended)
    }

    /// Each step so far.
    pub fn rows(&self) -> Vec<Row> {
        self.timeline.rows()
    }
}

/// How many there are of all reasons.
pub fn total(by_reason: &BTreeMap<String, u64>) -> u64 {
    by_reason.values().sum()
}

fn count(by_reason: &mut BTreeMap<String, u64>, why: &str) {
    let known = by_reason.contains_key(why) || by_reason.len() < REASONS_AT_MOST;
    *by_reason.entry(if known { why } else { OTHER_REASONS }.to_owned()).or_default() += 1;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn each_that_was_due_ends_once_or_is_open() {
        let tally = Tally::new(ms(50));
        (0..5).for_each(|at| tally.due(ms(at)));
        tally.sent(ms(1));
        tally.ended(ms(0), &Outcome::Acked { after: ms(50) });
        tally.ended(ms(1), &Outcome::Acked { after: ms(51) });
        tally.ended(ms(2), &Outcome::Refused { why: "503 full".into() });
        tally.ended(ms(3), &Outcome::Lost { why: "no answer".into() });
        let counts = tally.counts();
        assert_eq!((counts.due, counts.sent, counts.acked, counts.late, counts.open()), (5, 1, 2, 1, 1));
        assert_eq!((total(&counts.refused), total(&counts.lost)), (1, 1));
    }

    #[test]
    fn reasons_fill_no_memory() {
        let tally = Tally::new(ms(50));
        (0..1_000).for_each(|n| tally.ended(ms(0), &Outcome::Refused { why: n.to_string() }));
        let counts = tally.counts();
        assert_eq!(counts.refused.len(), REASONS_AT_MOST + 1);
        assert_eq!(total(&counts.refused), 1_000);
    }
}
