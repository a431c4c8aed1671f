//! An answer of Prometheus, read within a bound of memory, and what is wrong with one that is none.

use prometheus_http_query::{
    Error,
    error::{PrometheusError, PrometheusErrorType},
    response::{Data, PromqlResult},
};
use reqwest::{Response, StatusCode, header};
use serde::Deserialize;

use super::SourceError;

/// 11,000 values of one series are half a MiB; a query that forgot its sum(…) has thousands of series.
const MOST_BYTES: usize = 16 << 20;

/// The body, as Prometheus writes it.
#[derive(Deserialize)]
#[serde(tag = "status", rename_all = "lowercase")]
enum Answer {
    Success { data: PromqlResult },
    Error(PrometheusError),
}

/// The data in an answer to `query`.
pub(super) async fn read(
    answered: Result<Response, Error>,
    query: &str,
    url: &str,
) -> Result<Data, SourceError> {
    let response = answered.map_err(|error| no_answer(&error, url))?;
    let status = response.status();
    if status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN {
        return Err(SourceError::Denied { url: url.to_owned(), status: status.to_string() });
    }
    if !is_json(&response) {
        return Err(not_json(status, url));
    }
    let body = read_body(response, query, url).await?;
    match serde_json::from_slice(&body) {
        Ok(Answer::Success { data }) => Ok(data.into_inner().0),
        Ok(Answer::Error(error)) => Err(refused(&error, query)),
        Err(_) if !status.is_success() => Err(http_status(status, url)),
        Err(error) => Err(SourceError::Unreadable { url: url.to_owned(), message: error.to_string() }),
    }
}

async fn read_body(mut response: Response, query: &str, url: &str) -> Result<Vec<u8>, SourceError> {
    let mut body = Vec::new();
    let broken =
        |error: reqwest::Error| SourceError::Unreachable { url: url.to_owned(), message: innermost(&error) };
    while let Some(piece) = response.chunk().await.map_err(broken)? {
        if MOST_BYTES < body.len() + piece.len() {
            return Err(SourceError::TooLarge { query: query.to_owned(), most_mib: MOST_BYTES >> 20 });
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

fn is_json(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("application/json"))
}

fn not_json(status: StatusCode, url: &str) -> SourceError {
    if !status.is_success() {
        return http_status(status, url);
    }
    SourceError::Unreadable {
        url: url.to_owned(),
        message: "it is not JSON: is this a Prometheus?".to_owned(),
    }
}

fn http_status(status: StatusCode, url: &str) -> SourceError {
    let is_passing = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
    SourceError::HttpStatus { url: url.to_owned(), status: status.to_string(), is_passing }
}

/// Prometheus says itself what is wrong; only some of it is the query's fault.
fn refused(error: &PrometheusError, query: &str) -> SourceError {
    let (query, message) = (query.to_owned(), error.to_string());
    match error.error_type() {
        PrometheusErrorType::Timeout
        | PrometheusErrorType::Canceled
        | PrometheusErrorType::Internal
        | PrometheusErrorType::Unavailable => SourceError::Failed { query, message },
        // The enum is open: what is not known to pass is the query's.
        PrometheusErrorType::Execution | PrometheusErrorType::BadData | PrometheusErrorType::NotFound | _ => {
            SourceError::Refused { query, message }
        }
    }
}

fn no_answer(error: &Error, url: &str) -> SourceError {
    SourceError::Unreachable { url: url.to_owned(), message: innermost(error) }
}

/// The words of the innermost cause: `Connection refused`, where the outer ones say that a request failed. It names
/// no URL, and so no credentials that one might hold.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
