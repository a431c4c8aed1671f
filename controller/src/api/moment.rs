//! Moments as people write them: a local time in a named zone, or a time with its offset.
//!
//! A night on which the clocks change has local times that do not exist or exist twice. An on-sale an hour
//! off is worse than a refusal, so these are refused, with the offsets that settle what is meant.

use jiff::{Timestamp, civil, tz};

/// What [`PATTERN`] says, for people.
const NOT_A_TIME: &str = "is not a time such as 2026-07-07T19:00:00 or 2026-07-07T19:00:00+02:00";

/// The shape of what [`resolve`] takes, for the schema.
pub(super) const PATTERN: &str = concat!(
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?",
    r"(Z|[+-][0-9]{2}(:[0-9]{2})?)?$"
);

/// The zone of `name` in the system's database or, without one, the built-in; `None` for an unknown name.
pub(super) fn zone(name: &str) -> Option<tz::TimeZone> {
    tz::TimeZone::get(name).ok()
}

/// The moment that `text` means, in `zone` if it has no offset of its own.
///
/// # Errors
///
/// What is wrong, to follow the field and the text: `is not a time such as …`.
pub(super) fn resolve(text: &str, zone: Option<&tz::TimeZone>) -> Result<Timestamp, String> {
    if !is_plain(text) {
        return Err(NOT_A_TIME.to_owned());
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment);
    }
    let local = text.parse::<civil::DateTime>().map_err(|_| NOT_A_TIME)?;
    let Some(zone) = zone else {
        return Err("has no offset, and spec.timeZone is not known".to_owned());
    };
    let ambiguous = zone.to_ambiguous_zoned(local);
    let name = zone.iana_name().unwrap_or("its zone");
    match ambiguous.offset() {
        tz::AmbiguousOffset::Unambiguous { offset } => {
            offset.to_timestamp(local).map_err(|_| "is out of range".to_owned())
        }
        tz::AmbiguousOffset::Gap { before, after } => Err(format!(
            "does not exist in {name}, where the clocks skip it: write {local}{before} or {local}{after}"
        )),
        tz::AmbiguousOffset::Fold { before, after } => {
            Err(format!("happens twice in {name}: write {local}{before} or {local}{after}"))
        }
    }
}

/// Whether `text` has the shape of [`PATTERN`]. The parsers take more: a bare date as midnight, and
/// `…T19:00[America/New_York]` as a local time, its zone passed over. Nobody means that.
fn is_plain(text: &str) -> bool {
    let shape = text.replace(|c: char| c.is_ascii_digit(), "0");
    let Some(after_minutes) = shape.strip_prefix("0000-00-00T00:00") else { return false };
    let after_seconds = after_minutes.strip_prefix(":00").unwrap_or(after_minutes);
    let offset = match after_seconds.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches('0'),
        None => after_seconds,
    };
    matches!(offset, "" | "Z" | "+00" | "-00" | "+00:00" | "-00:00")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, zone_name: &str, expected: &str) {
        let zone = zone(zone_name);
        let resolved =
            resolve(text, zone.as_ref()).map_or_else(|refusal| refusal, |moment| moment.to_string());
        assert_eq!(resolved, expected, "{text} {zone_name}");
    }

    #[test]
    fn a_local_time_is_read_in_its_zone_and_an_offset_settles_itself() {
        check("2026-07-07T19:00:00", "Europe/Paris", "2026-07-07T17:00:00Z");
        check("2026-07-07T19:00", "Europe/Paris", "2026-07-07T17:00:00Z");
        check("2026-01-07T19:00:00", "Europe/Paris", "2026-01-07T18:00:00Z");
        check("2026-07-07T19:00:00-03:00", "Europe/Paris", "2026-07-07T22:00:00Z");
        check("2026-07-07T19:00:00Z", "", "2026-07-07T19:00:00Z");
        check("2026-07-07T19:00:00.250Z", "", "2026-07-07T19:00:00.25Z");
    }

    #[test]
    fn a_zone_in_the_text_or_another_shape_is_refused_rather_than_passed_over() {
        for text in [
            "2026-07-07T19:00:00[America/New_York]",
            "2026-07-07T19:00:00+02:00[America/New_York]",
            "2026-07-07 19:00:00+02:00",
            "20260707T190000Z",
            "2026-07-07T19:00:00.Z",
        ] {
            check(text, "Europe/Paris", NOT_A_TIME);
        }
    }

    #[test]
    fn the_nights_when_clocks_change_are_refused_until_an_offset_is_given() {
        let twice = "happens twice in Europe/Paris: \
                     write 2026-10-25T02:30:00+02 or 2026-10-25T02:30:00+01";
        check("2026-10-25T02:30:00", "Europe/Paris", twice);
        check("2026-10-25T02:30:00+01:00", "Europe/Paris", "2026-10-25T01:30:00Z");
        check("2026-10-25T02:30:00+01", "Europe/Paris", "2026-10-25T01:30:00Z");
        let never = "does not exist in Europe/Paris, where the clocks skip it: \
                     write 2026-03-29T02:30:00+01 or 2026-03-29T02:30:00+02";
        check("2026-03-29T02:30:00", "Europe/Paris", never);
    }

    #[test]
    fn what_is_not_a_time_is_refused_in_words() {
        for text in ["tonight", "2026-07-07", "2026-13-07T19:00:00", "2026-07-07T25:00:00Z", "19:00", ""] {
            check(text, "Europe/Paris", NOT_A_TIME);
        }
        check("2026-07-07T19:00:00", "Europe/Pari", "has no offset, and spec.timeZone is not known");
    }
}
