//! What a server answered, looked at before it is passed on: a list of values, or a refusal in Kubernetes' words.

use axum::{
    body::Body,
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_TYPE, RETRY_AFTER},
    },
    response::{IntoResponse, Response},
};
use hyper::body::Bytes;
use serde::Deserialize;

use super::UpstreamFault;

const VALUE_LIST: &str = "ExternalMetricValueList";

/// An answer that can be passed on: JSON, as we ask for nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Its HTTP status.
    pub status: StatusCode,
    /// Its body: JSON.
    pub body: Bytes,
}

/// As much of a body as says what it is.
#[derive(Deserialize)]
struct Object {
    kind: String,
    #[serde(default)]
    message: String,
}

impl Answer {
    /// The answer of `status` with `body`.
    ///
    /// That the server does not accept *us* is no answer to the reader, who has been found to have the right.
    pub(super) fn check(status: StatusCode, body: Bytes) -> Result<Self, UpstreamFault> {
        let garbled = || UpstreamFault::Garbled { status };
        let object: Object = serde_json::from_slice(&body).map_err(|_| garbled())?;
        let is_status = object.kind == "Status" && status.as_u16() >= 400;
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if is_status => {
                Err(UpstreamFault::RefusesUs { message: object.message })
            }
            StatusCode::OK if object.kind == VALUE_LIST => Ok(Self { status, body }),
            _ if is_status => Ok(Self { status, body }),
            _ => Err(garbled()),
        }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if self.status == StatusCode::TOO_MANY_REQUESTS {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: u16, body: &'static str, passed: Result<(), &str>) {
        let answer =
            Answer::check(StatusCode::from_u16(status).unwrap(), Bytes::from_static(body.as_bytes()));
        let outcome = answer.map(|_| ()).map_err(|fault| fault.to_string());
        assert_eq!(outcome, passed.map_err(str::to_owned), "{status} {body}");
    }

    #[test]
    fn a_list_and_a_refusal_are_passed_on_and_nothing_else() {
        check(200, r#"{"kind":"ExternalMetricValueList","items":[]}"#, Ok(()));
        check(404, r#"{"kind":"Status","message":"no such metric"}"#, Ok(()));
        check(504, r#"{"kind":"Status"}"#, Ok(()));
        let garbled =
            |status: &str| format!("gave an answer that is none of this API, with HTTP status {status}");
        check(200, r#"{"kind":"Status"}"#, Err(&garbled("200 OK")));
        check(200, "<html>", Err(&garbled("200 OK")));
        check(302, "", Err(&garbled("302 Found")));
        check(404, "404 page not found", Err(&garbled("404 Not Found")));
    }

    #[test]
    fn that_we_are_not_accepted_is_said_as_such() {
        let status = r#"{"kind":"Status","message":"prescale cannot list"}"#;
        check(403, status, Err("does not accept Prescale's service account: prescale cannot list"));
    }
}
