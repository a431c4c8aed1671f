//! What is taken, in each format, and what is answered.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::world::{FEEDER, JOINS, JSON, LINES, World};

fn ago(seconds: i64) -> String {
    (Timestamp::now() - SignedDuration::from_secs(seconds)).to_string()
}

#[tokio::test]
async fn one_sample_is_taken() {
    let world = World::new();
    let words = "nothing has been pushed to `queue-joins` yet";
    assert_eq!(world.newest("gateway", "queue-joins"), Err(words.to_owned()));
    let got = world.post(JOINS, &[FEEDER, JSON], r#"{"value": 12}"#).await;
    assert_eq!((got.code, got.json()), (200, json!({"accepted": 1, "duplicates": 0, "refused": 0})));
    assert_eq!(world.newest("gateway", "queue-joins"), Ok(12.0));
}

#[tokio::test]
async fn the_same_again_is_a_duplicate_and_another_value_replaces_it() {
    let world = World::new();
    let (early, late) = (ago(120), ago(0));
    let batch = |last: f64| json!([{"value": 3, "time": early}, {"value": last, "time": late}]).to_string();
    let counts = async |body: String| {
        let got = world.post(JOINS, &[FEEDER, JSON], body).await.json();
        (got["accepted"].as_u64().unwrap(), got["duplicates"].as_u64().unwrap())
    };
    assert_eq!(counts(batch(5.0)).await, (2, 0));
    assert_eq!(counts(batch(5.0)).await, (0, 2));
    assert_eq!(world.newest("gateway", "queue-joins"), Ok(5.0));
    assert_eq!(counts(batch(4.0)).await, (1, 1));
    assert_eq!(world.newest("gateway", "queue-joins"), Ok(4.0));
}

#[tokio::test]
async fn what_is_well_is_taken_beside_what_is_refused() {
    let world = World::new();
    let batch = json!([{"value": 3, "time": ago(3_600)}, {"value": -2}, {"value": 5}]).to_string();
    let got = world.post(JOINS, &[FEEDER, JSON], batch).await;
    let answer = got.json();
    assert_eq!((got.code, &answer["accepted"], &answer["refused"]), (200, &json!(1), &json!(2)), "{answer}");
    let reason = answer["reasons"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("ago: samples are taken until 10m after their time"), "{reason}");
    assert_eq!(answer["reasons"][1]["index"], 1);
    assert_eq!(world.newest("gateway", "queue-joins"), Ok(5.0));
    let page = world.metrics.render();
    for line in [
        r#"prescale_pushed_samples_total{outcome="accepted"} 1"#,
        r#"prescale_pushed_samples_total{outcome="refused"} 2"#,
        r#"prescale_pushes_total{result="taken"} 1"#,
    ] {
        assert!(page.contains(line), "{line}: {page}");
    }
}

#[tokio::test]
async fn line_protocol_and_demand_are_taken() {
    let world = World::new();
    let now_ms = Timestamp::now().as_millisecond();
    let lines =
        format!("shop,site=paris value=700 {}\nshop,site=paris value=900 {now_ms}\n", now_ms - 90_000);
    let path = "/api/v1/signals/live/shop/demand?precision=ms";
    let got = world.post(path, &[FEEDER, LINES], lines).await;
    assert_eq!((got.code, got.json()), (200, json!({"accepted": 2, "duplicates": 0, "refused": 0})));
    assert_eq!(world.newest("shop", "demand"), Ok(900.0));
    let media = ("content-type", "application/vnd.influxdb.line-protocol");
    let got = world.post("/api/v1/signals/live/shop/demand", &[FEEDER, media], "shop value=901").await;
    assert_eq!(got.code, 200);
    assert_eq!(world.newest("shop", "demand"), Ok(901.0));
}

#[tokio::test]
async fn what_was_pushed_long_ago_is_not_taken_for_now() {
    let world = World::new();
    let path = "/api/v1/signals/live/gateway/tickets";
    let time = ago(61);
    let got = world.post(path, &[FEEDER, JSON], json!({"value": 3, "time": time}).to_string()).await;
    assert_eq!(got.code, 200);
    let said = world.newest("gateway", "tickets").unwrap_err();
    assert!(said.starts_with("nothing was pushed to `tickets` since 20"), "{said}");
}
