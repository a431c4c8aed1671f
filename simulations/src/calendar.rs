//! A calendar in YAML: the DemandEvents of a recording, read and checked as the controller checks them.

use std::path::{Path, PathBuf};

use prescale_controller::api::{DemandEvent, Manifest, Problem, ReadError, read_manifests};
use prescale_model::Event;

/// Why a calendar cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CalendarError {
    /// YAML that holds no objects of ours.
    #[error(transparent)]
    Manifest(#[from] ReadError),
    /// An event that does not pass its check.
    #[error("{}:{line}: DemandEvent {event}: {problem}", path.display())]
    Event {
        /// The file.
        path: PathBuf,
        /// Line of the first field that is refused, from 1; that of the event's name where the field is not there.
        line: usize,
        /// Name of the event.
        event: String,
        /// All that is wrong with it.
        problem: String,
    },
}

/// The events in `text`, each as written and as it runs: `None` for one that has been cancelled. Other objects of
/// the file are passed over. `path` is its name in errors.
///
/// # Errors
/// The first event that cannot be used, with its line, field and value.
pub(crate) fn read(text: &str, path: &Path) -> Result<Vec<(DemandEvent, Option<Event>)>, CalendarError> {
    let mut events = vec![];
    for manifest in read_manifests(text, &path.display().to_string())? {
        let event = match manifest {
            Manifest::DemandEvent(event) => event,
            Manifest::PredictiveScaler(_) => continue,
        };
        let checked = event.check().map_err(|problems| {
            let name = event.metadata.name.clone().unwrap_or_else(|| "without a name".into());
            let line = problems.0.first().map_or(1, |first| line_of(text, &name, first));
            CalendarError::Event { path: path.into(), line, event: name, problem: problems.to_string() }
        })?;
        events.push((*event, checked));
    }
    Ok(events)
}

/// The line of the refused field of the event with this name. The check knows no lines, so the text is asked: the
/// field is looked for within the event's own document, first after the name, where people write it.
fn line_of(text: &str, name: &str, problem: &Problem) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let named = |line: &&str| line.contains("name:") && line.contains(name);
    let name_at = lines.iter().position(named).unwrap_or(0);
    let starts_document = |line: &&str| line.starts_with("---");
    let end =
        lines[name_at..].iter().position(starts_document).map_or(lines.len(), |length| name_at + length);
    let start = lines[..name_at].iter().rposition(starts_document).map_or(0, |at| at + 1);
    let key = format!("{}:", problem.field.rsplit('.').next().unwrap_or(&problem.field));
    let holds_key = |&line: &usize| lines[line].contains(&key);
    (name_at..end).chain(start..name_at).find(holds_key).unwrap_or(name_at) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = "apiVersion: prescale.dev/v1alpha1\nkind: DemandEvent\nmetadata: {name: final}\nspec:\n  \
                         type: kick-off\n  startsAt: 2026-07-07T19:00:00Z\n  endsAt: 2026-07-07T21:00:00Z\n";

    fn check_refused(edit: (&str, &str), words: &str) {
        let (from, to) = edit;
        let text = format!("{}---\n{}", EVENT.replace("final", "first"), EVENT.replace(from, to));
        let error = read(&text, Path::new("events.yaml")).unwrap_err().to_string();
        assert!(error.contains(words), "{words:?} is not in: {error}");
    }

    #[test]
    fn an_event_is_refused_at_its_own_line() {
        check_refused(
            ("T21", "T18"),
            "events.yaml:15: DemandEvent final: spec.endsAt 2026-07-07T18:00:00Z is not after",
        );
        check_refused(
            ("  endsAt", "  confidence: 2\n  endsAt"),
            "events.yaml:15: DemandEvent final: spec.confidence 2",
        );
        check_refused(("kick-off", "Kick Off"), "events.yaml:13: DemandEvent final: spec.type `Kick Off`");
        check_refused(
            ("  endsAt: 2026-07-07T21:00:00Z\n", ""),
            "events.yaml:11: DemandEvent final: spec.endsAt is missing",
        );
        check_refused(("endsAt", "endAt"), "events.yaml:15:3: spec.endAt: unknown field `endAt`");
    }

    #[test]
    fn a_cancelled_event_is_kept_and_does_not_run() {
        let events = read(&format!("{EVENT}  cancelled: true\n"), Path::new("events.yaml")).unwrap();
        assert_eq!(events[0].1, None);
    }
}
