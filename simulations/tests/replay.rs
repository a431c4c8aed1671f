//! `prescale replay` as a user calls it, on a small HTTP server of the test: what was sent in each step agrees with the
//! recording, at the speed and scale that were asked for.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use serde_json::Value;
use tempfile::TempDir;

/// Requests a second, minute by minute; `None` is a gap.
const RECORDED: [Option<f64>; 6] = [Some(40.0), Some(90.0), None, Some(0.0), Some(160.0), Some(20.5)];

fn prescale(folder: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_prescale")).args(words).current_dir(folder).output().unwrap()
}

/// A recording of six minutes, with joins beside the demand, that are half of it, and people, a gauge.
fn record(folder: &Path) {
    let manifest = "
title = \"June\"
what = \"a test\"
source = \"a test\"
licence = \"none\"
step = \"1m\"
[signals.requests]
kind = \"rate\"
unit = \"requests/s\"
demand = true
[signals.queue_joins]
kind = \"count\"
unit = \"joins\"
[signals.people]
kind = \"gauge\"
unit = \"people\"
";
    let mut csv = "time,requests,queue_joins,people\n".to_owned();
    for (minute, cell) in RECORDED.iter().enumerate() {
        let cells = cell.map_or_else(|| ",,".into(), |rate| format!("{rate},{},7", rate * 30.0));
        csv += &format!("2026-06-01T00:0{minute}:00Z,{cells}\n");
    }
    fs::create_dir(folder.join("june")).unwrap();
    fs::write(folder.join("june/recording.toml"), manifest).unwrap();
    fs::write(folder.join("june/samples.csv"), csv).unwrap();
}

/// A server that answers each request with `status`, and keeps when each came.
struct Server {
    url: String,
    came: Arc<Mutex<Vec<Instant>>>,
}

impl Server {
    fn start(status: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/search", listener.local_addr().unwrap());
        let came = Arc::new(Mutex::new(vec![]));
        let seen = Arc::clone(&came);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, seen) = (stream.unwrap(), Arc::clone(&seen));
                std::thread::spawn(move || serve(&stream, status, &seen));
            }
        });
        Self { url, came }
    }

    /// How many came in each step of `step_s` after the first.
    fn by_step(&self, step_s: f64) -> Vec<usize> {
        let came = self.came.lock().unwrap();
        let mut counts = vec![];
        for at in came.iter() {
            let step = (at.duration_since(came[0]).as_secs_f64() / step_s) as usize;
            counts.resize(counts.len().max(step + 1), 0);
            counts[step] += 1;
        }
        counts
    }
}

/// One connection, kept alive until the client closes it.
fn serve(stream: &TcpStream, status: &str, came: &Mutex<Vec<Instant>>) {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|bytes| 0 < bytes) {
        if let Some(said) = line.to_lowercase().strip_prefix("content-length:") {
            length = said.trim().parse().unwrap();
        }
        let is_end = line == "\r\n";
        line.clear();
        if is_end {
            came.lock().unwrap().push(Instant::now());
            std::io::copy(&mut (&mut reader).take(length), &mut std::io::sink()).unwrap();
            length = 0;
            // A client that has gone hears nothing.
            let mut stream = stream;
            _ = write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 2\r\n\r\nok");
        }
    }
}

fn replay(folder: &Path, url: &str, words: &[&str]) -> (Output, Value) {
    let mut all = vec!["replay", "june", "--target", url, "--json", "out.json"];
    all.extend(words);
    let output = prescale(folder, &all);
    let said = String::from_utf8_lossy(&output.stderr);
    let json = fs::read(folder.join("out.json")).unwrap_or_else(|_| panic!("{said}"));
    (output, serde_json::from_slice(&json).unwrap())
}

fn column(outcome: &Value, name: &str) -> Vec<u64> {
    outcome["steps"].as_array().unwrap().iter().map(|step| step[name].as_u64().unwrap()).collect()
}

#[test]
fn what_is_sent_in_a_step_is_what_was_recorded_speeded_up() {
    let folder = TempDir::new().unwrap();
    record(folder.path());
    let server = Server::start("200 OK");
    // A minute becomes a second; each second has as many as were recorded a second, in all 310.5.
    let began = Instant::now();
    let (output, outcome) = replay(folder.path(), &server.url, &["--speed", "60"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let lasted = began.elapsed().as_secs_f64();
    assert!((6.0..30.0).contains(&lasted), "{lasted}");
    assert_eq!(column(&outcome, "due"), [40, 90, 0, 0, 160, 20]);
    assert_eq!(column(&outcome, "acked"), column(&outcome, "due"));
    assert_eq!(server.came.lock().unwrap().len(), 310);
    assert_eq!(outcome["steps"][2]["recorded"], Value::Null);
    assert_eq!(outcome["steps"][4]["time"], "2026-06-01T00:04:00Z");
    // As the server saw it: the two quiet steps lie where they were recorded. A loaded machine sends late, not early.
    let by_step = server.by_step(1.0);
    assert!(by_step[0] + by_step[1] <= 131 && 120 <= by_step.iter().skip(4).sum::<usize>(), "{by_step:?}");
}

#[test]
fn a_window_of_a_signal_is_played_at_its_scale() {
    let folder = TempDir::new().unwrap();
    record(folder.path());
    let server = Server::start("200 OK");
    let window = ["--from", "2026-06-01T00:01:00Z", "--to", "2026-06-01T00:02:00Z"];
    let words =
        ["--signal", "queue-joins", "--scale", "3", "--speed", "120", "--method", "POST", "--body", "{}"];
    let (output, outcome) = replay(folder.path(), &server.url, &[&words[..], &window].concat());
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    // 45 joins a second, times 3, for half a second.
    assert_eq!((column(&outcome, "due"), server.came.lock().unwrap().len()), (vec![67], 67));
}

#[test]
fn what_is_refused_is_told_and_exits_with_1() {
    let folder = TempDir::new().unwrap();
    record(folder.path());
    let server = Server::start("503 Service Unavailable");
    let window = ["--speed", "60", "--to", "2026-06-01T00:01:00Z"];
    let (output, outcome) = replay(folder.path(), &server.url, &window);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("prescale: 40 of 40 requests were refused or lost"), "{said}");
    assert_eq!(outcome["refused"]["503 Service Unavailable"], 40);
}

#[test]
fn what_cannot_be_played_is_refused_before_anything_is_sent() {
    let folder = TempDir::new().unwrap();
    record(folder.path());
    let server = Server::start("200 OK");
    let refused = |target: &str, words: &[&str], because: &str| {
        let mut all = vec!["replay", "june", "--target", target];
        all.extend(words);
        let output = prescale(folder.path(), &all);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(because), "{said}");
    };
    let url = server.url.as_str();
    refused(url, &["--speed", "0"], "--speed 0 is not above 0");
    refused(url, &["--scale=-1"], "--scale -1 is not 0 or more");
    refused(url, &["--speed", "100000"], "--speed 100000 plays a step in less than a millisecond");
    refused(
        url,
        &["--signal", "logins"],
        "--signal \"logins\" is not in the recording, which has people, queue_joins, requests",
    );
    refused(url, &["--signal", "people"], "the signal people is a gauge");
    refused(url, &["--from", "2027-01-01T00:00:00Z"], "holds no step of the recording");
    refused(url, &["--header", "nothing"], "--header \"nothing\" is not NAME: VALUE");
    refused(url, &["--json", "no/where.json"], "its folder does not exist");
    refused("ftp://h/", &[], "does not begin with http://, https://, ws:// or wss://");
    assert_eq!(server.came.lock().unwrap().len(), 0);
}
