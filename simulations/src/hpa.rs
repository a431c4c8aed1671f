//! The Kubernetes HorizontalPodAutoscaler controller, rule for rule, in virtual time: `horizontal.go` and
//! `replica_calculator.go` of 1.37. It takes the HPA as it is written for a cluster and reads no clock: the caller
//! says when it syncs ([`SyncSchedule`]) and what it then finds.

mod behavior;
mod history;
mod metric;
mod outcome;
mod pods;
mod quantity;
mod replicas;
mod spec;
#[cfg(test)]
mod tests;
mod throttle;

use jiff::Timestamp;
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscalerSpec;
use std::cmp::Ordering;

use behavior::{Behavior, DOWN_WINDOW, Tolerance};
use history::{Changes, Recommendations};
use metric::{Metric, Source};
pub use outcome::{AbleToScale, MetricFailure, Outcome, RescaleReason, ScalingActive, ScalingLimited};
use pods::Fleet;
pub use pods::{CpuUse, PodState, PodView};
pub use replicas::Scale;
pub use spec::HpaError;
use spec::Spec;
pub use throttle::{SyncSchedule, sync_period};

/// What the external metrics API answers: the sum of the items, `None` for an empty list, or its error's words.
pub type Reading = Result<Option<f64>, String>;

/// One HPA and what the controller remembers of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Hpa {
    spec: Spec,
    recommendations: Recommendations,
    changes: Changes,
    /// Condition `ScaledToZero`: the HPA itself made the size zero, and may make it larger again.
    scaled_to_zero: bool,
}

/// What the controller finds at a sync.
struct Found {
    now: Timestamp,
    scale: Scale,
    /// Empty where no metric needs the pods.
    fleet: Fleet,
}

/// What the metrics ask for, before it is stabilized and limited.
struct Proposal<'a> {
    replicas: i64,
    metric: &'a Metric,
}

impl Hpa {
    /// Checks the HPA as it is written; External metrics and the CPU of Resource metrics can be simulated.
    pub fn new(spec: &HorizontalPodAutoscalerSpec) -> Result<Self, HpaError> {
        let spec = Spec::check(spec)?;
        let (recommendations, changes) = (Recommendations::default(), Changes::default());
        Ok(Self { spec, recommendations, changes, scaled_to_zero: false })
    }

    /// Looks at the target once, as the controller does each [`sync_period`].
    ///
    /// `pods` is run through only if a metric needs it. `external` is asked for each External metric by its name,
    /// and answers in the metric's own unit; thousandths are the finest that Kubernetes knows.
    pub fn sync(
        &mut self,
        now: Timestamp,
        scale: Scale,
        pods: impl IntoIterator<Item = PodView>,
        external: impl FnMut(&str) -> Reading,
    ) -> Outcome {
        let current = scale.spec_replicas;
        self.recommendations.open(now, current.into());
        let mut outcome = Outcome::unchanged(current);
        if current == 0 && !self.scaled_to_zero {
            outcome.scaling_active = Some(ScalingActive::ScalingDisabled);
        } else if self.spec.max_replicas < current {
            outcome.resize(self.spec.max_replicas, RescaleReason::AboveMaxReplicas);
        } else if current < self.spec.min_replicas {
            outcome.resize(self.spec.min_replicas, RescaleReason::BelowMinReplicas);
        } else {
            let reads_pods = self.spec.reads_pods();
            let fleet = if reads_pods { Fleet::of(pods, now) } else { Fleet::default() };
            self.follow(&Found { now, scale, fleet }, external, &mut outcome);
        }
        self.remember(now, current, outcome.desired_replicas);
        outcome
    }

    /// Follows the metrics, as far as windows, rates and limits let it.
    fn follow(&mut self, found: &Found, external: impl FnMut(&str) -> Reading, outcome: &mut Outcome) {
        let Some(proposal) = propose(&self.spec, found, external, &mut outcome.failures) else {
            outcome.scaling_active = ScalingActive::failed(&outcome.failures, self.spec.metrics.len());
            return;
        };
        let metric = proposal.metric.description.clone();
        let current = i64::from(found.scale.spec_replicas);
        let wanted = proposal.replicas.max(0);
        let (stable, able_to_scale) = self.stabilize(found.now, current, wanted);
        let (allowed, limited) = self.limit(found.now, current, stable);
        outcome.able_to_scale = able_to_scale;
        outcome.scaling_active = Some(ScalingActive::ValidMetricFound(metric.clone()));
        outcome.scaling_limited = Some(limited);
        outcome.metric = Some(metric.clone());
        if allowed != found.scale.spec_replicas {
            let reason = match wanted.cmp(&current) {
                Ordering::Greater => RescaleReason::AboveTarget(metric),
                Ordering::Less => RescaleReason::AllBelowTarget,
                Ordering::Equal => RescaleReason::Unnamed,
            };
            outcome.resize(allowed, reason);
        }
    }

    /// Lets earlier recommendations have their say, and notes this one.
    fn stabilize(&mut self, now: Timestamp, current: i64, wanted: i64) -> (i64, AbleToScale) {
        let (stable, keep) = match &self.spec.behavior {
            Some(Behavior { up, down }) => {
                let lowest = self.recommendations.within(now, up.window).fold(wanted, i64::min);
                let highest = self.recommendations.within(now, down.window).fold(wanted, i64::max);
                (current.max(lowest).min(highest), up.window.max(down.window))
            }
            None => (self.recommendations.up_to(now, DOWN_WINDOW).fold(wanted, i64::max), DOWN_WINDOW),
        };
        self.recommendations.record(now, wanted, keep);
        let able_to_scale = if stable == wanted {
            AbleToScale::ReadyForNewScale
        } else if self.spec.behavior.is_some() && current <= wanted {
            AbleToScale::ScaleUpStabilized
        } else {
            AbleToScale::ScaleDownStabilized
        };
        (stable, able_to_scale)
    }

    /// Keeps the size within its limits, and its change within the allowed rate.
    fn limit(&self, now: Timestamp, current: i64, stable: i64) -> (u32, ScalingLimited) {
        let (floor, ceiling) = match &self.spec.behavior {
            Some(Behavior { down, .. }) if stable < current => {
                (down.floor(now, current, &self.changes), i64::MAX)
            }
            Some(Behavior { up, .. }) => (0, up.ceiling(now, current, &self.changes)),
            // Without `behavior` a target may at most double in a sync, or grow to four.
            None => (0, (2 * current).max(4)),
        };
        let (min, max) = (self.spec.min_replicas, self.spec.max_replicas);
        let least = floor.max(min.into());
        let most = ceiling.min(max.into());
        let limited = if stable < least {
            if i64::from(min) < floor {
                ScalingLimited::ScaleDownLimit
            } else {
                ScalingLimited::TooFewReplicas
            }
        } else if most < stable {
            if ceiling < i64::from(max) {
                ScalingLimited::ScaleUpLimit
            } else {
                ScalingLimited::TooManyReplicas
            }
        } else {
            ScalingLimited::DesiredWithinRange
        };
        let allowed = stable.min(most).max(least);
        (u32::try_from(allowed).unwrap_or(max), limited)
    }

    /// Notes a change of size, also for the policies; an HPA without `behavior` has none.
    fn remember(&mut self, now: Timestamp, before: u32, after: u32) {
        let change = i64::from(after) - i64::from(before);
        if change != 0 {
            self.scaled_to_zero = after == 0;
        }
        if let Some(Behavior { up, down }) = &self.spec.behavior
            && change != 0
        {
            let rules = if 0 < change { up } else { down };
            self.changes.record(now, change, rules.longest_period());
        }
    }
}

impl Outcome {
    fn unchanged(replicas: u32) -> Self {
        Self {
            desired_replicas: replicas,
            metric: None,
            able_to_scale: AbleToScale::SucceededGetScale,
            scaling_active: None,
            scaling_limited: None,
            rescaled: None,
            failures: Vec::new(),
        }
    }

    fn resize(&mut self, replicas: u32, reason: RescaleReason) {
        self.desired_replicas = replicas;
        self.able_to_scale = AbleToScale::SucceededRescale(replicas);
        self.rescaled = Some(reason);
    }
}

/// The most that any metric asks for. A failing metric might ask for more than the others do: with one, nothing
/// is proposed that is less than what is there.
fn propose<'a>(
    spec: &'a Spec,
    found: &Found,
    mut external: impl FnMut(&str) -> Reading,
    failures: &mut Vec<MetricFailure>,
) -> Option<Proposal<'a>> {
    let mut most: Option<Proposal<'a>> = None;
    for metric in &spec.metrics {
        match replicas_for(metric, spec.tolerance, found, &mut external) {
            Ok(replicas) if most.as_ref().is_none_or(|most| most.replicas < replicas) => {
                most = Some(Proposal { replicas, metric });
            }
            Ok(_) => {}
            Err(message) => failures.push(MetricFailure {
                reason: metric.failure_reason(),
                retold: metric.retold(&message),
                message,
            }),
        }
    }
    most.filter(|most| failures.is_empty() || i64::from(found.scale.spec_replicas) <= most.replicas)
}

fn replicas_for(
    metric: &Metric,
    tolerance: Tolerance,
    found: &Found,
    external: &mut impl FnMut(&str) -> Reading,
) -> Result<i64, String> {
    let Found { scale, fleet, .. } = found;
    match &metric.source {
        Source::External { name, target, .. } => {
            let sum_milli = read(external(name)).map_err(|cause| metric.unread(&cause))?;
            replicas::for_external(*target, sum_milli, *scale, fleet, tolerance)
        }
        Source::Cpu(target) => replicas::for_cpu(*target, scale.spec_replicas, fleet, tolerance)
            .map_err(|cause| metric.unread(&cause)),
    }
}

/// The value in thousandths, or what the controller's metrics client says about the lack of one.
fn read(reading: Reading) -> Result<i64, String> {
    let from_api = |error| format!("unable to fetch metrics from external metrics API: {error}");
    match reading.map_err(from_api)? {
        None => Err("no metrics returned from external metrics API".to_owned()),
        // What is no number cannot be written as a quantity either, so the client could not read it.
        Some(value) if !value.is_finite() => Err(from_api(format!("unable to parse quantity {value}"))),
        Some(value) => Ok((value * 1000.0).round() as i64),
    }
}
