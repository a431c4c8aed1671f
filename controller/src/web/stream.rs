//! The stream: what has changed, by server-sent events.

#![expect(unused_qualifications, reason = "the path macro writes the types of parameters with their path")]

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Query, State},
    response::Response,
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Web,
    door::Viewer,
    wire::{FleetNews, Problem},
};

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
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    )
)]
async fn stream(
    State(_web): State<Arc<Web>>,
    Extension(_viewer): Extension<Viewer>,
    Query(_watched): Query<Watched>,
) -> Result<Response, Problem> {
    Err(Problem::not_found("nothing is streamed yet"))
}
