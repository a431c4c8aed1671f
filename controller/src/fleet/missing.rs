//! What is missing of a history that the store has a part of: before it, after it, and where nobody observed.

use jiff::{SignedDuration, Timestamp};
use prescale_model::Sample;

/// A gap of fewer steps stays one: it teaches little, and each costs a read.
const LEAST_STEPS: i32 = 4;
/// Reads of what is missing at most, of the longest gaps.
const MOST_SPANS: usize = 8;

/// The times of `span` that `kept`, in order of time and a step apart, does not have, in order of time.
pub(super) fn missing(
    kept: &[Sample],
    (from, to): (Timestamp, Timestamp),
    step: SignedDuration,
) -> Vec<(Timestamp, Timestamp)> {
    let (Some(first), Some(last)) = (kept.first(), kept.last()) else { return vec![(from, to)] };
    let before = (from, first.at() - step);
    let after = (last.at() + step, to);
    let between = kept.windows(2).map(|pair| (pair[0].at() + step, pair[1].at() - step));
    let length = |(from, to): &(Timestamp, Timestamp)| to.duration_since(*from);
    let mut spans: Vec<_> = std::iter::once(before)
        .chain(between)
        .chain([after])
        .filter(|span| step * LEAST_STEPS <= length(span))
        .collect();
    spans.sort_by_key(|span| std::cmp::Reverse(length(span)));
    spans.truncate(MOST_SPANS);
    spans.sort_unstable();
    spans
}

/// `kept` and `read` together, in order of time. Where both have a sample, the one that was kept stands.
pub(super) fn together(kept: Vec<Sample>, read: Vec<Sample>) -> Vec<Sample> {
    let mut all = kept;
    all.extend(read);
    all.sort_by_key(Sample::at);
    all.dedup_by_key(|sample| sample.at());
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: SignedDuration = SignedDuration::from_mins(1);

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_780_000_000 + 60 * minute).unwrap()
    }

    fn check(kept: impl IntoIterator<Item = i64>, expected: &[(i64, i64)]) {
        let kept: Vec<_> = kept.into_iter().map(|minute| Sample::new(at(minute), 1.0).unwrap()).collect();
        let expected: Vec<_> = expected.iter().map(|(from, to)| (at(*from), at(*to))).collect();
        assert_eq!(missing(&kept, (at(0), at(1_000)), STEP), expected);
    }

    #[test]
    fn what_is_kept_is_not_read_again() {
        check([], &[(0, 1_000)]);
        check(0..1_000, &[]);
        check(500..1_000, &[(0, 499)]);
        check(0..500, &[(500, 1_000)]);
        check((100..200).chain(203..300).chain(600..998), &[(0, 99), (300, 599)]);
    }

    #[test]
    fn the_longest_gaps_are_read() {
        let kept = (0..1_000).filter(|minute| minute % 50 < 40 - minute / 100);
        let gaps = missing(
            &kept.map(|minute| Sample::new(at(minute), 1.0).unwrap()).collect::<Vec<_>>(),
            (at(0), at(1_000)),
            STEP,
        );
        assert_eq!(gaps.len(), MOST_SPANS);
        assert!(gaps.is_sorted() && gaps.iter().all(|gap| at(600) <= gap.0), "{gaps:?}");
    }
}
