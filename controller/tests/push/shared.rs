//! What is pushed to one replica comes to all, on the loopback, without TLS: who may tell is not this test's matter.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::serve;
use prescale_controller::{
    lease::Leadership,
    push::{Pushed, Reach, Sharing, peer_routes},
};
use tokio::{
    net::TcpListener,
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use super::world::{FEEDER, Got, JOINS, JSON, World, scalers};

const PATIENCE: Duration = Duration::from_secs(20);

/// A replica of the controller, as far as signals go.
struct Replica {
    world: World,
    leadership: watch::Sender<Leadership>,
    address: SocketAddr,
    server: JoinHandle<()>,
    shutdown: CancellationToken,
}

impl Replica {
    async fn start(leadership: Leadership) -> Self {
        let pushed = Arc::new(Pushed::open());
        scalers().iter().for_each(|scaler| pushed.declare(scaler));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connect =
            |address| Ok(reqwest::Client::builder().resolve("fellow.test", address).no_proxy().build()?);
        let reach = Reach { origin: "http://fellow.test".into(), own: address, connect: Arc::new(connect) };
        let (leadership, hear) = watch::channel(leadership);
        let sharing = Arc::new(Sharing::new(Arc::clone(&pushed), hear, reach));
        let shutdown = CancellationToken::new();
        let (_, listed) = watch::channel(true);
        tokio::spawn(Arc::clone(&sharing).run(listed, shutdown.clone()));
        let routes = peer_routes(Arc::clone(&sharing));
        let server = tokio::spawn(async { serve(listener, routes).await.unwrap() });
        Self { world: World::of(pushed, sharing), leadership, address, server, shutdown }
    }

    async fn following(leader: &Self) -> Self {
        Self::start(at(leader.address)).await
    }

    async fn push(&self, value: u32) -> Got {
        self.world.post(JOINS, &[FEEDER, JSON], format!("{{\"value\": {value}}}")).await
    }

    fn newest(&self) -> Option<f64> {
        self.world.newest("gateway", "queue-joins").ok()
    }

    /// Waits until this replica knows the value.
    async fn comes_to(&self, value: f64) {
        let begun = Instant::now();
        while self.newest() != Some(value) {
            assert!(begun.elapsed() < PATIENCE, "never {value}: {:?}", self.newest());
            sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.shutdown.cancel();
        self.server.abort();
    }
}

fn at(address: SocketAddr) -> Leadership {
    Leadership::Following { leader: Some(address.to_string()) }
}

#[tokio::test]
async fn what_a_follower_takes_is_on_the_leader_and_on_the_other_follower_before_it_is_acknowledged() {
    let leader = Replica::start(Leadership::Leading).await;
    assert_eq!(leader.push(1).await.code, 200);
    let (one, other) = (Replica::following(&leader).await, Replica::following(&leader).await);
    // Both have exchanged with the leader once it knows them.
    one.comes_to(1.0).await;
    other.comes_to(1.0).await;
    assert_eq!(one.push(2).await.code, 200);
    assert_eq!((leader.newest(), other.newest()), (Some(2.0), Some(2.0)));
    assert_eq!(leader.push(3).await.code, 200);
    assert_eq!((one.newest(), other.newest()), (Some(3.0), Some(3.0)));
}

#[tokio::test]
async fn without_a_leader_nothing_is_acknowledged_and_nothing_is_lost() {
    let alone = Replica::start(Leadership::Following { leader: None }).await;
    let got = alone.push(1).await;
    let problem = got.problem(503);
    let words = "taken by this replica of the controller alone, since no replica leads now: push again";
    assert_eq!(
        (problem["detail"].as_str().unwrap(), &got.headers["retry-after"]),
        (words, &"5".parse().unwrap())
    );
    let leader = Replica::start(Leadership::Leading).await;
    alone.leadership.send_replace(at(leader.address));
    leader.comes_to(1.0).await;
    assert_eq!(alone.push(2).await.code, 200);
    assert_eq!(leader.newest(), Some(2.0));
}

#[tokio::test]
async fn one_that_does_not_lead_takes_no_reports() {
    let other = Replica::start(Leadership::Following { leader: None }).await;
    let follower = Replica::following(&other).await;
    let problem = follower.push(1).await.problem(503);
    assert!(problem["detail"].as_str().unwrap().contains("the leader cannot be reached"), "{problem}");
    assert_eq!(other.newest(), None);
}

#[tokio::test]
async fn a_follower_that_died_holds_nobody_up_for_long() {
    let leader = Replica::start(Leadership::Leading).await;
    leader.push(1).await;
    let follower = Replica::following(&leader).await;
    follower.comes_to(1.0).await;
    drop(follower);
    let begun = Instant::now();
    assert_eq!(leader.push(2).await.code, 200);
    assert_eq!(leader.push(3).await.code, 200);
    assert!(begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
}
