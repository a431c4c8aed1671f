//! The bounds of what people may write, each with the reason it has this value, and the two checks that
//! several fields share.

use jiff::SignedDuration;

use super::{WrittenDuration, problems::Problems};

/// The most replicas of one scaler: the pods of the largest cluster that Kubernetes supports
/// (<https://kubernetes.io/docs/setup/best-practices/cluster-large/>).
pub const MOST_REPLICAS: u32 = 150_000;
/// The most signals of one scaler: each is a query a step, and a column of every forecast.
pub(super) const MOST_SIGNALS: usize = 32;
/// The least capacity that an HPA's target can say: it counts in thousandths.
pub(super) const LEAST_CAPACITY: f64 = 0.001;
/// The most capacity whose thousandths are still exact in a 64-bit float.
pub(super) const MOST_CAPACITY: f64 = 1e12;
/// The longest time a plan looks ahead, holds or waits. One day at the one-minute step is 1,440 values.
pub(super) const LONGEST: SignedDuration = SignedDuration::from_hours(24);
/// Longest step: past it, an HPA's 15-second sync works with what is an hour old.
pub(super) const LONGEST_STEP: SignedDuration = SignedDuration::from_hours(1);
/// Longest name that fits the label by which the HPA asks for its metric.
pub(super) const LONGEST_LABEL: usize = 63;

/// Longest way to a field of a record: longer ones are a mistake.
pub(super) const LONGEST_PATH: usize = 256;

/// Refuses a duration above [`LONGEST`].
pub(super) fn bounded(field: &str, written: WrittenDuration, problems: &mut Problems) -> SignedDuration {
    if LONGEST < written.get() {
        problems.refuse(field, written, "is longer than 24h");
    }
    written.get()
}

/// Refuses zero, and a duration above [`LONGEST`].
pub(super) fn positive(field: &str, written: WrittenDuration, problems: &mut Problems) -> SignedDuration {
    if written.get().is_zero() {
        problems.refuse(field, written, "must be above 0s");
    }
    bounded(field, written, problems)
}

/// Whether `value` may be written for `field`: finite and above 0.
pub(super) fn above_zero(field: &str, value: f64, problems: &mut Problems) -> bool {
    let fits = value.is_finite() && 0.0 < value;
    if !fits {
        problems.refuse(field, value, "must be a finite number above 0");
    }
    fits
}
