//! Load on a real HTTP server: what is sent, and from when on latency counts.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use realtime_load::http::{Requests, run};
use realtime_load::{Load, Report, Spacing, Tally};
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

/// Serves `router` on a free port, and returns its address.
async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    format!("http://{address}/")
}

fn load(rate: &str, length: Duration) -> Load {
    Load {
        rate: rate.parse().unwrap(),
        length,
        spacing: Spacing::Even,
        objective: Duration::from_millis(200),
        patience: Duration::from_secs(10),
    }
}

async fn play(url: &str, load: &Load) -> Report {
    let url = url.parse().unwrap();
    let requests = Requests {
        url,
        method: "GET".parse().unwrap(),
        headers: [].into_iter().collect(),
        body: String::new(),
    };
    let tally = Arc::new(Tally::new(load.objective));
    run(requests, load, tally, &CancellationToken::new()).await.unwrap()
}

/// Whoever comes while the server stands still is late by as much as the server still stands, though the first of them
/// alone would have been held up had each waited for the one before.
#[tokio::test]
async fn a_server_that_stands_still_makes_all_late_who_were_meant_to_come() {
    let begin = Instant::now();
    let (stands, goes_on) = (begin + Duration::from_millis(500), begin + Duration::from_millis(1_500));
    let url = serve(Router::new().route(
        "/",
        get(move || async move {
            if stands < Instant::now() {
                sleep_until(goes_on).await;
            }
        }),
    ))
    .await;
    let report = play(&url, &load("100", Duration::from_secs(2))).await;
    assert_eq!((report.due, report.sent, report.acked), (200, 200, 200));
    // A second's worth was meant to come meanwhile, 80 of them more than the objective before its end.
    assert!((70..=140).contains(&report.late), "{report}");
    assert!(report.latency.max_ms.unwrap() > 900.0, "{report}");
}

#[tokio::test]
async fn what_is_refused_is_told_by_its_status() {
    let asked = Arc::new(AtomicU64::new(0));
    let every_fourth = |State(asked): State<Arc<AtomicU64>>| async move {
        let number = asked.fetch_add(1, Ordering::Relaxed);
        if number.is_multiple_of(4) { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
    };
    let url = serve(Router::new().route("/", get(every_fourth)).with_state(Arc::clone(&asked))).await;
    let report = play(&url, &load("0@0s,400@500ms", Duration::from_millis(500))).await;
    assert_eq!((report.due, asked.load(Ordering::Relaxed)), (100, 100));
    assert_eq!((report.acked, report.refused.clone()), (75, [("503 Service Unavailable".into(), 25)].into()));
    assert!(!report.is_whole());
}

#[tokio::test]
async fn who_is_not_there_answers_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let report = play(&url, &load("50", Duration::from_millis(200))).await;
    assert_eq!((report.due, report.lost), (10, [("no connection".into(), 10)].into()));
}

#[tokio::test]
async fn a_run_that_is_stopped_still_reports() {
    let url = serve(Router::new().route("/", get(async || "hello"))).await;
    let (stop, load) = (CancellationToken::new(), load("100", Duration::from_secs(600)));
    let tally = Arc::new(Tally::new(load.objective));
    let url = url.parse().unwrap();
    let requests = Requests {
        url,
        method: "GET".parse().unwrap(),
        headers: [].into_iter().collect(),
        body: String::new(),
    };
    let playing = run(requests, &load, Arc::clone(&tally), &stop);
    let stopping = async {
        while tally.counts().acked < 20 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        stop.cancel();
    };
    let (report, ()) = tokio::join!(playing, stopping);
    let report = report.unwrap();
    assert!(report.stopped && 20 <= report.acked && report.length_s < 600.0, "{report}");
    assert_eq!(report.due, report.acked);
}
