//! The HPA as its author wrote it, checked once: defaults filled in, quantities read, what cannot be simulated
//! refused. The rules are those of the API server (`pkg/apis/autoscaling`: defaults and validation).

use k8s_openapi::api::autoscaling::v2::{
    ExternalMetricSource, HorizontalPodAutoscalerSpec, MetricSpec, ResourceMetricSource,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use super::behavior::{Behavior, Tolerance};
use super::metric::{CpuTarget, ExternalTarget, Metric, Source};
use super::quantity::milli;

/// The API server's default for an HPA without `metrics`: 80 % of the requested CPU.
const DEFAULT_CPU_UTILIZATION: i64 = 80;

/// Why an HPA cannot be simulated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HpaError {
    /// Valid Kubernetes that the simulator does not know.
    #[error("{field} `{value}` is not simulated: use External, or Resource with the name cpu")]
    NotSimulated {
        /// Path of the field, as it is written.
        field: String,
        /// The refused value.
        value: String,
    },
    /// A value that the API server would refuse too.
    #[error("{field} `{value}` {problem}")]
    Refused {
        /// Path of the field, as it is written.
        field: String,
        /// The refused value.
        value: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Something that must be there and is not.
    #[error("{field} is missing")]
    Missing {
        /// Path of the field, as it would be written.
        field: String,
    },
}

impl HpaError {
    pub(crate) fn refused(field: &str, value: &(impl ToString + ?Sized), problem: impl Into<String>) -> Self {
        Self::Refused { field: field.to_owned(), value: value.to_string(), problem: problem.into() }
    }

    pub(crate) fn missing(field: impl Into<String>) -> Self {
        Self::Missing { field: field.into() }
    }
}

/// An HPA that can be run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Spec {
    pub(crate) min_replicas: u32,
    pub(crate) max_replicas: u32,
    /// At least one.
    pub(crate) metrics: Vec<Metric>,
    pub(crate) tolerance: Tolerance,
    /// `None` keeps the rules from before `behavior` existed, which are not the same as its defaults.
    pub(crate) behavior: Option<Behavior>,
}

impl Spec {
    /// Checks what the author wrote.
    pub(crate) fn check(written: &HorizontalPodAutoscalerSpec) -> Result<Self, HpaError> {
        let metrics = check_metrics(written.metrics.as_deref().unwrap_or_default())?;
        let (min_replicas, max_replicas) = check_limits(written)?;
        if min_replicas == 0 && !metrics.iter().any(Metric::is_external) {
            return Err(HpaError::refused("minReplicas", &0, "needs an External metric to scale up again"));
        }
        let behavior = written.behavior.as_ref();
        Ok(Self {
            min_replicas,
            max_replicas,
            metrics,
            tolerance: behavior.map_or(Ok(Tolerance::default()), Tolerance::check)?,
            behavior: behavior.map(Behavior::check).transpose()?,
        })
    }

    /// Whether a sync has to look at the pods.
    pub(crate) fn reads_pods(&self) -> bool {
        self.metrics.iter().any(Metric::reads_pods)
    }
}

fn check_limits(written: &HorizontalPodAutoscalerSpec) -> Result<(u32, u32), HpaError> {
    let (min, max) = (written.min_replicas.unwrap_or(1), written.max_replicas);
    if max <= 0 {
        return Err(HpaError::refused("maxReplicas", &max, "must be above 0"));
    }
    let Ok(min_replicas) = u32::try_from(min) else {
        return Err(HpaError::refused("minReplicas", &min, "must not be negative"));
    };
    if max < min {
        return Err(HpaError::refused("minReplicas", &min, format!("is above maxReplicas `{max}`")));
    }
    Ok((min_replicas, max.unsigned_abs()))
}

fn check_metrics(written: &[MetricSpec]) -> Result<Vec<Metric>, HpaError> {
    if written.is_empty() {
        return Ok(vec![Metric::new(Source::Cpu(CpuTarget::AverageUtilization(DEFAULT_CPU_UTILIZATION)))]);
    }
    written.iter().enumerate().map(|(i, metric)| check_metric(&format!("metrics[{i}]"), metric)).collect()
}

fn check_metric(path: &str, written: &MetricSpec) -> Result<Metric, HpaError> {
    let source = match written.type_.as_str() {
        "External" => {
            let source = written.external.as_ref();
            check_external(&format!("{path}.external"), source)?
        }
        "Resource" => {
            let source = written.resource.as_ref();
            check_resource(&format!("{path}.resource"), source)?
        }
        other => {
            return Err(HpaError::NotSimulated { field: format!("{path}.type"), value: other.to_owned() });
        }
    };
    Ok(Metric::new(source))
}

fn check_external(path: &str, written: Option<&ExternalMetricSource>) -> Result<Source, HpaError> {
    let written = written.ok_or_else(|| HpaError::missing(path))?;
    if written.metric.name.is_empty() {
        return Err(HpaError::missing(format!("{path}.metric.name")));
    }
    let target = match (&written.target.average_value, &written.target.value) {
        (Some(average), None) => {
            ExternalTarget::AverageValue(check_amount(&format!("{path}.target.averageValue"), average)?)
        }
        (None, Some(value)) => ExternalTarget::Value(check_amount(&format!("{path}.target.value"), value)?),
        (None, None) => return Err(HpaError::missing(format!("{path}.target.averageValue"))),
        (Some(_), Some(value)) => {
            let field = format!("{path}.target.value");
            return Err(HpaError::refused(&field, &value.0, "may not stand beside averageValue"));
        }
    };
    let name = written.metric.name.clone();
    Ok(Source::External { name, selector: written.metric.selector.clone(), target })
}

fn check_resource(path: &str, written: Option<&ResourceMetricSource>) -> Result<Source, HpaError> {
    let written = written.ok_or_else(|| HpaError::missing(path))?;
    if written.name != "cpu" {
        return Err(HpaError::NotSimulated { field: format!("{path}.name"), value: written.name.clone() });
    }
    let field = format!("{path}.target.averageUtilization");
    let target = match (written.target.average_utilization, &written.target.average_value) {
        (Some(percent), None) if percent <= 0 => {
            return Err(HpaError::refused(&field, &percent, "must be above 0"));
        }
        (Some(percent), None) => CpuTarget::AverageUtilization(percent.into()),
        (None, Some(average)) => {
            CpuTarget::AverageValue(check_amount(&format!("{path}.target.averageValue"), average)?)
        }
        (None, None) => return Err(HpaError::missing(field)),
        (Some(percent), Some(_)) => {
            return Err(HpaError::refused(&field, &percent, "may not stand beside averageValue"));
        }
    };
    Ok(Source::Cpu(target))
}

/// The quantity in thousandths; a target of 0 would ask for infinitely many pods.
fn check_amount(field: &str, written: &Quantity) -> Result<i64, HpaError> {
    match milli(written) {
        None => Err(HpaError::refused(field, &written.0, "is not a quantity such as `250`, `1500m` or `2k`")),
        Some(amount) if amount <= 0 => Err(HpaError::refused(field, &written.0, "must be above 0")),
        Some(amount) => Ok(amount),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn checked(written: &Value) -> Result<Spec, HpaError> {
        Spec::check(&serde_json::from_value(written.clone()).unwrap())
    }

    fn refuses(written: &Value, expected: &str) {
        assert_eq!(checked(written).unwrap_err().to_string(), expected);
    }

    fn with_metric(metric: &Value) -> Value {
        json!({"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "maxReplicas": 10, "metrics": [metric]})
    }

    fn with_behavior(behavior: &Value) -> Value {
        let mut written = with_metric(&json!({"type": "External", "external": {
            "metric": {"name": "demand"}, "target": {"type": "AverageValue", "averageValue": "250"}}}));
        written["behavior"] = behavior.clone();
        written
    }

    #[test]
    fn an_hpa_without_metrics_gets_the_api_defaults() {
        let target = json!({"kind": "Deployment", "name": "web"});
        let spec = checked(&json!({"scaleTargetRef": target, "maxReplicas": 10})).unwrap();
        assert_eq!((spec.min_replicas, spec.max_replicas), (1, 10));
        assert_eq!(spec.metrics, [Metric::new(Source::Cpu(CpuTarget::AverageUtilization(80)))]);
    }

    #[test]
    fn contradicting_limits_are_refused() {
        let target = json!({"kind": "Deployment", "name": "web"});
        let limits =
            |min: i32, max: i32| json!({"scaleTargetRef": target, "minReplicas": min, "maxReplicas": max});
        refuses(&limits(9, 4), "minReplicas `9` is above maxReplicas `4`");
        refuses(&limits(-1, 4), "minReplicas `-1` must not be negative");
        refuses(&limits(1, 0), "maxReplicas `0` must be above 0");
        refuses(&limits(0, 4), "minReplicas `0` needs an External metric to scale up again");
    }

    #[test]
    fn metrics_that_are_not_simulated_are_named() {
        let unknown = "is not simulated: use External, or Resource with the name cpu";
        for kind in ["Object", "Pods", "ContainerResource"] {
            refuses(&with_metric(&json!({"type": kind})), &format!("metrics[0].type `{kind}` {unknown}"));
        }
        let memory = json!({"name": "memory", "target": {"type": "Utilization", "averageUtilization": 70}});
        refuses(
            &with_metric(&json!({"type": "Resource", "resource": memory})),
            &format!("metrics[0].resource.name `memory` {unknown}"),
        );
    }

    #[test]
    fn targets_must_be_one_positive_quantity() {
        let external = |target: &Value| {
            with_metric(
                &json!({"type": "External", "external": {"metric": {"name": "demand"}, "target": target}}),
            )
        };
        let path = "metrics[0].external.target";
        refuses(
            &external(&json!({"type": "AverageValue", "averageValue": "0"})),
            &format!("{path}.averageValue `0` must be above 0"),
        );
        refuses(
            &external(&json!({"type": "Value", "value": "many"})),
            &format!("{path}.value `many` is not a quantity such as `250`, `1500m` or `2k`"),
        );
        refuses(&external(&json!({"type": "Value"})), &format!("{path}.averageValue is missing"));
        refuses(
            &external(&json!({"type": "Value", "value": "1", "averageValue": "2"})),
            &format!("{path}.value `1` may not stand beside averageValue"),
        );
    }

    #[test]
    fn behavior_outside_of_the_api_limits_is_refused() {
        let policy = |kind: &str, value: i32, period: i32| {
            let policy = json!({"type": kind, "value": value, "periodSeconds": period});
            with_behavior(&json!({"scaleUp": {"policies": [policy]}}))
        };
        let path = "behavior.scaleUp.policies[0]";
        refuses(&policy("Pods", 0, 60), &format!("{path}.value `0` must be above 0"));
        refuses(&policy("Pods", 4, 1801), &format!("{path}.periodSeconds `1801` must be within 1 and 1800"));
        refuses(&policy("Node", 4, 60), &format!("{path}.type `Node` must be Pods or Percent"));
        refuses(
            &with_behavior(&json!({"scaleDown": {"stabilizationWindowSeconds": 3601}})),
            "behavior.scaleDown.stabilizationWindowSeconds `3601` must be within 0 and 3600",
        );
        refuses(
            &with_behavior(&json!({"scaleDown": {"selectPolicy": "Any"}})),
            "behavior.scaleDown.selectPolicy `Any` must be Max, Min or Disabled",
        );
        refuses(
            &with_behavior(&json!({"scaleUp": {"tolerance": "-0.1"}})),
            "behavior.scaleUp.tolerance `-0.1` must be a quantity of 0 or more",
        );
        refuses(
            &with_behavior(&json!({"scaleUp": {"policies": []}})),
            "behavior.scaleUp.policies is missing",
        );
    }
}
