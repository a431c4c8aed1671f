//! How a sample that was pushed to one replica comes to all, since every replica observes every scaler: a follower
//! reports what it takes to the leader, which tells its followers; both before the client is answered. From time to time
//! a follower and the leader exchange all that was taken lately: so the leader knows who follows, and what was missed
//! while somebody was away is made up for. Hearing the same twice does no harm.

mod message;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use reqwest::Client;
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::store::{Parcel, Pushed};
use crate::{lease::Leadership, peers::Connect};
use message::{Ask, MOST_BYTES, MOST_IN_A_MESSAGE, Message, Reply};

/// Where replicas tell each other.
const SHARE_PATH: &str = "/internal/v1/signals";
/// A fellow replica answers in milliseconds; who pushes waits for it.
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);
/// Pause between two exchanges with the leader.
const EXCHANGE_EVERY: Duration = Duration::from_secs(10);
/// The pause after one that failed: an election takes 15 s at worst.
const EXCHANGE_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// A follower that was not heard of for three exchanges does not follow any more.
const FOLLOWS_FOR: Duration = Duration::from_secs(30);
/// What was taken this long before the last exchange is exchanged again: it may have been under way.
const OVERLAP: SignedDuration = SignedDuration::from_secs(60);
/// Followers at once, as many as take the board.
const MOST_FOLLOWERS: usize = crate::peers::MOST_FOLLOWERS;
/// Certificates rotate: a client is used for so long.
const CLIENT_FOR: Duration = Duration::from_secs(300);

/// How fellow replicas are reached.
pub struct Reach {
    /// Scheme and host that replicas serve under: `https://SERVICE.NAMESPACE.svc`.
    pub origin: String,
    /// Where this replica is.
    pub own: SocketAddr,
    /// A client for the replica at an address.
    pub connect: Connect,
}

/// Shares what is pushed with fellow replicas.
pub struct Sharing {
    pushed: Arc<Pushed>,
    leadership: watch::Receiver<Leadership>,
    /// `None` for a replica that is alone.
    reach: Option<Reach>,
    /// Who follows this replica, and when they last said so.
    fellows: Mutex<BTreeMap<SocketAddr, Instant>>,
    clients: Mutex<BTreeMap<SocketAddr, (Client, Instant)>>,
}

/// Why a sample is not on another replica.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct NotShared(String);

impl Sharing {
    /// Shares what comes to `pushed` with those that `reach` leads to, by who leads.
    #[must_use]
    pub fn new(pushed: Arc<Pushed>, leadership: watch::Receiver<Leadership>, reach: Reach) -> Self {
        let reach = Some(reach);
        Self { pushed, leadership, reach, fellows: Mutex::default(), clients: Mutex::default() }
    }

    /// For a replica that has no fellows.
    #[must_use]
    pub fn alone(pushed: Arc<Pushed>) -> Self {
        let leadership = watch::channel(Leadership::Leading).1;
        Self { pushed, leadership, reach: None, fellows: Mutex::default(), clients: Mutex::default() }
    }

    /// What is shared.
    #[must_use]
    pub fn pushed(&self) -> &Arc<Pushed> {
        &self.pushed
    }

    /// Has what this replica took on the leader; and, where this replica leads, on those that follow it and answer.
    pub(super) async fn share(&self, parcels: Vec<Parcel>) -> Result<(), NotShared> {
        let leadership = self.leadership.borrow().clone();
        match leadership {
            _ if parcels.is_empty() => Ok(()),
            Leadership::Leading => {
                self.tell(parcels, None).await;
                Ok(())
            }
            Leadership::Following { leader: None } => Err(NotShared("since no replica leads now".to_owned())),
            Leadership::Following { leader: Some(leader) } => {
                let reported = self.report(&leader, parcels, None).await;
                reported.map(drop).map_err(|error| {
                    warn!(leader, error = format!("{error:#}"), "leader does not take what is pushed");
                    NotShared("since the leader cannot be reached".to_owned())
                })
            }
        }
    }

    /// Exchanges with the leader, from when all scalers have been `listed`, until `shutdown`.
    pub async fn run(self: Arc<Self>, mut listed: watch::Receiver<bool>, shutdown: CancellationToken) {
        if !matches!(shutdown.run_until_cancelled(listed.wait_for(|listed| *listed)).await, Some(Ok(_))) {
            return;
        }
        let mut leadership = self.leadership.clone();
        let mut last = None::<(String, Timestamp)>;
        loop {
            let now = leadership.borrow_and_update().clone();
            let mut pause = EXCHANGE_EVERY;
            if let Leadership::Following { leader: Some(leader) } = now {
                let began = Timestamp::now();
                let since = last.take().filter(|(former, _)| *former == leader).map(|(_, since)| since);
                match self.exchange(&leader, since.unwrap_or(Timestamp::MIN)).await {
                    Ok(()) => last = Some((leader, began - OVERLAP)),
                    Err(error) => {
                        debug!(leader, error = format!("{error:#}"), "nothing exchanged with the leader");
                        pause = EXCHANGE_AGAIN_AFTER;
                    }
                }
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                changed = leadership.changed() => if changed.is_err() { return },
                () = sleep(pause) => {}
            }
        }
    }

    /// Reports to the leader what was taken since, and takes what it knows of the same time.
    async fn exchange(&self, leader: &str, since: Timestamp) -> anyhow::Result<()> {
        let mut after = None;
        loop {
            let parcels = self.pushed.parcels(since, after.as_ref(), MOST_IN_A_MESSAGE);
            after = parcels.last().map(Parcel::place);
            // The first is sent even if there is nothing to tell: it says that this replica follows.
            self.report(leader, parcels, None).await?;
            if after.is_none() {
                break;
            }
        }
        loop {
            let ask = Ask { since: since.as_millisecond(), after: after.take() };
            let Reply { parcels } = self.report(leader, Vec::new(), Some(ask)).await?;
            after = parcels.last().map(Parcel::place);
            if after.is_none() {
                return Ok(());
            }
            self.pushed.merge(parcels);
        }
    }

    async fn report(&self, leader: &str, parcels: Vec<Parcel>, ask: Option<Ask>) -> anyhow::Result<Reply> {
        let reach = self.reach.as_ref().context("this replica is alone")?;
        let place = leader.parse().with_context(|| format!("`{leader}` is no IP:PORT"))?;
        self.send(place, &Message::Report { from: reach.own, parcels, ask }).await
    }

    /// Tells those that follow, but for the one that it came from. Who does not answer follows no more, until it says so.
    async fn tell(&self, parcels: Vec<Parcel>, from: Option<SocketAddr>) {
        let fellows = self.fellows();
        let message = Message::Tell { parcels };
        let tell = fellows.into_iter().filter(|fellow| Some(*fellow) != from).map(async |fellow| {
            if let Err(error) = self.send(fellow, &message).await {
                warn!(%fellow, error = format!("{error:#}"), "follower does not take what is pushed");
                self.fellows.lock().unwrap_or_else(PoisonError::into_inner).remove(&fellow);
            }
        });
        join_all(tell).await;
    }

    async fn send(&self, to: SocketAddr, message: &Message) -> anyhow::Result<Reply> {
        let sent = timeout(ANSWERS_WITHIN, self.post(to, message)).await.context("no answer in time");
        let answered = sent.and_then(|answered| answered);
        if answered.is_err() {
            self.clients.lock().unwrap_or_else(PoisonError::into_inner).remove(&to);
        }
        answered
    }

    async fn post(&self, to: SocketAddr, message: &Message) -> anyhow::Result<Reply> {
        let reach = self.reach.as_ref().context("this replica is alone")?;
        let url = format!("{}{SHARE_PATH}", reach.origin);
        let response = self.client(reach, to)?.post(url).json(message).send().await?;
        if !response.status().is_success() {
            bail!("it answers {}", response.status());
        }
        Ok(response.json().await?)
    }

    fn client(&self, reach: &Reach, to: SocketAddr) -> anyhow::Result<Client> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        clients.retain(|_, (_, made)| made.elapsed() < CLIENT_FOR);
        if let Some((client, _)) = clients.get(&to) {
            return Ok(client.clone());
        }
        let client = (reach.connect)(to)?;
        clients.insert(to, (client.clone(), Instant::now()));
        Ok(client)
    }

    fn fellows(&self) -> Vec<SocketAddr> {
        let mut fellows = self.fellows.lock().unwrap_or_else(PoisonError::into_inner);
        fellows.retain(|_, heard| heard.elapsed() < FOLLOWS_FOR);
        fellows.keys().copied().collect()
    }

    fn note_fellow(&self, fellow: SocketAddr) {
        let mut fellows = self.fellows.lock().unwrap_or_else(PoisonError::into_inner);
        if fellows.len() < MOST_FOLLOWERS || fellows.contains_key(&fellow) {
            fellows.insert(fellow, Instant::now());
        }
    }
}

/// The route by which replicas tell each other. Admit only fellow replicas.
pub fn peer_routes(sharing: Arc<Sharing>) -> Router {
    Router::new().route(SHARE_PATH, post(hear)).layer(DefaultBodyLimit::max(MOST_BYTES)).with_state(sharing)
}

async fn hear(State(sharing): State<Arc<Sharing>>, Json(message): Json<Message>) -> Response {
    let (from, parcels, ask) = match message {
        Message::Tell { parcels } => {
            sharing.pushed.merge(parcels);
            return Json(Reply::default()).into_response();
        }
        Message::Report { from, parcels, ask } => (from, parcels, ask),
    };
    let leads = *sharing.leadership.borrow() == Leadership::Leading;
    if !leads {
        return (StatusCode::SERVICE_UNAVAILABLE, "this replica does not lead").into_response();
    }
    sharing.note_fellow(from);
    let news = sharing.pushed.merge(parcels);
    if !news.is_empty() {
        sharing.tell(news, Some(from)).await;
    }
    let parcels = ask.map(|ask| {
        let since = Timestamp::from_millisecond(ask.since).unwrap_or(Timestamp::MIN);
        sharing.pushed.parcels(since, ask.after.as_ref(), MOST_IN_A_MESSAGE)
    });
    Json(Reply { parcels: parcels.unwrap_or_default() }).into_response()
}
