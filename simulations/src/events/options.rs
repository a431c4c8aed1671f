//! The options of an import, checked: what runs behind the words of the command line.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use prescale_controller::api::EffectSpec;

use super::args::{EventsHolidaysArgs, EventsImportArgs};
use super::error::EventsError;
use crate::import::event_yaml::dns_name;

/// How calendars are imported.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Type of every event; `None` takes it from the calendar.
    pub class: Option<String>,
    /// What events do that do not say it.
    pub effect: EffectSpec,
    /// Namespace of every event.
    pub namespace: Option<String>,
    /// Labels of every event.
    pub labels: BTreeMap<String, String>,
    /// Zone of times that name none.
    pub zone: Option<TimeZone>,
    /// Length of events that do not say it.
    pub length: Option<SignedDuration>,
    /// What is asked for.
    pub window: Window,
    /// Whether events that cannot be used are named and left out.
    pub skip_unusable: bool,
}

/// The time that is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Window {
    /// What is over by then is left out.
    pub from: Option<Timestamp>,
    /// What starts then or later is left out.
    pub until: Option<Timestamp>,
}

impl Window {
    pub(super) fn holds(&self, start: Timestamp, end: Timestamp) -> bool {
        self.from.is_none_or(|from| from < end) && self.until.is_none_or(|until| start < until)
    }
}

impl Options {
    /// Checks the words of the command line.
    ///
    /// # Errors
    /// The first option that cannot be used, with its value.
    pub fn check(args: &EventsImportArgs) -> Result<Self, EventsError> {
        check_word("--type", args.class.as_deref())?;
        check_word("--namespace", args.namespace.as_deref())?;
        let zone = args.time_zone.as_deref().map(zone).transpose()?;
        let length = args.duration.map(prescale_controller::api::WrittenDuration::get);
        if length.is_some_and(|length| length.is_zero()) {
            return Err(EventsError::option("--duration", "0s is not above 0s"));
        }
        let moment = |option, text: &Option<String>| {
            text.as_deref().map(|text| moment(option, text, zone.as_ref())).transpose()
        };
        let window = Window { from: moment("--from", &args.from)?, until: moment("--until", &args.until)? };
        if let (Some(from), Some(until)) = (window.from, window.until)
            && until <= from
        {
            return Err(EventsError::option("--until", format!("{until} is not after --from {from}")));
        }
        Ok(Self {
            class: args.class.clone(),
            effect: args.effect.into(),
            namespace: args.namespace.clone(),
            labels: args.labels.iter().map(|text| label(text)).collect::<Result<_, _>>()?,
            zone,
            length,
            window,
            skip_unusable: args.skip_unusable,
        })
    }

    /// Checks the words of a command line that asks for holidays, which are of `zone` where it names no other.
    ///
    /// # Errors
    /// The first option that cannot be used, with its value; and a zone that is missing.
    pub fn of_holidays(args: &EventsHolidaysArgs, given: Option<&str>) -> Result<Self, EventsError> {
        check_word("--namespace", args.namespace.as_deref())?;
        let Some(name) = args.time_zone.as_deref().or(given) else {
            let problem = format!("is needed: {} has several, or none that is known", args.country);
            return Err(EventsError::option("--time-zone", problem));
        };
        Ok(Self {
            class: Some("holiday".to_owned()),
            effect: EffectSpec::Holiday,
            namespace: args.namespace.clone(),
            labels: args.labels.iter().map(|text| label(text)).collect::<Result<_, _>>()?,
            zone: Some(zone(name)?),
            ..Self::default()
        })
    }
}

/// What becomes part of a name, or is one.
fn check_word(option: &'static str, word: Option<&str>) -> Result<(), EventsError> {
    match word.filter(|word| dns_name(word) != **word || word.is_empty()) {
        Some(word) => {
            let problem = format!("`{word}` is not lower-case letters, digits and single dashes");
            Err(EventsError::option(option, problem))
        }
        None => Ok(()),
    }
}

fn zone(name: &str) -> Result<TimeZone, EventsError> {
    TimeZone::get(name).map_err(|_| {
        EventsError::option("--time-zone", format!("`{name}` is not an IANA time zone such as Europe/Berlin"))
    })
}

/// A time with its offset, or the beginning of a day in the given zone, else in UTC.
fn moment(option: &'static str, text: &str, zone: Option<&TimeZone>) -> Result<Timestamp, EventsError> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let day = text.parse::<Date>().ok().filter(|_| !text.contains('T'));
    let start = day.and_then(|day| day.to_zoned(zone.cloned().unwrap_or(TimeZone::UTC)).ok());
    start.map(|start| start.timestamp()).ok_or_else(|| {
        let problem =
            format!("`{text}` is not a day such as 2026-07-07, or a time such as 2026-07-07T19:00:00Z");
        EventsError::option(option, problem)
    })
}

/// Key and value of a label, in the bounds of Kubernetes.
fn label(text: &str) -> Result<(String, String), EventsError> {
    let is_word = |word: &str| {
        let inner = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let at_the_ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        word.len() <= 63
            && word.chars().all(inner)
            && at_the_ends(word.chars().next())
            && at_the_ends(word.chars().last())
    };
    let split = text.split_once('=').filter(|(key, value)| {
        let name = match key.split_once('/') {
            Some((prefix, name)) if is_word(prefix) => name,
            Some(_) => "",
            None => key,
        };
        is_word(name) && (value.is_empty() || is_word(value))
    });
    let (key, value) = split.ok_or_else(|| {
        EventsError::option("--label", format!("`{text}` is not a label such as team=live"))
    })?;
    Ok((key.to_owned(), value.to_owned()))
}
