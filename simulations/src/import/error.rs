//! What can be wrong with the files that people import, told by file, line, column and refused value.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::calendar::CalendarError;
use crate::recording::RecordingError;

/// Why files cannot become a recording. Nothing was written then.
#[derive(Debug, Error)]
pub enum ImportError {
    /// The file system refused.
    #[error("cannot read {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file as a whole cannot be used.
    #[error("{} {problem}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// A predicate about it: `holds no samples`.
        problem: String,
    },
    /// One cell cannot be used.
    #[error("{} line {line}, column {column}: {problem}", path.display())]
    Cell {
        /// The file.
        path: PathBuf,
        /// Its line, from 1, the header included.
        line: u64,
        /// The column as its header has it.
        column: String,
        /// The refused value, and why.
        problem: String,
    },
    /// A file is not CSV; the source names the line.
    #[error("cannot use {}", path.display())]
    Csv {
        /// The file.
        path: PathBuf,
        /// The line and what is wrong with it.
        source: csv::Error,
    },
    /// A file is not the JSON that Prometheus answers; the source names line and column.
    #[error("{} is not the answer of /api/v1/query_range", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// What the reader met.
        source: serde_json::Error,
    },
    /// An option cannot be used.
    #[error("{option} {problem}")]
    Option {
        /// The option as it is written: `--value-column`.
        option: &'static str,
        /// The refused value, and why.
        problem: String,
    },
    /// The calendar in YAML.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// The recording itself cannot be written.
    #[error(transparent)]
    Recording(#[from] RecordingError),
}

impl ImportError {
    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.to_path_buf(), source }
    }

    pub(super) fn file(path: &Path, problem: impl Into<String>) -> Self {
        Self::File { path: path.to_path_buf(), problem: problem.into() }
    }

    pub(super) fn csv(path: &Path, source: csv::Error) -> Self {
        Self::Csv { path: path.to_path_buf(), source }
    }

    pub(super) fn option(option: &'static str, problem: impl Into<String>) -> Self {
        Self::Option { option, problem: problem.into() }
    }
}
