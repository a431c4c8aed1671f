//! The gateway: three doors, one desk, a lobby, and the rooms. Drains when it is told to end.

pub(crate) mod desk;
mod elsewhere;
mod frames;
mod grpc;
mod in_flight;
mod lobby;
mod people;
mod pulse;
mod refusal;
mod rest;
pub(crate) mod rooms;
mod socket;
mod upgrade;
mod wire;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use realtime_protocol::{Problem, ServerFrame, Uuid};
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;
use tonic::transport::server::TcpIncoming;
use tracing::info;

pub use rest::document;

use crate::{
    admin::{self, Admin},
    args::GatewaySettings,
    kafka::Producer,
    lifecycle::{Lifecycle, told_to_end},
    metrics::Metrics,
    redis::Redis,
    secret::Watched,
    serve, telemetry,
    token::Keys,
};
use desk::Desk;
use lobby::Lobby;
use rooms::Rooms;

/// What clients are told when the process ends.
const ENDS: &str = "this gateway ends; connect again, to another one";
/// What people in line are told when they need not wait.
const HAS_ROOM: &str = "another gateway has room; connect again, with the ticket";
/// Kafka answers within 30 s or not at all; then a request has to end too.
const ANSWER_WITHIN: Duration = Duration::from_secs(32);
/// Sockets that have not said hello yet, beside those in rooms and in line.
const STRANGERS: usize = 10_000;
/// Clients that were sent away come back over this time.
const COME_AGAIN_MS: u32 = 2_000;
/// Until Kafka is asked again whether it knows the topic.
const ASK_EVERY: Duration = Duration::from_millis(500);
/// For what is on its way when the process ends: 10 s for acknowledgements, and the last words.
const END_WITHIN: Duration = Duration::from_secs(15);
/// For connections without a request, and for the last numbers of people.
const LAST_WORDS_WITHIN: Duration = Duration::from_secs(5);

/// What all doors share.
#[derive(Debug)]
pub(crate) struct Gateway {
    settings: GatewaySettings,
    name: String,
    desk: Arc<Desk>,
    lobby: Lobby,
    rooms: Rooms,
    redis: Arc<Redis>,
    metrics: Metrics,
    lifecycle: Lifecycle,
    sockets: TaskTracker,
    seats: Arc<Semaphore>,
}

/// Runs until SIGTERM, and drains.
///
/// # Errors
///
/// Where a setting cannot be used or a port is taken.
pub async fn run(settings: GatewaySettings) -> anyhow::Result<()> {
    let logs = telemetry::init(&settings.logs, "realtime-gateway")?;
    let metrics = Metrics::default();
    let keys = Watched::read(settings.token_key_file.clone(), Keys::parse)?;
    let producer = Producer::new(settings.kafka.clone())?;
    let desk = Arc::new(Desk::new(&settings, producer.clone(), keys.now(), metrics.clone()));
    tokio::spawn(keys.follow());
    tokio::spawn(producer.clone().keep());
    tokio::spawn(desk.clone().forget());
    let gateway = gateway(settings, desk, metrics);
    tokio::spawn(gateway.lobby.clone().tell());
    tokio::spawn(elsewhere::send(gateway.clone()));
    let people = tokio::spawn(people::say(gateway.clone()));
    serve_admin(&gateway, producer).await?;
    let rest = serve_rest(&gateway)?;
    let grpc = serve_grpc(&gateway).await?;
    info!(gateway = gateway.name, listen = %gateway.settings.listen, "gateway serves");
    told_to_end().await?;
    drain(&gateway).await;
    // Whoever does not end by itself now, ends with the process.
    _ = tokio::time::timeout(LAST_WORDS_WITHIN, async { tokio::join!(rest, grpc, people) }).await;
    logs.flush().await;
    Ok(())
}

fn gateway(settings: GatewaySettings, desk: Arc<Desk>, metrics: Metrics) -> Arc<Gateway> {
    let redis = Arc::new(Redis::new(settings.redis.clone()));
    let name =
        settings.gateway_name.clone().unwrap_or_else(|| format!("gateway-{}", Uuid::new_v4().simple()));
    let seats = settings.capacity + settings.waiting_room + STRANGERS;
    Arc::new(Gateway {
        name,
        desk,
        lobby: Lobby::new(settings.capacity, settings.waiting_room, metrics.clone()),
        rooms: Rooms::new(redis.clone()),
        redis,
        metrics,
        lifecycle: Lifecycle::default(),
        sockets: TaskTracker::new(),
        seats: Arc::new(Semaphore::new(seats)),
        settings,
    })
}

async fn serve_admin(gateway: &Gateway, producer: Arc<Producer>) -> anyhow::Result<()> {
    let knows_topic = Arc::new(AtomicBool::new(false));
    let missing = {
        let knows_topic = knows_topic.clone();
        Arc::new(move || (!knows_topic.load(Relaxed)).then_some("Kafka to know the topic"))
    };
    let (metrics, lifecycle) = (gateway.metrics.clone(), gateway.lifecycle.clone());
    admin::serve(gateway.settings.admin_listen, Admin { metrics, lifecycle, missing }).await?;
    // Once it was known, a Kafka that is away for a moment makes nobody unready: all gateways would be so at once.
    tokio::spawn(async move {
        while !producer.knows_topic().await {
            tokio::time::sleep(ASK_EVERY).await;
        }
        knows_topic.store(true, Relaxed);
    });
    Ok(())
}

fn serve_rest(gateway: &Arc<Gateway>) -> anyhow::Result<tokio::task::JoinHandle<()>> {
    let listener = serve::listen(gateway.settings.listen)?;
    let router = rest::router(gateway.clone());
    let head_within = gateway.settings.hello_within_ms;
    let limits = serve::Limits { head_within, ..serve::Limits::default() };
    Ok(tokio::spawn(serve::serve(listener, router, limits, gateway.lifecycle.over.clone())))
}

async fn serve_grpc(gateway: &Arc<Gateway>) -> anyhow::Result<tokio::task::JoinHandle<()>> {
    let listener = serve::listen(gateway.settings.grpc_listen)?;
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let services = grpc::services(gateway.clone()).await?;
    let over = gateway.lifecycle.over.clone();
    Ok(tokio::spawn(async move {
        let serving = services.serve_with_incoming_shutdown(incoming, over.cancelled_owned());
        if let Err(error) = serving.await {
            tracing::error!(%error, "gRPC is not served any more");
        }
    }))
}

/// New people are sent elsewhere first, then those who are here.
async fn drain(gateway: &Gateway) {
    let GatewaySettings { drain_delay_ms, drain_spread_ms, .. } = gateway.settings;
    info!("drain begins: not ready any more");
    gateway.lifecycle.draining.cancel();
    tokio::time::sleep(drain_delay_ms).await;
    info!(sockets = gateway.sockets.len(), "people are told to go");
    gateway.lifecycle.leaving.cancel();
    gateway.rooms.tell_to_leave();
    gateway.sockets.close();
    let left = tokio::time::timeout(drain_spread_ms + END_WITHIN, gateway.sockets.wait()).await;
    if left.is_err() {
        tracing::warn!(sockets = gateway.sockets.len(), "sockets are still open at the end");
    }
    gateway.lifecycle.over.cancel();
    info!("drained");
}

impl Gateway {
    /// What is asked for cannot be done any more.
    fn closing(&self) -> Problem {
        Problem::busy(ENDS, self.retry_after_ms())
    }

    fn goodbye(&self, reason: &str, ticket: Option<Uuid>) -> ServerFrame {
        ServerFrame::Goodbye { reason: reason.to_owned(), retry_after_ms: self.retry_after_ms(), ticket }
    }

    /// Spread, so that those who were sent away do not all come back at once.
    #[expect(clippy::unused_self, reason = "it is the gateway that says it")]
    fn retry_after_ms(&self) -> u32 {
        spread(COME_AGAIN_MS)
    }

    /// Comes at a moment of its own for each who waits for it, after the drain has begun to tell people.
    async fn time_to_leave(&self) {
        self.lifecycle.leaving.cancelled().await;
        tokio::time::sleep(self.pause_before_leaving()).await;
    }

    /// Goodbyes are spread.
    fn pause_before_leaving(&self) -> Duration {
        let spread_ms = u32::try_from(self.settings.drain_spread_ms.as_millis()).unwrap_or(u32::MAX);
        Duration::from_millis(spread(spread_ms).into())
    }
}

/// Any number up to `most`, each as likely.
fn spread(most: u32) -> u32 {
    let chance = Uuid::new_v4().as_u64_pair().1 & u64::from(u32::MAX);
    u32::try_from((chance * u64::from(most)) >> 32).unwrap_or(most)
}
