//! A read that failed, in words that name the server: the reader must see that it is not Prescale that is away.

use std::time::Duration;

use axum::http::StatusCode;
use thiserror::Error;

use crate::{
    metrics_api::{Cause, Refusal},
    telemetry::UpstreamResult,
};

/// A read that failed. Prints as a sentence that names the server.
#[derive(Debug, Error)]
#[error("the external-metrics server {origin} {fault}")]
pub struct UpstreamError {
    /// Which server.
    pub origin: String,
    /// What went wrong.
    pub fault: UpstreamFault,
}

/// What went wrong with a read.
#[derive(Debug, Error)]
pub enum UpstreamFault {
    /// No answer in time.
    #[error("did not answer within {}", spelled(.0))]
    Late(Duration),
    /// It has not answered lately, and is left alone for a moment.
    #[error("has not answered lately and is left alone for {}", spelled(.0))]
    Rests(Duration),
    /// No connection, or one that broke.
    #[error("cannot be reached")]
    Away(#[source] reqwest::Error),
    /// An answer that is none of this API.
    #[error("gave an answer that is none of this API, with HTTP status {status}")]
    Garbled {
        /// The HTTP status.
        status: StatusCode,
    },
    /// An answer beyond all measure.
    #[error("gave an answer of more than {0} bytes")]
    TooLarge(usize),
    /// It does not accept our service account.
    #[error("does not accept Prescale's service account: {message}")]
    RefusesUs {
        /// In its own words.
        message: String,
    },
    /// The path is none of this API.
    #[error("is not asked for a path beyond its API")]
    BeyondApi,
}

impl UpstreamFault {
    /// How the read is counted.
    pub(super) fn result(&self) -> UpstreamResult {
        match self {
            Self::Late(_) => UpstreamResult::TimedOut,
            Self::Rests(_) | Self::BeyondApi => UpstreamResult::NotAsked,
            Self::Away(_) | Self::Garbled { .. } | Self::TooLarge(_) | Self::RefusesUs { .. } => {
                UpstreamResult::Failed
            }
        }
    }
}

impl From<UpstreamError> for Refusal {
    fn from(error: UpstreamError) -> Self {
        let cause = match error.fault {
            UpstreamFault::BeyondApi => Cause::NotFound,
            UpstreamFault::Late(_)
            | UpstreamFault::Rests(_)
            | UpstreamFault::Away(_)
            | UpstreamFault::Garbled { .. }
            | UpstreamFault::TooLarge(_)
            | UpstreamFault::RefusesUs { .. } => Cause::ServiceUnavailable,
        };
        Self { cause, message: error.to_string() }
    }
}

/// `3 s`, `150 ms`.
fn spelled(time: &Duration) -> String {
    if time.subsec_nanos() == 0 {
        format!("{} s", time.as_secs())
    } else {
        format!("{} ms", time.as_millis())
    }
}
