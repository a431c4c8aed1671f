//! A follower takes the board from the leader, and turns to the next one when it changes. What it does not hear in the
//! meantime it does not need: its own board holds, and it observes by itself.

use std::{future::pending, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context, bail};
use reqwest::Client;
use tokio::{
    sync::{mpsc, watch},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::{
    BOARD_PATH,
    line::{Line, Lines},
};
use crate::{
    board::{Board, Notice},
    lease::Leadership,
};

/// A leader that was silent for this long is dead: three signs of life.
pub const SILENT_AFTER: Duration = Duration::from_secs(6);
/// The time for a connection with its handshake, two round trips, and the head of the answer.
const ANSWERS_WITHIN: Duration = Duration::from_secs(3);
/// The pause after a connection that was heard something on; it doubles as long as nothing is.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// A leader that comes back is followed again within this time.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A client for the replica at an address. Certificates rotate, so it is made for each connection.
pub type Connect = Arc<dyn Fn(SocketAddr) -> anyhow::Result<Client> + Send + Sync>;

/// What takes the board.
pub struct Follower {
    /// Scheme and host that replicas serve under: `https://SERVICE.NAMESPACE.svc`.
    pub origin: String,
    /// How a replica is reached.
    pub connect: Connect,
    /// Where its notices are put up.
    pub board: Arc<Board>,
    /// Who else is told of each. When it is full, the stream waits.
    pub notices: mpsc::Sender<Arc<Notice>>,
}

/// A client that speaks to the replica at `address` as `host`, by `tls`.
///
/// # Errors
///
/// The client cannot be made of `tls`.
pub fn client(tls: rustls::ClientConfig, host: &str, address: SocketAddr) -> reqwest::Result<Client> {
    Client::builder()
        .tls_backend_preconfigured(tls)
        .resolve(host, address)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(ANSWERS_WITHIN)
        .build()
}

impl Follower {
    /// Follows whoever leads until `shutdown`; while this replica leads itself, nobody.
    pub async fn run(self, mut leadership: watch::Receiver<Leadership>, shutdown: CancellationToken) {
        loop {
            let now = leadership.borrow_and_update().clone();
            tokio::select! {
                () = shutdown.cancelled() => return,
                changed = leadership.changed() => if changed.is_err() { return },
                () = self.follow(&now) => {}
            }
        }
    }

    /// Follows the leader of `now`. It does not end.
    async fn follow(&self, now: &Leadership) {
        let Leadership::Following { leader: Some(address) } = now else { return pending().await };
        let mut pause = FIRST_PAUSE;
        loop {
            let mut was_heard = false;
            match self.take_board(address, &mut was_heard).await {
                Ok(()) => debug!(leader = address, "the leader ended its stream"),
                Err(error) => {
                    warn!(leader = address, error = format!("{error:#}"), "leader cannot be followed");
                }
            }
            pause = if was_heard { FIRST_PAUSE } else { LONGEST_PAUSE.min(pause * 2) };
            sleep(pause).await;
        }
    }

    /// Takes the board until the stream ends, and says whether anything was heard.
    async fn take_board(&self, address: &str, was_heard: &mut bool) -> anyhow::Result<()> {
        let place = address.parse().with_context(|| format!("`{address}` is no IP:PORT"))?;
        let request = (self.connect)(place)?.get(format!("{}{BOARD_PATH}", self.origin)).send();
        let response = timeout(ANSWERS_WITHIN, request).await.context("no answer in time")??;
        let mut response = match response.error_for_status_ref() {
            Ok(_) => response,
            Err(_) => bail!("it answers {}", response.status()),
        };
        info!(leader = address, "following");
        let mut lines = Lines::default();
        while let Some(chunk) = timeout(SILENT_AFTER, response.chunk()).await.context("it fell silent")?? {
            for line in lines.cut(&chunk)? {
                *was_heard = true;
                self.hear(&line).await;
            }
        }
        Ok(())
    }

    /// A line that cannot be read is left out: while the controller is upgraded, its replicas may speak differently.
    async fn hear(&self, line: &[u8]) {
        match serde_json::from_slice::<Line<Notice>>(line) {
            Ok(Line::Heartbeat) => {}
            Ok(Line::Notice(notice)) => {
                self.board.publish(notice.clone());
                // Nobody left to tell: the controller ends.
                let _ = self.notices.send(Arc::new(notice)).await;
            }
            Err(error) => debug!(%error, "line of the leader cannot be read"),
        }
    }
}
