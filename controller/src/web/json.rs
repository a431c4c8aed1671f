//! Answers in JSON. What is long is made and compressed beside the threads that serve, and at once: a list of ten
//! thousand scalers is megabytes.

use axum::{
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CONTENT_ENCODING, CONTENT_TYPE, VARY},
    },
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use serde::Serialize;
use std::io::Write;

use super::{assets::takes_gzip, wire::Problem};

/// Shorter answers are one packet, compressed or not.
const WORTH_PACKING: usize = 1_200;

/// What `make` gives, as an answer to a caller with these headers.
pub(super) async fn answer<T: Serialize>(
    headers: &HeaderMap,
    make: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<Response, Problem> {
    let packs = takes_gzip(headers);
    let made = tokio::task::spawn_blocking(move || encode(&make()?, packs)).await;
    made.map_err(|_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the answer could not be made"))?
}

fn encode(body: &impl Serialize, packs: bool) -> Result<Response, Problem> {
    let plain = serde_json::to_vec(body)
        .map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    let media = (CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let varies = (VARY, HeaderValue::from_static("accept-encoding"));
    let packed = if packs && WORTH_PACKING < plain.len() { pack(&plain) } else { None };
    Ok(match packed {
        Some(packed) => {
            let encoding = (CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            ([media, varies, encoding], packed).into_response()
        }
        None => ([media, varies], plain).into_response(),
    })
}

fn pack(plain: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 6), Compression::fast());
    encoder.write_all(plain).ok()?;
    Some(encoder.finish().ok()?.into())
}
