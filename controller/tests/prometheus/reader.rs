//! How the reader asks: how often, how many at once, and who shares an answer.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::response::Response;
use futures::future::join_all;
use prescale_controller::{
    board::ScalerKey,
    sources::{Origin, Source, reader::Reader},
};
use tokio::{net::TcpListener, sync::Barrier};

use crate::{
    second,
    server::{answer, client_of, data, field, matrix, serve, vector},
    source,
};

/// A reader of a server that answers the request of each index, and the count of requests.
async fn reader_of(
    answer: impl Fn(usize) -> Response + Clone + Send + Sync + 'static,
) -> (Reader, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let client = client_of(move |asked| {
        counter.fetch_add(1, Ordering::Relaxed);
        answer(asked.index)
    });
    (Reader::new(client.await), asked)
}

/// How often the reader asks, and what comes of it.
async fn check(
    answer: impl Fn(usize) -> Response + Clone + Send + Sync + 'static,
    (expected, times): (Result<f64, &str>, usize),
) {
    let (reader, asked) = reader_of(answer).await;
    let read = reader.newest(&source("up"), second(60)).await;
    assert_eq!(read.map(|sample| sample.value()).map_err(|error| error.kind()), expected);
    assert_eq!(asked.load(Ordering::Relaxed), times, "{expected:?}");
}

#[tokio::test]
async fn what_is_known_late_is_of_so_long_ago_and_of_now_for_whom_it_is_not() {
    let (reader, asked) = reader_of(|_| vector(60, "7")).await;
    let late = Source { delay: jiff::SignedDuration::from_secs(45), ..source("up") };
    let at = |sample: prescale_model::Sample| sample.at();
    assert_eq!(reader.newest(&late, second(60)).await.map(at), Ok(second(15)));
    assert_eq!(reader.newest(&source("up"), second(60)).await.map(at), Ok(second(60)));
    assert_eq!(asked.load(Ordering::Relaxed), 1, "both share an answer");
}

#[tokio::test]
async fn what_can_heal_is_asked_again_and_what_cannot_is_not() {
    let starting = || answer(503, "text/plain", "Service Unavailable");
    check(move |index| if index < 2 { starting() } else { vector(60, "7") }, (Ok(7.0), 3)).await;
    check(move |_| starting(), (Err("http_status"), 3)).await;
    let error = r#"{"status":"error","errorType":"internal","error":"store"}"#;
    check(move |_| answer(500, "application/json", error), (Err("failed"), 3)).await;
    let error = r#"{"status":"error","errorType":"bad_data","error":"parse error"}"#;
    check(move |_| answer(400, "application/json", error), (Err("refused"), 1)).await;
    check(|_| answer(403, "text/plain", "Forbidden"), (Err("denied"), 1)).await;
    check(|_| answer(404, "text/plain", "not here"), (Err("http_status"), 1)).await;
    check(|_| data("vector", "[]"), (Err("no_series"), 1)).await;
}

#[tokio::test]
async fn scalers_that_share_a_query_ask_it_once_a_tick() {
    let (reader, asked) = reader_of(|_| vector(60, "7")).await;
    let shared = source("up");
    let reads = join_all((0..50).map(|_| reader.newest(&shared, second(60)))).await;
    assert!(reads.iter().all(|read| read.as_ref().is_ok_and(|sample| sample.value() == 7.0)), "{reads:?}");
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    reader.newest(&source("down"), second(60)).await.unwrap();
    assert_eq!(asked.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_refusal_is_shared_too() {
    let (reader, asked) = reader_of(|_| data("vector", "[]")).await;
    for _ in 0..3 {
        reader.newest(&source("up"), second(60)).await.unwrap_err();
    }
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn sixteen_are_read_at_once_and_no_more() {
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let all_there = Arc::new(Barrier::new(16));
    let highest = Arc::clone(&most);
    let url = serve(move |_| {
        let (running, highest, all_there) = (running.clone(), highest.clone(), all_there.clone());
        async move {
            highest.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            // Nobody is answered before sixteen are here: fewer at once would wait for ever.
            all_there.wait().await;
            running.fetch_sub(1, Ordering::SeqCst);
            vector(60, "7")
        }
    })
    .await;
    let reader = Reader::new(url.parse().unwrap());
    let sources = (0..64).map(|index| source(&format!("up{index}"))).collect::<Vec<_>>();
    let reads = join_all(sources.iter().map(|source| reader.newest(source, second(60)))).await;
    assert!(reads.iter().all(Result::is_ok), "{reads:?}");
    assert_eq!(most.load(Ordering::SeqCst), 16);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_holds_no_scaler_up_for_longer_than_a_tick() {
    // It takes connections, and never reads.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let reader = Reader::new(format!("http://{}", listener.local_addr().unwrap()).parse().unwrap());
    let started = tokio::time::Instant::now();
    let sources = (0..100).map(|index| source(&format!("up{index}"))).collect::<Vec<_>>();
    let reads = join_all(sources.iter().map(|source| reader.newest(source, second(60)))).await;
    assert_eq!(started.elapsed().as_secs(), 12);
    let count =
        |kind| reads.iter().filter(|read| read.as_ref().is_err_and(|error| error.kind() == kind)).count();
    // Two turns of 16 at 5 s each, and then the time is over.
    assert_eq!((count("timed_out"), count("busy")), (32, 68));
}

#[tokio::test]
async fn what_was_read_of_a_history_is_kept_when_the_rest_fails() {
    let client = client_of(|asked| match asked.index {
        0 | 1 => {
            let (start, end) = (field(&asked.body, "start"), field(&asked.body, "end"));
            matrix(&format!(r#"{{"metric":{{}},"values":[[{start},"1"],[{end},"2"]]}}"#))
        }
        _ => answer(403, "text/plain", "Forbidden"),
    })
    .await;
    let fortnight = (second(0), second(14 * 86_400));
    let history = Reader::new(client).history(&source("up"), fortnight, Duration::ZERO).await;
    let stamps = history.samples.iter().map(|sample| sample.at().as_second()).collect::<Vec<_>>();
    // Chunks of 2,880 minutes that follow by one.
    assert_eq!(stamps, [0, 2_879 * 60, 2_880 * 60, 5_759 * 60]);
    assert_eq!(history.cut_short.map(|error| error.kind()), Some("denied"));
}

#[tokio::test]
async fn a_query_that_falls_silent_is_told_apart_from_one_that_never_gave_a_series() {
    let client = client_of(|asked| match asked.index {
        0 => vector(60, "7"),
        _ => data("vector", "[]"),
    });
    let reader = Reader::new(client.await);
    // A step of a second makes answers shared for a quarter of one; other stamps are other moments anyway.
    let at = |query: &str, now| {
        let origin = Origin::Prometheus { query: query.to_owned() };
        let source =
            Source { origin, step: jiff::SignedDuration::from_secs(1), delay: jiff::SignedDuration::ZERO };
        let reader = reader.clone();
        async move { reader.newest(&source, second(now)).await }
    };
    at("up", 60).await.unwrap();
    assert_eq!(at("never", 120).await.unwrap_err().to_string(), "the query `never` gives no series");
    let deadline = std::time::Instant::now() + Duration::from_secs(10);
    let error = loop {
        match at("up", 120).await {
            Err(error) => break error,
            Ok(_) if std::time::Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Ok(_) => panic!("an answer is shared for longer than a quarter of its step"),
        }
    };
    let silent =
        "the query `up` has given no series since 1970-01-01T00:01:00Z: its target is no longer scraped";
    assert_eq!(error.to_string(), silent);
}

#[tokio::test]
async fn a_controller_that_nobody_can_push_to_says_so() {
    let (reader, asked) = reader_of(|_| vector(60, "7")).await;
    let origin = Origin::Push { scaler: ScalerKey::new("live", "gateway"), signal: "queue-joins".into() };
    let push = Source { origin, ..source("up") };
    let words = "nobody can push to `queue-joins`: the controller runs without --signals-bind";
    assert_eq!(reader.newest(&push, second(0)).await.unwrap_err().to_string(), words);
    let history = reader.history(&push, (second(0), second(60)), Duration::ZERO).await;
    assert_eq!((history.samples, history.cut_short), (vec![], None));
    assert_eq!(asked.load(Ordering::Relaxed), 0, "Prometheus is not asked");
}
