//! What `testbed` says to people, without a control plane.
#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::process::{Command, Output};

fn testbed(arguments: &[&str], cache: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_testbed")).args(arguments).env("PRESCALE_CACHE", cache).output().unwrap()
}

#[test]
fn it_names_the_command_that_builds_what_is_missing() {
    let empty = tempfile::tempdir().unwrap();
    let output = testbed(&["up"], &empty.path().display().to_string());
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("simulations/testbed/build"), "{said}");
}

#[test]
fn what_it_cannot_read_is_named_with_the_value() {
    let check = |arguments: &[&str], named: &str| {
        let output = testbed(&[&["up"], arguments].concat(), "/nowhere");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(named), "{said}");
    };
    check(&["--hpa-sync", "soon"], "'soon' for '--hpa-sync");
    check(&["--hpa-sync=-5s"], "must not be negative");
    check(&["--expose", "live/metrics"], "live/metrics:443=127.0.0.1:8443");
    check(&["--expose", "live/metrics:https=127.0.0.1:8443"], "\"https\"");
    check(&["--expose", "live/metrics:443=here"], "\"here\"");
    check(&["--kafka", "4"], "'4' for '--kafka");
    check(&["--scrape", "127.0.0.1:1"], "--prometheus");
}

#[test]
fn help_teaches_with_examples() {
    let output = testbed(&["--help"], "/nowhere");
    let said = String::from_utf8_lossy(&output.stdout);
    for word in ["up", "build", "--nodes", "--hpa-sync", "--kafka", "--expose", "KUBECONFIG"] {
        assert!(said.contains(word), "{word} is not in:\n{said}");
    }
}
