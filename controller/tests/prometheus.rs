//! Reading from Prometheus, against a server of a few lines that answers what each row says. The real
//! Prometheus is read by the tests of `prescale record`.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use jiff::{SignedDuration, Timestamp};
use prescale_controller::sources::prometheus::{SourceError, query_range};
use prometheus_http_query::Client;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// An HTTP answer: status line, content type, body.
type Answer = (&'static str, &'static str, String);

/// Serves `answer`, which is given the body of each request, on a port of its own.
async fn serve(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (status, content_type, body) = answer(&read_body(&mut stream).await);
            let length = body.len();
            let head =
                format!("HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {length}");
            let text = format!("{head}\r\nconnection: close\r\n\r\n{body}");
            stream.write_all(text.as_bytes()).await.unwrap();
        }
    });
    url.parse().unwrap()
}

/// The body of one request, whose end its content-length says.
async fn read_body(stream: &mut TcpStream) -> String {
    let mut request = String::new();
    loop {
        let mut buffer = [0; 4096];
        let read = stream.read(&mut buffer).await.unwrap();
        request += std::str::from_utf8(&buffer[..read]).unwrap();
        if let Some((head, body)) = request.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            if body.len() == length.parse::<usize>().unwrap() {
                return body.to_owned();
            }
        }
    }
}

fn json(body: impl Into<String>) -> Answer {
    ("200 OK", "application/json", body.into())
}

fn matrix(series: &str) -> Answer {
    json(format!(r#"{{"status":"success","data":{{"resultType":"matrix","result":[{series}]}}}}"#))
}

async fn read(client: &Client, to: i64, step_s: i64) -> Result<Vec<(i64, f64)>, SourceError> {
    let second = |second| Timestamp::from_second(second).unwrap();
    let step = SignedDuration::from_secs(step_s);
    let samples = query_range(client, "up", second(0), second(to), step).await?;
    Ok(samples.iter().map(|sample| (sample.at().as_second(), sample.value())).collect())
}

/// What one answer is read as, the address of the server left out.
async fn check(answer: Answer, expected: Result<&[(i64, f64)], &str>) {
    let shown = format!("{answer:?}");
    let client = serve(move |_| answer.clone()).await;
    let url = client.base_url().to_string();
    let read = read(&client, 180, 60).await.map_err(|error| error.to_string().replace(&url, "URL"));
    assert_eq!(read.as_deref(), expected.map_err(str::to_owned).as_ref().map(|samples| *samples), "{shown}");
}

#[tokio::test]
async fn what_is_missing_stays_missing() {
    let gaps = r#"{"metric":{},"values":[[0,"1"],[60,"NaN"],[120,"+Inf"],[180,"2.5"]]}"#;
    check(matrix(gaps), Ok(&[(0, 1.0), (180, 2.5)])).await;
    check(matrix(r#"{"metric":{},"values":[[60,"-1"]]}"#), Ok(&[])).await;
}

#[tokio::test]
async fn a_query_that_does_not_give_one_series_is_refused_in_words() {
    check(matrix(""), Err("the query `up` gives no series")).await;
    let two = r#"{"metric":{"__name__":"up","pod":"a","app":"x"},"values":[[0,"1"]]},{"metric":{"pod":"b"},"values":[[0,"1"]]}"#;
    let refusal = r#"the query `up` gives several series, such as up{app="x", pod="a"} and {pod="b"}: wrap it in sum(…)"#;
    check(matrix(two), Err(refusal)).await;
    let error = r#"{"status":"error","errorType":"bad_data","error":"parse error: unexpected end"}"#;
    let answer = ("400 Bad Request", "application/json", error.to_owned());
    check(answer, Err("Prometheus refuses the query `up`: bad_data: parse error: unexpected end")).await;
}

#[tokio::test]
async fn an_answer_that_is_not_of_prometheus_is_told_apart() {
    let page = ("502 Bad Gateway", "text/html", "<h1>no</h1>".to_owned());
    check(page, Err("cannot read the answer of URL: it is HTTP 502 Bad Gateway")).await;
    check(
        json("{\"status\":"),
        Err("cannot read the answer of URL: EOF while parsing a value at line 1 column 10"),
    )
    .await;
    let scalar = r#"{"status":"success","data":{"resultType":"scalar","result":[0,"1"]}}"#;
    check(json(scalar), Err("cannot read the answer of URL: it is not a range")).await;
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
    let error = read(&url.parse().unwrap(), 60, 60).await.unwrap_err();
    assert!(matches!(error, SourceError::TimedOut { .. }), "{error:?}");
}

/// Answers a request for a range with one sample at its start, of the labels that `metric` says for it.
fn at_start(body: &str, metric: impl Fn(&str) -> String) -> Answer {
    let start = body.split('&').find_map(|pair| pair.strip_prefix("start=")).unwrap();
    matrix(&format!(r#"{{"metric":{{{}}},"values":[[{start},"7"]]}}"#, metric(start)))
}

#[tokio::test]
async fn a_long_span_is_read_in_chunks_and_joined() {
    let client = serve(|body| at_start(body, |_| String::new())).await;
    assert_eq!(read(&client, 25_000, 1).await, Ok(vec![(0, 7.0), (11_000, 7.0), (22_000, 7.0)]));
}

#[tokio::test]
async fn a_series_that_changes_its_labels_between_chunks_is_two() {
    let client = serve(|body| at_start(body, |start| format!(r#""pod":"{start}""#))).await;
    let error = read(&client, 25_000, 1).await.unwrap_err();
    assert!(error.to_string().contains(r#"such as {pod="0"} and {pod="11000"}"#), "{error}");
}

#[tokio::test]
async fn a_chunk_without_the_series_is_a_gap() {
    let client = serve(|body| match body.contains("start=11000") {
        true => matrix(""),
        false => at_start(body, |_| String::new()),
    })
    .await;
    assert_eq!(read(&client, 25_000, 1).await, Ok(vec![(0, 7.0), (22_000, 7.0)]));
}
