//! What is seen of a series and of the clock without knowing of events: level, changes over minutes to days, time of
//! day and week. None depends on the horizon, so that all horizons learn from the same features.

use std::f64::consts::TAU;
use std::ops::Range;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::windows::Windows;

/// Features of [`write`].
pub const SEEN: usize = LEVELS + LAGS + 1 + CHANGES;

/// Features of [`write_clock`].
pub const CLOCK: usize = TIME_OF_DAY + WEEK;

/// All features: those that are seen, and then the clock's.
pub const FEATURES: usize = SEEN + CLOCK;

/// Those that an expert with events of its own needs: a constant, changes, time of day and week.
pub const CORE: Range<usize> = LEVELS + LAGS..FEATURES;

/// The changes over minutes.
pub const CHANGES_AT: Range<usize> = LEVELS + LAGS + 1..LEVELS + LAGS + 1 + CHANGES;

const LEVELS: usize = 5;
const LAGS: usize = 7;
pub(super) const CHANGES: usize = 8;
const HARMONICS: usize = 6;
const TIME_OF_DAY: usize = 2 * HARMONICS;
const WEEK: usize = 5;

/// Size of a feature that is always there, beside changes of level: small, since it moves forecasts little.
const ALWAYS: f32 = 0.1;

/// The level that forecasts start from: the mean of three minutes.
#[must_use]
pub fn base(windows: &Windows) -> f64 {
    windows.mean(3)
}

/// Writes what is seen of the step that is the newest of `windows`.
pub fn write(windows: &Windows, out: &mut [f32]) {
    let (levels, rest) = out.split_at_mut(LEVELS);
    let (lags, rest) = rest.split_at_mut(LAGS);
    let (constant, changes) = rest.split_at_mut(1);
    write_levels(windows, levels);
    for (ago, lag) in (1..).zip(lags) {
        *lag = (windows.lag(ago) - base(windows)) as f32;
    }
    constant[0] = ALWAYS;
    write_changes(windows, changes);
}

fn write_levels(windows: &Windows, out: &mut [f32]) {
    let means = [10, 30, 120, 720, 1_440, 4_320].map(|minutes| windows.mean(minutes));
    for (out, pair) in out.iter_mut().zip(means.windows(2)) {
        *out = (pair[0] - pair[1]) as f32;
    }
}

fn write_changes(windows: &Windows, out: &mut [f32]) {
    let [m5, m15, m60, m360] = [5, 15, 60, 360].map(|minutes| windows.mean(minutes));
    let changes = [
        windows.lag(0) - base(windows),
        windows.change(3),
        windows.change(5),
        windows.change(15),
        windows.change(60),
        m5 - m15,
        m15 - m60,
        m60 - m360,
    ];
    out.iter_mut().zip(changes).for_each(|(out, change)| *out = change as f32);
}

/// Whether people do not work at a time, but for holidays.
#[must_use]
pub fn is_weekend(at: Timestamp) -> bool {
    5 < at.to_zoned(TimeZone::UTC).weekday().to_monday_one_offset()
}

/// Writes harmonics of the day, and the first two of them on days off.
pub fn write_clock(at: Timestamp, is_off: bool, out: &mut [f32]) {
    let (time_of_day, week) = out.split_at_mut(TIME_OF_DAY);
    let off = if is_off { ALWAYS } else { 0.0 };
    let turn = TAU * at.as_second().rem_euclid(86_400) as f64 / 86_400.0;
    for harmonic in 0..HARMONICS {
        let (sin, cos) = (turn * (harmonic + 1) as f64).sin_cos();
        time_of_day[2 * harmonic] = ALWAYS * sin as f32;
        time_of_day[2 * harmonic + 1] = ALWAYS * cos as f32;
    }
    for index in 0..WEEK - 1 {
        week[index] = off / ALWAYS * time_of_day[index];
    }
    week[WEEK - 1] = off;
}
