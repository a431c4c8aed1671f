//! A first-in, first-out line in which requests flow instead of standing one by one. Arrivals and service are
//! even over each step, so waits are linear over each part that leaves, and lateness is exact within a second.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

/// Most cohorts that are told apart; beyond it neighbours are merged. An hour's lag at one cohort a second stays
/// exact, a day's is known to half a minute, and a line takes 96 KiB at most.
const MAX_COHORTS: usize = 4_096;

/// A step of time, in seconds since the Unix epoch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    /// Start.
    pub(crate) from: f64,
    /// End.
    pub(crate) until: f64,
}

impl Span {
    /// The step of `dt` that starts `now`.
    pub(crate) fn new(now: Timestamp, dt: SignedDuration) -> Self {
        let from = now.as_duration().as_secs_f64();
        Self { from, until: from + dt.as_secs_f64() }
    }

    /// Length in seconds.
    pub(crate) fn length(&self) -> f64 {
        self.until - self.from
    }
}

/// Requests that wait, oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Backlog {
    cohorts: VecDeque<Cohort>,
    /// Sum of the cohorts, exactly 0 when there are none: rounding does not pile up beyond a busy spell.
    waiting: f64,
}

/// Requests that arrived evenly over `arrived`; `count` is above zero.
#[derive(Clone, Copy, Debug)]
struct Cohort {
    arrived: Span,
    count: f64,
}

/// A part that leaves the line: waits, in seconds, go evenly from that of its first to that of its last request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Leaving {
    /// How many.
    pub(crate) count: f64,
    first_wait: f64,
    last_wait: f64,
}

impl Leaving {
    /// How many waited longer than `limit` seconds.
    pub(crate) fn waited_above(&self, limit: f64) -> f64 {
        let (low, high) = (self.first_wait.min(self.last_wait), self.first_wait.max(self.last_wait));
        if high <= limit {
            return 0.0;
        }
        if limit <= low {
            return self.count;
        }
        self.count * (high - limit) / (high - low)
    }
}

impl Backlog {
    /// Requests that wait.
    pub(crate) fn count(&self) -> f64 {
        self.waiting
    }

    /// `count` requests arrive evenly over `span`.
    pub(crate) fn arrive(&mut self, span: Span, count: f64) {
        if count <= 0.0 || span.length() <= 0.0 {
            return;
        }
        if self.cohorts.len() == MAX_COHORTS {
            self.merge_neighbours();
        }
        self.cohorts.push_back(Cohort { arrived: span, count });
        self.waiting += count;
    }

    /// Serves at `rate` per second over `span`, oldest first, and hands over each part as it leaves.
    pub(crate) fn serve(&mut self, span: Span, rate: f64, mut leave: impl FnMut(Leaving)) {
        let mut clock = span.from;
        while clock < span.until && 0.0 < rate {
            let Some(cohort) = self.cohorts.front_mut() else { break };
            let queued = cohort.count_until_caught_up(clock, rate);
            let part = cohort.take(clock, rate, queued.min(rate * (span.until - clock)));
            // Those behind the queued ones, if any, arrive slower than they are served, and so do not wait.
            let unqueued = cohort.count;
            clock += part.count / rate;
            self.subtract(part.count);
            leave(part);
            if part.count < queued {
                break;
            }
            clock = clock.max(self.pop_oldest());
            if 0.0 < unqueued {
                leave(Leaving { count: unqueued, first_wait: 0.0, last_wait: 0.0 });
            }
        }
    }

    /// Takes out those that arrived before `deadline`, and returns their count.
    pub(crate) fn expire(&mut self, deadline: f64) -> f64 {
        let before = self.waiting;
        while let Some(cohort) = self.cohorts.front_mut() {
            let share = (deadline - cohort.arrived.from) / cohort.arrived.length();
            if share <= 0.0 {
                break;
            }
            if share < 1.0 {
                let expired = cohort.count * share;
                cohort.count -= expired;
                cohort.arrived.from = deadline;
                self.subtract(expired);
                break;
            }
            self.pop_oldest();
        }
        before - self.waiting
    }

    /// Turns away the newest until at most `room` wait, and returns how many that were.
    pub(crate) fn turn_away_above(&mut self, room: f64) -> f64 {
        let surplus = (self.waiting - room).max(0.0);
        let mut left = surplus;
        while let Some(cohort) = self.cohorts.back_mut().filter(|_| 0.0 < left) {
            if left < cohort.count {
                cohort.count -= left;
                break;
            }
            left -= cohort.count;
            self.cohorts.pop_back();
        }
        self.subtract(surplus);
        surplus
    }

    /// Takes out the oldest cohort, and returns when its last request arrived.
    fn pop_oldest(&mut self) -> f64 {
        let oldest = self.cohorts.pop_front();
        self.subtract(oldest.map_or(0.0, |cohort| cohort.count));
        oldest.map_or(f64::NEG_INFINITY, |cohort| cohort.arrived.until)
    }

    fn subtract(&mut self, count: f64) {
        let left = (self.waiting - count).max(0.0);
        self.waiting = if self.cohorts.is_empty() { 0.0 } else { left };
    }

    fn merge_neighbours(&mut self) {
        let cohorts = std::mem::take(&mut self.cohorts);
        let mut pairs = cohorts.into_iter();
        while let Some(older) = pairs.next() {
            self.cohorts.push_back(pairs.next().map_or(older, |newer| older.merged_with(newer)));
        }
    }
}

impl Cohort {
    /// Requests per second at which it arrived.
    fn rate(&self) -> f64 {
        self.count / self.arrived.length()
    }

    /// How many leave before the server, which comes to this cohort at `clock`, has caught up with its arrivals.
    fn count_until_caught_up(&self, clock: f64, rate: f64) -> f64 {
        let first_wait = (clock - self.arrived.from).max(0.0);
        let wait_lost_by_request = 1.0 / self.rate() - 1.0 / rate;
        if wait_lost_by_request <= 0.0 {
            return self.count;
        }
        self.count.min(first_wait / wait_lost_by_request)
    }

    /// Takes out the `count` oldest, served at `rate` from `clock` on.
    fn take(&mut self, clock: f64, rate: f64, count: f64) -> Leaving {
        let last_arrived = self.arrived.from + count / self.rate();
        let last_wait = (clock + count / rate - last_arrived).max(0.0);
        let part = Leaving { count, first_wait: (clock - self.arrived.from).max(0.0), last_wait };
        self.arrived.from = last_arrived.min(self.arrived.until);
        self.count = (self.count - count).max(0.0);
        part
    }

    fn merged_with(self, newer: Self) -> Self {
        let arrived = Span { from: self.arrived.from, until: newer.arrived.until };
        Self { arrived, count: self.count + newer.count }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from: f64, until: f64) -> Span {
        Span { from, until }
    }

    /// Lets cohorts of a second arrive and be served at `rate`; returns (left, waited above half a second).
    fn run(cohorts: &[f64], rate: f64) -> (f64, f64) {
        let mut backlog = Backlog::default();
        let mut left = (0.0, 0.0);
        for (second, count) in cohorts.iter().enumerate() {
            let step = span(second as f64, second as f64 + 1.0);
            backlog.arrive(step, *count);
            backlog.serve(step, rate, |part| {
                left.0 += part.count;
                left.1 += part.waited_above(0.5);
            });
        }
        left
    }

    fn check(cohorts: &[f64], rate: f64, expected: (f64, f64)) {
        let left = run(cohorts, rate);
        let close = (left.0 - expected.0).abs() < 1e-9 && (left.1 - expected.1).abs() < 1e-9;
        assert!(close, "{cohorts:?} at {rate}/s gave {left:?}");
    }

    #[test]
    fn nobody_waits_while_service_keeps_up() {
        check(&[80.0, 100.0], 100.0, (180.0, 0.0));
    }

    #[test]
    fn waits_grow_with_the_overload_and_shrink_in_the_drain() {
        // 200/s at 100/s: the wait of who leaves at t is t/2, so it reaches half a second as second 1 ends.
        check(&[200.0], 100.0, (100.0, 0.0));
        // The second hundred waits from 0.5 s to 1 s, all above.
        check(&[200.0, 0.0], 100.0, (200.0, 100.0));
        // 100 wait as second 1 starts, and 50 arrive in it at half the rate of service: half a second's worth of
        // them is reached as it ends.
        check(&[200.0, 50.0, 0.0], 100.0, (250.0, 150.0));
    }

    #[test]
    fn a_line_that_is_caught_up_does_not_wait_any_more() {
        // 20 wait for 0.2 s at 100/s; 50/s arrive meanwhile, and are caught up after 0.4 s.
        let mut backlog = Backlog::default();
        backlog.arrive(span(0.0, 1.0), 120.0);
        backlog.serve(span(0.0, 1.0), 100.0, |_| ());
        backlog.arrive(span(1.0, 2.0), 50.0);
        let mut unqueued = 0.0;
        backlog.serve(span(1.0, 2.0), 100.0, |part| unqueued += part.count - part.waited_above(0.0));
        assert!((unqueued - 30.0).abs() < 1e-9, "{unqueued}");
        assert_eq!(backlog.count(), 0.0);
    }

    #[test]
    fn the_oldest_expire_and_the_newest_are_turned_away() {
        let mut backlog = Backlog::default();
        backlog.arrive(span(0.0, 1.0), 100.0);
        backlog.arrive(span(1.0, 2.0), 100.0);
        assert_eq!(backlog.expire(0.25), 25.0);
        assert_eq!(backlog.turn_away_above(120.0), 55.0);
        assert_eq!(backlog.expire(1.0), 75.0);
        assert_eq!(backlog.count(), 45.0);
    }

    #[test]
    fn a_line_of_days_stays_bounded_and_loses_nobody() {
        let mut backlog = Backlog::default();
        for second in 0..100_000 {
            backlog.arrive(span(f64::from(second), f64::from(second) + 1.0), 3.0);
        }
        assert!(backlog.cohorts.len() <= MAX_COHORTS);
        assert_eq!(backlog.count(), 300_000.0);
    }
}
