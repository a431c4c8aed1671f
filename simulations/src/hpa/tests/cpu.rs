//! Metrics that look at the pods: CPU, and the External `Value`, whose ratio applies to the ready ones.

use super::*;
use jiff::SignedDuration;

/// A pod of the controller's own unit tests: old, of one core, with this CPU, or without a measurement.
fn pod(is_ready: bool, cpu: Option<f64>) -> PodView {
    let (started, window) = (at(0), SignedDuration::from_secs(60));
    let state = match is_ready {
        true => PodState::Ready { started, since: started },
        false => PodState::Unready { started, since: started },
    };
    let cpu_use = cpu.map(|millicores| CpuUse { millicores, at: at(3600), window });
    PodView { state, leaving: false, cpu_request_millicores: 1000, cpu_use }
}

fn check_cpu(name: &str, target: i32, pods: &[PodView], expected: u32) {
    check_cpu_of(name, target, pods, u32::try_from(pods.len()).unwrap(), expected);
}

/// The same with a target that asks for `current` replicas, whatever pods there are.
fn check_cpu_of(name: &str, target: i32, pods: &[PodView], current: u32, expected: u32) {
    let metric = json!({"type": "Resource", "resource": {
        "name": "cpu", "target": {"type": "Utilization", "averageUtilization": target}}});
    let behavior = json!({"scaleDown": {"stabilizationWindowSeconds": 0}});
    let scale = sized(current);
    let mut hpa = hpa((1, 100), &json!([metric]), Some(behavior));
    let outcome = hpa.sync(at(3600), scale, pods.iter().copied(), |_| Ok(None));
    assert_eq!(outcome.desired_replicas, expected, "{name}");
}

/// Names and numbers of `horizontal_test.go` and `replica_calculator_test.go`.
#[test]
fn cpu_cases_of_the_controllers_own_tests_hold() {
    let ready = |cpu| pod(true, Some(cpu));
    let unready = |cpu| pod(false, Some(cpu));
    let missing = pod(true, None);
    check_cpu("TestScaleUp", 30, &[ready(300.0), ready(500.0), ready(700.0)], 5);
    check_cpu("TestScaleUpUnreadyLessScale", 30, &[unready(300.0), ready(500.0), ready(700.0)], 4);
    check_cpu("TestReplicaCalcMissingMetrics", 100, &[ready(400.0), ready(95.0), missing, missing], 3);
    check_cpu("TestReplicaCalcMissingMetricsNoChangeEq", 100, &[ready(1000.0), missing], 2);
    check_cpu("TestReplicaCalcMissingMetricsNoChangeGt", 100, &[ready(1900.0), missing], 2);
    check_cpu("TestReplicaCalcMissingMetricsNoChangeLt", 100, &[ready(600.0), missing], 2);
    check_cpu("TestReplicaCalcMissingMetricsUnreadyChange", 50, &[unready(100.0), ready(450.0), missing], 3);
    check_cpu(
        "TestReplicaCalcMissingMetricsUnreadyScaleUp",
        50,
        &[unready(100.0), ready(2000.0), missing],
        4,
    );
    let low = [unready(100.0), ready(100.0), ready(100.0), missing];
    check_cpu("TestReplicaCalcMissingMetricsUnreadyScaleDown", 50, &low, 3);
    let wide = |pod| PodView { cpu_request_millicores: 2000, ..pod };
    let over_100 = [unready(200.0), ready(100.0), wide(ready(100.0)), wide(missing)];
    check_cpu("TestReplicaCalcMissingMetricsScaleDownTargetOver100", 300, &over_100, 2);
    let surge = [ready(100.0), ready(100.0), missing];
    check_cpu_of("TestReplicaCalcDuringRollingUpdateWithMaxSurge", 50, &surge, 2, 2);
    check_cpu("TestReplicaCalcEmptyMetrics", 100, &[missing; 4], 4);
}

#[test]
fn a_guess_about_missing_pods_never_turns_the_direction() {
    let missing = pod(true, None);
    check_cpu("down, and up with the guess", 50, &[pod(true, Some(400.0)), missing, missing], 3);
    check_cpu("up, and down with the guess", 50, &[pod(true, Some(600.0)), missing, missing], 3);
}

/// `GetRawResourceReplicas`: the mean of the pods against the target, a missing pod counted as the target itself.
#[test]
fn cpu_can_aim_at_millicores_for_each_pod() {
    let size = |target: &str, pods: [PodView; 3]| {
        let metric = json!({"type": "Resource", "resource": {
            "name": "cpu", "target": {"type": "AverageValue", "averageValue": target}}});
        let behavior = json!({"scaleDown": {"stabilizationWindowSeconds": 0}});
        hpa((1, 50), &json!([metric]), Some(behavior))
            .sync(at(3600), sized(3), pods, |_| Ok(None))
            .desired_replicas
    };
    let ready = |cpu| pod(true, Some(cpu));
    assert_eq!(size("250m", [ready(300.0), ready(500.0), ready(700.0)]), 6);
    assert_eq!(size("1", [ready(300.0), ready(300.0), ready(300.0)]), 1);
    assert_eq!(size("1", [ready(300.0), pod(true, None), pod(true, None)]), 3);
}

/// TestReplicaCalcConfigurableToleranceCMExternal (8900 for 8800) and the count of ready pods of External Value.
#[test]
fn an_external_value_counts_ready_pods_only() {
    let size = |value, ready: usize| {
        let metrics = json!([{"type": "External", "external": {"metric": {"name": "qps"},
            "target": {"type": "Value", "value": "8800m"}}}]);
        let behavior = json!({"scaleUp": {"tolerance": "0.01"}});
        let pods = (0..3).map(|i| pod(i < ready, None));
        hpa((1, 50), &metrics, Some(behavior))
            .sync(at(3600), sized(3), pods, |_| Ok(Some(value)))
            .desired_replicas
    };
    assert_eq!(size(8.9, 3), 4);
    assert_eq!(size(17.6, 3), 6);
    assert_eq!(size(17.6, 2), 4);
}
