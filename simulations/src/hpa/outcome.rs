//! What one sync did and why, in the controller's own words: the conditions of the HPA's status and its events.
//! Each type prints the message; `reason` gives the word that `kubectl describe` shows beside it.

use std::fmt;
use std::sync::Arc;

/// The result of one sync.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Replicas that the target is asked to have from now on.
    pub desired_replicas: u32,
    /// The metric that decided; `None` where no metric did.
    pub metric: Option<Arc<str>>,
    /// Condition `AbleToScale`.
    pub able_to_scale: AbleToScale,
    /// Condition `ScalingActive`; `None` where the size was corrected without a look at the metrics.
    pub scaling_active: Option<ScalingActive>,
    /// Condition `ScalingLimited`; `None` where no recommendation was made.
    pub scaling_limited: Option<ScalingLimited>,
    /// Why the size was changed; `None` where it was not.
    pub rescaled: Option<RescaleReason>,
    /// The metrics that could not be read.
    pub failures: Vec<MetricFailure>,
}

/// A metric that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricFailure {
    /// Reason of the event and of the condition.
    pub reason: &'static str,
    /// What went wrong.
    pub message: String,
    /// The same as it is told when it is the first of several failures.
    pub(crate) retold: String,
}

/// Condition `AbleToScale`: what became of the recommendation. Always true here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AbleToScale {
    /// The size was read, and nothing recommended.
    SucceededGetScale,
    /// The recommendation stands as it is.
    ReadyForNewScale,
    /// An earlier, lower recommendation stands.
    ScaleUpStabilized,
    /// An earlier, higher recommendation stands.
    ScaleDownStabilized,
    /// The target was resized.
    SucceededRescale(u32),
}

/// Condition `ScalingActive`: whether the metrics lead the size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScalingActive {
    /// True: this metric asks for most.
    ValidMetricFound(Arc<str>),
    /// False: the target was set to zero by hand.
    ScalingDisabled,
    /// False: nothing could be computed, or only less than is there while a metric fails.
    Failed {
        /// Reason of the first failing metric.
        reason: &'static str,
        /// What went wrong with it.
        cause: String,
        /// The failures as one event tells them.
        summary: String,
    },
}

/// Condition `ScalingLimited`: what held the recommendation back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScalingLimited {
    /// False: nothing.
    DesiredWithinRange,
    /// True: the rate upwards.
    ScaleUpLimit,
    /// True: the rate downwards.
    ScaleDownLimit,
    /// True: `maxReplicas`.
    TooManyReplicas,
    /// True: `minReplicas`.
    TooFewReplicas,
}

/// Why the target was resized.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RescaleReason {
    /// It was larger than `maxReplicas`.
    AboveMaxReplicas,
    /// It was smaller than `minReplicas`.
    BelowMinReplicas,
    /// This metric asks for more.
    AboveTarget(Arc<str>),
    /// No metric asks for as much.
    AllBelowTarget,
    /// The metrics ask for what is there, and an earlier recommendation moved it.
    Unnamed,
}

impl Outcome {
    /// The events of this sync, as `Reason: message`, in the order in which the controller sends them.
    pub fn events(&self) -> Vec<String> {
        let failures = self.failures.iter().map(|failure| format!("{}: {}", failure.reason, failure.message));
        let mut events: Vec<_> = failures.collect();
        if let Some(ScalingActive::Failed { summary, .. }) = &self.scaling_active {
            events.push(format!("FailedComputeMetricsReplicas: {summary}"));
        }
        if let Some(reason) = &self.rescaled {
            events.push(format!("SuccessfulRescale: New size: {}; reason: {reason}", self.desired_replicas));
        }
        events
    }
}

impl ScalingActive {
    /// The failure of all metrics that matter, told by the first of `failures`.
    pub(crate) fn failed(failures: &[MetricFailure], metrics: usize) -> Option<Self> {
        let first = failures.first()?;
        let summary = format!(
            "invalid metrics ({} invalid out of {metrics}), first error is: {}",
            failures.len(),
            first.retold
        );
        Some(Self::Failed { reason: first.reason, cause: first.message.clone(), summary })
    }

    /// Whether the condition is true.
    pub fn is_true(&self) -> bool {
        matches!(self, Self::ValidMetricFound(_))
    }

    /// Reason of the condition.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::ValidMetricFound(_) => "ValidMetricFound",
            Self::ScalingDisabled => "ScalingDisabled",
            Self::Failed { reason, .. } => reason,
        }
    }
}

impl fmt::Display for ScalingActive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ValidMetricFound(metric) => {
                write!(f, "the HPA was able to successfully calculate a replica count from {metric}")
            }
            Self::ScalingDisabled => {
                f.write_str("scaling is disabled since the replica count of the target is zero")
            }
            Self::Failed { cause, .. } => {
                write!(f, "the HPA was unable to compute the replica count: {cause}")
            }
        }
    }
}

impl fmt::Display for AbleToScale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SucceededGetScale => {
                f.write_str("the HPA controller was able to get the target's current scale")
            }
            Self::ReadyForNewScale => f.write_str("recommended size matches current size"),
            Self::ScaleUpStabilized => f.write_str(
                "recent recommendations were lower than current one, applying the lowest recent recommendation",
            ),
            Self::ScaleDownStabilized => f.write_str(
                "recent recommendations were higher than current one, applying the highest recent recommendation",
            ),
            Self::SucceededRescale(replicas) => {
                write!(f, "the HPA controller was able to update the target scale to {replicas}")
            }
        }
    }
}

impl fmt::Display for ScalingLimited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DesiredWithinRange => "the desired count is within the acceptable range",
            Self::ScaleUpLimit => {
                "the desired replica count is increasing faster than the maximum scale rate"
            }
            Self::ScaleDownLimit => {
                "the desired replica count is decreasing faster than the maximum scale rate"
            }
            Self::TooManyReplicas => "the desired replica count is more than the maximum replica count",
            Self::TooFewReplicas => "the desired replica count is less than the minimum replica count",
        })
    }
}

impl fmt::Display for RescaleReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AboveMaxReplicas => f.write_str("Current number of replicas above Spec.MaxReplicas"),
            Self::BelowMinReplicas => f.write_str("Current number of replicas below Spec.MinReplicas"),
            Self::AboveTarget(metric) => write!(f, "{metric} above target"),
            Self::AllBelowTarget => f.write_str("All metrics below target"),
            Self::Unnamed => Ok(()),
        }
    }
}
