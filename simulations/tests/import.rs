//! `prescale import` on what people have, good and bad: bad input ends with exit code 2, the file, line and field
//! in words, and nothing left behind.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::fs;
use std::io::Write;
use std::ops::Range;
use std::path::PathBuf;
use std::process::Output;

use assert_cmd::Command;
use flate2::{Compression, write::GzEncoder};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tempfile::TempDir;

const SCALER: &str = "\
apiVersion: prescale.dev/v1alpha1
kind: PredictiveScaler
metadata: {name: shop}
spec:
  scaleTargetRef: {name: shop}
  minReplicas: 2
  maxReplicas: 50
  demand: {prometheus: {query: 'sum(rate(requests[1m]))'}}
  capacity: {perReplica: 10}
";

/// A folder with files, in which `prescale` runs.
struct Folder(TempDir);

impl Folder {
    fn of(files: &[(&str, &str)]) -> Self {
        let folder = Self(TempDir::new().unwrap());
        files.iter().for_each(|(name, text)| fs::write(folder.path(name), text).unwrap());
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn prescale(&self, words: &str, stdin: &str) -> Output {
        let mut command = Command::cargo_bin("prescale").unwrap();
        command.args(words.split_whitespace()).current_dir(self.0.path());
        command.write_stdin(stdin).output().unwrap()
    }

    /// Runs a call that must succeed, and gives what it printed.
    fn succeed(&self, words: &str) -> String {
        let output = self.prescale(words, "");
        assert!(output.status.success(), "{words}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Claims that a call is refused with all of `told`, and that the folder holds the same files as before.
    fn refuse(&self, words: &str, told: &[&str]) {
        let files = || fs::read_dir(self.0.path()).unwrap().count();
        let before = files();
        let output = self.prescale(words, "");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{words}: {stderr}");
        for word in told {
            assert!(stderr.contains(word), "{word:?} is not in: {stderr}");
        }
        assert_eq!(files(), before, "{words}: something was written or left");
    }
}

/// Claims that the CSV with these lines under its header is refused with all of `told`.
fn check_refused(csv: &str, told: &[&str]) {
    let folder = Folder::of(&[("in.csv", csv)]);
    folder.refuse("import csv in.csv --out rec", told);
    assert!(!folder.path("rec").exists());
}

/// A row a minute from midnight of the first of July on, with the same value.
fn minutes(minutes: Range<i64>, value: u32) -> String {
    let midnight: Timestamp = "2026-07-01T00:00:00Z".parse().unwrap();
    minutes.map(|minute| format!("{},{value}\n", midnight + SignedDuration::from_mins(minute))).collect()
}

#[test]
fn a_cell_that_is_no_number_is_refused_at_its_line_and_column() {
    let csv = |cell: &str| format!("time,hits\n2026-07-07T19:00:00Z,3\n2026-07-07T19:01:00Z,{cell}\n");
    check_refused(&csv("many"), &["in.csv line 3, column hits", "\"many\" is not a number"]);
    check_refused(&csv("NaN"), &["in.csv line 3, column hits", "\"NaN\"", "leave the cell empty"]);
    check_refused(&csv("-4"), &["in.csv line 3, column hits", "-4 is negative"]);
}

#[test]
fn a_table_without_its_columns_or_rows_is_refused() {
    check_refused("when,hits\n2026-07-07T19:00:00Z,3\n", &["in.csv line 1 has no column timestamp or time"]);
    check_refused("", &["in.csv is empty"]);
    check_refused("time,hits\n", &["in.csv has a header and no rows"]);
}

#[test]
fn times_out_of_order_or_of_mixed_zones_are_refused() {
    let csv = |time: &str| format!("time,hits\n2026-07-07T19:00:00Z,3\n{time},4\n");
    check_refused(&csv("2026-07-07T18:00:00Z"), &["in.csv line 3, column time", "goes backwards"]);
    check_refused(&csv("2026-07-07T21:01:00+02:00"), &["in.csv line 3, column time", "offset +02"]);
    check_refused(&csv("2026-07-07 21:01"), &["in.csv line 3, column time", "have no offset"]);
}

#[test]
fn a_calendar_is_checked_before_anything_is_written() {
    let traffic = format!("time,hits\n{}", minutes(0..60, 9));
    let yaml = |end: &str| {
        format!(
            "apiVersion: prescale.dev/v1alpha1\nkind: DemandEvent\nmetadata: {{name: final}}\nspec:\n  \
             type: kick-off\n  startsAt: 2026-07-01T00:10:00Z\n  endsAt: {end}\n"
        )
    };
    let early = yaml("2026-07-01T00:05:00Z");
    let check = |calendar: &str, text: &str, told: &[&str]| {
        let folder = Folder::of(&[("in.csv", &traffic), (calendar, text)]);
        folder.refuse(&format!("import csv in.csv --events {calendar} --out rec"), told);
    };
    check("e.csv", "start,end\n2026-07-01T00:10:00Z,2026-07-01T00:05:00Z\n", &["e.csv line 2, column end"]);
    check(
        "e.yaml",
        &early,
        &["e.yaml:7", "DemandEvent final", "spec.endsAt 2026-07-01T00:05:00Z is not after"],
    );
    check("e.yaml", &early.replace("endsAt", "endAt"), &["e.yaml:7", "did you mean `endsAt`"]);
    check("e.yaml", "# nothing\n", &["e.yaml holds no DemandEvent"]);
}

#[test]
fn a_gap_of_two_days_is_told_and_nothing_shrinks_in_it() {
    let csv = format!("time,hits\n{}{}", minutes(0..120, 6_000), minutes(3_000..3_120, 6_000));
    let scenario = "title = \"Gap\"\nrecording = \"rec\"\nscaler = \"shop.yaml\"\n";
    let folder = Folder::of(&[("in.csv", &csv), ("shop.yaml", SCALER), ("gap.toml", scenario)]);
    let told = folder.succeed("import csv in.csv --out rec");
    assert!(told.contains("2880 missing, the longest gap 48h from 2026-07-01T02:00:00Z"), "{told}");
    folder.succeed("simulate gap.toml --policy prescale --no-frontier --timeline t.csv");
    let timeline = fs::read_to_string(folder.path("t.csv")).unwrap();
    let before: Vec<_> = timeline.lines().filter(|row| row.starts_with("2026-07-01T01:5")).collect();
    let planned = |row: &str| row.split(',').nth(5).unwrap().parse::<u32>().unwrap();
    let held = planned(before.last().unwrap());
    assert!(10 <= held, "100 requests/s need ten replicas: {held}");
    let silent = |row: &&str| row.starts_with("2026-07-02T");
    assert!(timeline.lines().filter(silent).all(|row| held <= planned(row)));
    assert_eq!(timeline.lines().filter(silent).count(), 4 * 60 * 24);
}

#[test]
fn a_recording_that_is_cut_off_is_refused() {
    let csv = format!("time,hits\n{}", minutes(0..600, 9));
    let scenario = "title = \"Cut\"\nrecording = \"rec\"\nscaler = \"shop.yaml\"\n";
    for (format, keep, told) in
        [("csv", 1.0 / 3.0, "samples.csv"), ("parquet", 0.5, "samples.parquet, which is cut off")]
    {
        let folder = Folder::of(&[("in.csv", &csv), ("shop.yaml", SCALER), ("cut.toml", scenario)]);
        folder.succeed(&format!("import csv in.csv --format {format} --out rec"));
        let samples = folder.path(&format!("rec/samples.{format}"));
        let bytes = fs::read(&samples).unwrap();
        fs::write(&samples, &bytes[..(bytes.len() as f64 * keep) as usize]).unwrap();
        folder.refuse("simulate cut.toml --json out.json", &[told, "cut off"]);
    }
}

#[test]
fn a_cut_between_two_lines_is_seen_by_the_number_of_steps() {
    let csv = format!("time,hits\n{}", minutes(0..600, 9));
    let scenario = "title = \"Cut\"\nrecording = \"rec\"\nscaler = \"shop.yaml\"\n";
    let folder = Folder::of(&[("in.csv", &csv), ("shop.yaml", SCALER), ("cut.toml", scenario)]);
    folder.succeed("import csv in.csv --format csv --out rec");
    let samples = folder.path("rec/samples.csv");
    let text = fs::read_to_string(&samples).unwrap();
    let half: String = text.split_inclusive('\n').take(301).collect();
    fs::write(&samples, half).unwrap();
    folder.refuse("simulate cut.toml", &["samples.csv holds 300 steps", "says 600", "cut off"]);
}

#[test]
fn an_access_log_is_counted_and_what_cannot_be_read_is_shown() {
    let common = "10.0.0.1 - - [07/Jul/2026:19:00:01 +0000] \"GET / HTTP/1.1\" 200 512\n";
    let combined = "10.0.0.2 - - [07/Jul/2026:19:01:02 +0000] \"GET /a HTTP/1.1\" 503 7 \"-\" \"curl/8\"\n";
    let folder = Folder::of(&[("access.log", &format!("{common}{common}not a line\n{combined}"))]);
    let told = folder.succeed("import access-log access.log --out rec");
    for word in ["a count in requests", "this is the demand", "1 lines could not be read", "not a line"] {
        assert!(told.contains(word), "{word:?} is not in: {told}");
    }
    let mut gz = GzEncoder::new(fs::File::create(folder.path("old.gz")).unwrap(), Compression::fast());
    gz.write_all(common.as_bytes()).unwrap();
    gz.finish().unwrap();
    let told = folder.succeed("import access-log old.gz access.log --out both --json");
    let summary: Value = serde_json::from_str(&told).unwrap();
    let requests =
        summary["signals"].as_array().unwrap().iter().find(|signal| signal["name"] == summary["demand"]);
    assert_eq!((&summary["unread_lines"], &requests.unwrap()["max"]), (&1.into(), &3.0.into()));
}

#[test]
fn standard_input_prometheus_and_calendars_are_read() {
    let answer = r#"{"status":"success","data":{"resultType":"matrix","result":[
        {"metric":{"__name__":"rps"},"values":[[1783450800,"3.5"],[1783450860,"4"]]}]}}"#;
    let calendar = "start,end,name\n2026-07-07T19:00:00Z,2026-07-07T20:00:00Z,Final\n";
    let yaml = "apiVersion: prescale.dev/v1alpha1\nkind: DemandEvent\nmetadata: {name: final}\nspec:\n  \
                type: kick-off\n  startsAt: 2026-07-07T19:00:00Z\n  duration: 1h\n";
    let folder = Folder::of(&[("range.json", answer), ("e.csv", calendar), ("e.yaml", yaml)]);
    for calendar in ["e.csv", "e.yaml"] {
        let told =
            folder.succeed(&format!("import prometheus range.json --events {calendar} --out rec --force"));
        for word in ["1 events", "rps: a rate in requests/s; this is the demand", "2 steps of 1m"] {
            assert!(told.contains(word), "{word:?} is not in: {told}");
        }
    }
    let output = folder.prescale("import csv - --out piped", &format!("time,hits\n{}", minutes(0..3, 9)));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(folder.path("piped/samples.parquet").is_file());
}

#[test]
fn what_cannot_be_replayed_is_said_before_the_run() {
    let calendar = "start,end\n2026-07-01T00:10:00Z,2026-07-01T00:20:00Z\n";
    let signals = "  signals: [{name: orders, push: {}}]\n";
    let scenario = "title = \"Notes\"\nrecording = \"rec\"\nscaler = \"shop.yaml\"\n";
    let check = |scaler: &str, told: &str| {
        let csv = format!("time,hits\n{}", minutes(0..60, 9));
        let files =
            [("in.csv", csv.as_str()), ("e.csv", calendar), ("shop.yaml", scaler), ("s.toml", scenario)];
        let folder = Folder::of(&files);
        folder.succeed("import csv in.csv --events e.csv --out rec");
        let output = folder.prescale("simulate s.toml --policy prescale --no-frontier", "");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success() && stderr.contains(told), "{told:?} is not in: {stderr}");
    };
    check(SCALER, "shop has no spec.events, so Prescale is told of none of the recording's 1 events");
    let selecting = format!("{SCALER}  events: {{selector: {{matchLabels: {{team: live}}}}}}\n");
    check(&selecting, "spec.events of shop selects none of the recording's 1 events");
    check(&format!("{SCALER}{signals}"), "spec.signals orders of shop cannot be replayed");
    check(
        &format!("{SCALER}  drain: {{within: 1m}}\n"),
        "shop has spec.drain, and world.workload is no queue",
    );
}
