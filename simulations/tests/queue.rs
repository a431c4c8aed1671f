//! A Kafka consumer group from end to end: a burst of orders, which Prescale drains in the time that its scaler
//! gives, and the HPA on demand does not.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::fmt::Write;
use std::fs;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

const SCALER: &str = "\
apiVersion: prescale.dev/v1alpha1
kind: PredictiveScaler
metadata: {name: orders-worker}
spec:
  scaleTargetRef: {name: orders-worker}
  minReplicas: 2
  maxReplicas: 24
  demand: {kafka: {topic: orders, consumerGroup: orders-worker}}
  capacity: {perReplica: 100}
  drain: {within: 2m, partitions: 120}
";

const SCENARIO: &str = "\
title = \"Orders\"
recording = \"rec\"
scaler = \"worker.yaml\"
from = \"2026-07-07T01:00:00Z\"
[world.workload]
kind = \"queue\"
partitions = 120
replica_rate = 100.0
objective = \"1m\"
";

/// Three hours of 150 messages/s, and a burst of eight times as many for ten minutes, unannounced.
fn orders() -> String {
    let mut csv = String::from("time,orders\n");
    for minute in 0..180 {
        let per_second = if (90..100).contains(&minute) { 1_200 } else { 150 };
        writeln!(csv, "2026-07-07T{:02}:{:02}:00Z,{}", minute / 60, minute % 60, per_second * 60).unwrap();
    }
    csv
}

fn run(folder: &TempDir, words: &str) {
    let mut command = Command::cargo_bin("prescale").unwrap();
    let output = command.args(words.split_whitespace()).current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "{words}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn prescale_drains_a_burst_in_time_and_beats_the_hpa_on_demand() {
    let folder = TempDir::new().unwrap();
    for (name, text) in [("in.csv", orders().as_str()), ("worker.yaml", SCALER), ("orders.toml", SCENARIO)] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    run(&folder, "import csv in.csv --kind count --unit messages --out rec");
    run(
        &folder,
        "simulate orders.toml --policy hpa-demand --policy prescale --no-frontier --json r.json --timeline t.csv",
    );
    let result: Value = serde_json::from_slice(&fs::read(folder.path().join("r.json")).unwrap()).unwrap();
    let late = |policy: usize| result["policies"][policy]["late_requests"].as_u64().unwrap();
    assert!(5 * late(1) <= late(0), "prescale {} late, hpa-demand {}", late(1), late(0));
    let timeline = fs::read_to_string(folder.path().join("t.csv")).unwrap();
    let backlog = |policy: &str, time: &str| {
        let start = format!("2026-07-07T{time}Z,{policy},");
        let row = timeline.lines().find(|row| row.starts_with(&start)).unwrap();
        row.split(',').nth(9).unwrap().parse::<f64>().unwrap()
    };
    // The lag grows until nodes and pods are there, which an unannounced burst has to wait for. From then on,
    // 01:33:30, it is gone in the two minutes of `drain`. The HPA has just enough for what arrives.
    assert!(50_000.0 < backlog("prescale", "01:33:30"), "nothing was to be drained");
    let of_a_second = 1_200.0;
    assert!(backlog("prescale", "01:35:30") < of_a_second);
    assert!(30_000.0 < backlog("hpa-demand", "01:39:30"));
}
