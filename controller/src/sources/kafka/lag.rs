//! The lag of a group on a topic from the offsets of its partitions. What is not known of one partition is not known of
//! the topic: a sum that leaves one out would call a consumer that is stuck there idle.

use super::problem::{Problem, Unknown};

/// An offset as Kafka gives it, or why it is not known.
pub(super) type Offset = Result<i64, Problem>;

/// Where a partition begins and ends: the first offset that is there, and the next that will be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) start: Offset,
    pub(super) end: Offset,
}

/// Messages that wait in each partition.
///
/// Offsets are not messages in two cases: compaction leaves holes, and the markers of transactions take an offset each.
/// So a transactional topic that is drained to the end may show a lag of one marker.
pub(super) fn waiting(extents: &[Extent], committed: &[Offset]) -> Result<Vec<u64>, Unknown> {
    let partitions = (0..).zip(extents);
    partitions.map(|(partition, extent)| waiting_in(partition, extent, committed)).collect()
}

fn waiting_in(partition: i32, extent: &Extent, committed: &[Offset]) -> Result<u64, Unknown> {
    let (start, end) = (extent.start.clone()?, extent.end.clone()?);
    let committed = committed.get(partition as usize).cloned().unwrap_or(Ok(-1))?;
    if committed < 0 {
        // Kafka says -1 for what was never committed. Nothing is there to be read, so nothing waits.
        return if start == end { Ok(0) } else { Err(Unknown::NothingCommitted { partition }) };
    }
    if committed < start {
        return Err(Unknown::Deleted { partition, committed, start });
    }
    u64::try_from(end - committed).map_err(|_| Unknown::PastTheEnd { partition, committed, end })
}

/// How unevenly messages wait: those of the fullest partition over the mean. 1 is even; the number of partitions is all
/// in one. `None` while nothing waits.
pub(super) fn skew(waiting: &[u64]) -> Option<f64> {
    let total = waiting.iter().sum::<u64>();
    let most = waiting.iter().copied().max()?;
    (0 < total).then(|| most as f64 * waiting.len() as f64 / total as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks `(start, end, committed)` of each partition.
    fn check(partitions: &[(i64, i64, i64)], expected: Result<&[u64], Unknown>) {
        let extents: Vec<_> =
            partitions.iter().map(|&(start, end, _)| Extent { start: Ok(start), end: Ok(end) }).collect();
        let committed: Vec<_> = partitions.iter().map(|&(.., committed)| Ok(committed)).collect();
        assert_eq!(waiting(&extents, &committed), expected.map(<[u64]>::to_vec), "{partitions:?}");
    }

    #[test]
    fn lag_is_what_lies_between_the_committed_offset_and_the_end() {
        check(&[(0, 100, 100)], Ok(&[0]));
        check(&[(0, 100, 40), (20, 90, 20)], Ok(&[60, 70]));
        check(&[(0, 0, 0)], Ok(&[0]));
    }

    #[test]
    fn what_was_not_measured_is_not_zero() {
        check(&[(0, 100, 100), (0, 1, -1)], Err(Unknown::NothingCommitted { partition: 1 }));
        check(&[(0, 100, -2)], Err(Unknown::NothingCommitted { partition: 0 }));
        check(&[(50, 100, 49)], Err(Unknown::Deleted { partition: 0, committed: 49, start: 50 }));
        check(&[(100, 100, 99)], Err(Unknown::Deleted { partition: 0, committed: 99, start: 100 }));
        check(&[(0, 10, 11)], Err(Unknown::PastTheEnd { partition: 0, committed: 11, end: 10 }));
    }

    #[test]
    fn nothing_waits_in_an_empty_partition_of_which_nobody_has_said_anything() {
        check(&[(0, 100, 90), (0, 0, -1), (7, 7, -1)], Ok(&[10, 0, 0]));
    }

    #[test]
    fn a_partition_that_could_not_be_read_makes_the_lag_unknown() {
        let away = Problem::NoLeader { partition: 1 };
        let readable = Extent { start: Ok(0), end: Ok(5) };
        let leaderless = Extent { start: Err(away.clone()), end: Err(away.clone()) };
        let lag = waiting(&[readable.clone(), leaderless], &[Ok(5), Ok(5)]);
        assert_eq!(lag, Err(Unknown::Unread(away.clone())));
        assert_eq!(
            waiting(std::slice::from_ref(&readable), &[Err(away.clone())]),
            Err(Unknown::Unread(away))
        );
        // A partition that was added, and that the answer of the group does not have yet.
        let lag = waiting(&[readable.clone(), readable], &[Ok(5)]);
        assert_eq!(lag, Err(Unknown::NothingCommitted { partition: 1 }));
    }

    #[test]
    fn skew_is_the_fullest_partition_over_the_mean() {
        for (waiting, expected) in [
            (&[][..], None),
            (&[0, 0], None),
            (&[5, 5], Some(1.0)),
            (&[30, 0, 0], Some(3.0)),
            (&[3, 1], Some(1.5)),
        ] {
            assert_eq!(skew(waiting), expected, "{waiting:?}");
        }
    }
}
