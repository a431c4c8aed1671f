//! `realtime-load` as a user calls it: exit codes, words, and what it writes.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

use realtime_load::Report;

fn realtime_load(folder: &Path, words: &[&str]) -> (Output, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_realtime-load"));
    let output = command.args(words).current_dir(folder).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output, said)
}

/// A port that nobody listens on.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

#[test]
fn what_cannot_be_used_exits_with_2_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rate.csv"), "time,rate\n0,5\nlater,7\n").unwrap();
    let refused = |words: &[&str], because: &str| {
        let (output, said) = realtime_load(folder.path(), words);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(because), "{said}");
    };
    let http = ["http", "--target", "http://127.0.0.1:1/"];
    let run = ["run", "--users", "1", "--rate", "1", "--for", "1s"];
    refused(&[&http[..], &["--rate", "ten", "--for", "1s"]].concat(), "neither a level such as 2000");
    refused(&[&http[..], &["--rate", "10"]].concat(), "--for is missing");
    refused(
        &[&http[..], &["--shape", "rate.csv"]].concat(),
        "line 3: time \"later\" is neither seconds nor a stamp",
    );
    refused(&[&http[..], &["--shape", "none.csv"]].concat(), "cannot read none.csv");
    refused(&[&run[..], &["--target", "http://127.0.0.1:1/"]].concat(), "only ws:// and wss:// are spoken");
    let secured = ["--target", "wss://127.0.0.1:1/", "--ca-file"];
    refused(&[&run[..], &secured, &["none.pem"]].concat(), "cannot read --ca-file none.pem");
    refused(&[&run[..], &secured, &["rate.csv"]].concat(), "--ca-file rate.csv has no certificate in PEM");
    refused(&[&run[..], &["--target", "ws://h/", "--token-key-file", "none"]].concat(), "cannot read none");
    refused(
        &[&run[..], &["--target", "ws://127.0.0.1:1/", "--room-prefix", "a b"]].concat(),
        "room \"a b0\"",
    );
}

#[test]
fn what_was_lost_exits_with_1_and_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let target = format!("http://{}/", nobody());
    let words = [
        "http",
        "--target",
        &target,
        "--rate",
        "50",
        "--arrivals",
        "even",
        "--for",
        "300ms",
        "--json",
        "out.json",
    ];
    let (output, said) = realtime_load(folder.path(), &words);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("lost 15: no connection"), "{told}");
    let report: Report =
        serde_json::from_slice(&std::fs::read(folder.path().join("out.json")).unwrap()).unwrap();
    assert_eq!((report.due, report.acked, report.losses(), report.timeline.len()), (15, 0, 15, 1));
}
