//! A calendar over time in `prescale simulate`: nobody knows of an event before it is announced, or after it is
//! withdrawn.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use tempfile::TempDir;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// The timeline of one policy around the on-sale of the stadium tour, at eight, with these annotations; a line a tick.
/// Other on-sales are left out, so that the calendar is empty without this one.
fn timeline(policy: &str, annotations: Option<&str>) -> Vec<String> {
    let folder = TempDir::new().unwrap();
    let recording = folder.path().join("recording");
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
        .replace("T04:00:00Z", "T07:30:00Z")
        .replace("T14:00:00Z", "T08:30:00Z");
    fs::write(folder.path().join("sale.toml"), scenario).unwrap();
    let args = ["simulate", "sale.toml", "--policy", policy, "--no-frontier", "--timeline", "out.csv"];
    let mut prescale = Command::cargo_bin("prescale").unwrap();
    let output = prescale.args(args).current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::read_to_string(folder.path().join("out.csv")).unwrap().lines().map(str::to_owned).collect()
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
