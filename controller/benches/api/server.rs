//! The server on a thread of its own, with a board of many scalers and an API server that allows everything.

use std::{convert::Infallible, fs, net::SocketAddr, sync::Arc, thread, time::Duration};

use arc_swap::ArcSwap;
use jiff::{SignedDuration, Timestamp};
use kube::client::Body;
use prescale_controller::{
    board::{Board, Observed, ScalerKey},
    certificates::{CaBundle, CertificateSettings, Certificates},
    metrics_api::{
        Authentication, Authorization, Gate, MetricsApi, Probes, authentication::Trust, router, serve,
        server_config,
    },
    telemetry::Metrics,
};
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
};
use tokio_util::sync::CancellationToken;
use tower::service_fn;

pub(crate) const NAME: &str = "prescale.prescale.svc";

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) bundle: CaBundle,
    pub(crate) proxy: (CertificateDer<'static>, PrivateKeyDer<'static>),
    pub(crate) scalers: usize,
    clock: mpsc::Sender<oneshot::Sender<Duration>>,
}

pub(crate) fn scaler(index: usize) -> String {
    format!("scaler-{index}")
}

impl Server {
    pub(crate) fn start(scalers: usize) -> Self {
        let (ready, started) = std::sync::mpsc::channel();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let (server, run) = prepare(scalers).await;
                ready.send(server).unwrap();
                run.await;
            });
        });
        started.recv().unwrap()
    }

    /// What the server's thread has had of the CPU.
    pub(crate) async fn cpu_time(&self) -> Duration {
        let (ask, told) = oneshot::channel();
        self.clock.send(ask).await.unwrap();
        told.await.unwrap()
    }
}

async fn prepare(scalers: usize) -> (Server, impl Future<Output = ()>) {
    let (pem, certificate, key) = front_proxy();
    let client = permissive();
    let settings = CertificateSettings {
        namespace: "prescale".into(),
        secret: "prescale-serving".into(),
        names: vec![NAME.into()],
        given: None,
    };
    let (certificates, _) = Certificates::start(&client, settings).await.unwrap();
    let api = MetricsApi {
        board: board(scalers),
        gate: Gate {
            authentication: Authentication::new(Arc::new(ArcSwap::from_pointee(trust(&pem))), client.clone()),
            authorization: Authorization::new(client, Metrics::default()),
        },
        probes: Probes { ready: Arc::new(|| Ok(())), metrics: Arc::new(String::new) },
        neighbour: None,
        heard: Arc::new(|_| ()),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (clock, asked) = mpsc::channel(1);
    tokio::spawn(tell_time(asked));
    let tls = server_config(Arc::clone(&certificates.serving) as _);
    let bundle = certificates.bundle.borrow().clone();
    let server = Server { address, bundle, proxy: (certificate, key), scalers, clock };
    (server, serve(listener, tls, router(api), CancellationToken::new()))
}

/// The runtime has one thread, so that this tells the server's time: the first of `schedstat`, in nanoseconds.
async fn tell_time(mut asked: mpsc::Receiver<oneshot::Sender<Duration>>) {
    while let Some(told) = asked.recv().await {
        let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
        let ran = text.split_whitespace().next().unwrap().parse().unwrap();
        told.send(Duration::from_nanos(ran)).unwrap();
    }
}

fn board(scalers: usize) -> Arc<Board> {
    let board = Board::default();
    for index in 0..scalers {
        let demand = (index + 1) as f64;
        let hold_for = SignedDuration::from_hours(1);
        let observed = Observed { at: Timestamp::now(), demand, told: Some(demand), hold_for };
        board.observe(&ScalerKey::new("live", &scaler(index)), observed);
    }
    Arc::new(board)
}

fn trust(pem: &str) -> Trust {
    let data = [
        ("requestheader-client-ca-file", pem),
        ("requestheader-allowed-names", r#"["front-proxy-client"]"#),
        ("requestheader-username-headers", r#"["X-Remote-User"]"#),
        ("requestheader-group-headers", r#"["X-Remote-Group"]"#),
        ("requestheader-extra-headers-prefix", r#"["X-Remote-Extra-"]"#),
    ];
    Trust::read(&data.map(|(key, value)| (key.to_owned(), value.to_owned())).into()).unwrap()
}

fn front_proxy() -> (String, CertificateDer<'static>, PrivateKeyDer<'static>) {
    let named = |name: &str| {
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        params
    };
    let (ca_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let mut ca = named("front-proxy-ca");
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let pem = ca.self_signed(&ca_key).unwrap().pem();
    let mut params = named("front-proxy-client");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let certificate = params.signed_by(&key, &Issuer::new(ca, ca_key)).unwrap().der().clone();
    (pem, certificate, PrivateKeyDer::try_from(key.serialize_der()).unwrap())
}

/// Allows every review, and takes every Secret.
fn permissive() -> kube::Client {
    let service = service_fn(async |request: axum::http::Request<Body>| {
        let (head, body) = request.into_parts();
        let (status, answer) = if head.method == axum::http::Method::GET {
            (404, json!({"kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404}))
        } else {
            let mut object: Value = serde_json::from_slice(&body.collect_bytes().await.unwrap()).unwrap();
            object["status"] = json!({"allowed": true});
            (201, object)
        };
        let body = Body::from(serde_json::to_vec(&answer).unwrap());
        Ok::<_, Infallible>(axum::http::Response::builder().status(status).body(body).unwrap())
    });
    kube::Client::new(service, "prescale")
}
