//! What can be wrong with a scenario: file, field and value.

use std::io;
use std::path::{Path, PathBuf};

use prescale_controller::api::{Problems, ReadError, did_you_mean};

use crate::calendar::CalendarError;
use crate::hpa::HpaError;
use crate::recording::RecordingError;
use crate::world::Refused;

/// A scenario that cannot run.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// A file that cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// TOML that does not say a scenario.
    #[error("{path}: {message}")]
    Toml {
        /// The file.
        path: PathBuf,
        /// Line, column, and what is wrong there.
        message: String,
    },
    /// Values that contradict each other or the world.
    #[error("{path}: {}", .refused.join("; "))]
    Refused {
        /// The file.
        path: PathBuf,
        /// One sentence each.
        refused: Vec<String>,
    },
    /// The recording.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// The recording's calendar.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// An HPA that the API server would refuse.
    #[error(transparent)]
    Hpa(#[from] HpaError),
    /// A world that cannot be.
    #[error(transparent)]
    World(#[from] Refused),
    /// YAML that is no manifest.
    #[error(transparent)]
    Manifest(#[from] ReadError),
    /// A manifest that does not pass its check.
    #[error("{path}: {problems}")]
    Problems {
        /// The file.
        path: PathBuf,
        /// All of them.
        problems: Problems,
    },
}

impl ScenarioError {
    pub(crate) fn read(path: &Path, source: io::Error) -> Self {
        Self::Read { path: path.into(), source }
    }

    pub(crate) fn refused(path: &Path, refused: Vec<String>) -> Self {
        Self::Refused { path: path.into(), refused }
    }

    pub(crate) fn problems(path: &Path, problems: Problems) -> Self {
        Self::Problems { path: path.into(), problems }
    }

    /// The place with its line, and what is wrong there in the words of people who write TOML. An unknown key
    /// comes with the known one that is nearest.
    pub(crate) fn toml(path: &Path, error: &toml::de::Error) -> Self {
        let text = error.to_string();
        let place = text.trim_end().trim_end_matches(error.message());
        let place = place.trim_start_matches("TOML parse error at ");
        let hint = did_you_mean(error.message()).map(|known| format!("\ndid you mean `{known}`?"));
        let message = format!("{place}{}{}", in_words(error.message()), hint.unwrap_or_default());
        Self::Toml { path: path.into(), message }
    }
}

/// What the reader of TOML says by the names of its own types, said by those of the file.
const WORDS: [(&str, &str); 5] = [
    ("missing field", "missing key"),
    ("unknown field", "unknown key"),
    ("unknown variant", "unknown value"),
    (
        "invalid type: map, expected a timestamp string",
        "a time is written as \"2026-07-07T19:00:00Z\", in quotes",
    ),
    ("invalid type:", "not the right kind of value:"),
];

fn in_words(message: &str) -> String {
    if message.contains("duration format") {
        return "a duration here is not written as \"15s\" or \"2m 30s\"".into();
    }
    let known = WORDS.iter().find(|(theirs, _)| message.starts_with(theirs));
    known.map_or_else(|| message.to_owned(), |(theirs, ours)| message.replacen(theirs, ours, 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Written;

    fn check(edit: (&str, &str), told: &str) {
        let scenario = "title = \"a\"\nrecording = \"b\"\nscaler = \"c\"\ntick = \"15s\"\n";
        let error = toml::from_str::<Written>(&scenario.replace(edit.0, edit.1)).unwrap_err();
        let message = ScenarioError::toml(Path::new("s.toml"), &error).to_string();
        assert!(message.starts_with("s.toml: line ") && message.contains(told), "{message}");
    }

    #[test]
    fn a_scenario_is_refused_in_the_words_of_its_file() {
        check(("title = \"a\"", ""), "missing key `title`");
        check(("title", "titel"), "did you mean `title`?");
        check(("tick = \"15s\"", "tick = \"soon\""), "a duration here is not written as \"15s\"");
        check(
            ("tick = \"15s\"", "from = 2026-07-07"),
            "a time is written as \"2026-07-07T19:00:00Z\", in quotes",
        );
        check(
            ("tick = \"15s\"", "calendar = \"none\""),
            "unknown value `none`, expected `announced` or `ignored`",
        );
        check(("tick = \"15s\"", "seed = \"one\""), "not the right kind of value: string \"one\"");
    }
}
