//! Reads: the fleet, one scaler, its past, and how right its forecasts were.

#![expect(unused_qualifications, reason = "the path macro writes the types of parameters with their path")]

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Path, State},
    http::HeaderMap,
    response::Response,
};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Web,
    api::Asked,
    door::Viewer,
    json, past,
    wire::{Accuracy, Fleet, Problem, ScalerView, Trail},
    worth,
};
use crate::board::ScalerKey;

pub(super) fn routes() -> OpenApiRouter<Arc<Web>> {
    OpenApiRouter::new()
        .routes(routes!(fleet))
        .routes(routes!(scaler))
        .routes(routes!(history))
        .routes(routes!(accuracy))
}

/// Which scalers.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Of {
    /// Only those of this namespace.
    namespace: Option<String>,
}

/// Every scaler that the caller may see.
#[utoipa::path(get, path = "/api/v1/scalers", tag = "scalers", params(Of),
    responses(
        (status = 200, body = Fleet),
        (status = 400, body = Problem, content_type = "application/problem+json"),
    )
)]
async fn fleet(
    State(web): State<Arc<Web>>,
    Extension(viewer): Extension<Viewer>,
    Asked(of): Asked<Of>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut seen = vec![];
    for namespace in web.gallery.namespaces() {
        if of.namespace.as_ref().is_none_or(|only| *only == namespace) && viewer.may_see(&namespace).await {
            seen.push(namespace);
        }
    }
    json::answer(&headers, move || Ok(web.gallery.fleet(&seen, web.now()))).await
}

/// One scaler in full.
#[utoipa::path(
    get, path = "/api/v1/scalers/{namespace}/{name}", tag = "scalers",
    params(("namespace" = String, Path), ("name" = String, Path)),
    responses(
        (status = 200, body = ScalerView),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
async fn scaler(
    State(web): State<Arc<Web>>,
    Extension(viewer): Extension<Viewer>,
    Path(which): Path<(String, String)>,
) -> Result<Json<ScalerView>, Problem> {
    let key = key(&viewer, which).await?;
    web.gallery.view(&key).map(Json).ok_or_else(|| no_scaler(&key))
}

/// A stretch of time.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Span {
    /// Its begin; as far back as is kept in memory where it is left out.
    from: Option<Timestamp>,
    /// Its end; now where it is left out.
    to: Option<Timestamp>,
}

/// A scaler's past, and what had been forecast of it.
#[utoipa::path(
    get, path = "/api/v1/scalers/{namespace}/{name}/history", tag = "scalers",
    params(("namespace" = String, Path), ("name" = String, Path), Span),
    responses(
        (status = 200, body = Trail),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    )
)]
async fn history(
    State(web): State<Arc<Web>>,
    Extension(viewer): Extension<Viewer>,
    Path(which): Path<(String, String)>,
    Asked(span): Asked<Span>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let key = key(&viewer, which).await?;
    if let (Some(from), Some(to)) = (span.from, span.to)
        && to < from
    {
        return Err(Problem::unprocessable(format!("`to` {to} is before `from` {from}")));
    }
    let (spec, kept_since) = web.gallery.kept_since(&key).ok_or_else(|| no_scaler(&key))?;
    let to = span.to.unwrap_or(Timestamp::MAX);
    let before = match (&web.store, span.from) {
        (Some(store), Some(from)) if kept_since.is_none_or(|kept_since| from < kept_since) => {
            past::before(store, &spec, (from, kept_since.unwrap_or(web.now()).min(to))).await
        }
        (_, _) => None,
    };
    json::answer(&headers, move || {
        let span = (span.from.unwrap_or(Timestamp::MIN), to);
        let trail = web.gallery.trail(&key, span).ok_or_else(|| no_scaler(&key))?;
        Ok(match before {
            Some(before) => before.followed_by(trail),
            None => trail,
        })
    })
    .await
}

/// How right a scaler's forecasts were, and what they were worth.
#[utoipa::path(
    get, path = "/api/v1/scalers/{namespace}/{name}/accuracy", tag = "scalers",
    params(("namespace" = String, Path), ("name" = String, Path)),
    responses(
        (status = 200, body = Accuracy),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
async fn accuracy(
    State(web): State<Arc<Web>>,
    Extension(viewer): Extension<Viewer>,
    Path(which): Path<(String, String)>,
) -> Result<Json<Accuracy>, Problem> {
    let key = key(&viewer, which).await?;
    worth::reckon(&web, &key).await;
    web.gallery.accuracy(&key).map(Json).ok_or_else(|| no_scaler(&key))
}

/// The scaler that is asked for, if its namespace may be seen.
pub(super) async fn key(viewer: &Viewer, (namespace, name): (String, String)) -> Result<ScalerKey, Problem> {
    let key = ScalerKey::new(&namespace, &name);
    if viewer.may_see(&key.namespace).await { Ok(key) } else { Err(no_scaler(&key)) }
}

/// The same words for what is not there and for what may not be seen.
pub(super) fn no_scaler(key: &ScalerKey) -> Problem {
    Problem::not_found(format!("there is no scaler `{key}` that you may see"))
}
