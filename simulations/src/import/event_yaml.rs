//! Writes DemandEvents as people write them for Kubernetes.

use std::fmt::Write;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::calendar::{ANNOUNCED_AT, WITHDRAWN_AT};

/// One event to be written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct EventYaml {
    /// A DNS name, unique among the events.
    pub(crate) name: String,
    pub(crate) class: String,
    pub(crate) starts_at: Timestamp,
    pub(crate) ends_at: Timestamp,
    pub(crate) magnitude: Option<f64>,
    /// Peak in the unit of the demand, and how long demand climbs to it, as `30m`.
    pub(crate) expected: Option<(f64, &'static str)>,
    /// From when on it is in the calendar; `None` where it always was.
    pub(crate) announced_at: Option<Timestamp>,
    /// Until when; `None` where it stands.
    pub(crate) withdrawn_at: Option<Timestamp>,
}

/// The longest name that Kubernetes takes for a label's value, which tools make of names.
const NAME_CHARS: usize = 63;

/// All events as one YAML stream, in the local time of `zone`, as announcements give it.
pub(crate) fn write(events: &[EventYaml], zone: &TimeZone) -> String {
    let documents: Vec<String> = events.iter().map(|event| document(event, zone)).collect();
    documents.join("---\n")
}

fn document(event: &EventYaml, zone: &TimeZone) -> String {
    let zone_name = zone.iana_name().unwrap_or("UTC");
    let mut yaml = format!(
        "apiVersion: prescale.dev/v1alpha1\nkind: DemandEvent\nmetadata:\n  name: {}\n{}spec:\n  type: {}\n  \
         startsAt: \"{}\"\n  endsAt: \"{}\"\n  timeZone: {zone_name}\n",
        event.name,
        annotations(event),
        event.class,
        local(event.starts_at, zone),
        local(event.ends_at, zone)
    );
    if let Some(magnitude) = event.magnitude {
        writeln!(yaml, "  magnitude: {magnitude}").expect("a string takes all text");
    }
    if let Some((peak, ramp_up)) = event.expected {
        writeln!(yaml, "  expectedDemand: {{peak: {peak}, rampUp: {ramp_up}}}")
            .expect("a string takes all text");
    }
    yaml
}

/// When the event was announced and withdrawn, where that is known.
fn annotations(event: &EventYaml) -> String {
    let known = [(ANNOUNCED_AT, event.announced_at), (WITHDRAWN_AT, event.withdrawn_at)];
    let lines = known.into_iter().filter_map(|(key, at)| Some(format!("    {key}: \"{}\"\n", at?)));
    let lines: String = lines.collect();
    if lines.is_empty() { lines } else { format!("  annotations:\n{lines}") }
}

/// What clocks in the zone show; with the offset in the hour that they show twice, which would be refused without.
pub(crate) fn local(at: Timestamp, zone: &TimeZone) -> String {
    let zoned = at.to_zoned(zone.clone());
    let is_shown_twice = zone.to_ambiguous_timestamp(zoned.datetime()).is_ambiguous();
    let format = if is_shown_twice { "%Y-%m-%dT%H:%M:%S%:z" } else { "%Y-%m-%dT%H:%M:%S" };
    zoned.strftime(format).to_string()
}

/// The words as one DNS name: lower-case letters and digits, the rest as single hyphens. Empty if nothing is
/// left of them.
pub(crate) fn dns_name(words: &str) -> String {
    let letters = words.to_lowercase();
    let parts = letters.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    let mut name = parts.collect::<Vec<_>>().join("-");
    name.truncate(NAME_CHARS);
    name.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(words: &str, name: &str) {
        assert_eq!(dns_name(words), name);
    }

    #[test]
    fn an_hour_that_clocks_show_twice_is_written_with_its_offset() {
        let zone = TimeZone::get("Europe/Paris").unwrap();
        let check = |at: &str, text: &str| assert_eq!(local(at.parse().unwrap(), &zone), text);
        check("2026-10-24T23:30:00Z", "2026-10-25T01:30:00");
        check("2026-10-25T00:30:00Z", "2026-10-25T02:30:00+02:00");
        check("2026-10-25T01:30:00Z", "2026-10-25T02:30:00+01:00");
    }

    #[test]
    fn any_words_become_a_dns_name() {
        check("Kick-off 1998-06-10 15:30 Brazil / Scotland", "kick-off-1998-06-10-15-30-brazil-scotland");
        check("Côte d'Ivoire", "c-te-d-ivoire");
        check("  ", "");
        check(&"a".repeat(80), &"a".repeat(63));
        check(&format!("{} b", "a".repeat(62)), &"a".repeat(62));
    }
}
