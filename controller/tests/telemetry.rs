//! What operators see: logs and traces that arrive at a receiver, and figures that are those that the documentation
//! names.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::Command,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, body::Bytes, extract::State, http::Uri};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use opentelemetry_proto::tonic::{
    collector::{logs::v1::ExportLogsServiceRequest, trace::v1::ExportTraceServiceRequest},
    common::v1::any_value::Value,
};
use prescale_controller::{
    api::{CostStatus, CostSum, Manifest, read_manifests},
    board::{Notice, ScalerKey},
    cost::PoolCost,
    nodes::{Image, Start},
    scaler::Queue,
    telemetry::{
        LogFormat, LogSettings, Metrics, PushResult, ReadResult, ReviewedBy, Ticked, UpstreamResult, init,
    },
};
use prescale_model::{Autoscaler, Mode, Observation, Sample};
use prost::Message;
use tokio::net::TcpListener;

const SCALER: &str = r#"
apiVersion: prescale.dev/v1alpha1
kind: PredictiveScaler
metadata: {name: gateway, namespace: live}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: gateway}
  maxReplicas: 20
  demand: {prometheus: {query: 'sum(rate(http_requests_total[1m]))'}}
  capacity: {perReplica: 50}
"#;

/// A scaler that has seen half a day of minutes, and the end of them.
fn half_a_day() -> (Autoscaler, Timestamp) {
    let Some(Manifest::PredictiveScaler(scaler)) = read_manifests(SCALER, "scaler.yaml").unwrap().pop()
    else {
        panic!("it is a scaler");
    };
    let mut autoscaler = Autoscaler::new(scaler.check().unwrap().settings);
    let mut now = Timestamp::from_second(1_780_000_000).unwrap();
    for minute in 0..720 {
        now += SignedDuration::from_mins(1);
        let demand = 400.0 + 300.0 * (f64::from(minute) / 60.0).sin();
        let demand = [Sample::new(now, demand).unwrap()];
        autoscaler.observe(now, &Observation { demand: &demand, ..Observation::default() });
    }
    (autoscaler, now)
}

fn notice(autoscaler: &Autoscaler, now: Timestamp, name: &str) -> Notice {
    Notice {
        key: ScalerKey::new("live", name),
        plan: autoscaler.plan(now),
        forecast: None,
        lag: Some(12.0),
        hold_for: SignedDuration::from_mins(5),
    }
}

/// Of two nodes, of which half of one is headroom.
fn cost() -> CostStatus {
    let sum = |pods, headroom, saved| CostSum {
        hours: 2.0,
        replica_hours: 8.0,
        pods,
        headroom,
        saved: Some(saved),
    };
    CostStatus {
        nodes: Some(1.5),
        headroom_nodes: Some(0.5),
        per_hour: Some(0.3),
        headroom_per_hour: Some(0.1),
        always_on: None,
        since: Time(Timestamp::UNIX_EPOCH),
        node_hours: sum(3.0, 1.0, 26.0),
        money: Some(sum(0.6, 0.2, 5.2)),
        unpriced_nodes: Vec::new(),
        message: None,
    }
}

/// Figures of which each has been counted at least once.
fn all_figures(names: &[&str]) -> Metrics {
    let metrics = Metrics::default();
    let (autoscaler, now) = half_a_day();
    for name in names {
        metrics.ticked(&Ticked {
            notice: &notice(&autoscaler, now, name),
            mode: Mode::Active,
            autoscaler: &autoscaler,
            newest: &[("demand", now)],
            queue: &Queue {
                partitions: Some(24),
                time_lag: Some(SignedDuration::from_secs(9)),
                skew: Some(1.5),
                ..Queue::default()
            },
            room: Some(3),
            cost: Some(&cost()),
            took: Duration::from_micros(40),
        });
    }
    metrics.price_table(true);
    metrics.pools(vec![PoolCost {
        pool: "spot".into(),
        nodes: 3,
        unclaimed: 0.5,
        unpriced: 0,
        per_hour: Some(0.6),
        node_hours: 9.0,
        money: Some(1.8),
    }]);
    metrics.source_read(Duration::from_millis(4), Some("timed_out"));
    metrics.kafka_polled(Duration::from_millis(9), None);
    metrics.node_started(SignedDuration::from_secs(50));
    metrics.pod_started(&Start {
        took: SignedDuration::from_secs(7),
        on_launched: true,
        image: Image::Pulled,
    });
    metrics.read(ReadResult::Answered, Duration::from_micros(90));
    metrics.access_reviewed(ReviewedBy::Cache);
    metrics.upstream_read(UpstreamResult::Answered, Duration::from_millis(2));
    metrics.pushed(PushResult::Taken);
    metrics.samples_pushed(1, 1, 1);
    metrics.leads();
    metrics.history().begin();
    metrics.history().committed(Duration::from_millis(3), 1);
    metrics.history().tidied(4_096, Some(now));
    metrics
}

/// A family as it is served, or as it is documented.
#[derive(Debug, Default, PartialEq, Eq)]
struct Family {
    kind: String,
    labels: Vec<String>,
    meaning: String,
}

/// The families of a page, by the names under which people query them.
fn served(page: &str) -> BTreeMap<String, Family> {
    let mut families = BTreeMap::<String, Family>::new();
    for line in page.lines() {
        let words = line.splitn(4, ' ').collect::<Vec<_>>();
        match words.as_slice() {
            ["#", "HELP", name, help] => {
                families.entry((*name).to_owned()).or_default().meaning =
                    help.trim_end_matches('.').to_owned();
            }
            ["#", "TYPE", name, kind] => {
                families.entry((*name).to_owned()).or_default().kind = (*kind).to_owned();
            }
            ["#", ..] => {}
            _ => {
                let series = line.rsplit_once(' ').unwrap().0;
                let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
                let (_, family) = families.iter_mut().rfind(|(family, _)| name.starts_with(*family)).unwrap();
                let keys = labels.trim_end_matches('}').split(',').filter_map(|pair| pair.split_once('='));
                let keys = keys.map(|(key, _)| key.to_owned()).filter(|key| key != "le");
                family.labels = keys.collect();
            }
        }
    }
    let as_queried = |(name, family): (String, Family)| match family.kind.as_str() {
        "counter" => (format!("{name}_total"), family),
        _ => (name, family),
    };
    families.into_iter().map(as_queried).collect()
}

/// The rows of the tables.
fn documented(text: &str) -> BTreeMap<String, Family> {
    let rows = text.lines().filter(|line| line.starts_with("| `prescale_"));
    let rows = rows.map(|line| {
        let cells =
            line.trim_matches('|').split(" | ").map(|cell| cell.trim().replace('`', "")).collect::<Vec<_>>();
        let [name, kind, labels, unit, meaning] = <[String; 5]>::try_from(cells).unwrap();
        assert_eq!(name.contains("_seconds"), unit == "seconds", "the unit of {name}");
        let labels = labels.split(", ").filter(|label| *label != "–").map(str::to_owned).collect();
        (name, Family { kind, labels, meaning })
    });
    rows.collect()
}

fn documentation() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/METRICS.md");
    fs::read_to_string(path).unwrap()
}

#[test]
fn what_is_documented_is_what_is_served() {
    let (served, documented) = (served(&all_figures(&["gateway"]).render()), documented(&documentation()));
    assert_eq!(documented, served);
}

#[test]
fn the_alerts_that_are_documented_are_rules_of_prometheus() {
    let documentation = documentation();
    let (_, rules) = documentation.split_once("```yaml\n").unwrap();
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("rules.yml");
    fs::write(&file, rules.split_once("```").unwrap().0).unwrap();
    let checked = Command::new("promtool")
        .args(["check", "rules"])
        .arg(file)
        .output()
        .expect("promtool is there: scripts/setup test installs it");
    let told = String::from_utf8_lossy(&checked.stdout);
    assert!(checked.status.success() && told.contains("2 rules found"), "{checked:?}");
}

/// The value of a series on the page.
fn check(page: &str, series: &str, expected: f64) {
    let value = page.lines().find_map(|line| line.strip_prefix(series)?.trim().parse::<f64>().ok());
    assert_eq!(value, Some(expected), "{series}\n{page}");
}

#[test]
fn the_figures_of_a_scaler_are_those_of_its_plan_and_end_with_it() {
    let metrics = all_figures(&["gateway", "checkout"]);
    let (autoscaler, now) = half_a_day();
    let plan = autoscaler.plan(now);
    let page = metrics.render();
    check(
        &page,
        "prescale_planned_replicas{namespace=\"live\",scaler=\"gateway\"}",
        f64::from(plan.replicas),
    );
    check(&page, "prescale_served_demand{namespace=\"live\",scaler=\"gateway\"}", plan.demand.unwrap());
    check(&page, "prescale_lag_messages{namespace=\"live\",scaler=\"checkout\"}", 12.0);
    check(&page, "prescale_scalers{mode=\"Active\"}", 2.0);
    let of = |part: &str| format!("{{namespace=\"live\",scaler=\"gateway\",of=\"{part}\"}}");
    check(&page, &format!("prescale_workload_nodes{}", of("headroom")), 0.5);
    check(&page, &format!("prescale_workload_cost_total{}", of("pods")), 0.6);
    check(&page, "prescale_workload_saved_cost{namespace=\"live\",scaler=\"gateway\"}", 5.2);
    check(&page, "prescale_pool_cost_per_hour{pool=\"spot\"}", 0.6);
    check(&page, "prescale_scalers{mode=\"Shadow\"}", 0.0);
    let code = plan.reason.code();
    let reason = format!("prescale_plan_reason{{namespace=\"live\",scaler=\"gateway\",reason=\"{code}\"}}");
    check(&page, &reason, 1.0);
    let forecast = autoscaler.forecast().unwrap();
    let in_five = forecast.at(forecast.origin + SignedDuration::from_mins(5)).unwrap();
    let labels = r#"{namespace="live",scaler="gateway",horizon="5m",quantile="0.95"}"#;
    check(&page, &format!("prescale_forecast_demand{labels}"), in_five[3]);
    let skills = page.lines().filter(|line| line.starts_with("prescale_forecast_skill{")).collect::<Vec<_>>();
    assert_eq!(skills.len(), 6, "three horizons of two scalers: {skills:?}");

    metrics.removed(&ScalerKey::new("live", "gateway"));
    let page = metrics.render();
    assert!(!page.contains("scaler=\"gateway\"") && page.contains("scaler=\"checkout\""), "{page}");
}

/// What arrived, by path.
type Arrived = Arc<Mutex<Vec<(String, Bytes)>>>;

/// A receiver that takes everything.
async fn receiver() -> (String, Arrived) {
    let arrived = Arrived::default();
    let take = |State(arrived): State<Arrived>, uri: Uri, body: Bytes| async move {
        arrived.lock().unwrap().push((uri.path().to_owned(), body));
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(take).with_state(Arc::clone(&arrived));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, arrived)
}

#[tokio::test]
async fn traces_and_logs_that_belong_together_arrive_and_what_is_left_is_sent_at_the_end() {
    let (url, arrived) = receiver().await;
    let settings = LogSettings {
        service: "prescale-controller",
        trace_share: 1.0,
        format: LogFormat::Json,
        filter: "off,telemetry=info".to_owned(),
        otlp_endpoint: Some(url),
    };
    let guard = init(&settings).unwrap();
    tracing::info_span!("tick", scaler = "live/gateway").in_scope(|| {
        tracing::info!(replicas = 4, "plan published");
    });
    guard.flush().await;

    let arrived = arrived.lock().unwrap().clone();
    let of = |path: &str| {
        arrived.iter().filter(|(at, _)| at == path).map(|(_, body)| body.clone()).collect::<Vec<_>>()
    };
    let (traces, logs) = (of("/v1/traces"), of("/v1/logs"));
    let [traces, logs] = [traces.as_slice(), logs.as_slice()];
    let ([trace], [log]) = (traces, logs) else { panic!("one batch each: {arrived:?}") };
    let trace = ExportTraceServiceRequest::decode(trace.clone()).unwrap();
    let log = ExportLogsServiceRequest::decode(log.clone()).unwrap();
    let span = &trace.resource_spans[0].scope_spans[0].spans[0];
    let record = &log.resource_logs[0].scope_logs[0].log_records[0];
    assert_eq!(span.name, "tick");
    let body = record.body.as_ref().and_then(|body| body.value.clone());
    assert_eq!(body, Some(Value::StringValue("plan published".to_owned())));
    assert_eq!(
        record.attributes.iter().map(|attribute| attribute.key.as_str()).collect::<Vec<_>>(),
        ["replicas"]
    );
    assert_eq!((&record.trace_id, &record.span_id), (&span.trace_id, &span.span_id));
    let resource = trace.resource_spans[0].resource.as_ref().unwrap();
    let service = resource.attributes.iter().find(|attribute| attribute.key == "service.name").unwrap();
    let service = service.value.as_ref().and_then(|value| value.value.clone());
    assert_eq!(service, Some(Value::StringValue("prescale-controller".to_owned())));
}
