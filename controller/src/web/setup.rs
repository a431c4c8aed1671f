//! What is connected, what fails, and how to fix it.

use std::sync::Arc;

use axum::{Extension, Json, extract::State};
use futures::future::BoxFuture;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Web,
    door::Viewer,
    wire::{Problem, Setup},
};

/// Knows what Prescale leans on.
pub trait SetupView: Send + Sync {
    /// How all of it fares, as far as `viewer` may know.
    fn setup<'a>(&'a self, viewer: &'a Viewer) -> BoxFuture<'a, Result<Setup, Problem>>;
}

pub(super) fn routes() -> OpenApiRouter<Arc<Web>> {
    OpenApiRouter::new().routes(routes!(setup))
}

/// What is connected, what fails, and how to fix it.
#[utoipa::path(get, path = "/api/v1/setup", tag = "setup", responses((status = 200, body = Setup)))]
async fn setup(
    State(web): State<Arc<Web>>,
    Extension(viewer): Extension<Viewer>,
) -> Result<Json<Setup>, Problem> {
    web.setup.setup(&viewer).await.map(Json)
}
