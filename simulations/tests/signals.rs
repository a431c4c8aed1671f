//! `prescale signals check` as a user calls it: on a recording, and on the history of a real Prometheus.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

#[path = "../../controller/tests/prometheus/process.rs"]
mod process;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use jiff::{SignedDuration, Timestamp};
use process::Prometheus;
use serde_json::Value;
use tempfile::TempDir;

const ON_SALE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../notebooks-data/on-sale");

/// A scaler with signals as they are written in its list.
fn scaler(signals: &str) -> String {
    format!(
        "
apiVersion: prescale.dev/v1alpha1
kind: PredictiveScaler
metadata: {{name: tickets, namespace: live}}
spec:
  scaleTargetRef: {{name: tickets}}
  maxReplicas: 200
  demand: {{prometheus: {{query: requests}}}}
  signals: [{signals}]
  capacity: {{perReplica: 100}}
"
    )
}

fn check(folder: &Path, scaler: &str, words: &[&str]) -> Output {
    fs::write(folder.join("scaler.yaml"), scaler).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_prescale"));
    command.args(["signals", "check", "scaler.yaml"]).args(words).current_dir(folder).output().unwrap()
}

/// What was found of each signal, and the exit code.
fn found(output: &Output) -> (Vec<Value>, Option<i32>) {
    let told = String::from_utf8_lossy(&output.stderr);
    let outcome: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{told}"));
    (outcome["signals"].as_array().unwrap().clone(), output.status.code())
}

/// Two days of minutes: a rush each few hours that joins see `lead` minutes before requests, both with noise, and
/// logins, which have nothing to do with either.
fn recorded(folder: &Path, lead: usize) {
    let noise = |minute: usize, by: usize| (minute * by % 101) as f64;
    let rush = |minute: usize| if minute % 397 < 12 { 900.0 } else { 100.0 };
    let mut csv = "timestamp,requests,queue_joins,logins\n".to_owned();
    let start: Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
    for minute in 0..2_880 {
        let at = start + SignedDuration::from_mins(minute as i64);
        let requests = rush(minute + 397 - lead) + noise(minute, 37);
        let (joins, logins) = (0.2 * rush(minute) + 0.3 * noise(minute, 53), noise(minute, 71));
        csv += &format!("{at},{requests},{joins},{logins}\n");
    }
    fs::write(folder.join("june.csv"), csv).unwrap();
    let import = [
        "import",
        "csv",
        "june.csv",
        "--kind",
        "rate",
        "--value-column",
        "requests",
        "--value-column",
        "queue_joins",
        "--value-column",
        "logins",
        "--out",
        "june",
    ];
    let mut command = Command::new(env!("CARGO_BIN_EXE_prescale"));
    let output = command.args(import).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_known_lead_is_found_to_the_step_and_what_is_no_signal_is_told_apart() {
    let folder = TempDir::new().unwrap();
    let scaler = scaler("{name: queue-joins, push: {}}, {name: logins, push: {}}");
    for lead in [3, 10] {
        recorded(folder.path(), lead);
        let output = check(folder.path(), &scaler, &["--recording", "june", "--json"]);
        let (signals, code) = found(&output);
        assert_eq!(code, Some(0));
        let lead_min = signals[0]["lead_s"].as_f64().unwrap() / 60.0;
        assert!((lead_min - lead as f64).abs() <= 1.0, "{lead_min} is not {lead}");
        let saves = |signal: &Value| signal["worth"][0]["saves_on_ramps"].as_f64().unwrap();
        assert!(0.03 < saves(&signals[0]), "{}", signals[0]);
        assert_eq!(signals[1]["lead_s"], Value::Null, "{}", signals[1]);
        assert!(saves(&signals[1]) < 0.05, "{}", signals[1]);
        fs::remove_dir_all(folder.path().join("june")).unwrap();
    }
}

#[test]
fn the_bundled_on_sale_shows_that_queue_joins_lead_by_two_to_three_minutes() {
    let folder = TempDir::new().unwrap();
    let output = check(folder.path(), &scaler("{name: queue-joins, push: {}}"), &["--recording", ON_SALE]);
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.contains("queue-joins: it leads demand by 2m"), "{told}");
    assert!(told.contains("worth wiring") && !told.contains("not worth wiring"), "{told}");
}

/// Gauges over the last eight hours, each 15 s: joins run seven minutes ahead of requests; one stands still.
fn history(now: Timestamp) -> String {
    let start = now - SignedDuration::from_hours(8);
    let gauge = |name: &str, value: &dyn Fn(i64) -> i64| {
        let rows = (0..8 * 240).map(|tick| {
            let at = start + SignedDuration::from_secs(15 * tick);
            format!("{name} {} {}\n", value(tick), at.as_second())
        });
        format!("# TYPE {name} gauge\n{}", rows.collect::<String>())
    };
    let rush = |tick: i64| if tick.rem_euclid(347) < 40 { 900 } else { 100 };
    gauge("joins", &|tick| rush(tick) / 10 + tick % 7)
        + &gauge("requests", &|tick| rush(tick - 28) + tick * 37 % 23)
        + &gauge("still", &|_| 5)
        + "# EOF\n"
}

#[test]
fn live_signals_are_read_and_one_that_cannot_be_is_said_in_its_words() {
    let folder = TempDir::new().unwrap();
    Prometheus::backfill(folder.path(), &history(Timestamp::now()));
    let prometheus = Prometheus::start(folder.path(), "scrape_configs: []\n", &[]);
    let url = format!("http://{}", prometheus.address);
    let scaler = scaler(
        "{name: joins, prometheus: {query: joins}}, {name: still, prometheus: {query: still}}, \
         {name: gone, prometheus: {query: gone}}",
    );
    let output = check(folder.path(), &scaler, &["--prometheus", &url, "--last", "7h", "--json"]);
    let (signals, code) = found(&output);
    assert_eq!(code, Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("1 of 4 signals cannot be read"));
    let lead_s = signals[0]["lead_s"].as_f64().unwrap();
    assert!((lead_s - 420.0).abs() <= 60.0, "{lead_s}");
    assert!(signals[0]["changed_s_ago"].is_number() && signals[1]["changed_s_ago"].is_null());
    assert!(signals[1]["verdict"].as_str().unwrap().contains("not worth wiring"), "{}", signals[1]);
    assert!(signals[2]["problem"].as_str().unwrap().contains("gives no series"), "{}", signals[2]);
}

#[test]
fn what_cannot_be_used_is_refused_with_2() {
    let folder = TempDir::new().unwrap();
    let scaler = scaler("{name: joins, push: {}}");
    for (words, why) in [
        (&[][..], "--recording"),
        (&["--recording", "june", "--prometheus", "http://localhost"], "cannot be used with"),
        (&["--recording", "june"], "june"),
        (&["--prometheus", "no url"], "is not a URL"),
        (&["--recording", ON_SALE, "--horizon", "7s"], "--horizon 7s"),
    ] {
        let output = check(folder.path(), &scaler, words);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(why), "{why:?} is not in: {told}");
    }
}
