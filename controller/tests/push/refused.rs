//! Each way to be refused: with which status, in which words, naming what.

use axum::{body::Body, http::Request};
use serde_json::{Value, json};

use super::world::{FEEDER, JOINS, JSON, KEY, LINES, OWNER, World};

const ONE: &str = r#"{"value": 12}"#;

/// Posts, and looks for the words in the detail.
async fn check(path: &str, headers: &[(&str, &str)], body: &str, (code, words): (u16, &str)) -> Value {
    let world = World::new();
    let problem = world.post(path, headers, body.to_owned()).await.problem(code);
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains(words), "{path}: {detail}");
    assert!(world.newest("gateway", "queue-joins").is_err(), "nothing is taken");
    problem
}

#[tokio::test]
async fn who_is_not_known_is_asked_who_it_is() {
    check(JOINS, &[JSON], ONE, (401, "show a token of the cluster")).await;
    let token = ("authorization", "Bearer nonsense");
    check(JOINS, &[token, JSON], ONE, (401, "the bearer token is not valid")).await;
    for scheme in ["ApiKey", "Token"] {
        let key = format!("{scheme} nonsense");
        check(JOINS, &[("authorization", &key), JSON], ONE, (401, "the API key is not valid")).await;
    }
    check("/api/v1/write", &[], "", (401, "show a token of the cluster")).await;
    let got = World::new().post(JOINS, &[JSON], ONE).await;
    assert_eq!(got.headers["www-authenticate"], "Bearer, ApiKey");
}

#[tokio::test]
async fn who_has_no_right_is_refused_whether_the_scaler_is_there_or_not() {
    let key = format!("ApiKey {KEY}");
    let partner = ("authorization", key.as_str());
    let user =
        "User \"prescale.dev:api-key:live:partner\" cannot create resource \"predictivescalers/signals\"";
    for scaler in ["gateway", "nobody"] {
        let path = format!("/api/v1/signals/live/{scaler}/queue-joins");
        let problem = check(&path, &[partner, JSON], ONE, (403, user)).await;
        assert_eq!(problem["known"], Value::Null);
    }
    let elsewhere = "/api/v1/signals/elsewhere/gateway/queue-joins";
    check(elsewhere, &[FEEDER, JSON], ONE, (403, "in the namespace \"elsewhere\"")).await;
}

#[tokio::test]
async fn what_is_not_there_is_told_with_what_is_to_who_may_see_it() {
    let path = "/api/v1/signals/live/gatewya/queue-joins";
    let words = "no PredictiveScaler `gatewya` runs in namespace `live`";
    assert_eq!(check(path, &[FEEDER, JSON], ONE, (404, words)).await["known"], Value::Null);
    assert_eq!(check(path, &[OWNER, JSON], ONE, (404, words)).await["known"], json!(["gateway", "shop"]));
    let path = "/api/v1/signals/live/gateway/joins";
    let problem = check(path, &[FEEDER, JSON], ONE, (404, "live/gateway has no signal `joins`")).await;
    assert_eq!(problem["known"], json!(["queue-joins", "tickets"]));
    check("/api/v1/signals", &[FEEDER, JSON], ONE, (404, "there is nothing at `/api/v1/signals`")).await;
    let long = format!("/api/v1/signals/live/{}/a", "a".repeat(300));
    check(&long, &[FEEDER, JSON], ONE, (404, "more than 253 characters")).await;
}

#[tokio::test]
async fn what_is_read_from_elsewhere_cannot_be_pushed() {
    let check = async |signal: &str, from: &str| {
        let path = format!("/api/v1/signals/live/gateway/{signal}");
        let words = format!("`{signal}` of live/gateway is read from {from}, and not pushed");
        let problem = check(&path, &[FEEDER, JSON], ONE, (409, &words)).await;
        assert_eq!(problem["known"], json!(["queue-joins", "tickets"]));
    };
    check("orders", "kafka").await;
    check("demand", "prometheus").await;
}

#[tokio::test]
async fn what_cannot_be_read_is_named() {
    let malformed = async |headers: &[(&str, &str)], body: &str, field: Value, words: &str| {
        let headers = [&[FEEDER], headers].concat();
        assert_eq!(check(JOINS, &headers, body, (400, words)).await["field"], field, "{body}");
    };
    malformed(&[JSON], r#"[{"value": 1}, {"value": "12"}]"#, json!("[1].value"), "string \"12\"").await;
    malformed(&[JSON], "{", Value::Null, "EOF").await;
    malformed(&[JSON], "[]", Value::Null, "the body has no sample").await;
    malformed(&[LINES], "queue v=true", json!("line 1"), "field `v` is true, not a number").await;
    let precision = format!("{JOINS}?precision=h");
    let problem =
        check(&precision, &[FEEDER, LINES], "q v=1", (400, "`h` is none of ns, us, ms and s")).await;
    assert_eq!(problem["field"], "precision");
}

#[tokio::test]
async fn a_batch_of_which_all_is_refused_is_refused() {
    let late = r#"{"value": 1, "time": "2020-01-01T00:00:00Z"}"#;
    let problem = check(JOINS, &[FEEDER, JSON], late, (400, "time 2020-01-01T00:00:00Z is ")).await;
    assert_eq!(problem["field"], "time");
    let future = r#"[{"value": -1}, {"value": 1, "time": "2999-01-01T00:00:00Z"}]"#;
    let problem = check(JOINS, &[FEEDER, JSON], future, (400, "value -1 is not an amount")).await;
    assert_eq!((&problem["field"], &problem["refused"][1]["index"]), (&json!("[0].value"), &json!(1)));
    let reason = problem["refused"][1]["reason"].as_str().unwrap();
    assert!(reason.contains("ahead of the controller's clock"), "{reason}");
}

#[tokio::test]
async fn formats_that_are_not_read_are_named() {
    let form = ("content-type", "application/x-www-form-urlencoded");
    check(JOINS, &[FEEDER, form], ONE, (415, "Content-Type `application/x-www-form-urlencoded` is not read"))
        .await;
    let gzip = ("content-encoding", "gzip");
    check(JOINS, &[FEEDER, JSON, gzip], ONE, (415, "Content-Encoding `gzip` is not read")).await;
    check("/api/v1/write", &[FEEDER, JSON], ONE, (415, "send remote write 1.0 or 2.0")).await;
}

#[tokio::test]
async fn bodies_and_batches_have_a_limit() {
    let large = format!("{ONE}{}", " ".repeat(1 << 20));
    check(JOINS, &[FEEDER, JSON], &large, (413, "the body has more than 1048576 bytes")).await;
    let many = format!("[{}]", vec![ONE; 5_001].join(","));
    check(JOINS, &[FEEDER, JSON], &many, (400, "more than 5000 samples")).await;
    // A body that does not tell how long it is.
    let chunks = futures::stream::iter((0..17).map(|_| Ok::<_, std::io::Error>(vec![b' '; 1 << 16])));
    let got = World::new().post(JOINS, &[FEEDER, JSON], Body::from_stream(chunks)).await;
    got.problem(413);
}

#[tokio::test]
async fn who_pushes_too_often_is_told_when_to_come_back() {
    let world = World::new();
    let path = "/api/v1/signals/live/shop/demand";
    for _ in 0..200 {
        let got = world.post(path, &[FEEDER, JSON], ONE).await;
        if got.code == 200 {
            continue;
        }
        assert!(got.problem(429)["detail"].as_str().unwrap().contains("more than 10 times a second"));
        assert_eq!(got.headers["retry-after"], "1");
        assert_eq!(world.post(path, &[OWNER, JSON], ONE).await.code, 200, "others are not held up");
        return;
    }
    panic!("nobody was held up in 200 requests");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let never = futures::stream::pending::<Result<Vec<u8>, std::io::Error>>();
    let got = World::new().post(JOINS, &[FEEDER, JSON], Body::from_stream(never)).await;
    got.problem(408);
}

#[tokio::test]
async fn only_posts_are_answered() {
    let got = World::new().send(Request::get(JOINS).body(Body::empty()).unwrap()).await;
    assert_eq!(got.problem(405)["detail"], "GET is not supported: only POST is");
}
