//! One person: comes in, waits to be let in, does what they have to, hears what happens, and comes again when cut off.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use realtime_protocol::{ClientFrame, Problem, Reaction, ServerFrame, Uuid};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

use super::Retry;
use super::connect::{Shut, Socket};
use super::crowd::Crowd;
use super::interaction::{Deed, Interaction};
use super::mailbox::{First, Outgoing};

/// How updates begin. There are far more of them than of all other frames, and nobody reads what is in them.
const UPDATE: &str = r#"{"type":"update""#;
/// Until somebody who was cut off comes again: half of this to all of it, doubled at each attempt that fails.
const AGAIN_AFTER: Duration = Duration::from_millis(500);
const AGAIN_AFTER_AT_MOST: Duration = Duration::from_secs(5);
/// Where the service says to come again at once.
const AT_LEAST: Duration = Duration::from_millis(1);
/// To say good-bye on a socket.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

pub(super) struct Person {
    number: u32,
    crowd: Arc<Crowd>,
    place: Place,
    /// Visits begun.
    attempts: u32,
    /// Visits in a row that did not come into a room.
    in_vain: u32,
    was_placed: bool,
    was_in: bool,
    /// When what was refused for now is sent again.
    again_at: Option<Instant>,
    /// For the place in line.
    ticket: Option<Uuid>,
}

/// Where the person is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Outside,
    Waiting(u32),
    Room,
}

/// How a visit ended.
enum Left {
    /// The person is not wanted any more.
    Home,
    /// The service said when to come again.
    Told(Duration),
    /// Nobody said anything.
    Cut,
}

impl Person {
    pub(super) fn new(number: u32, crowd: Arc<Crowd>) -> Self {
        let place = Place::Outside;
        Self {
            number,
            crowd,
            place,
            attempts: 0,
            in_vain: 0,
            was_placed: false,
            was_in: false,
            again_at: None,
            ticket: None,
        }
    }

    /// Comes, and comes again, until not wanted any more.
    pub(super) async fn live(mut self) {
        loop {
            while self.has_to_be_there() {
                let left = self.visit().await;
                self.move_to(Place::Outside);
                self.crowd.mailbox(self.number).send_again();
                self.pause(left).await;
            }
            if self.crowd.is_home(self.number) {
                return;
            }
        }
    }

    /// Who is not wanted any more stays until what they did is answered, or given up.
    fn has_to_be_there(&self) -> bool {
        self.crowd.wants(self.number) || !self.crowd.mailbox(self.number).is_empty()
    }

    async fn pause(&mut self, left: Left) {
        // Not all at once: who was sent away together does not come together.
        let share = RandomState::new().hash_one(self.attempts) as f64 / u64::MAX as f64;
        let pause = match left {
            Left::Home => return,
            Left::Told(pause) => pause.max(AT_LEAST).mul_f64(1.0 + share / 2.0),
            Left::Cut => {
                let pause = AGAIN_AFTER.saturating_mul(1 << self.in_vain.min(4)).min(AGAIN_AFTER_AT_MOST);
                pause.mul_f64(f64::midpoint(1.0, share))
            }
        };
        self.in_vain += 1;
        let until = Instant::now() + pause;
        while self.has_to_be_there() && Instant::now() < until {
            // What arrives waits for the next visit; a wake may be the word to go home.
            _ = timeout(until - Instant::now(), self.crowd.mailbox(self.number).arrived()).await;
        }
    }

    async fn visit(&mut self) -> Left {
        let came = Instant::now();
        let attempt = self.attempts;
        self.attempts += 1;
        // In a box, since it is large and over soon, while the visit goes on.
        let entered = Box::pin(self.crowd.door.enter(self.number, attempt)).await;
        let mut socket = match entered {
            Ok(socket) => socket,
            Err(Shut { why, again_after }) => {
                self.crowd.shut(&why);
                return again_after.map_or(Left::Cut, Left::Told);
            }
        };
        let room = self.crowd.room_name(self.number).clone();
        let hello = ClientFrame::Hello { room, token: None, name: None, ticket: self.ticket.take() };
        if say(&mut socket, &hello).await.is_err() {
            return self.cut();
        }
        let left = self.stay(&mut socket, came).await;
        if matches!(left, Left::Home) {
            _ = timeout(CLOSE_WITHIN, leave(socket)).await;
        }
        left
    }

    async fn stay(&mut self, socket: &mut Socket, came: Instant) -> Left {
        let crowd = Arc::clone(&self.crowd);
        let mailbox = crowd.mailbox(self.number);
        loop {
            tokio::select! {
                message = socket.next() => match message {
                    Some(Ok(Message::Text(text))) => {
                        if let Some(left) = self.hear(&text, came) {
                            return left;
                        }
                    }
                    Some(Ok(Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return self.cut(),
                },
                () = mailbox.arrived() => {}
                () = sleep_until(self.again_at.unwrap_or(came)), if self.again_at.is_some() => {
                    self.again_at = None;
                    mailbox.send_what_was_put_off();
                }
            }
            if !crowd.wants(self.number) {
                crowd.rise(self.number);
                if mailbox.is_empty() {
                    return Left::Home;
                }
            }
            if self.place == Place::Room && self.send(socket).await.is_err() {
                return self.cut();
            }
        }
    }

    fn cut(&self) -> Left {
        self.crowd.counts.cut_off.fetch_add(1, Relaxed);
        Left::Cut
    }

    /// Sends what there is to be sent.
    async fn send(&self, socket: &mut Socket) -> Result<(), Error> {
        let outgoing = self.crowd.mailbox(self.number).take();
        if outgoing.is_empty() {
            return Ok(());
        }
        for Outgoing { interaction, first } in outgoing {
            socket.feed(Message::text(frame(&interaction).to_json())).await?;
            if first == First::Yes {
                self.crowd.tally.sent(self.crowd.begin().elapsed().saturating_sub(interaction.at));
            }
        }
        socket.flush().await
    }

    fn hear(&mut self, text: &Utf8Bytes, came: Instant) -> Option<Left> {
        if text.starts_with(UPDATE) {
            self.crowd.counts.updates.fetch_add(1, Relaxed);
            self.crowd.counts.update_bytes.fetch_add(text.len() as u64, Relaxed);
            return None;
        }
        match ServerFrame::parse(text) {
            Ok(ServerFrame::Ack { id }) => self.crowd.acked(self.number, id),
            Ok(ServerFrame::Refused { id: Some(id), problem }) => self.refused(id, &problem),
            Ok(ServerFrame::Refused { id: None, problem }) => self.crowd.shut(&words(&problem)),
            Ok(ServerFrame::Welcome { .. }) => self.welcomed(came),
            Ok(ServerFrame::Waiting { position, .. }) => self.waits(position),
            Ok(ServerFrame::Update(_)) => {}
            Ok(ServerFrame::Goodbye { retry_after_ms, ticket, .. }) => {
                self.ticket = ticket;
                self.crowd.counts.goodbyes.fetch_add(1, Relaxed);
                return Some(Left::Told(Duration::from_millis(retry_after_ms.into())));
            }
            Err(_) => {
                self.crowd.counts.unreadable.fetch_add(1, Relaxed);
            }
        }
        None
    }

    /// A person does as they are told: what is refused for now is sent again, under the same id.
    fn refused(&mut self, id: Uuid, problem: &Problem) {
        match (self.crowd.retry, problem.retry_after_ms) {
            (Retry::WhenTold, Some(after)) => {
                self.crowd.counts.put_off.fetch_add(1, Relaxed);
                self.crowd.mailbox(self.number).put_off(id);
                let at = Instant::now() + Duration::from_millis(after.into());
                self.again_at = Some(self.again_at.map_or(at, |before| before.max(at)));
            }
            (Retry::WhenTold, None) | (Retry::Never, _) => {
                self.crowd.refused(self.number, id, words(problem));
            }
        }
    }

    fn welcomed(&mut self, came: Instant) {
        self.crowd.admitted(came.elapsed());
        if self.was_in {
            self.crowd.counts.joined_again.fetch_add(1, Relaxed);
        }
        (self.was_in, self.in_vain) = (true, 0);
        self.move_to(Place::Room);
    }

    fn waits(&mut self, position: u32) {
        if matches!(self.place, Place::Waiting(before) if before < position) {
            self.crowd.counts.overtaken.fetch_add(1, Relaxed);
        }
        self.move_to(Place::Waiting(position));
    }

    fn move_to(&mut self, place: Place) {
        let waits = |place| u64::from(matches!(place, Place::Waiting(_)));
        self.crowd.counts.waiting.fetch_add(waits(place), Relaxed);
        self.crowd.counts.waiting.fetch_sub(waits(self.place), Relaxed);
        if place == Place::Room {
            self.crowd.sit(self.number);
        } else if self.place == Place::Room && !self.crowd.wants(self.number) {
            // Who is cut off and comes again is still somebody who acts, late.
            self.crowd.rise(self.number);
        }
        if !self.was_placed && place != Place::Outside {
            self.was_placed = true;
            self.crowd.counts.placed.fetch_add(1, Relaxed);
        }
        self.place = place;
    }
}

async fn say(socket: &mut Socket, frame: &ClientFrame) -> Result<(), Error> {
    socket.send(Message::text(frame.to_json())).await
}

async fn leave(mut socket: Socket) -> Result<(), Error> {
    say(&mut socket, &ClientFrame::Leave).await?;
    socket.close(None).await
}

fn frame(interaction: &Interaction) -> ClientFrame {
    let id = interaction.id;
    match interaction.deed {
        Deed::Ask => ClientFrame::Ask { id, text: format!("What about {}?", &id.to_string()[..8]) },
        Deed::Vote(question) => ClientFrame::Vote { id, question },
        Deed::React => {
            let which = id.as_bytes()[0] as usize % Reaction::ALL.len();
            ClientFrame::React { id, reaction: Reaction::ALL[which] }
        }
    }
}

/// The kind of a problem, without what differs from one to the next.
fn words(problem: &Problem) -> String {
    format!("{} {}", problem.status, problem.title)
}
