//! Heads: the newest samples of each series in memory, until their two hours are over and they become a chunk. The
//! journal has them on the disk meanwhile.

use std::collections::HashMap;

use super::chunk::{Bucket, Kept};

/// A head is closed this long after its two hours, if no newer sample has closed it: by then a late tick has come.
const GRACE_BUCKETS: Bucket = 1;

/// A series' newest samples.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Head {
    pub(super) bucket: Bucket,
    /// The journal's row that has the first of them.
    pub(super) since: u64,
    offsets: Vec<u32>,
    values: Vec<f64>,
}

/// What became of a sample.
#[derive(Debug, PartialEq)]
pub(super) enum Pushed {
    /// It is the newest.
    Taken,
    /// It is the newest, and the first of another bucket: the head before it is closed.
    Next(Head),
    /// It is not newer than what is there.
    Late,
}

/// The heads of all series.
#[derive(Debug, Default)]
pub(super) struct Heads {
    open: HashMap<u64, Head>,
}

impl Head {
    /// The samples, in order of time.
    pub(super) fn samples(&self) -> impl Iterator<Item = Kept> + '_ {
        self.offsets.iter().copied().zip(self.values.iter().copied())
    }

    fn new(bucket: Bucket, since: u64, (offset, value): Kept) -> Self {
        Self { bucket, since, offsets: vec![offset], values: vec![value] }
    }
}

impl Heads {
    /// Takes a sample of the journal's `row`.
    pub(super) fn push(&mut self, series: u64, bucket: Bucket, kept: Kept, row: u64) -> Pushed {
        let Some(head) = self.open.get_mut(&series) else {
            self.open.insert(series, Head::new(bucket, row, kept));
            return Pushed::Taken;
        };
        if head.bucket < bucket {
            return Pushed::Next(std::mem::replace(head, Head::new(bucket, row, kept)));
        }
        if bucket < head.bucket || head.offsets.last().is_some_and(|last| kept.0 <= *last) {
            return Pushed::Late;
        }
        head.offsets.push(kept.0);
        head.values.push(kept.1);
        Pushed::Taken
    }

    /// Heads whose time is over, and those of a time that is yet to come: a clock was ahead.
    pub(super) fn take_due(&mut self, now: Bucket) -> Vec<(u64, Head)> {
        let is_due = |head: &Head| head.bucket + GRACE_BUCKETS < now || now + GRACE_BUCKETS < head.bucket;
        self.open.extract_if(|_, head| is_due(head)).collect()
    }

    /// The head of a series.
    pub(super) fn get(&self, series: u64) -> Option<&Head> {
        self.open.get(&series)
    }

    /// The oldest row of the journal that is still of use; `None` where there is no head.
    pub(super) fn oldest_row(&self) -> Option<u64> {
        self.open.values().map(|head| head.since).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_taken_in_order_of_time() {
        let mut heads = Heads::default();
        assert_eq!(heads.push(1, 10, (5, 1.0), 0), Pushed::Taken);
        assert_eq!(heads.push(1, 10, (5, 2.0), 1), Pushed::Late);
        assert_eq!(heads.push(1, 9, (9, 2.0), 1), Pushed::Late);
        assert_eq!(heads.push(1, 10, (6, 3.0), 1), Pushed::Taken);
        let Pushed::Next(head) = heads.push(1, 11, (0, 4.0), 2) else { panic!("another bucket closes it") };
        assert_eq!(head.samples().collect::<Vec<_>>(), [(5, 1.0), (6, 3.0)]);
        assert_eq!((head.bucket, head.since, heads.oldest_row()), (10, 0, Some(2)));
    }

    #[test]
    fn a_head_is_due_when_its_time_is_over_or_was_never_there() {
        let mut heads = Heads::default();
        heads.push(1, 10, (5, 1.0), 0);
        heads.push(2, 12, (5, 1.0), 0);
        heads.push(3, 90, (5, 1.0), 0);
        let due = |heads: &mut Heads, now| {
            let mut due = heads.take_due(now).into_iter().map(|(series, _)| series).collect::<Vec<_>>();
            due.sort_unstable();
            due
        };
        assert_eq!(due(&mut heads, 11), [3]);
        assert_eq!(due(&mut heads, 12), [1]);
        assert_eq!(heads.oldest_row(), Some(0));
    }
}
