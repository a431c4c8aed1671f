//! Numbers as people read them, the same in a sentence, in the terminal and on the page: thousands are grouped, shares are
//! percent, and a share that is not zero never reads as zero.

use std::cmp::Ordering;

use jiff::{SignedDuration, Timestamp};

/// A whole number with its thousands grouped: `1,234,567`.
pub(crate) fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A non-negative quantity with one decimal and its thousands grouped: `1,234.5`.
pub(crate) fn tenths(value: f64) -> String {
    grouped(value, 1)
}

/// An amount of money with two decimals and its thousands grouped: `1,234.50`.
pub(crate) fn money(value: f64) -> String {
    grouped(value, 2)
}

/// A share within [0, 1] as percent: `0 %`, `<0.001 %`, `0.012 %`, `3.4 %`.
pub(crate) fn share(value: f64) -> String {
    let percent = value * 100.0;
    match percent {
        p if p <= 0.0 => "0 %".to_owned(),
        p if p < 0.001 => "<0.001 %".to_owned(),
        p if p < 0.1 => format!("{p:.3} %"),
        p if p < 1.0 => format!("{p:.2} %"),
        p => format!("{p:.1} %"),
    }
}

/// The part of `requests` that was `missed`, within [0, 1]; nothing is missed where nothing was asked.
pub(crate) fn missed_share(missed: u64, requests: u64) -> f64 {
    if requests == 0 { 0.0 } else { missed as f64 / requests as f64 }
}

/// How far `own` is from `other`, in percent of `other`: `−92 %`. Nothing can be said against zero, and what is
/// left of a little never reads as all gone.
pub(crate) fn change(own: f64, other: f64) -> String {
    if other <= 0.0 {
        return String::new();
    }
    let percent = (own / other - 1.0) * 100.0;
    if own > 0.0 && percent < -99.0 {
        return format!("−{:.1} %", percent.abs().min(99.9));
    }
    match percent.round() {
        rounded if rounded > 0.0 => format!("+{rounded} %"),
        rounded if rounded < 0.0 => format!("−{} %", -rounded),
        _ => "±0 %".to_owned(),
    }
}

/// How much `own` is more or less than `other`, printed alike: `+3.2`, `−0.4`, `±0.0`.
pub(crate) fn difference(own: f64, other: f64, print: fn(f64) -> String) -> String {
    let printed = print((own - other).abs());
    let sign = match own.total_cmp(&other) {
        _ if printed == print(0.0) => "±",
        Ordering::Less => "−",
        Ordering::Greater => "+",
        Ordering::Equal => "±",
    };
    format!("{sign}{printed}")
}

/// A length of time: `1h 30m`.
pub(crate) fn duration(seconds: f64) -> String {
    format!("{:#}", SignedDuration::try_from_secs_f64(seconds).unwrap_or(SignedDuration::MAX))
}

/// A time to the minute, in UTC: `2026-07-07 19:00`.
pub(crate) fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M").to_string()
}

/// A time to the second, in UTC: `2026-07-07 19:00:15`.
pub(crate) fn second(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn grouped(value: f64, decimals: usize) -> String {
    let plain = format!("{value:.decimals$}");
    match plain.split_once('.') {
        Some((whole, fraction)) => match whole.parse() {
            Ok(whole) => format!("{}.{fraction}", count(whole)),
            Err(_) => plain,
        },
        None => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped() {
        let cases =
            [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567"), (12_345_678, "12,345,678")];
        for (value, printed) in cases {
            assert_eq!(count(value), printed);
        }
        assert_eq!(tenths(12_345.678), "12,345.7");
        assert_eq!(money(999.999), "1,000.00");
    }

    #[test]
    fn a_share_that_is_not_zero_never_reads_as_zero() {
        let cases = [
            (0.0, "0 %"),
            (1e-9, "<0.001 %"),
            (0.000_12, "0.012 %"),
            (0.003_4, "0.34 %"),
            (0.034, "3.4 %"),
            (1.0, "100.0 %"),
        ];
        for (value, printed) in cases {
            assert_eq!(share(value), printed);
        }
    }

    #[test]
    fn nothing_is_missed_where_nothing_was_asked() {
        assert_eq!(missed_share(0, 0), 0.0);
        assert_eq!(missed_share(1, 4), 0.25);
    }

    #[test]
    fn a_change_has_its_sign_and_is_not_made_up_against_zero() {
        let cases = [
            (8.0, 100.0, "−92 %"),
            (150.0, 100.0, "+50 %"),
            (5.0, 5.0, "±0 %"),
            (5.0, 0.0, ""),
            (0.000_1, 100.0, "−99.9 %"),
            (0.0, 9.0, "−100 %"),
        ];
        for (own, other, printed) in cases {
            assert_eq!(change(own, other), printed);
        }
    }

    #[test]
    fn a_difference_that_reads_as_nothing_has_no_direction() {
        for (own, other, printed) in [(5.25, 2.0, "+3.2"), (2.0, 2.4, "−0.4"), (2.0, 2.01, "±0.0")] {
            assert_eq!(difference(own, other, tenths), printed);
        }
    }
}
