//! Runs of the whole controller: what was measured on a real one, and what its own unit tests state.

mod cpu;

use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

fn hpa((min_replicas, max_replicas): (u32, u32), metrics: &Value, behavior: Option<Value>) -> Hpa {
    let mut written = json!({
        "scaleTargetRef": {"kind": "Deployment", "name": "web"},
        "minReplicas": min_replicas, "maxReplicas": max_replicas, "metrics": metrics,
    });
    if let Some(behavior) = behavior {
        written["behavior"] = behavior;
    }
    Hpa::new(&serde_json::from_value(written).unwrap()).unwrap()
}

fn demand(name: &str) -> Value {
    json!({"type": "External", "external": {
        "metric": {"name": name}, "target": {"type": "AverageValue", "averageValue": "10"}}})
}

fn on_demand(max_replicas: u32, behavior: Option<Value>) -> Hpa {
    hpa((2, max_replicas), &json!([demand("demand")]), behavior)
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn sized(replicas: u32) -> Scale {
    Scale { spec_replicas: replicas, status_replicas: replicas }
}

/// Syncs each 15 s; every pod that is asked for exists at the next sync, and none is ever ready.
fn check(hpa: &mut Hpa, from: u32, values: &[Option<f64>], expected: &[u32]) {
    let mut replicas = from;
    let sizes: Vec<u32> = (0..)
        .zip(values)
        .map(|(sync, value)| {
            replicas = hpa.sync(at(sync * 15), sized(replicas), [], |_| Ok(*value)).desired_replicas;
            replicas
        })
        .collect();
    assert_eq!(sizes, expected);
}

/// Measured on Kubernetes 1.36: AverageValue 10, pods never ready.
#[test]
fn the_runs_of_a_real_controller_are_reproduced() {
    check(&mut on_demand(50, None), 2, &[Some(100.0); 4], &[4, 8, 10, 10]);
    check(&mut on_demand(50, None), 10, &[Some(109.0), Some(111.0)], &[10, 12]);
    let burst = [Some(10_000.0), Some(10_000.0), Some(10_000.0), Some(20.0), None];
    check(&mut on_demand(50, None), 12, &burst, &[24, 48, 50, 50, 50]);
}

#[test]
fn doubling_from_10_to_400_takes_six_syncs() {
    check(&mut on_demand(1000, None), 10, &[Some(4000.0); 6], &[20, 40, 80, 160, 320, 400]);
}

#[test]
fn a_high_recommendation_holds_for_five_minutes_and_one_sync() {
    let mut values = vec![Some(500.0)];
    values.resize(22, Some(20.0));
    let mut expected = vec![50; 21];
    expected.push(2);
    check(&mut on_demand(50, None), 50, &values, &expected);
}

#[test]
fn with_behavior_the_edge_of_the_window_no_longer_counts() {
    let mut values = vec![Some(500.0)];
    values.resize(21, Some(20.0));
    let mut expected = vec![50; 20];
    expected.push(2);
    check(&mut on_demand(50, Some(json!({}))), 50, &values, &expected);
}

#[test]
fn sizes_outside_of_the_limits_are_corrected_without_metrics() {
    let size = |from| on_demand(50, None).sync(at(0), sized(from), [], |_| panic!("no metric is read"));
    assert_eq!(
        size(60).events(),
        ["SuccessfulRescale: New size: 50; reason: \
        Current number of replicas above Spec.MaxReplicas"]
    );
    assert_eq!(size(1).desired_replicas, 2);
    assert_eq!(size(0).desired_replicas, 0);
    assert_eq!(size(0).scaling_active, Some(ScalingActive::ScalingDisabled));
}

/// Since 1.37 an HPA tells a zero of its own from one that was set by hand (`ScaledToZero`).
#[test]
fn an_hpa_comes_back_from_its_own_zero_only() {
    let mut from_zero = hpa((0, 50), &json!([demand("demand")]), None);
    check(&mut from_zero, 0, &[Some(100.0); 2], &[0, 0]);
    let down_at_once = json!({"scaleDown": {"stabilizationWindowSeconds": 0}});
    let mut to_zero = hpa((0, 50), &json!([demand("demand")]), Some(down_at_once));
    check(&mut to_zero, 3, &[Some(0.0), Some(0.0), Some(40.0)], &[0, 0, 4]);
}

#[test]
fn a_failure_is_told_in_the_words_of_the_controller() {
    let outcome = on_demand(50, None).sync(at(0), sized(5), [], |_| Err("no scaler `web`".to_owned()));
    let active = outcome.scaling_active.clone().unwrap();
    let cause = "unable to get external metric default/demand/nil: \
                 unable to fetch metrics from external metrics API: no scaler `web`";
    assert_eq!((active.is_true(), active.reason()), (false, "FailedGetExternalMetric"));
    assert_eq!(active.to_string(), format!("the HPA was unable to compute the replica count: {cause}"));
    assert_eq!(
        outcome.events(),
        [
            format!("FailedGetExternalMetric: {cause}"),
            format!(
                "FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: \
                 failed to get demand external metric value: failed to get demand external metric: {cause}"
            ),
        ]
    );
}

#[test]
fn a_failing_metric_blocks_only_the_way_down() {
    let size = |value: f64| {
        let mut hpa = hpa((2, 50), &json!([demand("broken"), demand("demand")]), None);
        let outcome =
            hpa.sync(at(0), sized(10), [], |name| if name == "demand" { Ok(Some(value)) } else { Ok(None) });
        (outcome.desired_replicas, outcome.scaling_active.is_some_and(|active| active.is_true()))
    };
    assert_eq!(size(150.0), (15, true));
    assert_eq!(size(100.0), (10, true));
    assert_eq!(size(50.0), (10, false));
}

#[test]
fn the_metric_that_asks_for_most_decides() {
    let mut hpa = hpa((2, 50), &json!([demand("lag"), demand("demand")]), None);
    let outcome =
        hpa.sync(at(0), sized(10), [], |name| Ok(Some(if name == "demand" { 180.0 } else { 150.0 })));
    assert_eq!(
        (outcome.desired_replicas, outcome.metric.as_deref()),
        (18, Some("external metric demand(nil)"))
    );
}

#[test]
fn a_value_that_is_no_number_is_a_failure_and_a_negative_one_an_overflow() {
    check(&mut on_demand(50, None), 30, &[Some(f64::NAN), Some(f64::INFINITY)], &[30, 30]);
    check(&mut on_demand(50, None), 30, &[Some(-1.0)], &[50]);
}

#[test]
fn policies_count_the_pods_added_within_their_period() {
    let four_a_minute = json!({"policies": [{"type": "Pods", "value": 4, "periodSeconds": 60}]});
    let mut limited = on_demand(50, Some(json!({"scaleUp": four_a_minute})));
    check(&mut limited, 10, &[Some(400.0); 6], &[14, 14, 14, 14, 18, 18]);
    let mut smallest = on_demand(50, Some(json!({"scaleUp": {"selectPolicy": "Min"}})));
    check(&mut smallest, 10, &[Some(400.0); 2], &[14, 18]);
    let disabled = json!({"scaleUp": {"selectPolicy": "Disabled"}});
    check(&mut on_demand(50, Some(disabled)), 10, &[Some(400.0); 2], &[10, 10]);
    let slowly_down = json!({"scaleDown": {"stabilizationWindowSeconds": 0,
        "policies": [{"type": "Percent", "value": 10, "periodSeconds": 30}]}});
    check(&mut on_demand(50, Some(slowly_down)), 30, &[Some(20.0); 4], &[27, 27, 24, 24]);
}

/// `storeScaleEvent` overwrites what is older than the longest period of its own direction: of the growth by 4 and
/// 2, the policy downwards still sees the 2 only.
#[test]
fn growth_is_forgotten_after_the_longest_period_upwards() {
    let one_a_minute = json!({"stabilizationWindowSeconds": 0,
        "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]});
    let values = [Some(140.0), Some(140.0), Some(160.0), Some(20.0)];
    check(&mut on_demand(50, Some(json!({"scaleDown": one_a_minute}))), 10, &values, &[14, 14, 16, 13]);
}

#[test]
fn percentages_are_rounded_up_on_the_way_up_and_cut_off_on_the_way_down() {
    let tenth = json!({"stabilizationWindowSeconds": 0,
        "policies": [{"type": "Percent", "value": 10, "periodSeconds": 15}]});
    let behavior = json!({"scaleUp": tenth, "scaleDown": tenth});
    check(&mut on_demand(50, Some(behavior.clone())), 2, &[Some(400.0); 3], &[3, 4, 5]);
    check(&mut on_demand(50, Some(behavior)), 25, &[Some(20.0); 3], &[22, 19, 17]);
}

#[test]
fn an_up_window_waits_for_the_lowest_recommendation() {
    let patient = json!({"scaleUp": {"stabilizationWindowSeconds": 30}});
    let values = [Some(100.0), Some(150.0), Some(150.0), Some(200.0)];
    check(&mut on_demand(50, Some(patient)), 10, &values, &[10, 10, 15, 15]);
}

#[test]
fn tolerance_of_an_hpa_is_its_own() {
    let exact = json!({"scaleUp": {"tolerance": "0"}, "scaleDown": {"tolerance": "0.5"}});
    check(&mut on_demand(50, Some(exact)), 10, &[Some(101.0), Some(60.0)], &[11, 11]);
    // TestReplicaCalcConfigurableTolerancePerPodCMExternal: 8600m over 3 pods, target 2800m.
    let written = json!([{"type": "External", "external": {"metric": {"name": "qps"},
        "target": {"type": "AverageValue", "averageValue": "2800m"}}}]);
    check(&mut hpa((2, 50), &written, Some(json!({"scaleUp": {"tolerance": "10m"}}))), 3, &[Some(8.6)], &[4]);
}

proptest! {
    #[test]
    fn the_size_stays_within_its_limits(values in prop::collection::vec(prop::option::of(0.0..1e6f64), 1..60)) {
        for behavior in [None, Some(json!({}))] {
            let mut hpa = on_demand(50, behavior);
            let mut replicas = 20;
            for (sync, value) in (0..).zip(&values) {
                replicas = hpa.sync(at(sync * 15), sized(replicas), [], |_| Ok(*value)).desired_replicas;
                prop_assert!((2..=50).contains(&replicas));
            }
        }
    }

    #[test]
    fn within_the_tolerance_nothing_moves(replicas in 2u32..50, ratio in 0.901..1.099f64) {
        let value = f64::from(replicas) * 10.0 * ratio;
        let outcome = on_demand(50, None).sync(at(0), sized(replicas), [], |_| Ok(Some(value)));
        prop_assert_eq!(outcome.desired_replicas, replicas);
    }

    #[test]
    fn the_size_never_falls_below_what_was_recommended_within_the_window(
        values in prop::collection::vec(20.0..500.0f64, 1..60),
    ) {
        let mut hpa = on_demand(50, None);
        let mut replicas = 50;
        for (sync, value) in values.iter().enumerate() {
            let second = i64::try_from(sync).unwrap() * 15;
            let next = hpa.sync(at(second), sized(replicas), [], |_| Ok(Some(*value))).desired_replicas;
            // Inside the tolerance the recommendation is the size itself, which is no less than 0.9 of the demand.
            let recent = values[sync.saturating_sub(20)..=sync].iter().fold(0.0, |a: f64, b| a.max(*b));
            let floor = (recent / 10.0 / 1.1).floor() as u32;
            prop_assert!(floor.min(replicas) <= next, "{} below {}", next, floor);
            replicas = next;
        }
    }
}
