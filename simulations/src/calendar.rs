//! A calendar in YAML: the DemandEvents of a recording, read and checked as the controller checks them, and when
//! each was announced and withdrawn.

mod annotations;
mod announced;

use std::path::{Path, PathBuf};

use prescale_controller::api::{DemandEvent, Manifest, Problem, Problems, ReadError, read_manifests};

pub(crate) use annotations::{ANNOUNCED_AT, IMPORTED_FROM, SUMMARY, UID, WITHDRAWN_AT};
pub use announced::{Announced, InForce};

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

/// The events in `text`, each as written and as it runs: `None` for one that has been cancelled. It moves nothing at
/// any time; one that was cancelled at a known time is withdrawn then instead. Other objects of the file are passed
/// over. `path` is its name in errors.
///
/// # Errors
/// The first event that cannot be used, with its line, field and value.
pub(crate) fn read(text: &str, path: &Path) -> Result<Vec<(DemandEvent, Option<Announced>)>, CalendarError> {
    let mut events = vec![];
    for manifest in read_manifests(text, &path.display().to_string())? {
        let event = match manifest {
            Manifest::DemandEvent(event) => event,
            Manifest::PredictiveScaler(_) => continue,
        };
        let announced = check(&event).map_err(|problems| {
            let name = event.metadata.name.clone().unwrap_or_else(|| "without a name".into());
            let line = problems.0.first().map_or(1, |first| line_of(text, &name, first));
            CalendarError::Event { path: path.into(), line, event: name, problem: problems.to_string() }
        })?;
        events.push((*event, announced));
    }
    Ok(events)
}

/// All that is wrong with the event and its annotations, at once.
fn check(written: &DemandEvent) -> Result<Option<Announced>, Problems> {
    match (written.check(), annotations::read(written)) {
        (Ok(event), Ok([announced_at, withdrawn_at])) => {
            Ok(event.map(|event| Announced { event, announced_at, withdrawn_at }))
        }
        (event, annotations) => {
            let of_event = event.err().into_iter().flat_map(|problems| problems.0);
            Err(Problems(of_event.chain(annotations.err().into_iter().flatten()).collect()))
        }
    }
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
    // A key may stand in quotes, as those with a slash often do.
    let holds_key = |&line: &usize| lines[line].replace(['"', '\''], "").contains(&key);
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
    fn a_moment_of_announcement_or_withdrawal_is_refused_at_its_own_line() {
        let annotated = |lines: &str| format!("metadata:\n  name: final\n  annotations:\n{lines}");
        let check = |lines: &str, words: &str| {
            check_refused(("metadata: {name: final}\n", &annotated(lines)), words);
        };
        check(
            "    prescale.dev/announced-at: 2026-07-01T00:00:00Z\n    \"prescale.dev/withdrawn-at\": tonight\n",
            "events.yaml:15: DemandEvent final: metadata.annotations.prescale.dev/withdrawn-at tonight is not a time",
        );
        check("    prescale.dev/announced-at: 2026-07-01T09:00:00\n", "2026-07-01T09:00:00 is not a time");
        check(
            "    prescale.dev/announced-at: 2026-07-02T00:00:00Z\n    \
             prescale.dev/withdrawn-at: 2026-07-02T01:00:00+02:00\n",
            "events.yaml:15: DemandEvent final: metadata.annotations.prescale.dev/withdrawn-at \
             2026-07-02T01:00:00+02:00 is not after prescale.dev/announced-at 2026-07-02T00:00:00Z",
        );
        check(
            "    prescale.dev/anounced-at: 2026-07-02T00:00:00Z\n",
            "events.yaml:14: DemandEvent final: metadata.annotations.prescale.dev/anounced-at \
             2026-07-02T00:00:00Z is not known: write prescale.dev/announced-at or prescale.dev/withdrawn-at",
        );
    }

    #[test]
    fn an_event_is_read_with_its_times_and_annotations_of_others_are_passed_over() {
        let times = |annotations: &str| {
            let metadata = format!("{{name: final, annotations: {{{annotations}}}}}");
            let text = EVENT.replace("{name: final}", &metadata);
            let announced = read(&text, Path::new("events.yaml")).unwrap().swap_remove(0).1.unwrap();
            [announced.announced_at, announced.withdrawn_at].map(|at| at.map(|at| at.to_string()))
        };
        assert_eq!(times("team.example/owner: live"), [None, None]);
        let both = "prescale.dev/announced-at: 2026-07-01T09:00:00+02:00, \
                    prescale.dev/withdrawn-at: 2026-07-07T18:55:00Z";
        assert_eq!(times(both), [Some("2026-07-01T07:00:00Z".into()), Some("2026-07-07T18:55:00Z".into())]);
    }

    #[test]
    fn a_cancelled_event_is_kept_and_does_not_run() {
        let events = read(&format!("{EVENT}  cancelled: true\n"), Path::new("events.yaml")).unwrap();
        assert_eq!(events[0].1, None);
    }
}
