//! What numbers and times of a snapshot can be computed with. A snapshot whose bytes are whole may still hold what no
//! engine has saved; it is refused then, and never carried into a forecast.

use jiff::{SignedDuration, Timestamp};

/// Far beyond what an engine learns, and so far from the largest number that products of some of them stay finite.
const MOST: f64 = 1e9;

/// Times are those of the years 1 to 9000: a duration of some days can be added to them.
const FIRST_SECOND: i64 = -62_135_596_800;
const LAST_SECOND: i64 = 221_845_392_000;

/// Whether a learned number is one, and not absurd.
#[must_use]
pub(crate) fn is_number(value: impl Into<f64>) -> bool {
    value.into().abs() <= MOST
}

/// Whether a learned number is one that is never below 0.
#[must_use]
pub(crate) fn is_size(value: impl Into<f64>) -> bool {
    (0.0..=MOST).contains(&value.into())
}

/// Whether demand, which may be of any size, is one.
#[must_use]
pub(crate) fn is_demand(value: f64) -> bool {
    value.is_finite() && 0.0 <= value
}

/// Whether a time can be computed with.
#[must_use]
pub(crate) fn is_time(at: Timestamp) -> bool {
    (FIRST_SECOND..=LAST_SECOND).contains(&at.as_second())
}

/// Whether a duration is one of up to a year.
#[must_use]
pub(crate) fn is_duration(duration: SignedDuration) -> bool {
    (SignedDuration::ZERO..=SignedDuration::from_hours(366 * 24)).contains(&duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_computed_with_is_told_from_what_can() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, -1e30] {
            assert!(!is_number(value) && !is_size(value), "{value}");
        }
        assert!(is_number(-1e6) && !is_size(-1e-9) && is_size(0.0));
        assert!(is_demand(f64::MAX) && !is_demand(f64::NAN) && !is_demand(-1.0));
        assert!(is_time(Timestamp::UNIX_EPOCH) && !is_time(Timestamp::MAX) && !is_time(Timestamp::MIN));
        assert!(!is_duration(SignedDuration::MAX) && !is_duration(-SignedDuration::from_secs(1)));
    }
}
