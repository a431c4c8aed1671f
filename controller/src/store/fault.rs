//! What is wrong with the store, in words.

use std::{io, path::PathBuf};

/// Bytes that are not those that were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("damaged")]
pub(super) struct Damaged;

/// Why the store does not keep.
#[derive(Debug, thiserror::Error)]
pub enum StoreFault {
    /// The system refuses: the disk is full, the folder is read-only or is not there.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's words.
        error: io::Error,
    },
    /// Another process has the file.
    #[error("{}: another process has it open", path.display())]
    Taken {
        /// The file.
        path: PathBuf,
    },
    /// The file is none of ours, or is damaged.
    #[error("{}: {what}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A program error: the file is looked through before it is used again.
    #[error("{}: the store has panicked", path.display())]
    Panicked {
        /// The file.
        path: PathBuf,
    },
}

impl StoreFault {
    /// What the library says of the file at `path`.
    pub(super) fn of(path: &std::path::Path, error: impl Into<redb::Error>) -> Self {
        let path = path.to_owned();
        let error: redb::Error = error.into();
        if let redb::Error::DatabaseAlreadyOpen = error {
            return Self::Taken { path };
        }
        if let redb::Error::Io(error) = error {
            // So it says that a file does not begin like one of its own.
            let foreign = error.kind() == io::ErrorKind::InvalidData;
            return match foreign {
                true => Self::Unusable { path, what: format!("is not a history store: {error}") },
                false => Self::Io { path, error },
            };
        }
        Self::Unusable { path, what: error.to_string() }
    }

    /// Whether another file in its place would be of use.
    pub(super) fn is_of_the_file(&self) -> bool {
        match self {
            Self::Unusable { .. } => true,
            Self::Io { .. } | Self::Taken { .. } | Self::Panicked { .. } => false,
        }
    }
}
