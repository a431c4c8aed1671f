//! A counter that only grows, seen now and then: how fast it grew lately. Where it began anew, nothing is known until it
//! has been seen twice.

use std::{collections::VecDeque, time::Duration};

/// Marks kept at most: an hour of polls, five seconds apart.
const MOST_MARKS: usize = 721;

/// What a counter has grown by, at moments of a clock that is never set.
#[derive(Clone, Debug, Default)]
pub(super) struct Growth {
    /// Oldest first.
    marks: VecDeque<Mark>,
}

#[derive(Clone, Copy, Debug)]
struct Mark {
    at: Duration,
    total: f64,
}

impl Growth {
    /// The counter was seen `at`, having grown by `by` since it was seen last.
    pub(super) fn add(&mut self, at: Duration, by: f64) {
        let total = self.marks.back().map_or(0.0, |last| last.total + by);
        if self.marks.len() == MOST_MARKS {
            self.marks.pop_front();
        }
        self.marks.push_back(Mark { at, total });
    }

    /// The counter began anew, or was not seen for too long: what grew before says nothing of now.
    pub(super) fn begin_anew(&mut self) {
        self.marks.clear();
    }

    /// When it was seen last.
    pub(super) fn seen_at(&self) -> Option<Duration> {
        self.marks.back().map(|mark| mark.at)
    }

    /// Growth per second over the last `window`, or as much of it as was seen; `None` until it was seen twice.
    pub(super) fn rate(&self, window: Duration) -> Option<f64> {
        let last = self.marks.back()?;
        let is_within = |mark: &&Mark| last.at.saturating_sub(mark.at) < window;
        // The newest mark that is a window old, so that all of the window counts.
        let before = self.marks.len() - self.marks.iter().rev().take_while(is_within).count();
        let first = self.marks.get(before.saturating_sub(1))?;
        let seconds = last.at.saturating_sub(first.at).as_secs_f64();
        (0.0 < seconds).then(|| (last.total - first.total) / seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sees `(second, growth)` in turn.
    fn check(seen: &[(u64, f64)], window_s: u64, expected: Option<f64>) {
        let mut growth = Growth::default();
        for &(at, by) in seen {
            growth.add(Duration::from_secs(at), by);
        }
        assert_eq!(growth.rate(Duration::from_secs(window_s)), expected, "{seen:?} over {window_s} s");
    }

    #[test]
    fn a_rate_takes_two_looks_and_reaches_back_a_window() {
        check(&[], 60, None);
        check(&[(0, 0.0)], 60, None);
        check(&[(0, 0.0), (5, 50.0)], 60, Some(10.0));
        check(&[(0, 0.0), (5, 50.0), (10, 0.0)], 60, Some(5.0));
        check(&[(0, 0.0), (5, 50.0), (10, 0.0)], 5, Some(0.0));
        check(&[(0, 0.0), (5, 50.0), (10, 0.0)], 7, Some(5.0));
        check(&[(0, 0.0), (5, 50.0), (10, 0.0)], 1, Some(0.0));
    }

    #[test]
    fn what_grew_before_a_new_beginning_does_not_count() {
        let mut growth = Growth::default();
        growth.add(Duration::ZERO, 0.0);
        growth.add(Duration::from_secs(5), 1e6);
        growth.begin_anew();
        growth.add(Duration::from_secs(10), 70.0);
        assert_eq!(growth.rate(Duration::from_secs(60)), None);
        growth.add(Duration::from_secs(15), 5.0);
        assert_eq!(growth.rate(Duration::from_secs(60)), Some(1.0));
    }

    #[test]
    fn memory_is_bounded() {
        let mut growth = Growth::default();
        for second in 0..10_000 {
            growth.add(Duration::from_secs(second), 1.0);
        }
        assert_eq!(growth.marks.len(), MOST_MARKS);
        assert_eq!(growth.rate(Duration::from_secs(60)), Some(1.0));
    }
}
