//! Whether an HPA of ours is what it should be. The API server fills in defaults and writes quantities its own way,
//! so that only what we say is compared.

use k8s_openapi::{
    api::autoscaling::v2::HorizontalPodAutoscalerSpec, apimachinery::pkg::api::resource::Quantity,
};
use serde_json::Value;

use super::quantity::is_same;

/// A key that older clusters drop: applying it again would not help.
const OFTEN_DROPPED: &str = "tolerance";

/// Whether all that `wanted` says is so in `there`.
pub(super) fn is_as_wanted(
    there: &HorizontalPodAutoscalerSpec,
    wanted: &HorizontalPodAutoscalerSpec,
) -> bool {
    let json = |spec| serde_json::to_value(spec).expect("an HPA is plain JSON");
    says(&json(there), &json(wanted))
}

fn says(there: &Value, wanted: &Value) -> bool {
    match (there, wanted) {
        (Value::Object(there), Value::Object(wanted)) => {
            wanted.iter().all(|(key, value)| match there.get(key) {
                Some(known) => says(known, value),
                None => key == OFTEN_DROPPED,
            })
        }
        (Value::Array(there), Value::Array(wanted)) => {
            there.len() == wanted.len() && there.iter().zip(wanted).all(|(there, wanted)| says(there, wanted))
        }
        (Value::String(there), Value::String(wanted)) => {
            there == wanted || is_same(&Quantity(there.clone()), &Quantity(wanted.clone()))
        }
        (there, wanted) => there == wanted,
    }
}

#[cfg(test)]
#[expect(clippy::needless_pass_by_value, reason = "cases are written as values")]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(there: Value, wanted: Value, expected: bool) {
        assert_eq!(says(&there, &wanted), expected, "{there} says {wanted}");
    }

    #[test]
    fn defaults_and_spellings_of_the_api_server_are_no_difference() {
        check(json!({"a": 1, "selectPolicy": "Max"}), json!({"a": 1}), true);
        check(json!({"averageValue": "1T"}), json!({"averageValue": "1000000000000"}), true);
        check(json!({"averageValue": "250"}), json!({"averageValue": "251"}), false);
        check(json!({"name": "web"}), json!({"name": "api"}), false);
    }

    #[test]
    fn a_metric_more_or_less_is_a_difference() {
        check(json!([1, 2]), json!([1]), false);
        check(json!([1]), json!([1, 2]), false);
    }

    #[test]
    fn a_tolerance_that_the_cluster_dropped_is_not_applied_for_ever() {
        check(json!({"policies": []}), json!({"policies": [], "tolerance": "0"}), true);
        check(json!({"tolerance": "100m"}), json!({"tolerance": "0"}), false);
        check(json!({}), json!({"policies": []}), false);
    }
}
