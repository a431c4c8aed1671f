//! Leaves a server alone that does not answer: after a few failures in a row reads are refused at once, and from time to
//! time one of them tries whether it is back. Pure: `now` is an argument.

use std::time::{Duration, Instant};

/// Failures in a row after which a server counts as hung: as many as the HPA controller has workers, so that one pass
/// of all of them pays for the lesson once.
pub(super) const MOST_FAILURES: u32 = 5;

/// What is known of a server.
#[derive(Debug)]
pub(super) struct Breaker {
    rest_for: Duration,
    state: State,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    /// It is asked; this many reads in a row have failed.
    Asked { failures: u32 },
    /// It is left alone.
    Resting { until: Instant },
    /// One read tries whether it is back.
    Probed,
}

/// What a read came to tell about its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It answers.
    Answered,
    /// It does not.
    Failed,
    /// The reader went away before either was known.
    Abandoned,
}

/// What an outcome changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// The server is left alone from now on.
    Rests,
    /// It is back.
    Returns,
    /// Nothing.
    None,
}

impl Breaker {
    pub(super) fn new(rest_for: Duration) -> Self {
        Self { rest_for, state: State::Asked { failures: 0 } }
    }

    /// Whether a read may go to the server. Each that may is to be followed by [`Self::learn`].
    pub(super) fn admits(&mut self, now: Instant) -> bool {
        match self.state {
            State::Asked { .. } => true,
            State::Resting { until } if until <= now => {
                self.state = State::Probed;
                true
            }
            State::Resting { .. } | State::Probed => false,
        }
    }

    /// Learns from a read that was admitted.
    pub(super) fn learn(&mut self, outcome: Outcome, now: Instant) -> Turn {
        match (outcome, &mut self.state) {
            (Outcome::Answered, State::Asked { failures }) => *failures = 0,
            (Outcome::Answered, _) => {
                self.state = State::Asked { failures: 0 };
                return Turn::Returns;
            }
            (Outcome::Failed, State::Asked { failures }) if *failures + 1 < MOST_FAILURES => *failures += 1,
            (Outcome::Failed, State::Asked { .. }) => {
                self.rest(now + self.rest_for);
                return Turn::Rests;
            }
            (Outcome::Failed, State::Probed) => self.rest(now + self.rest_for),
            // The next read probes in its place.
            (Outcome::Abandoned, State::Probed) => self.rest(now),
            (Outcome::Failed, State::Resting { .. }) => {}
            (Outcome::Abandoned, State::Asked { .. } | State::Resting { .. }) => {}
        }
        Turn::None
    }

    fn rest(&mut self, until: Instant) {
        self.state = State::Resting { until };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: Duration = Duration::from_secs(10);

    fn hung(now: Instant) -> Breaker {
        let mut breaker = Breaker::new(REST);
        for failure in 1..=MOST_FAILURES {
            assert!(breaker.admits(now));
            let turn = breaker.learn(Outcome::Failed, now);
            assert_eq!(turn, if failure == MOST_FAILURES { Turn::Rests } else { Turn::None });
        }
        breaker
    }

    #[test]
    fn a_hung_server_is_left_alone_and_then_tried_by_one_read() {
        let now = Instant::now();
        let mut breaker = hung(now);
        assert!(!breaker.admits(now + REST / 2));
        assert!(breaker.admits(now + REST));
        assert!(!breaker.admits(now + REST), "one probe at a time");
        breaker.learn(Outcome::Failed, now + REST);
        assert!(!breaker.admits(now + REST + REST / 2));
        assert!(breaker.admits(now + REST * 2));
        assert_eq!(breaker.learn(Outcome::Answered, now + REST * 2), Turn::Returns);
        assert!(breaker.admits(now + REST * 2));
    }

    #[test]
    fn failures_that_are_not_in_a_row_leave_it_asked() {
        let now = Instant::now();
        let mut breaker = Breaker::new(REST);
        for _ in 0..MOST_FAILURES * 3 {
            assert!(breaker.admits(now));
            breaker.learn(Outcome::Failed, now);
            breaker.learn(Outcome::Answered, now);
        }
        assert!(breaker.admits(now));
    }

    #[test]
    fn a_probe_whose_reader_went_away_is_tried_again_by_the_next() {
        let now = Instant::now();
        let mut breaker = hung(now);
        assert!(breaker.admits(now + REST));
        breaker.learn(Outcome::Abandoned, now + REST);
        assert!(breaker.admits(now + REST));
    }
}
