//! What is wrong with an HPA that a scaler attaches to, and what it costs, in words. It is the user's own and is
//! never touched: metrics of theirs stay beside ours.

use k8s_openapi::api::autoscaling::v2::{ExternalMetricSource, HorizontalPodAutoscalerSpec};
use prescale_model::{Limits, Settings};

use super::{
    DEMAND, SCALER_LABEL,
    behavior::{Growth, down_window_s, growth},
    judgement::is_target,
    quantity::is_same,
    quantity_of,
};
use crate::{
    api::CheckedScaler,
    status::{Finding, HPA_HEALTHY},
};

/// Growth within this many seconds costs nothing worth a word: a pod takes as long to start.
const SOON_S: u32 = 15;

/// What is found of the HPA `name` that `scaler` attaches to.
pub(super) fn check_attached(
    scaler: &CheckedScaler,
    name: &str,
    hpa: &HorizontalPodAutoscalerSpec,
) -> Finding {
    let faults = faults(scaler, hpa);
    let costs = costs(&scaler.settings, hpa);
    let listed = |words: Vec<String>| words.join("; ");
    if !faults.is_empty() {
        let message = format!("HPA `{name}` does not follow: {}", listed(faults));
        return Finding::wrong(HPA_HEALTHY, "Misconfigured", message);
    }
    if costs.is_empty() {
        return Finding::well(HPA_HEALTHY, "Attached", format!("HPA `{name}` follows"));
    }
    Finding::well(HPA_HEALTHY, "AttachedAtACost", format!("HPA `{name}` follows; {}", listed(costs)))
}

/// What keeps it from following.
fn faults(scaler: &CheckedScaler, hpa: &HorizontalPodAutoscalerSpec) -> Vec<String> {
    let mut faults = Vec::new();
    let (reference, target) = (&hpa.scale_target_ref, &scaler.target);
    if !is_target(reference, target) {
        faults.push(format!(
            "its scaleTargetRef is {} `{}`, and spec.scaleTargetRef is {} `{}`",
            reference.kind, reference.name, target.kind, target.name
        ));
    }
    if let Err(fault) = metric_fault(scaler, hpa) {
        faults.push(fault);
    }
    if growth(hpa, (1, 2)).seconds.is_none() {
        faults.push("its behavior.scaleUp lets it never grow".to_owned());
    }
    faults
}

/// What is wrong with our metric in it.
fn metric_fault(scaler: &CheckedScaler, hpa: &HorizontalPodAutoscalerSpec) -> Result<(), String> {
    let externals = || hpa.metrics.iter().flatten().filter_map(|metric| metric.external.as_ref());
    let named = |metric: &&ExternalMetricSource| metric.metric.name == DEMAND;
    let ours = |metric: &&ExternalMetricSource| {
        let labels = metric.metric.selector.as_ref().and_then(|selector| selector.match_labels.as_ref());
        labels.and_then(|labels| labels.get(SCALER_LABEL)).is_some_and(|name| *name == scaler.name)
    };
    let wanted = quantity_of(scaler.settings.capacity.nominal());
    let Some(metric) = externals().filter(named).find(ours) else {
        let how = format!(
            "write an External metric `{DEMAND}` with selector {SCALER_LABEL}={} and target AverageValue {}",
            scaler.name, wanted.0
        );
        let what = match externals().find(named) {
            Some(_) => {
                format!("its External metric `{DEMAND}` does not select {SCALER_LABEL}={}", scaler.name)
            }
            None => format!("it has no External metric `{DEMAND}`"),
        };
        return Err(format!("{what}: {how}"));
    };
    let target = &metric.target;
    match &target.average_value {
        Some(value) if target.type_ == "AverageValue" && is_same(value, &wanted) => Ok(()),
        Some(value) if target.type_ == "AverageValue" => Err(format!(
            "its averageValue for `{DEMAND}` is {}, and the scaler plans with {} a replica",
            value.0, wanted.0
        )),
        Some(_) | None => Err(format!(
            "its target type for `{DEMAND}` is {}, which reckons with Ready pods: write AverageValue {}",
            target.type_, wanted.0
        )),
    }
}

/// What it follows late, or not all the way.
fn costs(settings: &Settings, hpa: &HorizontalPodAutoscalerSpec) -> Vec<String> {
    let Limits { min, max } = settings.limits;
    let mut costs = Vec::new();
    let hpa_max = u32::try_from(hpa.max_replicas).unwrap_or(0);
    let hpa_min = u32::try_from(hpa.min_replicas.unwrap_or(1)).unwrap_or(0);
    if hpa_max < max {
        costs.push(format!(
            "plans above its maxReplicas {hpa_max} are not reached, and spec.maxReplicas is {max}"
        ));
    }
    if min < hpa_min {
        costs.push(format!("its minReplicas {hpa_min} keeps more than spec.minReplicas {min}"));
    }
    if hpa_min < min {
        costs.push(format!(
            "its minReplicas {hpa_min} holds fewer than spec.minReplicas {min} if our metric fails"
        ));
    }
    growth_costs(settings, growth(hpa, (min, max.min(hpa_max))), &mut costs);
    let down_window_s = down_window_s(hpa);
    if 0 < down_window_s {
        costs.push(format!(
            "it keeps replicas for {down_window_s} s after the plan has let them go \
             (behavior.scaleDown.stabilizationWindowSeconds: 0 ends that)"
        ));
    }
    costs
}

fn growth_costs(settings: &Settings, growth: Growth, costs: &mut Vec<String>) {
    let Limits { min, max } = settings.limits;
    match growth.seconds {
        Some(seconds) if SOON_S < seconds => costs.push(format!(
            "from {min} to {max} replicas its behavior.scaleUp takes {seconds} s, which the plan reckons with as \
             doublings"
        )),
        Some(_) => {}
        None => costs.push(format!("its behavior.scaleUp does not reach {max} replicas from {min} in an hour")),
    }
    if 0 < growth.window_s {
        costs.push(format!(
            "its behavior.scaleUp waits {} s until it believes a rise, which the plan does not know",
            growth.window_s
        ));
    }
    let tolerance = settings.hpa.tolerance;
    if 1e-9 < (growth.tolerance - tolerance).abs() {
        costs.push(format!(
            "it ignores changes of up to {:.1} %: write spec.hpa.tolerance: {}, which is {tolerance} now",
            growth.tolerance * 100.0,
            growth.tolerance
        ));
    }
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
