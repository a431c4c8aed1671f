//! The local times of a recurrence rule. A rule counts on clocks and not in moments, so it is expanded without a zone, by
//! calcard, and each local time becomes a moment of the zone afterwards: eight in the evening stays eight in the evening.

use calcard::common::timezone::Tz;
use calcard::icalendar::dates::CalendarErrorType;
use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarEntry, ICalendarFrequency,
    ICalendarProperty, ICalendarRecurrenceRule, ICalendarValue,
};
use jiff::Timestamp;
use jiff::civil::{DateTime, Time};

use super::moment::{Moment, last_of, partial};
use super::vevent::Refused;

/// The most occurrences of one rule, from its first: each day of 27 years, and some thousands more would no longer be a
/// list that anybody reads or a cluster that anybody runs.
const MOST_OCCURRENCES: usize = 10_000;

/// The local starts of the series that begins at `start`, up to `until`, in their order. DTSTART itself is for the caller
/// to add, since it belongs to a series whether the rule meets it or not.
///
/// # Errors
/// A rule without an end where `until` is none, one of parts of a day, and one that cannot be.
pub(super) fn expand(
    rule: &ICalendarRecurrenceRule,
    start: &Moment,
    until: Option<Timestamp>,
) -> Result<Vec<DateTime>, Refused> {
    let end = end_of(rule, start, until)?;
    if end.is_some_and(|end| end < start.local) {
        return Ok(vec![]);
    }
    // A count ends by itself; together with an end, which RFC 5545 forbids, whichever comes first does.
    let rule = ICalendarRecurrenceRule { until: end.map(partial), ..rule.clone() };
    let series = ICalendar { components: vec![series(rule, start.local)] };
    // One more than is taken, to see whether there are more.
    let expanded = series.expand_dates(Tz::Floating, MOST_OCCURRENCES + 1);
    if let Some(error) = expanded.errors.first() {
        let problem = match &error.error {
            CalendarErrorType::RRule(error) => error.to_string(),
            CalendarErrorType::MissingDtStart
            | CalendarErrorType::InvalidDtStart
            | CalendarErrorType::InvalidDtEnd
            | CalendarErrorType::InvalidDuration => "it has no start to count from".into(),
        };
        return Err(Refused::of("RRULE", format!("cannot be: {problem}")));
    }
    if MOST_OCCURRENCES < expanded.events.len() {
        let problem = format!("gives more than {MOST_OCCURRENCES} occurrences: give a nearer --until");
        return Err(Refused::of("RRULE", problem));
    }
    let local = |at: String| at.parse::<DateTime>().ok();
    // Text is the border between two crates of civil times; both write ISO 8601.
    let starts = expanded.events.iter().map(|event| event.start.naive_local().format("%Y-%m-%dT%H:%M:%S"));
    let starts: Option<Vec<_>> = starts.map(|at| local(at.to_string())).collect();
    starts.ok_or_else(|| Refused::of("RRULE", "goes beyond the year 9999"))
}

/// The last local time of a rule: its own end, or that of what is asked for; `None` where a count ends it.
fn end_of(
    rule: &ICalendarRecurrenceRule,
    start: &Moment,
    until: Option<Timestamp>,
) -> Result<Option<DateTime>, Refused> {
    check(rule)?;
    let own_end = match &rule.until {
        Some(written) => {
            let end = last_of(written, start);
            Some(end.ok_or_else(|| Refused::of("RRULE", "has an UNTIL that is not a time"))?)
        }
        None => None,
    };
    // The whole day, since what starts in it is judged by the caller, in moments.
    let asked = until.map(|until| start.zone.to_datetime(until).date().to_datetime(Time::MAX));
    let end = match (own_end, asked) {
        (Some(own), Some(asked)) => Some(own.min(asked)),
        (own, asked) => own.or(asked),
    };
    if end.is_none() && rule.count.is_none() {
        return Err(Refused::of("RRULE", "has no end: give --until, such as 2027-07-01"));
    }
    Ok(end)
}

fn check(rule: &ICalendarRecurrenceRule) -> Result<(), Refused> {
    let refuse = |problem: &str| Err(Refused::of("RRULE", problem));
    match rule.freq {
        ICalendarFrequency::Hourly | ICalendarFrequency::Minutely | ICalendarFrequency::Secondly => {
            return refuse("repeats within a day: such a rhythm is learned from demand, and needs no events");
        }
        ICalendarFrequency::Yearly
        | ICalendarFrequency::Monthly
        | ICalendarFrequency::Weekly
        | ICalendarFrequency::Daily => {}
    }
    if rule.rscale.is_some() || rule.skip.is_some() {
        return refuse("has an RSCALE or SKIP (RFC 7529), which is not read");
    }
    Ok(())
}

fn series(rule: ICalendarRecurrenceRule, start: DateTime) -> ICalendarComponent {
    let entry = |name, value| ICalendarEntry { name, params: vec![], values: vec![value] };
    ICalendarComponent {
        component_type: ICalendarComponentType::VEvent,
        entries: vec![
            entry(ICalendarProperty::Dtstart, ICalendarValue::PartialDateTime(Box::new(partial(start)))),
            entry(ICalendarProperty::Rrule, ICalendarValue::RecurrenceRule(Box::new(rule))),
        ],
        component_ids: vec![],
    }
}

#[cfg(test)]
mod tests {
    use calcard::icalendar::timezone::TzResolver;
    use calcard::{Entry, Parser};

    use super::super::moment::Zones;
    use super::super::vevent::VEvent;
    use super::*;

    /// Claims which local days and hours a series has until the first of January 2027 UTC, in words such as `10-25T20:00`.
    fn check(start: &str, rule: &str, expected: Result<&[&str], &str>) {
        let text = format!(
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nDTSTART{start}\nRRULE:{rule}\nEND:VEVENT\nEND:VCALENDAR\n"
        );
        let Entry::ICalendar(calendar) = Parser::new(&text).entry() else { panic!("{text}") };
        let defined: TzResolver<&str> = calendar.build_tz_resolver();
        let zones = Zones { given: Some(&jiff::tz::TimeZone::UTC), defined };
        let event = VEvent::read(&calendar.components[1], &zones);
        let until = "2027-01-01T00:00:00Z".parse().unwrap();
        let starts = event.and_then(|event| expand(&event.rules[0], &event.start, Some(until)));
        let shown = starts
            .map(|starts| starts.iter().map(|at| at.strftime("%m-%dT%H:%M").to_string()).collect::<Vec<_>>());
        match (shown, expected) {
            (Ok(starts), Ok(expected)) => assert_eq!(starts, expected, "{rule}"),
            (Err(refused), Err(words)) => assert!(refused.problem.contains(words), "{refused:?}"),
            (starts, expected) => panic!("{rule}: {starts:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn a_rule_counts_on_clocks() {
        let berlin = ";TZID=Europe/Berlin:20261018T200000";
        check(berlin, "FREQ=WEEKLY;COUNT=3", Ok(&["10-18T20:00", "10-25T20:00", "11-01T20:00"]));
        check(berlin, "FREQ=WEEKLY;UNTIL=20261025T190000Z", Ok(&["10-18T20:00", "10-25T20:00"]));
        check(berlin, "FREQ=WEEKLY;UNTIL=20261025T185959Z", Ok(&["10-18T20:00"]));
        check(berlin, "FREQ=WEEKLY;UNTIL=20261025", Ok(&["10-18T20:00", "10-25T20:00"]));
        check(berlin, "FREQ=WEEKLY;INTERVAL=6", Ok(&["10-18T20:00", "11-29T20:00"]));
        check(";VALUE=DATE:20261230", "FREQ=DAILY;UNTIL=20261231", Ok(&["12-30T00:00", "12-31T00:00"]));
        check(
            ";VALUE=DATE:20261230",
            "FREQ=DAILY;UNTIL=20261231T000000Z",
            Ok(&["12-30T00:00", "12-31T00:00"]),
        );
        check(
            ":20260131T090000Z",
            "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3",
            Ok(&["01-31T09:00", "02-28T09:00", "03-31T09:00"]),
        );
        check(":20260102T090000Z", "FREQ=MONTHLY;BYDAY=1FR;COUNT=2", Ok(&["01-02T09:00", "02-06T09:00"]));
    }

    #[test]
    fn a_rule_that_cannot_be_is_refused_in_words() {
        check(":20260101T000000Z", "FREQ=HOURLY", Err("repeats within a day"));
        check(":20260101T000000Z", "FREQ=FORTNIGHTLY", Err("is not a rule such as"));
        check(":19900101T000000Z", "FREQ=DAILY", Err("more than 10000 occurrences"));
    }
}
