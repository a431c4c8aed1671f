//! Reads iCalendar files: their VEVENTs, with the line of each, and what becomes of them as DemandEvents.

use calcard::icalendar::{
    ICalendar, ICalendarComponentType, ICalendarMethod, ICalendarProperty, ICalendarValue,
};
use calcard::{Entry, Parser};
use jiff::tz::TimeZone;
use prescale_controller::api::DemandEventSpec;

use super::content::{self, EventLines};
use super::error::{EventsError, Unusable};
use super::manifest::{Description, Imported};
use super::moment::Zones;
use super::options::Options;
use super::series::{Occurrence, describe};
use super::shape;
use super::source::Source;
use super::vevent::{Refused, VEvent};
use crate::import::event_yaml::{dns_name, local};

/// The VEVENTs of a file: those that can be used, and why the others cannot.
///
/// # Errors
/// The line from which on the file is no iCalendar.
pub(super) fn read(
    source: &Source,
    given: Option<&TimeZone>,
) -> Result<(Vec<VEvent>, Vec<Unusable>), EventsError> {
    let refuse_file = |line: Option<u64>, problem: String| {
        EventsError::File(Unusable { file: source.name.clone(), line, problem })
    };
    let lines = content::events(&source.text).map_err(|(line, problem)| refuse_file(Some(line), problem))?;
    let mut lines = lines.into_iter();
    let (mut events, mut unusable) = (vec![], vec![]);
    for calendar in calendars(&source.text) {
        let zones = Zones { given, defined: calendar.build_tz_resolver() };
        let is_withdrawn = is_withdrawn(&calendar);
        for component in &calendar.components {
            if component.component_type != ICalendarComponentType::VEvent {
                continue;
            }
            let Some(lines) = lines.next() else {
                return Err(refuse_file(None, "holds a VEVENT that begins on no line".into()));
            };
            let read = check(&lines).and_then(|()| VEvent::read(component, &zones));
            match read {
                Ok(event) => events.push(VEvent {
                    file: source.name.clone(),
                    line: lines.begin,
                    lines: lines.properties,
                    is_cancelled: event.is_cancelled || is_withdrawn,
                    ..event
                }),
                Err(refused) => {
                    let summary = component.property(&ICalendarProperty::Summary);
                    let summary = summary.and_then(|entry| entry.values.first()?.as_text());
                    let blamed = lines.broken.as_ref().map(|(line, _)| *line);
                    let blamed = blamed.or_else(|| lines.properties.get(refused.property).copied());
                    let line = Some(blamed.unwrap_or(lines.begin));
                    let problem = describe(summary, &refused);
                    unusable.push(Unusable { file: source.name.clone(), line, problem });
                }
            }
        }
    }
    match lines.next() {
        Some(unread) => Err(refuse_file(Some(unread.begin), "holds a VEVENT that cannot be read".into())),
        None => Ok((events, unusable)),
    }
}

/// Refuses what the parser would forgive.
fn check(lines: &EventLines) -> Result<(), Refused> {
    match &lines.broken {
        Some((_, text)) => Err(Refused::of("line", format!("`{text}` has no colon"))),
        None => shape::check(lines),
    }
}

/// A file may hold several calendars, one after the other.
fn calendars(text: &str) -> Vec<ICalendar> {
    let mut parser = Parser::new(text.trim_start_matches('\u{feff}'));
    let mut calendars = vec![];
    loop {
        match parser.entry() {
            Entry::ICalendar(calendar) => calendars.push(calendar),
            Entry::Eof => return calendars,
            // Lines outside of calendars, and other cards, have been judged by their lines.
            Entry::VCard(_)
            | Entry::InvalidLine(_)
            | Entry::UnexpectedComponentEnd { .. }
            | Entry::UnterminatedComponent(_)
            | Entry::TooManyComponents
            | _ => {}
        }
    }
}

/// METHOD:CANCEL calls off all that the calendar holds (RFC 5546, 3.2.5).
fn is_withdrawn(calendar: &ICalendar) -> bool {
    let methods =
        calendar.components.iter().filter_map(|component| component.property(&ICalendarProperty::Method));
    methods
        .filter_map(|entry| entry.values.first())
        .any(|value| *value == ICalendarValue::Method(ICalendarMethod::Cancel))
}

/// An occurrence as a DemandEvent.
///
/// # Errors
/// Why it cannot be one.
pub(super) fn imported(occurrence: &Occurrence, options: &Options) -> Result<Imported, Unusable> {
    let event = &occurrence.event;
    let refuse = |refused: &Refused| Unusable {
        file: event.file.clone(),
        line: Some(event.line_of(refused.property)),
        problem: describe(event.summary.as_deref(), refused),
    };
    let class = options.class.clone().or_else(|| {
        event.categories.iter().map(|category| dns_name(category)).find(|class| !class.is_empty())
    });
    let class = class.ok_or_else(|| {
        refuse(&Refused::of("CATEGORIES", "are missing, which would be the type: give --type"))
    })?;
    let zone = occurrence.start.time_zone();
    let is_utc = *zone == TimeZone::UTC;
    let written = |at: &jiff::Zoned| {
        let at = at.timestamp();
        if is_utc { at.to_string() } else { local(at, zone) }
    };
    let spec = DemandEventSpec {
        class,
        effect: options.effect,
        starts_at: written(&occurrence.start),
        time_zone: zone.iana_name().filter(|_| !is_utc).map(str::to_owned),
        ends_at: Some(written(&occurrence.end)),
        duration: None,
        magnitude: None,
        confidence: 1.0,
        expected_demand: None,
        cancelled: event.is_cancelled,
    };
    let description = Description {
        file: &event.file,
        line: event.line,
        summary: event.summary.as_deref(),
        uid: Some(&event.uid),
        categories: &event.categories,
    };
    Imported::check(&occurrence.name, spec, &description, options)
        .map_err(|problems| refuse(&Refused::of("DTSTART", problems.to_string().replace('\n', "; "))))
}
