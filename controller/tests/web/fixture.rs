//! A dashboard with scalers that a test ticks, and viewers whose names are the namespaces that they may see.

#[path = "nothing.rs"]
mod nothing;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use futures::{FutureExt, future::BoxFuture};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use prescale_controller::{
    api::{AdviceStatus, CheckedScaler, ContainerAdvice, CostStatus, CostSum, Manifest, read_manifests},
    board::ScalerKey,
    headroom::By,
    nodes::PoolSeen,
    store::Store,
    web::{
        Call, Door, EventDesk, Gallery, Living, Look, Rights, RoomLook, SetupView, SignedIn, Viewer,
        WebParts, Which, router, serve,
        wire::{EventDraft, EventRow, Events, Problem, Session, SessionMode, Setup, SignIn, Via},
    },
};
use prescale_model::{
    Autoscaler, Event, ExpectedDemand, Observation, Plan, Sample, Workload, events::Effect,
};
use reqwest::{Client, Method, RequestBuilder, Response, header::HeaderValue};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use nothing::Nothing;

const SCALER: &str = "
apiVersion: prescale.dev/v1alpha1
kind: PredictiveScaler
metadata: {name: gateway, namespace: live}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: gateway}
  mode: Active
  minReplicas: 1
  maxReplicas: 200
  demand: {prometheus: {query: up, step: 60s}}
  capacity: {perReplica: 100}
  leadTime: {pod: 1m, node: 3m}
  risk: {quantile: 0.9}
";

/// Minutes that a scaler has seen when it is first shown.
const SEEN: i64 = 360;

pub(crate) fn at(minute: i64) -> Timestamp {
    // Lately, so that a stretch of time up to now has it.
    let now = Timestamp::now().as_second() / 60 * 60;
    static BEGAN: std::sync::OnceLock<i64> = std::sync::OnceLock::new();
    let began = *BEGAN.get_or_init(|| now - 60 * (SEEN + 60));
    Timestamp::from_second(began + 60 * minute).unwrap()
}

/// A scaler that a test ticks.
pub(crate) struct Stand {
    key: ScalerKey,
    spec: Arc<CheckedScaler>,
    events: Arc<[Event]>,
    living: Arc<Alive>,
    minute: i64,
}

struct Alive(Mutex<Autoscaler>);

impl Living for Alive {
    fn look(&self, see: &mut dyn FnMut(&Autoscaler)) {
        see(&self.0.lock().unwrap());
    }

    fn money(&self) -> (Option<CostStatus>, Option<AdviceStatus>) {
        (Some(cost()), Some(advice()))
    }
}

/// A quarter of a node and an eighth more, of which nobody knows the price.
fn cost() -> CostStatus {
    let sum = CostSum { hours: 2.0, replica_hours: 24.0, pods: 0.5, headroom: 0.25, saved: Some(1.5) };
    CostStatus {
        nodes: Some(0.25),
        headroom_nodes: Some(0.125),
        per_hour: None,
        headroom_per_hour: None,
        always_on: None,
        since: Time(at(0)),
        node_hours: sum,
        money: None,
        unpriced_nodes: vec!["node-a".to_owned()],
        message: Some("node-a has no price".to_owned()),
    }
}

fn advice() -> AdviceStatus {
    let container = ContainerAdvice {
        container: "web".to_owned(),
        cpu: Some("250m".to_owned()),
        requested_cpu: Some("1".to_owned()),
        ..ContainerAdvice::default()
    };
    let (containers, saves_nodes) = (vec![container], Some(0.1));
    AdviceStatus { at: Time(at(0)), containers, saves_nodes, saves_per_hour: None, message: None }
}

/// A scaler with six hours of even demand, and an event ten minutes ahead.
pub(crate) fn stand(namespace: &str, name: &str) -> Stand {
    let Manifest::PredictiveScaler(scaler) = read_manifests(SCALER, "scaler.yaml").unwrap().remove(0) else {
        panic!("another kind")
    };
    let spec = Arc::new(scaler.check().unwrap());
    let starts_at = at(SEEN + 10);
    let event = Event {
        name: "on-sale".to_owned(),
        class: "on-sale".to_owned(),
        effect: Effect::Demand,
        starts_at,
        ends_at: starts_at + SignedDuration::from_hours(1),
        magnitude: None,
        confidence: 1.0,
        expected: Some(ExpectedDemand { peak: 4_000.0, ramp_up: SignedDuration::from_mins(2) }),
    };
    let living = Arc::new(Alive(Mutex::new(Autoscaler::new(spec.settings.clone()))));
    let mut stand =
        Stand { key: ScalerKey::new(namespace, name), spec, events: [event].into(), living, minute: -1 };
    (0..=SEEN).for_each(|minute| stand.tick(1_000.0 + 30.0 * (minute as f64 * 0.7).sin()));
    stand
}

impl Stand {
    /// A minute later, demand is this much.
    pub(crate) fn tick(&mut self, demand: f64) {
        self.minute += 1;
        let now = at(self.minute);
        let mut autoscaler = self.living.0.lock().unwrap();
        let seen = Observation {
            demand: &[Sample::new(now, demand).unwrap()],
            events: &self.events,
            workload: Some(workload()),
            ..Observation::default()
        };
        autoscaler.observe(now, &seen);
        let plan = autoscaler.plan(now);
        autoscaler.commit(&plan);
    }

    pub(crate) fn spec(&self) -> &CheckedScaler {
        &self.spec
    }

    pub(crate) fn minute(&self) -> i64 {
        self.minute
    }

    pub(crate) fn plan(&self) -> Plan {
        self.living.0.lock().unwrap().plan(at(self.minute))
    }

    pub(crate) fn snapshot(&self) -> Vec<u8> {
        self.living.0.lock().unwrap().snapshot()
    }
}

/// Five pods of room of which two are there, one pod that waits, and nodes in two pools of which one goes.
fn room() -> RoomLook<'static> {
    static POOLS: std::sync::OnceLock<[PoolSeen; 2]> = std::sync::OnceLock::new();
    let pool = |name: &str, nodes, going| PoolSeen {
        pool: Some(name.into()),
        nodes,
        going,
        launching: 1,
        launch: (name == "general").then_some(SignedDuration::from_secs(55)),
        launches: 7,
        taken: 0.5,
        per_hour: (name == "general").then_some(0.05),
    };
    let pools = POOLS.get_or_init(|| [pool("general", 2, 0), pool("spot", 1, 1)]);
    RoomLook { by: Some(By::PlaceholderPods), ready: Some(2), pods: Some((1, 4)), pools }
}

fn workload() -> Workload {
    Workload { replicas: 12, existing: 12, ready: Some(12) }
}

/// A dashboard that listens.
pub(crate) struct Scene {
    pub(crate) gallery: Arc<Gallery>,
    pub(crate) rights: Arc<Namespaces>,
    client: Client,
    address: String,
    _served: DropGuard,
}

impl Scene {
    pub(crate) async fn open() -> Self {
        Self::with(None).await
    }

    /// A dashboard beside a history store.
    pub(crate) async fn with(store: Option<Store>) -> Self {
        let (gallery, rights) = (Arc::new(Gallery::default()), Arc::new(Namespaces::default()));
        let parts = WebParts {
            gallery: Arc::clone(&gallery),
            door: Arc::new(Named(Arc::clone(&rights))),
            replay: None,
            setup: Arc::new(Nothing),
            events: Arc::new(Nothing),
            store,
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let shutdown = CancellationToken::new();
        tokio::spawn(serve(listener, None, router(parts), shutdown.clone()));
        Self { gallery, rights, client: Client::new(), address, _served: shutdown.drop_guard() }
    }

    /// Shows a scaler as it is after its last tick.
    pub(crate) fn show(&self, stand: &Stand) {
        let autoscaler = stand.living.0.lock().unwrap().clone();
        let plan = autoscaler.plan(at(stand.minute));
        let living: Arc<dyn Living> = Arc::<Alive>::clone(&stand.living);
        self.gallery.look(&Look {
            now: at(stand.minute),
            key: &stand.key,
            spec: &stand.spec,
            events: &stand.events,
            autoscaler: &autoscaler,
            plan: &plan,
            workload: Some(workload()),
            findings: &[],
            began: &[],
            signals: &[],
            lag: None,
            nodes: Some(3),
            room: room(),
            peaks: &BTreeMap::new(),
            hpa: None,
            living: &living,
        });
    }

    pub(crate) fn request(&self, method: Method, user: &str, path: impl AsRef<str>) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{}", self.address, path.as_ref()));
        if user.is_empty() { request } else { request.header("x-user", user) }
    }

    pub(crate) async fn get(&self, user: &str, path: impl AsRef<str>) -> Response {
        self.request(Method::GET, user, path).send().await.unwrap()
    }

    pub(crate) async fn json(&self, user: &str, path: &str) -> Value {
        let answer = self.get(user, path).await;
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().await.unwrap()
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        user: &str,
        path: impl AsRef<str>,
        body: &Value,
    ) -> Response {
        self.request(method, user, path).json(body).send().await.unwrap()
    }
}

/// What those may see whose name does not say it.
#[derive(Default)]
pub(crate) struct Namespaces(Mutex<BTreeMap<String, BTreeSet<String>>>);

impl Namespaces {
    pub(crate) fn set(&self, user: &str, namespaces: &[&str]) {
        let namespaces = namespaces.iter().map(|namespace| (*namespace).to_owned()).collect();
        self.0.lock().unwrap().insert(user.to_owned(), namespaces);
    }
}

/// Lets in whoever says a name.
struct Named(Arc<Namespaces>);

struct RightsOf(String, Arc<Namespaces>);

impl Rights for RightsOf {
    fn may_see<'a>(&'a self, namespace: &'a str) -> BoxFuture<'a, bool> {
        let set = self.1.0.lock().unwrap().get(&self.0).map(|set| set.contains(namespace));
        let may = set.unwrap_or_else(|| self.0.split(',').any(|known| known == namespace));
        async move { may }.boxed()
    }

    fn may_change_events<'a>(&'a self, _: &'a str) -> BoxFuture<'a, bool> {
        async { false }.boxed()
    }
}

impl Door for Named {
    fn viewer<'a>(&'a self, call: Call<'a>) -> BoxFuture<'a, Result<Viewer, Problem>> {
        let name = call.headers.get("x-user").map(|name| name.to_str().unwrap().to_owned());
        let rights = Arc::clone(&self.0);
        async move {
            let name = name.ok_or_else(|| Problem::nobody(vec![SignIn::Token]))?;
            let in_a_second = Timestamp::now() + SignedDuration::from_secs(1);
            Ok(Viewer {
                name: name.as_str().into(),
                via: Via::Token,
                csrf: None,
                expires_at: (name == "expiring").then_some(in_a_second),
                rights: Arc::new(RightsOf(name, rights)),
                keeps: Default::default(),
            })
        }
        .boxed()
    }

    fn session<'a>(&'a self, viewer: &'a Viewer) -> BoxFuture<'a, Session> {
        let session = session(&viewer.name);
        async move { session }.boxed()
    }

    fn sign_in<'a>(&'a self, _: Call<'a>, token: &'a str) -> BoxFuture<'a, Result<SignedIn, Problem>> {
        let session = session(token);
        async move { Ok(SignedIn { session, cookies: vec![] }) }.boxed()
    }

    fn sign_out<'a>(&'a self, _: Call<'a>) -> BoxFuture<'a, Vec<HeaderValue>> {
        async { vec![] }.boxed()
    }
}

fn session(user: &str) -> Session {
    Session {
        user: user.to_owned(),
        via: Via::Token,
        csrf: None,
        expires_at: None,
        mode: SessionMode::Live,
        version: "0".to_owned(),
        cluster: None,
        can_change_events: false,
    }
}
