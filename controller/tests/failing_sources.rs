//! What becomes of a scaler whose source fails, a test for each row of `docs/SOURCES.md`: read over HTTP as the controller
//! reads, decided by the scaler that it runs.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

#[path = "prometheus/server.rs"]
#[expect(dead_code, reason = "shared with the tests of what Prometheus answers")]
mod server;

use std::sync::{Arc, Mutex};

use axum::response::Response;
use jiff::Timestamp;
use prescale_controller::api::{Manifest, PredictiveScalerStatus, read_manifests};
use prescale_controller::board::ScalerKey;
use prescale_controller::hpa::judge;
use prescale_controller::scaler::{Charge, Readings, Role, Scaler, Step};
use prescale_controller::sources::{error::SourceError, reader::Reader};
use prescale_model::{Plan, Workload};
use server::{answer, client_of, data, vector};
use tokio::net::TcpListener;

/// A scaler of a step of 15 s that counts as silent after 90 s, holds its plan for 2 minutes more, and then follows the last
/// demand.
const SCALER: &str = "
apiVersion: prescale.dev/v1alpha1
kind: PredictiveScaler
metadata: {name: gateway, namespace: live}
spec:
  scaleTargetRef: {name: web}
  mode: Active
  minReplicas: 2
  maxReplicas: 40
  demand: {prometheus: {query: up, step: 15s}}
  capacity: {perReplica: 100}
  fallback: {holdFor: 2m}
";

/// Of 750 requests a second at 100 a replica.
const USUAL: f64 = 750.0;
const REPLICAS: u32 = 8;

/// A scaler, and the source that it reads.
struct Watched {
    scaler: Scaler,
    source: Source,
    last: Option<PredictiveScalerStatus>,
}

/// What the source answers at a second.
type Script = Arc<dyn Fn(i64) -> Response + Send + Sync>;

#[derive(Clone)]
struct Source {
    script: Arc<Mutex<(Script, i64)>>,
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + second).unwrap()
}

/// The source gives `value` as of `second`.
fn gives(second: i64, value: f64) -> Response {
    vector(at(second).as_second(), &value.to_string())
}

impl Source {
    fn answers(&self, script: impl Fn(i64) -> Response + Send + Sync + 'static) {
        self.script.lock().unwrap().0 = Arc::new(script);
    }
}

impl Watched {
    /// It has seen five minutes of usual demand, up to second 300.
    async fn new() -> Self {
        let [Manifest::PredictiveScaler(written)] = &read_manifests(SCALER, "f.yaml").unwrap()[..] else {
            panic!("another kind")
        };
        let spec = written.check().unwrap();
        let charge = Charge {
            key: ScalerKey::new("live", "gateway"),
            uid: "uid".into(),
            generation: Some(1),
            judgement: Arc::new(judge(&spec, "uid", &[])),
            spec: Arc::new(spec),
            refusal: None,
            events: Arc::new([]),
        };
        let usual: Script = Arc::new(|second| gives(second, USUAL));
        let source = Source { script: Arc::new(Mutex::new((usual, 0))) };
        let mut watched = Self { scaler: Scaler::new(charge, Box::default()), source, last: None };
        watched.run(0, 300).await;
        watched.run(300, 301).await;
        watched
    }

    /// Ticks each 15 s; the size never falls below that of usual demand, since none of the faults is less demand.
    async fn run(&mut self, from: i64, to: i64) {
        for second in (from..to).step_by(15) {
            let plan = self.tick(second).await;
            assert!(REPLICAS <= plan.replicas, "{} replicas at {second} s: {}", plan.replicas, plan.reason);
        }
    }

    /// A tick as the leader makes it, with what is read from the source.
    async fn tick(&mut self, second: i64) -> Plan {
        self.source.script.lock().unwrap().1 = second;
        let source = self.source.clone();
        let client = client_of(move |_| {
            let (script, second) = source.script.lock().unwrap().clone();
            script(second)
        });
        // A reader of its own for each tick: answers are shared for a while, and here hours pass in a moment.
        let reader = Reader::new(client.await);
        let demand = reader.newest(&self.scaler.charge().spec.demand, at(second)).await;
        self.decide(second, demand)
    }

    fn decide(&mut self, second: i64, demand: Result<prescale_model::Sample, SourceError>) -> Plan {
        let readings = Readings {
            demand,
            signals: vec![],
            latency: None,
            lag: None,
            queue: Default::default(),
            workload: Ok(Workload { replicas: REPLICAS, existing: REPLICAS, ready: Some(REPLICAS) }),
            nodes: Default::default(),
        };
        let mut plan = None;
        for step in self.scaler.tick(at(second), &readings, Role::Leading) {
            match step {
                Step::Publish(notice) => plan = Some(notice.plan),
                Step::SetStatus(status) => self.last = Some(*status),
                Step::Observe(_)
                | Step::ApplyHpa(_)
                | Step::SetHeadroom(_)
                | Step::HoldDisruption(_)
                | Step::Emit(_) => {}
            }
        }
        let plan = plan.unwrap();
        self.scaler.commit(&plan);
        plan
    }

    /// What the status says of the source.
    fn said(&self) -> String {
        let conditions = &self.last.as_ref().unwrap().conditions;
        let source = conditions.iter().find(|condition| condition.type_ == "SourceHealthy").unwrap();
        format!("{} {}: {}", source.status, source.reason, source.message)
    }

    /// What has been learned from: the closed steps, oldest first.
    fn learned(&self) -> Vec<Option<f64>> {
        self.scaler.autoscaler().demand().kept().collect()
    }

    /// The fault stands for 90 s: it is said, the plan stands, and what was missing is learned as missing.
    async fn check_missing(&mut self, says: &str) {
        self.run(315, 405).await;
        assert!(self.said().contains(says), "{says:?} is not in: {}", self.said());
        self.source.answers(|second| gives(second, USUAL));
        self.run(405, 480).await;
        assert!(self.said().starts_with("True Observed"), "{}", self.said());
        let learned = self.learned();
        let missing = learned.iter().filter(|value| value.is_none()).count();
        assert_eq!(missing, 6, "{learned:?}");
        assert!(learned.iter().flatten().all(|value| *value == USUAL), "{learned:?}");
    }
}

#[tokio::test]
async fn down() {
    let mut watched = Watched::new().await;
    watched.source.answers(|_| answer(503, "text/plain", "Service Unavailable"));
    watched.check_missing("False HttpError").await;
}

#[tokio::test]
async fn slow() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut watched = Watched::new().await;
    tokio::time::pause();
    let reader = Reader::new(url.parse().unwrap());
    let read = reader.newest(&watched.scaler.charge().spec.demand, at(315)).await;
    tokio::time::resume();
    let plan = watched.decide(315, read);
    assert!(REPLICAS <= plan.replicas, "{}", plan.reason);
    assert!(watched.said().contains("gave no answer within 5 s"), "{}", watched.said());
}

#[tokio::test]
async fn wrong_type() {
    for (kind, result) in [("scalar", r#"[0,"1"]"#), ("string", r#"[0,"many"]"#), ("matrix", "[]")] {
        let mut watched = Watched::new().await;
        watched.source.answers(move |_| data(kind, result));
        watched.run(315, 405).await;
        assert!(watched.said().starts_with("False"), "{kind}: {}", watched.said());
    }
    let mut watched = Watched::new().await;
    watched.source.answers(|second| vector(at(second).as_second(), "NaN"));
    watched.check_missing("False NotAnAmount: the query `up` gives NaN, which is no amount").await;
}

#[tokio::test]
async fn empty() {
    let mut watched = Watched::new().await;
    watched.source.answers(|_| data("vector", "[]"));
    watched.check_missing("the query `up` gives no series").await;
}

#[tokio::test]
async fn stale() {
    let mut watched = Watched::new().await;
    watched.source.answers(|_| gives(300, USUAL));
    watched.check_missing("is answered with the value of").await;
    // For ten minutes: the plan is held, and then the last demand is followed.
    watched.source.answers(|_| gives(480, USUAL));
    watched.run(480, 1_080).await;
    assert!(watched.said().starts_with("False"), "{}", watched.said());
}

#[tokio::test]
async fn duplicated() {
    let mut watched = Watched::new().await;
    let before = watched.learned().len();
    // Each value is told twice, the second time as another one: the first stands.
    watched
        .source
        .answers(|second| gives(second - second % 30, if second % 30 == 0 { USUAL } else { 9_000.0 }));
    watched.run(315, 465).await;
    let learned = watched.learned();
    assert!(learned.iter().flatten().all(|value| *value == USUAL), "{learned:?}");
    assert!(learned.len() <= before + 10, "{learned:?}");
}

#[tokio::test]
async fn in_the_future() {
    let mut watched = Watched::new().await;
    watched.source.answers(|second| gives(second + 3_600, 1_950.0));
    let plan = watched.tick(315).await;
    assert_eq!((plan.observed, 20 <= plan.replicas), (Some(1_950.0), true), "{}", plan.reason);
    assert!(watched.said().contains("ahead of the controller's by about 1h"), "{}", watched.said());
}

#[tokio::test]
async fn in_the_past() {
    let mut watched = Watched::new().await;
    // A lagging replica of the source answers each third time: late values move nothing that was learned.
    watched.source.answers(|second| {
        let is_late = second % 45 == 0;
        gives(if is_late { second - 20 } else { second }, if is_late { 20.0 } else { USUAL })
    });
    watched.run(315, 600).await;
    let learned = watched.learned();
    assert!(learned.iter().flatten().all(|value| *value == USUAL), "{learned:?}");
    assert_eq!(watched.tick(615).await.observed, Some(USUAL));
}

#[tokio::test]
async fn counters_that_restart() {
    let mut watched = Watched::new().await;
    // A query that forgot its rate(…), or whose rate is a difference: it falls below 0 where a counter restarts.
    watched.source.answers(|second| gives(second, if second == 330 { -12_000.0 } else { USUAL }));
    watched.run(315, 331).await;
    assert!(watched.said().contains("gives -12000, which is no amount"), "{}", watched.said());
    watched.run(345, 420).await;
    let learned = watched.learned();
    assert_eq!(learned.iter().filter(|value| value.is_none()).count(), 1, "{learned:?}");
}

#[tokio::test]
async fn back_after_an_hour() {
    let mut watched = Watched::new().await;
    for second in (315..3_900).step_by(15) {
        let away = SourceError::Unreachable { url: "http://p".into(), message: "refused".into() };
        let plan = watched.decide(second, Err(away));
        assert!(REPLICAS <= plan.replicas, "{} replicas at {second} s: {}", plan.replicas, plan.reason);
    }
    // Demand has doubled meanwhile: the first value counts at once, and the hour is learned as missing.
    watched.source.answers(|second| gives(second, 2.0 * USUAL));
    let plan = watched.tick(3_900).await;
    assert!(15 <= plan.replicas, "{}", plan.reason);
    assert!(watched.said().starts_with("True Observed"), "{}", watched.said());
    let missing = watched.learned().iter().filter(|value| value.is_none()).count();
    assert_eq!(missing, 239);
}
