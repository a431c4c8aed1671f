//! What a scripted metric answers: the n-th read gets the n-th answer, and the last answer stays.

use prescale_simulations::hpa::Reading;
use serde_json::{Value, json};

/// One answer of the external metrics API.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    /// One item of this value, in thousandths.
    Milli(i64),
    /// A list without items.
    Empty,
    /// Status 404 with [`GONE`].
    NotFound,
}

/// What a missing metric is told with; the controller passes it on word for word.
const GONE: &str = "no scaler of this name has a demand";

impl Answer {
    pub(crate) fn of(value: i64) -> Self {
        Self::Milli(value * 1000)
    }

    /// The status and body that the real controller gets.
    pub(crate) fn wire(self, metric: &str) -> (u16, Value) {
        let item = |milli: i64| {
            json!({"metricName": metric, "metricLabels": null, "timestamp": "2026-01-01T00:00:00Z",
                "value": format!("{milli}m")})
        };
        let list = |items: Vec<Value>| {
            json!({"kind": "ExternalMetricValueList", "apiVersion": "external.metrics.k8s.io/v1beta1",
                "metadata": {}, "items": items})
        };
        match self {
            Self::Milli(milli) => (200, list(vec![item(milli)])),
            Self::Empty => (200, list(vec![])),
            Self::NotFound => (
                404,
                json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                    "reason": "NotFound", "code": 404, "message": GONE}),
            ),
        }
    }

    /// What the simulated controller gets.
    pub(crate) fn reading(self) -> Reading {
        match self {
            Self::Milli(milli) => Ok(Some(milli as f64 / 1000.0)),
            Self::Empty => Ok(None),
            Self::NotFound => Err(GONE.to_owned()),
        }
    }
}

/// One metric of a shape.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) metric: &'static str,
    pub(crate) answers: Vec<Answer>,
}

impl Script {
    /// Of whole values.
    pub(crate) fn of(metric: &'static str, values: impl IntoIterator<Item = i64>) -> Self {
        Self { metric, answers: values.into_iter().map(Answer::of).collect() }
    }

    /// The answer to the read of this number, counted from 0.
    pub(crate) fn answer(&self, read: usize) -> Answer {
        self.answers[read.min(self.answers.len() - 1)]
    }
}
