//! The calendar: read by who may see it, and written with the caller's own rights.

#![expect(unused_qualifications, reason = "the path macro writes the types of parameters with their path")]

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Path, State},
    http::StatusCode,
};
use futures::future::BoxFuture;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Web,
    api::{Asked, Body},
    door::Viewer,
    wire::{EventDraft, EventRow, Events, Problem},
};

/// Keeps the calendar.
pub trait EventDesk: Send + Sync {
    /// The events of the namespaces that `viewer` may see.
    fn list<'a>(&'a self, viewer: &'a Viewer) -> BoxFuture<'a, Result<Events, Problem>>;

    /// Writes a new event with the viewer's own rights.
    ///
    /// # Errors
    ///
    /// The API server's refusal in its words.
    fn create<'a>(
        &'a self,
        viewer: &'a Viewer,
        draft: EventDraft,
    ) -> BoxFuture<'a, Result<EventRow, Problem>>;

    /// Changes an event with the viewer's own rights.
    ///
    /// # Errors
    ///
    /// The API server's refusal in its words; 409 where another one has changed it since.
    fn update<'a>(
        &'a self,
        viewer: &'a Viewer,
        draft: EventDraft,
    ) -> BoxFuture<'a, Result<EventRow, Problem>>;

    /// Deletes an event with the viewer's own rights; of another version than this it is left as it is.
    ///
    /// # Errors
    ///
    /// The API server's refusal in its words.
    fn delete<'a>(&'a self, viewer: &'a Viewer, which: Which) -> BoxFuture<'a, Result<(), Problem>>;
}

/// An event, by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Which {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The version that is meant; `None` is any.
    pub resource_version: Option<String>,
}

pub(super) fn routes() -> OpenApiRouter<Arc<Web>> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(update, delete))
}

/// The calendar of the namespaces that the caller may see.
#[utoipa::path(get, path = "/api/v1/events", tag = "events", responses((status = 200, body = Events)))]
async fn list(
    State(web): State<Arc<Web>>,
    Extension(viewer): Extension<Viewer>,
) -> Result<Json<Events>, Problem> {
    web.events.list(&viewer).await.map(Json)
}

/// Announces an event, with the caller's own rights.
#[utoipa::path(
    post, path = "/api/v1/events", tag = "events", request_body = EventDraft,
    responses(
        (status = 201, body = EventRow),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    )
)]
async fn create(
    State(web): State<Arc<Web>>,
    Extension(viewer): Extension<Viewer>,
    Body(draft): Body<EventDraft>,
) -> Result<(StatusCode, Json<EventRow>), Problem> {
    Ok((StatusCode::CREATED, Json(web.events.create(&viewer, draft).await?)))
}

/// Changes an event, with the caller's own rights.
#[utoipa::path(
    put, path = "/api/v1/events/{namespace}/{name}", tag = "events", request_body = EventDraft,
    params(("namespace" = String, Path), ("name" = String, Path)),
    responses(
        (status = 200, body = EventRow),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    )
)]
async fn update(
    State(web): State<Arc<Web>>,
    Extension(viewer): Extension<Viewer>,
    Path((namespace, name)): Path<(String, String)>,
    Body(draft): Body<EventDraft>,
) -> Result<Json<EventRow>, Problem> {
    if (&draft.namespace, &draft.name) != (&namespace, &name) {
        let (theirs, path) = (format!("{}/{}", draft.namespace, draft.name), format!("{namespace}/{name}"));
        return Err(Problem::unprocessable(format!("the event is named {theirs} and the path {path}")));
    }
    web.events.update(&viewer, draft).await.map(Json)
}

/// Which version is to be deleted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Version {
    /// The version that is meant; any where it is left out.
    resource_version: Option<String>,
}

/// Deletes an event, with the caller's own rights.
#[utoipa::path(
    delete, path = "/api/v1/events/{namespace}/{name}", tag = "events",
    params(("namespace" = String, Path), ("name" = String, Path), Version),
    responses(
        (status = 204, description = "deleted"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
    )
)]
async fn delete(
    State(web): State<Arc<Web>>,
    Extension(viewer): Extension<Viewer>,
    Path((namespace, name)): Path<(String, String)>,
    Asked(Version { resource_version }): Asked<Version>,
) -> Result<StatusCode, Problem> {
    web.events.delete(&viewer, Which { namespace, name, resource_version }).await?;
    Ok(StatusCode::NO_CONTENT)
}
