//! What times, durations and rules must look like. The parser forgives: it cuts numbers to their type's size, passes over
//! parts of a rule that it does not know, and takes as much of a time as it understands. An event at another time than
//! was meant is worse than a refusal, so the text itself is looked at first.

use std::ops::RangeInclusive;

use jiff::Span;
use prescale_controller::api::nearest;

use super::content::EventLines;
use super::vevent::Refused;

/// The properties that hold times.
const TIMES: [&str; 5] = ["DTSTART", "DTEND", "RECURRENCE-ID", "RDATE", "EXDATE"];

/// The parts of a rule that hold numbers, with the numbers' sizes (RFC 5545, 3.3.10). 0 is none of those that count back
/// from an end when they are negative.
const NUMBERS: [(&str, RangeInclusive<i32>); 10] = [
    ("COUNT", 1..=i32::MAX),
    ("INTERVAL", 1..=10_000),
    ("BYSECOND", 0..=59),
    ("BYMINUTE", 0..=59),
    ("BYHOUR", 0..=23),
    ("BYMONTH", 1..=12),
    ("BYMONTHDAY", -31..=31),
    ("BYYEARDAY", -366..=366),
    ("BYWEEKNO", -53..=53),
    ("BYSETPOS", -366..=366),
];

/// The other parts.
const WORDS: [&str; 6] = ["FREQ", "UNTIL", "BYDAY", "WKST", "RSCALE", "SKIP"];

/// Looks at all properties of a VEVENT that say when it is.
///
/// # Errors
/// The first value that is not written as RFC 5545 has it.
pub(super) fn check(lines: &EventLines) -> Result<(), Refused> {
    for (name, value) in &lines.values {
        if let Some(property) = TIMES.into_iter().find(|time| time == name) {
            check_times(value).map_err(|problem| Refused::of(property, problem))?;
        }
        match name.as_str() {
            "DURATION" => check_duration(value).map_err(|problem| Refused::of("DURATION", problem))?,
            "RRULE" => check_rule(value).map_err(|problem| Refused::of("RRULE", problem))?,
            _ => {}
        }
    }
    Ok(())
}

fn check_times(value: &str) -> Result<(), String> {
    match value.split(',').find(|time| !is_time(time)) {
        Some(time) if time.contains('/') => {
            Err(format!("`{time}` is a period, which is not read: write its start"))
        }
        Some(time) => Err(format!("`{time}` is not a time such as 20260707T190000")),
        None => Ok(()),
    }
}

fn is_time(text: &str) -> bool {
    let shape = text.trim().replace(|c: char| c.is_ascii_digit(), "0");
    matches!(shape.as_str(), "00000000" | "00000000T000000" | "00000000T000000Z")
}

fn check_duration(value: &str) -> Result<(), String> {
    let begins = value.trim().trim_start_matches(['+', '-']).starts_with('P');
    match value.trim().parse::<Span>() {
        Ok(_) if begins => Ok(()),
        Ok(_) | Err(_) => Err(format!("`{value}` is not a duration such as PT2H")),
    }
}

fn check_rule(value: &str) -> Result<(), String> {
    let mut seen = vec![];
    for part in value.trim().split(';').filter(|part| !part.is_empty()) {
        let split = part.split_once('=').filter(|(_, value)| !value.is_empty());
        let (name, value) = split.ok_or_else(|| format!("part `{part}` says nothing"))?;
        let name = name.to_ascii_uppercase();
        check_part(&name, value)?;
        if seen.contains(&name) {
            return Err(format!("says {name} twice"));
        }
        seen.push(name);
    }
    Ok(())
}

fn check_part(name: &str, value: &str) -> Result<(), String> {
    if let Some((_, range)) = NUMBERS.iter().find(|(number, _)| *number == name) {
        let is_in_range = |text: &str| {
            let number = text.parse::<i32>().ok();
            number.is_some_and(|number| range.contains(&number) && (number != 0 || *range.start() == 0))
        };
        return match value.split(',').find(|text| !is_in_range(text)) {
            Some(text) => Err(format!(
                "part {name}: `{text}` is not a number from {} to {}",
                range.start(),
                range.end()
            )),
            None => Ok(()),
        };
    }
    match name {
        "UNTIL" if !is_time(value) => {
            Err(format!("part UNTIL: `{value}` is not a time such as 20260707T190000Z"))
        }
        "BYDAY" => match value.split(',').find(|day| !is_day(day)) {
            Some(day) => Err(format!("part BYDAY: `{day}` is not a day such as MO or -1SU")),
            None => Ok(()),
        },
        known if WORDS.contains(&known) => Ok(()),
        unknown => {
            let known = NUMBERS.iter().map(|(number, _)| *number).chain(WORDS);
            let hint =
                nearest(unknown, known).map_or_else(String::new, |near| format!(", did you mean {near}?"));
            Err(format!("part {unknown} is not known{hint}"))
        }
    }
}

/// A day of the week, which may be the n-th.
fn is_day(text: &str) -> bool {
    let Some((nth, day)) = text.len().checked_sub(2).and_then(|at| text.split_at_checked(at)) else {
        return false;
    };
    let is_nth = nth.is_empty() || nth.parse::<i32>().is_ok_and(|nth| nth != 0 && (-53..=53).contains(&nth));
    is_nth && ["MO", "TU", "WE", "TH", "FR", "SA", "SU"].iter().any(|known| known.eq_ignore_ascii_case(day))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_property(name: &str, value: &str, expected: Result<(), &str>) {
        let values = vec![(name.to_owned(), value.to_owned())];
        let checked = check(&EventLines { values, ..EventLines::default() });
        match (checked, expected) {
            (Ok(()), Ok(())) => {}
            (Err(refused), Err(words)) => assert!(refused.problem.contains(words), "{refused:?}"),
            (checked, expected) => panic!("{name}:{value}: {checked:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn what_rfc_5545_has_is_taken() {
        check_property("DTSTART", "20260707T190000Z", Ok(()));
        check_property("EXDATE", "20260707,20260708T190000", Ok(()));
        for duration in ["PT2H", "P1W", "P15DT5H0M20S", "-P1D", "+PT30M"] {
            check_property("DURATION", duration, Ok(()));
        }
        check_property("RRULE", "FREQ=MONTHLY;INTERVAL=2;BYDAY=-1SU,MO;WKST=SU;UNTIL=20260707", Ok(()));
        check_property("RRULE", "FREQ=YEARLY;BYMONTHDAY=-1;BYHOUR=0;BYSETPOS=-1;COUNT=3;", Ok(()));
    }

    #[test]
    fn what_the_parser_would_take_for_something_else_is_refused() {
        for time in
            ["2026-07-07", "20260707T19", "20260707X190000", "20260707T190000EST", "20260707T190000+0200", ""]
        {
            check_property("DTSTART", time, Err("is not a time such as"));
        }
        check_property("RDATE", "20260707T190000Z/PT1H", Err("is a period"));
        check_property("DURATION", "2h", Err("`2h` is not a duration"));
        check_property(
            "RRULE",
            "FREQ=DAILY;INTERVAL=65538",
            Err("INTERVAL: `65538` is not a number from 1 to 10000"),
        );
        check_property("RRULE", "FREQ=DAILY;INTERVAL=0", Err("INTERVAL: `0` is not"));
        check_property("RRULE", "FREQ=DAILY;COUNT=-3", Err("COUNT: `-3` is not"));
        check_property("RRULE", "FREQ=MONTHLY;BYMONTHDAY=1,257", Err("BYMONTHDAY: `257` is not"));
        check_property("RRULE", "FREQ=MONTHLY;BYMONTHDAY=0", Err("BYMONTHDAY: `0` is not"));
        check_property(
            "RRULE",
            "FREQ=DAILY;BYHUOR=20",
            Err("part BYHUOR is not known, did you mean BYHOUR?"),
        );
        check_property("RRULE", "FREQ=DAILY;COUNT=1;COUNT=2", Err("says COUNT twice"));
        check_property("RRULE", "FREQ=DAILY;UNTIL=soon", Err("UNTIL: `soon` is not"));
        check_property("RRULE", "FREQ=WEEKLY;BYDAY=XX", Err("BYDAY: `XX` is not a day"));
    }
}
