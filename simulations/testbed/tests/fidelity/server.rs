//! An external-metrics server whose answers are scripted, and which notes what it sees in the cluster at each read.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::serve::Listener;
use kube::Client;
use prescale_testbed::{Life, Subject, Testbed, until};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::server::TlsStream;

use crate::cluster::{self, Tick};
use crate::script::Script;
use crate::shape::Shape;

/// kube-apiserver looks at a new extension server at once, and again after some seconds.
const AVAILABLE_WITHIN: Duration = Duration::from_secs(60);

const JSON: (HeaderName, &str) = (header::CONTENT_TYPE, "application/json");

/// Where the scripts are played.
pub(crate) struct Stage {
    client: Client,
    parts: BTreeMap<&'static str, Part>,
    /// What was seen at each read of a shape's first metric: a sync for each.
    ticks: Mutex<BTreeMap<&'static str, Vec<Tick>>>,
    /// How many ticks each shape needs.
    needed: BTreeMap<&'static str, usize>,
}

/// One metric on the stage.
struct Part {
    shape: &'static str,
    /// The first metric of its HPA is read first, and opens the sync.
    opens: bool,
    script: Script,
}

impl Stage {
    fn new(client: Client, shapes: &[Shape]) -> Self {
        let parts = shapes.iter().flat_map(|shape| {
            shape.scripts.iter().enumerate().map(|(place, script)| {
                let script = Script { metric: script.metric, answers: script.answers.clone() };
                (script.metric, Part { shape: shape.name, opens: place == 0, script })
            })
        });
        Self {
            client,
            parts: parts.collect(),
            ticks: Mutex::default(),
            // What the last sync did is seen at the one after it.
            needed: shapes.iter().map(|shape| (shape.name, shape.syncs() + 1)).collect(),
        }
    }

    /// Whether every shape has been through its script.
    pub(crate) fn is_over(&self) -> bool {
        let ticks = self.ticks.lock().unwrap();
        self.needed.iter().all(|(shape, needed)| ticks.get(shape).is_some_and(|ticks| *needed <= ticks.len()))
    }

    /// The syncs of a shape, and one more.
    pub(crate) fn ticks(&self, shape: &Shape) -> Vec<Tick> {
        let mut ticks = self.ticks.lock().unwrap().get(shape.name).cloned().unwrap_or_default();
        ticks.truncate(shape.syncs() + 1);
        ticks
    }

    /// The number of the sync that a read of this metric belongs to, counted from 0.
    async fn sync_of(&self, part: &Part) -> Option<usize> {
        let seen = if part.opens { Some(cluster::look(&self.client, part.shape).await?) } else { None };
        let mut ticks = self.ticks.lock().unwrap();
        let ticks = ticks.entry(part.shape).or_default();
        ticks.extend(seen);
        ticks.len().checked_sub(1)
    }
}

/// Serves the scripts as `v1beta1.external.metrics.k8s.io`, and returns when kube-apiserver says so.
pub(crate) async fn open(bed: &Testbed, shapes: &[Shape]) -> Arc<Stage> {
    let stage = Arc::new(Stage::new(bed.client().await.unwrap(), shapes));
    let listener = listen(bed, "scripted-metrics.default.svc").await;
    bed.expose("default", "scripted-metrics", 443, listener.local_addr().unwrap()).await.unwrap();
    let router = Router::new()
        .route("/apis/external.metrics.k8s.io/v1beta1", get(discover))
        .route("/apis/external.metrics.k8s.io/v1beta1/namespaces/{namespace}/{metric}", get(read))
        .with_state(Arc::clone(&stage));
    tokio::spawn(async move { axum::serve(listener, router).await });
    register(bed).await;
    stage
}

async fn discover() -> impl IntoResponse {
    let list = json!({"kind": "APIResourceList", "apiVersion": "v1",
        "groupVersion": "external.metrics.k8s.io/v1beta1", "resources": []});
    ([JSON], list.to_string())
}

async fn read(
    State(stage): State<Arc<Stage>>,
    Path((_, metric)): Path<(String, String)>,
) -> Result<impl IntoResponse, StatusCode> {
    let part = stage.parts.get(metric.as_str()).ok_or(StatusCode::NOT_FOUND)?;
    let sync = stage.sync_of(part).await.ok_or(StatusCode::INTERNAL_SERVER_ERROR)?;
    let (status, body) = part.script.answer(sync).wire(&metric);
    let status = StatusCode::from_u16(status).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok((status, [JSON], body.to_string()))
}

async fn register(bed: &Testbed) {
    let bundle = bed.authorities().servers.pem();
    let api_service = json!({
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": "v1beta1.external.metrics.k8s.io"},
        "spec": {
            "group": "external.metrics.k8s.io", "version": "v1beta1",
            "groupPriorityMinimum": 100, "versionPriority": 100,
            "service": {"namespace": "default", "name": "scripted-metrics", "port": 443},
            "caBundle": k8s_openapi::ByteString(bundle.into_bytes()),
        },
    });
    bed.apply(&api_service.to_string()).await.unwrap();
    let path = "--output=jsonpath={.status.conditions[?(@.type=='Available')].status}";
    until("the scripted metrics to be available", AVAILABLE_WITHIN, async || {
        let asked = bed.kubectl(&["get", "apiservice", "v1beta1.external.metrics.k8s.io", path]).await;
        (asked.unwrap().success().ok()? == "True").then_some(())
    })
    .await
    .unwrap();
}

/// Connections of kube-apiserver, with TLS taken off.
struct TlsListener {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

async fn listen(bed: &Testbed, host: &str) -> TlsListener {
    let subject = Subject { name: host, group: None, hosts: &[host], life: Life::Current };
    let files = bed.authorities().servers.issue("scripted-metrics", subject).unwrap();
    let chain = vec![CertificateDer::from_pem_file(&files.certificate).unwrap()];
    let key = PrivateKeyDer::from_pem_file(&files.key).unwrap();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    TlsListener { listener, acceptor: TlsAcceptor::from(Arc::new(config)) }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, address) = Listener::accept(&mut self.listener).await;
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}
