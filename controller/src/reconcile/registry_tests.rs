#![expect(clippy::needless_pass_by_value, reason = "cases are written as values")]
use super::*;
use crate::reconcile::{read_event, read_scaler};
use serde_json::{Value, json};

fn now() -> Timestamp {
    "2026-07-01T00:00:00Z".parse().unwrap()
}

/// A scaler of the Deployment `target`, created this many minutes into an hour.
fn scaler(name: &str, target: &str, created: i64, extra: Value) -> News {
    let mut spec = json!({"scaleTargetRef": {"name": target}, "maxReplicas": 20, "demand": {"push": {}},
        "capacity": {"perReplica": 100}, "mode": "Active", "events": {}});
    spec.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    let object = json!({
        "apiVersion": "prescale.dev/v1alpha1", "kind": "PredictiveScaler",
        "metadata": {"name": name, "namespace": "live", "uid": format!("uid-{name}"), "generation": 1,
            "creationTimestamp": format!("2026-06-01T00:{created:02}:00Z")},
        "spec": spec,
    });
    let object = read_scaler(&serde_json::from_value(object).unwrap()).unwrap();
    News::Scaler(Sighting::There(Box::new(object)))
}

fn event(name: &str, spec: &Value) -> News {
    let object = json!({"apiVersion": "prescale.dev/v1alpha1", "kind": "DemandEvent",
        "metadata": {"name": name, "namespace": "live"}, "spec": spec});
    let object = read_event(serde_json::from_value(object).unwrap()).unwrap();
    News::Event(Sighting::There(Box::new(object)))
}

fn hpa(name: &str, target: &str) -> News {
    let hpa = json!({"metadata": {"name": name, "namespace": "live"}, "spec": {"maxReplicas": 9,
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": target}}});
    News::Hpa(Sighting::There(serde_json::from_value(hpa).unwrap()))
}

fn key(name: &str) -> ScalerKey {
    ScalerKey::new("live", name)
}

fn names(concerned: &BTreeSet<ScalerKey>) -> Vec<&str> {
    concerned.iter().map(|key| &*key.name).collect()
}

/// Why a scaler does not run; `None` where it does.
fn refusal(registry: &Registry, name: &str) -> Option<(&'static str, String)> {
    match registry.verdict(&key(name), now()) {
        Verdict::Refused { finding, .. } => Some((finding.reason, finding.message.into_owned())),
        Verdict::Runs { .. } => None,
        Verdict::Gone => panic!("{name} is gone"),
    }
}

fn charge(registry: &Registry, name: &str) -> Charge {
    match registry.verdict(&key(name), now()) {
        Verdict::Runs { charge, .. } => charge,
        other @ (Verdict::Gone | Verdict::Refused { .. }) => panic!("{other:?}"),
    }
}

#[test]
fn of_two_scalers_for_a_target_the_older_runs_and_the_other_names_it() {
    let mut registry = Registry::default();
    registry.see(scaler("young", "web", 9, json!({})));
    assert_eq!(refusal(&registry, "young"), None);
    let concerned = registry.see(scaler("old", "web", 3, json!({})));
    assert_eq!(names(&concerned), ["old", "young"]);
    assert_eq!(refusal(&registry, "old"), None);
    let words = "PredictiveScaler `old` scales Deployment `web` already: delete one of the two";
    assert_eq!(refusal(&registry, "young"), Some(("TargetTaken", words.to_owned())));
    assert_eq!(names(&registry.see(News::Scaler(Sighting::Gone(key("old"))))), ["old", "young"]);
    assert_eq!(refusal(&registry, "young"), None);
}

#[test]
fn of_two_that_are_as_old_the_first_by_name_runs() {
    let mut registry = Registry::default();
    registry.see(scaler("b", "web", 3, json!({})));
    registry.see(scaler("a", "web", 3, json!({})));
    assert_eq!(
        (refusal(&registry, "a"), refusal(&registry, "b").map(|(reason, _)| reason)),
        (None, Some("TargetTaken"))
    );
}

#[test]
fn one_that_is_badly_written_is_refused_with_all_its_problems() {
    let mut registry = Registry::default();
    registry.see(scaler("bad", "web", 3, json!({"minReplicas": 30, "hold": "25h"})));
    let words = "spec.minReplicas 30 is above spec.maxReplicas 20\nspec.hold 25h is longer than 24h";
    assert_eq!(refusal(&registry, "bad"), Some(("InvalidSpec", words.to_owned())));
    registry.see(scaler("worse", "api", 3, json!({"maxReplicas": "many"})));
    let (reason, words) = refusal(&registry, "worse").unwrap();
    assert_eq!(reason, "InvalidSpec");
    assert!(words.starts_with("spec.maxReplicas: invalid type: string \"many\""), "{words}");
}

#[test]
fn one_that_ran_goes_on_when_its_next_spec_is_refused() {
    let mut registry = Registry::default();
    registry.see(scaler("gateway", "web", 3, json!({})));
    registry.see(scaler("gateway", "web", 3, json!({"minReplicas": 30})));
    let charge = charge(&registry, "gateway");
    assert_eq!(charge.spec.settings.limits.min, 1);
    assert_eq!(charge.refusal.as_deref(), Some("spec.minReplicas 30 is above spec.maxReplicas 20"));
}

#[test]
fn our_own_status_concerns_nobody() {
    let mut registry = Registry::default();
    assert_eq!(names(&registry.see(scaler("gateway", "web", 3, json!({})))), ["gateway"]);
    assert_eq!(names(&registry.see(scaler("gateway", "web", 3, json!({})))), [""; 0]);
}

#[test]
fn events_reach_those_that_select_them_until_two_weeks_after() {
    let mut registry = Registry::default();
    registry.see(scaler("all", "web", 3, json!({})));
    registry.see(scaler("some", "api", 3, json!({"events": {"selector": {"matchLabels": {"team": "x"}}}})));
    let night = |starts_at: &str| json!({"type": "kick-off", "startsAt": starts_at, "duration": "2h"});
    assert_eq!(names(&registry.see(event("final", &night("2026-07-07T19:00:00Z")))), ["all"]);
    assert_eq!(names(&registry.see(event("final", &night("2026-07-07T19:00:00Z")))), [""; 0]);
    registry.see(event("old", &night("2026-06-01T19:00:00Z")));
    registry.see(event("bad", &json!({"type": "kick-off", "startsAt": "2026-07-07T19:00:00Z"})));
    let planned = charge(&registry, "all").events.iter().map(|event| event.name.clone()).collect::<Vec<_>>();
    assert_eq!(planned, ["final"]);
    assert_eq!(charge(&registry, "some").events.len(), 0);
    assert_eq!(names(&registry.see(News::Event(Sighting::Gone(key("final"))))), ["all"]);
    assert_eq!(charge(&registry, "all").events.len(), 0);
}

#[test]
fn an_hpa_concerns_the_scaler_of_its_target_or_name() {
    let mut registry = Registry::default();
    registry.see(scaler("gateway", "web", 3, json!({})));
    registry.see(scaler("orders", "orders", 3, json!({"hpa": {"attachTo": "by-hand"}})));
    let reason = |registry: &Registry, name| charge(registry, name).judgement.finding.reason;
    assert_eq!((reason(&registry, "gateway"), reason(&registry, "orders")), ("Creating", "NotFound"));
    assert_eq!(names(&registry.see(hpa("rival", "web"))), ["gateway"]);
    assert_eq!(reason(&registry, "gateway"), "SecondHpa");
    assert_eq!(names(&registry.see(hpa("rival", "other"))), ["gateway"]);
    assert_eq!(reason(&registry, "gateway"), "Creating");
    assert_eq!(names(&registry.see(hpa("by-hand", "orders"))), ["orders"]);
    assert_eq!(reason(&registry, "orders"), "Misconfigured");
    assert_eq!(names(&registry.see(hpa("gateway", "web"))), ["gateway"]);
    assert_eq!(reason(&registry, "gateway"), "NotOurs");
    assert_eq!(names(&registry.see(News::Hpa(Sighting::Gone(key("gateway"))))), ["gateway"]);
    assert_eq!(reason(&registry, "gateway"), "Creating");
}
