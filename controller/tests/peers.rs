//! Followers and leaders on the loopback, without TLS: who may ask is not their matter.
#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use prescale_controller::{
    board::{Board, Notice, ScalerKey},
    lease::Leadership,
    peers::{BOARD_PATH, Follower, MOST_FOLLOWERS, SILENT_AFTER, router},
};
use prescale_model::{Driver, Plan, Reason, lead_time::LeadTime};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::{mpsc, watch},
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

const PATIENCE: Duration = Duration::from_secs(20);

/// A replica that others can follow.
struct Leader {
    board: Arc<Board>,
    leadership: watch::Sender<Leadership>,
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl Leader {
    async fn start() -> Self {
        let (board, (leadership, hear)) = (Arc::<Board>::default(), watch::channel(Leadership::Leading));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, routes) = (listener.local_addr().unwrap(), router(Arc::clone(&board), hear));
        let server = tokio::spawn(async { axum::serve(listener, routes).await.unwrap() });
        Self { board, leadership, address, server }
    }

    async fn get(&self) -> reqwest::Response {
        reqwest::get(format!("http://{}{BOARD_PATH}", self.address)).await.unwrap()
    }
}

/// A replica that follows.
struct Following {
    board: Arc<Board>,
    leadership: watch::Sender<Leadership>,
    notices: mpsc::Receiver<Arc<Notice>>,
    shutdown: CancellationToken,
}

impl Following {
    fn start(address: SocketAddr) -> Self {
        let (board, (leadership, hear)) = (Arc::<Board>::default(), watch::channel(at(address)));
        let (send, notices) = mpsc::channel(10_000);
        let follower = Follower {
            origin: "http://leader.test".into(),
            connect: Arc::new(|address| {
                Ok(reqwest::Client::builder().resolve("leader.test", address).no_proxy().build()?)
            }),
            board: Arc::clone(&board),
            notices: send,
        };
        let shutdown = CancellationToken::new();
        tokio::spawn(follower.run(hear, shutdown.clone()));
        Self { board, leadership, notices, shutdown }
    }

    async fn hears(&mut self) -> Notice {
        let heard = timeout(PATIENCE, self.notices.recv()).await.expect("it hears nothing");
        Notice::clone(&heard.unwrap())
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

fn at(address: SocketAddr) -> Leadership {
    Leadership::Following { leader: Some(address.to_string()) }
}

fn notice(name: &str, replicas: u32) -> Notice {
    let lead_time = LeadTime { pod: SignedDuration::from_secs(20), node: SignedDuration::from_secs(130) };
    let driver = Driver::Observed { demand: 900.0 };
    let reason =
        Reason { driver, capacity: None, wanted: replicas, replicas, limit: None, withheld: None, going: 0 };
    let plan = Plan {
        made_at: Timestamp::from_second(1_780_000_000 + i64::from(replicas)).unwrap(),
        replicas,
        headroom: 0,
        demand: Some(900.0),
        observed: None,
        lead_time,
        late: None,
        reason,
    };
    let hold_for = SignedDuration::from_mins(5);
    Notice { key: ScalerKey::new("live", name), plan, forecast: Some(1_200.5), lag: None, hold_for }
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "never: {what}");
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_follower_takes_what_hangs_there_and_then_each_notice() {
    let leader = Leader::start().await;
    leader.board.publish(notice("gateway", 4));
    let mut follower = Following::start(leader.address);
    assert_eq!(follower.hears().await, notice("gateway", 4));
    leader.board.publish(notice("gateway", 5));
    leader.board.publish(notice("checkout", 2));
    assert_eq!(follower.hears().await, notice("gateway", 5));
    assert_eq!(follower.hears().await, notice("checkout", 2));
    let known = follower.board.notice(&ScalerKey::new("live", "gateway")).unwrap();
    assert_eq!(*known, notice("gateway", 5));
}

#[tokio::test]
async fn a_follower_that_fell_behind_gets_the_whole_board() {
    let leader = Leader::start().await;
    leader.board.publish(notice("first", 1));
    let mut follower = Following::start(leader.address);
    follower.hears().await;
    // More than the news hold, before anybody has a chance to read them.
    for number in 0..6_000 {
        leader.board.publish(notice(&format!("scaler-{number}"), 3));
    }
    until("all are there", || follower.board.notices().len() == 6_001).await;
}

#[tokio::test]
async fn a_leader_that_dies_is_left_for_the_next() {
    let (first, second) = (Leader::start().await, Leader::start().await);
    first.board.publish(notice("gateway", 4));
    second.board.publish(notice("gateway", 7));
    let mut follower = Following::start(first.address);
    assert_eq!(follower.hears().await.plan.replicas, 4);
    first.server.abort();
    follower.leadership.send(at(second.address)).unwrap();
    assert_eq!(follower.hears().await.plan.replicas, 7);
    assert_eq!(follower.board.notices().len(), 1);
}

#[tokio::test]
async fn a_replica_that_stops_leading_ends_its_streams_and_takes_no_more_followers() {
    let leader = Leader::start().await;
    let mut stream = leader.get().await;
    assert_eq!(stream.status(), 200);
    leader.leadership.send(Leadership::Following { leader: None }).unwrap();
    let ends = async { while stream.chunk().await.unwrap().is_some() {} };
    timeout(PATIENCE, ends).await.expect("the stream goes on");
    assert_eq!(leader.get().await.status(), 503);
}

#[tokio::test]
async fn a_leader_that_falls_silent_is_asked_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut follower = Following::start(listener.local_addr().unwrap());
    let begun = Instant::now();
    let (mut silent, _) = timeout(PATIENCE, listener.accept()).await.unwrap().unwrap();
    let line = serde_json::to_string(&serde_json::json!({"notice": notice("gateway", 4)})).unwrap();
    let answer = format!("HTTP/1.1 200 OK\r\n\r\ngarbage\n{{\"poem\":{{}}}}\n{line}\n");
    let asked = silent.read(&mut [0; 4096]).await.unwrap();
    assert_ne!(asked, 0);
    silent.write_all(answer.as_bytes()).await.unwrap();
    assert_eq!(follower.hears().await, notice("gateway", 4));
    timeout(PATIENCE, listener.accept()).await.expect("it is not asked again").unwrap();
    assert!(SILENT_AFTER <= begun.elapsed(), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn followers_are_bounded_in_number_and_leave_their_place() {
    let leader = Leader::start().await;
    let mut streams = vec![];
    for _ in 0..MOST_FOLLOWERS {
        streams.push(leader.get().await);
    }
    assert!(streams.iter().all(|stream| stream.status() == 200));
    assert_eq!(leader.get().await.status(), 503);
    drop(streams);
    let begun = Instant::now();
    while leader.get().await.status() != 200 {
        assert!(begun.elapsed() < PATIENCE, "no place is left");
        sleep(Duration::from_millis(100)).await;
    }
}
