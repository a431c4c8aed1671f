//! What is answered to a push that is refused: `application/problem+json` (RFC 9457), with the field and what is wrong.

use std::time::Duration;

use axum::{
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::{answer::Refused, parse::Malformed};
use crate::metrics_api::{Cause, Refusal};

/// A refusal.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    pub(super) detail: String,
    /// The part of the request that is wrong.
    pub(super) field: Option<String>,
    /// What there is instead of what was named, for who may see it.
    pub(super) known: Vec<String>,
    /// Samples that were refused, each with its reason.
    pub(super) refused: Vec<Refused>,
    pub(super) retry_after: Option<Duration>,
}

/// The wire shape. Its type is `about:blank`, which means: the status says it.
#[derive(Serialize)]
struct Body<'a> {
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    known: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    refused: &'a [Refused],
}

impl Problem {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { status, detail, field: None, known: Vec::new(), refused: Vec::new(), retry_after: None }
    }

    pub(super) fn after(self, retry_after: Duration) -> Self {
        Self { retry_after: Some(retry_after), ..self }
    }
}

impl From<Malformed> for Problem {
    fn from(Malformed { field, words }: Malformed) -> Self {
        let detail = field.as_ref().map_or_else(|| words.clone(), |field| format!("{field}: {words}"));
        Self { field, ..Self::new(StatusCode::BAD_REQUEST, detail) }
    }
}

/// What the gate of the metrics API says, with the status that it has there.
impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let problem = Self::new(refusal.cause.code(), refusal.message);
        match refusal.cause {
            Cause::ServiceUnavailable => problem.after(Duration::from_secs(5)),
            Cause::BadRequest
            | Cause::Unauthorized
            | Cause::Forbidden
            | Cause::NotFound
            | Cause::MethodNotAllowed
            | Cause::Timeout => problem,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = Body {
            title: self.status.canonical_reason().unwrap_or_default(),
            status: self.status.as_u16(),
            detail: &self.detail,
            field: self.field.as_deref(),
            known: &self.known,
            refused: &self.refused,
        };
        let bytes = serde_json::to_vec(&body).expect("a problem is plain JSON");
        let mut response = (self.status, bytes).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer, ApiKey"));
        }
        if let Some(pause) = self.retry_after {
            // Whole seconds, and never sooner than it may.
            let seconds = pause.as_secs() + u64::from(0 < pause.subsec_nanos());
            headers.insert(RETRY_AFTER, seconds.max(1).into());
        }
        response
    }
}
