//! What is answered when a call does not do what was asked: RFC 9457, in words.

use std::time::Duration;

use axum::{
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_TYPE, RETRY_AFTER},
    },
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why a call was not answered as asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// Always `about:blank`: the status says what kind it is.
    #[serde(rename = "type")]
    pub kind: ProblemType,
    /// The status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong, in a sentence.
    pub detail: String,
    /// How one can sign in, where nobody is signed in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sign_in: Vec<SignIn>,
    /// What is wrong with which field of what was sent, where that is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// After which pause to try again; the header `Retry-After` says so.
    #[serde(skip)]
    pub retry_after: Option<Duration>,
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldError {
    /// The field, such as `expectedDemand.peak`.
    pub field: String,
    /// What is wrong with it, in a sentence.
    pub detail: String,
}

/// The kind of a problem, of which there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum ProblemType {
    /// The status says it.
    #[serde(rename = "about:blank")]
    AboutBlank,
}

/// A way to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SignIn {
    /// By a Kubernetes token.
    Token,
    /// At the identity provider.
    Oidc,
}

impl Problem {
    /// A problem of this status, in a sentence.
    #[must_use]
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            kind: ProblemType::AboutBlank,
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            sign_in: vec![],
            errors: vec![],
            retry_after: None,
        }
    }

    /// What was sent makes no sense.
    #[must_use]
    pub fn unprocessable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    }

    /// There is no such thing, or it may not be seen: the two are told by the same words.
    #[must_use]
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// Nobody is signed in, and these are the ways to do so.
    #[must_use]
    pub fn nobody(ways: Vec<SignIn>) -> Self {
        Self { sign_in: ways, ..Self::new(StatusCode::UNAUTHORIZED, "nobody is signed in") }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).expect("a problem is plain JSON");
        let media = HeaderValue::from_static("application/problem+json");
        let mut response = (status, [(CONTENT_TYPE, media)], body).into_response();
        if let Some(pause) = self.retry_after {
            // Whole seconds, and never sooner than it may.
            let seconds = pause.as_secs() + u64::from(0 < pause.subsec_nanos());
            response.headers_mut().insert(RETRY_AFTER, seconds.max(1).into());
        }
        response
    }
}
