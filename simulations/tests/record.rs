//! `prescale record` against a real Prometheus, on a history of an hour that was written into its store.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

#[path = "../../controller/tests/prometheus/process.rs"]
mod process;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use jiff::{SignedDuration, Timestamp};
use prescale_simulations::recording::Recording;
use process::{Prometheus, free_port};
use tempfile::TempDir;

const SCALER: &str = r#"
apiVersion: prescale.dev/v1alpha1
kind: PredictiveScaler
metadata: {name: gateway, namespace: live}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: gateway}
  maxReplicas: 20
  demand: {prometheus: {query: 'sum(rate(http_requests_total[1m]))'}}
  signals:
    - {name: joins, prometheus: {query: 'sum(rate(joins_total[1m]))'}}
    - {name: orders, push: {}}
  capacity: {perReplica: 50}
"#;

/// Starts a Prometheus on a store that holds `history`, in OpenMetrics text; its URL beside it.
fn with_history(folder: &Path, history: &str) -> (Prometheus, String) {
    Prometheus::backfill(folder, history);
    let prometheus = Prometheus::start(folder, "scrape_configs: []\n", &[]);
    let url = format!("http://{}", prometheus.address);
    (prometheus, url)
}

/// Two counters over the last hour, each 15 s: 600 requests a minute from two pods, and joins that stop for ten
/// minutes.
fn history(now: Timestamp) -> String {
    let mut text = String::from("# TYPE http_requests counter\n");
    let start = now - SignedDuration::from_hours(1);
    for pod in ["a", "b"] {
        for tick in 0..240 {
            let at = start + SignedDuration::from_secs(tick * 15);
            text += &format!("http_requests_total{{pod=\"{pod}\"}} {} {}\n", tick * 75, at.as_second());
        }
    }
    text += "# TYPE joins counter\n";
    for tick in (0..240).filter(|tick| !(100..140).contains(tick)) {
        let at = start + SignedDuration::from_secs(tick * 15);
        text += &format!("joins_total {} {}\n", tick * 30, at.as_second());
    }
    text + "# EOF\n"
}

fn record(folder: &Path, url: &str, scaler: &str, extra: &[&str]) -> Output {
    fs::write(folder.join("scaler.yaml"), scaler).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_prescale"));
    command.args(["record", "--prometheus", url, "--scaler", "scaler.yaml", "--last", "50m", "--out", "rec"]);
    command.args(extra).current_dir(folder).output().unwrap()
}

#[test]
fn demand_and_signals_of_a_live_prometheus_become_a_recording() {
    let folder = TempDir::new().unwrap();
    let (_prometheus, url) = with_history(folder.path(), &history(Timestamp::now()));
    let output = record(folder.path(), &url, SCALER, &[]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    assert!(told.contains("orders: not in a Prometheus, so not recorded"), "{told}");

    let recording = Recording::open(&folder.path().join("rec")).unwrap();
    assert_eq!(recording.step, SignedDuration::from_mins(1));
    assert!((48..=50).contains(&recording.len()), "{} steps", recording.len());
    let demand: Vec<f64> = recording.demand().unwrap().iter().flatten().collect();
    assert!(demand.iter().all(|rate| (rate - 10.0).abs() < 0.01), "{demand:?}");
    let missing = recording.signals["joins"].iter().filter(Option::is_none).count();
    assert!((8..=12).contains(&missing), "{missing} missing");
}

#[test]
fn what_cannot_be_recorded_is_told_apart_and_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let (_prometheus, url) = with_history(folder.path(), &history(Timestamp::now()));
    let away = format!("http://127.0.0.1:{}", free_port());
    let query = |query: &str| SCALER.replace("sum(rate(http_requests_total[1m]))", query);
    for (url, scaler, words) in [
        (&url, query("rate(nothing_total[1m])"), "gives no series"),
        (&url, query("rate(http_requests_total[1m])"), "gives several series"),
        (&url, query("sum(rate(http_requests_total[1m])"), "refuses the query"),
        (&away, SCALER.to_owned(), "cannot reach"),
        (
            &away,
            SCALER.replace("prometheus: {query: 'sum(rate(http_requests_total[1m]))'}", "push: {}"),
            "spec.demand",
        ),
    ] {
        let output = record(folder.path(), url, &scaler, &[]);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(words), "{words:?} is not in: {told}");
        assert!(!folder.path().join("rec").exists(), "{words}");
    }
}
