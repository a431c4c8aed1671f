//! Reads times as people write them: RFC 3339, date and time without a zone, or a number since 1970. One file
//! keeps to one way, for a change of zone in the middle is a mistake that moves hours of traffic.

use jiff::Timestamp;
use jiff::civil::{DateTime, Time};
use jiff::fmt::temporal::Pieces;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

/// Numbers from here on are milliseconds since 1970: as seconds they would lie in the year 5138.
const FIRST_MILLISECONDS: f64 = 1e11;

/// How a file writes its times.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Style {
    /// With the offset that the zone has at that time, so summer time may begin and end.
    OffsetOfZone,
    /// With another offset.
    Offset(Offset),
    /// Without an offset.
    Local,
    /// Seconds or milliseconds since 1970.
    Number,
}

/// Reads the times of one file.
pub(super) struct StampReader {
    zone: TimeZone,
    style: Option<Style>,
    before: Option<Timestamp>,
}

impl StampReader {
    /// A reader that takes times without an offset as of `zone`.
    pub(super) fn new(zone: TimeZone) -> Self {
        Self { zone, style: None, before: None }
    }

    /// Reads one time.
    ///
    /// # Errors
    /// Says what is wrong with the text, or that the file has changed its way of writing times.
    pub(super) fn read(&mut self, text: &str) -> Result<Timestamp, String> {
        let (at, style) = match text.parse::<f64>() {
            Ok(number) => (since_1970(number).ok_or_else(|| unreadable(text))?, Style::Number),
            Err(_) => self.parse_civil(text)?,
        };
        let known = *self.style.get_or_insert(style);
        if known != style {
            return Err(format!("{text:?} {}, but the times before it {}", has(style), has(known)));
        }
        self.before = Some(at);
        Ok(at)
    }

    fn parse_civil(&self, text: &str) -> Result<(Timestamp, Style), String> {
        let pieces = Pieces::parse(text).map_err(|_| unreadable(text))?;
        let civil = pieces.date().to_datetime(pieces.time().unwrap_or(Time::midnight()));
        let Some(offset) = pieces.to_numeric_offset() else {
            return Ok((self.resolve(civil)?, Style::Local));
        };
        let at = offset.to_timestamp(civil).map_err(|_| unreadable(text))?;
        let is_of_zone = self.zone.to_offset(at) == offset;
        Ok((at, if is_of_zone { Style::OffsetOfZone } else { Style::Offset(offset) }))
    }

    /// The moment that clocks in the zone show as `civil`. In the hour that they show twice, the second moment
    /// is meant once the first would not be later than the time before it.
    fn resolve(&self, civil: DateTime) -> Result<Timestamp, String> {
        let ambiguous = self.zone.to_ambiguous_timestamp(civil);
        let never_shown = matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. });
        let resolved = match (ambiguous.earlier(), self.before) {
            (Ok(first), Some(before)) if first <= before => ambiguous.later(),
            (first, _) => first,
        };
        match resolved {
            Ok(at) if !never_shown => Ok(at),
            Ok(_) | Err(_) => Err(format!("{civil} is not shown by clocks of the zone of --time-zone")),
        }
    }
}

fn since_1970(number: f64) -> Option<Timestamp> {
    let milliseconds = if number.abs() < FIRST_MILLISECONDS { number * 1000.0 } else { number };
    let is_a_time = milliseconds.is_finite() && milliseconds.abs() < FIRST_MILLISECONDS * 1000.0;
    // The bound keeps the number within 2^53, where the cast is exact to the millisecond.
    #[expect(clippy::cast_possible_truncation, reason = "rounded and bounded")]
    let milliseconds = is_a_time.then_some(milliseconds.round() as i64)?;
    Timestamp::from_millisecond(milliseconds).ok()
}

fn unreadable(text: &str) -> String {
    format!("{text:?} is not a time such as 2026-07-07T19:00:00Z, 2026-07-07 19:00:00 or 1783450800")
}

fn has(style: Style) -> String {
    match style {
        Style::OffsetOfZone => "have the offset of --time-zone".into(),
        Style::Offset(offset) => format!("have the offset {offset}"),
        Style::Local => "have no offset".into(),
        Style::Number => "count from 1970".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads `texts` as one file of Paris and compares the last time, or the refusal, with `expected`.
    fn check(texts: &[&str], expected: Result<&str, &str>) {
        let mut reader = StampReader::new(TimeZone::get("Europe/Paris").unwrap());
        let (last, first) = texts.split_last().unwrap();
        for text in first {
            reader.read(text).unwrap();
        }
        match (reader.read(last), expected) {
            (Ok(at), Ok(expected)) => assert_eq!(at.to_string(), expected),
            (Err(problem), Err(expected)) => assert!(problem.contains(expected), "{problem}"),
            (read, expected) => panic!("{read:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn each_way_of_writing_a_time_is_read() {
        check(&["2026-07-07T19:00:00Z"], Ok("2026-07-07T19:00:00Z"));
        check(&["2026-07-07T19:00:00.5+05:30"], Ok("2026-07-07T13:30:00.5Z"));
        check(&["2026-07-07 19:00:00"], Ok("2026-07-07T17:00:00Z"));
        check(&["1783450800"], Ok("2026-07-07T19:00:00Z"));
        check(&["1783450800250"], Ok("2026-07-07T19:00:00.25Z"));
        check(&["7/7/2026 19:00"], Err("is not a time such as"));
        check(&["NaN"], Err("\"NaN\" is not a time"));
    }

    #[test]
    fn zones_do_not_mix_in_one_file() {
        check(
            &["2026-07-07T19:00:00Z", "2026-07-07T21:01:00+02:00"],
            Err("but the times before it have the offset"),
        );
        check(&["2026-07-07T19:00:00Z", "2026-07-07 21:01:00"], Err("have no offset, but"));
        check(&["2026-07-07 21:00:00", "1783450860"], Err("count from 1970, but"));
    }

    #[test]
    fn summer_time_of_the_given_zone_may_begin_and_end() {
        check(&["2026-10-25T02:59:00+02:00", "2026-10-25T02:00:00+01:00"], Ok("2026-10-25T01:00:00Z"));
        check(&["2026-10-25 02:59:00", "2026-10-25 02:00:00"], Ok("2026-10-25T01:00:00Z"));
        check(&["2026-03-29 02:30:00"], Err("is not shown by clocks"));
    }
}
