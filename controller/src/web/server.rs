//! The server below the routes: that of the metrics API, within bounds for browsers.

use std::{sync::Arc, time::Duration};

use axum::Router;
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use crate::metrics_api::Peer;
use crate::metrics_api::{Bounds, serve_within};

/// A browser opens six connections to a host at most: three hundred people at once. One takes some 40 KiB.
const BOUNDS: Bounds = Bounds {
    connections: 2_048,
    // A telephone in a tunnel comes back before, or opens another connection.
    write_within: Some(Duration::from_secs(30)),
    // Streams do not end by themselves, and whoever follows one comes back to another replica.
    drain_within: Duration::from_secs(1),
};

/// Serves `router` until `shutdown`, with TLS where a configuration for it is given.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    router: Router,
    shutdown: CancellationToken,
) {
    serve_within(BOUNDS, listener, (tls, router), shutdown).await;
}
