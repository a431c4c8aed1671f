//! What was read of one scaler's world for a tick. What could not be read is an error in words, and never a number.

use prescale_model::{Sample, Workload};

use crate::sources::error::SourceError;

/// The newest sample of one source, or why there is none.
pub type Reading = Result<Sample, SourceError>;

/// All that was read for a tick.
#[derive(Clone, Debug)]
pub struct Readings {
    /// Demand.
    pub demand: Reading,
    /// The leading signals, in the order of the scaler's list.
    pub signals: Vec<Reading>,
    /// The latency that capacity is learned from; `None` where capacity is given.
    pub latency: Option<Reading>,
    /// Messages that wait; `None` where unknown.
    pub lag: Option<f64>,
    /// The workload as the cluster has it.
    pub workload: Result<Workload, NoWorkload>,
}

/// Why the workload is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoWorkload {
    /// There is none of this name.
    #[error("{kind} `{name}` is not there")]
    NotFound {
        /// As in `spec.scaleTargetRef`.
        kind: String,
        /// As in `spec.scaleTargetRef`.
        name: String,
    },
    /// The cluster does not know this kind, or it cannot be scaled.
    #[error("{kind} of {api_version} has no scale subresource here")]
    NotScalable {
        /// As in `spec.scaleTargetRef`.
        api_version: String,
        /// As in `spec.scaleTargetRef`.
        kind: String,
    },
    /// The API server is away, or refuses.
    #[error("{kind} `{name}` cannot be read: {message}")]
    Unreadable {
        /// As in `spec.scaleTargetRef`.
        kind: String,
        /// As in `spec.scaleTargetRef`.
        name: String,
        /// The API server's words.
        message: String,
    },
}
