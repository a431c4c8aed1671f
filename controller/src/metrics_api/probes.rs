//! What kubelet, Prometheus and people who look for a version are told. Health needs no right; the rest does.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};

use crate::telemetry;

/// The paths that the [gate](super::Gate) never sees.
pub(crate) const HEALTH: [&str; 2] = ["/healthz", "/livez"];
/// Says whether reads can be answered.
pub(crate) const READY: &str = "/readyz";

/// What is told.
#[derive(Clone)]
pub struct Probes {
    /// Whether reads can be answered; what is missing, otherwise.
    pub ready: Arc<dyn Fn() -> Result<(), String> + Send + Sync>,
    /// The controller's own metrics, as Prometheus reads them.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
}

impl Probes {
    /// Health and figures for whoever can reach them: a server without TLS, inside the cluster.
    pub fn open(&self) -> Router {
        self.health().merge(Router::new().route("/metrics", get(metrics)).with_state(self.clone()))
    }

    pub(crate) fn health(&self) -> Router {
        let ready = Arc::clone(&self.ready);
        let router = HEALTH.into_iter().fold(Router::new(), |router, path| router.route(path, get(alive)));
        router.route(READY, get(move || async move { readiness(ready()) }))
    }

    pub(crate) fn guarded(self) -> Router {
        Router::new().route("/metrics", get(metrics)).with_state(self).route("/version", get(version))
    }
}

async fn alive() -> &'static str {
    "ok"
}

fn readiness(ready: Result<(), String>) -> Response {
    match ready {
        Ok(()) => "ok".into_response(),
        Err(missing) => (StatusCode::SERVICE_UNAVAILABLE, missing).into_response(),
    }
}

async fn metrics(State(probes): State<Probes>) -> Response {
    ([(CONTENT_TYPE, telemetry::CONTENT_TYPE)], (probes.metrics)()).into_response()
}

/// The fields that `kubectl` and client libraries look for.
async fn version() -> Json<serde_json::Value> {
    Json(serde_json::json!({
        "major": env!("CARGO_PKG_VERSION_MAJOR"),
        "minor": env!("CARGO_PKG_VERSION_MINOR"),
        "gitVersion": concat!("v", env!("CARGO_PKG_VERSION")),
        "platform": format!("{}/{}", std::env::consts::OS, std::env::consts::ARCH),
    }))
}
