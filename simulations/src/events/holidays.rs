//! `prescale events holidays`: public holidays by country, written as an iCalendar, which goes the way of all others.

mod table;

use std::ops::RangeInclusive;

use super::args::EventsHolidaysArgs;
use super::error::EventsError;
use super::source::Source;
use table::{Country, Holiday, table};

/// What a package that reckons them puts behind days that the moon, or a government, decides.
const ESTIMATED: &str = " (estimated)";

/// The holidays that are asked for.
#[derive(Clone, Debug)]
pub struct Holidays {
    /// An iCalendar of whole days.
    pub source: Source,
    /// The zone that those days are of; `None` where the country has several, or none that is known.
    pub zone: Option<String>,
    /// How many of them are estimated.
    pub estimated: usize,
}

impl Holidays {
    /// Looks up the public holidays of a country, or of a subdivision of it.
    ///
    /// # Errors
    /// The option that names what is not in the table: a country, a subdivision or a year.
    pub fn find(args: &EventsHolidaysArgs) -> Result<Self, EventsError> {
        let table = table();
        let country = Country::find(&table, &args.country)?;
        let subdivision = args.subdivision.as_deref().map(|name| country.subdivision(name)).transpose()?;
        let years = years(args, &country)?;
        let place = subdivision.as_ref().map_or_else(
            || country.code.to_owned(),
            |subdivision| format!("{}-{}", country.code, subdivision.code),
        );
        let mut holidays = country.holidays(subdivision.as_ref());
        holidays.retain(|holiday| years.contains(&holiday.day.year()));
        let zone = match country.zones[..] {
            [zone] => Some(zone.to_owned()),
            [] | [_, _, ..] => None,
        };
        Ok(Self {
            source: Source { name: format!("holidays-{place}.ics"), text: calendar(&place, &holidays) },
            zone,
            estimated: holidays.iter().filter(|holiday| holiday.name.ends_with(ESTIMATED)).count(),
        })
    }
}

fn years(args: &EventsHolidaysArgs, country: &Country<'_>) -> Result<RangeInclusive<i16>, EventsError> {
    let (first, last) = (country.years.start(), country.years.end());
    for (option, year) in [("--from", args.from), ("--to", args.to)] {
        if !country.years.contains(&year) {
            let problem = format!("{year} is not known of {}: its years are {first} to {last}", country.name);
            return Err(EventsError::option(option, problem));
        }
    }
    if args.to < args.from {
        return Err(EventsError::option("--to", format!("{} is before --from {}", args.to, args.from)));
    }
    Ok(args.from..=args.to)
}

/// One VEVENT a holiday. Its UID stays when an estimate becomes a date that is known.
fn calendar(place: &str, holidays: &[Holiday<'_>]) -> String {
    let mut text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Prescale//holidays//EN\r\n".to_owned();
    for (index, holiday) in holidays.iter().enumerate() {
        let (day, name) = (holiday.day, holiday.name);
        let known_as = name.strip_suffix(ESTIMATED).unwrap_or(name);
        let is_same = |other: &&Holiday<'_>| {
            other.name.strip_suffix(ESTIMATED).unwrap_or(other.name) == known_as
                && other.day.year() == day.year()
        };
        let nth = 1 + holidays[..index].iter().filter(is_same).count();
        let nth = if nth == 1 { String::new() } else { format!("-{nth}") };
        let uid = format!("{place}-{}-{known_as}{nth}@holidays.prescale.dev", day.year());
        let next = day.tomorrow().expect("the table ends long before the last year");
        let [uid, name] =
            [("UID", uid.as_str()), ("SUMMARY", name)].map(|(property, text)| line(property, text));
        text += &format!(
            "BEGIN:VEVENT\r\n{uid}DTSTAMP:20200101T000000Z\r\nDTSTART;VALUE=DATE:{}\r\n\
             DTEND;VALUE=DATE:{}\r\n{name}TRANSP:TRANSPARENT\r\nEND:VEVENT\r\n",
            day.strftime("%Y%m%d"),
            next.strftime("%Y%m%d")
        );
    }
    text + "END:VCALENDAR\r\n"
}

/// A property of text (RFC 5545, 3.3.11), folded where it is longer than 75 bytes (3.1).
fn line(property: &str, text: &str) -> String {
    const MOST_BYTES: usize = 75;
    let text = text.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,");
    let (mut line, mut bytes) = (String::new(), 0);
    for c in format!("{property}:{text}").chars() {
        if MOST_BYTES < bytes + c.len_utf8() {
            line += "\r\n ";
            bytes = 1;
        }
        line.push(c);
        bytes += c.len_utf8();
    }
    line + "\r\n"
}

#[cfg(test)]
mod tests;
