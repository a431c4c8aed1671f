//! The stream: what has changed, by server-sent events. Once a second the [`Hub`] encodes what changed, once for all
//! who watch; each viewer gets those pieces that they may see. Who was away is told what changed meanwhile, since rows
//! know the number of their last change.

#![expect(unused_qualifications, reason = "the path macro writes the types of parameters with their path")]

mod batch;
mod hub;
mod message;
mod piece;
#[cfg(test)]
mod slow_tests;
mod watching;

use std::sync::Arc;

use axum::{
    Extension,
    body::Body,
    extract::State,
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY},
    },
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Web,
    api::Asked,
    assets::takes_gzip,
    door::Viewer,
    read::{key, no_scaler},
    wire::{FleetNews, Problem},
};
pub(super) use hub::Hub;
use watching::{Watching, Wish};

pub(super) fn routes() -> OpenApiRouter<Arc<Web>> {
    OpenApiRouter::new().routes(routes!(stream))
}

/// What is to be told.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Watched {
    /// A scaler that is to be told in full after each of its ticks, as `namespace/name`.
    scaler: Option<String>,
    /// What the fleet was last known by: `since` of the list. Nothing since then is missed. A browser that reconnects
    /// says it by itself, as `Last-Event-ID`.
    since: Option<String>,
}

/// What has changed, by server-sent events: `fleet` (`FleetNews`) at most once a second, `scaler` (`ScalerView`) after
/// each tick of the scaler that is watched, `replay` (`ReplayState`) in a replay, and `reset` where what was missed is
/// not known any more: everything is to be read anew then.
#[utoipa::path(
    get, path = "/api/v1/stream", tag = "stream", params(Watched),
    responses(
        (status = 200, body = FleetNews, content_type = "text/event-stream"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    )
)]
async fn stream(
    State(web): State<Arc<Web>>,
    Extension(viewer): Extension<Viewer>,
    Asked(watched): Asked<Watched>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let scaler = match &watched.scaler {
        None => None,
        Some(named) => {
            let named = named.split_once('/').ok_or_else(|| {
                Problem::unprocessable(format!("scaler `{named}` is not written as namespace/name"))
            })?;
            let key = key(&viewer, (named.0.to_owned(), named.1.to_owned())).await?;
            Some(web.gallery.hung(&key).ok_or_else(|| no_scaler(&key))?.key.clone())
        }
    };
    // A reconnect knows better than the address that it was first opened with.
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
    let packs = takes_gzip(&headers);
    let wish = Wish { viewer, scaler, since: last.or(watched.since), packs };
    let full = || Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too many watch already: try again later");
    let watching = Watching::new(web, wish).ok_or_else(full)?;
    let mut response = Body::from_stream(watching.messages()).into_response();
    let fixed = [
        (CONTENT_TYPE, "text/event-stream"),
        (CACHE_CONTROL, "no-store"),
        (VARY, "accept-encoding"),
        // Proxies that gather answers would hold messages back.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    let packed = packs.then_some((CONTENT_ENCODING, "gzip"));
    for (name, value) in fixed.into_iter().chain(packed) {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}
