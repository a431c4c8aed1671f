//! People in rooms of a service that a test plays: it speaks the protocol, and misbehaves as told.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use realtime_load::rooms::{Actors, Mix, Played, Retry, Rooms, Tokens, run};
use realtime_load::{Load, Spacing, Tally};
use realtime_protocol::{ClientFrame, Problem, SUBPROTOCOL, ServerFrame, Uuid};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};
use tokio_util::sync::CancellationToken;

/// How the service misbehaves.
#[derive(Clone, Copy, PartialEq)]
enum Habit {
    Good,
    /// Cuts each socket at its third interaction, which it has taken and not acknowledged.
    Cuts,
    /// Says good-bye after the third.
    SaysGoodbye,
    /// Refuses each once, for now.
    Busy,
    /// Lets people wait in line before they come in.
    LetsWait,
}

/// The service, and what it took.
struct Service {
    habit: Habit,
    /// How often each id came.
    taken: Mutex<BTreeMap<Uuid, usize>>,
    sockets: AtomicUsize,
}

impl Service {
    async fn start(habit: Habit) -> (Arc<Self>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let target = format!("ws://{}/ws/v1", listener.local_addr().unwrap());
        let service = Arc::new(Self { habit, taken: Mutex::default(), sockets: AtomicUsize::new(0) });
        let server = Arc::clone(&service);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(Arc::clone(&server).serve(stream));
            }
        });
        (service, target)
    }

    async fn serve(self: Arc<Self>, stream: TcpStream) {
        self.sockets.fetch_add(1, Ordering::Relaxed);
        let mut socket = accept_hdr_async(stream, speaks).await.unwrap();
        let Some(ClientFrame::Hello { room, .. }) = hear(&mut socket).await else { return };
        if self.habit == Habit::LetsWait {
            for ahead in (0..3).rev() {
                say(&mut socket, &ServerFrame::Waiting { position: ahead + 1, ahead }).await;
            }
        }
        say(&mut socket, &ServerFrame::Welcome { room, session: Uuid::new_v4(), version: 0 }).await;
        let mut heard = 0;
        while let Some(frame) = hear(&mut socket).await {
            let Some((id, _)) = frame.into_act() else { return };
            let times = {
                let mut taken = self.taken.lock().unwrap();
                let times = taken.entry(id).or_default();
                *times += 1;
                *times
            };
            heard += 1;
            match self.habit {
                Habit::Cuts if heard == 3 => return,
                Habit::Busy if times == 1 => {
                    let problem = Problem::busy("not now", 20);
                    say(&mut socket, &ServerFrame::Refused { id: Some(id), problem }).await;
                }
                Habit::SaysGoodbye if heard == 3 => {
                    say(&mut socket, &ServerFrame::Ack { id }).await;
                    let goodbye =
                        ServerFrame::Goodbye { reason: "moves".into(), retry_after_ms: 10, ticket: None };
                    return say(&mut socket, &goodbye).await;
                }
                Habit::Good | Habit::Cuts | Habit::SaysGoodbye | Habit::Busy | Habit::LetsWait => {
                    say(&mut socket, &ServerFrame::Ack { id }).await;
                }
            }
        }
    }

    fn taken(&self) -> BTreeMap<Uuid, usize> {
        self.taken.lock().unwrap().clone()
    }
}

/// Names the subprotocol, as the service does.
#[expect(clippy::result_large_err, reason = "the library's own type")]
fn speaks(_: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    response.headers_mut().insert("sec-websocket-protocol", SUBPROTOCOL.parse().unwrap());
    Ok(response)
}

async fn hear(socket: &mut WebSocketStream<TcpStream>) -> Option<ClientFrame> {
    match socket.next().await?.ok()? {
        Message::Text(text) => Some(ClientFrame::parse(&text).unwrap()),
        Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => {
            None
        }
    }
}

async fn say(socket: &mut WebSocketStream<TcpStream>, frame: &ServerFrame) {
    // A client that has gone hears nothing.
    _ = socket.send(Message::text(frame.to_json())).await;
}

async fn play(target: &str, people: &str, retry: Retry) -> Played {
    play_by(Actors::LetIn, target, people, retry).await
}

async fn play_by(actors: Actors, target: &str, people: &str, retry: Retry) -> Played {
    let load = Load {
        rate: "200".parse().unwrap(),
        length: Duration::from_secs(1),
        spacing: Spacing::Even,
        objective: Duration::from_millis(50),
        patience: Duration::from_secs(20),
    };
    let rooms = Rooms {
        targets: vec![target.parse().unwrap()],
        people: people.parse().unwrap(),
        rooms: 3,
        room_prefix: "room-".into(),
        mix: Mix::default(),
        tokens: Tokens::None,
        actors,
        retry,
        seed: 1,
    };
    let tally = Arc::new(Tally::new(load.objective));
    run(rooms, &load, tally, &CancellationToken::new()).await.unwrap()
}

/// What was acknowledged is what the service took, by id.
fn check_ids(service: &Service, played: &Played) {
    let acked: Vec<_> = played.acked.iter().map(|acked| acked.id).collect();
    let taken = service.taken();
    assert_eq!((acked.len(), taken.len()), (200, 200), "{}", played.report);
    assert!(acked.iter().all(|id| taken.contains_key(id)));
}

#[tokio::test]
async fn each_interaction_is_sent_once_and_acknowledged() {
    let (service, target) = Service::start(Habit::Good).await;
    let played = play(&target, "20", Retry::WhenTold).await;
    check_ids(&service, &played);
    assert!(service.taken().values().all(|times| *times == 1));
    let report = played.report;
    assert_eq!((report.due, report.sent, report.acked, report.losses()), (200, 200, 200, 0), "{report}");
    assert_eq!(service.sockets.load(Ordering::Relaxed), 20);
    assert_eq!(report.crowd.unwrap().cut_off, 0);
}

#[tokio::test]
async fn what_was_not_acknowledged_is_sent_again_under_its_id() {
    let (service, target) = Service::start(Habit::Cuts).await;
    let played = play(&target, "20", Retry::WhenTold).await;
    check_ids(&service, &played);
    let crowd = played.report.crowd.unwrap();
    assert!(0 < crowd.cut_off && 0 < crowd.joined_again);
    assert!(service.taken().values().any(|times| 1 < *times));
    // Who waited for a new socket was late by it.
    assert!(0 < played.report.late);
}

#[tokio::test]
async fn who_is_told_to_go_comes_again_and_loses_nothing() {
    let (service, target) = Service::start(Habit::SaysGoodbye).await;
    let played = play(&target, "20", Retry::WhenTold).await;
    check_ids(&service, &played);
    let crowd = played.report.crowd.unwrap();
    assert!(20 <= crowd.goodbyes && 20 <= crowd.joined_again, "{crowd:?}");
}

#[tokio::test]
async fn what_is_refused_for_now_is_sent_again_where_people_do_as_told() {
    let (service, target) = Service::start(Habit::Busy).await;
    let played = play(&target, "20", Retry::WhenTold).await;
    check_ids(&service, &played);
    assert!(service.taken().values().all(|times| *times == 2));
    let (service, target) = Service::start(Habit::Busy).await;
    let report = play(&target, "20", Retry::Never).await.report;
    assert_eq!(report.refused, [("503 The service cannot take it now".into(), 200)].into(), "{report}");
    assert!(service.taken().values().all(|times| *times == 1));
}

#[tokio::test]
async fn people_come_and_go_by_their_shape_and_wait_in_line() {
    let (service, target) = Service::start(Habit::LetsWait).await;
    // Some are due while everybody still waits in line.
    let people = "5@0s,60@500ms,60@700ms,10@900ms";
    let played = play_by(Actors::Everybody, &target, people, Retry::WhenTold).await;
    check_ids(&service, &played);
    let crowd = played.report.crowd.unwrap();
    assert_eq!((service.sockets.load(Ordering::Relaxed), crowd.admission.count), (60, 60));
    assert_eq!(crowd.overtaken, 0);
}
