//! KEDA's calls, by a real gRPC client over loopback.
#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use prescale_controller::{
    board::{Board, Notice, Observed, ScalerKey},
    keda::{
        KnownTerms, Terms, serve,
        wire::{
            GetMetricsRequest, IsActiveResponse, ScaledObjectRef,
            external_scaler_client::ExternalScalerClient,
        },
    },
};
use prescale_model::{Driver, Mode, Plan, Reason, lead_time::LeadTime};
use tokio::{net::TcpListener, task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status, Streaming, transport::Channel};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

const HOLD: SignedDuration = SignedDuration::from_mins(5);
const NAMESPACE: &str = "live";

/// A served board on which each scaler has 250 a replica; `gateway` is Active, `shadow` in Shadow, and
/// `new` has not been ticked yet.
struct World {
    board: Arc<Board>,
    terms: Arc<KnownTerms>,
    keda: ExternalScalerClient<Channel>,
    channel: Channel,
    shutdown: CancellationToken,
    served: JoinHandle<anyhow::Result<()>>,
}

impl World {
    async fn start() -> Self {
        let board = Arc::<Board>::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let shutdown = CancellationToken::new();
        let terms = Arc::<KnownTerms>::default();
        for (name, mode) in [("gateway", Mode::Active), ("shadow", Mode::Shadow)] {
            let key = ScalerKey::new(NAMESPACE, name);
            board.add(&key);
            terms.set(&key, Terms { per_replica: 250.0, mode });
        }
        board.add(&ScalerKey::new(NAMESPACE, "new"));
        let served = serve(listener, Arc::clone(&board), Arc::clone(&terms), shutdown.clone());
        let served = tokio::spawn(served);
        let channel = Channel::from_shared(address).unwrap().connect().await.unwrap();
        let keda = ExternalScalerClient::new(channel.clone());
        Self { board, terms, keda, channel, shutdown, served }
    }

    fn observe(&self, scaler: &str, demand: f64) {
        let observed = Observed { at: Timestamp::now(), demand, told: Some(demand), hold_for: HOLD };
        self.board.observe(&ScalerKey::new(NAMESPACE, scaler), observed);
    }

    fn plan(&self, scaler: &str, demand: f64, forecast: f64) {
        let lead_time = LeadTime { pod: SignedDuration::from_secs(20), node: SignedDuration::from_secs(130) };
        let driver = Driver::Observed { demand };
        let plan = Plan {
            made_at: Timestamp::now(),
            replicas: 1,
            headroom: 0,
            demand: Some(demand),
            observed: Some(demand),
            lead_time,
            late: None,
            reason: Reason {
                driver,
                capacity: None,
                wanted: 1,
                replicas: 1,
                limit: None,
                withheld: None,
                going: 0,
            },
        };
        let key = ScalerKey::new(NAMESPACE, scaler);
        self.board.publish(Notice { key, plan, forecast: Some(forecast), lag: None, hold_for: HOLD });
    }

    async fn is_active(&mut self, object: ScaledObjectRef) -> Result<bool, Status> {
        self.keda.is_active(object).await.map(|response| response.into_inner().result)
    }

    async fn target(&mut self, object: ScaledObjectRef) -> Result<(String, i64, f64), Status> {
        let specs = self.keda.get_metric_spec(object).await?.into_inner().metric_specs;
        let [spec] = specs.try_into().unwrap();
        Ok((spec.metric_name, spec.target_size, spec.target_size_float))
    }

    async fn value(&mut self, object: ScaledObjectRef, metric: &str) -> Result<(i64, f64), Status> {
        let request = GetMetricsRequest { scaled_object_ref: Some(object), metric_name: metric.to_owned() };
        let values = self.keda.get_metrics(request).await?.into_inner().metric_values;
        let [value] = values.try_into().unwrap();
        assert_eq!(value.metric_name, metric);
        Ok((value.metric_value, value.metric_value_float))
    }
}

fn object(name: &str, metadata: &[(&str, &str)]) -> ScaledObjectRef {
    let pairs = metadata.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    ScaledObjectRef {
        name: name.to_owned(),
        namespace: NAMESPACE.to_owned(),
        scaler_metadata: pairs.collect(),
    }
}

async fn next(stream: &mut Streaming<IsActiveResponse>) -> Option<bool> {
    let next = timeout(Duration::from_secs(30), stream.message()).await.expect("it comes within 30 s");
    next.unwrap().map(|response| response.result)
}

#[tokio::test]
async fn the_hpa_of_keda_gets_the_target_and_the_value_that_ours_would() {
    let mut world = World::start().await;
    world.plan("gateway", 1_000.5, 900.0);
    assert_eq!(world.target(object("gateway", &[])).await.unwrap(), ("demand".to_owned(), 250, 250.0));
    let of_another = object("web", &[("scalerName", "gateway"), ("targetSize", "2.5")]);
    assert_eq!(world.target(of_another).await.unwrap(), ("demand".to_owned(), 3, 2.5));
    assert_eq!(world.value(object("gateway", &[]), "demand").await.unwrap(), (1_001, 1_000.5));
    assert_eq!(world.value(object("gateway", &[]), "forecast").await.unwrap(), (900, 900.0));
}

#[tokio::test]
async fn a_forecast_wakes_a_workload_that_sleeps() {
    let mut world = World::start().await;
    world.observe("gateway", 0.0);
    world.plan("gateway", 250.0, 0.0);
    assert!(!world.is_active(object("gateway", &[])).await.unwrap());
    world.plan("gateway", 250.0, 40.0);
    assert!(world.is_active(object("gateway", &[])).await.unwrap());
    assert!(!world.is_active(object("gateway", &[("activationThreshold", "40")])).await.unwrap());
    world.observe("shadow", 0.0);
    world.plan("shadow", 0.0, 40.0);
    assert!(!world.is_active(object("shadow", &[])).await.unwrap());
}

#[tokio::test]
async fn what_cannot_be_answered_is_an_error_in_words() {
    let mut world = World::start().await;
    let mut check = async |object: ScaledObjectRef, code: Code, words: &str| {
        let status = world.is_active(object).await.unwrap_err();
        assert_eq!((status.code(), status.message()), (code, words));
    };
    let nobody = "no PredictiveScaler `gatewya` in namespace `live`: did you mean `gateway`?";
    check(object("gatewya", &[]), Code::NotFound, nobody).await;
    let unknown = "`demand` of PredictiveScaler live/gateway is not known now: see its status";
    check(object("gateway", &[]), Code::Unavailable, unknown).await;
    let new = "PredictiveScaler live/new has not been looked at yet";
    check(object("new", &[]), Code::Unavailable, new).await;
    let wrong = "`threshold` of the trigger is `x`, which is not a number above 0";
    check(object("gateway", &[("threshold", "x")]), Code::InvalidArgument, wrong).await;
    let status = world.value(object("gateway", &[]), "cpu").await.unwrap_err();
    let metrics = "no metric `cpu`: Prescale serves demand, observed, forecast, lag, replicas";
    assert_eq!((status.code(), status.message()), (Code::InvalidArgument, metrics));
}

#[tokio::test]
async fn a_stream_says_at_once_what_is_and_then_what_changes() {
    let mut world = World::start().await;
    world.observe("gateway", 0.0);
    world.plan("gateway", 250.0, 0.0);
    let mut stream = world.keda.stream_is_active(object("gateway", &[])).await.unwrap().into_inner();
    assert_eq!(next(&mut stream).await, Some(false));
    // A notice that changes nothing, and one of another scaler, are not told.
    world.plan("gateway", 250.0, 0.0);
    world.plan("shadow", 250.0, 40.0);
    world.plan("gateway", 250.0, 40.0);
    assert_eq!(next(&mut stream).await, Some(true));
    world.plan("gateway", 250.0, 0.0);
    assert_eq!(next(&mut stream).await, Some(false));
    // What is observed rings no bell: the stream looks for itself.
    world.observe("gateway", 7.0);
    assert_eq!(next(&mut stream).await, Some(true));
    let mut ended = world.keda.stream_is_active(object("shadow", &[])).await.unwrap().into_inner();
    world.observe("shadow", 7.0);
    assert_eq!(next(&mut ended).await, Some(true));
    // A scaler that is no more ends its stream.
    world.terms.forget(&ScalerKey::new(NAMESPACE, "shadow"));
    assert_eq!(next(&mut ended).await, None);
    world.shutdown.cancel();
    assert_eq!(next(&mut stream).await, None);
    timeout(Duration::from_secs(30), world.served).await.expect("it ends").unwrap().unwrap();
}

#[tokio::test]
async fn its_health_is_served_as_grpc_probes_ask_for_it() {
    let world = World::start().await;
    let mut health = HealthClient::new(world.channel.clone());
    let request = HealthCheckRequest { service: "externalscaler.ExternalScaler".to_owned() };
    let status = health.check(request).await.unwrap().into_inner().status();
    assert_eq!(status, ServingStatus::Serving);
}
