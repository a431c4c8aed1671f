//! What `prescale import csv` promises.

use std::io::Write;

use super::*;
use crate::recording::Kind;

/// A CSV of these lines under a header `timestamp,value`.
fn rows(rows: &[&str]) -> String {
    format!("timestamp,value\n{}\n", rows.join("\n"))
}

#[test]
fn a_csv_becomes_a_recording_with_its_step_and_kind_found() {
    let text = rows(&["2026-07-07T19:00:00Z,3", "2026-07-07T19:00:15Z,", "2026-07-07T19:00:30Z,5"]);
    let import = Import::of(&[("in.csv", &text)]);
    let summary = import.run("csv in.csv").unwrap();
    assert_eq!((summary.step_s, summary.steps, summary.signals[0].kind), (15.0, 3, Kind::Count));
    assert_eq!((summary.signals[0].mean, summary.signals[0].max), (Some(4.0), Some(5.0)));
    assert_eq!(cells(&import.recording(), "value"), [Some(3.0), None, Some(5.0)]);
    assert_eq!(import.recording().meta.source, "imported from in.csv");
}

#[test]
fn other_delimiters_columns_and_zones_are_understood() {
    let text = "when;joins;note;requests\n2026-07-07 21:00;1;a;2.5\n2026-07-07 21:01;2;b;3\n";
    let import = Import::of(&[("in.csv", text)]);
    let words = "csv in.csv --time-column when --value-column requests --value-column joins --time-zone Europe/Paris --unit hits/s";
    import.run(&format!("{words} --kind rate")).unwrap();
    let recording = import.recording();
    assert_eq!(recording.start.to_string(), "2026-07-07T19:00:00Z");
    assert_eq!((recording.meta.demand.as_str(), recording.signals.len()), ("requests", 2));
    assert_eq!(recording.meta.signals["requests"], SignalMeta { kind: Kind::Rate, unit: "hits/s".into() });
}

#[test]
fn a_gap_of_two_days_stays_missing_and_is_told() {
    let mut lines: Vec<String> = (0..60).map(|minute| format!("2026-07-01T00:{minute:02}:00Z,9")).collect();
    lines.push("2026-07-03T01:00:00Z,9".into());
    let text = format!("timestamp,value\n{}\n", lines.join("\n"));
    let import = Import::of(&[("in.csv", &text)]);
    let summary = import.run("csv in.csv").unwrap();
    let signal = &summary.signals[0];
    assert_eq!((signal.samples, signal.missing, signal.longest_gap_s), (61, 2880, 172_800.0));
    assert_eq!(signal.longest_gap_from.unwrap().to_string(), "2026-07-01T01:00:00Z");
    assert!(
        summary.to_string().contains("the longest gap 2d") || summary.to_string().contains("48h"),
        "{summary}"
    );
    assert_eq!(cells(&import.recording(), "value")[60], None);
}

#[test]
fn a_stamp_that_is_a_little_late_is_moved_to_its_step_and_told() {
    let text = rows(&["2026-07-07T19:00:00Z,3", "2026-07-07T19:01:02Z,4", "2026-07-07T19:02:00Z,5"]);
    let import = Import::of(&[("in.csv", &text)]);
    let summary = import.run("csv in.csv --step 1m").unwrap();
    assert_eq!((summary.jittered, summary.steps), (1, 3));
    assert!(summary.to_string().contains("1 stamps lay a little beside their step"), "{summary}");
}

#[test]
fn several_files_are_one_table_and_gzip_is_unpacked() {
    let import = Import::of(&[("a.csv", &rows(&["2026-07-07T19:00:00Z,3", "2026-07-07T19:01:00Z,4"]))]);
    let gz = fs::File::create(import.path("b.csv")).unwrap();
    let mut gz = flate2::write::GzEncoder::new(gz, flate2::Compression::fast());
    gz.write_all(rows(&["2026-07-07T19:02:00Z,5"]).as_bytes()).unwrap();
    gz.finish().unwrap();
    import.run("csv a.csv b.csv").unwrap();
    assert_eq!(cells(&import.recording(), "value"), [Some(3.0), Some(4.0), Some(5.0)]);
    let refused = import.run("csv b.csv a.csv --force").unwrap_err();
    assert!(
        refused.contains("a.csv line 2, column timestamp: 2026-07-07T19:00:00Z goes backwards"),
        "{refused}"
    );
}

#[test]
fn a_csv_that_cannot_be_used_is_refused_at_its_line_and_column() {
    let (first, next) = ("2026-07-07T19:00:00Z,3", "2026-07-07T19:01:00Z");
    let with = |last: &str| rows(&[first, last]);
    let csv = "csv in.csv";
    check_refused(
        csv,
        &with(&format!("{next},many")),
        &["in.csv line 3, column value", "\"many\" is not a number"],
    );
    check_refused(
        csv,
        &with(&format!("{next},NaN")),
        &["line 3, column value", "\"NaN\"", "leave the cell empty"],
    );
    check_refused(csv, &with(&format!("{next},-1")), &["line 3, column value", "-1 is negative"]);
    check_refused(csv, &with("2026-07-07T18:59:00Z,3"), &["line 3, column timestamp", "goes backwards"]);
    check_refused(csv, &with("2026-07-07T19:00:00Z,3"), &["line 3, column timestamp", "there twice"]);
    check_refused(csv, &with("2026-07-07T21:01:00+02:00,3"), &["line 3, column timestamp", "offset +02"]);
    check_refused(csv, &with(next), &["in.csv", "line: 3"]);
    check_refused(csv, "", &["in.csv is empty"]);
    check_refused(csv, "timestamp,value\n", &["in.csv has a header and no rows"]);
    check_refused(csv, "when,value\n1,2\n", &["line 1 has no column timestamp or time among when, value"]);
    check_refused(
        "csv in.csv --value-column hits",
        &with(next),
        &["line 1 has no column hits among timestamp, value"],
    );
    check_refused("csv in.csv --step 5m", &with(&format!("{next},3")), &["line 3", "1m off the grid of 5m"]);
    check_refused("csv in.csv --time-zone Mars", &with(next), &["--time-zone \"Mars\" is not a zone"]);
    check_refused("csv in.csv --events in.csv", &rows(&[first]), &["--step must be given"]);
}
