//! A replay on the dashboard, started as a user does, and steered as the page steers it.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

const SCENARIOS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");

/// A command that shows a replay, and where.
struct Show {
    child: Child,
    url: String,
    said: Vec<String>,
    _folder: TempDir,
}

impl Show {
    /// The hours around the bundled sale.
    fn start(linger: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let scenario = sale(folder.path());
        let mut child = Command::new(env!("CARGO_BIN_EXE_prescale"))
            .args(["simulate", &scenario, "--policy", "prescale", "--policy", "hpa-cpu"])
            .args(["--no-frontier", "--no-calendars"])
            .args(["--dashboard", "--port", "0", "--linger", linger])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut said = Vec::new();
        let url = loop {
            let line = lines.next().expect("it says where the dashboard is before it ends");
            said.push(line.clone());
            if let Some(rest) = line.strip_prefix("Dashboard: ") {
                break rest.split_whitespace().next().unwrap().to_owned();
            }
        };
        // What it says later is nobody's business here, but must find a reader.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, url, said, _folder: folder }
    }

    async fn get(&self, path: &str) -> Value {
        let answer = Client::new().get(format!("{}{path}", self.url)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.json().await.unwrap()
    }

    async fn tell(&self, command: Value) -> (StatusCode, Value) {
        let url = format!("{}api/v1/replay", self.url);
        let answer = Client::new().post(url).json(&command).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }
}

impl Drop for Show {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn sale(folder: &Path) -> String {
    let text = fs::read_to_string(format!("{SCENARIOS}/on-sale.toml")).unwrap();
    let text = text
        .replace("../../notebooks-data", &format!("{SCENARIOS}/../../notebooks-data"))
        .replace("shop.yaml", &format!("{SCENARIOS}/shop.yaml"))
        .replace("T04:00:00Z", "T07:00:00Z")
        .replace("T14:00:00Z", "T09:00:00Z");
    let path = folder.join("sale.toml");
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_replay_is_steered_from_the_dashboard_and_ends_with_the_result_that_was_printed() {
    let show = Show::start("10m").await_first_look().await;
    let event = show.get("api/v1/replay").await["events"][0].clone();
    let (status, paused) = show.tell(json!({"pause": true})).await;
    assert_eq!((status, &paused["paused"]), (StatusCode::OK, &json!(true)));
    let (_, there) = show.tell(json!({"jumpTo": event["startsAt"]})).await;
    assert_eq!(there["at"], event["startsAt"]);
    let (_, back) = show.tell(json!({"restart": true})).await;
    assert!(back["at"].as_str() < event["startsAt"].as_str(), "{back}");
    let (_, over) = show.tell(json!({"jumpTo": back["to"]})).await;
    assert_eq!(over["ended"], true);
    let result = &over["result"];
    assert_eq!(result["beside"][0]["policy"], "hpa-cpu");
    assert!(result["lateRequests"].as_f64() < result["beside"][0]["lateRequests"].as_f64(), "{result}");
    let row = show.said.iter().find(|line| line.contains("| prescale")).unwrap();
    assert!(row.contains(&format!("{:.2}", result["cost"].as_f64().unwrap())), "{row} {result}");
}

#[tokio::test]
async fn what_cannot_be_is_refused_in_words_and_leaves_the_replay_as_it_is() {
    let show = Show::start("10m").await_first_look().await;
    let (_, before) = show.tell(json!({"pause": true})).await;
    for (command, words) in [
        (json!({"speed": 0.0}), "speed: 0 is not between"),
        (json!({"jumpTo": "2001-01-01T00:00:00Z"}), "jumpTo: 2001-01-01T00:00:00Z is not between"),
    ] {
        let (status, problem) = show.tell(command).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(problem["detail"].as_str().unwrap().contains(words), "{problem}");
    }
    assert_eq!(show.get("api/v1/replay").await["at"], before["at"]);
}

#[tokio::test]
async fn a_page_of_another_name_or_origin_cannot_steer_it() {
    let show = Show::start("10m").await_first_look().await;
    for (header, value, status) in [
        ("host", "prescale.example:80", StatusCode::MISDIRECTED_REQUEST),
        ("origin", "https://prescale.example", StatusCode::FORBIDDEN),
    ] {
        let url = format!("{}api/v1/replay", show.url);
        let post = Client::new().post(url).header(header, value).json(&json!({"pause": true}));
        assert_eq!(post.send().await.unwrap().status(), status, "{header}");
    }
    assert_eq!(show.get("api/v1/replay").await["paused"], false);
}

#[tokio::test]
async fn it_ends_by_itself_when_nobody_watches() {
    let mut show = Show::start("0s");
    let ended = tokio::task::spawn_blocking(move || {
        let show = &mut show;
        show.child.wait().unwrap()
    });
    let status = tokio::time::timeout(std::time::Duration::from_secs(120), ended).await.unwrap().unwrap();
    assert!(status.success());
}

impl Show {
    /// Waits until it has come to where people begin to look.
    async fn await_first_look(self) -> Self {
        for _ in 0..600 {
            let state = self.get("api/v1/replay").await;
            if state["from"].as_str() < state["at"].as_str() {
                return self;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("the replay has not begun after a minute");
    }
}
