//! What is read from a file and what is refused, with the place and the words of it.

use prescale_controller::api::{Manifest, read_manifests};

const SCALER: &str = "apiVersion: prescale.dev/v1alpha1
kind: PredictiveScaler
metadata: {name: gateway}
spec:
  scaleTargetRef: {name: gateway}
  maxReplicas: 20
  demand: {push: {}}
  capacity: {perReplica: 250}
";
const EVENT: &str = "apiVersion: prescale.dev/v1alpha1
kind: DemandEvent
metadata: {name: semi-final}
spec: {type: kick-off, startsAt: 2026-07-07T19:00:00Z, duration: 2h}
";

fn check(text: &str, expected: &str) {
    let read = read_manifests(text, "f.yaml");
    let shown = read.map_or_else(
        |error| error.to_string(),
        |manifests| manifests.iter().map(Manifest::to_string).collect::<Vec<_>>().join(", "),
    );
    assert_eq!(shown, expected, "{text}");
}

/// Both objects in one file, with `from` of the scaler written as `to`.
fn check_edited(from: &str, to: &str, expected: &str) {
    assert!(SCALER.contains(from), "{from}");
    check(&format!("{EVENT}---\n{}", SCALER.replace(from, to)), expected);
}

#[test]
fn documents_and_lists_are_read_in_order_and_empty_ones_passed_over() {
    check(&format!("{EVENT}--- # next\n{SCALER}"), "DemandEvent semi-final, PredictiveScaler gateway");
    check(&format!("# a comment\n---\n---\n{EVENT}...\n"), "DemandEvent semi-final");
    check("", "");
    let indented = |text: &str| text.trim_end().replace('\n', "\n    ");
    let list =
        format!("apiVersion: v1\nkind: List\nitems:\n  - {}\n  - {}\n", indented(SCALER), indented(EVENT));
    check(&list, "PredictiveScaler gateway, DemandEvent semi-final");
    let misspelt =
        "f.yaml:15:60: items[1].spec.durations: unknown field `durations`, did you mean `duration`?";
    check(&list.replace("duration", "durations"), misspelt);
}

#[test]
fn an_unknown_key_is_refused_with_place_and_nearest_known_key() {
    let misspelt = "f.yaml:11:3: spec.maxReplica: unknown field `maxReplica`, did you mean `maxReplicas`?";
    check_edited("maxReplicas", "maxReplica", misspelt);
    let nested = "f.yaml:12:12: spec.demand.psh: unknown field `psh`, did you mean `push`?";
    check_edited("push: {}", "psh: {}", nested);
    let far = "f.yaml:13:31: spec.capacity.cats: unknown field `cats`, expected one of `perReplica`, `learn`";
    check_edited("perReplica: 250", "perReplica: 250, cats: 1", far);
    check_edited("spec:", "specs:", "f.yaml:9:1: specs: unknown field `specs`, did you mean `spec`?");
    let value = "f.yaml:10:9: spec.mode: unknown value `shadow`, did you mean `Shadow`?";
    check_edited("spec:\n", "spec:\n  mode: shadow\n", value);
}

#[test]
fn a_value_that_cannot_be_read_is_refused_with_its_place() {
    check_edited("20", "twenty", "f.yaml:11:16: spec.maxReplicas: `twenty` is not a count, 0 or more");
    check_edited("20", "-1 # none", "f.yaml:11:16: spec.maxReplicas: `-1` is not a count, 0 or more");
    check_edited("250", "many", "f.yaml:13:26: spec.capacity.perReplica: `many` is not a number");
    check_edited("250", ".nan", "f.yaml:13:26: spec.capacity.perReplica: `.nan` is not a finite number");
    let duration = "f.yaml:12:25: spec.demand.push.step: `1 minute` is not a duration such as \
                    `5m`, `90s`, `200ms` or `1h30m`";
    check_edited("push: {}", "push: {step: 1 minute}", duration);
    check_edited("  maxReplicas: 20\n", "", "f.yaml:12:3: spec: missing field `maxReplicas`");
    let twice = "f.yaml:12:3: spec: `maxReplicas` is written twice";
    check_edited("maxReplicas: 20", "maxReplicas: 20\n  maxReplicas: 20", twice);
    let broken = "f.yaml:13:13: spec.capacity[0]: mismatched bracket '[' closed by '}'";
    check_edited("capacity: {", "capacity: [", broken);
}

#[test]
fn another_kind_is_refused() {
    let kind = "f.yaml:5: kind: `Deployment` is neither PredictiveScaler nor DemandEvent";
    check_edited("PredictiveScaler", "Deployment", kind);
    let version = "f.yaml:5: apiVersion: `prescale.dev/v1` of PredictiveScaler is not prescale.dev/v1alpha1";
    check_edited("v1alpha1", "v1", version);
    let none = "f.yaml:5: kind: is missing: write PredictiveScaler or DemandEvent";
    check_edited("kind: PredictiveScaler\n", "", none);
    check("- 1\n", "f.yaml:1:1: expected mapping start");
}
