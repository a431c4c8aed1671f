//! Where all doors bring what people do: checked, counted, sent to Kafka, and acknowledged when it is there.

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use arc_swap::ArcSwap;
use governor::{DefaultKeyedRateLimiter, Quota, clock::Clock as _, clock::DefaultClock};
use prometheus_client::metrics::gauge::Gauge;
use realtime_protocol::{Act, Claims, Envelope, Interaction, Problem, RoomName, Uuid};
use tokio::sync::Semaphore;
use tracing::{Instrument as _, debug, info_span};

use crate::{
    args::GatewaySettings,
    kafka::{Producer, SendError},
    metrics::{Counted, Metrics},
    telemetry,
    token::Keys,
};

/// How long an interaction waits for its turn to be sent. Who waits longer is better told.
const TURN_WITHIN: Duration = Duration::from_secs(1);
/// After that a client comes again.
const COME_AGAIN_MS: u32 = 1_000;
/// Users who have rested have their whole burst again, and need not be remembered.
const FORGET_EVERY: Duration = Duration::from_secs(30);
const BEARER: &str = "Bearer ";

/// A door, for the figures: `ws.ask` and so on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// The socket.
    Ws,
    /// REST.
    Rest,
    /// gRPC.
    Grpc,
}

/// The desk.
#[derive(Debug)]
pub(crate) struct Desk {
    producer: Arc<Producer>,
    keys: Arc<ArcSwap<Keys>>,
    /// By what a user's name hashes to: 8 bytes instead of the name. That two share a limit is a chance of one in 10^11 where
    /// 20,000 are here.
    limits: DefaultKeyedRateLimiter<u64>,
    users: RandomState,
    in_use: Gauge,
    turns: Semaphore,
    metrics: Metrics,
}

impl Desk {
    /// A desk that sends through `producer`, for whoever shows a token of `keys`.
    #[must_use]
    pub(crate) fn new(
        settings: &GatewaySettings,
        producer: Arc<Producer>,
        keys: Arc<ArcSwap<Keys>>,
        metrics: Metrics,
    ) -> Self {
        let quota = Quota::per_second(settings.user_rate).allow_burst(settings.user_burst);
        metrics.pool("kafka", settings.kafka_in_flight);
        let turns = Semaphore::new(settings.kafka_in_flight);
        let limits = DefaultKeyedRateLimiter::keyed(quota);
        let (users, in_use) = (RandomState::new(), metrics.in_use("kafka"));
        Self { producer, keys, limits, users, in_use, turns, metrics }
    }

    /// Who shows this token.
    ///
    /// # Errors
    ///
    /// A [`Problem`] that says why it is refused.
    pub(crate) fn known(&self, token: &str) -> Result<Claims, Problem> {
        self.keys.load().verify(token)
    }

    /// Who shows this header.
    ///
    /// # Errors
    ///
    /// A [`Problem`] where it is missing or refused.
    pub(crate) fn known_by_header(&self, authorization: Option<&str>) -> Result<Claims, Problem> {
        let missing = || Problem::unauthenticated("a token is needed: `Authorization: Bearer TOKEN`");
        self.known(authorization.and_then(|value| value.strip_prefix(BEARER)).ok_or_else(missing)?)
    }

    /// Takes an interaction, and returns when Kafka has it on all in-sync replicas.
    ///
    /// # Errors
    ///
    /// A [`Problem`] where it was refused, or may not be there.
    pub(crate) async fn take(&self, door: Door, interaction: Interaction) -> Result<Uuid, Problem> {
        let (id, room, act) = (interaction.id, interaction.room.clone(), interaction.act.word());
        let begin = Instant::now();
        let span = info_span!("interaction", correlation_id = %id, %room, act);
        let taken = self.send(interaction).instrument(span).await;
        let outcome = match &taken {
            Ok(()) => "acknowledged",
            Err(problem) => problem.kind.rsplit(':').next().map_or("refused", outcome),
        };
        self.metrics.ended(route(door, act), outcome, begin.elapsed());
        if taken.is_ok() {
            self.metrics.taken(act);
            debug!(correlation_id = %id, %room, act, "interaction acknowledged");
        }
        taken.map(|()| id)
    }

    async fn send(&self, interaction: Interaction) -> Result<(), Problem> {
        interaction.check()?;
        self.limits.check_key(&self.users.hash_one(&interaction.user)).map_err(|not_until| {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            Problem::too_often(u32::try_from(wait.as_millis()).unwrap_or(u32::MAX).max(1))
        })?;
        let busy = || Problem::busy("too much is on its way to Kafka", COME_AGAIN_MS);
        let turn = tokio::time::timeout(TURN_WITHIN, self.turns.acquire());
        let _turn = turn.await.map_err(|_| busy())?.map_err(|_| busy())?;
        let _counted = Counted::up(&self.in_use);
        let span = tracing::Span::current();
        let trace_parent = if span.is_disabled() { None } else { telemetry::trace_parent(&span) };
        let room = interaction.room.clone();
        let record = Envelope { interaction, trace_parent }.encode();
        self.producer.send(room.as_str(), &record).await.map_err(|error| match error {
            SendError::Full => busy(),
            SendError::NotAcknowledged(why) => {
                // Thousands a second while Kafka is away; the figure says how many, and librdkafka says why.
                debug!(%room, %why, "interaction not acknowledged by Kafka");
                Problem::busy("Kafka did not acknowledge it; send it again with the same id", COME_AGAIN_MS)
            }
        })
    }

    /// Says how many people this gateway has in a room.
    pub(super) async fn say_people(&self, room: &RoomName, gateway: &str, count: u32) -> bool {
        let act = Act::People { gateway: gateway.to_owned(), count };
        let interaction = Interaction {
            id: Uuid::now_v7(),
            room: room.clone(),
            user: String::new(),
            name: None,
            occurred_at_ms: now_ms(),
            act,
        };
        let record = Envelope { interaction, trace_parent: None }.encode();
        self.producer.send(room.as_str(), &record).await.is_ok()
    }

    /// Forgets users who have rested, for ever.
    pub(crate) async fn forget(self: Arc<Self>) {
        loop {
            tokio::time::sleep(FORGET_EVERY).await;
            self.limits.retain_recent();
        }
    }
}

/// Somebody who is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Who<'a> {
    /// The user.
    pub(crate) user: &'a str,
    /// What the person likes to be called.
    pub(crate) name: Option<&'a str>,
}

impl<'a> From<&'a Claims> for Who<'a> {
    fn from(claims: &'a Claims) -> Self {
        Self { user: &claims.sub, name: claims.name.as_deref() }
    }
}

/// An interaction of somebody who is known, now.
#[must_use]
pub(crate) fn interaction(who: Who<'_>, room: &RoomName, id: Uuid, act: Act) -> Interaction {
    Interaction {
        id,
        room: room.clone(),
        user: who.user.to_owned(),
        name: who.name.map(str::to_owned),
        occurred_at_ms: now_ms(),
        act,
    }
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    now_us() / 1_000
}

/// Microseconds since 1970.
pub(super) fn now_us() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_micros()).unwrap_or(i64::MAX)
}

/// Labels are few and known.
fn route(door: Door, act: &'static str) -> &'static str {
    match (door, act) {
        (Door::Ws, "ask") => "ws.ask",
        (Door::Ws, "vote") => "ws.vote",
        (Door::Ws, _) => "ws.react",
        (Door::Rest, "ask") => "rest.questions",
        (Door::Rest, "vote") => "rest.votes",
        (Door::Rest, _) => "rest.reactions",
        (Door::Grpc, "ask") => "grpc.PostQuestion",
        (Door::Grpc, "vote") => "grpc.PostVote",
        (Door::Grpc, _) => "grpc.PostReaction",
    }
}

fn outcome(kind: &str) -> &'static str {
    match kind {
        "invalid" => "invalid",
        "too-often" => "too_often",
        "busy" => "busy",
        _ => "refused",
    }
}
