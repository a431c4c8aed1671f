//! `prescale backtest` as a user calls it.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::fs;
use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

const MATCH_NIGHT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../notebooks-data/match-night");

fn backtest(recording: &str, words: &[&str]) -> Output {
    Command::cargo_bin("prescale").unwrap().args(["backtest", recording]).args(words).output().unwrap()
}

/// A recording of four days by the minute, cut off after some minutes.
fn recorded(folder: &Path, name: &str, minutes: usize) -> String {
    let rate = |minute: usize| 400 + (minute * 37) % 90 + 3 * (minute % 1_440 / 6);
    let start: jiff::Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
    let rows = (0..minutes).map(|minute| {
        let at = start + jiff::SignedDuration::from_mins(minute as i64);
        format!("{at},{}\n", rate(minute))
    });
    let csv = folder.join(format!("{name}.csv"));
    fs::write(&csv, "timestamp,requests\n".to_owned() + &rows.collect::<String>()).unwrap();
    let out = folder.join(name).display().to_string();
    let import = ["import", "csv", csv.to_str().unwrap(), "--kind", "count", "--out", &out];
    assert!(Command::cargo_bin("prescale").unwrap().args(import).output().unwrap().status.success());
    out
}

#[test]
fn cutting_a_recording_off_changes_no_forecast_made_before() {
    let folder = TempDir::new().unwrap();
    let forecasts = |name, minutes| {
        let path = folder.path().join(format!("{name}-forecasts.csv"));
        let recording = recorded(folder.path(), name, minutes);
        let output = backtest(&recording, &["--every", "7m", "--forecasts", path.to_str().unwrap()]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        fs::read_to_string(path).unwrap()
    };
    let (whole, cut) = (forecasts("whole", 4 * 1_440), forecasts("cut", 2 * 1_440));
    assert!(
        cut.starts_with(
            "made_at,target_at,quantile,forecast\n2026-06-01T00:07:00Z,2026-06-01T00:12:00Z,0.1,"
        )
    );
    // Of the last origins the longer horizons lie behind the cut, so their rows are not there to compare.
    let settled = cut.lines().filter(|row| row < &"2026-06-02T23:44").count();
    assert!(10_000 < settled.min(cut.lines().count()) * 5, "{settled}");
    assert!(cut.lines().zip(whole.lines()).take(settled).all(|(cut, whole)| cut == whole));
}

#[test]
fn announced_events_are_worth_something_and_the_table_says_what() {
    let folder = TempDir::new().unwrap();
    let json = folder.path().join("scores.json");
    let output = backtest(MATCH_NIGHT, &["--from", "2026-05-26T00:00:00Z", "--json", json.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8(output.stdout).unwrap().contains("no events"));
    let rows: Vec<Value> = serde_json::from_str(&fs::read_to_string(json).unwrap()).unwrap();
    let of =
        |class: &str| rows.iter().find(|row| row["horizon_s"] == 900.0 && row["class"] == class).unwrap();
    let (with, without) = (&of("event")["wql"], &of("event")["wql_without_events"]);
    assert!(with.as_f64().unwrap() < 0.8 * without.as_f64().unwrap(), "{with} {without}");
    assert!(of("all")["wql"].as_f64().unwrap() < of("all")["wql_last_value"].as_f64().unwrap());
}

#[test]
fn what_cannot_be_asked_for_is_refused_by_name() {
    for (words, told) in [
        (&["--horizon", "90s"][..], "--horizon 1m 30s is not a whole number of the recording's steps of 1m"),
        (&["--horizon", "5h"], "--horizon 5h is more than 240 steps"),
        (&["--every", "0s"], "--every 0s is not a whole number"),
        (&["--from", "2027-01-01T00:00:00Z"], "holds no step of the recording"),
    ] {
        let output = backtest(MATCH_NIGHT, words);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(told), "{told:?} is not in: {error}");
    }
}
