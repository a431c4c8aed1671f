//! What is answered to whoever has the right.

use std::sync::{Arc, atomic::Ordering};

use axum::response::IntoResponse;
use futures::FutureExt;
use prescale_controller::metrics_api::Neighbour;
use serde_json::json;

use super::{
    caller::Caller,
    world::{GATEWAY, LIVE, World},
};

fn hpa(world: &World) -> Caller {
    world.caller(Some(world.front_proxy())).with("X-Remote-User", "hpa")
}

#[tokio::test]
async fn the_hpa_reads_one_value_by_the_front_proxy() {
    let world = World::new().await;
    let got = hpa(&world).get(&format!("{LIVE}/demand?{GATEWAY}")).await;
    let mut list = got.json();
    assert_eq!(got.code, 200, "{list}");
    let timestamp = list["items"][0]["timestamp"].take();
    assert!(timestamp.as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
    let item = json!({
        "metricName": "demand",
        "metricLabels": {"prescale.dev/scaler": "gateway"},
        "timestamp": null,
        "value": "1234500m",
    });
    let expected = json!({
        "kind": "ExternalMetricValueList", "apiVersion": "external.metrics.k8s.io/v1beta1",
        "metadata": {}, "items": [item],
    });
    assert_eq!(list, expected);
    assert_eq!(*world.heard.lock().unwrap(), [r#"hpa Some("live/gateway") 200 OK"#]);
}

#[tokio::test]
async fn what_cannot_be_answered_is_refused_in_words() {
    let world = World::new().await;
    let caller = hpa(&world);
    let check = async |path: String, code: u16, reason: &str, part: &str| {
        let message = caller.get(&path).await.refused(code, reason);
        assert!(message.contains(part), "{path}: {message}");
    };
    let select = |selector: &str| format!("{LIVE}/demand?labelSelector={selector}");
    let other = "/apis/external.metrics.k8s.io/v1beta1/namespaces/other/demand";
    check(select("prescale.dev/scaler=gatewya"), 404, "NotFound", "did you mean `gateway`?").await;
    check(format!("{other}?{GATEWAY}"), 404, "NotFound", "in namespace `other`").await;
    check(format!("{LIVE}/lag?{GATEWAY}"), 404, "NotFound", "`lag` of PredictiveScaler live/gateway").await;
    check(format!("{LIVE}/latency?{GATEWAY}"), 404, "NotFound", "serves demand, observed").await;
    check(format!("{LIVE}/demand"), 400, "BadRequest", "names no scaler").await;
    check(select(""), 400, "BadRequest", "names no scaler").await;
    check(select("prescale.dev/scaler%20in%20(a,b)"), 400, "BadRequest", "`a` and `b`").await;
    check(select("a%20in%20b"), 400, "BadRequest", "unable to parse").await;
    check(format!("{LIVE}/demand?{GATEWAY}&watch=true"), 405, "MethodNotAllowed", "watched").await;
    check("/apis/external.metrics.k8s.io/v1beta1/demand".into(), 404, "NotFound", "carries no data").await;
    check(LIVE.into(), 404, "NotFound", "carries no data").await;
    let posted = caller.send(reqwest::Method::POST, &format!("{LIVE}/demand?{GATEWAY}")).await;
    assert!(posted.refused(405, "MethodNotAllowed").contains("only GET"));
}

#[tokio::test]
async fn health_needs_no_right_and_everything_else_does() {
    let world = World::new().await;
    let nobody = world.caller(None);
    for path in ["/healthz", "/livez", "/readyz"] {
        assert_eq!(nobody.get(path).await.code, 200, "{path}");
    }
    world.ready.store(false, Ordering::Relaxed);
    let unready = nobody.get("/readyz").await;
    assert_eq!((unready.code, unready.text.as_str()), (503, "no scalers yet"));
    for path in ["/metrics", "/version", "/apis", "/openapi/v3"] {
        assert!(nobody.get(path).await.refused(403, "Forbidden").contains(path), "{path}");
    }
    assert_eq!(hpa(&world).get("/metrics").await.text, "prescale_up 1\n");
    assert!(hpa(&world).get("/version").await.json()["gitVersion"].as_str().unwrap().starts_with('v'));
}

#[tokio::test]
async fn a_right_is_asked_for_once() {
    let world = World::new().await;
    let caller = hpa(&world);
    for _ in 0..5 {
        assert_eq!(caller.get(&format!("{LIVE}/demand?{GATEWAY}")).await.code, 200);
    }
    assert_eq!(world.api_server.access_reviews(), 1);
    caller.get(&format!("{LIVE}/observed?{GATEWAY}")).await;
    assert_eq!(world.api_server.access_reviews(), 2);
    let review = world.api_server.reviews.lock().unwrap()[0]["spec"].clone();
    let counted = world.metrics.render();
    for (by, count) in [("api_server", 2), ("cache", 4)] {
        assert!(
            counted.contains(&format!("prescale_access_reviews_total{{by=\"{by}\"}} {count}")),
            "{counted}"
        );
    }
    let attributes = json!({
        "group": "external.metrics.k8s.io", "version": "v1beta1", "resource": "demand",
        "namespace": "live", "verb": "list",
    });
    assert_eq!(review["resourceAttributes"], attributes);
    assert_eq!(review["groups"], json!(["system:authenticated"]));
}

#[tokio::test]
async fn an_api_server_that_restarts_fails_no_read_of_a_known_caller() {
    let world = World::new().await;
    let (caller, read) = (hpa(&world), format!("{LIVE}/demand?{GATEWAY}"));
    caller.get(&read).await;
    world.api_server.is_away.store(true, Ordering::Relaxed);
    assert_eq!(caller.get(&read).await.code, 200);
    let unknown = caller.get(&format!("{LIVE}/lag?{GATEWAY}")).await;
    assert!(unknown.refused(503, "ServiceUnavailable").contains("restarting"));
}

#[tokio::test]
async fn names_that_are_not_ours_go_to_the_neighbour() {
    let neighbour = Neighbour {
        read: Arc::new(|read| {
            async move { format!("{} {} {}", read.namespace, read.metric, read.path_and_query).into_response() }
                .boxed()
        }),
        metrics: Arc::new(|| vec!["s0-kafka".to_owned(), "lag".to_owned()]),
    };
    let world = World::beside(Some(neighbour)).await;
    let caller = hpa(&world);
    let foreign = format!("{LIVE}/s0-kafka?labelSelector=app%3Dx");
    assert_eq!(caller.get(&foreign).await.text, format!("live s0-kafka {foreign}"));
    let shared = format!("{LIVE}/lag?labelSelector=app%3Dx");
    assert_eq!(caller.get(&shared).await.text, format!("live lag {shared}"));
    assert_eq!(caller.get(&format!("{LIVE}/demand?{GATEWAY}")).await.code, 200);
    let resources = caller.get("/apis/external.metrics.k8s.io/v1beta1").await.json();
    let names: Vec<_> =
        resources["resources"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
    assert_eq!(names, ["demand", "observed", "forecast", "lag", "replicas", "s0-kafka"]);
    let nobody = world.caller(None).get(&foreign).await;
    nobody.refused(403, "Forbidden");
}

#[tokio::test]
async fn a_neighbour_that_hangs_is_cut_off() {
    let neighbour =
        Neighbour { read: Arc::new(|_| futures::future::pending().boxed()), metrics: Arc::new(Vec::new) };
    let world = World::beside(Some(neighbour)).await;
    let caller = hpa(&world);
    let hung = caller.get(&format!("{LIVE}/s0-kafka")).await;
    hung.refused(504, "Timeout");
    assert_eq!(caller.get(&format!("{LIVE}/demand?{GATEWAY}")).await.code, 200);
}
