//! Foreign metrics, read over TLS from a server that answers, hangs, talks nonsense or is away.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

#[path = "upstream/server.rs"]
mod server;

use std::{
    fs,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use axum::{
    body::to_bytes,
    http::{StatusCode, header::CONTENT_TYPE},
};
use futures::future::join_all;
use prescale_controller::{
    metrics_api::ForeignRead,
    telemetry::Metrics,
    upstream::{Answer, Chain, Patience, Trust, Upstream, UpstreamError, UpstreamFault, token_file},
};
use serde_json::Value;
use tokio::time::{sleep, timeout};

use server::{LIST, Mood, READ, Server, VALUES};

/// Long enough for a loaded machine, as nothing waits for it to pass.
const PATIENT: Patience =
    Patience { read_within: Duration::from_secs(20), rest_for: Duration::from_secs(3600) };
/// For servers that hang anyway.
const HASTY: Patience =
    Patience { read_within: Duration::from_millis(200), rest_for: Duration::from_secs(3600) };
const DEADLINE: Duration = Duration::from_secs(30);

async fn fault(upstream: &Upstream) -> UpstreamFault {
    upstream.read(READ).await.unwrap_err().fault
}

#[tokio::test]
async fn what_it_answers_is_passed_on_as_it_is() {
    let server = Server::start(Mood::Says(StatusCode::OK, VALUES.to_owned())).await;
    let upstream = server.upstream(PATIENT);
    let answer = upstream.read(READ).await.unwrap();
    assert_eq!(answer, Answer { status: StatusCode::OK, body: VALUES.into() });
    assert_eq!(server.last_read(), (READ.to_owned(), "Bearer ours".to_owned()));

    let refusal = r#"{"kind":"Status","code":404,"message":"unable to find metric s0-kafka"}"#;
    server.feel(Mood::Says(StatusCode::NOT_FOUND, refusal.to_owned()));
    let answer = upstream.read(READ).await.unwrap();
    assert_eq!(answer, Answer { status: StatusCode::NOT_FOUND, body: refusal.into() });
}

#[tokio::test]
async fn a_token_that_rotates_is_read_again() {
    let server = Server::start(Mood::Says(StatusCode::OK, VALUES.to_owned())).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    let upstream =
        Upstream::new(server.origin(), token_file(file.path().to_owned()), PATIENT, Metrics::default())
            .unwrap();
    for token in ["first", "second"] {
        fs::write(file.path(), format!("{token}\n")).unwrap();
        upstream.read(READ).await.unwrap();
        assert_eq!(server.last_read().1, format!("Bearer {token}"));
    }
}

#[tokio::test]
async fn reads_are_counted_by_how_they_ended() {
    let (server, metrics) =
        (Server::start(Mood::Says(StatusCode::OK, VALUES.to_owned())).await, Metrics::default());
    let upstream =
        |patience| Upstream::new(server.origin(), Arc::new(|| None), patience, metrics.clone()).unwrap();
    upstream(PATIENT).read(READ).await.unwrap();
    server.feel(Mood::Hangs);
    let hasty = upstream(HASTY);
    for _ in 0..6 {
        hasty.read(READ).await.unwrap_err();
    }
    let page = metrics.render();
    for result in ["answered", "timed_out", "not_asked"] {
        let series = format!("prescale_upstream_read_duration_seconds_count{{result=\"{result}\"}}");
        assert!(page.contains(&series), "{result} is missing: {page}");
    }
}

#[tokio::test]
async fn a_hung_server_costs_a_few_reads_and_then_nothing() {
    let server = Server::start(Mood::Hangs).await;
    let upstream = server.upstream(HASTY);
    for _ in 0..5 {
        assert!(matches!(fault(&upstream).await, UpstreamFault::Late(_)));
    }
    let started = Instant::now();
    for _ in 0..1000 {
        assert!(matches!(fault(&upstream).await, UpstreamFault::Rests(_)));
    }
    assert!(started.elapsed() < HASTY.read_within * 1000 / 10, "{:?}", started.elapsed());
    assert!(server.seen.load(Ordering::Relaxed) <= 5);
}

#[tokio::test]
async fn a_server_that_comes_back_is_found() {
    let server = Server::start(Mood::Hangs).await;
    let upstream = server
        .upstream(Patience { rest_for: Duration::from_millis(50), read_within: Duration::from_secs(1) });
    let reads = join_all((0..5).map(|_| upstream.read(READ))).await;
    assert!(reads.iter().all(Result::is_err));
    server.feel(Mood::Says(StatusCode::OK, VALUES.to_owned()));
    let back = async {
        while upstream.read(READ).await.is_err() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(DEADLINE, back).await.unwrap();
}

#[tokio::test]
async fn a_hung_server_holds_no_more_than_its_places() {
    let server = Server::start(Mood::Hangs).await;
    let upstream = server.upstream(Patience { read_within: Duration::from_secs(3), ..HASTY });
    let reads = timeout(DEADLINE, join_all((0..200).map(|_| upstream.read(READ)))).await.unwrap();
    assert!(
        reads.iter().all(|read| matches!(read, Err(UpstreamError { fault: UpstreamFault::Late(_), .. })))
    );
    let most = server.most_at_once.load(Ordering::Relaxed);
    assert!((1..=32).contains(&most), "{most}");
}

#[tokio::test]
async fn nonsense_is_not_passed_on() {
    let server = Server::start(Mood::Hangs).await;
    let upstream = server.upstream(PATIENT);
    let check = async |status: StatusCode, body: String, words: &str| {
        server.feel(Mood::Says(status, body));
        assert_eq!(fault(&upstream).await.to_string(), words);
    };
    let html = "<html>login</html>".to_owned();
    let garbled = "gave an answer that is none of this API, with HTTP status 200 OK";
    check(StatusCode::OK, html, garbled).await;
    check(StatusCode::OK, " ".repeat(2 << 20), "gave an answer of more than 1048576 bytes").await;
    let forbidden = r#"{"kind":"Status","message":"prescale cannot list"}"#.to_owned();
    let words = "does not accept Prescale's service account: prescale cannot list";
    check(StatusCode::FORBIDDEN, forbidden, words).await;
    // It answers, whatever it is that it says: it is not left alone.
    server.feel(Mood::Says(StatusCode::OK, VALUES.to_owned()));
    assert!(upstream.read(READ).await.is_ok());
}

#[tokio::test]
async fn a_redirect_leads_nowhere() {
    let server = Server::start(Mood::SendsAway).await;
    let upstream = server.upstream(PATIENT);
    assert!(matches!(fault(&upstream).await, UpstreamFault::Garbled { status: StatusCode::FOUND }));
    assert_eq!(server.seen.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_sees_no_token() {
    let server = Server::start(Mood::Says(StatusCode::OK, VALUES.to_owned())).await;
    let stranger = Server::start(Mood::Hangs).await;
    let mut origin = server.origin();
    origin.trust = stranger.origin().trust;
    let upstream =
        Upstream::new(origin.clone(), Arc::new(|| Some("ours".to_owned())), PATIENT, Metrics::default())
            .unwrap();
    assert!(matches!(fault(&upstream).await, UpstreamFault::Away(_)));
    assert_eq!(server.seen.load(Ordering::Relaxed), 0);

    origin.trust = Trust::Nobody;
    let upstream = Upstream::new(origin, Arc::new(|| None), PATIENT, Metrics::default()).unwrap();
    assert!(upstream.read(READ).await.is_ok());
}

#[tokio::test]
async fn its_metrics_stay_listed_while_it_is_away() {
    let server = Server::start(Mood::Says(StatusCode::OK, LIST.to_owned())).await;
    let upstream = server.upstream(PATIENT);
    assert!(upstream.metrics().is_empty());
    upstream.list().await.unwrap();
    assert_eq!(*upstream.metrics(), ["s0-kafka", "s1-cron"]);

    for mood in [
        Mood::Says(StatusCode::OK, "{}".to_owned()),
        Mood::Says(StatusCode::SERVICE_UNAVAILABLE, LIST.to_owned()),
    ] {
        server.feel(mood);
        assert!(upstream.list().await.is_err());
    }
    drop(server);
    let is_away = async {
        while !matches!(upstream.list().await, Err(UpstreamFault::Away(_))) {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(DEADLINE, is_away).await.unwrap();
    assert_eq!(*upstream.metrics(), ["s0-kafka", "s1-cron"]);
}

#[tokio::test]
async fn a_reader_is_told_which_server_is_away() {
    let chain = Chain::default();
    let neighbour = chain.neighbour();
    let read = || {
        let (namespace, metric) = ("live".to_owned(), "s0-kafka".to_owned());
        (neighbour.read)(ForeignRead { namespace, metric, path_and_query: READ.to_owned() })
    };
    let check = async |code: u16, reason: &str, words: &str| {
        let response = read().await;
        assert_eq!(
            (response.status().as_u16(), &response.headers()[CONTENT_TYPE]),
            (code, &"application/json".parse().unwrap())
        );
        let status: Value =
            serde_json::from_slice(&to_bytes(response.into_body(), 1 << 20).await.unwrap()).unwrap();
        assert_eq!(
            (&status["kind"], &status["reason"], &status["code"]),
            (&"Status".into(), &reason.into(), &code.into())
        );
        assert_eq!(status["message"], words);
    };
    check(
        404,
        "NotFound",
        "no metric `s0-kafka` here: Prescale serves demand, observed, forecast, lag, replicas",
    )
    .await;

    let server = Server::start(Mood::Hangs).await;
    let origin = server.origin();
    chain.lead_to(Some(Arc::new(server.upstream(HASTY))));
    let name = format!("the external-metrics server {origin}");
    check(503, "ServiceUnavailable", &format!("{name} did not answer within 200 ms")).await;

    server.feel(Mood::Says(StatusCode::OK, LIST.to_owned()));
    let upstream = Arc::new(server.upstream(PATIENT));
    upstream.list().await.unwrap();
    chain.lead_to(Some(Arc::clone(&upstream)));
    assert_eq!((neighbour.metrics)(), ["s0-kafka", "s1-cron"]);
    server.feel(Mood::Says(StatusCode::OK, VALUES.to_owned()));
    let response = read().await;
    assert_eq!(to_bytes(response.into_body(), 1 << 20).await.unwrap(), VALUES);
}
