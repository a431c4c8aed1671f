//! The documents that kube-apiserver merges into its own OpenAPI: small, since the API has one path.

use axum::{
    Router,
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};

use super::{
    GROUP, GROUP_VERSION, VERSION,
    wire::{Json, VALUE_LIST},
};

/// As the Go package of these types is named, so that definitions of other servers of this API are the same ones.
const PACKAGE: &str = "io.k8s.metrics.pkg.apis.external_metrics.v1beta1";

pub(crate) fn routes() -> Router {
    Router::new()
        .route("/openapi/v2", get(|| answer(version_2())))
        .route("/openapi/v3", get(|| answer(index())))
        .route(&format!("/openapi/v3/apis/{GROUP_VERSION}"), get(|| answer(version_3())))
}

async fn answer(document: Value) -> Response {
    Json(&document).into_response()
}

fn index() -> Value {
    let place = format!("apis/{GROUP_VERSION}");
    json!({"paths": {&place: {"serverRelativeURL": format!("/openapi/v3/{place}")}}})
}

fn version_2() -> Value {
    let response = json!({
        "description": "OK",
        "schema": {"$ref": format!("#/definitions/{PACKAGE}.{VALUE_LIST}")},
    });
    let text = |place: &str, name: &str, required: bool| json!({"name": name, "in": place, "type": "string", "uniqueItems": true, "required": required});
    let parameters = json!([
        text("path", "namespace", true),
        text("path", "metric", true),
        text("query", "labelSelector", false),
    ]);
    let operation = json!({"produces": ["application/json"], "schemes": ["https"]});
    json!({
        "swagger": "2.0",
        "info": info(),
        "paths": paths(&operation, &parameters, &response),
        "definitions": schemas("#/definitions"),
    })
}

fn version_3() -> Value {
    let list = json!({"$ref": format!("#/components/schemas/{PACKAGE}.{VALUE_LIST}")});
    let response = json!({"description": "OK", "content": {"application/json": {"schema": list}}});
    let text = |place: &str, name: &str, required: bool| json!({"name": name, "in": place, "required": required, "schema": {"type": "string"}});
    let parameters = json!([
        text("path", "namespace", true),
        text("path", "metric", true),
        text("query", "labelSelector", false),
    ]);
    json!({
        "openapi": "3.0.0",
        "info": info(),
        "paths": paths(&json!({}), &parameters, &response),
        "components": {"schemas": schemas("#/components/schemas")},
    })
}

fn info() -> Value {
    json!({"title": "Prescale", "version": concat!("v", env!("CARGO_PKG_VERSION"))})
}

/// `operation` brings what only one of the versions knows.
fn paths(operation: &Value, parameters: &Value, response: &Value) -> Value {
    let mut get = operation.clone();
    get["description"] = "the value of a metric of one scaler".into();
    get["operationId"] = "listExternalMetricsV1beta1NamespacedMetric".into();
    get["tags"] = json!(["externalMetrics_v1beta1"]);
    get["responses"] = json!({"200": response});
    get["x-kubernetes-action"] = "list".into();
    get["x-kubernetes-group-version-kind"] = kind(VALUE_LIST);
    let path = format!("/apis/{GROUP_VERSION}/namespaces/{{namespace}}/{{metric}}");
    json!({path: {"get": get, "parameters": parameters}})
}

fn kind(kind: &str) -> Value {
    json!({"group": GROUP, "version": VERSION, "kind": kind})
}

fn schemas(folder: &str) -> Value {
    let text = |description: &str| json!({"type": "string", "description": description});
    let value = json!({
        "type": "object",
        "description": "the value of a metric at a time",
        "required": ["metricName", "metricLabels", "timestamp", "value"],
        "properties": {
            "metricName": text("name of the metric"),
            "metricLabels": {"type": "object", "additionalProperties": {"type": "string"}},
            "timestamp": {"type": "string", "format": "date-time"},
            "windowSeconds": {"type": "integer", "format": "int64"},
            "value": text("a quantity: whole, or in thousandths with the suffix `m`"),
        },
    });
    let list = json!({
        "type": "object",
        "description": "the values of a metric",
        "required": ["items"],
        "properties": {
            "apiVersion": text("version of this object's schema"),
            "kind": text("kind of this object"),
            "metadata": {"type": "object"},
            "items": {"type": "array", "items": {"$ref": format!("{folder}/{PACKAGE}.ExternalMetricValue")}},
        },
        "x-kubernetes-group-version-kind": [kind(VALUE_LIST)],
    });
    json!({
        format!("{PACKAGE}.ExternalMetricValue"): value,
        format!("{PACKAGE}.{VALUE_LIST}"): list,
    })
}
