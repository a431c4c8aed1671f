//! The HPA that follows a scaler, as the JSON that is applied.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use prescale_controller::{
    api::{Manifest, read_manifests},
    hpa::desired_hpa,
};
use serde_json::{Value, json};

/// The HPA of a scaler of a given capacity and at most 20 replicas, with `extra` keys in its spec.
fn hpa_of(capacity: &str, extra: &str) -> Value {
    hpa_with(&format!("perReplica: {capacity}"), extra)
}

fn hpa_with(capacity: &str, extra: &str) -> Value {
    let text = format!(
        "apiVersion: prescale.dev/v1alpha1\nkind: PredictiveScaler\nmetadata: {{name: gateway}}\nspec:\n  \
         {{scaleTargetRef: {{name: web}}, minReplicas: 2, maxReplicas: 20, demand: {{push: {{}}}}, \
         capacity: {{{capacity}}}, {extra}}}"
    );
    let manifests = read_manifests(&text, "f.yaml").unwrap();
    let [Manifest::PredictiveScaler(scaler)] = &manifests[..] else { panic!("another kind") };
    serde_json::to_value(desired_hpa(&scaler.check().unwrap())).unwrap()
}

#[test]
fn a_created_hpa_reaches_the_plan_in_one_sync_and_adds_no_window_to_it() {
    let hpa = hpa_of("250", "mode: Active");
    assert_eq!(hpa["scaleTargetRef"], json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}));
    assert_eq!((&hpa["minReplicas"], &hpa["maxReplicas"]), (&json!(2), &json!(20)));
    let metric = json!({"name": "demand", "selector": {"matchLabels": {"prescale.dev/scaler": "gateway"}}});
    let target = json!({"type": "AverageValue", "averageValue": "250"});
    assert_eq!(
        hpa["metrics"],
        json!([{"type": "External", "external": {"metric": metric, "target": target}}])
    );
    let rules = |kind: &str, value: i32| {
        json!({
            "policies": [{"type": kind, "value": value, "periodSeconds": 15}],
            "selectPolicy": "Max",
            "stabilizationWindowSeconds": 0,
            "tolerance": "0",
        })
    };
    assert_eq!(hpa["behavior"], json!({"scaleUp": rules("Pods", 20), "scaleDown": rules("Percent", 100)}));
}

#[test]
fn without_plans_the_hpa_holds_the_window_itself() {
    let window = |extra| hpa_of("250", extra)["behavior"]["scaleDown"]["stabilizationWindowSeconds"].clone();
    assert_eq!(window("mode: Active"), 0);
    assert_eq!(window("mode: Paused"), 120);
    assert_eq!(window("mode: Shadow, scaling: {downWindow: 1m}"), 60);
    assert_eq!(window("mode: Paused, scaling: {downWindow: 2h}"), 3600);
}

#[test]
fn an_attached_hpa_is_reckoned_with_at_its_defaults() {
    let behavior = |extra| hpa_of("250", extra)["behavior"].clone();
    let usual = json!({"scaleUp": {"tolerance": "100m"}, "scaleDown": {"tolerance": "100m"}});
    assert_eq!(behavior("hpa: {attachTo: mine}"), usual);
    let fine = json!({"scaleUp": {"tolerance": "50m"}, "scaleDown": {"tolerance": "50m"}});
    assert_eq!(behavior("hpa: {attachTo: mine, tolerance: 0.05}"), fine);
}

#[test]
fn capacity_is_said_in_thousandths_and_never_above_what_was_written() {
    let target = |capacity| hpa_of(capacity, "")["metrics"][0]["external"]["target"]["averageValue"].clone();
    assert_eq!(target("2.5"), "2500m");
    assert_eq!(target("0.29"), "290m");
    assert_eq!(target("33.33399"), "33333m");
    assert_eq!(target("1e12"), "1000000000000");
    assert_eq!(target("0.001"), "1m");
}

#[test]
fn the_target_of_a_learned_capacity_is_a_constant() {
    let target = |start: &str| {
        let learn = format!("learn: {{latencyObjective: 200ms, query: p99{start}}}");
        hpa_with(&learn, "")["metrics"][0]["external"]["target"]["averageValue"].clone()
    };
    assert_eq!(target(", startWith: 100"), "100");
    assert_eq!(target(", startWith: 0.29"), "290m");
    assert_eq!(target(""), "1");
}
