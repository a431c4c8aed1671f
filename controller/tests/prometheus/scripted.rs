//! What each answer is read as.

use axum::response::Response;
use jiff::SignedDuration;
use prescale_controller::sources::prometheus::{SourceError, query_newest, query_range};
use prometheus_http_query::Client;
use tokio::net::TcpListener;

use crate::{
    second,
    server::{answer, client_of, data, field, json, matrix, vector},
};

async fn read(client: &Client, to: i64, step_s: i64) -> Result<Vec<(i64, f64)>, SourceError> {
    let step = SignedDuration::from_secs(step_s);
    let samples = query_range(client, "up", second(0), second(to), step).await?;
    Ok(samples.iter().map(|sample| (sample.at().as_second(), sample.value())).collect())
}

/// What one answer to a range is read as, the address of the server left out.
async fn check(
    answer: impl Fn() -> Response + Clone + Send + Sync + 'static,
    expected: Result<&[(i64, f64)], &str>,
) {
    let client = client_of(move |_| answer()).await;
    let url = client.base_url().to_string();
    let read = read(&client, 180, 60).await.map_err(|error| error.to_string().replace(&url, "URL"));
    assert_eq!(read.as_deref(), expected.map_err(str::to_owned).as_ref().map(|samples| *samples));
}

/// What one answer to an instant query at 60 s is read as.
async fn check_newest(
    answer: impl Fn() -> Response + Clone + Send + Sync + 'static,
    expected: Result<(i64, f64), &str>,
) {
    let client = client_of(move |_| answer()).await;
    let read = query_newest(&client, "up", second(60)).await;
    let read = read.map(|sample| (sample.at().as_second(), sample.value()));
    assert_eq!(read.map_err(|error| error.to_string()), expected.map_err(str::to_owned));
}

#[tokio::test]
async fn what_is_missing_stays_missing() {
    let gaps = r#"{"metric":{},"values":[[0,"1"],[60,"NaN"],[120,"+Inf"],[180,"2.5"]]}"#;
    check(move || matrix(gaps), Ok(&[(0, 1.0), (180, 2.5)])).await;
    check(|| matrix(r#"{"metric":{},"values":[[60,"-1"]]}"#), Ok(&[])).await;
}

#[tokio::test]
async fn a_query_that_does_not_give_one_series_is_refused_in_words() {
    check(|| matrix(""), Err("the query `up` gives no series")).await;
    let two = r#"{"metric":{"__name__":"up","pod":"a","app":"x"},"values":[[0,"1"]]},{"metric":{"pod":"b"},"values":[[0,"1"]]}"#;
    let refusal = r#"the query `up` gives several series, such as up{app="x", pod="a"} and {pod="b"}: wrap it in sum(…)"#;
    check(move || matrix(two), Err(refusal)).await;
    let error = r#"{"status":"error","errorType":"bad_data","error":"parse error: unexpected end"}"#;
    let refused = "Prometheus refuses the query `up`: bad_data: parse error: unexpected end";
    check(move || answer(400, "application/json", error), Err(refused)).await;
    let error = r#"{"status":"error","errorType":"timeout","error":"query timed out"}"#;
    let failed = "Prometheus cannot answer the query `up` now: timeout: query timed out";
    check(move || answer(503, "application/json", error), Err(failed)).await;
}

#[tokio::test]
async fn an_answer_that_is_not_of_prometheus_is_told_apart() {
    check(|| answer(502, "text/html", "<h1>no</h1>"), Err("URL answers HTTP 502 Bad Gateway")).await;
    check(|| answer(404, "application/json", "{}"), Err("URL answers HTTP 404 Not Found")).await;
    let denied = "URL refuses our credentials: HTTP 401 Unauthorized";
    check(|| answer(401, "text/plain", "Unauthorized"), Err(denied)).await;
    let page = "cannot read the answer of URL: it is not JSON: is this a Prometheus?";
    check(|| answer(200, "text/html", "<h1>hello</h1>"), Err(page)).await;
    let broken = "cannot read the answer of URL: EOF while parsing a value at line 1 column 10";
    check(|| json("{\"status\":"), Err(broken)).await;
    let scalar = "cannot read the answer of URL: it is not a range";
    check(|| data("scalar", r#"[0,"1"]"#), Err(scalar)).await;
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_not_taken_in() {
    let too_large = "the answer to the query `up` is larger than 16 MiB: wrap it in sum(…)";
    check(|| json(" ".repeat(17 << 20)), Err(too_large)).await;
}

#[tokio::test]
async fn a_newest_value_is_one_amount_of_now_or_said_to_be_none() {
    check_newest(|| vector(60, "2.5"), Ok((60, 2.5))).await;
    check_newest(|| data("vector", "[]"), Err("the query `up` gives no series")).await;
    for (value, shown) in [("NaN", "NaN"), ("+Inf", "inf"), ("-1", "-1")] {
        let none = format!("the query `up` gives {shown}, which is no amount");
        check_newest(move || vector(60, value), Err(&none)).await;
    }
    let scalar = "the query `up` gives a scalar, not a series: take scalar(…) away, or use vector(…)";
    check_newest(|| data("scalar", r#"[60,"1"]"#), Err(scalar)).await;
    let range = "the query `up` gives a range, not a series: wrap it in rate(…) or the like";
    check_newest(|| matrix(""), Err(range)).await;
    let old = "the query `up` is answered with the value of 1970-01-01T00:00:20Z, 40 s ago: is a cache in between, or \
               do the clocks differ?";
    check_newest(|| vector(20, "1"), Err(old)).await;
}

#[tokio::test]
async fn the_newest_value_is_the_newest_by_the_servers_clock() {
    check_newest(|| vector(62, "2.5"), Ok((60, 2.5))).await;
    check_newest(|| vector(3_660, "2.5"), Ok((3_660, 2.5))).await;
    // A time of ours would be answered with what was then.
    let client =
        client_of(|asked| if asked.body == "query=up" { vector(60, "7") } else { answer(400, "", "") });
    assert!(query_newest(&client.await, "up", second(60)).await.is_ok());
}

#[tokio::test]
async fn a_server_that_is_away_is_told_apart() {
    // The port was free a moment ago, and nothing listens on it now.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = read(&url.parse().unwrap(), 60, 60).await.unwrap_err();
    assert!(matches!(error, SourceError::Unreachable { .. }), "{error:?}");
    assert!(error.to_string().contains("Connection refused"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let client = url.parse().unwrap();
    let error = read(&client, 60, 60).await.unwrap_err();
    assert_eq!(error.to_string(), format!("{url}/ gave no answer within 150 s"));
    let error = query_newest(&client, "up", second(60)).await.unwrap_err();
    assert_eq!(error.to_string(), format!("{url}/ gave no answer within 5 s"));
}

/// Answers a request for a range with one sample at its start, of the labels that `metric` says for it.
fn at_start(body: &str, metric: impl Fn(&str) -> String) -> Response {
    let start = field(body, "start");
    matrix(&format!(r#"{{"metric":{{{}}},"values":[[{start},"7"]]}}"#, metric(start)))
}

#[tokio::test]
async fn a_long_span_is_read_in_chunks_and_joined() {
    let client = client_of(|asked| at_start(&asked.body, |_| String::new())).await;
    assert_eq!(read(&client, 25_000, 1).await, Ok(vec![(0, 7.0), (11_000, 7.0), (22_000, 7.0)]));
}

#[tokio::test]
async fn a_series_that_changes_its_labels_between_chunks_is_two() {
    let client = client_of(|asked| at_start(&asked.body, |start| format!(r#""pod":"{start}""#))).await;
    let error = read(&client, 25_000, 1).await.unwrap_err();
    assert!(error.to_string().contains(r#"such as {pod="0"} and {pod="11000"}"#), "{error}");
}

#[tokio::test]
async fn a_chunk_without_the_series_is_a_gap() {
    let client = client_of(|asked| match asked.body.contains("start=11000") {
        true => matrix(""),
        false => at_start(&asked.body, |_| String::new()),
    })
    .await;
    assert_eq!(read(&client, 25_000, 1).await, Ok(vec![(0, 7.0), (22_000, 7.0)]));
}
