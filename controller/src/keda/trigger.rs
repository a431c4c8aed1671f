//! A trigger of a ScaledObject: which scaler it leads to, and what it says of targets. What it says wrongly is refused
//! by name and value.

use std::collections::HashMap;

use thiserror::Error;

use super::wire::ScaledObjectRef;
use crate::board::ScalerKey;

/// A trigger that has been checked.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Trigger {
    /// The scaler of this name in the namespace of the ScaledObject; one named as the ScaledObject if it says none.
    pub(super) key: ScalerKey,
    /// Demand per replica; `None` where the scaler's own is meant.
    pub(super) target_size: Option<f64>,
    /// The workload runs while demand is above this.
    pub(super) activation: f64,
}

/// What a trigger says wrongly.
#[derive(Debug, Error, PartialEq, Eq)]
pub(super) enum TriggerError {
    #[error("the ScaledObject has no {0}")]
    Nameless(&'static str),
    #[error("`{field}` of the trigger is `{value}`, which is not a number {bound}")]
    NoNumber { field: &'static str, value: String, bound: &'static str },
    #[error("the trigger has both `targetSize` and `threshold`, which mean the same: leave one out")]
    TwoTargets,
}

const TARGET_SIZE: &str = "targetSize";
/// What other scalers of KEDA call it.
const THRESHOLD: &str = "threshold";
const ACTIVATION: &str = "activationThreshold";
const SCALER_NAME: &str = "scalerName";

impl Trigger {
    pub(super) fn check(object: &ScaledObjectRef) -> Result<Self, TriggerError> {
        let metadata = &object.scaler_metadata;
        let name = metadata.get(SCALER_NAME).unwrap_or(&object.name);
        if object.namespace.is_empty() {
            return Err(TriggerError::Nameless("namespace"));
        }
        if name.is_empty() {
            return Err(TriggerError::Nameless("name"));
        }
        if metadata.contains_key(TARGET_SIZE) && metadata.contains_key(THRESHOLD) {
            return Err(TriggerError::TwoTargets);
        }
        let above_zero = |number: f64| 0.0 < number;
        let target_size = number(metadata, TARGET_SIZE, "above 0", above_zero)?;
        let threshold = number(metadata, THRESHOLD, "above 0", above_zero)?;
        let activation = number(metadata, ACTIVATION, "from 0 up", |number| 0.0 <= number)?;
        Ok(Self {
            key: ScalerKey::new(&object.namespace, name),
            target_size: target_size.or(threshold),
            activation: activation.unwrap_or(0.0),
        })
    }
}

fn number(
    metadata: &HashMap<String, String>,
    field: &'static str,
    bound: &'static str,
    fits: impl Fn(f64) -> bool,
) -> Result<Option<f64>, TriggerError> {
    let Some(value) = metadata.get(field) else { return Ok(None) };
    let number = value.trim().parse::<f64>().ok().filter(|number| number.is_finite() && fits(*number));
    number.map(Some).ok_or_else(|| TriggerError::NoNumber { field, value: value.clone(), bound })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(metadata: &[(&str, &str)]) -> Result<Trigger, String> {
        let scaler_metadata = metadata.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let object = ScaledObjectRef {
            name: "gateway".to_owned(),
            namespace: "live".to_owned(),
            scaler_metadata: scaler_metadata.collect(),
        };
        Trigger::check(&object).map_err(|error| error.to_string())
    }

    fn check(metadata: &[(&str, &str)], name: &str, target_size: Option<f64>, activation: f64) {
        let key = ScalerKey::new("live", name);
        assert_eq!(read(metadata), Ok(Trigger { key, target_size, activation }), "{metadata:?}");
    }

    fn check_refused(metadata: &[(&str, &str)], words: &str) {
        assert_eq!(read(metadata), Err(words.to_owned()), "{metadata:?}");
    }

    #[test]
    fn a_trigger_leads_to_the_scaler_it_names_or_to_the_one_named_as_its_object() {
        check(&[("scalerAddress", "prescale:9090")], "gateway", None, 0.0);
        check(&[("scalerName", "orders")], "orders", None, 0.0);
    }

    #[test]
    fn targets_are_numbers() {
        check(&[("targetSize", "250")], "gateway", Some(250.0), 0.0);
        check(&[("threshold", "2.5"), ("activationThreshold", "10")], "gateway", Some(2.5), 10.0);
        check_refused(
            &[("targetSize", "0")],
            "`targetSize` of the trigger is `0`, which is not a number above 0",
        );
        check_refused(
            &[("threshold", "many")],
            "`threshold` of the trigger is `many`, which is not a number above 0",
        );
        check_refused(
            &[("threshold", "inf")],
            "`threshold` of the trigger is `inf`, which is not a number above 0",
        );
        check_refused(
            &[("activationThreshold", "-1")],
            "`activationThreshold` of the trigger is `-1`, which is not a number from 0 up",
        );
        check_refused(
            &[("targetSize", "1"), ("threshold", "1")],
            "the trigger has both `targetSize` and `threshold`, which mean the same: leave one out",
        );
    }

    #[test]
    fn an_object_without_a_name_is_refused() {
        check_refused(&[("scalerName", "")], "the ScaledObject has no name");
    }
}
