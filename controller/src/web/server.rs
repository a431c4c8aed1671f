//! The server below the routes.

use std::{net::SocketAddr, sync::Arc};

use axum::Router;
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Where a request comes from; an extension of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// Serves `router` until `shutdown`, with TLS where a configuration for it is given.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    router: Router,
    shutdown: CancellationToken,
) {
    match tls {
        Some(tls) => crate::metrics_api::serve(listener, tls, router, shutdown).await,
        None => {
            let server = axum::serve(listener, router).with_graceful_shutdown(shutdown.cancelled_owned());
            let _ = server.await;
        }
    }
}
