//! What is committed under `manifests/` is what the types say, and the examples in it are read and accepted.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::{fs, path::Path};

use jiff::SignedDuration;
use prescale_controller::{
    api::{CheckedScaler, DemandEvent, Hpa, Manifest, definitions, read_manifests},
    sources::{Origin, Source},
};
use prescale_model::events::Effect;
use prescale_model::{CapacitySettings, Event, ExpectedDemand, Limits, Mode, SilentThen};

fn committed(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../manifests").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn example(name: &str) -> Manifest {
    let path = format!("examples/{name}");
    let mut manifests = read_manifests(&committed(&path), &path).unwrap();
    assert_eq!(manifests.len(), 1, "{path}");
    manifests.remove(0)
}

fn gateway() -> CheckedScaler {
    let Manifest::PredictiveScaler(scaler) = example("gateway.yaml") else { panic!("another kind") };
    scaler.check().unwrap()
}

fn semi_final() -> DemandEvent {
    let Manifest::DemandEvent(event) = example("semi-final.yaml") else { panic!("another kind") };
    *event
}

#[test]
fn the_committed_definitions_are_what_the_types_say() {
    for (name, text) in definitions().unwrap() {
        let current = committed(&format!("crd/{name}")) == text;
        assert!(current, "manifests/crd/{name} has drifted from the types: run `make crds`");
    }
}

#[test]
fn the_example_scaler_is_accepted_as_it_is_written() {
    let scaler = gateway();
    assert_eq!((scaler.namespace.as_str(), scaler.name.as_str()), ("live", "gateway"));
    assert_eq!(scaler.settings.mode, Mode::Shadow);
    assert_eq!(scaler.settings.limits, Limits { min: 3, max: 200 });
    assert_eq!(scaler.settings.step, SignedDuration::from_mins(1));
    assert_eq!(scaler.settings.capacity, CapacitySettings::Given { per_replica: 250.0 });
    assert_eq!(scaler.latency, None);
    assert_eq!(scaler.settings.signals, ["orders", "registrations", "queue-joins"]);
    assert_eq!(scaler.settings.risk, 0.95);
    assert_eq!(scaler.settings.fallback.then, SilentThen::Reactive);
    let query = r#"sum(rate(http_requests_total{app="gateway"}[1m]))"#.into();
    assert_eq!(scaler.demand.origin, Origin::Prometheus { query });
    let (topic, consumer_group) = ("orders".into(), Some("orders-worker".into()));
    let orders = Origin::Kafka { topic, consumer_group, sum: None };
    let source = Source { origin: orders, step: SignedDuration::from_mins(1) };
    assert_eq!(scaler.signals[0], ("orders".to_owned(), source));
    assert_eq!(scaler.hpa, Hpa::Create);
}

#[test]
fn the_example_that_learns_its_capacity_is_accepted_as_it_is_written() {
    let Manifest::PredictiveScaler(scaler) = example("learning.yaml") else { panic!("another kind") };
    let scaler = scaler.check().unwrap();
    let objective = SignedDuration::from_millis(200);
    let expected = CapacitySettings::Learned { objective, start_with: Some(50.0) };
    assert_eq!(scaler.settings.capacity, expected);
    let latency = scaler.latency.unwrap();
    assert_eq!(latency.step, scaler.demand.step, "each load has its latency");
    let Origin::Prometheus { query } = latency.origin else { panic!("another source") };
    assert!(query.starts_with("histogram_quantile(0.99, "), "{query}");
}

#[test]
fn the_example_that_reads_a_topic_is_accepted_as_it_is_written() {
    let Manifest::PredictiveScaler(scaler) = example("orders-worker.yaml") else { panic!("another kind") };
    let scaler = scaler.check().unwrap();
    let (topic, consumer_group) = ("orders".into(), Some("orders-worker".into()));
    assert_eq!(scaler.demand.origin, Origin::Kafka { topic, consumer_group, sum: None });
    let (topic, sum) = ("baskets".into(), Some("basket.tickets".into()));
    assert_eq!(scaler.signals[0].1.origin, Origin::Kafka { topic, consumer_group: None, sum });
    assert_eq!(scaler.settings.drain.unwrap().partitions, prescale_model::Partitions::Observed);
}

#[test]
fn the_example_event_is_accepted_as_it_is_written() {
    let expected = Event {
        name: "semi-final".into(),
        class: "kick-off".into(),
        effect: Effect::Demand,
        starts_at: "2026-07-07T17:00:00Z".parse().unwrap(),
        ends_at: "2026-07-07T19:00:00Z".parse().unwrap(),
        magnitude: Some(2.5e6),
        confidence: 0.9,
        expected: Some(ExpectedDemand { peak: 40_000.0, ramp_up: SignedDuration::from_mins(10) }),
    };
    assert_eq!(semi_final().check(), Ok(Some(expected)));
}

#[test]
fn the_example_event_concerns_the_example_scaler_by_label_and_namespace() {
    let scaler = gateway();
    let mut event = semi_final();
    assert!(scaler.is_concerned_by(&event));
    event.metadata.namespace = None;
    assert!(scaler.is_concerned_by(&event), "a file that names no namespace");
    event.metadata.namespace = Some("other".into());
    assert!(!scaler.is_concerned_by(&event), "another namespace");
    event.metadata.namespace = Some("live".into());
    event.metadata.labels = None;
    assert!(!scaler.is_concerned_by(&event), "no label");
}
