//! The routes that clients push to. Who calls is asked before anything of a body is read; what a body may be, and how
//! long it may take, is bounded.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Router,
    body::Body,
    extract::{Path, Query, Request, State},
    http::{
        HeaderMap, StatusCode, Uri,
        header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE},
    },
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::post,
};
use futures::StreamExt;
use jiff::Timestamp;
use tokio::time::timeout;
use tracing::debug;

use super::{
    answer::{Answer, answer},
    door::Door,
    parse::{Precision, Written, json, line_protocol},
    problem::Problem,
    remote,
    share::Sharing,
    store::{Parcel, Pushed, Unknown},
};
use crate::{
    board::ScalerKey,
    metrics_api::{Caller, Connection},
    telemetry::{Metrics, PushResult},
};

/// Where signals are pushed.
pub const SIGNALS_PATH: &str = "/api/v1/signals/{namespace}/{scaler}/{signal}";
/// Where a Prometheus writes to.
pub const WRITE_PATH: &str = "/api/v1/write";
/// A body: 5,000 samples of JSON at 60 bytes each are 300 KiB.
const MOST_BYTES: usize = 1 << 20;
/// A request, with its body and the questions that it raises.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);
/// Names of Kubernetes have 253 characters at most; what is longer is nobody's.
const LONGEST_NAME: usize = 253;

/// What pushing is made of.
pub struct Signals {
    /// Where samples go.
    pub pushed: Arc<Pushed>,
    /// Who may push them.
    pub door: Door,
    /// How fellow replicas learn of them.
    pub sharing: Arc<Sharing>,
    /// Counts them.
    pub metrics: Metrics,
}

/// The routes. Serve them as the metrics API is, so that each request carries its [`Connection`].
pub fn router(signals: Signals) -> Router {
    let signals = Arc::new(signals);
    Router::new()
        .route(SIGNALS_PATH, post(push))
        .route(WRITE_PATH, post(write))
        .fallback(nothing_here)
        .method_not_allowed_fallback(only_posts)
        .layer(middleware::from_fn_with_state(Arc::clone(&signals), in_time))
        .with_state(signals)
}

async fn nothing_here(uri: Uri) -> Problem {
    let words = format!("there is nothing at `{}`: push to {SIGNALS_PATH} or {WRITE_PATH}", uri.path());
    Problem::new(StatusCode::NOT_FOUND, words)
}

async fn only_posts(request: Request) -> Problem {
    let words = format!("{} is not supported: only POST is", request.method());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, words)
}

/// Bounds the time of a request, and counts how it ended.
async fn in_time(State(signals): State<Arc<Signals>>, request: Request, next: Next) -> Response {
    let late = |_| {
        let words = format!("the request was not complete within {} s", ANSWERED_WITHIN.as_secs());
        Problem::new(StatusCode::REQUEST_TIMEOUT, words).into_response()
    };
    let response = timeout(ANSWERED_WITHIN, next.run(request)).await.unwrap_or_else(late);
    signals.metrics.pushed(result(response.status()));
    response
}

fn result(status: StatusCode) -> PushResult {
    match status {
        status if status.is_success() => PushResult::Taken,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => PushResult::Denied,
        StatusCode::NOT_FOUND | StatusCode::CONFLICT => PushResult::NoSignal,
        StatusCode::TOO_MANY_REQUESTS => PushResult::TooOften,
        status if status.is_server_error() => PushResult::Failed,
        _ => PushResult::Refused,
    }
}

async fn push(
    State(signals): State<Arc<Signals>>,
    Path((namespace, scaler, signal)): Path<(String, String, String)>,
    connection: Option<Extension<Arc<Connection>>>,
    request: Request,
) -> Result<Answer, Problem> {
    let (head, body) = request.into_parts();
    let caller = signals.identify(connection, &head.headers).await?;
    let scaler = ScalerKey::new(&namespace, &scaler);
    if [&*scaler.namespace, &*scaler.name, &*signal].iter().any(|name| LONGEST_NAME < name.len()) {
        return Err(Problem::new(StatusCode::NOT_FOUND, "a name has more than 253 characters"));
    }
    signals.door.admit(&caller, &scaler).await.inspect_err(|problem| {
        debug!(user = caller.name, %scaler, signal, reason = problem.detail, "push refused");
    })?;
    if let Err(unknown) = signals.pushed.find(&scaler, &signal) {
        return Err(signals.no_signal(&caller, (&scaler, &signal), unknown).await);
    }
    let format = Format::of(&head.headers, &head.uri)?;
    let written = format.read(&read_body(&head.headers, body).await?)?;
    let taken = signals.pushed.take((&scaler, &signal), &written, Timestamp::now());
    let outcome = match taken {
        Ok(outcome) => outcome,
        Err(unknown) => return Err(signals.no_signal(&caller, (&scaler, &signal), unknown).await),
    };
    signals.metrics.samples_pushed(outcome.accepted, outcome.duplicates, outcome.refused.len());
    signals.share(vec![Parcel::of((&scaler, &signal), &outcome.taken)]).await?;
    answer(outcome)
}

async fn write(
    State(signals): State<Arc<Signals>>,
    connection: Option<Extension<Arc<Connection>>>,
    request: Request,
) -> Result<Response, Problem> {
    let (head, body) = request.into_parts();
    let caller = signals.identify(connection, &head.headers).await?;
    let version = remote::version(&head.headers)?;
    let body = read_body(&head.headers, body).await?;
    remote::take(&signals, &caller, (&body, version)).await
}

impl Signals {
    async fn identify(
        &self,
        connection: Option<Extension<Arc<Connection>>>,
        headers: &HeaderMap,
    ) -> Result<Arc<Caller>, Problem> {
        let connection = connection.map(|Extension(connection)| connection).unwrap_or_default();
        self.door.identify(&connection, headers).await
    }

    /// Has the samples on the leader too before they are acknowledged.
    pub(super) async fn share(&self, parcels: Vec<Parcel>) -> Result<(), Problem> {
        let shared = self.sharing.share(parcels).await;
        shared.map_err(|failure| {
            self.metrics.share_failed();
            let words = format!("taken by this replica of the controller alone, {failure}: push again");
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, words).after(Duration::from_secs(5))
        })
    }

    /// Which signals there are is told to who may push them; which scalers, to who may see them.
    async fn no_signal(
        &self,
        caller: &Arc<Caller>,
        (scaler, signal): (&ScalerKey, &str),
        unknown: Unknown,
    ) -> Problem {
        match unknown {
            Unknown::Scaler(others) => {
                let words =
                    format!("no PredictiveScaler `{}` runs in namespace `{}`", scaler.name, scaler.namespace);
                let may_see = !others.is_empty() && self.door.may_list(caller, &scaler.namespace).await;
                let known = if may_see { others } else { Vec::new() };
                Problem { known, ..Problem::new(StatusCode::NOT_FOUND, words) }
            }
            Unknown::Signal(known) => {
                let words = format!("{scaler} has no signal `{signal}`");
                Problem { known, ..Problem::new(StatusCode::NOT_FOUND, words) }
            }
            Unknown::NotPushed(kind, known) => {
                let words = format!("`{signal}` of {scaler} is read from {kind}, and not pushed");
                Problem { known, ..Problem::new(StatusCode::CONFLICT, words) }
            }
        }
    }
}

/// All of a body.
async fn read_body(headers: &HeaderMap, body: Body) -> Result<Vec<u8>, Problem> {
    let too_large = || {
        let words = format!("the body has more than {MOST_BYTES} bytes: push it in several parts");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, words)
    };
    let told = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if told.is_some_and(|told| (MOST_BYTES as u64) < told) {
        return Err(too_large());
    }
    let (mut all, mut chunks) = (Vec::new(), body.into_data_stream());
    while let Some(chunk) = chunks.next().await {
        let broke = |error| Problem::new(StatusCode::BAD_REQUEST, format!("the body broke off: {error}"));
        let chunk = chunk.map_err(broke)?;
        if MOST_BYTES < all.len() + chunk.len() {
            return Err(too_large());
        }
        all.extend_from_slice(&chunk);
    }
    Ok(all)
}

/// How samples are written.
enum Format {
    Json,
    Lines(Precision),
}

impl Format {
    fn of(headers: &HeaderMap, uri: &Uri) -> Result<Self, Problem> {
        let unsupported = |field: &str, value: &str, instead: &str| Problem {
            field: Some(field.to_owned()),
            ..Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                format!("{field} `{value}` is not read: send {instead}"),
            )
        };
        let encoding = text(headers.get(CONTENT_ENCODING));
        if !["", "identity"].contains(&encoding) {
            return Err(unsupported("Content-Encoding", encoding, "the body as it is"));
        }
        let content = text(headers.get(CONTENT_TYPE));
        let media = content.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match media.as_str() {
            "application/json" => Ok(Self::Json),
            "text/plain" | "application/vnd.influxdb.line-protocol" => Ok(Self::Lines(precision(uri)?)),
            _ => {
                Err(unsupported("Content-Type", content, "application/json, or text/plain for line protocol"))
            }
        }
    }

    fn read(&self, body: &[u8]) -> Result<Vec<Written>, Problem> {
        let written = match self {
            Self::Json => json(body)?,
            Self::Lines(precision) => line_protocol(body, *precision)?,
        };
        if written.is_empty() {
            return Err(Problem::new(StatusCode::BAD_REQUEST, "the body has no sample"));
        }
        Ok(written)
    }
}

/// What `?precision=` says.
fn precision(uri: &Uri) -> Result<Precision, Problem> {
    let query = Query::<Vec<(String, String)>>::try_from_uri(uri);
    let Query(pairs) = query
        .map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "the query of this address cannot be read"))?;
    match pairs.iter().find(|(name, _)| name == "precision") {
        Some((_, value)) => Ok(value.parse()?),
        None => Ok(Precision::default()),
    }
}

/// A header as text; empty where there is none.
pub(super) fn text(value: Option<&axum::http::HeaderValue>) -> &str {
    value.and_then(|value| value.to_str().ok()).unwrap_or_default().trim()
}
