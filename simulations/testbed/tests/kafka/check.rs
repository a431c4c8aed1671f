//! `prescale signals check` on topics: what they give now, and from their logs how far one leads the other.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use prescale_testbed::brokers::{PLAIN_USERS, Record, Topic};
use serde_json::Value;
use tokio::process::Command;

use crate::brokers;

/// Minutes by which joins run ahead of requests.
const LEAD: i64 = 7;
const MINUTES: i64 = 480;

const SCALER: &str = "
apiVersion: prescale.dev/v1alpha1
kind: PredictiveScaler
metadata: {name: tickets, namespace: live}
spec:
  scaleTargetRef: {name: tickets}
  maxReplicas: 200
  demand: {kafka: {topic: check-requests, step: 1m}}
  signals:
    - {name: joins, kafka: {topic: check-joins}}
    - {name: gone, kafka: {topic: check-gone}}
    - {name: pushed, push: {}}
  capacity: {perReplica: 100}
";

/// A rush of eight minutes each hour and a half.
fn records(topic_lags: i64, now: Timestamp) -> Vec<Record> {
    let mut records = Vec::new();
    for minute in 0..MINUTES {
        let rush = (minute - topic_lags).rem_euclid(87) < 8;
        let count = if rush { 60 } else { 8 } + minute * 37 % 5;
        let at = now - SignedDuration::from_mins(MINUTES - minute);
        records.extend((0..count).map(|record| {
            let at = at + SignedDuration::from_millis(record * 900);
            Record::to(i32::try_from(record % 2).unwrap()).made(at)
        }));
    }
    records
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lead_of_a_topic_is_found_from_its_log() {
    let brokers = brokers().await;
    let now = Timestamp::now();
    for (topic, lags) in [("check-joins", 0), ("check-requests", LEAD)] {
        brokers.create(&Topic::new(topic, 2)).await.unwrap();
        brokers.produce(topic, &records(lags, now)).await.unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let (user, scaler) = (PLAIN_USERS[0], folder.path().join("scaler.yaml"));
    for (file, text) in [("scaler.yaml", SCALER), ("username", user.name), ("password", user.password)] {
        std::fs::write(folder.path().join(file), text).unwrap();
    }
    let output = Command::new(prescale())
        .args(["signals", "check", "--last", "8h", "--json", "--kafka-security=SASL_PLAINTEXT"])
        .args(["--kafka-sasl-mechanism=PLAIN", "--kafka-bootstrap-servers", &brokers.unencrypted()])
        .arg("--kafka-credentials")
        .args([folder.path(), &scaler])
        .output()
        .await
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("2 of 4 signals cannot be read"), "{told}");
    let outcome: Value = serde_json::from_slice(&output.stdout).unwrap();
    println!("{outcome:#}");
    let [joins, gone, pushed] = [0, 1, 2].map(|index: usize| &outcome["signals"][index]);
    let lead_s = joins["lead_s"].as_f64().unwrap();
    assert!((lead_s - 60.0 * LEAD as f64).abs() <= 60.0, "{joins}");
    assert!(0.9 < joins["covered"].as_f64().unwrap() && joins["now"].is_number(), "{joins}");
    assert_eq!(outcome["demand"]["now"], 0.0, "nothing comes just now");
    assert!(gone["problem"].as_str().unwrap().contains("there is no such topic"), "{gone}");
    assert!(pushed["problem"].as_str().unwrap().contains("use --recording"), "{pushed}");
}

/// The command that was built beside the tests that run now.
fn prescale() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let mut built = here.ancestors().skip(1).take(2).map(|folder| folder.join("prescale"));
    built.find(|path| path.is_file()).expect("prescale is built: cargo build --bin prescale")
}
