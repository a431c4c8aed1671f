//! The fleet against an API server and a Prometheus of a few lines: what is watched, what is written, and what not.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

#[path = "fleet/cost.rs"]
mod cost;
#[path = "fleet/headroom.rs"]
mod headroom;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use axum::{
    Router,
    http::{Request, Response},
    routing::post,
};
use jiff::{SignedDuration, Timestamp};
use kube::client::Body;
use prescale_controller::{
    api::PredictiveScaler,
    apply::Writes,
    board::{Board, Metric, ScalerKey},
    fleet::{Fleet, FleetSettings, Ties},
    push::{Pushed, parse::Written},
    scaler::Role,
    sources::reader::Reader,
    store::{Store, StoreSettings},
    telemetry::Metrics,
};
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// Tests poll for what must come, until then.
const PATIENCE: Duration = Duration::from_secs(20);

/// A request that changes something.
#[derive(Clone, Debug)]
struct Write {
    method: String,
    path: String,
    query: String,
    content_type: String,
    body: Value,
}

/// An API server that has these objects, takes writes down, and answers those of HPAs with a status of its own.
#[derive(Clone)]
struct Cluster {
    scalers: Vec<Value>,
    hpa_status: u16,
    /// Writes of statuses that fail before one succeeds.
    failing: Arc<AtomicUsize>,
    writes: Arc<Mutex<Vec<Write>>>,
    events: Vec<Value>,
    /// Pods and nodes that are there.
    pods: Vec<Value>,
    nodes: Vec<Value>,
    /// Whether there are CapacityBuffers.
    has_buffers: Arc<AtomicBool>,
    /// What was written of room, or is there already, by its path.
    room: Arc<Mutex<HashMap<String, Value>>>,
}

impl Cluster {
    fn new(scalers: &[Value]) -> Self {
        Self {
            scalers: scalers.to_vec(),
            hpa_status: 200,
            failing: Arc::default(),
            writes: Arc::default(),
            events: vec![event()],
            pods: Vec::new(),
            nodes: Vec::new(),
            has_buffers: Arc::default(),
            room: Arc::default(),
        }
    }

    fn client(&self) -> kube::Client {
        let cluster = self.clone();
        let service = tower::service_fn(move |request: Request<Body>| {
            let cluster = cluster.clone();
            async move { Ok::<_, kube::Error>(cluster.answer(request).await) }
        });
        kube::Client::new(service, "default")
    }

    async fn answer(&self, request: Request<Body>) -> Response<Body> {
        let (path, query) = (request.uri().path().to_owned(), request.uri().query().unwrap_or("").to_owned());
        if query.contains("watch=true") {
            return std::future::pending().await;
        }
        if request.method() == "GET" {
            if let Some(answer) = self.room_at(&path) {
                return answer;
            }
            return respond(200, &self.list(&path));
        }
        let method = request.method().to_string();
        let content_type = request.headers()["content-type"].to_str().unwrap().to_owned();
        let body = request.into_body().collect_bytes().await.unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        let write = Write { method, path: path.clone(), query, content_type, body: body.clone() };
        let fail = |left: usize| left.checked_sub(1);
        if path.ends_with("/status") && self.failing.fetch_update(Relaxed, Relaxed, fail).is_ok() {
            return respond(
                503,
                &json!({"kind": "Status", "apiVersion": "v1", "metadata": {},
                "status": "Failure", "message": "away", "reason": "ServiceUnavailable", "code": 503}),
            );
        }
        self.writes.lock().unwrap().push(write);
        if path.contains("horizontalpodautoscalers") && self.hpa_status != 200 {
            let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                "message": "conflict with \"argocd\": .spec.maxReplicas", "reason": "Conflict",
                "code": self.hpa_status});
            return respond(self.hpa_status, &status);
        }
        self.keep_room(&path, &body);
        respond(200, &whole(&body))
    }

    fn list(&self, path: &str) -> Value {
        let items = match path.rsplit('/').next().unwrap() {
            "predictivescalers" => self.scalers.clone(),
            "demandevents" => self.events.clone(),
            "pods" => self.pods.clone(),
            "nodes" => self.nodes.clone(),
            "deployments" => vec![deployment("web"), deployment("api")],
            _ => Vec::new(),
        };
        json!({"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": "1"}, "items": items})
    }

    /// The newest write to a path that ends so.
    fn written(&self, path: &str) -> Option<Write> {
        self.writes.lock().unwrap().iter().rev().find(|write| write.path.ends_with(path)).cloned()
    }
}

/// What a server answers to a patch: the object, with what a type needs beside what was applied.
fn whole(patch: &Value) -> Value {
    let mut object = patch.clone();
    if object.get("spec").is_none() {
        object["spec"] = match object["kind"].as_str() {
            Some("PredictiveScaler") => scaler("any", "any", &json!({}))["spec"].clone(),
            Some("DemandEvent") => event()["spec"].clone(),
            _ => return object,
        };
    }
    object
}

fn respond(status: u16, body: &Value) -> Response<Body> {
    Response::builder().status(status).body(Body::from(body.to_string().into_bytes())).unwrap()
}

fn scaler(name: &str, target: &str, extra: &Value) -> Value {
    let mut spec = json!({"scaleTargetRef": {"name": target}, "maxReplicas": 20, "capacity": {"perReplica": 100},
        "demand": {"prometheus": {"query": "up"}}, "events": {}});
    spec.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    json!({
        "apiVersion": "prescale.dev/v1alpha1", "kind": "PredictiveScaler",
        "metadata": {"name": name, "namespace": "live", "uid": format!("uid-{name}"), "generation": 3,
            "resourceVersion": "1", "creationTimestamp": "2026-06-01T00:00:00Z"},
        "spec": spec,
    })
}

fn event() -> Value {
    json!({
        "apiVersion": "prescale.dev/v1alpha1", "kind": "DemandEvent",
        "metadata": {"name": "final", "namespace": "live", "generation": 1, "resourceVersion": "1"},
        "spec": {"type": "kick-off", "startsAt": "2126-07-07T19:00:00Z", "duration": "2h"},
    })
}

fn deployment(name: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "namespace": "live", "resourceVersion": "1"},
        "spec": {"replicas": 4}, "status": {"replicas": 4, "readyReplicas": 3}})
}

/// A Prometheus in which every query has had the value 750 for an hour.
/// A pod of the Deployment `web`.
fn pod_on(node: &str, name: &str, containers: &Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "live", "uid": name, "creationTimestamp": "2026-06-01T00:00:00Z",
            "labels": {"app": "web"}, "resourceVersion": "1",
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-1", "uid": "u",
                "controller": true}]},
        "spec": {"nodeName": node, "containers": containers}, "status": {"phase": "Running"},
    })
}

async fn prometheus() -> prometheus_http_query::Client {
    fn number(form: &str, name: &str) -> f64 {
        form.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')?.parse().ok()).unwrap()
    }
    fn answer(kind: &str, series: &str) -> String {
        format!(
            r#"{{"status":"success","data":{{"resultType":"{kind}","result":[{{"metric":{{}},{series}}}]}}}}"#
        )
    }
    fn instant() -> String {
        answer("vector", &format!(r#""value":[{},"750"]"#, Timestamp::now().as_second()))
    }
    async fn range(form: String) -> String {
        let (end, step) = (number(&form, "end"), number(&form, "step"));
        let mut at = number(&form, "start").max(end - 3_600.0);
        let mut values = Vec::new();
        while at <= end {
            values.push(format!(r#"[{at},"750"]"#));
            at += step;
        }
        answer("matrix", &format!(r#""values":[{}]"#, values.join(",")))
    }
    let json = [("content-type", "application/json")];
    let router = Router::new()
        .route("/api/v1/query", post(move || async move { (json, instant()) }))
        .route("/api/v1/query_range", post(move |form: String| async move { (json, range(form).await) }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url.parse().unwrap()
}

/// A fleet at work on a cluster; it ends with this.
struct Work {
    board: Arc<Board>,
    shutdown: CancellationToken,
    _role: watch::Sender<Role>,
}

impl Drop for Work {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

async fn work(cluster: &Cluster, role: Role, writes: Writes) -> Work {
    work_with(
        cluster,
        role,
        FleetSettings { writes, ..FleetSettings::default() },
        Reader::new(prometheus().await),
    )
}

/// The same, with more of its settings, and with other sources.
fn work_with(cluster: &Cluster, role: Role, settings: FleetSettings, reader: Reader) -> Work {
    let (role, following) = watch::channel(role);
    let ties = Ties {
        role: following,
        notices: mpsc::channel(1).1,
        on_tick: Arc::new(|_| {}),
        on_removed: Arc::new(|_| {}),
    };
    let (board, shutdown) = (Arc::new(Board::default()), CancellationToken::new());
    let settings = FleetSettings { period: Duration::from_millis(300), ..settings };
    let fleet = Fleet::new(cluster.client(), (Arc::new(reader), Arc::clone(&board)), settings, ties);
    tokio::spawn(fleet.run(shutdown.clone()));
    Work { board, shutdown, _role: role }
}

/// What `look` finds, once it finds something.
async fn until<T>(what: &str, look: impl Fn() -> Option<T>) -> T {
    let polled = async {
        loop {
            if let Some(found) = look() {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, polled).await.unwrap_or_else(|_| panic!("no {what}"))
}

fn condition(status: &Value, of: &str) -> Option<(String, String)> {
    let conditions = status["conditions"].as_array()?;
    let found = conditions.iter().find(|condition| condition["type"] == of)?;
    Some((found["reason"].as_str()?.to_owned(), found["message"].as_str()?.to_owned()))
}

fn answered(work: &Work, name: &str) -> Option<f64> {
    let answer = work.board.answer(&ScalerKey::new("live", name), Metric::Demand, Instant::now());
    answer.ok().map(|answer| answer.value)
}

#[tokio::test]
async fn a_shadow_scaler_is_answered_for_and_only_its_status_is_written() {
    let cluster = Cluster::new(&[scaler("gateway", "web", &json!({}))]);
    let work = work(&cluster, Role::Leading, Writes::Real).await;
    let status = until("status", || cluster.written("live/predictivescalers/gateway/status")).await;
    assert_eq!(
        (status.method.as_str(), status.content_type.as_str()),
        ("PATCH", "application/apply-patch+yaml")
    );
    assert!(
        status.query.contains("fieldManager=prescale") && status.query.contains("force=true"),
        "{status:?}"
    );
    let status = &status.body["status"];
    assert_eq!((&status["observedGeneration"], &status["currentReplicas"]), (&json!(3), &json!(4)));
    assert_eq!(condition(status, "Ready").unwrap().0, "Shadow");
    assert_eq!(until("demand", || answered(&work, "gateway")).await, 750.0);
    let event = until("event", || cluster.written("live/demandevents/final/status")).await;
    assert_eq!(event.body["status"]["phase"], "Announced");
    assert!(cluster.written("horizontalpodautoscalers/gateway").is_none());
}

#[tokio::test]
async fn an_active_scaler_gets_an_hpa_that_it_owns() {
    let cluster = Cluster::new(&[scaler("gateway", "web", &json!({"mode": "Active"}))]);
    let _work = work(&cluster, Role::Leading, Writes::Real).await;
    let hpa = until("hpa", || cluster.written("live/horizontalpodautoscalers/gateway")).await;
    assert_eq!((hpa.method.as_str(), hpa.content_type.as_str()), ("PATCH", "application/apply-patch+yaml"));
    assert!(
        hpa.query.contains("fieldManager=prescale") && !hpa.query.contains("force=true"),
        "{}",
        hpa.query
    );
    let owner = &hpa.body["metadata"]["ownerReferences"][0];
    assert_eq!((&owner["kind"], &owner["uid"]), (&json!("PredictiveScaler"), &json!("uid-gateway")));
    assert_eq!(hpa.body["spec"]["maxReplicas"], 20);
    assert_eq!(hpa.body["spec"]["metrics"][0]["external"]["target"]["averageValue"], "100");
}

#[tokio::test]
async fn a_conflict_is_said_and_not_forced() {
    let cluster =
        Cluster { hpa_status: 409, ..Cluster::new(&[scaler("gateway", "web", &json!({"mode": "Active"}))]) };
    let _work = work(&cluster, Role::Leading, Writes::Real).await;
    let words = until("condition", || {
        let status = cluster.written("live/predictivescalers/gateway/status")?;
        condition(&status.body["status"], "HpaHealthy").filter(|(reason, _)| reason == "NotApplied")
    });
    assert_eq!(
        words.await.1,
        "HPA `gateway` could not be applied: someone else owns a field of it: conflict with \"argocd\": \
         .spec.maxReplicas"
    );
}

#[tokio::test]
async fn bad_scalers_and_second_ones_are_refused_in_status_and_event_beside_good_ones() {
    let cluster = Cluster::new(&[
        scaler("gateway", "web", &json!({})),
        scaler("second", "web", &json!({})),
        scaler("bad", "api", &json!({"minReplicas": 30})),
        scaler("unreadable", "api", &json!({"maxReplicas": "many"})),
    ]);
    let work = work(&cluster, Role::Leading, Writes::Real).await;
    let ready = async |name: &str| {
        let status = until(name, || cluster.written(&format!("predictivescalers/{name}/status")));
        condition(&status.await.body["status"], "Ready").unwrap()
    };
    let refused = |reason: &str, words: &str| (reason.to_owned(), words.to_owned());
    let taken = "PredictiveScaler `gateway` scales Deployment `web` already: delete one of the two";
    assert_eq!(ready("second").await, refused("TargetTaken", taken));
    let invalid = "spec.minReplicas 30 is above spec.maxReplicas 20";
    assert_eq!(ready("bad").await, refused("InvalidSpec", invalid));
    assert!(ready("unreadable").await.1.starts_with("spec.maxReplicas: invalid type"));
    let events = || {
        let writes = cluster.writes.lock().unwrap();
        let noted = writes.iter().filter(|write| write.path.ends_with("/events"));
        let notes = noted.map(|write| write.body["note"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        notes.iter().any(|note| note == invalid).then_some(())
    };
    until("event", events).await;
    assert_eq!(until("demand", || answered(&work, "gateway")).await, 750.0);
    assert_eq!(answered(&work, "second"), None);
}

#[tokio::test]
async fn a_refusal_is_told_when_an_api_server_that_was_away_is_back() {
    let cluster = Cluster::new(&[scaler("bad", "api", &json!({"minReplicas": 30}))]);
    // One more than a write is tried.
    cluster.failing.store(5, Relaxed);
    let _work = work(&cluster, Role::Leading, Writes::Real).await;
    let status = until("status", || cluster.written("predictivescalers/bad/status")).await;
    assert_eq!(condition(&status.body["status"], "Ready").unwrap().0, "InvalidSpec");
}

#[tokio::test]
async fn neither_a_follower_nor_a_dry_run_writes() {
    for (role, writes) in [(Role::Following, Writes::Real), (Role::Leading, Writes::DryRun)] {
        let cluster = Cluster::new(&[
            scaler("gateway", "web", &json!({"mode": "Active"})),
            scaler("bad", "api", &json!({"minReplicas": 30})),
        ]);
        let work = work(&cluster, role, writes).await;
        // It observes all the same, and by the second answer has ticked.
        until("demand", || answered(&work, "gateway")).await;
        let board = &work.board;
        let first =
            board.answer(&ScalerKey::new("live", "gateway"), Metric::Observed, Instant::now()).unwrap();
        until("second tick", || {
            let answer =
                board.answer(&ScalerKey::new("live", "gateway"), Metric::Observed, Instant::now()).ok()?;
            (first.at < answer.at).then_some(())
        })
        .await;
        assert!(cluster.writes.lock().unwrap().is_empty(), "{role:?} {writes:?}: {:?}", cluster.writes);
    }
}

/// A fleet of one scaler with a step a second, with the history of this file; and what the file has been told.
fn work_from(path: &std::path::Path, prometheus: prometheus_http_query::Client) -> (Cluster, Work, Metrics) {
    let (metrics, quick) = (Metrics::default(), Duration::from_millis(50));
    let keeps = StoreSettings { commit_every: quick, ..StoreSettings::new(path.to_owned()) };
    let (store, keeper) = Store::new(keeps, metrics.clone());
    let query = json!({"demand": {"prometheus": {"query": "up", "step": "1s"}}});
    let cluster = Cluster::new(&[scaler("gateway", "web", &query)]);
    let settings = FleetSettings { store: Some(store), ..FleetSettings::default() };
    let work = work_with(&cluster, Role::Leading, settings, Reader::new(prometheus));
    tokio::spawn(keeper.run(work.shutdown.clone()));
    (cluster, work, metrics)
}

fn kept(metrics: &Metrics, what: &str) -> Option<u64> {
    let page = metrics.render();
    let count = page.lines().find_map(|line| line.strip_prefix(what)?.trim().parse::<u64>().ok());
    count.filter(|count| 0 < *count)
}

async fn is_told(cluster: &Cluster, of: &str, reason: &str) {
    until(reason, || {
        let status = cluster.written("live/predictivescalers/gateway/status")?;
        condition(&status.body["status"], of).filter(|(found, _)| found == reason)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_goes_on_from_its_store_while_prometheus_is_away() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history");
    let (_, work, metrics) = work_from(&path, prometheus().await);
    until("forecast", || forecast(&work)).await;
    until("snapshot", || kept(&metrics, "prescale_history_snapshots_total")).await;
    // An hour of the past was read from Prometheus, and kept.
    assert!(3_000 < until("samples", || kept(&metrics, "prescale_history_samples_total")).await);
    drop(work);

    // Nobody listens there.
    let away = || "http://127.0.0.1:9".parse().unwrap();
    let without = folder.path().join("none");
    let (cluster, work, _) = work_from(&without, away());
    is_told(&cluster, "SourceHealthy", "Unreachable").await;
    assert_eq!(forecast(&work), None);
    drop(work);

    let (cluster, work, _) = work_from(&path, away());
    is_told(&cluster, "SourceHealthy", "Unreachable").await;
    let forecast = until("forecast", || forecast(&work)).await;
    assert!((375.0..1_500.0).contains(&forecast), "{forecast}");
}

#[tokio::test]
async fn what_was_pushed_before_is_learned_as_history() {
    let demand = json!({"demand": {"push": {"step": "1s"}}});
    let object = scaler("gateway", "web", &demand);
    let spec = serde_json::from_value::<PredictiveScaler>(object.clone()).unwrap().check().unwrap();
    let (pushed, now) = (Arc::new(Pushed::open()), Timestamp::now());
    pushed.declare(&spec);
    let before =
        (0..30).map(|second| Written { time: Some(now - SignedDuration::from_secs(second)), value: 750.0 });
    let of = ScalerKey::new("live", "gateway");
    let outcome = pushed.take((&of, "demand"), &before.collect::<Vec<_>>(), now).unwrap();
    assert_eq!(outcome.accepted, 30);
    // Nothing comes after it: a forecast can only be of what was there.
    let reader = Reader::new(prometheus().await).with_pushed(pushed);
    let work = work_with(&Cluster::new(&[object]), Role::Leading, FleetSettings::default(), reader);
    let forecast = until("forecast", || forecast(&work)).await;
    assert!((700.0..1_500.0).contains(&forecast), "{forecast}");
}

/// What is forecast for the scaler.
fn forecast(work: &Work) -> Option<f64> {
    let answer = work.board.answer(&ScalerKey::new("live", "gateway"), Metric::Forecast, Instant::now());
    answer.ok().map(|answer| answer.value)
}
