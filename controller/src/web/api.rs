//! The JSON API put together: its routes, who is let in to them, and the OpenAPI document that is made of both.

use std::{
    net::SocketAddr,
    sync::{Arc, LazyLock},
};

use axum::{
    Json, Router,
    body::{Body as RawBody, to_bytes},
    extract::{FromRequest, FromRequestParts, Query, Request, State, rejection::QueryRejection},
    http::{StatusCode, header::CONTENT_TYPE, request::Parts},
    middleware::{self, Next},
    response::Response,
};
use serde::de::DeserializeOwned;
use utoipa::openapi::{Info, License, OpenApi, OpenApiBuilder, RefOr, Schema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Peer, Web, door::Call, events, read, replay, session, setup, stream, what_if, wire::Problem};

/// The longest body that is read: a what-if with a calendar of hundreds of events.
const MOST_BODY: usize = 256 * 1024;

/// Types that are taken and not sent: what is missing in them may be left out.
const TAKEN: [&str; 6] =
    ["WhatIf", "EventChange", "EventDraft", "ExpectedDemandDraft", "TokenSignIn", "Problem"];

/// The routes of the API.
pub(super) fn router(web: &Arc<Web>) -> Router {
    let guarded = guarded().split_for_parts().0;
    let guarded = guarded.route_layer(middleware::from_fn_with_state(Arc::clone(web), admit));
    let open = open().split_for_parts().0;
    Router::new()
        .merge(guarded)
        .merge(open)
        .method_not_allowed_fallback(not_allowed)
        .with_state(Arc::clone(web))
}

async fn not_allowed(request: Request) -> Problem {
    let (method, path) = (request.method(), request.uri().path());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, format!("{method} is not known at `{path}`"))
}

/// Routes that anybody may call.
fn open() -> OpenApiRouter<Arc<Web>> {
    OpenApiRouter::new().merge(session::open_routes()).routes(routes!(openapi))
}

/// This document.
#[utoipa::path(
    get, path = "/api/v1/openapi.json", tag = "openapi",
    responses((status = 200, description = "OpenAPI 3.1", body = serde_json::Value))
)]
async fn openapi() -> Json<&'static OpenApi> {
    static DOCUMENT: LazyLock<OpenApi> = LazyLock::new(document);
    Json(&DOCUMENT)
}

/// Routes that the door is asked for first.
fn guarded() -> OpenApiRouter<Arc<Web>> {
    OpenApiRouter::new()
        .merge(session::routes())
        .merge(read::routes())
        .merge(what_if::routes())
        .merge(stream::routes())
        .merge(events::routes())
        .merge(setup::routes())
        .merge(replay::routes())
}

/// The OpenAPI document of all of it.
#[must_use]
pub fn document() -> OpenApi {
    let info = Info::builder()
        .title("Prescale")
        .version("v1")
        .description(Some(
            "What the forecast dashboard shows. Times are RFC 3339 in UTC, durations are seconds, demand is in its own \
             unit, and what is missing is null. Whoever may not see a namespace is answered as if it were not there.",
        ))
        .license(Some(License::new("Apache-2.0")))
        .build();
    let mut document = OpenApiBuilder::new().info(info).build();
    let (_, guarded) = guarded().split_for_parts();
    let (_, open) = open().split_for_parts();
    document.merge(guarded);
    document.merge(open);
    require_what_is_sent(&mut document);
    document
}

/// What is missing is sent as `null`: no field of an answer is ever left out.
fn require_what_is_sent(document: &mut OpenApi) {
    let Some(components) = &mut document.components else { return };
    for (name, schema) in &mut components.schemas {
        if !TAKEN.contains(&name.as_str()) {
            require(schema);
        }
    }
}

fn require(schema: &mut RefOr<Schema>) {
    match schema {
        RefOr::T(Schema::Object(object)) => object.required = object.properties.keys().cloned().collect(),
        RefOr::T(Schema::AllOf(all)) => all.items.iter_mut().for_each(require),
        RefOr::T(_) | RefOr::Ref(_) => {}
    }
}

/// Lets in whom the door lets in, as the [`Viewer`](super::Viewer) of the request.
async fn admit(State(web): State<Arc<Web>>, request: Request, next: Next) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let viewer = web.door.viewer(call(&parts)).await?;
    parts.extensions.insert(viewer);
    Ok(next.run(Request::from_parts(parts, body)).await)
}

/// A request, as the door looks at it.
pub(super) fn call(parts: &Parts) -> Call<'_> {
    Call { method: &parts.method, uri: &parts.uri, headers: &parts.headers, peer: peer(parts) }
}

fn peer(parts: &Parts) -> Option<SocketAddr> {
    parts.extensions.get::<Peer>().map(|peer| peer.0)
}

/// What stands behind the `?`. What cannot be read is told as a problem.
pub(super) struct Asked<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let refused = |refused: QueryRejection| Problem::new(StatusCode::BAD_REQUEST, refused.body_text());
        Query::try_from_uri(&parts.uri).map(|Query(asked)| Self(asked)).map_err(refused)
    }
}

/// A JSON body. What cannot be read is named by its path.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned> Body<T> {
    pub(super) async fn read(parts: &Parts, body: RawBody) -> Result<Self, Problem> {
        let media = parts.headers.get(CONTENT_TYPE).and_then(|media| media.to_str().ok()).unwrap_or_default();
        // A form of another origin can send other media without being asked, and this one not.
        if media.split(';').next().map(str::trim) != Some("application/json") {
            let refused = "the body has to be application/json";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, refused));
        }
        let too_long = |_| {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the body has more than {MOST_BODY} bytes"))
        };
        let bytes = to_bytes(body, MOST_BODY).await.map_err(too_long)?;
        let mut reader = serde_json::Deserializer::from_slice(&bytes);
        serde_path_to_error::deserialize(&mut reader)
            .map(Self)
            .map_err(|error| Problem::unprocessable(format!("`{}`: {}", error.path(), error.inner())))
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        Self::read(&parts, body).await
    }
}
