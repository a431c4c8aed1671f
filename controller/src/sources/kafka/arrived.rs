//! When the records of a partition arrived, from what was seen of its end: the end passed an offset between two polls.
//! So the age of what waits costs no read of records, and is exact to a poll while it is recent; the older it is, the
//! coarser, as what is remembered is thinned out.

use std::{collections::VecDeque, time::Duration};

/// Moments remembered of a partition, 24 bytes each: 2,000 partitions remember with 3 MiB.
const MOST_MOMENTS: usize = 64;

/// The ends of a partition, and when they were seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Arrived {
    /// Oldest first; ends grow.
    moments: VecDeque<Moment>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Moment {
    end: i64,
    first: Duration,
    last: Duration,
}

impl Arrived {
    /// The partition ended at `end` when it was seen `at`. An end that went back makes all before it worthless.
    pub(super) fn see(&mut self, at: Duration, end: i64) {
        match self.moments.back_mut() {
            Some(newest) if newest.end == end => {
                newest.last = at;
                return;
            }
            Some(newest) if end < newest.end => self.moments.clear(),
            Some(_) | None => {}
        }
        if self.moments.len() == MOST_MOMENTS {
            self.thin();
        }
        self.moments.push_back(Moment { end, first: at, last: at });
    }

    /// When the record at `offset` arrived, between the polls that it lies between; `None` where it arrived before the
    /// first, or has not yet.
    pub(super) fn at(&self, offset: i64) -> Option<Duration> {
        let after = self.moments.partition_point(|moment| moment.end <= offset);
        let (before, after) = (self.moments.get(after.checked_sub(1)?)?, self.moments.get(after)?);
        let share = (offset - before.end) as f64 / (after.end - before.end) as f64;
        Some(before.last + after.first.saturating_sub(before.last).mul_f64(share))
    }

    /// Forgets every second moment of the older half: recent ones stay exact, and old ones reach back further.
    fn thin(&mut self) {
        let mut index = 0;
        self.moments.retain(|_| {
            index += 1;
            MOST_MOMENTS / 2 < index || index % 2 == 1
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(moments: &[(u64, i64)]) -> Arrived {
        let mut arrived = Arrived::default();
        for &(at, end) in moments {
            arrived.see(Duration::from_secs(at), end);
        }
        arrived
    }

    fn check(moments: &[(u64, i64)], offset: i64, expected: Option<f64>) {
        let at = seen(moments).at(offset).map(|at| at.as_secs_f64());
        assert_eq!(at, expected, "offset {offset} of {moments:?}");
    }

    #[test]
    fn a_record_arrived_between_the_polls_that_it_lies_between() {
        let moments = [(0, 100), (5, 100), (10, 150), (15, 150), (20, 160)];
        check(&moments, 99, None);
        check(&moments, 100, Some(5.0));
        check(&moments, 110, Some(6.0));
        check(&moments, 149, Some(9.9));
        check(&moments, 150, Some(15.0));
        check(&moments, 159, Some(19.5));
        check(&moments, 160, None);
        check(&[], 0, None);
        check(&[(0, 7)], 6, None);
    }

    #[test]
    fn an_end_that_went_back_begins_anew() {
        check(&[(0, 100), (5, 200), (10, 20), (15, 40)], 150, None);
        check(&[(0, 100), (5, 200), (10, 20), (15, 40)], 30, Some(12.5));
    }

    #[test]
    fn what_is_remembered_is_bounded_and_reaches_back() {
        let polls = (0..2_000).map(|poll| (poll * 5, poll as i64 * 50)).collect::<Vec<_>>();
        let arrived = seen(&polls);
        assert!(arrived.moments.len() <= MOST_MOMENTS);
        let told = |offset| arrived.at(offset).map(|at| at.as_secs_f64());
        assert_eq!(told(99_005), Some(9_900.5), "recent ones are exact");
        let oldest = arrived.moments.front().unwrap().end;
        assert_eq!(oldest, 0, "the first poll is still known");
        assert_eq!(told(50_000), Some(5_000.0), "a steady topic is known at any age");
    }
}
