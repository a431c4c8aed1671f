//! Why a calendar cannot be imported: an option, a file as a whole, or events of it, each at its line.

use std::fmt;
use std::io;

use thiserror::Error;

/// Why calendars cannot become DemandEvents. Nothing was written then.
#[derive(Debug, Error)]
pub enum EventsError {
    /// The file system refused.
    #[error("cannot read {file}")]
    Io {
        /// The file.
        file: String,
        /// What the system said.
        source: io::Error,
    },
    /// An option cannot be used.
    #[error("{option} {problem}")]
    Option {
        /// The option as it is written: `--time-zone`.
        option: &'static str,
        /// The refused value, and why.
        problem: String,
    },
    /// A file as a whole cannot be used.
    #[error("{0}")]
    File(Unusable),
    /// Events cannot be used; all of them.
    #[error("{}\n{}", lines(.0), count(.0.len()))]
    Events(Vec<Unusable>),
}

impl EventsError {
    pub(super) fn option(option: &'static str, problem: impl Into<String>) -> Self {
        Self::Option { option, problem: problem.into() }
    }
}

/// Something of a file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unusable {
    /// The file, as the caller named it.
    pub file: String,
    /// Its line, from 1; `None` where no line is to blame.
    pub line: Option<u64>,
    /// What is there and why it cannot be used.
    pub problem: String,
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{} line {line}: {}", self.file, self.problem),
            None => write!(f, "{} {}", self.file, self.problem),
        }
    }
}

fn lines(unusable: &[Unusable]) -> String {
    unusable.iter().map(Unusable::to_string).collect::<Vec<_>>().join("\n")
}

fn count(unusable: usize) -> String {
    let events = if unusable == 1 { "1 event".to_owned() } else { format!("{unusable} events") };
    format!("{events} cannot be used: nothing was written; --skip-unusable writes the others")
}
