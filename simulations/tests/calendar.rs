//! Calendars in `prescale simulate`: nobody knows of an event before it is announced, or after it is withdrawn; and
//! what a wrong calendar would have cost stands beside the right one.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use serde_json::{Value, json};
use tempfile::TempDir;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Simulates the on-sale of the stadium tour, at eight, between two times of its day, with these words; gives what was
/// printed. Other on-sales are left out: the calendar holds this event with these annotations, or none.
fn on_sale(folder: &Path, (from, to): (&str, &str), annotations: Option<&str>, words: &[&str]) -> String {
    let recording = folder.join("recording");
    fs::create_dir(&recording).unwrap();
    for name in ["recording.toml", "samples.parquet"] {
        fs::copy(Path::new(ROOT).join("notebooks-data/on-sale").join(name), recording.join(name)).unwrap();
    }
    if let Some(annotations) = annotations {
        fs::write(recording.join("events.yaml"), stadium_tour(annotations)).unwrap();
    }
    let scenario = fs::read_to_string(format!("{ROOT}/simulations/scenarios/on-sale.toml")).unwrap();
    let scenario = scenario
        .replace("../../notebooks-data/on-sale", "recording")
        .replace("shop.yaml", &format!("{ROOT}/simulations/scenarios/shop.yaml"))
        .replace("T04:00:00Z", from)
        .replace("T14:00:00Z", to);
    fs::write(folder.join("sale.toml"), scenario).unwrap();
    let mut prescale = Command::cargo_bin("prescale").unwrap();
    prescale.args(["simulate", "sale.toml", "--no-frontier"]).args(words).current_dir(folder);
    let output = prescale.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The timeline of one policy in the hour around the on-sale, a line a tick.
fn timeline(policy: &str, annotations: Option<&str>) -> Vec<String> {
    let folder = TempDir::new().unwrap();
    let words = ["--policy", policy, "--no-calendars", "--timeline", "out.csv"];
    on_sale(folder.path(), ("T07:30:00Z", "T08:30:00Z"), annotations, &words);
    fs::read_to_string(folder.path().join("out.csv")).unwrap().lines().map(str::to_owned).collect()
}

/// The result of Prescale from four o'clock until `to`, and what was printed.
fn result(to: &str, annotations: Option<&str>, words: &[&str]) -> (Value, String) {
    let folder = TempDir::new().unwrap();
    let words = [&["--policy", "prescale", "--json", "out.json"], words].concat();
    let told = on_sale(folder.path(), ("T04:00:00Z", to), annotations, &words);
    let json = fs::read_to_string(folder.path().join("out.json")).unwrap();
    (serde_json::from_str(&json).unwrap(), told)
}

fn names(result: &Value) -> Vec<&str> {
    let calendars = result["calendars"].as_array().unwrap();
    calendars.iter().map(|calendar| calendar["name"].as_str().unwrap()).collect()
}

fn stadium_tour(annotations: &str) -> String {
    let yaml = fs::read_to_string(format!("{ROOT}/notebooks-data/on-sale/events.yaml")).unwrap();
    let document = yaml.split("---\n").find(|document| document.contains("name: stadium-tour")).unwrap();
    let annotated = format!("name: stadium-tour\n  annotations: {{{annotations}}}");
    document.replace("name: stadium-tour", &annotated)
}

/// The time of the first tick that differs from that without a calendar.
fn first_moved(policy: &str, annotations: &str) -> Option<String> {
    let (told, quiet) = (timeline(policy, Some(annotations)), timeline(policy, None));
    assert_eq!((told.len(), quiet.len()), (241, 241));
    told.iter().zip(&quiet).find(|(told, quiet)| told != quiet).map(|(told, _)| told[11..20].to_owned())
}

#[test]
fn a_plan_knows_of_an_event_from_the_tick_of_its_announcement_on() {
    let check = |annotations: &str, first: Option<&str>| {
        assert_eq!(first_moved("prescale", annotations).as_deref(), first, "{annotations}");
    };
    let announced = |at: &str| format!("prescale.dev/announced-at: 2026-09-11T{at}Z");
    assert!(first_moved("prescale", "").unwrap().as_str() < "07:58:00Z");
    check(&announced("07:58:00"), Some("07:58:00Z"));
    check(&announced("07:58:16"), Some("07:58:30Z"));
    check("prescale.dev/withdrawn-at: 2026-09-01T00:00:00Z", None);
}

#[test]
fn a_cron_window_opens_for_an_event_while_it_is_in_the_calendar() {
    let quiet = first_moved("cron", "prescale.dev/withdrawn-at: 2026-09-11T07:30:00Z");
    assert_eq!(quiet, None);
    let late = first_moved("cron", "prescale.dev/announced-at: 2026-09-11T07:58:00Z").unwrap();
    assert!("07:58:00Z" <= late.as_str() && late.as_str() < "07:59:00Z", "{late}");
}

#[test]
fn wrong_calendars_stand_beside_the_right_one_with_the_fields_of_a_policy() {
    let (result, told) = result("T14:00:00Z", Some(""), &[]);
    assert_eq!(names(&result), ["right", "late", "cancelled", "false", "none"]);
    let (right, policy) = (&result["calendars"][0], &result["policies"][0]);
    for key in ["requests", "late_requests", "failed_requests", "replica_hours", "node_hours", "cost"] {
        assert_eq!(right[key], policy[key], "{key}");
        assert!(
            result["calendars"].as_array().unwrap().iter().all(|calendar| calendar[key].is_number()),
            "{key}"
        );
    }
    for name in names(&result) {
        assert!(told.contains(&format!("| {name} ")), "{name} is not in: {told}");
    }
}

#[test]
fn an_event_that_nobody_comes_to_is_paid_for_and_then_let_go() {
    let (result, told) = result("T14:00:00Z", Some(""), &[]);
    let [right, _, cancelled, never, _] = &result["calendars"].as_array().unwrap()[..] else {
        panic!("five")
    };
    // The only quarter of an hour that is four hours from the on-sale, with room for an hour before the window ends.
    let extra = &never["extra"];
    assert_eq!(
        (&extra["starts_at"], &extra["ends_at"]),
        (&json!("2026-09-11T13:00:00Z"), &json!("2026-09-11T14:00:00Z"))
    );
    assert_eq!((&extra["class"], &extra["withdrawn_at"]), (&json!("on-sale"), &Value::Null));
    assert_eq!(cancelled["extra"]["withdrawn_at"], "2026-09-11T12:55:00Z");
    let hours = |calendar: &Value| calendar["replica_hours"].as_f64().unwrap();
    assert!(hours(right) < hours(never) && hours(cancelled) < hours(never), "{told}");
    assert!(0 < extra["most_replicas"].as_u64().unwrap(), "{extra}");
    assert!(extra["mostly_gone_after_min"].as_f64().unwrap() < 30.0, "{extra}");
    assert!(told.contains("To the false event of 2026-09-11 13:00 nobody came."), "{told}");
}

#[test]
fn what_a_late_or_unknown_event_costs_is_missed_requests() {
    let (result, told) = result("T14:00:00Z", Some(""), &[]);
    let missed = |calendar: &Value| {
        calendar["late_requests"].as_u64().unwrap() + calendar["failed_requests"].as_u64().unwrap()
    };
    let [right, late, _, _, none] = &result["calendars"].as_array().unwrap()[..] else { panic!("five") };
    // A few of thirteen million are a pod that moved at a bad moment.
    let few = right["requests"].as_u64().unwrap() / 100_000;
    assert!(missed(right) <= missed(late).max(few) && missed(right).max(few) < missed(none), "{told}");
}

#[test]
fn without_room_for_another_event_only_the_others_are_run_and_it_is_said() {
    let (result, told) = result("T13:00:00Z", Some(""), &[]);
    assert_eq!(names(&result), ["right", "late", "none"]);
    let why = "No moment of the window is 4h away from every event and has room for another";
    assert!(told.contains(why) && result["calendars_summary"].as_str().unwrap().contains(why), "{told}");
}

#[test]
fn calendars_are_compared_only_where_there_is_an_event_and_nobody_declined() {
    let check = |annotations: Option<&str>, words: &[&str]| {
        let (result, told) = result("T09:00:00Z", annotations, words);
        assert!(names(&result).is_empty() && !told.contains("| right "), "{told}");
    };
    check(None, &[]);
    check(Some("prescale.dev/withdrawn-at: 2026-09-11T07:00:00Z"), &[]);
    check(Some(""), &["--no-calendars"]);
}
