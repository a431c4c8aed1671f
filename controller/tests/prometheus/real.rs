//! Against a real Prometheus.

use std::{
    fs,
    future::Future,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use prescale_controller::{
    sources::{
        connection::{Connection, Place, PrometheusSettings},
        prometheus::SourceError,
        reader::Reader,
    },
    telemetry::{CONTENT_TYPE, Metrics},
};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::{
    process::Prometheus,
    server::{answer, serve},
    source,
};

/// Several scrapes of a second, on a busy machine.
const WITHIN: Duration = Duration::from_secs(60);

/// Asks again until it is so.
async fn until<T, F: Future<Output = Result<T, String>>>(what: &str, ask: impl Fn() -> F) -> T {
    let started = Instant::now();
    loop {
        match ask().await {
            Ok(found) => return found,
            Err(seen) if WITHIN < started.elapsed() => panic!("{what}: {seen} after {WITHIN:?}"),
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

/// An exporter whose page a test sets.
async fn exporter(content_type: &'static str, page: Arc<Mutex<String>>) -> String {
    let url = serve(move |_| {
        let page = page.lock().unwrap().clone();
        std::future::ready(if page.is_empty() {
            answer(503, "text/plain", "")
        } else {
            answer(200, content_type, page)
        })
    })
    .await;
    url.trim_start_matches("http://").trim_end_matches('/').to_owned()
}

fn scrape(targets: &[&str]) -> String {
    let jobs = targets
        .iter()
        .map(|target| format!("- {{job_name: '{target}', static_configs: [{{targets: ['{target}']}}]}}\n"));
    format!(
        "global: {{scrape_interval: 1s, scrape_timeout: 1s}}\nscrape_configs:\n{}",
        jobs.collect::<String>()
    )
}

async fn newest(url: &str, query: &str) -> Result<f64, SourceError> {
    // A reader of its own: nothing is shared with what was read before.
    let reader = Reader::new(url.parse().unwrap());
    reader.newest(&source(query), Timestamp::now()).await.map(|sample| sample.value())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_query_gives_is_read_or_said_to_be_no_demand() {
    let page =
        Arc::new(Mutex::new("demand 120\npods{pod=\"a\"} 1\npods{pod=\"b\"} 2\nnegative -3\n".to_owned()));
    let target = exporter("text/plain; version=0.0.4", Arc::clone(&page)).await;
    let folder = TempDir::new().unwrap();
    let prometheus = Prometheus::start(folder.path(), &scrape(&[&target]), &[]);
    let url = format!("http://{}", prometheus.address);
    let ask = || async { newest(&url, "demand").await.map_err(|error| error.to_string()) };
    assert_eq!(until("demand is scraped", ask).await, 120.0);
    for (query, expected) in [
        ("sum(pods)", Ok(3.0)),
        ("vector(5)", Ok(5.0)),
        ("nothing", Err("no_series")),
        ("pods", Err("several_series")),
        ("demand / 0 * 0", Err("not_an_amount")),
        ("demand / 0", Err("not_an_amount")),
        ("negative", Err("not_an_amount")),
        ("scalar(demand)", Err("not_a_series")),
        ("pods[1m]", Err("not_a_series")),
        ("sum(pods", Err("refused")),
        ("pods * on() pods", Err("refused")),
    ] {
        assert_eq!(newest(&url, query).await.map_err(|error| error.kind()), expected, "{query}");
    }
    a_target_that_goes_away_falls_silent(&url, &page).await;
}

/// A failed scrape ends the series at once: the query gives none, and is told apart from one that never did.
async fn a_target_that_goes_away_falls_silent(url: &str, page: &Mutex<String>) {
    let reader = Reader::new(url.parse().unwrap());
    let each_second =
        prescale_controller::sources::Source { step: SignedDuration::from_secs(1), ..source("demand") };
    let seen = reader.newest(&each_second, Timestamp::now()).await.unwrap();
    page.lock().unwrap().clear();
    let ask = || async {
        match reader.newest(&each_second, Timestamp::now()).await {
            Err(SourceError::Silent { since, .. }) => Ok(since),
            other => Err(format!("{other:?}")),
        }
    };
    assert!(seen.at() <= until("demand is silent", ask).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_weeks_of_minutes_are_backfilled() {
    let folder = TempDir::new().unwrap();
    let now = Timestamp::now();
    let fortnight = SignedDuration::from_hours(14 * 24);
    let minutes = fortnight.as_mins();
    let at = |minute: i64| (now - fortnight).as_second() + 60 * minute;
    // An hour is missing in the middle, of which the look-back fills 5 minutes.
    let is_missing = |minute: i64| (10_000..10_060).contains(&minute);
    let lines = (0..minutes).filter(|minute| !is_missing(*minute));
    let lines = lines.map(|minute| format!("demand {minute} {}\n", at(minute))).collect::<String>();
    Prometheus::backfill(folder.path(), &format!("# TYPE demand gauge\n{lines}# EOF\n"));
    let prometheus = Prometheus::start(folder.path(), "scrape_configs: []\n", &[]);

    let connection = Connection::fixed(format!("http://{}", prometheus.address).parse().unwrap());
    let metrics = Metrics::default();
    let reader = Reader::following(Arc::new(connection), metrics.clone());
    let history = reader.history(&source("demand"), (now - fortnight, now), Duration::ZERO).await;
    assert_eq!(history.cut_short, None);
    let (samples, gap) = (history.samples, 60 - 5);
    assert!((minutes - gap - 1..=minutes - gap + 6).contains(&(samples.len() as i64)), "{}", samples.len());
    let first = samples.first().map(|sample| (sample.at().as_second(), sample.value()));
    assert_eq!(first, Some((at(0), 0.0)));
    assert!(samples.is_sorted_by(|one, other| one.at() < other.at()));
    // 20,161 values in chunks of 2,880.
    let page = metrics.render();
    assert!(page.contains("prescale_source_read_duration_seconds_count 8\n"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn prometheus_scrapes_our_own_figures() {
    let metrics = Metrics::default();
    metrics.leads();
    metrics.source_read(Duration::from_millis(3), Some("timed_out"));
    let target = exporter(CONTENT_TYPE, Arc::new(Mutex::new(metrics.render()))).await;
    let folder = TempDir::new().unwrap();
    let prometheus = Prometheus::start(folder.path(), &scrape(&[&target]), &[]);
    let url = format!("http://{}", prometheus.address);
    let ask = || async { newest(&url, "prescale_leader").await.map_err(|error| error.to_string()) };
    assert_eq!(until("the leader is scraped", ask).await, 1.0);
    assert_eq!(newest(&url, "up").await, Ok(1.0));
    assert_eq!(newest(&url, "prescale_source_errors_total{kind=\"timed_out\"}").await, Ok(1.0));
    assert_eq!(newest(&url, "prescale_source_read_duration_seconds_count").await, Ok(1.0));
}

/// bcrypt of `right`, at the lowest cost.
const HASH: &str = "$2b$04$abcdefghijklmnopqrstuuFmEfrkTQnczNzw475xE2VhDrK1uwJiC";

/// A Prometheus that asks for TLS and a password, and the file with the authority of its certificate.
fn secured(folder: &Path) -> (Prometheus, PathBuf) {
    let signed = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    fs::write(folder.join("tls.crt"), signed.cert.pem()).unwrap();
    fs::write(folder.join("tls.key"), signed.signing_key.serialize_pem()).unwrap();
    let web = format!(
        "tls_server_config: {{cert_file: tls.crt, key_file: tls.key}}\nbasic_auth_users: {{reader: '{HASH}'}}\n"
    );
    fs::write(folder.join("web.yml"), web).unwrap();
    let prometheus = Prometheus::start(folder, "scrape_configs: []\n", &["--web.config.file=web.yml"]);
    (prometheus, folder.join("tls.crt"))
}

fn write_credentials(folder: &Path, password: &str) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("username"), "reader").unwrap();
    fs::write(folder.join("password"), password).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prometheus_with_tls_and_a_password_is_read_and_a_password_that_rotates_is_followed() {
    let folder = TempDir::new().unwrap();
    let (prometheus, ca) = secured(folder.path());
    let mounted = folder.path().join("credentials");
    write_credentials(&mounted, "wrong");
    let settings = PrometheusSettings {
        url: format!("https://{}", prometheus.address),
        ca: Some(Place::Path(ca)),
        credentials: Some(Place::Path(mounted.clone())),
    };
    let connection = Arc::new(Connection::new(settings.clone()).unwrap());
    let stop = CancellationToken::new();
    let following = tokio::spawn({
        let (connection, stop) = (Arc::clone(&connection), stop.clone());
        async move { connection.follow(None, stop).await }
    });
    let ask = || async {
        let reader = Reader::following(Arc::clone(&connection), Metrics::default());
        match reader.newest(&source("vector(7)"), Timestamp::now()).await {
            Ok(sample) => Ok(sample.value()),
            Err(error) => Err(error.kind().to_owned()),
        }
    };
    until("the wrong password is refused", || async {
        ask()
            .await
            .map_or_else(|kind| if kind == "denied" { Ok(()) } else { Err(kind) }, |_| Err("read".to_owned()))
    })
    .await;
    write_credentials(&mounted, "right\n");
    assert_eq!(until("the right password is used", ask).await, 7.0);
    fs::remove_file(mounted.join("password")).unwrap();
    let problem = until("the missing password is said", || async {
        connection.problem().ok_or_else(|| "no problem".to_owned())
    })
    .await;
    assert_eq!(problem, format!("{} has no password: its keys are username", mounted.display()));
    assert_eq!(ask().await, Ok(7.0), "what worked is kept");
    stop.cancel();
    following.await.unwrap();
    an_authority_that_did_not_sign_is_not_trusted(settings).await;
}

async fn an_authority_that_did_not_sign_is_not_trusted(settings: PrometheusSettings) {
    let folder = TempDir::new().unwrap();
    let other = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let ca = folder.path().join("other.crt");
    fs::write(&ca, other.cert.pem()).unwrap();
    let settings = PrometheusSettings { ca: Some(Place::Path(ca)), credentials: None, ..settings };
    let connection = Arc::new(Connection::new(settings).unwrap());
    let stop = CancellationToken::new();
    let _ending = stop.clone().drop_guard();
    tokio::spawn({
        let connection = Arc::clone(&connection);
        async move { connection.follow(None, stop).await }
    });
    let reader = Reader::following(connection, Metrics::default());
    let error = until("the certificate is refused", || async {
        match reader.newest(&source("vector(7)"), Timestamp::now()).await {
            Err(error @ SourceError::Unreachable { .. }) => Ok(error.to_string()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
    assert!(error.contains("invalid peer certificate"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_beside_the_credentials_is_trusted() {
    let folder = TempDir::new().unwrap();
    let (prometheus, ca) = secured(folder.path());
    let mounted = folder.path().join("credentials");
    write_credentials(&mounted, "right");
    fs::copy(ca, mounted.join("ca.crt")).unwrap();
    let url = format!("https://{}", prometheus.address);
    let settings = PrometheusSettings { url, ca: None, credentials: Some(Place::Path(mounted)) };
    let connection = Arc::new(Connection::new(settings).unwrap());
    let stop = CancellationToken::new();
    let _ending = stop.clone().drop_guard();
    tokio::spawn({
        let connection = Arc::clone(&connection);
        async move { connection.follow(None, stop).await }
    });
    let reader = Reader::following(connection, Metrics::default());
    let read = until("the server is trusted", || async {
        let read = reader.newest(&source("vector(7)"), Timestamp::now()).await;
        read.map(|sample| sample.value()).map_err(|error| error.to_string())
    });
    assert_eq!(read.await, 7.0);
}
