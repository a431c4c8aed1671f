//! When an event was announced and withdrawn, as annotations of its `DemandEvent` say it. Only a recording needs
//! them: in a cluster an event is announced by creating it, and withdrawn by deleting it. Others of ours say where an
//! event was imported from.

use jiff::Timestamp;
use prescale_controller::api::{DemandEvent, Problem};

/// Our own annotations begin like this; others are nobody's concern here.
const OURS: &str = "prescale.dev/";

/// From when on the event is in the calendar.
pub(crate) const ANNOUNCED_AT: &str = "prescale.dev/announced-at";

/// Until when the event is in the calendar.
pub(crate) const WITHDRAWN_AT: &str = "prescale.dev/withdrawn-at";

/// The file that `prescale events import` made the event from. This annotation and the two below say where an event
/// came from; they move nothing.
pub(crate) const IMPORTED_FROM: &str = "prescale.dev/imported-from";

/// What the calendar calls the event.
pub(crate) const SUMMARY: &str = "prescale.dev/summary";

/// The UID of the event in its iCalendar.
pub(crate) const UID: &str = "prescale.dev/uid";

/// All annotations of ours.
const KNOWN: [&str; 5] = [ANNOUNCED_AT, WITHDRAWN_AT, IMPORTED_FROM, SUMMARY, UID];

/// The moments of announcement and of withdrawal; `None` for one that is not written.
///
/// # Errors
/// Every annotation of ours that is not known or says no moment, and a withdrawal that does not follow.
pub(super) fn read(event: &DemandEvent) -> Result<[Option<Timestamp>; 2], Vec<Problem>> {
    let mut problems: Vec<Problem> = unknown(event).collect();
    let [announced_at, withdrawn_at] = [ANNOUNCED_AT, WITHDRAWN_AT].map(|key| {
        let text = written(event, key)?;
        let moment = rfc_3339(text);
        if moment.is_none() {
            problems.push(problem(key, text, "is not a time such as 2026-07-07T19:00:00+02:00".into()));
        }
        moment
    });
    if let (Some(announced), Some(withdrawn)) = (announced_at, withdrawn_at)
        && withdrawn <= announced
    {
        let text = written(event, WITHDRAWN_AT).unwrap_or_default();
        problems.push(problem(WITHDRAWN_AT, text, format!("is not after {ANNOUNCED_AT} {announced}")));
    }
    if problems.is_empty() { Ok([announced_at, withdrawn_at]) } else { Err(problems) }
}

fn written<'a>(event: &'a DemandEvent, key: &str) -> Option<&'a str> {
    event.metadata.annotations.as_ref()?.get(key).map(String::as_str)
}

/// A misspelt announcement would let a replay look ahead.
fn unknown(event: &DemandEvent) -> impl Iterator<Item = Problem> {
    let annotations = event.metadata.annotations.iter().flatten();
    let unknown = annotations.filter(|(key, _)| key.starts_with(OURS) && !KNOWN.contains(&key.as_str()));
    unknown.map(|(key, text)| {
        problem(key, text, format!("is not known: write {ANNOUNCED_AT} or {WITHDRAWN_AT}"))
    })
}

/// The parser also takes a zone in brackets and passes it over, which nobody means.
fn rfc_3339(text: &str) -> Option<Timestamp> {
    text.parse().ok().filter(|_| !text.contains('['))
}

fn problem(key: &str, text: &str, message: String) -> Problem {
    Problem { field: format!("metadata.annotations.{key}"), value: Some(text.to_owned()), message }
}
