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

/// What a backtest of two even days gave.
struct Told {
    forecasts: String,
    table: String,
    outcome: Value,
    page: String,
}

/// Backtests two even days under this calendar.
fn under(calendar: &str) -> Told {
    let folder = TempDir::new().unwrap();
    let recording = recorded(folder.path(), "rec", 2 * 1_440);
    fs::write(Path::new(&recording).join("events.yaml"), calendar).unwrap();
    let paths = ["f.csv", "f.json", "f.html"].map(|name| folder.path().join(name));
    let [forecasts, json, report] = paths.each_ref().map(|path| path.to_str().unwrap());
    let words = ["--every", "5m", "--forecasts", forecasts, "--json", json, "--report", report];
    let output = backtest(&recording, &words);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let [forecasts, json, page] = paths.map(|path| fs::read_to_string(path).unwrap());
    let table = String::from_utf8(output.stdout).unwrap();
    Told { forecasts, table, outcome: serde_json::from_str(&json).unwrap(), page }
}

impl Told {
    /// The rows of scores of a class, a horizon each.
    fn rows(&self, class: &str) -> Vec<&Value> {
        let rows = self.outcome["scores"].as_array().unwrap();
        rows.iter().filter(|row| row["class"] == class).collect()
    }
}

/// An event that is expected at noon of the second day, at five times the usual demand.
fn rush(annotations: &str) -> String {
    event("rush", "12:00", annotations)
}

/// The same of any type and at any time of that day.
fn event(class: &str, at: &str, annotations: &str) -> String {
    format!(
        "apiVersion: prescale.dev/v1alpha1\nkind: DemandEvent\nmetadata: {{name: {class}, annotations: \
         {{{annotations}}}}}\nspec:\n  type: {class}\n  startsAt: 2026-06-02T{at}:00Z\n  duration: 1h\n  \
         expectedDemand: {{peak: 5000}}\n---\n"
    )
}

#[test]
fn an_event_moves_no_forecast_before_it_is_announced() {
    let quiet = under("").forecasts;
    let first_moved = |annotations: &str| {
        let told = under(&rush(annotations)).forecasts;
        assert_eq!(told.lines().count(), quiet.lines().count());
        let moved = told.lines().zip(quiet.lines()).find(|(told, quiet)| told != quiet);
        moved.map(|(told, _)| told[..20].to_owned())
    };
    let noon = "2026-06-02T12:00:00Z";
    assert!(first_moved("").unwrap().as_str() < "2026-06-02T11:50:00Z");
    // The minute that begins at 11:55 ends after the announcement, and its forecasts know of it.
    assert_eq!(
        first_moved("prescale.dev/announced-at: 2026-06-02T11:55:30Z").unwrap(),
        "2026-06-02T11:55:00Z"
    );
    assert_eq!(first_moved("prescale.dev/announced-at: 2026-06-02T12:00:30Z").unwrap(), noon);
    // In force between two ends of minutes only, so no forecast was made under it.
    let short =
        "prescale.dev/announced-at: 2026-06-02T11:39:01Z, prescale.dev/withdrawn-at: 2026-06-02T11:40:00Z";
    assert_eq!(first_moved(short), None);
}

#[test]
fn an_event_lifts_no_forecast_after_it_is_withdrawn() {
    let check = |annotations: &str, lifted: bool| {
        let forecasts = under(&rush(annotations)).forecasts;
        let row =
            forecasts.lines().find(|row| row.starts_with("2026-06-02T11:50:00Z,2026-06-02T12:05:00Z,0.5,"));
        let median: f64 = row.unwrap().rsplit(',').next().unwrap().parse().unwrap();
        assert_eq!(2_000.0 < median, lifted, "{annotations}: {median}");
    };
    check("", true);
    check("prescale.dev/withdrawn-at: 2026-06-02T11:51:01Z", true);
    check("prescale.dev/withdrawn-at: 2026-06-02T11:51:00Z", false);
}

#[test]
fn a_target_is_of_an_event_that_was_still_in_the_calendar_when_it_started() {
    let check = |annotations: &str, targets: u64| {
        let told = under(&rush(annotations));
        assert!(told.rows("event").iter().all(|row| row["forecasts"] == targets), "{annotations}");
    };
    // From 11:30 to 13:10, each fifth minute.
    check("", 21);
    check("prescale.dev/withdrawn-at: 2026-06-02T12:00:01Z", 21);
    check("prescale.dev/withdrawn-at: 2026-06-02T12:00:00Z", 0);
    check("prescale.dev/announced-at: 2026-06-02T12:00:01Z", 0);
}

#[test]
fn several_types_of_events_have_a_row_each_and_one_type_has_none() {
    let several = under(&(event("rush", "09:00", "") + &event("sale", "15:00", "")));
    let counts = ["event: rush", "event: sale", "event"].map(|class| {
        several.rows(class).iter().map(|row| row["forecasts"].as_u64().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(counts, [vec![21, 21], vec![21, 21], vec![42, 42]]);
    assert!(under(&rush("")).rows("event: rush").is_empty());
    assert!(several.table.contains("| event: sale |"), "{}", several.table);
}

#[test]
fn each_quantile_is_held_against_the_share_that_it_covers() {
    let told = under(&rush(""));
    for row in told.rows("all") {
        let coverage = row["coverage"].as_array().unwrap();
        let of = |name: &str| coverage.iter().map(|each| each[name].as_f64().unwrap()).collect::<Vec<_>>();
        assert_eq!(of("quantile"), [0.1, 0.5, 0.9, 0.95, 0.99]);
        assert!(of("covered").is_sorted() && of("covered")[4] <= 1.0, "{coverage:?}");
        // The table says the same.
        let minutes = format!("| {}m ", row["horizon_s"].as_f64().unwrap() / 60.0);
        let calibration = told.table.split("covers").last().unwrap();
        let line =
            calibration.lines().find(|line| line.starts_with(&minutes) && line.contains("| all ")).unwrap();
        let cells: Vec<&str> = line.split('|').map(str::trim).skip(4).take(5).collect();
        assert_eq!(cells, of("covered").iter().map(|share| format!("{share:.4}")).collect::<Vec<_>>());
    }
}

#[test]
fn the_worst_event_and_the_median_one_are_followed_with_the_calendar_and_without() {
    let classes = [("rush", "06:00"), ("sale", "12:00"), ("game", "18:00")];
    let told = under(&classes.map(|(class, at)| event(class, at, "")).concat());
    let mut events: Vec<(f64, &Value)> = told.outcome["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| (event["wql"].as_f64().unwrap(), &event["name"]))
        .collect();
    events.sort_by(|a, b| a.0.total_cmp(&b.0));
    let courses = told.outcome["courses"].as_array().unwrap();
    let named: Vec<_> =
        courses.iter().map(|course| (course["rank"].as_str().unwrap(), &course["event"])).collect();
    assert_eq!(named, [("worst", events[2].1), ("median", events[1].1)]);
    // From an hour before to an hour after, each minute. Nothing came of the events, so their calendar only misleads,
    // and each time less.
    let misled = courses.iter().filter(|course| {
        let points = course["points"].as_array().unwrap();
        assert_eq!(points.len(), 181);
        let most = |key: &str| points.iter().map(|point| point[key][1].as_f64().unwrap()).fold(0.0, f64::max);
        2.0 * most("forecast_without_events") < most("forecast")
    });
    assert!(0 < misled.count());
}

#[test]
fn the_report_shows_all_of_it_and_asks_the_network_for_nothing() {
    let hostile = "</script><script>alert(1)</script>";
    let calendar = event("rush", "09:00", "") + &event("sale", "15:00", "");
    let named = calendar.replacen("name: rush", &format!("name: {hostile:?}"), 1);
    let page = under(&named).page;
    for part in
        ["id=\"skill-plot\"", "id=\"calibration-plots\"", "id=\"worth\"", "data-course=\"1\"", "event: sale"]
    {
        assert!(page.contains(part), "{part} is not in the page");
    }
    for asks in
        ["src=\"http", "href=\"http", "url(http", "@import", "fetch(", "XMLHttpRequest", "<script>alert"]
    {
        assert!(!page.contains(asks), "the page has {asks}");
    }
    assert!(page == under(&named).page, "two runs differ");
    assert!(under("").page.contains("no event that took place"));
}

#[test]
fn announced_events_are_worth_something_and_the_table_says_what() {
    let folder = TempDir::new().unwrap();
    let json = folder.path().join("scores.json");
    let output = backtest(MATCH_NIGHT, &["--from", "2026-05-26T00:00:00Z", "--json", json.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8(output.stdout).unwrap().contains("no events"));
    let outcome: Value = serde_json::from_str(&fs::read_to_string(json).unwrap()).unwrap();
    let rows = outcome["scores"].as_array().unwrap();
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
        (&["--report", "nowhere/f.html"], "cannot write nowhere/f.html: its folder does not exist"),
    ] {
        let output = backtest(MATCH_NIGHT, words);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(told), "{told:?} is not in: {error}");
    }
}
