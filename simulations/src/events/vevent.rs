//! A VEVENT as it concerns us: from the parser's properties, which are all optional and of any type, to one type in which
//! nothing is missing. What it says of people (DESCRIPTION, ATTENDEE, LOCATION) is not read, and so reaches no cluster.

use std::collections::BTreeMap;

use calcard::icalendar::{
    ICalendarComponent, ICalendarDuration, ICalendarEntry, ICalendarParameterName, ICalendarProperty,
    ICalendarRecurrenceRule, ICalendarStatus, ICalendarValue,
};
use jiff::{SignedDuration, Span, Timestamp, Zoned};

use super::moment::{Form, Moment, Zones, utc};

/// One VEVENT: an event, the rule of a series, or one occurrence of a series that was changed.
#[derive(Clone, Debug)]
pub(super) struct VEvent {
    /// The file, as the caller named it, and the line of its BEGIN.
    pub(super) file: String,
    pub(super) line: u64,
    /// The lines of its properties, for refusals.
    pub(super) lines: BTreeMap<String, u64>,
    pub(super) uid: String,
    /// The start that the occurrence would have by its series' rule.
    pub(super) recurrence_id: Option<Moment>,
    /// Which version of the event this is; the highest counts.
    pub(super) version: (i64, Option<Timestamp>),
    pub(super) start: Moment,
    pub(super) length: Length,
    pub(super) rules: Vec<ICalendarRecurrenceRule>,
    pub(super) added: Vec<Moment>,
    pub(super) excluded: Vec<Moment>,
    pub(super) is_cancelled: bool,
    pub(super) summary: Option<String>,
    pub(super) categories: Vec<String>,
}

/// How long an event lasts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Length {
    /// As clocks have it: a day is one on which clocks change, too (RFC 5545, 3.8.2.5).
    Nominal(Span),
    /// Exactly, also in a series over a change of clocks (RFC 5545, 3.8.5.3).
    Exact(SignedDuration),
    /// It does not say.
    Unknown,
}

impl Length {
    /// The end of an event that starts then; `None` for one that does not end after it.
    pub(super) fn end_of(self, start: &Zoned) -> Option<Zoned> {
        let end = match self {
            Self::Nominal(span) => start.checked_add(span),
            Self::Exact(length) => start.checked_add(length),
            Self::Unknown => return None,
        };
        end.ok().filter(|end| start < end)
    }
}

/// Why a VEVENT cannot be used: the property that is to blame, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) property: &'static str,
    pub(super) problem: String,
}

impl Refused {
    pub(super) fn of(property: &'static str, problem: impl Into<String>) -> Self {
        Self { property, problem: problem.into() }
    }
}

impl VEvent {
    /// Reads a component; place and lines are left to the caller.
    ///
    /// # Errors
    /// The first property that cannot be used.
    pub(super) fn read(component: &ICalendarComponent, zones: &Zones<'_>) -> Result<Self, Refused> {
        let properties = Properties { component, zones };
        let uid = component.uid().map(str::trim).filter(|uid| !uid.is_empty());
        let uid = uid.ok_or_else(|| Refused::of("UID", "is missing, by which an event keeps its name"))?;
        let start = properties.time(&ICalendarProperty::Dtstart, "DTSTART")?;
        let start = start.ok_or_else(|| Refused::of("DTSTART", "is missing"))?;
        if component.has_property(&ICalendarProperty::Exrule) {
            return Err(Refused::of("EXRULE", "is not read: write EXDATE, as RFC 5545 has it"));
        }
        Ok(Self {
            file: String::new(),
            line: 0,
            lines: BTreeMap::new(),
            uid: uid.to_owned(),
            recurrence_id: properties.recurrence_id()?,
            version: properties.version(),
            length: properties.length(&start)?,
            rules: properties.rules()?,
            added: properties.times(&ICalendarProperty::Rdate, "RDATE")?,
            excluded: properties.times(&ICalendarProperty::Exdate, "EXDATE")?,
            is_cancelled: component.status() == Some(&ICalendarStatus::Cancelled),
            summary: properties.texts(&ICalendarProperty::Summary).into_iter().next(),
            categories: properties.texts(&ICalendarProperty::Categories),
            start,
        })
    }

    /// Whether it stands for several events.
    pub(super) fn is_series(&self) -> bool {
        self.recurrence_id.is_none() && !(self.rules.is_empty() && self.added.is_empty())
    }

    /// The line of a property of it, or its own.
    pub(super) fn line_of(&self, property: &str) -> u64 {
        self.lines.get(property).copied().unwrap_or(self.line)
    }
}

/// The properties of a component, read by name.
struct Properties<'a> {
    component: &'a ICalendarComponent,
    zones: &'a Zones<'a>,
}

impl<'a> Properties<'a> {
    fn all(&self, property: &'a ICalendarProperty) -> impl Iterator<Item = &'a ICalendarEntry> {
        self.component.entries.iter().filter(move |entry| entry.name == *property)
    }

    /// The single time of a property, if it is there.
    fn time(&self, property: &'a ICalendarProperty, name: &'static str) -> Result<Option<Moment>, Refused> {
        let mut times = self.times(property, name)?.into_iter();
        match (times.next(), times.next(), self.all(property).next()) {
            (Some(_), Some(_), _) => Err(Refused::of(name, "is there twice")),
            (None, _, Some(_)) => Err(Refused::of(name, "holds no time")),
            (time, _, _) => Ok(time),
        }
    }

    fn times(&self, property: &'a ICalendarProperty, name: &'static str) -> Result<Vec<Moment>, Refused> {
        let mut times = vec![];
        for entry in self.all(property) {
            times.extend(self.zones.moments(entry).map_err(|problem| Refused::of(name, problem))?);
        }
        Ok(times)
    }

    fn recurrence_id(&self) -> Result<Option<Moment>, Refused> {
        let property = &ICalendarProperty::RecurrenceId;
        let ranges = |entry: &ICalendarEntry| entry.has_parameter(&ICalendarParameterName::Range);
        if self.all(property).any(ranges) {
            let problem = "has a RANGE, which is not read: end the series and begin another, as calendars do";
            return Err(Refused::of("RECURRENCE-ID", problem));
        }
        self.time(property, "RECURRENCE-ID")
    }

    fn version(&self) -> (i64, Option<Timestamp>) {
        let first = |property| self.component.property(property)?.values.first();
        let sequence = first(&ICalendarProperty::Sequence).and_then(ICalendarValue::as_integer);
        let stamp = first(&ICalendarProperty::LastModified).or_else(|| first(&ICalendarProperty::Dtstamp));
        (sequence.unwrap_or(0), stamp.and_then(utc))
    }

    fn length(&self, start: &Moment) -> Result<Length, Refused> {
        let end = self.time(&ICalendarProperty::Dtend, "DTEND")?;
        if let Some(end) = end {
            return length_until(start, &end);
        }
        let Some(entry) = self.component.property(&ICalendarProperty::Duration) else {
            let day = Length::Nominal(Span::new().days(1));
            return Ok(if start.form == Form::Day { day } else { Length::Unknown });
        };
        match entry.values.first() {
            Some(ICalendarValue::Duration(duration)) => nominal(duration).map(Length::Nominal),
            other => {
                let text = other.and_then(ICalendarValue::as_text).unwrap_or_default();
                Err(Refused::of("DURATION", format!("`{text}` is not a duration such as PT2H")))
            }
        }
    }

    fn rules(&self) -> Result<Vec<ICalendarRecurrenceRule>, Refused> {
        let rule = |entry: &ICalendarEntry| match entry.values.first() {
            Some(ICalendarValue::RecurrenceRule(rule)) => Ok((**rule).clone()),
            other => {
                let text = other.and_then(ICalendarValue::as_text).unwrap_or_default();
                Err(Refused::of("RRULE", format!("`{text}` is not a rule such as FREQ=WEEKLY;BYDAY=SU")))
            }
        };
        self.all(&ICalendarProperty::Rrule).map(rule).collect()
    }

    /// The texts of a property that hold something.
    fn texts(&self, property: &'a ICalendarProperty) -> Vec<String> {
        let texts = self.all(property).flat_map(|entry| &entry.values).filter_map(ICalendarValue::as_text);
        texts.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned).collect()
    }
}

fn length_until(start: &Moment, end: &Moment) -> Result<Length, Refused> {
    let refuse = |problem: String| Refused::of("DTEND", problem);
    let length = if start.form == Form::Day {
        let days = end.local.date().since(start.local.date()).map_err(|error| refuse(error.to_string()))?;
        Length::Nominal(days)
    } else {
        let start = start.zoned().map_err(|problem| Refused::of("DTSTART", problem))?;
        Length::Exact(end.zoned().map_err(refuse)?.duration_since(&start))
    };
    let is_negative = match length {
        Length::Nominal(span) => span.is_negative(),
        Length::Exact(length) => length.is_negative(),
        Length::Unknown => false,
    };
    let is_zero = end.local == start.local && end.zone == start.zone;
    match (is_negative, is_zero) {
        (true, _) => Err(refuse(format!("{} is before DTSTART {}", end.local, start.local))),
        // Some write an end that is the start for what has none.
        (false, true) if start.form != Form::Day => Ok(Length::Unknown),
        (false, true) => Ok(Length::Nominal(Span::new().days(1))),
        (false, false) => Ok(length),
    }
}

fn nominal(duration: &ICalendarDuration) -> Result<Span, Refused> {
    let ICalendarDuration { neg, weeks, days, hours, minutes, seconds } = *duration;
    let span = Span::new()
        .try_weeks(weeks)
        .and_then(|span| span.try_days(days))
        .and_then(|span| span.try_hours(hours))
        .and_then(|span| span.try_minutes(minutes))
        .and_then(|span| span.try_seconds(seconds));
    match span {
        Ok(span) if !neg && span.is_positive() => Ok(span),
        Ok(_) => Err(Refused::of("DURATION", "is not above zero")),
        Err(_) => Err(Refused::of("DURATION", "is out of range")),
    }
}
