//! Why something could not be written, told apart by what can be done about it.

use super::WRITE_WITHIN;

/// Why something could not be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// Another field manager has set a field of ours to another value.
    #[error("someone else owns a field of it: {message}")]
    Conflict {
        /// The API server's words, which name the manager and the field.
        message: String,
    },
    /// The controller's role does not allow it.
    #[error("not allowed: {message}")]
    Forbidden {
        /// The API server's words.
        message: String,
    },
    /// The object, or its kind, is not there any more.
    #[error("it is not there: {message}")]
    Gone {
        /// The API server's words.
        message: String,
    },
    /// The API server or an admission webhook refuses it.
    #[error("refused: {message}")]
    Refused {
        /// The API server's words.
        message: String,
    },
    /// The API server is away, restarting or has too much to do.
    #[error("the API server cannot take it: {message}")]
    Unavailable {
        /// What was seen.
        message: String,
    },
    /// No answer in time.
    #[error("the API server gave no answer within {} s", WRITE_WITHIN.as_secs())]
    TimedOut,
}

impl ApplyError {
    /// Whether trying again within seconds may help.
    #[must_use]
    pub fn may_heal(&self) -> bool {
        match self {
            Self::Unavailable { .. } => true,
            // A write that timed out has taken ten seconds already: the next tick decides anew.
            Self::TimedOut
            | Self::Conflict { .. }
            | Self::Forbidden { .. }
            | Self::Gone { .. }
            | Self::Refused { .. } => false,
        }
    }
}

impl From<&kube::Error> for ApplyError {
    fn from(error: &kube::Error) -> Self {
        let kube::Error::Api(status) = error else {
            return Self::Unavailable { message: innermost(error) };
        };
        let message = status.message.clone();
        match status.code {
            409 => Self::Conflict { message },
            401 | 403 => Self::Forbidden { message },
            404 | 410 => Self::Gone { message },
            429 | 500..=599 => Self::Unavailable { message },
            _ => Self::Refused { message },
        }
    }
}

/// The words of the innermost cause: `Connection refused`, where the outer ones say that a request failed.
pub(crate) fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
