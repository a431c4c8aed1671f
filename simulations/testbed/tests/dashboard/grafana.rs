//! The Grafana dashboard's queries, asked of the real Prometheus that scrapes the controllers of this test.

use std::collections::BTreeSet;
use std::time::Duration;

use prescale_testbed::{Dashboard, until};
use serde_json::Value;

const GRAFANA: &str = include_str!("../../../../manifests/observability/grafana-dashboard.json");
const METRICS: &str = include_str!("../../../../docs/METRICS.md");
/// Several scrapes.
const WITHIN: Duration = Duration::from_secs(60);
/// What this test has none of: no topic, no file, no error, too little history to forecast from, no start of a pod while
/// it looks, and nothing that room is kept for.
const NOT_HERE: [&str; 7] = [
    "prescale_lag_",
    "prescale_history_",
    "prescale_source_errors",
    "prescale_forecast_",
    "prescale_headroom_ready_",
    "prescale_pod_start_",
    "prescale_node_start_",
];

/// Each query is one that Prometheus takes, of metrics that are documented, and gives what this test has.
pub(crate) async fn panels_show_what_prometheus_has(dashboard: &Dashboard) {
    let queries = queries(&serde_json::from_str(GRAFANA).unwrap());
    assert!(20 < queries.len(), "{queries:?}");
    for query in &queries {
        for name in names(query) {
            assert!(METRICS.contains(&format!("`{name}`")), "{name} is not in METRICS.md");
        }
        let asked = query
            .replace("$namespace", "live")
            .replace("$scaler", "gateway")
            .replace("$__rate_interval", "15s");
        let is_here = !NOT_HERE.iter().any(|name| query.contains(name));
        until(&format!("an answer to {asked}"), WITHIN, async || {
            let series = ask(dashboard, &asked).await;
            (!is_here || 0 < series).then_some(())
        })
        .await
        .unwrap();
    }
}

fn queries(grafana: &Value) -> Vec<String> {
    let panels = grafana["panels"].as_array().unwrap().iter();
    let targets = panels.filter_map(|panel| panel["targets"].as_array()).flatten();
    targets.map(|target| target["expr"].as_str().unwrap().to_owned()).collect()
}

/// The metrics of a query, by the names under which they are documented.
fn names(query: &str) -> BTreeSet<String> {
    let words = query.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let ours = words.filter(|word| word.starts_with("prescale_"));
    ours.map(|name| name.trim_end_matches("_bucket").trim_end_matches("_count").to_owned()).collect()
}

/// How many series a query gives; one that Prometheus refuses fails the test.
async fn ask(dashboard: &Dashboard, query: &str) -> usize {
    let mut url = reqwest::Url::parse(&dashboard.prometheus).unwrap().join("/api/v1/query").unwrap();
    url.query_pairs_mut().append_pair("query", query);
    let answer = reqwest::get(url).await.unwrap().bytes().await.unwrap();
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!(answer["status"], "success", "{query}: {answer}");
    answer["data"]["result"].as_array().unwrap().len()
}
