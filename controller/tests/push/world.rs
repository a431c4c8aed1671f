//! A router for what is pushed, two scalers, and an API server that answers reviews.

use std::{convert::Infallible, sync::Arc};

use arc_swap::ArcSwap;
use axum::{Router, body::Body, http::Request};
use jiff::Timestamp;
use k8s_openapi::{ByteString, api::core::v1::Secret};
use kube::client::Body as KubeBody;
use prescale_controller::{
    api::{CheckedScaler, Manifest, read_manifests},
    board::ScalerKey,
    metrics_api::{Authentication, Authorization, Gate, authentication::Trust},
    push::{ApiKeys, Door, Pushed, Sharing, Signals, router},
    telemetry::Metrics,
};
use serde_json::{Value, json};
use tower::{ServiceExt, service_fn};

const SCALERS: &str = "
apiVersion: prescale.dev/v1alpha1
kind: PredictiveScaler
metadata: {name: gateway, namespace: live}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: gateway}
  maxReplicas: 20
  demand: {prometheus: {query: demand}}
  signals:
    - {name: queue-joins, push: {}}
    - {name: tickets, push: {step: 5s}}
    - {name: orders, kafka: {topic: orders}}
  capacity: {perReplica: 50}
---
apiVersion: prescale.dev/v1alpha1
kind: PredictiveScaler
metadata: {name: shop, namespace: live}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}
  maxReplicas: 20
  demand: {push: {}}
  capacity: {perReplica: 50}
";
/// An API key of a user without rights.
pub(crate) const KEY: &str = "partner-0123456789abcdef";
pub(crate) const JOINS: &str = "/api/v1/signals/live/gateway/queue-joins";
pub(crate) const JSON: (&str, &str) = ("content-type", "application/json");
pub(crate) const LINES: (&str, &str) = ("content-type", "text/plain; charset=utf-8");
/// Who may push to scalers of `live`, and not see them.
pub(crate) const FEEDER: (&str, &str) = ("authorization", "Bearer feeder");
/// Who may do both.
pub(crate) const OWNER: (&str, &str) = ("authorization", "bearer owner");

pub(crate) struct World {
    pub(crate) pushed: Arc<Pushed>,
    pub(crate) metrics: Metrics,
    router: Router,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) code: u16,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Got {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The problem, whose shape is checked.
    pub(crate) fn problem(&self, code: u16) -> Value {
        let problem = self.json();
        assert_eq!(self.headers["content-type"], "application/problem+json", "{problem}");
        assert_eq!((self.code, problem["status"].as_u64()), (code, Some(code.into())), "{problem}");
        problem
    }
}

impl World {
    pub(crate) fn new() -> Self {
        let pushed = Arc::new(Pushed::open());
        scalers().iter().for_each(|scaler| pushed.declare(scaler));
        Self::of(Arc::clone(&pushed), Arc::new(Sharing::alone(pushed)))
    }

    pub(crate) fn of(pushed: Arc<Pushed>, sharing: Arc<Sharing>) -> Self {
        let (client, metrics) = (api_server(), Metrics::default());
        let trust = Arc::new(ArcSwap::from_pointee(Trust::default()));
        let gate = Gate {
            authentication: Authentication::new(trust, client.clone()),
            authorization: Authorization::new(client, metrics.clone()),
        };
        let door = Door::new(gate, ApiKeys::of(&[secret()]));
        let signals = Signals { pushed: Arc::clone(&pushed), door, sharing, metrics: metrics.clone() };
        Self { pushed, metrics, router: router(signals) }
    }

    pub(crate) async fn post(&self, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Got {
        let mut request = Request::post(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(body.into()).unwrap()).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Got {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = axum::body::to_bytes(body, 1 << 20).await.unwrap().to_vec();
        Got { code: head.status.as_u16(), headers: head.headers, body }
    }

    /// The newest value that a reader is given, or why there is none.
    pub(crate) fn newest(&self, scaler: &str, signal: &str) -> Result<f64, String> {
        let scaler = ScalerKey::new("live", scaler);
        let newest = self.pushed.newest((&scaler, signal), Timestamp::now());
        newest.map(|sample| sample.value()).map_err(|error| error.to_string())
    }
}

pub(crate) fn scalers() -> Vec<CheckedScaler> {
    let manifests = read_manifests(SCALERS, "scalers.yaml").unwrap().into_iter();
    let scalers = manifests.map(|manifest| match manifest {
        Manifest::PredictiveScaler(scaler) => scaler.check().unwrap(),
        Manifest::DemandEvent(_) => panic!("no event is written"),
    });
    scalers.collect()
}

fn secret() -> Secret {
    let mut secret =
        Secret { data: Some([("partner".into(), ByteString(KEY.into()))].into()), ..Secret::default() };
    secret.metadata.namespace = Some("live".into());
    secret
}

/// Knows the tokens `feeder` and `owner`, and what these users may do in `live`.
fn api_server() -> kube::Client {
    let service = service_fn(|request: Request<KubeBody>| async {
        let (head, body) = request.into_parts();
        let mut body: Value = serde_json::from_slice(&body.collect_bytes().await.unwrap()).unwrap();
        body["status"] = match head.uri.path().rsplit('/').next() {
            Some("tokenreviews") => match body["spec"]["token"].as_str() {
                Some(token @ ("feeder" | "owner")) => {
                    json!({"authenticated": true, "user": {"username": token}})
                }
                _ => json!({"authenticated": false}),
            },
            _ => json!({"allowed": is_allowed(&body["spec"])}),
        };
        let response = axum::http::Response::new(KubeBody::from(serde_json::to_vec(&body).unwrap()));
        Ok::<_, Infallible>(response)
    });
    kube::Client::new(service, "prescale")
}

fn is_allowed(spec: &Value) -> bool {
    let attributes = &spec["resourceAttributes"];
    let of_scalers = attributes["group"] == "prescale.dev" && attributes["resource"] == "predictivescalers";
    let pushes = attributes["verb"] == "create"
        && attributes["subresource"] == "signals"
        && !attributes["name"].is_null();
    let lists = attributes["verb"] == "list" && attributes["subresource"].is_null();
    let may = match spec["user"].as_str() {
        Some("feeder") => pushes,
        Some("owner") => pushes || lists,
        _ => false,
    };
    of_scalers && attributes["namespace"] == "live" && may
}
