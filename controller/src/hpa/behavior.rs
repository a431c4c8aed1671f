//! How fast an HPA lets its replicas grow, and how long it keeps them: the rules of its controller, for one that
//! somebody else has written.

use k8s_openapi::api::autoscaling::v2::{
    HPAScalingPolicy, HPAScalingRules, HorizontalPodAutoscalerBehavior, HorizontalPodAutoscalerSpec,
};

use super::quantity::value_of;

/// The window within which an HPA keeps the most that it wanted, where none is written
/// (`--horizontal-pod-autoscaler-downscale-stabilization`).
const USUAL_DOWN_WINDOW_S: i32 = 300;
/// Time between two syncs.
const SYNC_S: u32 = 15;
/// Relative change that is ignored where none is written (`--horizontal-pod-autoscaler-tolerance`).
const USUAL_TOLERANCE: f64 = 0.1;
/// After so many syncs, an hour and more, growth is called endless.
const MOST_SYNCS: u32 = 300;

/// What an HPA does between a metric that says more and the pods.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Growth {
    /// Seconds from the fewest replicas to the most; `None` where it never gets there.
    pub(super) seconds: Option<u32>,
    /// Seconds for which it takes the least of what it wanted.
    pub(super) window_s: i32,
    /// Relative change that it ignores.
    pub(super) tolerance: f64,
}

/// How `hpa` grows from `min` to `max`.
pub(super) fn growth(hpa: &HorizontalPodAutoscalerSpec, (min, max): (u32, u32)) -> Growth {
    let rules = hpa.behavior.as_ref().and_then(|behavior| behavior.scale_up.as_ref());
    let window_s = rules.and_then(|rules| rules.stabilization_window_seconds).unwrap_or(0);
    let tolerance = rules.and_then(|rules| rules.tolerance.as_ref()).and_then(value_of);
    Growth {
        seconds: syncs(hpa.behavior.as_ref(), (min, max)).map(|syncs| syncs * SYNC_S),
        window_s,
        tolerance: tolerance.unwrap_or(USUAL_TOLERANCE),
    }
}

/// Seconds for which `hpa` keeps the most that it wanted.
pub(super) fn down_window_s(hpa: &HorizontalPodAutoscalerSpec) -> i32 {
    let rules = hpa.behavior.as_ref().and_then(|behavior| behavior.scale_down.as_ref());
    rules.and_then(|rules| rules.stabilization_window_seconds).unwrap_or(USUAL_DOWN_WINDOW_S)
}

/// Syncs from `min` to `max`; the first one is 0 s after a metric says so, at best.
fn syncs(behavior: Option<&HorizontalPodAutoscalerBehavior>, (min, max): (u32, u32)) -> Option<u32> {
    let mut sizes = vec![min.max(1)];
    while sizes.last().is_some_and(|size| *size < max) {
        let next = next_size(behavior, &sizes);
        if MOST_SYNCS <= sizes.len() as u32 || next <= sizes[sizes.len() - 1] && is_over(&sizes) {
            return None;
        }
        sizes.push(next);
    }
    Some((sizes.len() as u32).saturating_sub(2))
}

/// Whether nothing has moved for the longest period that a policy may have, half an hour.
fn is_over(sizes: &[u32]) -> bool {
    const LONGEST_PERIOD: usize = 1_800 / SYNC_S as usize;
    let latest = sizes[sizes.len() - 1];
    LONGEST_PERIOD < sizes.len() && sizes[sizes.len() - LONGEST_PERIOD..].iter().all(|size| *size == latest)
}

/// The most that a sync allows after these sizes, one a sync.
fn next_size(behavior: Option<&HorizontalPodAutoscalerBehavior>, sizes: &[u32]) -> u32 {
    let size = sizes[sizes.len() - 1];
    let Some(behavior) = behavior else {
        return size.saturating_mul(2).max(4);
    };
    let rules = behavior.scale_up.as_ref();
    let policies = rules.and_then(|rules| rules.policies.as_deref()).filter(|policies| !policies.is_empty());
    let Some(policies) = policies else {
        return size.saturating_mul(2).max(size.saturating_add(4));
    };
    let limits = policies.iter().map(|policy| limit_of(policy, sizes));
    match select(rules) {
        "Disabled" => size,
        "Min" => limits.min().unwrap_or(size).max(size),
        _ => limits.max().unwrap_or(size).max(size),
    }
}

fn select(rules: Option<&HPAScalingRules>) -> &str {
    rules.and_then(|rules| rules.select_policy.as_deref()).unwrap_or("Max")
}

/// What a policy allows: its change on top of the size at the start of its period.
fn limit_of(policy: &HPAScalingPolicy, sizes: &[u32]) -> u32 {
    let syncs = usize::try_from(policy.period_seconds.max(1) as u32 / SYNC_S).unwrap_or(1).max(1);
    let start = sizes[sizes.len().saturating_sub(syncs)];
    let value = u32::try_from(policy.value).unwrap_or(0);
    match policy.type_.as_str() {
        "Percent" => {
            let share = u64::from(start) * (100 + u64::from(value));
            u32::try_from(share.div_ceil(100)).unwrap_or(u32::MAX)
        }
        _ => start.saturating_add(value),
    }
}

#[cfg(test)]
#[expect(clippy::needless_pass_by_value, reason = "cases are written as values")]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(behavior: serde_json::Value, (min, max): (u32, u32), seconds: Option<u32>) {
        let spec = json!({"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "maxReplicas": max,
            "behavior": behavior.clone()});
        let hpa: HorizontalPodAutoscalerSpec = serde_json::from_value(spec).unwrap();
        assert_eq!(growth(&hpa, (min, max)).seconds, seconds, "{behavior} from {min} to {max}");
    }

    fn up(policies: serde_json::Value, select: &str) -> serde_json::Value {
        json!({"scaleUp": {"policies": policies, "selectPolicy": select}})
    }

    #[test]
    fn an_hpa_without_a_behavior_doubles_each_sync() {
        // WORLD: 2 → 4 → 8 → 10 at 15 s steps.
        check(json!(null), (2, 10), Some(30));
        check(json!(null), (1, 4), Some(0));
        check(json!(null), (10, 400), Some(75));
    }

    #[test]
    fn policies_are_reckoned_as_the_controller_does() {
        let pods = |value: i32, period: i32| json!({"type": "Pods", "value": value, "periodSeconds": period});
        check(up(json!([pods(200, 15)]), "Max"), (3, 200), Some(0));
        check(up(json!([pods(4, 60)]), "Max"), (2, 10), Some(60));
        check(up(json!([pods(4, 15), pods(1, 15)]), "Min"), (2, 5), Some(30));
        check(up(json!([pods(4, 15)]), "Disabled"), (2, 10), None);
        check(json!({"scaleUp": {"stabilizationWindowSeconds": 0}}), (10, 40), Some(15));
    }
}
