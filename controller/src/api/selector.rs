//! Which DemandEvents concern a scaler: Kubernetes' label selector, read strictly.
//!
//! The API's own `LabelSelector` type ignores keys that it does not know, so that `matchlabels` would select
//! every event there is. This one refuses them.

use std::collections::BTreeMap;

use kube::core::{Expression, Selector};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{limits::LONGEST_LABEL, problems::Problems};

/// What a value must be, for people.
const NO_VALUE: &str =
    "is not the value of a label: letters, digits, `-`, `_` and `.` within, 63 characters at most";
/// The longest name of a domain before the `/` of a label.
const LONGEST_DOMAIN: usize = 253;

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
    /// belong and none where some do. What no label can be is refused too: it would select nothing, and nobody would
    /// hear of it.
    pub(super) fn check(&self, problems: &mut Problems) -> Selector {
        for (key, value) in &self.match_labels {
            let field = "spec.events.selector.matchLabels";
            check_key(field, key, problems);
            check_value(&format!("{field}.{key}"), value, problems);
        }
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
        check_key(&format!("{field}.key"), &self.key, problems);
        for (index, value) in self.values.iter().enumerate() {
            check_value(&format!("{field}.values[{index}]"), value, problems);
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

fn check_key(field: &str, key: &str, problems: &mut Problems) {
    if key.is_empty() {
        problems.refuse(field, "``", "must not be empty");
    } else if !is_key(key) {
        problems.refuse(field, format!("`{key}`"), "is not a label, such as team or example.org/team");
    }
}

fn check_value(field: &str, value: &str, problems: &mut Problems) {
    if !value.is_empty() && !is_name(value) {
        problems.refuse(field, format!("`{value}`"), NO_VALUE);
    }
}

/// Whether a label may be called so: a name, with a domain before it or without
/// (<https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set>).
fn is_key(key: &str) -> bool {
    match key.split_once('/') {
        Some((domain, name)) => is_domain(domain) && is_name(name),
        None => is_name(key),
    }
}

fn is_name(word: &str) -> bool {
    let is_end = |end: Option<char>| end.is_some_and(|end| end.is_ascii_alphanumeric());
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let (first, last) = (word.chars().next(), word.chars().next_back());
    word.len() <= LONGEST_LABEL && is_end(first) && is_end(last) && word.chars().all(allowed)
}

fn is_domain(domain: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let fits = |part: &str| {
        !part.is_empty() && part.chars().all(allowed) && !part.starts_with('-') && !part.ends_with('-')
    };
    domain.len() <= LONGEST_DOMAIN && domain.split('.').all(fits)
}
