//! Wire shapes of `external.metrics.k8s.io/v1beta1`, and how any of them becomes a response.

use std::collections::BTreeMap;

use axum::{
    body::Body,
    http::{HeaderValue, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use jiff::{Timestamp, Unit};
use serde::Serialize;

use super::{GROUP_VERSION, quantity::Quantity};
use crate::{
    board::{Answer, Metric, ScalerKey},
    hpa::SCALER_LABEL,
};

/// `{}`, as in `"metadata": {}`.
#[derive(Serialize)]
pub(crate) struct Empty {}

/// The kind that every metric of this API answers with.
pub(crate) const VALUE_LIST: &str = "ExternalMetricValueList";

/// One list, one item: the HPA adds items up.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ValueList<'a> {
    kind: &'static str,
    api_version: &'static str,
    metadata: Empty,
    items: [Value<'a>; 1],
}

/// `windowSeconds` is left out: what we serve is a plan, not a mean over a window.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Value<'a> {
    metric_name: &'static str,
    metric_labels: BTreeMap<&'static str, &'a str>,
    timestamp: String,
    value: Quantity,
}

impl<'a> ValueList<'a> {
    /// `None` where the value is no quantity: negative, or not a number.
    pub(crate) fn of(key: &'a ScalerKey, metric: Metric, answer: Answer) -> Option<Self> {
        let value = Value {
            metric_name: metric.name(),
            metric_labels: [(SCALER_LABEL, &*key.name)].into(),
            timestamp: whole_seconds(answer.at),
            value: Quantity::of(answer.value)?,
        };
        Some(Self { kind: VALUE_LIST, api_version: GROUP_VERSION, metadata: Empty {}, items: [value] })
    }
}

/// RFC 3339 without fractions, as Kubernetes writes its times.
fn whole_seconds(at: Timestamp) -> String {
    at.round(Unit::Second).unwrap_or(at).to_string()
}

/// A JSON response.
pub(crate) struct Json<'a, T>(pub(crate) &'a T);

impl<T: Serialize> IntoResponse for Json<'_, T> {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(self.0).expect("our own shapes have string keys only");
        let mut response = Response::new(Body::from(body));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_one_item_with_what_the_hpa_reads() {
        let key = ScalerKey::new("live", "gateway");
        let answer = Answer { value: 1.5, at: "2026-07-07T19:00:00.4Z".parse().unwrap() };
        let list = ValueList::of(&key, Metric::Demand, answer).unwrap();
        let expected = serde_json::json!({
            "kind": "ExternalMetricValueList",
            "apiVersion": "external.metrics.k8s.io/v1beta1",
            "metadata": {},
            "items": [{
                "metricName": "demand",
                "metricLabels": {"prescale.dev/scaler": "gateway"},
                "timestamp": "2026-07-07T19:00:00Z",
                "value": "1500m",
            }],
        });
        assert_eq!(serde_json::to_value(&list).unwrap(), expected);
    }

    #[test]
    fn what_is_no_number_is_not_served() {
        let key = ScalerKey::new("live", "gateway");
        for value in [f64::NAN, f64::INFINITY, -1.0] {
            assert!(ValueList::of(&key, Metric::Lag, Answer { value, at: Timestamp::UNIX_EPOCH }).is_none());
        }
    }
}
