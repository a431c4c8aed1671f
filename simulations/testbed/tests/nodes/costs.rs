//! What the nodes of a workload have cost, as its status says and the controller's metrics.

use std::io::Write;
use std::time::Duration;

use prescale_testbed::{Replica, Testbed, until};
use serde_json::Value;
use tempfile::NamedTempFile;

/// What a node costs an hour: that of the testbed's cloud, on demand.
const PRICE: f64 = 0.17;
/// Numbers of a status are written each half minute.
const TOLD_WITHIN: Duration = Duration::from_secs(60);

/// The table, in a file that lives as long as this.
pub(crate) fn table() -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    writeln!(file, "[prices]\n4x16 = {{ on_demand = {PRICE}, spot = 0.06 }}").unwrap();
    file
}

/// The status of a workload has summed up what its pods and its headroom took of nodes, at the price of the table, and the
/// metrics have its pool.
pub(crate) async fn are_told(bed: &Testbed, replica: &Replica, name: &str, has_room: bool) {
    let cost = until(&format!("the cost of {name}"), TOLD_WITHIN, async || {
        let asked = ["get", "predictivescaler", name, "-n=live", "-o=jsonpath={.status.cost}"];
        let cost: Value = serde_json::from_str(&bed.kubectl(&asked).await.ok()?.output).ok()?;
        let room = cost["money"]["headroom"].as_f64()?;
        let is_whole = cost["perHour"].is_number() && 0.0 < cost["money"]["pods"].as_f64()?;
        (is_whole && (0.0 < room) == has_room).then_some(cost)
    })
    .await
    .unwrap();
    let number = |of: &str, what: &str| cost[of][what].as_f64().unwrap();
    // Each pod asks for a third of a node.
    let each = number("nodeHours", "pods") / number("nodeHours", "replicaHours");
    assert!((each - 1.0 / 3.0).abs() < 0.01, "{name}: {cost}");
    for of in ["pods", "headroom", "saved"] {
        let (hours, money) = (number("nodeHours", of), number("money", of));
        assert!((money - hours * PRICE).abs() < 0.001 + money.abs() * 0.05, "{name}: {of}: {cost}");
    }
    println!("{name}: {cost}");
    let url = format!("http://{}/metrics", replica.http);
    let page = reqwest::get(url).await.unwrap().text().await.unwrap();
    let series = format!("prescale_pool_cost_per_hour{{pool=\"{name}\"}} ");
    let told = page.lines().find_map(|line| line.strip_prefix(&series)?.parse::<f64>().ok()).unwrap();
    let nodes = told / PRICE;
    assert!((nodes - nodes.round()).abs() < 1e-6, "{name}: {told} an hour");
    let series = format!("prescale_workload_cost_total{{namespace=\"live\",scaler=\"{name}\",of=\"pods\"}} ");
    assert!(page.contains(&series), "{name}: {page}");
}
