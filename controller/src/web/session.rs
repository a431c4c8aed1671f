//! Signing in and out, and who is signed in.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Request, State},
    http::{StatusCode, header::SET_COOKIE},
    response::{AppendHeaders, IntoResponse, Response},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Web,
    api::{Body, call},
    door::Viewer,
    wire::{Problem, Session, TokenSignIn},
};

/// Routes for who is signed in.
pub(super) fn routes() -> OpenApiRouter<Arc<Web>> {
    OpenApiRouter::new().routes(routes!(who))
}

/// Routes for who is not signed in yet.
pub(super) fn open_routes() -> OpenApiRouter<Arc<Web>> {
    OpenApiRouter::new().routes(routes!(sign_in, sign_out))
}

/// Who is signed in.
#[utoipa::path(
    get, path = "/api/v1/session", tag = "session",
    responses((status = 200, body = Session), (status = 401, body = Problem, content_type = "application/problem+json"))
)]
async fn who(State(web): State<Arc<Web>>, Extension(viewer): Extension<Viewer>) -> Json<Session> {
    Json(web.door.session(&viewer).await)
}

/// Signs in by a Kubernetes token. The session is kept in a cookie.
#[utoipa::path(
    post, path = "/api/v1/session", tag = "session", request_body = TokenSignIn,
    responses((status = 200, body = Session), (status = 401, body = Problem, content_type = "application/problem+json"))
)]
async fn sign_in(State(web): State<Arc<Web>>, request: Request) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let Body(TokenSignIn { token }) = Body::read(&parts, body).await?;
    let signed_in = web.door.sign_in(call(&parts), &token).await?;
    let cookies = signed_in.cookies.into_iter().map(|cookie| (SET_COOKIE, cookie));
    Ok((AppendHeaders(cookies.collect::<Vec<_>>()), Json(signed_in.session)).into_response())
}

/// Signs out.
#[utoipa::path(
    delete, path = "/api/v1/session", tag = "session", responses((status = 204, description = "signed out"))
)]
async fn sign_out(State(web): State<Arc<Web>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let cookies = web.door.sign_out(call(&parts)).await.into_iter().map(|cookie| (SET_COOKIE, cookie));
    (StatusCode::NO_CONTENT, AppendHeaders(cookies.collect::<Vec<_>>())).into_response()
}
