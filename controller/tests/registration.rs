//! Registration before a scripted API server, with paused time.
#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::http::{Request, Response};
use kube::client::Body;
use prescale_controller::{
    lease::Leadership,
    registration::{
        API_SERVICE, FORMER_ANNOTATION, HandedBack, Place, Policy, Refusal, Registration, Standing, hand_back,
    },
    upstream::{Origin, Trust},
};
use serde_json::{Value, json};
use tokio::{sync::watch, time::timeout};
use tokio_util::sync::CancellationToken;
use tower::service_fn;

/// The APIService, if there is one, and the controller's lease.
#[derive(Default)]
struct ApiServer {
    service: Mutex<Option<Value>>,
    lease: Mutex<Option<Value>>,
    writes: Mutex<u64>,
    forbids: Mutex<bool>,
}

impl ApiServer {
    fn client(self: &Arc<Self>) -> kube::Client {
        let server = Arc::clone(self);
        let service = service_fn(move |request: Request<Body>| {
            let server = Arc::clone(&server);
            async move {
                let (head, body) = request.into_parts();
                let body = serde_json::from_slice(&body.collect_bytes().await.unwrap()).unwrap_or_default();
                let is_forced = head.uri.query().is_some_and(|query| query.contains("force=true"));
                let (status, answer) = server.answer(head.method.as_str(), head.uri.path(), is_forced, body);
                let body = Body::from(serde_json::to_vec(&answer).unwrap());
                Ok::<_, Infallible>(Response::builder().status(status).body(body).unwrap())
            }
        });
        kube::Client::new(service, "prescale")
    }

    fn answer(&self, method: &str, path: &str, is_forced: bool, body: Value) -> (u16, Value) {
        if *self.forbids.lock().unwrap() && method != "GET" {
            return failure(403, "Forbidden");
        }
        let kept = if path.contains("/leases/") { &self.lease } else { &self.service };
        let mut kept = kept.lock().unwrap();
        let version = |object: &Value| object["metadata"]["resourceVersion"].clone();
        match (method, kept.take()) {
            ("GET", found) => {
                *kept = found;
                kept.clone().map_or_else(|| failure(404, "NotFound"), |found| (200, found))
            }
            ("DELETE", Some(_)) => (200, json!({"kind": "Status", "apiVersion": "v1", "status": "Success"})),
            ("PATCH", None) if !is_forced => self.write(&mut kept, body),
            ("PATCH" | "PUT", Some(found)) if version(&found) == version(&body) => {
                assert!(is_forced || method == "PUT");
                // Fields of the object's that nobody applies stay.
                let mut written = found;
                merge(&mut written, body, method == "PATCH");
                self.write(&mut kept, written)
            }
            ("PATCH" | "PUT", Some(found)) => {
                *kept = Some(found);
                failure(409, "Conflict")
            }
            (method, _) => panic!("nobody should {method} {path}"),
        }
    }

    fn write(&self, kept: &mut Option<Value>, mut object: Value) -> (u16, Value) {
        let mut writes = self.writes.lock().unwrap();
        *writes += 1;
        object["metadata"]["resourceVersion"] = writes.to_string().into();
        *kept = Some(object.clone());
        (200, object)
    }

    /// As another would, by an update that leaves the metadata.
    fn set_spec(&self, spec: Value) {
        let mut kept = self.service.lock().unwrap();
        let mut object = kept.take().unwrap_or_else(|| json!({"metadata": {"name": API_SERVICE}}));
        object["spec"] = spec;
        self.write(&mut kept, object);
    }

    fn service(&self) -> Value {
        self.service.lock().unwrap().clone().unwrap_or_default()
    }
}

fn merge(old: &mut Value, new: Value, is_patch: bool) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) if is_patch => {
            for (name, value) in new {
                merge(old.entry(name).or_insert(Value::Null), value, is_patch);
            }
        }
        (old, new) => *old = new,
    }
}

fn failure(code: u16, reason: &str) -> (u16, Value) {
    let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": code, "message": reason});
    (code, status)
}

fn keda() -> Value {
    json!({
        "service": {"namespace": "keda", "name": "keda-metrics", "port": 443}, "insecureSkipTLSVerify": true,
        "group": "external.metrics.k8s.io", "version": "v1beta1", "groupPriorityMinimum": 50, "versionPriority": 40,
    })
}

fn place() -> Place {
    Place { namespace: "prescale-system".into(), service: "prescale".into(), port: 443 }
}

/// A controller.
struct World {
    server: Arc<ApiServer>,
    leadership: watch::Sender<Leadership>,
    bundle: Arc<Mutex<String>>,
    standing: watch::Receiver<Standing>,
    shutdown: CancellationToken,
}

impl World {
    fn start(server: &Arc<ApiServer>, policy: Policy, now: Leadership) -> Self {
        let bundle = Arc::new(Mutex::new("first bundle".to_owned()));
        let (leadership, hear) = watch::channel(now);
        let of_now = Arc::clone(&bundle);
        let bundle_of_now = Arc::new(move || of_now.lock().unwrap().clone());
        let (registration, standing) = Registration::new(server.client(), place(), policy, bundle_of_now);
        let shutdown = CancellationToken::new();
        tokio::spawn(registration.run(hear, shutdown.clone()));
        Self { server: Arc::clone(server), leadership, bundle, standing, shutdown }
    }

    async fn stands(&mut self, wanted: &Standing) {
        let stands = async { self.standing.wait_for(|now| now == wanted).await.is_ok() };
        let is_found = timeout(Duration::from_secs(60), stands).await.unwrap_or(false);
        assert!(is_found, "never {wanted:?}, but {:?}", self.standing.borrow());
    }

    async fn has_bundle(&self, base64: &str) {
        let has = async {
            while self.server.service()["spec"]["caBundle"] != base64 {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        };
        timeout(Duration::from_secs(60), has).await.expect("the bundle never comes");
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

fn ours() -> Standing {
    Standing::Ours { former: None }
}

fn taken_over() -> Standing {
    let (namespace, service) = ("keda".to_owned(), "keda-metrics".to_owned());
    Standing::Ours { former: Some(Origin { namespace, service, port: 443, trust: Trust::Nobody, at: None }) }
}

#[tokio::test(start_paused = true)]
async fn the_leader_registers_and_keeps_the_bundle_up_to_date() {
    let server = Arc::<ApiServer>::default();
    let following = Leadership::Following { leader: None };
    let mut world = World::start(&server, Policy::LeaveOthers, following);
    world.stands(&Standing::Waiting).await;
    assert_eq!(server.service(), Value::Null);
    world.leadership.send(Leadership::Leading).unwrap();
    world.stands(&ours()).await;
    world.has_bundle("Zmlyc3QgYnVuZGxl").await;
    *world.bundle.lock().unwrap() = "second bundle".to_owned();
    world.has_bundle("c2Vjb25kIGJ1bmRsZQ==").await;
    let written = *server.writes.lock().unwrap();
    assert_eq!(written, 2, "what is as it should be is not written");
}

#[tokio::test(start_paused = true)]
async fn another_server_is_left_alone_and_named() {
    let server = Arc::<ApiServer>::default();
    server.set_spec(keda());
    let mut world = World::start(&server, Policy::LeaveOthers, Leadership::Leading);
    let refusal = Refusal::Foreign { owner: "keda/keda-metrics".into() };
    world.stands(&Standing::Refused(refusal)).await;
    assert_eq!(server.service()["spec"], keda());
    assert_eq!(
        hand_back(server.client(), &place(), "prescale-controller").await.unwrap(),
        HandedBack::Nothing
    );
    assert_eq!(server.service()["spec"], keda());
}

#[tokio::test(start_paused = true)]
async fn who_is_taken_over_is_known_to_every_replica_and_gets_all_back() {
    let server = Arc::<ApiServer>::default();
    server.set_spec(keda());
    let mut leader = World::start(&server, Policy::TakeOver, Leadership::Leading);
    leader.stands(&taken_over()).await;
    assert_eq!(server.service()["spec"]["service"]["name"], "prescale");
    assert_eq!(server.service()["spec"]["insecureSkipTLSVerify"], false);
    let mut follower = World::start(&server, Policy::TakeOver, Leadership::Following { leader: None });
    follower.stands(&taken_over()).await;
    drop(leader);
    let lease = json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": {"name": "prescale-controller", "resourceVersion": "0"}, "spec": {"holderIdentity": "a"},
    });
    *server.lease.lock().unwrap() = Some(lease);
    let done = hand_back(server.client(), &place(), "prescale-controller").await.unwrap();
    assert_eq!(done, HandedBack::Restored);
    assert_eq!(server.service()["spec"], keda());
    assert_eq!(server.service()["metadata"]["annotations"][FORMER_ANNOTATION], Value::Null);
    let holder = server.lease.lock().unwrap().as_ref().unwrap()["spec"]["holderIdentity"].clone();
    assert_ne!(holder, "a", "the leader was stopped first");
}

#[tokio::test(start_paused = true)]
async fn what_is_taken_from_us_is_said_and_not_fought_over() {
    let server = Arc::<ApiServer>::default();
    server.set_spec(keda());
    let mut world = World::start(&server, Policy::TakeOver, Leadership::Leading);
    world.stands(&taken_over()).await;
    server.set_spec(keda());
    let refusal = Refusal::TakenBack { owner: "keda/keda-metrics".into() };
    world.stands(&Standing::Refused(refusal)).await;
    assert_eq!(server.service()["spec"], keda());
    let done = hand_back(server.client(), &place(), "prescale-controller").await.unwrap();
    assert_eq!(done, HandedBack::Forgotten);
    assert_eq!(server.service()["spec"], keda());
    assert_eq!(server.service()["metadata"]["annotations"][FORMER_ANNOTATION], Value::Null);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_had_is_deleted_at_the_end() {
    let server = Arc::<ApiServer>::default();
    let mut world = World::start(&server, Policy::LeaveOthers, Leadership::Leading);
    world.stands(&ours()).await;
    drop(world);
    let hand_back = async || hand_back(server.client(), &place(), "prescale-controller").await.unwrap();
    assert_eq!(hand_back().await, HandedBack::Deleted);
    assert_eq!(server.service(), Value::Null);
    assert_eq!(hand_back().await, HandedBack::Nothing);
}

#[tokio::test(start_paused = true)]
async fn a_right_that_is_missing_is_said_and_tried_again() {
    let server = Arc::<ApiServer>::default();
    *server.forbids.lock().unwrap() = true;
    let mut world = World::start(&server, Policy::LeaveOthers, Leadership::Leading);
    let told =
        world.standing.wait_for(|now| matches!(now, Standing::Failed { .. })).await.unwrap().to_string();
    assert!(told.contains("Forbidden"), "{told}");
    *server.forbids.lock().unwrap() = false;
    world.stands(&ours()).await;
}
