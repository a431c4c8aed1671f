//! Signals that are pushed, on the real control plane: by a service account, by an API key that changes, and by a real
//! Prometheus; to either of two replicas, of which one is killed. Beside who may push are those who may not.
#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

#[path = "push/client.rs"]
mod client;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;
use kube::Api;
use prescale_testbed::{Exporter, NAMESPACE, Onlooker, Prescale, Replica, Settings, Testbed, until};
use serde_json::{Value, json};

use client::{Client, bundle};

const WITHIN: Duration = Duration::from_secs(60);
const JOINS: &str = "/api/v1/signals/live/gateway/queue-joins";
const DEMAND: &str = "/api/v1/signals/live/shop/demand";
const FIRST_KEY: &str = "first-0123456789abcdef";
const SECOND_KEY: &str = "second-0123456789abcdef";
/// Of `prometheus-0123456789abcdef`, by sha256sum.
const HASHED_KEY: &str = "sha256:ad884353a0ac05953736051eacbbd26267d23e1ec24d90961a895f203208d26f";

/// Two replicas that are pushed to, and a Prometheus that writes to the first of them.
struct World {
    bed: Testbed,
    _exporter: Exporter,
    replicas: Vec<Replica>,
    clients: Vec<Client>,
    gateway: Onlooker,
    shop: Onlooker,
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_pushed_is_seen_by_all_replicas_and_by_nobody_who_may_not() {
    let world = World::start().await;
    let told = world.gateway.is_told("SignalsHealthy", "NothingPushed").await.unwrap();
    assert!(told.message.contains("nothing has been pushed to `queue-joins` yet"), "{}", told.message);
    world.refuses_who_may_not().await;
    world.takes_what_a_service_account_pushes().await;
    world.follows_keys_that_change().await;
    world.sees_signals_observed().await;
    world.keeps_what_a_leader_took_that_is_killed().await;
}

impl World {
    async fn start() -> Self {
        let bed = Testbed::start(Settings { nodes: 1, ..Settings::default() }).await.unwrap();
        let exporter = Exporter::start().unwrap();
        exporter.set("demand", 300.0);
        exporter.set("tickets", 7.0);
        let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let signals = vec![local(bed.port().unwrap()), local(bed.port().unwrap())];
        let target = exporter.target();
        let writes = [remote_write(signals[0])];
        let every = Duration::from_secs(1);
        let prometheus_url = bed.prometheus_writing(&[&target], every, &writes).await.unwrap();
        let flags = vec!["--tick=5s".to_owned()];
        let prescale =
            Prescale { prometheus_url, replicas: 2, signals: signals.clone(), flags, ..Prescale::default() };
        let replicas = bed.install(&prescale).await.unwrap();
        bed.apply(include_str!("manifests/push.yaml")).await.unwrap();
        bed.apply(&keys(FIRST_KEY)).await.unwrap();
        let bundle = bundle(&bed).await;
        let clients = signals.iter().map(|address| Client::new(&bundle, *address)).collect();
        let gateway = bed.onlooker("live", "gateway").await.unwrap();
        let shop = bed.onlooker("live", "shop").await.unwrap();
        Self { bed, _exporter: exporter, replicas, clients, gateway, shop }
    }

    async fn bearer(&self, account: &str) -> String {
        format!("Bearer {}", self.bed.token("live", account).await.unwrap())
    }

    async fn refuses_who_may_not(&self) {
        let (feeder, idle) = (self.bearer("feeder").await, self.bearer("idle").await);
        let client = &self.clients[0];
        let check = async |path: &str, who: Option<&str>, code: u16, words: &str| {
            let got = client.push(path, who, json!({"value": 1})).await;
            let problem: Value = serde_json::from_str(&got.1).unwrap();
            assert_eq!((got.0, problem["status"].as_u64()), (code, Some(code.into())), "{problem}");
            assert!(problem["detail"].as_str().unwrap().contains(words), "{problem}");
        };
        check(JOINS, None, 401, "show a token of the cluster").await;
        check(JOINS, Some("Bearer nonsense"), 401, "the bearer token is not valid").await;
        check(JOINS, Some("ApiKey nonsense"), 401, "the API key is not valid").await;
        let cannot =
            "User \"system:serviceaccount:live:idle\" cannot create resource \"predictivescalers/signals\"";
        check(JOINS, Some(&idle), 403, cannot).await;
        check("/api/v1/signals/live/other/queue-joins", Some(&feeder), 403, "\"other\" is forbidden").await;
        check("/api/v1/signals/live/gateway/joins", Some(&feeder), 404, "has no signal `joins`").await;
        check("/api/v1/signals/live/gateway/orders", Some(&feeder), 409, "is read from prometheus").await;
    }

    async fn takes_what_a_service_account_pushes(&self) {
        let feeder = self.bearer("feeder").await;
        let batch = json!([
            {"value": 12, "time": (Timestamp::now() - jiff::SignedDuration::from_secs(120)).to_string()},
            {"value": 15, "time": Timestamp::now().to_string()},
        ]);
        // The follower may still look for its leader.
        let taken = until("both replicas to take a batch", WITHIN, async || {
            let first = self.clients[0].push(JOINS, Some(&feeder), batch.clone()).await;
            (first.0 == 200).then_some(first)
        });
        println!("{:?}", taken.await.unwrap());
        let again = self.clients[1].push(JOINS, Some(&feeder), batch.clone()).await;
        assert_eq!(
            again,
            (200, r#"{"accepted":0,"duplicates":2,"refused":0}"#.to_owned()),
            "it knows them already"
        );
        let line = self.clients[1].push(JOINS, Some(&feeder), "queue,site=paris joins=16i").await;
        assert_eq!(line, (200, r#"{"accepted":1,"duplicates":0,"refused":0}"#.to_owned()));
        self.shop_demand_is_served(&feeder, 500.0).await;
    }

    async fn shop_demand_is_served(&self, authorization: &str, demand: f64) {
        let pushed = self.clients[0].push(DEMAND, Some(authorization), json!({"value": demand})).await;
        assert_eq!(pushed.0, 200, "{}", pushed.1);
        self.shop.demand_reaches(demand).await.unwrap();
    }

    async fn follows_keys_that_change(&self) {
        let code = async |key: &str| {
            self.clients[0].push(JOINS, Some(&format!("ApiKey {key}")), json!({"value": 20})).await.0
        };
        let turns = async |key: &str, expected: u16| {
            let what = format!("`{key}` to be answered {expected}");
            until(&what, WITHIN, async || (code(key).await == expected).then_some(())).await.unwrap();
        };
        turns(FIRST_KEY, 200).await;
        assert_eq!(code(SECOND_KEY).await, 401);
        self.bed.apply(&keys(SECOND_KEY)).await.unwrap();
        turns(SECOND_KEY, 200).await;
        turns(FIRST_KEY, 401).await;
    }

    /// `tickets` is only written by Prometheus.
    async fn sees_signals_observed(&self) {
        let feeder = self.bearer("feeder").await;
        assert_eq!(self.clients[0].push(JOINS, Some(&feeder), json!({"value": 21})).await.0, 200);
        self.gateway.is_told("SignalsHealthy", "Observed").await.unwrap();
        for replica in &self.replicas {
            let series =
                r#"prescale_source_staleness_seconds{namespace="live",scaler="gateway",signal="tickets"}"#;
            until("tickets to be observed", WITHIN, async || {
                let url = format!("http://{}/metrics", replica.http);
                let page = reqwest::get(url).await.ok()?.text().await.ok()?;
                let age =
                    page.lines().find_map(|line| line.strip_prefix(series))?.trim().parse::<f64>().ok()?;
                (age < 20.0).then_some(())
            })
            .await
            .unwrap();
        }
    }

    async fn keeps_what_a_leader_took_that_is_killed(&self) {
        let feeder = self.bearer("feeder").await;
        let holder = holder(&self.bed).await;
        let leads = |replica: &Replica| replica.name == holder;
        let leader = self.replicas.iter().position(leads).unwrap();
        let survivor = &self.replicas[1 - leader];
        let pushed = self.clients[leader].push(DEMAND, Some(&feeder), json!({"value": 900})).await;
        self.bed.kill(&self.replicas[leader].name).await.unwrap();
        assert_eq!(pushed.0, 200, "{}", pushed.1);
        self.bed.route(&[survivor.metrics_api]).await.unwrap();
        self.shop.demand_reaches(900.0).await.unwrap();
        let refused = self.clients[1 - leader].push(DEMAND, Some(&feeder), json!({"value": 901})).await;
        println!("while nobody leads, or already somebody does: {refused:?}");
        until("the survivor to take samples", WITHIN, async || {
            let pushed = self.clients[1 - leader].push(DEMAND, Some(&feeder), json!({"value": 950})).await;
            (pushed.0 == 200).then_some(())
        })
        .await
        .unwrap();
        self.shop.demand_reaches(950.0).await.unwrap();
    }
}

async fn holder(bed: &Testbed) -> String {
    let leases: Api<Lease> = Api::namespaced(bed.client().await.unwrap(), NAMESPACE);
    leases.get("prescale-controller").await.unwrap().spec.unwrap().holder_identity.unwrap()
}

/// The keys of the namespace: one that a partner has, and one whose hash alone is kept.
fn keys(partner: &str) -> String {
    format!(
        "apiVersion: v1
kind: Secret
metadata: {{name: prescale-api-keys, namespace: live}}
stringData: {{partner: {partner}, prometheus: '{HASHED_KEY}'}}
"
    )
}

/// What Prometheus is told: to write `tickets`, as the signal of that name.
fn remote_write(to: SocketAddr) -> Value {
    let label = |name: &str, value: &str| json!({"target_label": name, "replacement": value});
    json!({
        "url": format!("https://{to}/api/v1/write"),
        "authorization": {"type": "ApiKey", "credentials": "prometheus-0123456789abcdef"},
        "tls_config": {"insecure_skip_verify": true},
        "write_relabel_configs": [
            {"source_labels": ["__name__"], "regex": "tickets", "action": "keep"},
            label("prescale_namespace", "live"), label("prescale_scaler", "gateway"), label("prescale_signal", "tickets"),
        ],
    })
}
