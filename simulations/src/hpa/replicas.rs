//! From a metric's value to a replica count: the arithmetic of Kubernetes' `replica_calculator.go`, in the same
//! order and with the same integer divisions, so that the same roundings come out.

use super::behavior::Tolerance;
use super::metric::{CpuTarget, ExternalTarget};
use super::pods::{Fleet, Group};

/// The target's size as its scale subresource tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    /// Replicas asked for (`spec.replicas`).
    pub spec_replicas: u32,
    /// Pods that exist (`status.replicas`), ready or not.
    pub status_replicas: u32,
}

/// Replicas for an external metric whose items sum up to `sum_milli`.
pub(crate) fn for_external(
    target: ExternalTarget,
    sum_milli: i64,
    scale: Scale,
    fleet: &Fleet,
    tolerance: Tolerance,
) -> Result<i64, String> {
    match target {
        ExternalTarget::AverageValue(target) => {
            // The controller takes a negative sum for an overflow.
            let sum = if sum_milli < 0 { i64::MAX } else { sum_milli };
            Ok(per_pod(target as f64, sum as f64, scale, tolerance))
        }
        ExternalTarget::Value(target) => in_total(sum_milli as f64 / target as f64, scale, fleet, tolerance),
    }
}

/// `GetExternalPerPodMetricReplicas`: blind to readiness; inside the tolerance it keeps the pods that exist.
fn per_pod(target: f64, sum: f64, scale: Scale, tolerance: Tolerance) -> i64 {
    let ratio = sum / (target * f64::from(scale.status_replicas));
    if tolerance.allows(ratio) { i64::from(scale.status_replicas) } else { whole(sum / target) }
}

/// `GetExternalMetricReplicas`: the ratio applies to the ready pods only, so it under-scales while pods start.
fn in_total(ratio: f64, scale: Scale, fleet: &Fleet, tolerance: Tolerance) -> Result<i64, String> {
    if scale.spec_replicas == 0 {
        return Ok(whole(ratio));
    }
    if tolerance.allows(ratio) {
        return Ok(i64::from(scale.spec_replicas));
    }
    if fleet.pods == 0 {
        return Err(format!("unable to calculate ready pods: {NO_PODS}"));
    }
    Ok(whole(ratio * fleet.ready_pods as f64))
}

/// `GetResourceReplicas`: the ratio of the measured pods, then once more with those that tell nothing put in on
/// the cautious side. A guess about them may stop a change of size, never turn it around.
pub(crate) fn for_cpu(
    target: CpuTarget,
    current: u32,
    fleet: &Fleet,
    tolerance: Tolerance,
) -> Result<i64, String> {
    readable(fleet)?;
    let ratio = cpu_ratio(target, &fleet.measured)?;
    let current = i64::from(current);
    let grows_with_unready = 0 < fleet.unready.pods && 1.0 < ratio;
    if !grows_with_unready && fleet.missing.pods == 0 {
        let steady = tolerance.allows(ratio);
        return Ok(if steady { current } else { whole(ratio * fleet.measured.pods as f64) });
    }

    let group = cautious(target, ratio, fleet);
    let cautious_ratio = cpu_ratio(target, &group)?;
    let proposal = whole(cautious_ratio * group.pods as f64);
    let turns_around = (ratio < 1.0 && 1.0 < cautious_ratio) || (1.0 < ratio && cautious_ratio < 1.0);
    let contradicts_itself =
        (cautious_ratio < 1.0 && current < proposal) || (1.0 < cautious_ratio && proposal < current);
    let keeps = tolerance.allows(cautious_ratio) || turns_around || contradicts_itself;
    Ok(if keeps { current } else { proposal })
}

fn readable(fleet: &Fleet) -> Result<(), String> {
    if fleet.known_to_metrics == 0 {
        return Err(
            "unable to get metrics for resource cpu: no metrics returned from resource metrics API".into()
        );
    }
    if fleet.pods == 0 {
        return Err(NO_PODS.into());
    }
    if fleet.measured.pods == 0 {
        return Err("did not receive metrics for targeted pods (pods might be unready)".into());
    }
    Ok(())
}

/// What the measured pods use, in parts of the target. The divisions cut off, as the controller's do.
fn cpu_ratio(target: CpuTarget, group: &Group) -> Result<f64, String> {
    match target {
        CpuTarget::AverageUtilization(percent) => {
            let used = (group.use_millicores * 100).checked_div(group.request_millicores);
            used.map(|used| used as f64 / percent as f64)
                .ok_or_else(|| "no metrics returned matched known pods".into())
        }
        CpuTarget::AverageValue(millicores) => {
            Ok((group.use_millicores / group.pods) as f64 / millicores as f64)
        }
    }
}

/// The measured pods and those that tell nothing: on the way down, a missing pod uses all that it may; on the way
/// up, missing and unready ones use nothing.
fn cautious(target: CpuTarget, ratio: f64, fleet: &Fleet) -> Group {
    if ratio < 1.0 {
        return fleet.measured.with(fleet.missing, full_use(target, &fleet.missing));
    }
    if 1.0 < ratio {
        return fleet.measured.with(fleet.missing, 0).with(fleet.unready, 0);
    }
    fleet.measured
}

/// What the missing pods might use at most: their request (the target, when it lies above), or the target itself.
/// The pods of one workload request the same, so the rounding of one pod stands for all.
fn full_use(target: CpuTarget, missing: &Group) -> i64 {
    match target {
        CpuTarget::AverageUtilization(percent) => {
            let request_each = missing.request_millicores / missing.pods;
            missing.pods * (request_each * percent.max(100) / 100)
        }
        CpuTarget::AverageValue(millicores) => missing.pods * millicores,
    }
}

const NO_PODS: &str = "no pods returned by selector while calculating replica count";

/// Rounds up, and stays within what `replicas` can hold.
fn whole(replicas: f64) -> i64 {
    (replicas.ceil() as i64).min(i64::from(i32::MAX))
}
