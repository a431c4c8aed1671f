//! A metrics API with real TLS on the loopback, the CAs of a cluster, and an API server that answers reviews.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use arc_swap::ArcSwap;
use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use kube::client::Body;
use prescale_controller::{
    board::{Board, Observed, ScalerKey},
    certificates::{CaBundle, CertificateSettings, Certificates, Keeper},
    metrics_api::{
        Authentication, Authorization, Gate, MetricsApi, Neighbour, Probes, authentication::Trust, router,
        serve, server_config,
    },
    telemetry::Metrics,
};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    date_time_ymd,
};
use rustls::{ClientConfig, crypto::aws_lc_rs, pki_types::PrivateKeyDer};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::service_fn;

use super::caller::Caller;

/// The name that the API serves under.
pub(crate) const NAME: &str = "prescale.prescale.svc";
/// The path of the namespace `live`.
pub(crate) const LIVE: &str = "/apis/external.metrics.k8s.io/v1beta1/namespaces/live";
/// Selects the scaler `gateway`.
pub(crate) const GATEWAY: &str = "labelSelector=prescale.dev%2Fscaler%3Dgateway";

/// An authority of the cluster.
pub(crate) struct Ca {
    pub(crate) pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A client certificate.
pub(crate) struct Identity {
    chain: Vec<rustls::pki_types::CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Ca {
    pub(crate) fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    pub(crate) fn identity(&self, common_name: &str, organization: Option<&str>) -> Identity {
        self.until(common_name, organization, 2100)
    }

    pub(crate) fn expired(&self, common_name: &str) -> Identity {
        self.until(common_name, None, 2020)
    }

    fn until(&self, common_name: &str, organization: Option<&str>, year: i32) -> Identity {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, common_name);
        if let Some(organization) = organization {
            params.distinguished_name.push(DnType::OrganizationName, organization);
        }
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.not_before = date_time_ymd(2010, 1, 1);
        params.not_after = date_time_ymd(year, 1, 1);
        let chain = vec![params.signed_by(&key, &self.issuer).unwrap().der().clone()];
        Identity { chain, key: PrivateKeyDer::try_from(key.serialize_der()).unwrap() }
    }
}

/// What the API server is asked, and whether it is there.
#[derive(Default)]
pub(crate) struct ApiServer {
    pub(crate) reviews: Mutex<Vec<Value>>,
    pub(crate) is_away: AtomicBool,
    secrets: Mutex<BTreeMap<String, Value>>,
    writes: Mutex<u64>,
}

impl ApiServer {
    pub(crate) fn client(self: &Arc<Self>) -> kube::Client {
        let server = Arc::clone(self);
        let service = service_fn(move |request: axum::http::Request<Body>| {
            let server = Arc::clone(&server);
            async move {
                let (head, body) = request.into_parts();
                let body = body.collect_bytes().await.unwrap();
                let body: Value = serde_json::from_slice(&body).unwrap_or_default();
                let (status, answer) = server.answer(head.method.as_str(), head.uri.path(), body);
                let bytes = serde_json::to_vec(&answer).unwrap();
                let response =
                    axum::http::Response::builder().status(status).body(Body::from(bytes)).unwrap();
                Ok::<_, Infallible>(response)
            }
        });
        kube::Client::new(service, "prescale")
    }

    fn answer(&self, method: &str, path: &str, mut body: Value) -> (StatusCode, Value) {
        if self.is_away.load(Ordering::Relaxed) {
            return failure(
                StatusCode::SERVICE_UNAVAILABLE,
                "ServiceUnavailable",
                "the API server is restarting",
            );
        }
        let name = path.rsplit('/').next().unwrap();
        match (method, name) {
            ("POST", "tokenreviews") => {
                body["status"] = match body["spec"]["token"].as_str() {
                    Some("good") => {
                        json!({"authenticated": true, "user": {"username": "robot", "groups": ["robots"]}})
                    }
                    _ => json!({"authenticated": false}),
                };
                self.reviews.lock().unwrap().push(body.clone());
                (StatusCode::CREATED, body)
            }
            ("POST", "subjectaccessreviews") => {
                let user = body["spec"]["user"].as_str().unwrap();
                let allowed = ["hpa", "robot", "eve@example.org"].contains(&user);
                body["status"] = json!({"allowed": allowed});
                self.reviews.lock().unwrap().push(body.clone());
                (StatusCode::CREATED, body)
            }
            ("GET", name) => match self.secrets.lock().unwrap().get(name) {
                Some(secret) => (StatusCode::OK, secret.clone()),
                None => failure(StatusCode::NOT_FOUND, "NotFound", "not found"),
            },
            ("POST", _) => {
                let name = body["metadata"]["name"].as_str().unwrap().to_owned();
                let mut secrets = self.secrets.lock().unwrap();
                if secrets.contains_key(&name) {
                    return failure(StatusCode::CONFLICT, "AlreadyExists", "it exists");
                }
                body["metadata"]["resourceVersion"] = self.version();
                secrets.insert(name, body.clone());
                (StatusCode::CREATED, body)
            }
            ("PUT", name) => {
                let mut secrets = self.secrets.lock().unwrap();
                if secrets[name]["metadata"]["resourceVersion"] != body["metadata"]["resourceVersion"] {
                    return failure(StatusCode::CONFLICT, "Conflict", "it changed");
                }
                body["metadata"]["resourceVersion"] = self.version();
                secrets.insert(name.to_owned(), body.clone());
                (StatusCode::OK, body)
            }
            other => panic!("nobody should ask {other:?}"),
        }
    }

    fn version(&self) -> Value {
        let mut writes = self.writes.lock().unwrap();
        *writes += 1;
        writes.to_string().into()
    }

    pub(crate) fn writes(&self) -> u64 {
        *self.writes.lock().unwrap()
    }

    pub(crate) fn remove_secrets(&self) {
        self.secrets.lock().unwrap().clear();
    }

    pub(crate) fn put_secret(&self, name: &str, secret: Value) {
        self.secrets.lock().unwrap().insert(name.to_owned(), secret);
    }

    pub(crate) fn access_reviews(&self) -> usize {
        self.reviews.lock().unwrap().iter().filter(|review| review["kind"] == "SubjectAccessReview").count()
    }
}

fn failure(code: StatusCode, reason: &str, message: &str) -> (StatusCode, Value) {
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "status": "Failure",
        "message": message, "reason": reason, "code": code.as_u16(),
    });
    (code, status)
}

pub(crate) fn settings() -> CertificateSettings {
    CertificateSettings {
        namespace: "prescale".into(),
        secret: "prescale-serving".into(),
        names: vec![NAME.into()],
        given: None,
    }
}

/// Everything, running.
pub(crate) struct World {
    pub(crate) board: Arc<Board>,
    pub(crate) api_server: Arc<ApiServer>,
    pub(crate) proxy_ca: Ca,
    pub(crate) client_ca: Ca,
    pub(crate) trust: Arc<ArcSwap<Trust>>,
    pub(crate) certificates: Certificates,
    pub(crate) keeper: Option<Keeper>,
    pub(crate) address: SocketAddr,
    pub(crate) ready: Arc<AtomicBool>,
    pub(crate) heard: Arc<Mutex<Vec<String>>>,
    pub(crate) metrics: Metrics,
    pub(crate) shutdown: CancellationToken,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::beside(None).await
    }

    pub(crate) async fn beside(neighbour: Option<Neighbour>) -> Self {
        let (proxy_ca, client_ca) = (Ca::new("front-proxy-ca"), Ca::new("client-ca"));
        let trust =
            Arc::new(ArcSwap::from_pointee(trusted(&proxy_ca, &client_ca, r#"["front-proxy-client"]"#)));
        let api_server = Arc::<ApiServer>::default();
        let client = api_server.client();
        let (certificates, keeper) = Certificates::start(&client, settings()).await.unwrap();
        let (board, ready) = (Arc::<Board>::default(), Arc::new(AtomicBool::new(true)));
        let heard = Arc::<Mutex<Vec<String>>>::default();
        let metrics = Metrics::default();
        let (is_ready, hears) = (Arc::clone(&ready), Arc::clone(&heard));
        let api = MetricsApi {
            board: Arc::clone(&board),
            gate: Gate {
                authentication: Authentication::new(Arc::clone(&trust), client.clone()),
                authorization: Authorization::new(client, metrics.clone()),
            },
            probes: Probes {
                ready: Arc::new(move || {
                    if is_ready.load(Ordering::Relaxed) { Ok(()) } else { Err("no scalers yet".to_owned()) }
                }),
                metrics: Arc::new(|| "prescale_up 1\n".to_owned()),
            },
            neighbour,
            heard: Arc::new(move |read| {
                let scaler = read.scaler.map(ToString::to_string);
                hears.lock().unwrap().push(format!("{} {scaler:?} {}", read.caller.name, read.status));
            }),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, shutdown) = (listener.local_addr().unwrap(), CancellationToken::new());
        let tls = server_config(Arc::clone(&certificates.serving) as _);
        tokio::spawn(serve(listener, tls, router(api), shutdown.clone()));
        let keeper = Some(keeper);
        let world = Self {
            board,
            api_server,
            proxy_ca,
            client_ca,
            trust,
            certificates,
            keeper,
            address,
            ready,
            metrics,
            heard,
            shutdown,
        };
        world.observe("gateway", 1_234.5);
        world
    }

    pub(crate) fn observe(&self, scaler: &str, demand: f64) {
        let hold_for = SignedDuration::from_mins(5);
        let observed = Observed { at: Timestamp::now(), demand, told: Some(demand), hold_for };
        self.board.observe(&ScalerKey::new("live", scaler), observed);
    }

    /// The aggregator's own certificate.
    pub(crate) fn front_proxy(&self) -> Identity {
        self.proxy_ca.identity("front-proxy-client", None)
    }

    /// A client that shows `identity`, and trusts the bundle of now.
    pub(crate) fn caller(&self, identity: Option<Identity>) -> Caller {
        let bundle = self.certificates.bundle.borrow().clone();
        self.caller_by(client_config(&bundle, identity))
    }

    pub(crate) fn caller_by(&self, config: ClientConfig) -> Caller {
        Caller::new(reqwest::Client::builder().tls_backend_preconfigured(config), NAME, self.address)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

pub(crate) fn trusted(proxy: &Ca, clients: &Ca, allowed: &str) -> Trust {
    let data = [
        ("client-ca-file", clients.pem.as_str()),
        ("requestheader-client-ca-file", proxy.pem.as_str()),
        ("requestheader-allowed-names", allowed),
        ("requestheader-username-headers", r#"["X-Remote-User"]"#),
        ("requestheader-group-headers", r#"["X-Remote-Group"]"#),
        ("requestheader-extra-headers-prefix", r#"["X-Remote-Extra-"]"#),
    ];
    Trust::read(&data.map(|(key, value)| (key.to_owned(), value.to_owned())).into()).unwrap()
}

fn client_config(bundle: &CaBundle, identity: Option<Identity>) -> ClientConfig {
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(bundle.roots().unwrap());
    match identity {
        Some(Identity { chain, key }) => config.with_client_auth_cert(chain, key).unwrap(),
        None => config.with_no_client_auth(),
    }
}
