//! The REST door, and the way into the socket. Bodies are read by hand, so that what is wrong with them is a problem like any
//! other.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, Request, State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use realtime_protocol::{Act, Problem, Reaction, RoomName, Update, Uuid, limits};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use utoipa::{OpenApi, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Gateway,
    desk::{Door, interaction},
    refusal::Refusal,
    rooms::listen,
    upgrade,
};

const IDEMPOTENCY_KEY: &str = "idempotency-key";

type Answer<T> = Result<T, Refusal>;
type Body = Result<Bytes, BytesRejection>;

/// A question.
#[derive(Debug, Deserialize, ToSchema)]
struct Ask {
    /// At most 280 letters.
    text: String,
}

/// A vote.
#[derive(Debug, Deserialize, ToSchema)]
struct Vote {
    /// The id of the question.
    question: Uuid,
}

/// A reaction.
#[derive(Debug, Deserialize, ToSchema)]
struct React {
    /// Which.
    reaction: Reaction,
}

/// Kafka has the interaction.
#[derive(Debug, Serialize, ToSchema)]
struct Acknowledged {
    /// The interaction.
    id: Uuid,
}

/// Live rooms: questions, votes and reactions. The socket at `/ws/v1` does the same and tells what becomes of the room.
#[derive(OpenApi)]
#[openapi(components(schemas(Update, Problem)), modifiers(&Bearer))]
struct Document;

struct Bearer;

impl utoipa::Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        document.components.get_or_insert_default().add_security_scheme("token", scheme);
    }
}

/// Every route of the public port.
pub(super) fn router(gateway: Arc<Gateway>) -> Router {
    let (router, document) = described().split_for_parts();
    let document: Arc<str> = document.to_json().unwrap_or_default().into();
    let served = move || {
        let document = document.to_string();
        async move { ([(header::CONTENT_TYPE, "application/json")], document) }
    };
    router
        .route("/openapi.json", axum::routing::get(served))
        .route("/ws/v1", axum::routing::get(upgrade::upgrade))
        .fallback(|| async { Refusal(Problem::not_found("there is no such path")) })
        .method_not_allowed_fallback(async || {
            let problem = Problem { status: 405, ..Problem::not_found("the path does not know this method") };
            Refusal(problem)
        })
        .layer(DefaultBodyLimit::max(limits::FRAME_BYTES))
        .layer(middleware::from_fn_with_state(gateway.clone(), in_time))
        .with_state(gateway)
}

fn described() -> OpenApiRouter<Arc<Gateway>> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(post_question))
        .routes(routes!(post_vote))
        .routes(routes!(post_reaction))
        .routes(routes!(get_room))
}

/// The OpenAPI document.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    described().into_openapi()
}

/// A request whose body comes drop by drop is given up.
async fn in_time(State(gateway): State<Arc<Gateway>>, request: Request, next: Next) -> Response {
    // Kafka has its own limit, which is longer: it counts from when the body is there.
    let within = gateway.settings.hello_within_ms + crate::gateway::ANSWER_WITHIN;
    match tokio::time::timeout(within, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Refusal(Problem::late(format!("not answered within {within:?}"))).into_response(),
    }
}

/// Asks a question.
#[utoipa::path(post, path = "/v1/rooms/{room}/questions", request_body = Ask, security(("token" = [])),
    params(("room" = String, Path), ("Idempotency-Key" = Option<Uuid>, Header, description = "The interaction's id")),
    responses((status = 202, body = Acknowledged), (status = "default", body = Problem, content_type = "application/problem+json")))]
async fn post_question(
    State(gateway): State<Arc<Gateway>>,
    Path(room): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Answer<(StatusCode, Json<Acknowledged>)> {
    let Ask { text } = read(&gateway, body)?;
    take(&gateway, &room, &headers, Act::Ask(text)).await
}

/// Votes for a question.
#[utoipa::path(post, path = "/v1/rooms/{room}/votes", request_body = Vote, security(("token" = [])),
    params(("room" = String, Path), ("Idempotency-Key" = Option<Uuid>, Header, description = "The interaction's id")),
    responses((status = 202, body = Acknowledged), (status = "default", body = Problem, content_type = "application/problem+json")))]
async fn post_vote(
    State(gateway): State<Arc<Gateway>>,
    Path(room): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Answer<(StatusCode, Json<Acknowledged>)> {
    let Vote { question } = read(&gateway, body)?;
    take(&gateway, &room, &headers, Act::Vote(question)).await
}

/// Reacts.
#[utoipa::path(post, path = "/v1/rooms/{room}/reactions", request_body = React, security(("token" = [])),
    params(("room" = String, Path), ("Idempotency-Key" = Option<Uuid>, Header, description = "The interaction's id")),
    responses((status = 202, body = Acknowledged), (status = "default", body = Problem, content_type = "application/problem+json")))]
async fn post_reaction(
    State(gateway): State<Arc<Gateway>>,
    Path(room): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Answer<(StatusCode, Json<Acknowledged>)> {
    let React { reaction } = read(&gateway, body)?;
    take(&gateway, &room, &headers, Act::React(reaction)).await
}

/// The room as it was last told.
#[utoipa::path(get, path = "/v1/rooms/{room}", security(("token" = [])), params(("room" = String, Path)),
    responses((status = 200, body = Update), (status = "default", body = Problem, content_type = "application/problem+json")))]
async fn get_room(
    State(gateway): State<Arc<Gateway>>,
    Path(room): Path<String>,
    headers: HeaderMap,
) -> Answer<impl IntoResponse> {
    let room = RoomName::new(&room)?;
    gateway.desk.known_by_header(authorization(&headers))?.opens(&room)?;
    let told = gateway.told(&room).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], told.json.clone()))
}

fn read<T: DeserializeOwned>(gateway: &Gateway, body: Body) -> Result<T, Problem> {
    if !gateway.lifecycle.is_open() {
        return Err(gateway.closing());
    }
    let body = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(limits::FRAME_BYTES),
        _ => Problem::malformed(rejection.body_text()),
    })?;
    serde_json::from_slice(&body).map_err(|error| Problem::malformed(error.to_string()))
}

async fn take(
    gateway: &Gateway,
    room: &str,
    headers: &HeaderMap,
    act: Act,
) -> Answer<(StatusCode, Json<Acknowledged>)> {
    let room = RoomName::new(room)?;
    let claims = gateway.desk.known_by_header(authorization(headers))?;
    claims.opens(&room)?;
    let id = match headers.get(IDEMPOTENCY_KEY) {
        Some(key) => Uuid::try_parse_ascii(key.as_bytes()).map_err(|_| {
            let shown = String::from_utf8_lossy(key.as_bytes());
            Problem::invalid("Idempotency-Key", &shown, "is no UUID")
        })?,
        None => Uuid::now_v7(),
    };
    let id = gateway.desk.take(Door::Rest, interaction((&claims).into(), &room, id, act)).await?;
    Ok((StatusCode::ACCEPTED, Json(Acknowledged { id })))
}

/// The header that says who asks.
pub(super) fn authorization(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok())
}

impl Gateway {
    /// A room as somebody here was told it, or as Redis knows it.
    pub(super) async fn told(&self, room: &RoomName) -> Result<Arc<super::rooms::Told>, Problem> {
        if let Some(told) = self.rooms.told(room) {
            return Ok(told);
        }
        match listen::latest(&self.redis, room).await {
            Ok(Some(told)) => Ok(Arc::new(told)),
            Ok(None) => Err(Problem::not_found(format!("nothing has been done in room \"{room}\""))),
            Err(error) => {
                self.redis.failed().await;
                tracing::warn!(%error, "room not read");
                Err(Problem::busy("the rooms cannot be read now", 1_000))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_says_every_route() {
        let document = serde_json::to_value(document()).unwrap();
        let paths: Vec<_> = document["paths"].as_object().unwrap().keys().cloned().collect();
        let expected =
            ["", "/questions", "/reactions", "/votes"].map(|end| format!("/v1/rooms/{{room}}{end}"));
        assert_eq!(paths, expected);
        assert!(document["components"]["schemas"]["Update"]["properties"]["leaderboard"].is_object());
    }
}
