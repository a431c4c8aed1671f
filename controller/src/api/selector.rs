//! Which DemandEvents concern a scaler: Kubernetes' label selector, read strictly.
//!
//! The API's own `LabelSelector` type ignores keys that it does not know, so that `matchlabels` would select
//! every event there is. This one refuses them.

use std::collections::BTreeMap;

use kube::core::{Expression, Selector};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::problems::Problems;

/// Labels that an event must carry. Empty selects every event of the namespace.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EventSelector {
    /// Labels with exactly these values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub match_labels: BTreeMap<String, String>,
    /// Conditions on labels, all of which must hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub match_expressions: Vec<SelectorRequirement>,
}

/// One condition on a label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SelectorRequirement {
    /// The label.
    #[schemars(length(min = 1))]
    pub key: String,
    /// How its value is compared.
    pub operator: SelectorOperator,
    /// The values, for `In` and `NotIn`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}

/// How a label is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SelectorOperator {
    /// The label has one of the values.
    In,
    /// The label is absent or has none of the values.
    NotIn,
    /// The label is there.
    Exists,
    /// The label is absent.
    DoesNotExist,
}

impl EventSelector {
    /// The selector to match with. A condition without a label is refused, and so are values where none
    /// belong and none where some do.
    pub(super) fn check(&self, problems: &mut Problems) -> Selector {
        let mut selector = self.match_labels.clone().into_iter().collect::<Selector>();
        for (index, requirement) in self.match_expressions.iter().enumerate() {
            let field = format!("spec.events.selector.matchExpressions[{index}]");
            requirement.check(&field, problems);
            selector.extend([requirement.expression()]);
        }
        selector
    }
}

impl SelectorRequirement {
    fn check(&self, field: &str, problems: &mut Problems) {
        if self.key.is_empty() {
            problems.refuse(format!("{field}.key"), "``", "must not be empty");
        }
        let wants_values = match self.operator {
            SelectorOperator::In | SelectorOperator::NotIn => true,
            SelectorOperator::Exists | SelectorOperator::DoesNotExist => false,
        };
        if wants_values == self.values.is_empty() {
            let wanted = if wants_values { "must not be empty" } else { "must be empty" };
            let message = format!("{wanted} for {:?}", self.operator);
            problems.refuse(format!("{field}.values"), format!("{:?}", self.values), message);
        }
    }

    fn expression(&self) -> Expression {
        let (key, values) = (self.key.clone(), self.values.iter().cloned().collect());
        match self.operator {
            SelectorOperator::In => Expression::In(key, values),
            SelectorOperator::NotIn => Expression::NotIn(key, values),
            SelectorOperator::Exists => Expression::Exists(key),
            SelectorOperator::DoesNotExist => Expression::DoesNotExist(key),
        }
    }
}
