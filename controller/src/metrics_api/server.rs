//! The server below the routes: connections are bounded in number, in the time that they take to say what they want,
//! and in the time that they have left when the controller stops.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::Request};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto,
        graceful::{GracefulShutdown, Watcher},
    },
};
use rustls::ServerConfig;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use tracing::{debug, info, warn};

use super::connection::Connection;

/// Connections at once. kube-apiserver keeps a few each, Prometheus and fellow replicas one; at about 40 KiB each
/// this many are 20 MiB.
const MOST_CONNECTIONS: usize = 512;
/// Requests at once on one HTTP/2 connection: all HPA workers of a large control plane come by one.
const MOST_STREAMS: u32 = 256;
/// A handshake takes two round trips.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(5);
/// The time for the headers of a request, on HTTP/1.1 also that between requests: longer than two polls of an HPA.
const HEADERS_WITHIN: Duration = Duration::from_secs(60);
/// The most bytes of headers; a bearer token is about 1 KiB.
const MOST_HEADER_BYTES: u32 = 64 * 1024;
/// A silent HTTP/2 connection is asked for a sign of life this often, and given up after as long again.
const ALIVE_EVERY: Duration = Duration::from_secs(30);
/// Requests that run when the controller stops may end; a gate leaves them 5 s at most.
const DRAIN_WITHIN: Duration = Duration::from_secs(6);
/// The pause after a connection could not be taken, most likely since files ran out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Where a request comes from; an extension of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// What a server may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Connections at once.
    pub(crate) connections: usize,
    /// How long a client may leave what it is sent lie; `None` where clients are known to read.
    pub(crate) write_within: Option<Duration>,
    /// How long requests may run on when the controller stops.
    pub(crate) drain_within: Duration,
}

/// Serves `router` by TLS until `shutdown`, and then ends what still runs. Each request carries its [`Connection`] as an
/// extension, as `Arc`, and its [`Peer`].
pub async fn serve(
    listener: TcpListener,
    tls: Arc<ServerConfig>,
    router: Router,
    shutdown: CancellationToken,
) {
    let bounds = Bounds { connections: MOST_CONNECTIONS, write_within: None, drain_within: DRAIN_WITHIN };
    serve_within(bounds, listener, (Some(tls), router), shutdown).await;
}

/// The same within other bounds, and without TLS where no configuration for it is given.
pub(crate) async fn serve_within(
    bounds: Bounds,
    listener: TcpListener,
    (tls, router): (Option<Arc<ServerConfig>>, Router),
    shutdown: CancellationToken,
) {
    let server = Server { acceptor: tls.map(TlsAcceptor::from), router, protocol: protocol(), bounds };
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(bounds.connections));
    let accept = async {
        loop {
            let place = Arc::clone(&places).acquire_owned().await.expect("the places are never closed");
            match listener.accept().await {
                Ok((stream, peer)) => {
                    let guards = (graceful.watcher(), place);
                    tokio::spawn(server.clone().connection(stream, Peer(peer), guards));
                }
                Err(error) => {
                    warn!(%error, "connection cannot be taken");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    };
    shutdown.run_until_cancelled(accept).await;
    drop(listener);
    if timeout(bounds.drain_within, graceful.shutdown()).await.is_err() {
        info!("requests were cut off at the end");
    }
}

#[derive(Clone)]
struct Server {
    acceptor: Option<TlsAcceptor>,
    router: Router,
    protocol: auto::Builder<TokioExecutor>,
    bounds: Bounds,
}

fn protocol() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN)
        .max_buf_size(MOST_HEADER_BYTES as usize);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MOST_STREAMS)
        .max_header_list_size(MOST_HEADER_BYTES)
        .keep_alive_interval(ALIVE_EVERY)
        .keep_alive_timeout(ALIVE_EVERY);
    builder
}

impl Server {
    async fn connection(
        self,
        stream: TcpStream,
        peer: Peer,
        (watcher, place): (Watcher, OwnedSemaphorePermit),
    ) {
        // An answer is one small write: it must not wait for the acknowledgement of the last.
        let _ = stream.set_nodelay(true);
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(self.bounds.write_within);
        let stream = Box::pin(stream);
        let Some(acceptor) = &self.acceptor else {
            return self.requests(stream, (Connection::default(), peer), (watcher, place)).await;
        };
        let Ok(Ok(stream)) = timeout(HANDSHAKE_WITHIN, acceptor.accept(stream)).await else {
            debug!("no handshake");
            return;
        };
        let shown = stream.get_ref().1.peer_certificates().unwrap_or_default();
        let connection = Connection::new(shown.to_vec());
        self.requests(stream, (connection, peer), (watcher, place)).await;
    }

    async fn requests<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        &self,
        stream: S,
        (connection, peer): (Connection, Peer),
        (watcher, place): (Watcher, OwnedSemaphorePermit),
    ) {
        let connection = Arc::new(connection);
        let service = service_fn(|mut request: Request<Incoming>| {
            request.extensions_mut().insert(Arc::clone(&connection));
            request.extensions_mut().insert(peer);
            answer(self.router.clone(), request.map(Body::new))
        });
        let served = self.protocol.serve_connection(TokioIo::new(stream), service).into_owned();
        if let Err(error) = watcher.watch(served).await {
            debug!(%error, "connection ended early");
        }
        drop(place);
    }
}

async fn answer(router: Router, request: Request) -> Result<axum::response::Response, Infallible> {
    router.oneshot(request).await
}
