//! What can be wrong with a recording, told by file, line, field and refused value.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why a recording cannot be read or written.
#[derive(Debug, Error)]
pub enum RecordingError {
    /// The file system refused.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried: `read`, `write`.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file or folder as a whole cannot be used.
    #[error("{} {problem}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// A predicate about it: `holds no samples`.
        problem: String,
    },
    /// A field of `recording.toml` cannot be used.
    #[error("{}: {field} {problem}", path.display())]
    Field {
        /// The file.
        path: PathBuf,
        /// The field as it is written there.
        field: String,
        /// The refused value, and why.
        problem: String,
    },
    /// A cell of the samples cannot be used.
    #[error("{} line {line}, column {column}: {problem}", path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// Its line, from 1, the header included. For Parquet, the line it would have as CSV.
        line: usize,
        /// The column as its header has it.
        column: String,
        /// The refused value, and why.
        problem: String,
    },
    /// `recording.toml` is not what it should be; the source names line and key.
    #[error("cannot use {}", path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// Line, key, and what is known instead.
        source: toml::de::Error,
    },
    /// `samples.csv` is not even CSV.
    #[error("cannot use {}", path.display())]
    Csv {
        /// The file.
        path: PathBuf,
        /// The line and what is wrong with it.
        source: csv::Error,
    },
    /// `samples.parquet` is cut off, damaged, or not Parquet.
    #[error("cannot use {}, which is cut off, damaged or not Parquet", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// What the reader met.
        source: parquet::errors::ParquetError,
    },
}

impl RecordingError {
    pub(super) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io { action, path: path.to_path_buf(), source }
    }

    pub(super) fn file(path: &Path, problem: impl Into<String>) -> Self {
        Self::File { path: path.to_path_buf(), problem: problem.into() }
    }

    pub(super) fn field(path: &Path, field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Field { path: path.to_path_buf(), field: field.into(), problem: problem.into() }
    }

    pub(super) fn row(path: &Path, line: usize, column: &str, problem: impl Into<String>) -> Self {
        Self::Row { path: path.to_path_buf(), line, column: column.into(), problem: problem.into() }
    }
}
