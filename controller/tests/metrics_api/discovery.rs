//! What the aggregator and clients discover.

use serde_json::{Value, json};

use super::{
    caller::{Caller, Got},
    world::World,
};

/// As kube-apiserver 1.36 asks.
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
                          application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

fn aggregator(world: &World) -> Caller {
    world
        .caller(Some(world.front_proxy()))
        .with("X-Remote-User", "system:kube-aggregator")
        .with("X-Remote-Group", "system:masters")
}

#[tokio::test]
async fn the_aggregator_finds_the_group_in_one_document() {
    let world = World::new().await;
    let got = aggregator(&world).with("Accept", AGGREGATED).get("/apis").await;
    let content_type = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    assert_eq!((got.code, &got.headers["content-type"]), (200, &content_type.parse().unwrap()));
    assert_eq!(got.headers["vary"], "Accept");
    let list = got.json();
    assert_eq!(list["kind"], "APIGroupDiscoveryList");
    assert_eq!(list["apiVersion"], "apidiscovery.k8s.io/v2");
    assert_eq!(list["items"][0]["metadata"]["name"], "external.metrics.k8s.io");
    let version = &list["items"][0]["versions"][0];
    assert_eq!((&version["version"], &version["freshness"]), (&json!("v1beta1"), &json!("Current")));
    let first = json!({
        "resource": "demand", "scope": "Namespaced", "singularResource": "", "verbs": ["get"],
        "responseKind": {
            "group": "external.metrics.k8s.io", "version": "v1beta1", "kind": "ExternalMetricValueList",
        },
    });
    assert_eq!(version["resources"][0], first);
    assert_eq!(version["resources"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    let world = World::new().await;
    let first = aggregator(&world).with("Accept", AGGREGATED).get("/apis").await;
    let tag = first.headers["etag"].to_str().unwrap();
    assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag}");
    let again = aggregator(&world).with("Accept", AGGREGATED).with("If-None-Match", tag).get("/apis").await;
    assert_eq!((again.code, again.text.as_str()), (304, ""));
    assert_eq!(again.headers["etag"], tag);
    let other =
        aggregator(&world).with("Accept", AGGREGATED).with("If-None-Match", "\"old\"").get("/apis").await;
    assert_eq!(other.code, 200);
}

#[tokio::test]
async fn plain_clients_find_group_and_resources() {
    let world = World::new().await;
    let caller = aggregator(&world);
    let groups = caller.get("/apis").await;
    assert_eq!(groups.headers["content-type"], "application/json");
    assert_eq!(groups.headers["vary"], "Accept");
    assert_eq!(groups.json()["groups"][0], without_type(&caller.get("/apis/external.metrics.k8s.io").await));
    let resources = caller.get("/apis/external.metrics.k8s.io/v1beta1").await.json();
    assert_eq!(resources["kind"], "APIResourceList");
    assert_eq!(resources["groupVersion"], "external.metrics.k8s.io/v1beta1");
    let first = json!({
        "name": "demand", "singularName": "", "namespaced": true,
        "kind": "ExternalMetricValueList", "verbs": ["get"],
    });
    assert_eq!(resources["resources"][0], first);
}

#[tokio::test]
async fn the_documents_point_at_what_is_there() {
    let world = World::new().await;
    let caller = aggregator(&world);
    let index = caller.get("/openapi/v3").await.json();
    let place = &index["paths"]["apis/external.metrics.k8s.io/v1beta1"]["serverRelativeURL"];
    let third = caller.get(place.as_str().unwrap()).await.json();
    let second = caller.get("/openapi/v2").await.json();
    let path = "/apis/external.metrics.k8s.io/v1beta1/namespaces/{namespace}/{metric}";
    for (document, schema) in [
        (&second, "/responses/200/schema/$ref"),
        (&third, "/responses/200/content/application~1json/schema/$ref"),
    ] {
        let pointer = document["paths"][path]["get"].pointer(schema).unwrap().as_str().unwrap();
        assert!(document.pointer(pointer.strip_prefix('#').unwrap()).is_some(), "{pointer}");
    }
    assert_eq!((&second["swagger"], &third["openapi"]), (&json!("2.0"), &json!("3.0.0")));
}

/// An object without `kind` and `apiVersion`, as lists hold it.
fn without_type(got: &Got) -> Value {
    let mut object = got.json();
    let fields = object.as_object_mut().unwrap();
    fields.remove("kind");
    fields.remove("apiVersion");
    object
}
