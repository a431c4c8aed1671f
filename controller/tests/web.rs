//! The dashboard through its real router, over a real socket: what may not be seen is as if not there, streams resume,
//! answers are what the document says, and a what-if leaves the scaler as it was.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

#[path = "web/fixture.rs"]
mod fixture;
#[path = "web/sse.rs"]
mod sse;

use std::time::Duration;

use fixture::{Scene, Stand, at, stand};
use prescale_controller::{
    board::ScalerKey,
    store::{SeriesId, Store, StoreSettings},
    telemetry::Metrics,
    web::document,
};
use prescale_model::Sample;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sse::Events;
use tokio_util::sync::CancellationToken;

const READS: [&str; 3] = ["", "/history", "/accuracy"];

#[tokio::test]
async fn a_list_has_the_namespaces_that_one_may_see() {
    let scene = Scene::open().await;
    for namespace in ["live", "shop"] {
        scene.show(&stand(namespace, "gateway"));
    }
    let names = async |user, path: &str| {
        let fleet = scene.json(user, path).await;
        let name =
            |row: &Value| format!("{}/{}", row["namespace"].as_str().unwrap(), row["name"].as_str().unwrap());
        fleet["items"].as_array().unwrap().iter().map(name).collect::<Vec<_>>()
    };
    assert_eq!(names("live,shop", "/api/v1/scalers").await, ["live/gateway", "shop/gateway"]);
    assert_eq!(names("live", "/api/v1/scalers").await, ["live/gateway"]);
    assert_eq!(names("live", "/api/v1/scalers?namespace=shop").await, [""; 0]);
    assert_eq!(names("nothing", "/api/v1/scalers").await, [""; 0]);
}

#[tokio::test]
async fn what_may_not_be_seen_is_answered_as_what_is_not_there() {
    let scene = Scene::open().await;
    scene.show(&stand("shop", "gateway"));
    scene.show(&stand("live", "gateway"));
    for read in READS {
        let seen = scene.get("shop", &format!("/api/v1/scalers/shop/gateway{read}")).await;
        assert_eq!(seen.status(), StatusCode::OK, "{read}");
        let hidden = scene.get("live", &format!("/api/v1/scalers/shop/gateway{read}")).await;
        let missing = scene.get("live", &format!("/api/v1/scalers/live/nothing{read}")).await;
        assert_same_refusal((hidden, "shop/gateway"), (missing, "live/nothing")).await;
    }
    let what_if = async |name: &str| {
        scene.send(Method::POST, "live", format!("/api/v1/scalers/{name}/what-if"), &json!({})).await
    };
    assert_same_refusal(
        (what_if("shop/gateway").await, "shop/gateway"),
        (what_if("live/nothing").await, "live/nothing"),
    )
    .await;
    let stream = |name| scene.get("live", format!("/api/v1/stream?scaler={name}"));
    assert_same_refusal(
        (stream("shop/gateway").await, "shop/gateway"),
        (stream("live/nothing").await, "live/nothing"),
    )
    .await;
    let nobody = scene.get("", "/api/v1/scalers").await;
    assert_eq!(nobody.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(nobody.json::<Value>().await.unwrap()["signIn"], json!(["token"]));
}

/// Two answers that differ in nothing but the name that was asked for.
async fn assert_same_refusal(hidden: (reqwest::Response, &str), missing: (reqwest::Response, &str)) {
    let told = async |(answer, name): (reqwest::Response, &str)| {
        let status = answer.status();
        (status, answer.text().await.unwrap().replace(name, "NAME"))
    };
    let hidden = told(hidden).await;
    assert_eq!(hidden.0, StatusCode::NOT_FOUND);
    assert_eq!(hidden, told(missing).await);
}

#[tokio::test]
async fn the_stream_tells_what_changed_and_only_what_may_be_seen() {
    let scene = Scene::open().await;
    let (mut mine, mut theirs) = (stand("live", "gateway"), stand("shop", "gateway"));
    scene.show(&mine);
    scene.show(&theirs);
    let since = scene.json("live", "/api/v1/scalers").await["since"].as_str().unwrap().to_owned();
    let mut events = Events::open(&scene, "live", &format!("since={since}&scaler=live/gateway")).await;
    let view = events.next_of("scaler").await.data;
    assert_eq!(view["row"]["name"], "gateway");
    theirs.tick(2_000.0);
    scene.show(&theirs);
    mine.tick(1_500.0);
    scene.show(&mine);
    let news = events.next_of("fleet").await.data;
    let items = news["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{items:?}");
    assert_eq!((&items[0]["namespace"], &items[0]["demand"]), (&json!("live"), &json!(1_500.0)));
    let view = events.next_of("scaler").await.data;
    assert_eq!(view["plan"]["observed"], 1_500.0);
}

#[tokio::test]
async fn a_stream_resumes_where_it_was_cut() {
    let scene = Scene::open().await;
    let mut gateways: Vec<Stand> = ["one", "two", "three"].map(|name| stand("live", name)).into();
    gateways.iter().for_each(|gateway| scene.show(gateway));
    let mut events = Events::open(&scene, "live", "").await;
    gateways[0].tick(1_100.0);
    scene.show(&gateways[0]);
    let seen = events.next_of("fleet").await;
    drop(events);
    gateways[1].tick(1_200.0);
    scene.show(&gateways[1]);
    scene.gallery.remove(&ScalerKey::new("live", "three"));
    let mut events = Events::resume(&scene, "live", &seen.id).await;
    let missed = events.next_of("fleet").await.data;
    let names: Vec<_> = missed["items"].as_array().unwrap().iter().map(|row| row["name"].clone()).collect();
    assert_eq!((names, &missed["removed"]), (vec![json!("two")], &json!(["live/three"])));
    for strange in ["1a2b-7", "nonsense", ""] {
        let mut events = Events::resume(&scene, "live", strange).await;
        assert_eq!(events.next().await.name, "reset", "`{strange}` is of another controller");
    }
}

#[tokio::test]
async fn a_namespace_that_goes_takes_its_rows_along() {
    let scene = Scene::open().await;
    let names = ["one", "two"];
    names.iter().for_each(|name| scene.show(&stand("shop", name)));
    scene.show(&stand("live", "gateway"));
    let mut events = Events::open(&scene, "live,shop", "").await;
    names.iter().for_each(|name| scene.gallery.remove(&ScalerKey::new("shop", name)));
    let news = events.next_of("fleet").await.data;
    assert_eq!((&news["removed"], &news["items"]), (&json!(["shop/one", "shop/two"]), &json!([])));
    let fleet = scene.json("live,shop", "/api/v1/scalers").await;
    assert_eq!(fleet["items"].as_array().unwrap().len(), 1);
    assert_eq!(scene.get("live,shop", "/api/v1/scalers/shop/one").await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn who_loses_or_gains_a_namespace_is_told_to_read_anew() {
    let scene = Scene::open().await;
    let (mut shop, mut live) = (stand("shop", "gateway"), stand("live", "gateway"));
    scene.show(&shop);
    scene.show(&live);
    let mut events = Events::open(&scene, "changing", "").await;
    scene.rights.set("changing", &["live", "shop"]);
    shop.tick(1_100.0);
    scene.show(&shop);
    assert_eq!(events.next_of("fleet").await.data["items"][0]["namespace"], "shop");
    scene.rights.set("changing", &["live"]);
    shop.tick(1_200.0);
    scene.show(&shop);
    assert_eq!(events.next().await.name, "reset");
    shop.tick(1_300.0);
    scene.show(&shop);
    live.tick(1_400.0);
    scene.show(&live);
    let items = events.next_of("fleet").await.data["items"].clone();
    assert!(items.as_array().unwrap().iter().all(|row| row["namespace"] == "live"), "{items}");
}

#[tokio::test]
async fn a_packed_stream_is_the_plain_one() {
    let scene = Scene::open().await;
    let mut gateways: Vec<Stand> =
        (0..40).map(|number| stand("live", &format!("gateway-{number}"))).collect();
    let mut plain = Events::open(&scene, "live", "").await;
    let mut packed = Events::open_packed(&scene, "live").await;
    for gateway in &mut gateways {
        gateway.tick(1_234.0);
        scene.show(gateway);
    }
    let (mut in_plain, mut in_packed) = (0, 0);
    while in_plain < 40 || in_packed < 40 {
        let rows = |event: &sse::Event| event.data["items"].as_array().unwrap().len();
        if in_plain < 40 {
            in_plain += rows(&plain.next_of("fleet").await);
        } else {
            in_packed += rows(&packed.next_of("fleet").await);
        }
    }
    assert_eq!((in_plain, in_packed), (40, 40));
}

#[tokio::test]
async fn room_nodes_and_lead_times_are_told() {
    let scene = Scene::open().await;
    scene.show(&stand("live", "gateway"));
    let view = scene.json("live", "/api/v1/scalers/live/gateway").await;
    let headroom = &view["headroom"];
    assert_eq!(headroom["pods"], view["plan"]["headroom"]);
    assert_eq!((&headroom["ready"], &headroom["by"]), (&json!(2), &json!("PlaceholderPods")));
    assert_eq!(view["pods"], json!({"pending": 1, "going": 4}));
    let pool = |name: &str, (nodes, going): (u32, u32), launch: Value, per_hour: Value| {
        json!({"name": name, "nodes": nodes, "going": going, "launching": 1, "launchSeconds": launch, "launches": 7,
            "takenNodes": 0.5, "perHour": per_hour})
    };
    let general = pool("general", (2, 0), json!(55.0), json!(0.05));
    assert_eq!(view["pools"], json!([general, pool("spot", (1, 1), Value::Null, Value::Null)]));
    // A minute and three are typed, and the HPA's period comes before both.
    let hpa = view["leadTimes"]["hpaSeconds"].as_f64().unwrap();
    for (which, typed) in [("pod", 60.0), ("node", 180.0)] {
        let told = json!({"seconds": typed + hpa, "starts": 0, "how": "typed"});
        assert_eq!(view["leadTimes"][which], told);
    }
    let history = scene.json("live", "/api/v1/scalers/live/gateway/history").await;
    let newest = |column: &str| history[column].as_array().unwrap().iter().rfind(|value| !value.is_null());
    assert_eq!(newest("headroomReady"), Some(&json!(2.0)));
}

#[tokio::test]
async fn cost_and_advice_are_told_and_what_is_unknown_is_null() {
    let scene = Scene::open().await;
    scene.show(&stand("live", "gateway"));
    let view = scene.json("live", "/api/v1/scalers/live/gateway").await;
    let sum = json!({"hours": 2.0, "replicaHours": 24.0, "pods": 0.5, "headroom": 0.25, "saved": 1.5});
    let cost = json!({"nodes": 0.25, "headroomNodes": 0.125, "perHour": null, "headroomPerHour": null,
        "alwaysOn": null, "since": at(0).to_string(), "nodeHours": sum, "money": null,
        "unpricedNodes": ["node-a"], "message": "node-a has no price"});
    assert_eq!(view["cost"], cost);
    let container = json!({"container": "web", "cpu": "250m", "memory": null, "requestedCpu": "1",
        "requestedMemory": null});
    let advice = json!({"at": at(0).to_string(), "containers": [container], "savesNodes": 0.1,
        "savesPerHour": null, "message": null});
    assert_eq!(view["advice"], advice);
}

#[tokio::test]
async fn a_name_with_markup_in_it_is_data() {
    let scene = Scene::open().await;
    let name = "<img src=x onerror=alert(1)>";
    scene.show(&stand("live", name));
    let answer = scene.get("live", "/api/v1/scalers").await;
    assert_eq!(answer.headers()["content-type"], "application/json");
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    assert_eq!(answer.json::<Value>().await.unwrap()["items"][0]["name"], name);
    let problem = scene.get("live", "/api/v1/scalers/live/%3Cscript%3E").await;
    assert_eq!(problem.headers()["content-type"], "application/problem+json");
    assert!(problem.text().await.unwrap().contains("live/<script>"));
}

#[tokio::test]
async fn each_answer_keeps_strangers_out() {
    let scene = Scene::open().await;
    scene.show(&stand("live", "gateway"));
    let paths = [
        "/",
        "/scalers/live/gateway",
        "/assets/nothing.js",
        "/api/v1/scalers",
        "/api/v1/nothing",
        "/api/v1/openapi.json",
        "/api/v1/stream",
        "/api/v1/scalers/live/nothing",
        "/api/v1/session",
    ];
    for path in paths {
        for user in ["live", ""] {
            let answer = scene.get(user, path).await;
            let headers = answer.headers();
            let policy = headers["content-security-policy"].to_str().unwrap();
            assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{path}: {policy}");
            assert!(
                policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"),
                "{path}: {policy}"
            );
            assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
            assert_eq!(headers["referrer-policy"], "no-referrer", "{path}");
            assert_eq!(headers["cross-origin-opener-policy"], "same-origin", "{path}");
            assert!(headers.contains_key("cache-control"), "{path}");
        }
    }
    assert_eq!(scene.get("", "/assets/nothing.js").await.status(), StatusCode::NOT_FOUND);
    let page = scene.get("", "/scalers/live/gateway").await;
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    let tag = page.headers()["etag"].clone();
    let again = scene.request(Method::GET, "", "/").header("if-none-match", tag).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(
        scene.request(Method::POST, "", "/").send().await.unwrap().status(),
        StatusCode::METHOD_NOT_ALLOWED
    );
}

#[test]
fn the_committed_document_is_what_the_types_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/dashboard/openapi.json");
    let current = format!("{}\n", serde_json::to_string_pretty(&document()).unwrap());
    assert!(std::fs::read_to_string(path).unwrap() == current, "{path} is old: run `make openapi`");
}

#[tokio::test]
async fn answers_are_what_the_document_says() {
    let scene = Scene::open().await;
    let gateway = stand("live", "gateway");
    scene.show(&gateway);
    let document = serde_json::to_value(document()).unwrap();
    let served = scene.json("", "/api/v1/openapi.json").await;
    assert_eq!(served, document);
    let mut checked = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        let path = path.replace("{namespace}", "live").replace("{name}", "gateway");
        for (method, operation) in operations.as_object().unwrap() {
            let body = match path.rsplit('/').next().unwrap() {
                "what-if" => json!({"risk": 0.5}),
                "replay" => json!({"pause": true}),
                "session" => json!({"token": "it"}),
                _ => {
                    json!({"namespace": "live", "name": "gateway", "type": "sale", "startsAt": "2026-01-01T00:00:00Z"})
                }
            };
            if path.ends_with("/stream") {
                continue;
            }
            let method = method.to_uppercase().parse::<Method>().unwrap();
            let answer = if method == Method::GET {
                scene.get("live", &path).await
            } else {
                scene.send(method.clone(), "live", &path, &body).await
            };
            let status = answer.status().as_u16().to_string();
            assert_ne!(status, "405", "{method} {path} is not served");
            let told = &operation["responses"][&status];
            let undocumented = told.is_null();
            assert!(
                !undocumented || status == "404",
                "{method} {path} answers {status}, which the document does not say"
            );
            let media = answer.headers().get("content-type").map(|media| media.to_str().unwrap().to_owned());
            let body = answer.text().await.unwrap();
            if let Some(media) = media.filter(|_| !undocumented) {
                let schema = &told["content"][&media]["schema"];
                assert!(schema.is_object(), "{method} {path}: {status} as {media} has no schema");
                assert_fits(&serde_json::from_str(&body).unwrap(), schema, &document, &path);
                checked += 1;
            }
        }
    }
    assert!(8 <= checked, "{checked} answers were compared");
}

fn assert_fits(body: &Value, schema: &Value, document: &Value, path: &str) {
    let mut schema = schema.clone();
    schema["components"] = document["components"].clone();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let problems: Vec<_> =
        validator.iter_errors(body).map(|error| format!("{}: {error}", error.instance_path)).collect();
    assert!(problems.is_empty(), "{path}: {problems:?} in {body}");
}

#[tokio::test]
async fn a_what_if_shows_the_plan_of_another_world_and_leaves_this_one() {
    let scene = Scene::open().await;
    let gateway = stand("live", "gateway");
    scene.show(&gateway);
    let before =
        (gateway.snapshot(), gateway.plan(), scene.json("live", "/api/v1/scalers/live/gateway").await);
    let ask = async |what_if: Value| {
        let answer = scene.send(Method::POST, "live", "/api/v1/scalers/live/gateway/what-if", &what_if).await;
        (answer.status(), answer.json::<Value>().await.unwrap())
    };
    let most = |course: &Value| {
        course["replicas"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).max().unwrap()
    };
    let (status, same) = ask(json!({})).await;
    assert_eq!((status, &same["before"]), (StatusCode::OK, &same["after"]));
    assert!(same["says"].as_str().unwrap().starts_with("Nothing changes"), "{}", same["says"]);
    assert_eq!(same["before"]["plan"]["sentence"], before.2["plan"]["reason"]["sentence"]);
    let (_, limited) = ask(json!({"maxReplicas": 5})).await;
    assert_eq!(most(&limited["after"]), 5);
    assert!(5 < most(&limited["before"]), "{limited}");
    let (_, called_off) = ask(json!({"events": [{"name": "on-sale", "cancelled": true}]})).await;
    assert!(most(&called_off["after"]) < most(&called_off["before"]), "{called_off}");
    let (_, larger) = ask(json!({"events": [{"name": "on-sale", "magnitudeTimes": 2.0}]})).await;
    assert!(most(&larger["before"]) < most(&larger["after"]), "{larger}");
    let starts_at = at(gateway.minute() + 5).to_string();
    let draft = json!({"namespace": "live", "name": "added", "type": "flash", "startsAt": starts_at, "duration": "1h",
        "expectedDemand": {"peak": 9000.0, "rampUp": "2m"}});
    let (_, added) = ask(json!({"add": [draft]})).await;
    assert!(most(&added["before"]) < most(&added["after"]), "{added}");
    let (_, far) = ask(json!({"events": [{"name": "on-sale", "shiftSeconds": 7200}]})).await;
    assert!(far["says"].as_str().unwrap().contains("Event `on-sale` starts at "), "{far}");
    assert!(!called_off["says"].as_str().unwrap().contains("starts at"), "{called_off}");
    let (_, slow) = ask(json!({"podSeconds": 7200.0})).await;
    assert!(slow["says"].as_str().unwrap().contains("would forecast further ahead"), "{slow}");
    for (wrong, words) in [
        (json!({"risk": 1.0}), "risk 1 is not above 0 and below 1"),
        (json!({"minReplicas": 300}), "minReplicas 300 is above maxReplicas 200"),
        (json!({"events": [{"name": "nothing"}]}), "no event `nothing` concerns this scaler"),
        (json!({"perReplica": 0.0}), "perReplica 0 is not above 0"),
        (json!({"podSeconds": -1.0}), "podSeconds -1 is not between 0 and 86400"),
        (json!({"riks": 0.5}), "unknown field `riks`"),
    ] {
        let (status, problem) = ask(wrong).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(problem["detail"].as_str().unwrap().contains(words), "{problem}");
    }
    let after =
        (gateway.snapshot(), gateway.plan(), scene.json("live", "/api/v1/scalers/live/gateway").await);
    assert_eq!(before, after);
}

#[tokio::test]
async fn a_trail_has_what_was_forecast_beside_what_came() {
    let scene = Scene::open().await;
    let mut gateway = stand("live", "gateway");
    scene.show(&gateway);
    for minute in 0..30 {
        gateway.tick(1_000.0 + 10.0 * f64::from(minute));
        scene.show(&gateway);
    }
    let trail = scene.json("live", "/api/v1/scalers/live/gateway/history").await;
    let column = |name: &str| trail[name].as_array().unwrap().clone();
    let rows = column("at").len();
    assert!(360 <= rows, "{rows}");
    for name in
        ["demand", "forecast", "low", "high", "planned", "running", "ready", "headroom", "nodes", "served"]
    {
        assert_eq!(column(name).len(), rows, "{name}");
    }
    let (demand, median) = (column("demand"), column("forecast"));
    let both =
        demand.iter().zip(&median).filter(|(demand, median)| demand.is_f64() && median.is_f64()).count();
    assert!((20..=31).contains(&both), "{both}");
    assert_eq!(demand[rows - 2], 1_280.0);
    let reasons = trail["reasons"].as_array().unwrap();
    let view = scene.json("live", "/api/v1/scalers/live/gateway").await;
    assert_eq!(reasons.last().unwrap()["sentence"], view["plan"]["reason"]["sentence"]);
    let from = at(gateway.minute() - 5);
    let short = scene.json("live", &format!("/api/v1/scalers/live/gateway/history?from={from}")).await;
    assert_eq!(short["at"].as_array().unwrap().len(), 6);
    let backwards = format!("/api/v1/scalers/live/gateway/history?from={from}&to={}", at(0));
    assert_eq!(scene.get("live", &backwards).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let accuracy = scene.json("live", "/api/v1/scalers/live/gateway/accuracy").await;
    assert!(300 < accuracy["judgedSteps"].as_u64().unwrap(), "{accuracy}");
    let reality = &accuracy["reality"];
    // 12 replicas serve 1,200 at most: what came beyond was late.
    assert_eq!((&reality["lateMinutes"], &reality["minutes"]), (&json!(9.0), &json!(31.0)));
    // Demand rises by 10 a minute, and a replica that is asked for at 1,100 is there two minutes later: those that follow
    // what they see are short for two minutes after each hundred.
    let reactive = &accuracy["reactive"];
    assert_eq!((&reactive["lateMinutes"], &reactive["minutes"]), (&json!(4.0), &json!(29.0)));
    assert_eq!(accuracy["lateMinutesAvoided"], json!(-5.0), "what ran was fixed, and worse");
    assert!(accuracy["saysWhat"].as_str().unwrap().contains("An HPA that follows"));
    // The event came, and demand did not follow it: to know of it was worth nothing. No signal is there to be judged.
    let on_sale = &accuracy["events"][0];
    assert!(on_sale["saves"].as_f64().unwrap() < 0.0, "{accuracy}");
    assert!(on_sale["worth"].as_str().unwrap().ends_with("% more wrong for knowing of these"), "{accuracy}");
    assert_eq!((&accuracy["signals"], &accuracy["worthMinutes"]), (&json!([]), &json!(294.0)));
}

#[tokio::test]
async fn what_was_before_the_trail_comes_from_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let (store, keeper) = Store::new(StoreSettings::new(folder.path().join("history")), Metrics::default());
    let end = CancellationToken::new();
    let _kept = tokio::spawn(keeper.run(end.clone()));
    let _end = end.drop_guard();
    let gateway = stand("live", "gateway");
    // A day of minutes up to where the trail begins, and one that the trail has too.
    let samples: Vec<_> =
        (-1_440..=0).map(|minute| Sample::new(at(minute), 500.0 - minute as f64).unwrap()).collect();
    let series = SeriesId::all_of(gateway.spec())[0];
    assert!(store.backfill(vec![(series, samples)]).await);
    let scene = Scene::with(Some(store)).await;
    scene.show(&gateway);
    let read = async |from: i64| {
        let path = format!("/api/v1/scalers/live/gateway/history?from={}", at(from));
        scene.json("live", &path).await
    };
    let in_memory = read(0).await["at"].as_array().unwrap().len();
    let trail = read(-60).await;
    assert_eq!(trail["at"].as_array().unwrap().len(), in_memory + 60, "each time once");
    assert_eq!((&trail["at"][0], &trail["demand"][0]), (&json!(at(-60)), &json!(560.0)));
    assert_eq!(
        (&trail["planned"][0], &trail["reasons"][0]["replicas"]),
        (&json!(null), &json!(gateway.plan().replicas))
    );
    assert_eq!(trail["demand"].as_array().unwrap().len(), trail["nodes"].as_array().unwrap().len());
}

#[tokio::test]
async fn a_view_says_why_this_many_and_the_sum_behind_it() {
    let scene = Scene::open().await;
    let gateway = stand("live", "gateway");
    scene.show(&gateway);
    let view = scene.json("live", "/api/v1/scalers/live/gateway").await;
    let sum = view["plan"]["reason"]["sum"].as_array().unwrap();
    assert_eq!(sum[1], json!({"label": "÷ a replica serves", "value": "100"}));
    let replicas = view["plan"]["replicas"].as_u64().unwrap();
    assert_eq!(sum.last().unwrap()["value"], format!("{replicas} replicas"));
    assert_eq!(view["events"][0]["expectedPeak"], 4_000.0);
    assert_eq!(view["forecast"]["values"][0].as_array().unwrap().len(), 5);
    assert_eq!(view["spec"]["capacity"], json!({"perReplica": 100.0, "how": "given"}));
}

#[tokio::test]
async fn a_viewer_who_must_sign_in_again_is_let_go() {
    let scene = Scene::open().await;
    scene.show(&stand("live", "gateway"));
    let mut events = Events::open(&scene, "expiring", "").await;
    let ended = tokio::time::timeout(Duration::from_secs(20), events.read_to_end()).await;
    assert!(ended.is_ok(), "the stream outlives the session");
}
