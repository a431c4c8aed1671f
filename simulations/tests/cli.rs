//! `prescale` as a user calls it: exit codes, messages, files whole or not at all, and the same bytes each time.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

const SCENARIOS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");

fn prescale(args: &[&str]) -> Output {
    Command::cargo_bin("prescale").unwrap().args(args).output().unwrap()
}

/// An hour around the sale, which runs in a moment, with the bundled files found by their whole paths.
fn short_sale(folder: &Path) -> PathBuf {
    let text = fs::read_to_string(format!("{SCENARIOS}/on-sale.toml")).unwrap();
    let text = text
        .replace("../../notebooks-data", &format!("{SCENARIOS}/../../notebooks-data"))
        .replace("shop.yaml", &format!("{SCENARIOS}/shop.yaml"))
        .replace("T04:00:00Z", "T07:30:00Z")
        .replace("T14:00:00Z", "T08:30:00Z");
    let path = folder.join("sale.toml");
    fs::write(&path, text).unwrap();
    path
}

/// Simulates the short sale, and gives each file that was asked for by its ending.
fn simulate(folder: &Path, jobs: &str, endings: &[&str]) -> Vec<String> {
    let scenario = short_sale(folder);
    let flags = |ending: &str| match ending {
        "json" => "--json",
        "csv" => "--timeline",
        _ => "--report",
    };
    let paths: Vec<_> = endings.iter().map(|ending| folder.join(format!("out.{ending}"))).collect();
    let mut args = vec!["simulate", scenario.to_str().unwrap(), "--no-frontier", "--jobs", jobs];
    for (ending, path) in endings.iter().zip(&paths) {
        args.extend([flags(ending), path.to_str().unwrap()]);
    }
    let output = prescale(&args);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    paths.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
}

fn policies(json: &str) -> Vec<Value> {
    let result: Value = serde_json::from_str(json).unwrap();
    result["policies"].as_array().unwrap().clone()
}

/// Edits the short sale and expects it to be refused with these words, exit code 2, and nothing written.
fn check_refused(edit: impl Fn(&str) -> String, words: &[&str]) {
    let folder = TempDir::new().unwrap();
    let scenario = short_sale(folder.path());
    let text = edit(&fs::read_to_string(&scenario).unwrap());
    fs::write(&scenario, text).unwrap();
    let json = folder.path().join("result.json");
    let output = prescale(&["simulate", scenario.to_str().unwrap(), "--json", json.to_str().unwrap()]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{told}");
    for word in words {
        assert!(told.contains(word), "{word:?} is not in: {told}");
    }
    assert!(!json.exists());
}

#[test]
fn an_unknown_key_is_refused_with_the_nearest_known_one() {
    check_refused(|text| text.replace("title", "titel"), &["sale.toml", "titel", "did you mean `title`"]);
    check_refused(
        |text| text.replace("max_nodes", "max_node"),
        &["sale.toml", "max_node", "did you mean `max_nodes`"],
    );
}

#[test]
fn values_that_contradict_each_other_are_refused_by_name() {
    check_refused(
        |text| text.replace("T08:30:00Z", "T06:30:00Z"),
        &["to 2026-09-11T06:30:00Z is not after from"],
    );
    check_refused(|text| text.replace("2026-09-11T07", "2025-09-11T07"), &["is not within the recording"]);
    check_refused(|text| format!("tick = \"0s\"\n{text}"), &["tick 0s is below 1s"]);
    check_refused(|text| format!("scale = -1.0\n{text}"), &["scale -1 is not above 0"]);
    check_refused(|text| format!("{text}\n[policies.hpa-cpu]\ntarget = 0\n"), &["policies.hpa-cpu.target 0"]);
}

#[test]
fn a_file_that_is_not_there_is_named() {
    check_refused(|text| text.replace("shop.yaml", "shoe.yaml"), &["cannot read", "shoe.yaml"]);
    check_refused(|text| text.replace("on-sale\"", "off-sale\""), &["off-sale"]);
}

#[test]
fn limits_that_contradict_each_other_are_refused() {
    let folder = TempDir::new().unwrap();
    let scaler = fs::read_to_string(format!("{SCENARIOS}/shop.yaml")).unwrap();
    fs::write(folder.path().join("shop.yaml"), scaler.replace("minReplicas: 3", "minReplicas: 300")).unwrap();
    let scaler = folder.path().join("shop.yaml").display().to_string();
    check_refused(
        |text| text.replace(&format!("{SCENARIOS}/shop.yaml"), &scaler),
        &["minReplicas 300 is above", "maxReplicas 120"],
    );
}

#[test]
fn the_same_input_gives_the_same_bytes_with_one_job_or_two() {
    let run = |jobs| simulate(TempDir::new().unwrap().path(), jobs, &["json", "csv", "html"]);
    let first = run("1");
    assert!(first == run("1"), "two runs differ");
    assert!(first == run("2"), "one job and two differ");
}

#[test]
fn the_result_has_the_names_that_others_rely_on() {
    let files = simulate(TempDir::new().unwrap().path(), "2", &["json", "csv"]);
    let policies = policies(&files[0]);
    let names: Vec<_> = policies.iter().map(|policy| policy["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["static", "hpa-cpu", "hpa-demand", "cron", "prescale", "oracle"]);
    for key in ["requests", "late_requests", "failed_requests", "replica_hours", "node_hours", "cost"] {
        assert!(policies.iter().all(|policy| policy[key].is_number()), "{key}");
    }
    let header = "time,policy,demand,observed,served_demand,desired_replicas,replicas,ready_replicas,nodes,\
                  backlog,late_requests,reason";
    assert_eq!(files[1].lines().next(), Some(header));
}

#[test]
fn all_policies_see_the_same_requests() {
    let files = simulate(TempDir::new().unwrap().path(), "2", &["json"]);
    let policies = policies(&files[0]);
    assert!(policies.iter().all(|policy| policy["requests"] == policies[0]["requests"]));
}

#[test]
fn help_teaches() {
    let help = String::from_utf8(prescale(&["simulate", "--help"]).stdout).unwrap();
    for word in ["A scenario is a TOML file", "--policy", "static", "oracle", "--no-calendars", "Exit code"] {
        assert!(help.contains(word), "{word:?} is not in: {help}");
    }
}

#[test]
fn the_demo_leaves_its_report_and_numbers() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("demo");
    let output = prescale(&["demo", "--no-dashboard", "--out", out.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8(output.stdout).unwrap();
    for file in ["report.html", "result.json", "timeline.csv"] {
        assert!(out.join(file).is_file() && told.contains(file), "{file}: {told}");
    }
    let read = |file: &str| fs::read_to_string(out.join(file)).unwrap();
    let result: Value = serde_json::from_str(&read("result.json")).unwrap();
    assert_eq!(result["calendars"].as_array().unwrap().len(), 5, "what a wrong calendar would have cost");
    assert!(read("report.html").contains("an announced event never comes") && told.contains("| cancelled "));
}
