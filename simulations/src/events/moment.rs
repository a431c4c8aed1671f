//! Times as an iCalendar writes them: of a named zone, in UTC, floating, or a whole day.

use calcard::common::PartialDateTime;
use calcard::common::timezone::Tz;
use calcard::icalendar::timezone::TzResolver;
use calcard::icalendar::{ICalendarEntry, ICalendarValue};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// A time of an iCalendar.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Moment {
    /// What clocks show; midnight for a whole day.
    pub(super) local: DateTime,
    /// The clocks' zone; for a floating time and a whole day the given one.
    pub(super) zone: TimeZone,
    pub(super) form: Form,
}

/// How a time is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A whole day, wherever one is.
    Day,
    /// A local time, wherever one is.
    Floating,
    /// A time of a zone, or of UTC.
    Placed,
}

impl Moment {
    /// The moment itself. A local time that clocks show twice is the first of the two; one that they skip is read by
    /// the offset before, which gives a time as much later as they skip (RFC 5545, 3.3.5, as in iCalendar clients).
    ///
    /// # Errors
    /// Says that the time is out of range.
    pub(super) fn zoned(&self) -> Result<Zoned, String> {
        self.local.to_zoned(self.zone.clone()).map_err(|_| format!("{} is out of range", self.local))
    }

    /// The same clocks at another time.
    pub(super) fn at(&self, local: DateTime) -> Self {
        Self { local, ..self.clone() }
    }
}

/// What is known of time zones in one file.
pub(super) struct Zones<'a> {
    /// Zone of floating times and whole days, if one was given.
    pub(super) given: Option<&'a TimeZone>,
    /// The names that the file's VTIMEZONEs define, and those of Windows.
    pub(super) defined: TzResolver<&'a str>,
}

impl Zones<'_> {
    /// All times of a property, such as EXDATE.
    ///
    /// # Errors
    /// The first value that is no time, or whose zone is not known.
    pub(super) fn moments(&self, entry: &ICalendarEntry) -> Result<Vec<Moment>, String> {
        entry.values.iter().map(|value| self.moment(entry, value)).collect()
    }

    fn moment(&self, entry: &ICalendarEntry, value: &ICalendarValue) -> Result<Moment, String> {
        let Some(written) = value.as_partial_date_time() else {
            let text = value.as_text().unwrap_or("its value");
            return Err(format!("`{text}` is not a time such as 20260707T190000"));
        };
        let (local, is_day) = civil(written).ok_or_else(|| format!("{} is not a time", show(written)))?;
        if has_offset(written) {
            return Err(format!("{} has an offset, which no iCalendar may have", show(written)));
        }
        if is_utc(written) {
            return Ok(Moment { local, zone: TimeZone::UTC, form: Form::Placed });
        }
        let form = match (is_day, entry.tz_id()) {
            (true, _) => Form::Day,
            (false, None) => Form::Floating,
            (false, Some(name)) => {
                return Ok(Moment { local, zone: self.named(name)?, form: Form::Placed });
            }
        };
        let zone = self.given.cloned().ok_or_else(|| {
            format!("{} has no time zone: give --time-zone, such as Europe/Berlin", show(written))
        })?;
        Ok(Moment { local, zone, form })
    }

    /// The zone of a TZID: an IANA name, one of Windows, or one that the file explains by such a name.
    fn named(&self, name: &str) -> Result<TimeZone, String> {
        if let Ok(zone) = TimeZone::get(name) {
            return Ok(zone);
        }
        let known = match self.defined.resolve(name) {
            Some(tz @ Tz::Tz(_)) => tz.name(),
            Some(Tz::Floating | Tz::Fixed(_)) | None => None,
        };
        known
            .and_then(|known| TimeZone::get(&known).ok())
            .ok_or_else(|| format!("has TZID `{name}`, which is not an IANA time zone such as Europe/Berlin"))
    }
}

/// What clocks show, and whether it is a whole day.
fn civil(written: &PartialDateTime) -> Option<(DateTime, bool)> {
    let part = |part: Option<u8>| i8::try_from(part?).ok();
    let year = i16::try_from(written.year?).ok()?;
    let date = Date::new(year, part(written.month)?, part(written.day)?).ok()?;
    if written.hour.is_none() {
        return Some((date.to_datetime(Time::midnight()), true));
    }
    // 60 is a leap second, which no clock of ours has.
    let second = part(written.second).unwrap_or(0).min(59);
    let time = Time::new(part(written.hour)?, part(written.minute)?, second, 0).ok()?;
    Some((date.to_datetime(time), false))
}

/// The moment of a time in UTC, such as DTSTAMP.
pub(super) fn utc(value: &ICalendarValue) -> Option<Timestamp> {
    let written = value.as_partial_date_time()?;
    TimeZone::UTC.to_timestamp(civil(written)?.0).ok()
}

/// The local time that a rule's UNTIL means for a series: inclusive, and all of the day where it is only a day.
pub(super) fn last_of(until: &PartialDateTime, start: &Moment) -> Option<DateTime> {
    let (local, is_day) = civil(until)?;
    let end_of_day = |local: DateTime| local.date().to_datetime(Time::MAX);
    match start.form {
        // Some write a day's UNTIL as a time; the day is meant.
        Form::Day => Some(end_of_day(local)),
        Form::Floating | Form::Placed if is_day => Some(end_of_day(local)),
        Form::Floating | Form::Placed if is_utc(until) => {
            let at = TimeZone::UTC.to_timestamp(local).ok()?;
            Some(start.zone.to_datetime(at))
        }
        Form::Floating | Form::Placed => Some(local),
    }
}

/// Whether it ends with a `Z`, which is read as an offset of zero.
fn is_utc(time: &PartialDateTime) -> bool {
    time.tz_hour == Some(0) && time.tz_minute.unwrap_or(0) == 0
}

fn has_offset(time: &PartialDateTime) -> bool {
    time.tz_hour.is_some() && !is_utc(time)
}

/// A local time as calcard writes it, floating.
pub(super) fn partial(local: DateTime) -> PartialDateTime {
    let part = |part: i8| u8::try_from(part).ok();
    PartialDateTime {
        year: u16::try_from(local.year()).ok(),
        month: part(local.month()),
        day: part(local.day()),
        hour: part(local.hour()),
        minute: part(local.minute()),
        second: part(local.second()),
        ..PartialDateTime::default()
    }
}

/// As much as was written, for people.
fn show(written: &PartialDateTime) -> String {
    let day = [written.year.map(u32::from), written.month.map(u32::from), written.day.map(u32::from)];
    let day: Vec<_> = day.into_iter().flatten().map(|part| format!("{part:02}")).collect();
    let time = [written.hour, written.minute, written.second];
    let time: Vec<_> = time.into_iter().flatten().map(|part| format!("{part:02}")).collect();
    let between = if time.is_empty() { "" } else { "T" };
    format!("{}{between}{}", day.concat(), time.concat())
}
