//! How fast an HPA may follow its metrics: tolerance, stabilization windows, policies. The rules of
//! `behavior` with the API server's defaults, and the older ones of an HPA that has none.

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::autoscaling::v2::{HPAScalingPolicy, HPAScalingRules, HorizontalPodAutoscalerBehavior};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use prescale_controller::hpa::quantity::value_of;

use super::history::Changes;
use super::spec::HpaError;

/// `--horizontal-pod-autoscaler-downscale-stabilization`.
pub(crate) const DOWN_WINDOW: SignedDuration = SignedDuration::from_mins(5);

/// `--horizontal-pod-autoscaler-tolerance`.
const TOLERANCE: f64 = 0.1;

/// How far the ratio of value and target may lie from 1 before anything moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Tolerance {
    pub(crate) up: f64,
    pub(crate) down: f64,
}

impl Default for Tolerance {
    fn default() -> Self {
        Self { up: TOLERANCE, down: TOLERANCE }
    }
}

impl Tolerance {
    /// The HPA's own tolerance, where it has one.
    pub(crate) fn check(written: &HorizontalPodAutoscalerBehavior) -> Result<Self, HpaError> {
        let up = written.scale_up.as_ref().and_then(|rules| rules.tolerance.as_ref());
        let down = written.scale_down.as_ref().and_then(|rules| rules.tolerance.as_ref());
        Ok(Self {
            up: check_tolerance("behavior.scaleUp.tolerance", up)?,
            down: check_tolerance("behavior.scaleDown.tolerance", down)?,
        })
    }

    /// Whether a ratio is near enough to 1 to leave the size as it is.
    pub(crate) fn allows(self, ratio: f64) -> bool {
        1.0 - self.down <= ratio && ratio <= 1.0 + self.up
    }
}

fn check_tolerance(field: &str, written: Option<&Quantity>) -> Result<f64, HpaError> {
    let Some(written) = written else {
        return Ok(TOLERANCE);
    };
    value_of(written)
        .filter(|tolerance| 0.0 <= *tolerance)
        .ok_or_else(|| HpaError::refused(field, &written.0, "must be a quantity of 0 or more"))
}

/// The rules of both directions.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Behavior {
    pub(crate) up: Rules,
    pub(crate) down: Rules,
}

impl Behavior {
    /// Fills in the API server's defaults: upwards the larger of 100 % and 4 pods in 15 s, downwards 100 % in 15 s
    /// with a window of 300 s.
    pub(crate) fn check(written: &HorizontalPodAutoscalerBehavior) -> Result<Self, HpaError> {
        let up = Rules {
            window: SignedDuration::ZERO,
            select: Select::Max,
            policies: vec![Policy::each_15_s(Step::Pods(4)), Policy::each_15_s(Step::Percent(100))],
        };
        let down = Rules {
            window: DOWN_WINDOW,
            select: Select::Max,
            policies: vec![Policy::each_15_s(Step::Percent(100))],
        };
        Ok(Self {
            up: up.overlaid("behavior.scaleUp", written.scale_up.as_ref())?,
            down: down.overlaid("behavior.scaleDown", written.scale_down.as_ref())?,
        })
    }
}

/// The rules of one direction.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rules {
    /// How long earlier recommendations have a say.
    pub(crate) window: SignedDuration,
    select: Select,
    policies: Vec<Policy>,
}

/// Which policy counts, seen from the size of the change.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Select {
    Max,
    Min,
    Disabled,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Policy {
    step: Step,
    period: SignedDuration,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Pods(i64),
    Percent(i64),
}

impl Policy {
    fn each_15_s(step: Step) -> Self {
        Self { step, period: SignedDuration::from_secs(15) }
    }

    fn check(path: &str, written: &HPAScalingPolicy) -> Result<Self, HpaError> {
        if written.value <= 0 {
            return Err(HpaError::refused(&format!("{path}.value"), &written.value, "must be above 0"));
        }
        let period_s = check_range(&format!("{path}.periodSeconds"), written.period_seconds, 1, 1800)?;
        let value = i64::from(written.value);
        let step = match written.type_.as_str() {
            "Pods" => Step::Pods(value),
            "Percent" => Step::Percent(value),
            other => {
                return Err(HpaError::refused(&format!("{path}.type"), other, "must be Pods or Percent"));
            }
        };
        Ok(Self { step, period: SignedDuration::from_secs(period_s) })
    }

    /// The largest size that this policy allows, from the size at the start of its period. Rounded up: a small
    /// percentage of few pods must still be one.
    fn ceiling(self, at_start: i64) -> i64 {
        match self.step {
            Step::Pods(pods) => at_start + pods,
            Step::Percent(percent) => (at_start as f64 * (1.0 + percent as f64 / 100.0)).ceil() as i64,
        }
    }

    /// The smallest size that this policy allows, cut off as the controller cuts it off.
    fn floor(self, at_start: i64) -> i64 {
        match self.step {
            Step::Pods(pods) => at_start - pods,
            Step::Percent(percent) => (at_start as f64 * (1.0 - percent as f64 / 100.0)) as i64,
        }
    }
}

impl Rules {
    /// These rules, with what the author wrote in their place.
    fn overlaid(mut self, path: &str, written: Option<&HPAScalingRules>) -> Result<Self, HpaError> {
        let Some(written) = written else {
            return Ok(self);
        };
        if let Some(window) = written.stabilization_window_seconds {
            let seconds = check_range(&format!("{path}.stabilizationWindowSeconds"), window, 0, 3600)?;
            self.window = SignedDuration::from_secs(seconds);
        }
        if let Some(select) = &written.select_policy {
            self.select = check_select(&format!("{path}.selectPolicy"), select)?;
        }
        if let Some(policies) = &written.policies {
            self.policies = check_policies(&format!("{path}.policies"), policies)?;
        }
        Ok(self)
    }

    /// The longest period that a change of size is remembered for.
    pub(crate) fn longest_period(&self) -> SignedDuration {
        self.policies.iter().map(|policy| policy.period).max().unwrap_or_default()
    }

    /// The largest size that may be asked for now, never below the current one.
    pub(crate) fn ceiling(&self, now: Timestamp, current: i64, changes: &Changes) -> i64 {
        let allowed = self.policies.iter().map(|p| p.ceiling(changes.size_before(now, p.period, current)));
        let limit = match self.select {
            Select::Max => allowed.max(),
            Select::Min => allowed.min(),
            Select::Disabled => None,
        };
        limit.map_or(current, |limit| limit.max(current))
    }

    /// The smallest size that may be asked for now, never above the current one.
    pub(crate) fn floor(&self, now: Timestamp, current: i64, changes: &Changes) -> i64 {
        let allowed = self.policies.iter().map(|p| p.floor(changes.size_before(now, p.period, current)));
        let limit = match self.select {
            Select::Max => allowed.min(),
            Select::Min => allowed.max(),
            Select::Disabled => None,
        };
        limit.map_or(current, |limit| limit.min(current))
    }
}

fn check_select(field: &str, written: &str) -> Result<Select, HpaError> {
    match written {
        "Max" => Ok(Select::Max),
        "Min" => Ok(Select::Min),
        "Disabled" => Ok(Select::Disabled),
        other => Err(HpaError::refused(field, other, "must be Max, Min or Disabled")),
    }
}

fn check_policies(path: &str, written: &[HPAScalingPolicy]) -> Result<Vec<Policy>, HpaError> {
    if written.is_empty() {
        return Err(HpaError::missing(path));
    }
    written.iter().enumerate().map(|(i, policy)| Policy::check(&format!("{path}[{i}]"), policy)).collect()
}

fn check_range(field: &str, value: i32, least: i32, most: i32) -> Result<i64, HpaError> {
    if (least..=most).contains(&value) {
        return Ok(value.into());
    }
    Err(HpaError::refused(field, &value, format!("must be within {least} and {most}")))
}
