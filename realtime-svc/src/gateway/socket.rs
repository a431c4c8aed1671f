//! One person's socket, from hello to goodbye: let in or in line, then told what becomes of the room, and heard.

use std::{pin::Pin, sync::Arc, time::Duration};

use bytes::Bytes;
use hyper::upgrade::OnUpgrade;
use realtime_protocol::{ClientFrame, Problem, RoomName, ServerFrame, Uuid};
use tokio_tungstenite::tungstenite::{Utf8Bytes, protocol::frame::coding::CloseCode};
use tracing::debug;

use super::{
    ENDS, Gateway, HAS_ROOM,
    desk::{Door, Who, interaction},
    elsewhere, frames,
    in_flight::{Done, InFlight},
    lobby::{Place, Standing},
    pulse::{self, Beat, Pulse},
    rooms::{Stay, View},
    wire::{End, Heard, Wire},
};
use crate::{admission::Comer, metrics::Counted};

/// Interactions of one socket on their way to Kafka; at so many it is not read, and TCP holds the client back.
const IN_FLIGHT: usize = 16;
/// What is on its way when the process ends is waited for so long.
const ACKS_WITHIN: Duration = Duration::from_secs(10);

/// Nothing to say.
const NOTHING: Bytes = Bytes::new();

/// How a stay ends.
#[derive(Debug)]
pub(super) enum Farewell {
    /// The client has gone, or is dropped without a word.
    Silent,
    /// The client said that it leaves.
    Left,
    /// It is refused.
    Refused(Problem),
    /// The process ends.
    Goodbye,
    /// It goes on elsewhere, where it keeps its place in line.
    Elsewhere {
        /// In words.
        reason: &'static str,
        /// For its place.
        ticket: Option<Uuid>,
    },
}

impl From<Problem> for Farewell {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}

/// Who is here.
#[derive(Debug)]
pub(super) struct Guest {
    user: Box<str>,
    name: Option<Box<str>>,
    room: RoomName,
}

/// A socket on which somebody has said hello.
#[derive(Debug)]
pub(super) struct Begun {
    wire: Box<Wire>,
    open: Counted,
    guest: Guest,
    comer: Comer,
}

/// Takes a socket over from HTTP, and hears hello. `None` where it has ended before. `authorization` is the header of the
/// request that it began with.
pub(super) async fn begin(
    upgrading: OnUpgrade,
    gateway: Arc<Gateway>,
    authorization: Option<String>,
) -> Option<Begun> {
    // A client that goes during the handshake is nobody's fault.
    let upgraded = upgrading.await.ok()?;
    let mut wire = Wire::take_over(upgraded, gateway.settings.read_within_ms)?;
    let open = Counted::up(&gateway.metrics.connections);
    match greet(&mut wire, &gateway, authorization).await {
        Ok((guest, comer)) => Some(Begun { wire, open, guest, comer }),
        Err(farewell) => {
            part(wire, &gateway, farewell).await;
            None
        }
    }
}

/// Serves a socket to its end.
///
/// What lasts for a moment, or befalls few, lies in boxes: a person who sits in a room has memory for that alone.
pub(super) async fn serve(beginning: Pin<Box<impl Future<Output = Option<Begun>>>>, gateway: &Gateway) {
    let Some(Begun { mut wire, open: _open, guest, comer }) = beginning.await else { return };
    let farewell = host(&mut wire, gateway, &guest, comer).await;
    Box::pin(part(wire, gateway, farewell)).await;
}

/// The first frame: who, and which room.
async fn greet(
    wire: &mut Wire,
    gateway: &Gateway,
    authorization: Option<String>,
) -> Result<(Guest, Comer), Farewell> {
    let within = gateway.settings.hello_within_ms;
    let hello = tokio::time::timeout(within, first(wire)).await;
    let hello = hello.map_err(|_| Problem::late(format!("no hello within {within:?}")))?;
    let text = hello.map_err(|end| ended(gateway, end))?;
    let ClientFrame::Hello { room, token, name, ticket } = ClientFrame::parse(&text)? else {
        return Err(Problem::out_of_turn("the first frame has to be hello").into());
    };
    let claims = match &token {
        Some(token) => gateway.desk.known(token)?,
        None => gateway.desk.known_by_header(authorization.as_deref())?,
    };
    claims.opens(&room)?;
    let comer = elsewhere::comer(&gateway.redis, &claims.sub, ticket).await;
    let name = name.or(claims.name).map(String::into_boxed_str);
    Ok((Guest { user: claims.sub.into_boxed_str(), name, room }, comer))
}

async fn first(wire: &mut Wire) -> Result<Utf8Bytes, End> {
    loop {
        if let Heard::Text(text) = wire.hear().await? {
            return Ok(text);
        }
    }
}

/// Lets somebody in in turn, and serves until one of both goes.
async fn host(wire: &mut Wire, gateway: &Gateway, guest: &Guest, comer: Comer) -> Farewell {
    let mut place = match gateway.lobby.come(comer) {
        Ok(place) => place,
        Err(problem) => return Farewell::Refused(problem),
    };
    if place.standing() != Standing::Inside
        && let Err(farewell) = Box::pin(wait(wire, gateway, guest, &mut place)).await
    {
        return farewell;
    }
    let mut in_flight = InFlight::default();
    let farewell = match stay(wire, gateway, guest, &mut in_flight).await {
        Err(farewell) => farewell,
        Ok(never) => match never {},
    };
    // Who leaves is told what became of what was done.
    if matches!(farewell, Farewell::Left | Farewell::Goodbye) {
        let acknowledging = tokio::time::timeout(ACKS_WITHIN, acknowledge(wire, &mut in_flight));
        _ = Box::pin(acknowledging).await;
    }
    farewell
}

async fn acknowledge(wire: &mut Wire, in_flight: &mut InFlight) {
    while !in_flight.is_empty() {
        if wire.say(&answer(in_flight.done().await)).await.is_err() {
            return;
        }
    }
}

/// In line, until somebody's turn has come.
async fn wait(wire: &mut Wire, gateway: &Gateway, guest: &Guest, place: &mut Place) -> Result<(), Farewell> {
    let alarm = std::pin::pin!(pulse::alarm());
    let mut pulse = Pulse::of(alarm);
    let mut standing = place.standing();
    let (redis, user) = (&gateway.redis, &guest.user);
    loop {
        match standing {
            Standing::Inside => return Ok(()),
            Standing::InLine(position) => {
                say(wire, gateway, &ServerFrame::Waiting { position, ahead: position - 1 }).await?;
            }
            // Nobody is sent away without a ticket.
            Standing::Elsewhere => {
                if let Some(ticket) = elsewhere::ticket(redis, user, place.since_us()).await {
                    return Err(Farewell::Elsewhere { reason: HAS_ROOM, ticket: Some(ticket) });
                }
            }
        }
        standing = loop {
            tokio::select! {
                standing = place.moved() => break standing,
                () = gateway.lifecycle.leaving.cancelled() => {
                    let ticket = elsewhere::ticket(redis, user, place.since_us()).await;
                    return Err(Farewell::Elsewhere { reason: ENDS, ticket });
                }
                heard = wire.hear() => {
                    pulse.heard();
                    let Heard::Text(text) = heard.map_err(|end| ended(gateway, end))? else { continue };
                    refuse_in_line(wire, gateway, &text).await?;
                }
                () = pulse.next() => if let Beat::Ask = pulse.beat()? {
                    wire.ping().await.map_err(|end| ended(gateway, end))?;
                },
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
    Done(Done),
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
    // What is said is made into bytes before it is written: what waits to be written has to be remembered, for each person.
    let mut said = welcome(guest, &stay);
    stay.watching.mark_changed();
    let alarm = std::pin::pin!(pulse::alarm());
    let mut pulse = Pulse::of(alarm);
    loop {
        wire.write(&said).await.map_err(|end| ended(gateway, end))?;
        let is_read = in_flight.len() < IN_FLIGHT;
        let event = tokio::select! {
            biased;
            () = pulse.next() => Event::Pulse,
            done = in_flight.done() => Event::Done(done),
            // The rooms outlive their people.
            Ok(()) = stay.watching.changed() => Event::Told,
            heard = wire.hear(), if is_read => Event::Heard(heard),
        };
        said = match event {
            Event::Done(done) => bytes(&answer(done)),
            Event::Told => told(gateway, &mut stay, &mut pulse),
            Event::Heard(heard) => {
                pulse.heard();
                match heard.map_err(|end| ended(gateway, end))? {
                    Heard::Text(text) => hear(gateway, guest, &text, in_flight)?,
                    Heard::Sign => NOTHING,
                }
            }
            Event::Pulse => match pulse.beat()? {
                Beat::Well => NOTHING,
                Beat::Ask => Bytes::from_static(frames::PING),
            },
        };
    }
}

/// The room has changed, or people have to go.
fn told(gateway: &Gateway, stay: &mut Stay, pulse: &mut Pulse<'_>) -> Bytes {
    let View { told, is_leaving } = stay.watching.borrow_and_update().clone();
    if is_leaving && pulse.leave_after(gateway.pause_before_leaving()) {
        return NOTHING;
    }
    let Some(told) = told else { return NOTHING };
    gateway.metrics.updates_sent.inc();
    told.frame.clone()
}

fn welcome(guest: &Guest, stay: &Stay) -> Bytes {
    let session = Uuid::new_v4();
    debug!(%session, room = %guest.room, user = guest.user, "person came in");
    let version = stay.watching.borrow().told.as_ref().map_or(0, |told| told.version);
    bytes(&ServerFrame::Welcome { room: guest.room.clone(), session, version })
}

/// What somebody in the room says. What is refused at once is said at once.
fn hear(gateway: &Gateway, guest: &Guest, text: &str, in_flight: &mut InFlight) -> Result<Bytes, Farewell> {
    let problem = match ClientFrame::parse(text) {
        Ok(ClientFrame::Leave) => return Err(Farewell::Left),
        Ok(frame) => match frame.into_act() {
            Some((id, act)) => {
                let desk = gateway.desk.clone();
                let who = Who { user: &guest.user, name: guest.name.as_deref() };
                let interaction = interaction(who, &guest.room, id, act);
                in_flight.push(async move { (id, desk.take(Door::Ws, interaction).await) });
                return Ok(NOTHING);
            }
            None => Problem::out_of_turn("hello was said already"),
        },
        Err(problem) => problem,
    };
    // What cannot be read as a whole may still say which interaction it was.
    let id = serde_json::from_str::<OnlyId>(text).ok().map(|only| only.id);
    Ok(bytes(&ServerFrame::Refused { id, problem }))
}

fn bytes(frame: &ServerFrame) -> Bytes {
    frames::text(frame.to_json().as_bytes()).0
}

#[derive(serde::Deserialize)]
struct OnlyId {
    id: Uuid,
}

fn answer((id, taken): Done) -> ServerFrame {
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
async fn part(mut wire: Box<Wire>, gateway: &Gateway, farewell: Farewell) {
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
            _ = wire.say(&gateway.goodbye(ENDS, None)).await;
            wire.close(CloseCode::Restart, "this gateway ends").await;
        }
        Farewell::Elsewhere { reason, ticket } => {
            _ = wire.say(&gateway.goodbye(reason, ticket)).await;
            wire.close(CloseCode::Again, "go on elsewhere").await;
        }
    }
}
