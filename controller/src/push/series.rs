//! What is kept of one pushed signal: the newest sample of each step, for so many steps. Taking is commutative and
//! idempotent, so that replicas which hear the same samples in any order, any number of times, hold the same.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use prescale_model::Sample;

/// Steps that are kept: twelve hours of minutes, 17 KiB.
pub(super) const MOST_STEPS: usize = 720;

/// A sample, and when a replica took it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Taken {
    /// The sample.
    pub sample: Sample,
    /// When the replica that a client sent it to took it, by that replica's clock.
    pub at: Timestamp,
}

/// What is kept of one signal.
#[derive(Clone, Debug)]
pub(super) struct Series {
    step: SignedDuration,
    /// Oldest first, one a step.
    kept: VecDeque<Taken>,
}

impl Series {
    /// An empty series. `step` is whole seconds, above 0.
    pub(super) fn new(step: SignedDuration) -> Self {
        Self { step, kept: VecDeque::new() }
    }

    pub(super) fn step(&self) -> SignedDuration {
        self.step
    }

    /// The same samples on another step.
    pub(super) fn on(&self, step: SignedDuration) -> Self {
        let mut other = Self::new(step);
        for taken in &self.kept {
            other.take(*taken);
        }
        other
    }

    /// Takes a sample, and says whether it told anything new. Of two with the same time, the one that was taken last
    /// stands; one that is older than another of its step tells nothing.
    pub(super) fn take(&mut self, new: Taken) -> bool {
        let step = self.step_of(new);
        let index = self.kept.partition_point(|kept| self.step_of(*kept) < step);
        match self.kept.get_mut(index) {
            Some(kept) if number(kept.sample.at(), self.step) == step => replace(kept, new),
            Some(_) | None => self.insert(index, new),
        }
    }

    fn insert(&mut self, index: usize, new: Taken) -> bool {
        let is_full = MOST_STEPS <= self.kept.len();
        if is_full && index == 0 {
            return false;
        }
        self.kept.insert(index, new);
        if is_full {
            self.kept.pop_front();
        }
        true
    }

    /// The newest sample by its own time.
    pub(super) fn newest(&self) -> Option<Taken> {
        self.kept.back().copied()
    }

    /// Oldest first.
    pub(super) fn kept(&self) -> impl Iterator<Item = Taken> + '_ {
        self.kept.iter().copied()
    }

    fn step_of(&self, taken: Taken) -> i64 {
        number(taken.sample.at(), self.step)
    }
}

/// Which step since 1970 a time falls in.
fn number(at: Timestamp, step: SignedDuration) -> i64 {
    at.as_second().div_euclid(step.as_secs())
}

/// Puts `new` in the place of `kept`, if it is newer.
fn replace(kept: &mut Taken, new: Taken) -> bool {
    let is_same = (kept.sample.at(), kept.sample.value()) == (new.sample.at(), new.sample.value());
    let age = |taken: &Taken| (taken.sample.at(), taken.at);
    let is_newer = match age(kept).cmp(&age(&new)) {
        std::cmp::Ordering::Less => true,
        std::cmp::Ordering::Greater => false,
        // Two replicas took different values in the same millisecond: both keep the larger.
        std::cmp::Ordering::Equal => kept.sample.value() < new.sample.value(),
    };
    if is_newer {
        *kept = new;
    }
    is_newer && !is_same
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MINUTE: SignedDuration = SignedDuration::from_secs(60);

    fn taken((at_ms, value, taken_ms): (i64, u8, i64)) -> Taken {
        let time = |ms| Timestamp::from_millisecond(ms).unwrap();
        Taken { sample: Sample::new(time(at_ms), f64::from(value)).unwrap(), at: time(taken_ms) }
    }

    fn of(samples: &[(i64, u8, i64)]) -> (Vec<bool>, Vec<(i64, f64)>) {
        let mut series = Series::new(MINUTE);
        let told = samples.iter().map(|sample| series.take(taken(*sample))).collect();
        let kept = series.kept().map(|kept| (kept.sample.at().as_millisecond(), kept.sample.value()));
        (told, kept.collect())
    }

    fn check(samples: &[(i64, u8, i64)], told: &[bool], kept: &[(i64, f64)]) {
        assert_eq!(of(samples), (told.to_vec(), kept.to_vec()), "{samples:?}");
    }

    #[test]
    fn a_step_keeps_its_newest_sample() {
        check(&[(1_000, 1, 0), (59_999, 2, 1)], &[true, true], &[(59_999, 2.0)]);
        check(&[(59_999, 2, 0), (1_000, 1, 1)], &[true, false], &[(59_999, 2.0)]);
        check(&[(60_000, 2, 0), (59_999, 1, 1)], &[true, true], &[(59_999, 1.0), (60_000, 2.0)]);
    }

    #[test]
    fn the_same_again_tells_nothing_and_another_value_replaces_it() {
        check(&[(1_000, 1, 0), (1_000, 1, 5)], &[true, false], &[(1_000, 1.0)]);
        check(&[(1_000, 3, 0), (1_000, 1, 5)], &[true, true], &[(1_000, 1.0)]);
        // A replica hears of the first push after the second.
        check(&[(1_000, 1, 5), (1_000, 3, 0)], &[true, false], &[(1_000, 1.0)]);
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_go() {
        let steps = i64::try_from(MOST_STEPS).unwrap();
        let many: Vec<_> = (0..steps + 10).map(|step| (step * 60_000, 1, step)).collect();
        let (told, kept) = of(&many);
        assert!(told.iter().all(|told| *told));
        assert_eq!((kept.len(), kept[0].0), (MOST_STEPS, 600_000));
        let mut series = Series::new(MINUTE);
        for sample in &many {
            series.take(taken(*sample));
        }
        assert!(!series.take(taken((0, 1, 0))), "what is older than all that is kept is not kept");
    }

    #[test]
    fn another_step_keeps_what_fits_it() {
        let mut series = Series::new(MINUTE);
        for minute in 0..10 {
            series.take(taken((minute * 60_000, 1, minute)));
        }
        assert_eq!(series.on(MINUTE * 5).kept().count(), 2);
    }

    proptest! {
        #[test]
        fn replicas_agree_whatever_the_order(
            samples in prop::collection::vec((0_i64..400_000, 0_u8..4, 0_i64..6), 0..60),
            seed in any::<u64>(),
        ) {
            let mut other = samples.clone();
            // Another order, and each of them twice.
            other.extend_from_slice(&samples);
            let count = other.len().max(1) as u64;
            for index in (1..other.len()).rev() {
                other.swap(index, usize::try_from(seed.wrapping_mul(index as u64) % count).unwrap() % (index + 1));
            }
            prop_assert_eq!(of(&samples).1, of(&other).1);
        }
    }
}
