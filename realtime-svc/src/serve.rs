//! HTTP/1.1 on a port, with limits on what strangers may take: connections, the time and size of a request's head. A
//! connection that becomes a WebSocket leaves here, with its TCP stream.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::Semaphore,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::warn;

/// A burst of people that the kernel keeps for us; `net.core.somaxconn` bounds it.
const BACKLOG: u32 = 4096;
/// What the kernel keeps of what somebody does not read: about a dozen updates.
const SEND_BUFFER_BYTES: u32 = 64 * 1024;
/// A head of a request is far smaller, even with a token.
const HEAD_BYTES: usize = 16 * 1024;
/// After an accept that failed for want of files, others may have closed some.
const PAUSE: Duration = Duration::from_millis(50);
/// For requests under way when the process ends.
const END_WITHIN: Duration = Duration::from_secs(5);

/// What strangers may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// HTTP connections at once; more wait to be accepted.
    pub connections: usize,
    /// Time for the head of a request, and between two.
    pub head_within: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 10_000, head_within: Duration::from_secs(10) }
    }
}

/// Takes a port.
///
/// # Errors
///
/// Where it is taken already, with its address.
pub fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let refused = |error| anyhow::anyhow!("cannot listen on {address}: {error}");
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
    let socket = socket.map_err(refused)?;
    socket.set_reuseaddr(true).map_err(refused)?;
    socket.set_send_buffer_size(SEND_BUFFER_BYTES).map_err(refused)?;
    socket.bind(address).map_err(refused)?;
    socket.listen(BACKLOG).map_err(refused)
}

/// Serves until `over`, and ends requests that are under way.
pub async fn serve(listener: TcpListener, router: Router, limits: Limits, over: CancellationToken) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let connections = TaskTracker::new();
    let accepting = async {
        loop {
            let Ok(place) = places.clone().acquire_owned().await else { return };
            let Some(stream) = accept(&listener).await else { continue };
            let (router, over) = (router.clone(), over.clone());
            connections.spawn(async move {
                connection(stream, router, limits, over).await;
                drop(place);
            });
        }
    };
    tokio::select! {
        () = accepting => {}
        () = over.cancelled() => {}
    }
    drop(listener);
    connections.close();
    _ = tokio::time::timeout(END_WITHIN, connections.wait()).await;
}

async fn accept(listener: &TcpListener) -> Option<TcpStream> {
    match listener.accept().await {
        Ok((stream, _)) => {
            // Frames are small and must not wait for one another.
            _ = stream.set_nodelay(true);
            Some(stream)
        }
        Err(error) => {
            warn!(%error, "connection not accepted");
            tokio::time::sleep(PAUSE).await;
            None
        }
    }
}

async fn connection(stream: TcpStream, router: Router, limits: Limits, over: CancellationToken) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.head_within).max_buf_size(HEAD_BYTES);
    let connection =
        http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router)).with_upgrades();
    let mut connection = Box::pin(connection);
    // What a stranger does wrong here ends its connection, and nothing else.
    tokio::select! {
        _ = connection.as_mut() => {}
        () = over.cancelled() => {
            connection.as_mut().graceful_shutdown();
            _ = connection.await;
        }
    }
}
