//! What nodes cost, and what requests might be, against the same API server: what a status says of it.

use super::*;
use prescale_controller::{
    cost::{PriceBook, read_prices},
    fleet::NodeSettings,
};

const STATUS: &str = "live/predictivescalers/gateway/status";

/// A pod of the target on a node, that asks for a core.
fn pod(name: &str, node: &str) -> Value {
    pod_on(node, name, &json!([{"name": "web", "resources": {"requests": {"cpu": "1", "memory": "1Gi"}}}]))
}

/// A spot node of four cores.
fn node(name: &str, kind: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "resourceVersion": "1",
        "creationTimestamp": "2026-06-01T00:00:00Z", "labels": {"karpenter.sh/nodepool": "general",
            "karpenter.sh/capacity-type": "spot", "node.kubernetes.io/instance-type": kind}},
        "spec": {}, "status": {"allocatable": {"cpu": "4", "memory": "16Gi"}}})
}

/// Three pods on one node, and one on another.
fn cluster(kind_of_the_other: &str) -> Cluster {
    let pods = [("web-a", "one"), ("web-b", "one"), ("web-c", "one"), ("web-d", "other")];
    Cluster {
        pods: pods.map(|(name, node)| pod(name, node)).to_vec(),
        nodes: vec![node("one", "large"), node("other", kind_of_the_other)],
        ..Cluster::new(&[scaler("gateway", "web", &json!({}))])
    }
}

fn work_at(cluster: &Cluster, reader: Reader) -> Work {
    let prices = Arc::new(PriceBook::default());
    prices.put_table(read_prices("[prices]\nlarge = { on_demand = 0.4, spot = 0.1 }").unwrap());
    let nodes = NodeSettings { prices, count_every: Duration::from_millis(50), ..NodeSettings::default() };
    work_with(cluster, Role::Leading, FleetSettings { nodes, ..FleetSettings::default() }, reader)
}

async fn cost(cluster: &Cluster, is_so: impl Fn(&Value) -> bool) -> Value {
    until("cost", || {
        let status = cluster.written(STATUS)?;
        Some(status.body["status"]["cost"].clone()).filter(&is_so)
    })
    .await
}

#[tokio::test]
async fn a_workload_costs_its_share_of_its_nodes_and_is_compared_with_the_most_that_was_needed() {
    let cluster = cluster("large");
    let _work = work_at(&cluster, Reader::new(prometheus().await));
    let cost = cost(&cluster, |cost| cost["nodes"].is_f64()).await;
    // Four quarters of a node that costs 0.1 as spot.
    assert_eq!((&cost["nodes"], &cost["perHour"]), (&json!(1.0), &json!(0.1)), "{cost}");
    assert_eq!((&cost["headroomNodes"], &cost["headroomPerHour"]), (&json!(0.0), &json!(0.0)), "{cost}");
    // 750 of demand at 100 a replica.
    assert_eq!((&cost["alwaysOn"]["replicas"], &cost["alwaysOn"]["source"]), (&json!(8), &json!("Observed")));
    assert!(cost["unpricedNodes"].is_null() && cost["message"].is_null(), "{cost}");
}

#[tokio::test]
async fn a_node_without_a_price_is_named_and_no_money_is_made_up() {
    let cluster = cluster("unheard-of");
    let _work = work_at(&cluster, Reader::new(prometheus().await));
    let cost = cost(&cluster, |cost| cost["nodes"].is_f64()).await;
    assert_eq!((&cost["nodes"], &cost["unpricedNodes"]), (&json!(1.0), &json!(["other"])), "{cost}");
    assert!(cost["perHour"].is_null() && cost["money"].is_null(), "{cost}");
    assert_eq!(cost["message"], "some of its nodes have no price");
}

#[tokio::test]
async fn what_was_counted_before_a_restart_is_counted_on() {
    let mut cluster = cluster("large");
    let now = Timestamp::now();
    let sum = json!({"hours": 100.0, "replicaHours": 300.0, "pods": 75.0, "headroom": 5.0});
    cluster.scalers[0]["status"] = json!({"cost": {"since": now.to_string(), "nodeHours": sum, "money": sum,
        "alwaysOn": {"replicas": 18, "source": "Observed", "demand": 1_800.0, "at": now.to_string()}}});
    let _work = work_at(&cluster, Reader::new(prometheus().await));
    let cost = cost(&cluster, |cost| cost["nodes"].is_f64()).await;
    assert_eq!(cost["alwaysOn"]["replicas"], 18, "{cost}");
    let hours = cost["money"]["hours"].as_f64().unwrap();
    assert!((100.0..100.1).contains(&hours), "{cost}");
    // 18 replicas for 100 hours, of a quarter an hour each, would have cost 450; these cost 80.
    let saved = cost["money"]["saved"].as_f64().unwrap();
    assert!((saved - 370.0).abs() < 1.0, "{cost}");
}

/// A Prometheus that knows what the container `web` has used for two days, beside a demand of 750.
async fn prometheus_with_use() -> prometheus_http_query::Client {
    const DAYS_S: f64 = 2.0 * 86_400.0;
    fn number(form: &str, name: &str) -> f64 {
        form.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')?.parse().ok()).unwrap()
    }
    let value = |form: &str| match () {
        () if form.contains("container_cpu_usage_seconds_total") => 0.2,
        () if form.contains("max_over_time") => 300.0 * 1_048_576.0,
        () if form.contains("count+by") || form.contains("count%20by") => 4.0,
        () => 750.0,
    };
    let answer = |kind: &str, series: String| {
        let json = [("content-type", "application/json")];
        (
            json,
            format!(
                r#"{{"status":"success","data":{{"resultType":"{kind}","result":[{{"metric":{{"container":"web"}},{series}}}]}}}}"#
            ),
        )
    };
    let range = move |form: String| async move {
        let (end, step) = (number(&form, "end"), number(&form, "step"));
        let first = number(&form, "start").max(end - DAYS_S);
        let times = (0..).map(|index| first + f64::from(index) * step).take_while(|at| *at <= end);
        let values: Vec<_> = times.map(|at| format!(r#"[{at},"{}"]"#, value(&form))).collect();
        answer("matrix", format!(r#""values":[{}]"#, values.join(",")))
    };
    let instant = move |form: String| async move {
        answer("vector", format!(r#""value":[{},"{}"]"#, Timestamp::now().as_second(), value(&form)))
    };
    let router =
        Router::new().route("/api/v1/query", post(instant)).route("/api/v1/query_range", post(range));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url.parse().unwrap()
}

async fn advice(cluster: &Cluster) -> Value {
    until("advice", || {
        let status = cluster.written(STATUS)?;
        Some(status.body["status"]["advice"].clone()).filter(|advice| !advice.is_null())
    })
    .await
}

#[tokio::test]
async fn requests_are_advised_from_use_with_what_that_saves() {
    let cluster = cluster("large");
    let _work = work_at(&cluster, Reader::new(prometheus_with_use().await));
    let advice = advice(&cluster).await;
    // 0.2 cores and 300 MiB, with a margin of 15 %; the template asks for half a core, the pods for one.
    let web = json!([{"container": "web", "cpu": "230m", "memory": "345Mi", "requestedCpu": "500m"}]);
    assert_eq!((&advice["containers"], &advice["message"]), (&web, &Value::Null), "{advice}");
    // 270m less for each of four pods that take a quarter of a node each, at 0.1 an hour.
    assert_eq!((&advice["savesNodes"], &advice["savesPerHour"]), (&json!(0.27), &json!(0.027)), "{advice}");
}

#[tokio::test]
async fn use_that_prometheus_does_not_know_is_said_to_be_unknown() {
    let cluster = cluster("large");
    let _work = work_at(&cluster, Reader::new(prometheus().await));
    let advice = advice(&cluster).await;
    let message = "Prometheus has no container_cpu_usage_seconds_total of its pods: use is not known";
    assert_eq!((&advice["message"], &advice["containers"]), (&json!(message), &Value::Null), "{advice}");
}
