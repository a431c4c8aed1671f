use super::*;
use crate::api::{Manifest, read_manifests};
use crate::status::Truth;
use serde_json::{Value, json};

fn scaler() -> CheckedScaler {
    let text = "apiVersion: prescale.dev/v1alpha1\nkind: PredictiveScaler\nmetadata: {name: gateway}\nspec:\n  \
        {scaleTargetRef: {name: web}, minReplicas: 3, maxReplicas: 200, demand: {push: {}}, \
        capacity: {perReplica: 250}, hpa: {attachTo: web}}";
    let [Manifest::PredictiveScaler(scaler)] = &read_manifests(text, "f.yaml").unwrap()[..] else {
        panic!("another kind")
    };
    scaler.check().unwrap()
}

/// An HPA without fault or cost.
fn good() -> Value {
    let metric = json!({"name": "demand", "selector": {"matchLabels": {"prescale.dev/scaler": "gateway"}}});
    json!({
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        "minReplicas": 3, "maxReplicas": 200,
        "metrics": [
            {"type": "External", "external": {"metric": metric,
                "target": {"type": "AverageValue", "averageValue": "250"}}},
            {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization",
                "averageUtilization": 80}}},
        ],
        "behavior": {
            "scaleUp": {"policies": [{"type": "Pods", "value": 200, "periodSeconds": 15}]},
            "scaleDown": {"stabilizationWindowSeconds": 0},
        },
    })
}

/// What is said of the good HPA with `value` at `pointer`.
fn check(pointer: &str, value: Value, truth: Truth, words: &str) {
    let mut hpa = good();
    if let Some(place) = hpa.pointer_mut(pointer) {
        *place = value;
    }
    let found = check_attached(&scaler(), "web", &serde_json::from_value(hpa).unwrap());
    assert_eq!((found.truth, found.message.as_ref()), (truth, words), "{pointer}");
}

#[test]
fn an_hpa_that_follows_at_once_is_well_beside_metrics_of_the_users_own() {
    check("/nothing", json!(null), Truth::True, "HPA `web` follows");
}

#[test]
fn what_keeps_it_from_following_is_named() {
    let faulty = |pointer, value, words: &str| {
        check(pointer, value, Truth::False, &format!("HPA `web` does not follow: {words}"));
    };
    faulty(
        "/scaleTargetRef/name",
        json!("api"),
        "its scaleTargetRef is Deployment `api`, and spec.scaleTargetRef is Deployment `web`",
    );
    let how = "write an External metric `demand` with selector prescale.dev/scaler=gateway and target AverageValue 250";
    faulty("/metrics", json!([]), &format!("it has no External metric `demand`: {how}"));
    faulty(
        "/metrics/0/external/metric/selector",
        json!({"matchLabels": {"prescale.dev/scaler": "other"}}),
        &format!("its External metric `demand` does not select prescale.dev/scaler=gateway: {how}"),
    );
    faulty(
        "/metrics/0/external/target",
        json!({"type": "Value", "value": "250"}),
        "its target type for `demand` is Value, which reckons with Ready pods: write AverageValue 250",
    );
    faulty(
        "/metrics/0/external/target/averageValue",
        json!("100"),
        "its averageValue for `demand` is 100, and the scaler plans with 250 a replica",
    );
    faulty(
        "/behavior/scaleUp",
        json!({"policies": [{"type": "Pods", "value": 4, "periodSeconds": 15}], "selectPolicy": "Disabled"}),
        "its behavior.scaleUp lets it never grow",
    );
}

#[test]
fn what_it_costs_is_said() {
    let costly = |pointer, value, words: &str| {
        check(pointer, value, Truth::True, &format!("HPA `web` follows; {words}"));
    };
    costly(
        "/maxReplicas",
        json!(50),
        "plans above its maxReplicas 50 are not reached, and spec.maxReplicas is 200",
    );
    costly("/minReplicas", json!(5), "its minReplicas 5 keeps more than spec.minReplicas 3");
    costly(
        "/behavior/scaleUp",
        json!(null),
        "from 3 to 200 replicas its behavior.scaleUp takes 75 s, which the plan reckons with as doublings",
    );
    costly(
        "/behavior/scaleUp",
        json!({"policies": [{"type": "Pods", "value": 200, "periodSeconds": 15}],
            "stabilizationWindowSeconds": 60, "tolerance": "50m"}),
        "its behavior.scaleUp waits 60 s until it believes a rise, which the plan does not know; it ignores changes \
         of up to 5.0 %: write spec.hpa.tolerance: 0.05, which is 0.1 now",
    );
    costly(
        "/behavior/scaleDown",
        json!(null),
        "it keeps replicas for 300 s after the plan has let them go \
         (behavior.scaleDown.stabilizationWindowSeconds: 0 ends that)",
    );
}
