//! One metric of an HPA: what it reads, how many replicas that asks for, and the words that the controller has
//! for it. The arithmetic itself is in `replicas`.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use std::fmt::Write;
use std::sync::Arc;

/// The simulated target stands in this namespace; the controller's messages name it.
const NAMESPACE: &str = "default";

/// A metric, with the name that events and conditions call it by.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Metric {
    pub(crate) source: Source,
    /// `external metric demand(nil)`, `cpu resource utilization (percentage of request)`.
    pub(crate) description: Arc<str>,
}

/// Where a metric comes from and what it aims at.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Source {
    External { name: String, selector: Option<LabelSelector>, target: ExternalTarget },
    Cpu(CpuTarget),
}

/// Targets in thousandths of the metric's unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum ExternalTarget {
    /// For each replica.
    AverageValue(i64),
    /// For all together.
    Value(i64),
}

/// What the pods' CPU aims at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum CpuTarget {
    /// Percent of what the pods request.
    AverageUtilization(i64),
    /// Millicores for each pod.
    AverageValue(i64),
}

impl Metric {
    pub(crate) fn new(source: Source) -> Self {
        let description = match &source {
            Source::External { name, selector, .. } => {
                format!("external metric {name}({})", in_go_words(selector.as_ref()))
            }
            Source::Cpu(CpuTarget::AverageUtilization(_)) => {
                "cpu resource utilization (percentage of request)".to_owned()
            }
            Source::Cpu(CpuTarget::AverageValue(_)) => "cpu resource".to_owned(),
        };
        Self { source, description: description.into() }
    }

    pub(crate) fn is_external(&self) -> bool {
        matches!(self.source, Source::External { .. })
    }

    pub(crate) fn reads_pods(&self) -> bool {
        match &self.source {
            Source::External { target: ExternalTarget::AverageValue(_), .. } => false,
            Source::External { target: ExternalTarget::Value(_), .. } | Source::Cpu(_) => true,
        }
    }

    /// What the controller says when the metrics API gave no value.
    pub(crate) fn unread(&self, cause: &str) -> String {
        match &self.source {
            Source::External { name, selector, .. } => {
                let selector = in_go_words(selector.as_ref());
                format!("unable to get external metric {NAMESPACE}/{name}/{selector}: {cause}")
            }
            Source::Cpu(target) => format!("failed to get cpu {}: {cause}", target.noun()),
        }
    }

    /// How the failure is told again when it is the first of the HPA's failing metrics.
    pub(crate) fn retold(&self, failure: &str) -> String {
        match &self.source {
            Source::External { name, target: ExternalTarget::AverageValue(_), .. } => format!(
                "failed to get {name} external metric value: failed to get {name} external metric: {failure}"
            ),
            Source::External { name, target: ExternalTarget::Value(_), .. } => format!(
                "failed to get {name} external metric value: failed to get external metric {name}: {failure}"
            ),
            Source::Cpu(_) => format!("failed to get cpu resource metric value: {failure}"),
        }
    }

    /// The reason of the condition and event that tell of a failure.
    pub(crate) fn failure_reason(&self) -> &'static str {
        match self.source {
            Source::External { .. } => "FailedGetExternalMetric",
            Source::Cpu(_) => "FailedGetResourceMetric",
        }
    }
}

impl CpuTarget {
    fn noun(self) -> &'static str {
        match self {
            Self::AverageUtilization(_) => "utilization",
            Self::AverageValue(_) => "usage",
        }
    }
}

/// The selector as the controller prints it: Go's `%+v`.
fn in_go_words(selector: Option<&LabelSelector>) -> String {
    let Some(selector) = selector else {
        return "nil".to_owned();
    };
    let mut text = String::from("&LabelSelector{MatchLabels:map[string]string{");
    for (key, value) in selector.match_labels.iter().flatten() {
        let _ = write!(text, "{key}: {value},");
    }
    text.push_str("},MatchExpressions:[]LabelSelectorRequirement{");
    for rule in selector.match_expressions.iter().flatten() {
        let values = rule.values.as_deref().unwrap_or_default().join(" ");
        let (key, operator) = (&rule.key, &rule.operator);
        let _ = write!(text, "LabelSelectorRequirement{{Key:{key},Operator:{operator},Values:[{values}],}},");
    }
    text.push_str("},}");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn external(selector: Value) -> Metric {
        let selector = serde_json::from_value(selector).unwrap();
        let target = ExternalTarget::AverageValue(250_000);
        Metric::new(Source::External { name: "demand".to_owned(), selector, target })
    }

    #[test]
    fn selectors_are_printed_as_go_prints_them() {
        assert_eq!(&*external(json!(null)).description, "external metric demand(nil)");
        assert_eq!(
            &*external(json!({"matchLabels": {"prescale.dev/scaler": "gateway"}})).description,
            "external metric demand(&LabelSelector{MatchLabels:map[string]string{prescale.dev/scaler: gateway,},\
             MatchExpressions:[]LabelSelectorRequirement{},})"
        );
        let rule = json!({"key": "tier", "operator": "In", "values": ["a", "b"]});
        assert_eq!(
            &*external(json!({"matchExpressions": [rule]})).description,
            "external metric demand(&LabelSelector{MatchLabels:map[string]string{},\
             MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:tier,Operator:In,\
             Values:[a b],},},})"
        );
    }
}
