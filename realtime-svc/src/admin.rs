//! The port that people do not see: metrics, and whether the process lives and is ready.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router, extract::State, http::StatusCode, http::header::CONTENT_TYPE, response::IntoResponse,
    routing::get,
};

use crate::{lifecycle::Lifecycle, metrics, metrics::Metrics, serve};

/// What the port shows.
#[derive(Clone)]
pub struct Admin {
    /// The figures.
    pub metrics: Metrics,
    /// Whether the process ends.
    pub lifecycle: Lifecycle,
    /// What it waits for before it is ready: `None` when all is there.
    pub missing: Arc<dyn Fn() -> Option<&'static str> + Send + Sync>,
}

impl std::fmt::Debug for Admin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Admin").finish_non_exhaustive()
    }
}

/// Serves it until the process is over.
///
/// # Errors
///
/// Where the port is taken.
pub async fn serve(listen: SocketAddr, admin: Admin) -> anyhow::Result<()> {
    let over = admin.lifecycle.over.clone();
    let router = Router::new()
        .route("/metrics", get(figures))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .with_state(admin);
    let listener = serve::listen(listen)?;
    let limits = serve::Limits { connections: 100, ..serve::Limits::default() };
    tokio::spawn(serve::serve(listener, router, limits, over));
    Ok(())
}

async fn figures(State(admin): State<Admin>) -> impl IntoResponse {
    ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], admin.metrics.render())
}

async fn ready(State(admin): State<Admin>) -> (StatusCode, String) {
    if !admin.lifecycle.is_open() {
        return (StatusCode::SERVICE_UNAVAILABLE, "ends\n".to_owned());
    }
    match (admin.missing)() {
        Some(what) => (StatusCode::SERVICE_UNAVAILABLE, format!("waits for {what}\n")),
        None => (StatusCode::OK, "ok\n".to_owned()),
    }
}
