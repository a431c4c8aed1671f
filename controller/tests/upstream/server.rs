//! An external-metrics server in its own TLS, which behaves as a test wants it to.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Router,
    extract::Request,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    serve::Listener,
};
use prescale_controller::{
    telemetry::Metrics,
    upstream::{Origin, Patience, Trust, Upstream},
};
use rustls::{ServerConfig, crypto::aws_lc_rs, pki_types::PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_util::sync::{CancellationToken, DropGuard};

/// A read of one of its metrics.
pub(crate) const READ: &str =
    "/apis/external.metrics.k8s.io/v1beta1/namespaces/live/s0-kafka?labelSelector=app%3Dx";
/// The answer to it.
pub(crate) const VALUES: &str = r#"{"kind":"ExternalMetricValueList","apiVersion":"external.metrics.k8s.io/v1beta1","metadata":{},"items":[{"metricName":"s0-kafka","value":"7"}]}"#;
/// Its metrics.
pub(crate) const LIST: &str = r#"{"kind":"APIResourceList","resources":[{"name":"s1-cron"},{"name":"s0-kafka"},{"name":"s1-cron/status"}]}"#;

/// How it behaves.
#[derive(Clone)]
pub(crate) enum Mood {
    Says(StatusCode, String),
    Hangs,
    SendsAway,
}

/// The server, until it is dropped.
pub(crate) struct Server {
    pub(crate) seen: Arc<AtomicUsize>,
    pub(crate) most_at_once: Arc<AtomicUsize>,
    state: Arc<State>,
    address: SocketAddr,
    certificate: String,
    _running: DropGuard,
}

struct State {
    mood: Mutex<Mood>,
    last: Mutex<(String, String)>,
    seen: Arc<AtomicUsize>,
    at_once: AtomicUsize,
    most_at_once: Arc<AtomicUsize>,
}

/// Counts a request that is under way.
struct Visit(Arc<State>);

impl Drop for Visit {
    fn drop(&mut self) {
        self.0.at_once.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Server {
    pub(crate) async fn start(mood: Mood) -> Self {
        let own = rcgen::generate_simple_self_signed(["keda-metrics.keda.svc".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap();
        let tls = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![own.cert.der().clone()], key)
            .unwrap();
        let (seen, most_at_once) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let state = Arc::new(State {
            mood: Mutex::new(mood),
            last: Mutex::default(),
            seen: Arc::clone(&seen),
            at_once: AtomicUsize::new(0),
            most_at_once: Arc::clone(&most_at_once),
        });
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, running) = (tcp.local_addr().unwrap(), CancellationToken::new());
        let answering = Arc::clone(&state);
        let app = Router::new().fallback(move |request: Request| answer(Arc::clone(&answering), request));
        let listener = Tls { tcp, acceptor: TlsAcceptor::from(Arc::new(tls)) };
        let server = axum::serve(listener, app).with_graceful_shutdown(running.clone().cancelled_owned());
        tokio::spawn(server.into_future());
        let certificate = own.cert.pem();
        Self { seen, most_at_once, state, address, certificate, _running: running.drop_guard() }
    }

    pub(crate) fn feel(&self, mood: Mood) {
        *self.state.mood.lock().unwrap() = mood;
    }

    /// Path and query, and authorization.
    pub(crate) fn last_read(&self) -> (String, String) {
        self.state.last.lock().unwrap().clone()
    }

    pub(crate) fn origin(&self) -> Origin {
        Origin {
            namespace: "keda".to_owned(),
            service: "keda-metrics".to_owned(),
            port: self.address.port(),
            trust: Trust::Authorities(self.certificate.clone().into_bytes()),
            at: Some(self.address.ip()),
        }
    }

    pub(crate) fn upstream(&self, patience: Patience) -> Upstream {
        Upstream::new(self.origin(), Arc::new(|| Some("ours".to_owned())), patience, Metrics::default())
            .unwrap()
    }
}

async fn answer(state: Arc<State>, request: Request) -> Response {
    let _visit = visit(&state, &request);
    let mood = state.mood.lock().unwrap().clone();
    match mood {
        Mood::Says(status, body) => {
            (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
        }
        Mood::Hangs => std::future::pending().await,
        Mood::SendsAway => (StatusCode::FOUND, [(header::LOCATION, READ)]).into_response(),
    }
}

fn visit(state: &Arc<State>, request: &Request) -> Visit {
    state.seen.fetch_add(1, Ordering::Relaxed);
    let at_once = state.at_once.fetch_add(1, Ordering::Relaxed) + 1;
    state.most_at_once.fetch_max(at_once, Ordering::Relaxed);
    let authorization = request.headers().get(header::AUTHORIZATION);
    let authorization = authorization.map_or("", |value| value.to_str().unwrap()).to_owned();
    *state.last.lock().unwrap() = (request.uri().path_and_query().unwrap().to_string(), authorization);
    Visit(Arc::clone(state))
}

struct Tls {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for Tls {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, address) = self.tcp.accept().await.unwrap();
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}
