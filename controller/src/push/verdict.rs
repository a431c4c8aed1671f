//! Which samples are taken: amounts, of now or a moment ago. The words of a refusal name the value.

use jiff::{SignedDuration, Timestamp};
use prescale_model::Sample;

use super::parse::Written;

/// A sample that comes later than this is of no use to a forecast, and would change what has been learned from: ten
/// minutes, or three steps where those are longer.
const LATE_WITHIN: SignedDuration = SignedDuration::from_mins(10);
const LATE_STEPS: i32 = 3;
/// Clocks of a cluster agree to well under a second; those of clients outside of it mostly to this.
const AHEAD_WITHIN: SignedDuration = SignedDuration::from_secs(30);
/// A signal is missing when its newest sample is older than three steps, or a minute where they are shorter.
const SILENT_STEPS: i32 = 3;
const SILENT_AT_LEAST: SignedDuration = SignedDuration::from_mins(1);

/// A sample of a signal with this step, as written at `now`; or why it is refused.
pub(super) fn sample(written: &Written, step: SignedDuration, now: Timestamp) -> Result<Sample, String> {
    let at = written.time.unwrap_or(now);
    // Whole milliseconds, as all formats have them: a time is told from another by what every replica sees of it.
    let at = Timestamp::from_millisecond(at.as_millisecond()).map_err(|error| error.to_string())?;
    let late = now.duration_since(at);
    let late_within = late_within(step);
    if late_within < late {
        return Err(format!(
            "time {at} is {late:#.0} ago: samples are taken until {late_within:#} after their time"
        ));
    }
    if AHEAD_WITHIN < -late {
        return Err(format!(
            "time {at} is {:#.0} ahead of the controller's clock, which says {now:.0}",
            -late
        ));
    }
    let value = written.value;
    Sample::new(at, value)
        .ok_or_else(|| format!("value {value} is not an amount: it must be finite and at least 0"))
}

/// How long after their time samples are taken.
pub(super) fn late_within(step: SignedDuration) -> SignedDuration {
    LATE_WITHIN.max(step * LATE_STEPS)
}

/// Whether a newest sample of this age tells nothing of now any more.
pub(super) fn is_silent(age: SignedDuration, step: SignedDuration) -> bool {
    SILENT_AT_LEAST.max(step * SILENT_STEPS) < age
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: SignedDuration = SignedDuration::from_secs(60);

    fn now() -> Timestamp {
        "2026-07-07T19:00:00Z".parse().unwrap()
    }

    fn check(ago_s: i64, value: f64, expected: Result<(), &str>) {
        let written = Written { time: Some(now() - SignedDuration::from_secs(ago_s)), value };
        let said = sample(&written, STEP, now()).map(|_| ());
        assert_eq!(said, expected.map_err(str::to_owned), "{ago_s} s ago");
    }

    #[test]
    fn samples_are_taken_around_now() {
        check(0, 12.0, Ok(()));
        check(600, 12.0, Ok(()));
        check(-30, 12.0, Ok(()));
        check(
            601,
            12.0,
            Err("time 2026-07-07T18:49:59Z is 10m 1s ago: samples are taken until 10m after their time"),
        );
        check(
            -31,
            12.0,
            Err(
                "time 2026-07-07T19:00:31Z is 31s ahead of the controller's clock, which says 2026-07-07T19:00:00Z",
            ),
        );
    }

    #[test]
    fn only_amounts_are_taken() {
        check(0, 0.0, Ok(()));
        check(0, -1.5, Err("value -1.5 is not an amount: it must be finite and at least 0"));
        check(0, f64::NAN, Err("value NaN is not an amount: it must be finite and at least 0"));
        check(0, f64::INFINITY, Err("value inf is not an amount: it must be finite and at least 0"));
    }

    #[test]
    fn slow_signals_may_be_late_by_three_steps() {
        let written = Written { time: Some(now() - SignedDuration::from_hours(3)), value: 1.0 };
        assert!(sample(&written, SignedDuration::from_hours(1), now()).is_ok());
    }

    #[test]
    fn a_signal_is_silent_after_three_steps_and_no_sooner_than_a_minute() {
        let seconds = SignedDuration::from_secs;
        assert!(!is_silent(seconds(180), STEP) && is_silent(seconds(181), STEP));
        assert!(!is_silent(seconds(60), seconds(1)) && is_silent(seconds(61), seconds(1)));
    }
}
