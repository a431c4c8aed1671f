//! What `prescale import access-log` promises.

use super::*;

const LOG: &str = r#"10.0.0.1 - - [07/Jul/2026:19:00:05 +0000] "GET / HTTP/1.1" 200 100
10.0.0.2 - - [07/Jul/2026:19:02:10 +0000] "GET /a HTTP/1.1" 503 50 "-" "curl/8"
10.0.0.3 - - [07/Jul/2026:19:00:59 +0000] "GET / HTTP/1.1" 200 -
this is not a line of a log
10.0.0.4 - - [07/Jul/2026:21:30:00 +0000] "GET / HTTP/1.1" 200 1
"#;

#[test]
fn an_access_log_is_counted_per_step_with_short_silence_zero_and_long_silence_missing() {
    let import = Import::of(&[("access.log", LOG)]);
    let summary = import.run("access-log access.log").unwrap();
    let recording = import.recording();
    let requests = cells(&recording, "requests");
    assert_eq!(recording.start.to_string(), "2026-07-07T19:00:00Z");
    assert_eq!((requests.len(), &requests[..4]), (151, &[Some(2.0), Some(0.0), Some(1.0), None][..]));
    assert_eq!(cells(&recording, "server_errors")[2], Some(1.0));
    assert_eq!(cells(&recording, "bytes")[0], Some(100.0));
    assert_eq!(summary.unread_lines, 1);
    assert!(summary.first_unread[0].ends_with(r#"access.log line 4: "this is not a line of a log""#));
}

#[test]
fn a_file_that_is_mostly_not_an_access_log_is_refused_with_its_first_lines() {
    let log = format!("{}{LOG}", "nonsense\n".repeat(9));
    check_refused(
        "access-log in.csv",
        &log,
        &["10 of 14 lines cannot be read", "in.csv line 1: \"nonsense\""],
    );
    check_refused("access-log in.csv", "", &["in.csv is empty"]);
    check_refused("access-log in.csv --step 1500ms", LOG, &["--step 1s 500ms is not a number of seconds"]);
    let wild = format!("{LOG}{}", LOG.lines().next().unwrap().replace("2026", "1970"));
    check_refused(
        "access-log in.csv",
        &wild,
        &["in.csv line 6", "1970-07-07T19:00:00Z is more than 4194304 steps"],
    );
}
