//! The controller with a history store, on the real control plane: it is killed, and started again while Prometheus is
//! away. It goes on forecasting from what it had kept.

use std::time::{Duration, Instant};

use prescale_testbed::{Exporter, Prescale, Replica, Settings, Testbed, parts, until};

const SYNC: Duration = Duration::from_secs(5);
/// A step is five seconds, and a few have to be seen.
const LEARNED_WITHIN: Duration = Duration::from_secs(120);
/// A start takes the lead, lists the cluster and ticks: seconds, and more on a machine that is busy.
const BACK_WITHIN: Duration = Duration::from_secs(90);
const DEMAND: f64 = 730.0;

#[tokio::test(flavor = "multi_thread")]
async fn a_controller_that_is_killed_goes_on_forecasting_while_prometheus_is_away() {
    let bed = Testbed::start(Settings { nodes: 2, hpa_sync: SYNC, ..Settings::default() }).await.unwrap();
    let exporter = Exporter::start().unwrap();
    exporter.set("demand", DEMAND);
    let prometheus_url = bed.prometheus(&[&exporter.target()], Duration::from_secs(1)).await.unwrap();
    // A scaler that finds no series has no history to learn.
    until("a first sample", BACK_WITHIN, async || {
        let asked = format!("{prometheus_url}/api/v1/query?query=demand");
        reqwest::get(asked).await.ok()?.text().await.ok()?.contains("\"value\"").then_some(())
    })
    .await
    .unwrap();
    let history = bed.folder().join("history");
    let flags = vec!["--tick=5s".to_owned(), format!("--history-path={}", history.display())];
    let prescale = Prescale { prometheus_url, replicas: 1, flags, ..Prescale::default() };
    let replicas = bed.install(&prescale).await.unwrap();
    let [replica] = replicas.as_slice() else { panic!("there is one") };
    bed.apply(include_str!("manifests/gateway.yaml")).await.unwrap();
    let onlooker = bed.onlooker("live", "gateway").await.unwrap();
    onlooker.is_told("Forecasting", "Forecasting").await.unwrap();
    until("a snapshot, and samples after it", LEARNED_WITHIN, async || {
        let snapshots = figure(replica, "prescale_history_snapshots_total").await?;
        let samples = figure(replica, "prescale_history_samples_total").await?;
        (1.0 <= snapshots && 5.0 <= samples).then_some(())
    })
    .await
    .unwrap();
    assert_eq!(figure(replica, "prescale_history_keeps").await, Some(1.0));

    bed.kill(parts::PROMETHEUS).await.unwrap();
    bed.kill(&replica.name).await.unwrap();
    let before = bed.log(&replica.name).len();
    bed.restart(&replica.name).await.unwrap();
    let began = Instant::now();
    let said = || bed.log(&replica.name).split_off(before);
    until("the forecast to be resumed", BACK_WITHIN, async || {
        said().contains("forecast resumed from its snapshot").then_some(())
    })
    .await
    .unwrap();
    let labels = r#"{namespace="live",scaler="gateway",horizon="1m",quantile="0.5"}"#;
    let forecast = until("a forecast", BACK_WITHIN, async || {
        figure(replica, &format!("prescale_forecast_demand{labels}")).await
    });
    let forecast = forecast.await.unwrap();
    println!("forecast again {:?} after the start", began.elapsed());
    assert!((0.5 * DEMAND..2.0 * DEMAND).contains(&forecast), "{forecast}");
    // Prometheus is away indeed, and what was learned is not what it told now.
    onlooker.is_told("SourceHealthy", "Unreachable").await.unwrap();
    assert!(!said().contains("history learned"), "{}", said());
    assert!(onlooker.demand_reaches(0.5 * DEMAND).await.unwrap() < 2.0 * DEMAND);
}

/// A figure as the replica shows it, by its name and labels.
async fn figure(replica: &Replica, name: &str) -> Option<f64> {
    let page = reqwest::get(format!("http://{}/metrics", replica.http)).await.ok()?.text().await.ok()?;
    page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
}
