//! Replicas that stand for election before a scripted API server. Time is paused: the test's clock jumps from one
//! timer to the next.
#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::{
    convert::Infallible,
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::http::{Request, Response};
use kube::client::Body;
use prescale_controller::lease::{
    Candidate, Election, HELD_FOR, LASTS, LOOK_EVERY, Leadership, RENEW_WITHIN, depose,
};
use serde_json::{Value, json};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, advance, timeout},
};
use tokio_util::sync::CancellationToken;
use tower::service_fn;

/// One lease, written by whoever knows its latest version.
#[derive(Default)]
struct ApiServer {
    lease: Mutex<Option<Value>>,
    writes: Mutex<u64>,
}

impl ApiServer {
    /// A client of its own; once `is_cut_off`, it is never answered.
    fn client(self: &Arc<Self>, is_cut_off: &Arc<AtomicBool>) -> kube::Client {
        let (server, is_cut_off) = (Arc::clone(self), Arc::clone(is_cut_off));
        let service = service_fn(move |request: Request<Body>| {
            let (server, is_cut_off) = (Arc::clone(&server), Arc::clone(&is_cut_off));
            async move {
                if is_cut_off.load(Ordering::Relaxed) {
                    pending::<()>().await;
                }
                let (head, body) = request.into_parts();
                let body = serde_json::from_slice(&body.collect_bytes().await.unwrap()).unwrap_or_default();
                let (status, answer) = server.answer(head.method.as_str(), body);
                let body = Body::from(serde_json::to_vec(&answer).unwrap());
                Ok::<_, Infallible>(Response::builder().status(status).body(body).unwrap())
            }
        });
        kube::Client::new(service, "prescale")
    }

    fn answer(&self, method: &str, body: Value) -> (u16, Value) {
        let mut lease = self.lease.lock().unwrap();
        let version = |lease: &Value| lease["metadata"]["resourceVersion"].clone();
        match (method, &mut *lease) {
            ("GET", Some(lease)) => (200, lease.clone()),
            ("GET", None) => failure(404, "NotFound"),
            ("POST", Some(_)) => failure(409, "AlreadyExists"),
            ("PUT", None) => failure(404, "NotFound"),
            ("PUT", Some(lease)) if version(lease) != version(&body) => failure(409, "Conflict"),
            ("POST" | "PUT", lease) => {
                let mut writes = self.writes.lock().unwrap();
                *writes += 1;
                let mut body = body;
                body["metadata"]["resourceVersion"] = writes.to_string().into();
                *lease = Some(body.clone());
                (200, body)
            }
            (method, _) => panic!("nobody should {method}"),
        }
    }

    fn held_by(&self) -> Value {
        self.lease.lock().unwrap().as_ref().unwrap()["spec"]["holderIdentity"].clone()
    }
}

fn failure(code: u16, reason: &str) -> (u16, Value) {
    let status =
        json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": code});
    (code, status)
}

/// A replica that stands for election.
struct Replica {
    leadership: watch::Receiver<Leadership>,
    is_cut_off: Arc<AtomicBool>,
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

impl Replica {
    fn start(server: &Arc<ApiServer>, name: &str) -> Self {
        let (is_cut_off, shutdown) = (Arc::<AtomicBool>::default(), CancellationToken::new());
        let me = Candidate {
            namespace: "prescale".into(),
            lease: "prescale-controller".into(),
            identity: name.into(),
            address: address(name),
        };
        let (election, leadership) = Election::new(server.client(&is_cut_off), me);
        let task = tokio::spawn(election.run(shutdown.clone()));
        Self { leadership, is_cut_off, shutdown, task }
    }

    /// When it first is as `wanted` from now on.
    async fn becomes(&self, wanted: Leadership) -> Instant {
        let mut leadership = self.leadership.clone();
        let found = timeout(Duration::from_secs(120), leadership.wait_for(|now| *now == wanted)).await;
        found.unwrap_or_else(|_| panic!("never {wanted:?}")).unwrap();
        Instant::now()
    }

    fn leads(&self) -> bool {
        *self.leadership.borrow() == Leadership::Leading
    }
}

fn address(name: &str) -> String {
    format!("{name}.example:6443")
}

fn following(leader: &str) -> Leadership {
    Leadership::Following { leader: Some(address(leader)) }
}

const ALONE: Leadership = Leadership::Following { leader: None };

#[tokio::test(start_paused = true)]
async fn of_many_that_race_one_leads_and_the_others_know_where_it_is() {
    let server = Arc::<ApiServer>::default();
    let names = ["a", "b", "c", "d", "e"];
    let replicas = names.map(|name| Replica::start(&server, name));
    let leads = replicas.iter().map(|replica| Box::pin(replica.becomes(Leadership::Leading)));
    let (_, first, _) = futures::future::select_all(leads).await;
    assert_eq!(server.held_by(), names[first]);
    for (index, replica) in replicas.iter().enumerate() {
        if index != first {
            replica.becomes(following(names[first])).await;
        }
    }
    assert_eq!(replicas.iter().filter(|replica| replica.leads()).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_is_cut_off_stops_before_another_starts() {
    let server = Arc::<ApiServer>::default();
    let leader = Replica::start(&server, "a");
    leader.becomes(Leadership::Leading).await;
    let other = Replica::start(&server, "b");
    other.becomes(following("a")).await;
    leader.is_cut_off.store(true, Ordering::Relaxed);
    let cut_off_at = Instant::now();
    let (stopped_at, started_at) = tokio::join!(leader.becomes(ALONE), other.becomes(Leadership::Leading));
    assert!(stopped_at - cut_off_at <= RENEW_WITHIN, "{:?}", stopped_at - cut_off_at);
    assert!(LASTS - RENEW_WITHIN - LOOK_EVERY <= started_at - stopped_at, "{:?}", started_at - stopped_at);
    assert!(started_at - cut_off_at <= LASTS + LOOK_EVERY, "{:?}", started_at - cut_off_at);
    leader.is_cut_off.store(false, Ordering::Relaxed);
    leader.becomes(following("b")).await;
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_ends_hands_over_at_once() {
    let server = Arc::<ApiServer>::default();
    let leader = Replica::start(&server, "a");
    leader.becomes(Leadership::Leading).await;
    let other = Replica::start(&server, "b");
    other.becomes(following("a")).await;
    leader.shutdown.cancel();
    let told_at = Instant::now();
    let started_at = other.becomes(Leadership::Leading).await;
    assert!(started_at - told_at <= LOOK_EVERY, "{:?}", started_at - told_at);
    leader.task.await.unwrap();
    assert_eq!(*leader.leadership.borrow(), ALONE);
}

#[tokio::test(start_paused = true)]
async fn the_clock_of_the_last_holder_elects_nobody() {
    for renewed in ["1999-01-01T00:00:00.000000Z", "2099-01-01T00:00:00.000000Z"] {
        let server = Arc::<ApiServer>::default();
        let spec = json!({"holderIdentity": "dead", "leaseDurationSeconds": 15, "renewTime": renewed});
        let lease = json!({
            "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "spec": spec,
            "metadata": {"name": "prescale-controller", "resourceVersion": "0"},
        });
        *server.lease.lock().unwrap() = Some(lease);
        let begun_at = Instant::now();
        let started_at = Replica::start(&server, "a").becomes(Leadership::Leading).await;
        let waited = started_at - begun_at;
        assert!((LASTS..=LASTS + LOOK_EVERY).contains(&waited), "{renewed}: {waited:?}");
        let transitions = server.lease.lock().unwrap().as_ref().unwrap()["spec"]["leaseTransitions"].clone();
        assert_eq!(transitions, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_names_nobody_is_taken_at_once() {
    let server = Arc::<ApiServer>::default();
    let lease = json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": {"name": "prescale-controller", "resourceVersion": "0", "labels": {"app": "prescale"}},
    });
    *server.lease.lock().unwrap() = Some(lease);
    let begun_at = Instant::now();
    let started_at = Replica::start(&server, "a").becomes(Leadership::Leading).await;
    assert!(started_at - begun_at <= LOOK_EVERY);
    assert_eq!(server.lease.lock().unwrap().as_ref().unwrap()["metadata"]["labels"]["app"], "prescale");
}

#[tokio::test(start_paused = true)]
async fn who_is_deposed_has_stopped_when_that_returns_and_nobody_follows_for_a_minute() {
    let server = Arc::<ApiServer>::default();
    let replicas = ["a", "b"].map(|name| Replica::start(&server, name));
    advance(LOOK_EVERY * 2).await;
    let client = server.client(&Arc::default());
    depose(client, "prescale", "prescale-controller").await.unwrap();
    assert!(replicas.iter().all(|replica| !replica.leads()));
    let deposed_at = Instant::now();
    let started_at = tokio::select! {
        at = replicas[0].becomes(Leadership::Leading) => at,
        at = replicas[1].becomes(Leadership::Leading) => at,
    };
    assert!(HELD_FOR - RENEW_WITHIN <= started_at - deposed_at, "{:?}", started_at - deposed_at);
}
