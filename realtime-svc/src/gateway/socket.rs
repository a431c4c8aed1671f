//! One person's socket, from hello to goodbye: let in or in line, then told what becomes of the room, and heard.

use std::{sync::Arc, time::Duration};

use futures::{StreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use realtime_protocol::{Claims, ClientFrame, Problem, RoomName, ServerFrame, Uuid};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tracing::debug;

use super::{
    Gateway,
    desk::{Door, interaction},
    lobby::{Place, Standing},
    wire::{End, Heard, Wire},
};
use crate::metrics::Counted;

/// Interactions of one socket on their way to Kafka; at so many it is not read, and TCP holds the client back.
const IN_FLIGHT: usize = 16;
/// Who has said nothing for this long is asked for a sign of life.
const PING_AFTER: Duration = Duration::from_secs(30);
/// And is gone when none has come since: two pings and some seconds.
const GONE_AFTER: Duration = Duration::from_secs(75);
/// What is on its way when the process ends is waited for so long.
const ACKS_WITHIN: Duration = Duration::from_secs(10);

type InFlight = FuturesUnordered<BoxFuture<'static, (Uuid, Result<Uuid, Problem>)>>;

/// How a stay ends.
#[derive(Debug)]
enum Farewell {
    /// The client has gone, or is dropped without a word.
    Silent,
    /// The client said that it leaves.
    Left,
    /// It is refused.
    Refused(Problem),
    /// The process ends.
    Goodbye,
}

impl From<Problem> for Farewell {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}

/// Who is here.
#[derive(Debug)]
struct Guest {
    claims: Claims,
    room: RoomName,
    session: Uuid,
}

/// Serves a socket to its end. `authorization` is the header of the request that it began with.
pub(super) async fn serve(mut wire: Wire, gateway: Arc<Gateway>, authorization: Option<String>) {
    let _open = Counted::up(&gateway.metrics.connections);
    let farewell = match greet(&mut wire, &gateway, authorization.as_deref()).await {
        Ok(guest) => Box::pin(host(&mut wire, &gateway, &guest)).await,
        Err(farewell) => farewell,
    };
    part(wire, &gateway, farewell).await;
}

/// The first frame: who, and which room.
async fn greet(wire: &mut Wire, gateway: &Gateway, authorization: Option<&str>) -> Result<Guest, Farewell> {
    let within = gateway.settings.hello_within_ms;
    let hello = tokio::time::timeout(within, first(wire)).await;
    let hello = hello.map_err(|_| Problem::late(format!("no hello within {within:?}")))?;
    let text = hello.map_err(|end| ended(gateway, end))?;
    let ClientFrame::Hello { room, token, name } = ClientFrame::parse(&text)? else {
        return Err(Problem::out_of_turn("the first frame has to be hello").into());
    };
    let mut claims = match &token {
        Some(token) => gateway.desk.known(token)?,
        None => gateway.desk.known_by_header(authorization)?,
    };
    claims.opens(&room)?;
    claims.name = name.or(claims.name);
    Ok(Guest { claims, room, session: Uuid::new_v4() })
}

async fn first(wire: &mut Wire) -> Result<String, End> {
    loop {
        if let Heard::Text(text) = wire.hear().await? {
            return Ok(text);
        }
    }
}

/// Lets somebody in in turn, and serves until one of both goes.
async fn host(wire: &mut Wire, gateway: &Gateway, guest: &Guest) -> Farewell {
    let mut place = match gateway.lobby.come() {
        Ok(place) => place,
        Err(problem) => return Farewell::Refused(problem),
    };
    if let Err(farewell) = wait(wire, gateway, &mut place).await {
        return farewell;
    }
    let mut in_flight = InFlight::new();
    let farewell = match stay(wire, gateway, guest, &mut in_flight).await {
        Err(farewell) => farewell,
        Ok(never) => match never {},
    };
    // Who leaves is told what became of what was done.
    if matches!(farewell, Farewell::Left | Farewell::Goodbye) {
        _ = tokio::time::timeout(ACKS_WITHIN, acknowledge(wire, &mut in_flight)).await;
    }
    farewell
}

async fn acknowledge(wire: &mut Wire, in_flight: &mut InFlight) {
    while let Some(done) = in_flight.next().await {
        if wire.say(&answer(done)).await.is_err() {
            return;
        }
    }
}

/// In line, until somebody's turn has come.
async fn wait(wire: &mut Wire, gateway: &Gateway, place: &mut Place) -> Result<(), Farewell> {
    let mut pulse = Pulse::new();
    let mut standing = place.standing();
    loop {
        let Standing::InLine(position) = standing else { return Ok(()) };
        say(wire, gateway, &ServerFrame::Waiting { position, ahead: position - 1 }).await?;
        standing = loop {
            tokio::select! {
                standing = place.moved() => break standing,
                () = gateway.lifecycle.leaving.cancelled() => return Err(Farewell::Goodbye),
                heard = wire.hear() => {
                    pulse.heard();
                    let Heard::Text(text) = heard.map_err(|end| ended(gateway, end))? else { continue };
                    refuse_in_line(wire, gateway, &text).await?;
                }
                () = pulse.next() => pulse.check(wire, gateway).await?,
            }
        };
    }
}

async fn refuse_in_line(wire: &mut Wire, gateway: &Gateway, text: &str) -> Result<(), Farewell> {
    let (id, problem) = match ClientFrame::parse(text) {
        Ok(ClientFrame::Leave) => return Err(Farewell::Left),
        Ok(frame) => (frame.into_act().map(|(id, _)| id), Problem::out_of_turn("you are still in line")),
        Err(problem) => (None, problem),
    };
    say(wire, gateway, &ServerFrame::Refused { id, problem }).await
}

enum Event {
    Leave,
    Done((Uuid, Result<Uuid, Problem>)),
    Told,
    Heard(Result<Heard, End>),
    Pulse,
}

enum Never {}

/// In the room.
async fn stay(
    wire: &mut Wire,
    gateway: &Gateway,
    guest: &Guest,
    in_flight: &mut InFlight,
) -> Result<Never, Farewell> {
    let mut stay = gateway.rooms.enter(&guest.room);
    gateway.metrics.registrations.inc();
    let version = stay.watching.borrow().as_ref().map_or(0, |told| told.version);
    let welcome = ServerFrame::Welcome { room: guest.room.clone(), session: guest.session, version };
    say(wire, gateway, &welcome).await?;
    debug!(session = %guest.session, room = %guest.room, user = guest.claims.sub, "person came in");
    if stay.watching.borrow().is_some() {
        stay.watching.mark_changed();
    }
    let mut pulse = Pulse::new();
    let mut leave = std::pin::pin!(gateway.time_to_leave());
    loop {
        let event = tokio::select! {
            biased;
            () = &mut leave => Event::Leave,
            Some(done) = in_flight.next() => Event::Done(done),
            // The rooms outlive their people.
            Ok(()) = stay.watching.changed() => Event::Told,
            heard = wire.hear(), if in_flight.len() < IN_FLIGHT => Event::Heard(heard),
            () = pulse.next() => Event::Pulse,
        };
        match event {
            Event::Leave => return Err(Farewell::Goodbye),
            Event::Done(done) => say(wire, gateway, &answer(done)).await?,
            Event::Told => {
                let told = stay.watching.borrow_and_update().clone();
                if let Some(told) = told {
                    wire.write(&told.frame).await.map_err(|end| ended(gateway, end))?;
                    gateway.metrics.updates_sent.inc();
                }
            }
            Event::Heard(heard) => {
                pulse.heard();
                if let Heard::Text(text) = heard.map_err(|end| ended(gateway, end))? {
                    hear(wire, gateway, guest, &text, in_flight).await?;
                }
            }
            Event::Pulse => pulse.check(wire, gateway).await?,
        }
    }
}

/// What somebody in the room says.
async fn hear(
    wire: &mut Wire,
    gateway: &Gateway,
    guest: &Guest,
    text: &str,
    in_flight: &mut InFlight,
) -> Result<(), Farewell> {
    let problem = match ClientFrame::parse(text) {
        Ok(ClientFrame::Leave) => return Err(Farewell::Left),
        Ok(frame) => match frame.into_act() {
            Some((id, act)) => {
                let desk = gateway.desk.clone();
                let interaction = interaction(&guest.claims, &guest.room, id, act);
                in_flight.push(Box::pin(async move { (id, desk.take(Door::Ws, interaction).await) }));
                return Ok(());
            }
            None => Problem::out_of_turn("hello was said already"),
        },
        Err(problem) => problem,
    };
    // What cannot be read as a whole may still say which interaction it was.
    let id = serde_json::from_str::<OnlyId>(text).ok().map(|only| only.id);
    say(wire, gateway, &ServerFrame::Refused { id, problem }).await
}

#[derive(serde::Deserialize)]
struct OnlyId {
    id: Uuid,
}

fn answer((id, taken): (Uuid, Result<Uuid, Problem>)) -> ServerFrame {
    match taken {
        Ok(id) => ServerFrame::Ack { id },
        Err(problem) => ServerFrame::Refused { id: Some(id), problem },
    }
}

async fn say(wire: &mut Wire, gateway: &Gateway, frame: &ServerFrame) -> Result<(), Farewell> {
    wire.say(frame).await.map_err(|end| ended(gateway, end))
}

fn ended(gateway: &Gateway, end: End) -> Farewell {
    match end {
        End::Gone => Farewell::Silent,
        End::DoesNotRead => {
            gateway.metrics.dropped_readers.inc();
            Farewell::Silent
        }
        End::Refused(problem) => Farewell::Refused(problem),
    }
}

/// The last words.
async fn part(mut wire: Wire, gateway: &Gateway, farewell: Farewell) {
    match farewell {
        Farewell::Silent => {}
        Farewell::Left => wire.close(CloseCode::Normal, "left").await,
        Farewell::Refused(problem) => {
            gateway.metrics.ended("ws.session", "refused", Duration::ZERO);
            let title = problem.title.clone();
            let code = if problem.status == 413 { CloseCode::Size } else { CloseCode::Policy };
            _ = wire.say(&ServerFrame::Refused { id: None, problem }).await;
            wire.close(code, &title).await;
        }
        Farewell::Goodbye => {
            _ = wire.say(&gateway.goodbye()).await;
            wire.close(CloseCode::Restart, "this gateway ends").await;
        }
    }
}

/// Whether a client still lives.
#[derive(Debug)]
struct Pulse {
    ticks: tokio::time::Interval,
    heard: Instant,
}

impl Pulse {
    fn new() -> Self {
        let mut ticks = tokio::time::interval_at(Instant::now() + PING_AFTER, PING_AFTER);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { ticks, heard: Instant::now() }
    }

    fn heard(&mut self) {
        self.heard = Instant::now();
    }

    async fn next(&mut self) {
        self.ticks.tick().await;
    }

    async fn check(&mut self, wire: &mut Wire, gateway: &Gateway) -> Result<(), Farewell> {
        let silence = self.heard.elapsed();
        if GONE_AFTER <= silence {
            return Err(Farewell::Silent);
        }
        // A tick that is a little early must not wait for the next.
        if silence < PING_AFTER / 2 {
            return Ok(());
        }
        wire.ping().await.map_err(|end| ended(gateway, end))
    }
}
