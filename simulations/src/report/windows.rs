//! The spans of time that the page shows at the finest step that fits: around each event and each large turn.

use jiff::{SignedDuration, Timestamp};

use super::turns;
use crate::result::Comparison;

/// As much around an event as its own figures cover; see [`EventResult`](crate::result::EventResult).
pub(super) const AROUND_EVENT: SignedDuration = SignedDuration::from_mins(30);
/// Pods and nodes start within this time, so what a turn led to can be seen.
const AROUND_TURN: SignedDuration = SignedDuration::from_mins(10);
/// With the 20 minutes of each, 13 hours at most: turns do not crowd out the events.
const DETAILED_TURNS: usize = 40;

/// Half-open spans, ordered and disjoint.
#[derive(Debug, PartialEq)]
pub(super) struct Windows(Vec<(Timestamp, Timestamp)>);

impl Windows {
    /// The spans around the events and the largest turns of a comparison.
    pub(super) fn of(comparison: &Comparison) -> Self {
        let events = comparison.policies.iter().flat_map(|policy| &policy.events);
        let turns = turns::largest(comparison, DETAILED_TURNS);
        Self::merged(
            events
                .map(|event| around(event.starts_at, event.ends_at, AROUND_EVENT))
                .chain(turns.iter().map(|turn| around(turn.point.at, turn.point.at, AROUND_TURN)))
                .collect(),
        )
    }

    /// Joins spans that touch or overlap.
    pub(super) fn merged(mut spans: Vec<(Timestamp, Timestamp)>) -> Self {
        spans.sort();
        let mut merged: Vec<(Timestamp, Timestamp)> = Vec::new();
        for (start, end) in spans {
            match merged.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                Some(_) | None => merged.push((start, end)),
            }
        }
        Self(merged)
    }

    /// Whether a span holds this moment.
    pub(super) fn contains(&self, at: Timestamp) -> bool {
        let next = self.0.partition_point(|&(start, _)| start <= at);
        next > 0 && at < self.0[next - 1].1
    }
}

fn around(start: Timestamp, end: Timestamp, margin: SignedDuration) -> (Timestamp, Timestamp) {
    (start.checked_sub(margin).unwrap_or(Timestamp::MIN), end.checked_add(margin).unwrap_or(Timestamp::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn check(spans: &[(i64, i64)], merged: &[(i64, i64)]) {
        let stamps = |spans: &[(i64, i64)]| spans.iter().map(|&(a, b)| (at(a), at(b))).collect();
        assert_eq!(Windows::merged(stamps(spans)), Windows(stamps(merged)));
    }

    #[test]
    fn spans_that_touch_or_overlap_are_one() {
        check(&[(50, 60), (0, 10), (10, 20)], &[(0, 20), (50, 60)]);
        check(&[(0, 100), (10, 20)], &[(0, 100)]);
    }

    #[test]
    fn a_span_holds_its_start_but_not_its_end() {
        let windows = Windows::merged(vec![(at(10), at(20)), (at(30), at(40))]);
        let held: Vec<i64> = (0..50).filter(|&second| windows.contains(at(second))).collect();
        let expected: Vec<i64> = (10..20).chain(30..40).collect();
        assert_eq!(held, expected);
    }
}
