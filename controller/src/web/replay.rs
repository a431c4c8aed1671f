//! The replay that is shown, where one is.

use std::sync::Arc;

use axum::{Json, extract::State};
use futures::future::BoxFuture;
use tokio::sync::watch;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Web,
    api::Body,
    wire::{Problem, ReplayCommand, ReplayState},
};

/// Steers a replay.
pub trait ReplayControl: Send + Sync {
    /// Where it is.
    fn state(&self) -> ReplayState;

    /// Tells it something, and says where it is then.
    ///
    /// # Errors
    ///
    /// 422 for what it cannot do, such as a jump to before its begin.
    fn command(&self, command: ReplayCommand) -> BoxFuture<'_, Result<ReplayState, Problem>>;

    /// Follows where it is. Who holds this watches: it does not end by itself as long as somebody does.
    fn subscribe(&self) -> watch::Receiver<Arc<ReplayState>>;
}

pub(super) fn routes() -> OpenApiRouter<Arc<Web>> {
    OpenApiRouter::new().routes(routes!(state, command))
}

fn nothing_here() -> Problem {
    Problem::not_found("a cluster is shown here, and no replay")
}

/// Where the replay is; 404 where a cluster is shown.
#[utoipa::path(
    get, path = "/api/v1/replay", tag = "replay",
    responses(
        (status = 200, body = ReplayState),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
async fn state(State(web): State<Arc<Web>>) -> Result<Json<ReplayState>, Problem> {
    Ok(Json(web.replay.as_ref().ok_or_else(nothing_here)?.state()))
}

/// Tells the replay something, and says where it is then.
#[utoipa::path(
    post, path = "/api/v1/replay", tag = "replay", request_body = ReplayCommand,
    responses(
        (status = 200, body = ReplayState),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    )
)]
async fn command(
    State(web): State<Arc<Web>>,
    Body(command): Body<ReplayCommand>,
) -> Result<Json<ReplayState>, Problem> {
    let replay = web.replay.as_ref().ok_or_else(nothing_here)?;
    replay.command(command).await.map(Json)
}
