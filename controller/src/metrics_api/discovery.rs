//! What there is to read, as Kubernetes asks for it: the group, its one version, and its metrics, one by one or
//! aggregated. Few names, whatever the number of scalers.

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    GROUP, GROUP_VERSION, VERSION,
    accept::{self, Shape},
    neighbour::Neighbour,
    wire::{Json, VALUE_LIST},
};
use crate::board::Metric;

/// Clients read discovery of external metrics for the sake of its names; this is the verb that all servers declare.
const VERBS: [&str; 1] = ["get"];

pub(crate) fn routes(neighbour: Option<Neighbour>) -> Router {
    Router::new()
        .route("/apis", get(groups))
        .route(&format!("/apis/{GROUP_VERSION}"), get(resources))
        .with_state(neighbour)
        .route(&format!("/apis/{GROUP}"), get(one_group))
}

/// `/apis`, in the shape that the caller likes best.
async fn groups(State(neighbour): State<Option<Neighbour>>, headers: HeaderMap) -> Response {
    match accept::shape(&headers) {
        Shape::Plain => {
            let list = json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": [group()]});
            let mut response = Json(&list).into_response();
            response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept"));
            response
        }
        Shape::Aggregated(version) => aggregated(&names(neighbour.as_ref()), version, &headers),
    }
}

/// `/apis/external.metrics.k8s.io`: the same as in the list, which names the type once for all.
async fn one_group() -> Response {
    let mut group = group();
    group["kind"] = "APIGroup".into();
    group["apiVersion"] = "v1".into();
    Json(&group).into_response()
}

/// `/apis/external.metrics.k8s.io/v1beta1`, which the aggregator also takes for a sign of life.
async fn resources(State(neighbour): State<Option<Neighbour>>) -> Response {
    let resource = |name: String| json!({"name": name, "singularName": "", "namespaced": true, "kind": VALUE_LIST, "verbs": VERBS});
    let resources: Vec<Value> = names(neighbour.as_ref()).into_iter().map(resource).collect();
    Json(&json!({
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": GROUP_VERSION,
        "resources": resources,
    }))
    .into_response()
}

fn group() -> Value {
    let version = json!({"groupVersion": GROUP_VERSION, "version": VERSION});
    json!({
        "name": GROUP,
        "versions": [version],
        "preferredVersion": version,
    })
}

/// Ours first; a neighbour's metric of the same name is listed once.
fn names(neighbour: Option<&Neighbour>) -> Vec<String> {
    let mut names: Vec<String> = Metric::ALL.iter().map(ToString::to_string).collect();
    for name in neighbour.map(|neighbour| (neighbour.metrics)()).unwrap_or_default() {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn aggregated(names: &[String], version: &'static str, headers: &HeaderMap) -> Response {
    let body = serde_json::to_vec(&discovery_list(names, version)).expect("JSON values have string keys");
    let tag = format!("\"{}\"", hex(&Sha256::digest(&body)));
    let is_known = headers.get_all(header::IF_NONE_MATCH).iter().any(|known| matches_tag(known, &tag));
    let content_type = format!("application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList");
    let (status, body) =
        if is_known { (StatusCode::NOT_MODIFIED, Body::empty()) } else { (StatusCode::OK, Body::from(body)) };
    let headers =
        [(header::CONTENT_TYPE, content_type), (header::VARY, "Accept".into()), (header::ETAG, tag)];
    (status, headers, body).into_response()
}

fn discovery_list(names: &[String], version: &str) -> Value {
    let resource = |name: &String| {
        json!({
            "resource": name,
            "responseKind": {"group": GROUP, "version": VERSION, "kind": VALUE_LIST},
            "scope": "Namespaced",
            "singularResource": "",
            "verbs": VERBS,
        })
    };
    let resources: Vec<Value> = names.iter().map(resource).collect();
    json!({
        "kind": "APIGroupDiscoveryList",
        "apiVersion": format!("apidiscovery.k8s.io/{version}"),
        "metadata": {},
        "items": [{
            "metadata": {"name": GROUP, "creationTimestamp": null},
            "versions": [{"version": VERSION, "resources": resources, "freshness": "Current"}],
        }],
    })
}

fn matches_tag(known: &HeaderValue, tag: &str) -> bool {
    let tags = known.to_str().unwrap_or_default().split(',').map(str::trim);
    tags.into_iter().any(|known| known == "*" || known.trim_start_matches("W/") == tag)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
