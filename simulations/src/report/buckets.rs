//! Down-sampling: weeks of ticks become a few thousand buckets, coarse over the whole window and fine where something
//! happens. What a bucket keeps is chosen per column so that trouble stays visible: the highest demand, the fewest
//! Ready replicas, the sum of late requests.

use jiff::Timestamp;

use super::windows::Windows;

/// About four buckets a pixel of a wide screen over the whole window.
pub(super) const COARSE: usize = 4_000;
/// For the parts that people zoom into: 33 hours at 15 s each. Six policies with both stay under 3 MB of page.
pub(super) const FINE: usize = 8_000;

/// What a bucket keeps of its samples.
#[derive(Clone, Copy, Debug)]
pub(super) enum Keep {
    /// The highest.
    Most,
    /// The lowest.
    Fewest,
    /// Their sum.
    Sum,
    /// The newest.
    Last,
}

impl Keep {
    fn of(self, kept: f64, value: f64) -> f64 {
        match self {
            Self::Most => kept.max(value),
            Self::Fewest => kept.min(value),
            Self::Sum => kept + value,
            Self::Last => value,
        }
    }
}

/// Half-open spans that cover the window without gaps, each starting at a tick.
pub(super) struct Buckets {
    starts: Vec<Timestamp>,
    to: Timestamp,
}

impl Buckets {
    /// Groups ordered `ticks` into at most about [`COARSE`] plus [`FINE`] buckets up to `to`; ticks within `windows`
    /// are grouped apart from the others, and alone if they are few enough.
    pub(super) fn new(ticks: &[Timestamp], to: Timestamp, windows: &Windows) -> Self {
        let in_windows = ticks.iter().filter(|&&tick| windows.contains(tick)).count();
        let coarse = ticks.len().div_ceil(COARSE).max(1);
        let fine = in_windows.div_ceil(FINE).clamp(1, coarse);
        let mut starts = Vec::new();
        let mut size = 0;
        let mut within = false;
        for &tick in ticks {
            let crosses = within != windows.contains(tick);
            within = windows.contains(tick);
            let full = size >= if within { fine } else { coarse };
            if starts.is_empty() || crosses || full {
                starts.push(tick);
                size = 0;
            }
            size += 1;
        }
        Self { starts, to }
    }

    /// Where the buckets start, in order.
    pub(super) fn starts(&self) -> &[Timestamp] {
        &self.starts
    }

    /// Folds samples into one value a bucket; `None` where it had none. Samples outside the window are left out.
    pub(super) fn fold(
        &self,
        samples: impl Iterator<Item = (Timestamp, f64)>,
        keep: Keep,
    ) -> Vec<Option<f64>> {
        let mut folded: Vec<Option<f64>> = vec![None; self.starts.len()];
        for (at, value) in samples {
            if let Some(index) = self.index(at) {
                folded[index] = Some(folded[index].map_or(value, |kept| keep.of(kept, value)));
            }
        }
        folded
    }

    /// The bucket of a moment. The row that closes the window, at its very end, belongs to the last one.
    fn index(&self, at: Timestamp) -> Option<usize> {
        let inside = at <= self.to;
        let next = self.starts.partition_point(|&start| start <= at);
        next.checked_sub(1).filter(|_| inside)
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn tick(index: usize) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(15 * index as i64)
    }

    fn buckets(ticks: usize, windows: &[(usize, usize)]) -> Buckets {
        let ticks: Vec<Timestamp> = (0..ticks).map(tick).collect();
        let windows = windows.iter().map(|&(start, end)| (tick(start), tick(end))).collect();
        let to = ticks[ticks.len() - 1] + SignedDuration::from_secs(15);
        Buckets::new(&ticks, to, &Windows::merged(windows))
    }

    /// A saw tooth, so that every bucket has a highest, a lowest and a sum of its own.
    fn samples(ticks: usize) -> impl Iterator<Item = (Timestamp, f64)> {
        (0..ticks).map(|index| (tick(index), (index % 97) as f64))
    }

    #[test]
    fn a_night_keeps_every_tick() {
        assert_eq!(buckets(2_880, &[]).starts().len(), 2_880);
    }

    #[test]
    fn weeks_are_bounded_and_an_event_in_them_keeps_every_tick() {
        let ticks = 55 * 24 * 240;
        let buckets = buckets(ticks, &[(100_001, 100_701)]);
        assert!(buckets.starts().len() <= COARSE + FINE);
        let event = &buckets.starts()[buckets.index(tick(100_001)).unwrap()..];
        assert_eq!(event[..700], (100_001..100_701).map(tick).collect::<Vec<_>>());
        assert_eq!(event[700], tick(100_701));
    }

    #[test]
    fn more_events_than_fit_share_the_fine_buckets() {
        let ticks = 55 * 24 * 240;
        let buckets = buckets(ticks, &[(0, ticks / 2)]);
        assert!(buckets.starts().len() <= COARSE + FINE, "{}", buckets.starts().len());
    }

    #[test]
    fn sums_and_extremes_survive_the_folding() {
        let ticks = 20_000;
        let buckets = buckets(ticks, &[(5_000, 6_000)]);
        let fold = |keep| -> Vec<f64> { buckets.fold(samples(ticks), keep).into_iter().flatten().collect() };
        let sum: f64 = samples(ticks).map(|(_, value)| value).sum();
        assert_eq!(fold(Keep::Sum).iter().sum::<f64>(), sum);
        assert_eq!(fold(Keep::Most).into_iter().fold(0.0, f64::max), 96.0);
        assert_eq!(fold(Keep::Fewest).into_iter().fold(96.0, f64::min), 0.0);
        assert_eq!(fold(Keep::Last).last(), Some(&((ticks - 1) as f64 % 97.0)));
    }

    #[test]
    fn a_bucket_without_samples_is_missing_and_samples_outside_are_left_out() {
        let buckets = buckets(4, &[]);
        let samples = [(tick(1), 5.0), (tick(2), 7.0), (tick(9), 9.0)];
        assert_eq!(buckets.fold(samples.into_iter(), Keep::Sum), [None, Some(5.0), Some(7.0), None]);
    }
}
