//! What is answered instead of a value: a Kubernetes `Status`, whose message users read word for word in the events of
//! their HPA.

use std::fmt;

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::wire;

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The request itself is wrong.
    BadRequest,
    /// Nobody vouches for the caller.
    Unauthorized,
    /// The caller has no right to it.
    Forbidden,
    /// There is no such thing, or it is not known now.
    NotFound,
    /// Only reading is possible here.
    MethodNotAllowed,
    /// What the answer depends on is away.
    ServiceUnavailable,
    /// It would have taken too long.
    Timeout,
}

/// A refusal, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What kind.
    pub cause: Cause,
    /// The sentence.
    pub message: String,
}

impl Cause {
    /// The HTTP status.
    #[must_use]
    pub fn code(self) -> StatusCode {
        match self {
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::ServiceUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Timeout => StatusCode::GATEWAY_TIMEOUT,
        }
    }
}

impl Refusal {
    pub(crate) fn new(cause: Cause, message: impl Into<String>) -> Self {
        Self { cause, message: message.into() }
    }
}

/// As Kubernetes spells it in `reason`.
impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// The wire shape.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status<'a> {
    kind: &'static str,
    api_version: &'static str,
    metadata: wire::Empty,
    status: &'static str,
    message: &'a str,
    reason: String,
    code: u16,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let code = self.cause.code();
        let status = Status {
            kind: "Status",
            api_version: "v1",
            metadata: wire::Empty {},
            status: "Failure",
            message: &self.message,
            reason: self.cause.to_string(),
            code: code.as_u16(),
        };
        (code, wire::Json(&status)).into_response()
    }
}
