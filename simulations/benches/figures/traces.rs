//! Recorded traces, through the same `prescale import` and `prescale simulate` that users call.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::figure::{Bar, Figure};
use crate::root;

/// A trace and how it is made a workload of some tens of replicas.
struct Trace {
    name: &'static str,
    file: &'static str,
    /// Kick-offs, where it has any.
    events: Option<&'static str>,
    /// Recorded demand is taken this many times.
    scale: f64,
}

const WORLD_CUP: Trace =
    Trace { name: "wc98", file: "wc98_open_1min.csv", events: Some("wc98_open_events.csv"), scale: 1.0 };

const TRACES: [Trace; 5] = [
    WORLD_CUP,
    Trace { name: "nasa", file: "nasa_http_jul95_1min.csv", events: None, scale: 300.0 },
    Trace { name: "amzn", file: "nab_tweets_amzn_5min.csv", events: None, scale: 1_000.0 },
    Trace { name: "aapl", file: "nab_tweets_aapl_5min.csv", events: None, scale: 200.0 },
    Trace { name: "elb", file: "nab_elb_requests_5min.csv", events: None, scale: 2_000.0 },
];

const POLICIES: [&str; 4] = ["hpa-cpu", "hpa-demand", "prescale", "oracle"];

/// Days of the World Cup trace, in seconds.
const WORLD_CUP_S: f64 = 79_350.0 * 60.0;

/// Where the traces are, if they are.
pub(crate) fn folder() -> Option<PathBuf> {
    let folder = root().parent()?.join("shared/data");
    folder.join(WORLD_CUP.file).is_file().then_some(folder)
}

pub(crate) fn figures(data: &Path) -> Vec<Figure> {
    let work = tempfile::tempdir().unwrap();
    let mut figures = vec![];
    for trace in &TRACES {
        let scenario = prepare(trace, data, work.path());
        figures.extend(comparison(trace, &scenario));
        if trace.name == WORLD_CUP.name {
            figures.extend(speed(&scenario));
            figures.extend(accuracy(&scenario));
        }
    }
    figures
}

/// Imports a trace and writes the scenario beside it.
fn prepare(trace: &Trace, data: &Path, work: &Path) -> PathBuf {
    let recording = work.join(trace.name);
    let mut import = Command::new(env!("CARGO_BIN_EXE_prescale"));
    import.args(["import", "csv"]).arg(data.join(trace.file)).arg("--out").arg(&recording);
    import.args(["--kind", "count", "--unit", "requests"]);
    if let Some(events) = trace.events {
        import.arg("--events").arg(data.join(events)).args([
            "--event-type",
            "kick-off",
            "--event-duration",
            "2h",
        ]);
    }
    let status = import.stdout(Stdio::null()).status().unwrap();
    assert!(status.success(), "{} is imported", trace.name);
    let scaler = fs::read_to_string(root().join("simulations/scenarios/gateway.yaml")).unwrap();
    fs::write(work.join("scaler.yaml"), scaler).unwrap();
    let world = fs::read_to_string(root().join("simulations/scenarios/match-night.toml")).unwrap();
    let world = &world[world.find("[world.workload]").unwrap()..];
    let path = work.join(format!("{}.toml", trace.name));
    let (name, scale) = (trace.name, trace.scale);
    let head =
        format!("title = {name:?}\nrecording = {name:?}\nscaler = \"scaler.yaml\"\nscale = {scale:?}\n\n");
    fs::write(&path, head + world).unwrap();
    path
}

/// What each policy missed and used; told, not held against a bar.
fn comparison(trace: &Trace, scenario: &Path) -> Vec<Figure> {
    let json = scenario.with_extension("json");
    let mut simulate = Command::new(env!("CARGO_BIN_EXE_prescale"));
    simulate.arg("simulate").arg(scenario).args(["--no-frontier", "--no-calendars"]).arg("--json").arg(&json);
    simulate.args(POLICIES.iter().flat_map(|policy| ["--policy", policy]));
    assert!(simulate.stdout(Stdio::null()).status().unwrap().success());
    let result: Value = serde_json::from_str(&fs::read_to_string(&json).unwrap()).unwrap();
    let policies = result["policies"].as_array().unwrap();
    let number = |policy: &Value, key: &str| policy[key].as_f64().unwrap();
    let told = |policy: &Value| {
        let missed = number(policy, "late_requests") + number(policy, "failed_requests");
        let name = format!("{}: {}", trace.name, policy["name"].as_str().unwrap());
        let share = 100.0 * missed / number(policy, "requests");
        [
            Figure::new(format!("{name}, missed"), "%", Bar::None, share),
            Figure::new(format!("{name}, replica-hours"), "h", Bar::None, number(policy, "replica_hours")),
            Figure::new(format!("{name}, cost"), "", Bar::None, number(policy, "cost")),
        ]
    };
    policies.iter().flat_map(told).collect()
}

/// Fifty-five days of fifteen-second ticks, on one core.
fn speed(scenario: &Path) -> Vec<Figure> {
    let mut simulate = Command::new(env!("CARGO_BIN_EXE_prescale"));
    simulate.arg("simulate").arg(scenario).args([
        "--policy",
        "prescale",
        "--no-frontier",
        "--no-calendars",
        "--jobs",
        "1",
    ]);
    let started = Instant::now();
    let peak_mb = peak_memory_mb(&mut simulate.stdout(Stdio::null()).spawn().unwrap());
    let seconds = started.elapsed().as_secs_f64();
    let ticks = WORLD_CUP_S / 15.0;
    vec![
        Figure::new("wc98: 55 days, one policy, one core".into(), "s", Bar::AtMost(5.0), seconds),
        Figure::new("wc98: peak memory".into(), "MB", Bar::AtMost(200.0), peak_mb),
        Figure::new("wc98: ticks per second".into(), "1/s", Bar::None, ticks / seconds),
        Figure::new("wc98: times real time".into(), "×", Bar::None, WORLD_CUP_S / seconds),
    ]
}

/// Forecasts from each minute of the group games on, as `prescale backtest` scores them.
fn accuracy(scenario: &Path) -> Vec<Figure> {
    let (recording, json) = (scenario.with_extension(""), scenario.with_extension("scores.json"));
    let mut backtest = Command::new(env!("CARGO_BIN_EXE_prescale"));
    backtest.arg("backtest").arg(recording).args(["--every", "1m", "--from", "1998-06-13T00:00:00Z"]);
    assert!(backtest.arg("--json").arg(&json).stdout(Stdio::null()).status().unwrap().success());
    let outcome: Value = serde_json::from_str(&fs::read_to_string(&json).unwrap()).unwrap();
    let told = |row: &Value| {
        let minutes = row["horizon_s"].as_f64().unwrap() / 60.0;
        let name = format!("wc98: {minutes} min ahead, {}", row["class"].as_str().unwrap());
        let number = |key: &str| row[key].as_f64().unwrap();
        [
            Figure::new(format!("{name}, WQL"), "", Bar::None, number("wql")),
            Figure::new(
                format!("{name}, over the last value's"),
                "ratio",
                Bar::None,
                number("wql") / number("wql_last_value"),
            ),
        ]
    };
    outcome["scores"].as_array().unwrap().iter().flat_map(told).collect()
}

/// The most memory that a process held until it ended, as the kernel counts it.
fn peak_memory_mb(child: &mut Child) -> f64 {
    let status = format!("/proc/{}/status", child.id());
    let mut peak_kb = 0.0_f64;
    while child.try_wait().unwrap().is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kb = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        peak_kb = peak_kb.max(kb.unwrap_or(0.0));
        std::thread::sleep(Duration::from_millis(5));
    }
    peak_kb / 1_000.0
}
