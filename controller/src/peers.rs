//! How followers come by the leader's board: they read it as a stream of lines, first all that hangs there, then each
//! notice as it is made. The leader tells by [`router`], a follower takes by [`Follower`].

mod follow;
mod line;

use std::{convert::Infallible, sync::Arc, time::Duration, vec};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use futures::stream;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, broadcast, watch},
    time::{Interval, interval},
};

pub use follow::{Connect, Follower, SILENT_AFTER, client};

use crate::{
    board::{Board, Notice},
    lease::Leadership,
};

/// Where a replica that leads tells its board.
pub const BOARD_PATH: &str = "/internal/v1/board";
/// Followers at once: two or three as a rule, twice that while a Deployment is rolled, and room for connections of
/// replicas that died and are not missed yet.
pub const MOST_FOLLOWERS: usize = 16;
/// Pause between two signs of life: a follower misses a dead leader after three.
pub const HEARTBEAT_EVERY: Duration = Duration::from_secs(2);
/// Notices in one write: at about 600 bytes each, 38 KiB.
const MOST_IN_A_WRITE: usize = 64;

/// What is told to followers.
#[derive(Clone)]
struct Leader {
    board: Arc<Board>,
    leadership: watch::Receiver<Leadership>,
    places: Arc<Semaphore>,
}

/// The route that followers read. It tells whoever asks: admit only fellow replicas, and set no time limit on it. A
/// stream ends when this replica does not lead any more.
pub fn router(board: Arc<Board>, leadership: watch::Receiver<Leadership>) -> Router {
    let leader = Leader { board, leadership, places: Arc::new(Semaphore::new(MOST_FOLLOWERS)) };
    Router::new().route(BOARD_PATH, get(tell)).with_state(leader)
}

async fn tell(State(leader): State<Leader>) -> Response {
    if !leads(&leader.leadership) {
        return (StatusCode::SERVICE_UNAVAILABLE, "this replica does not lead").into_response();
    }
    let Ok(place) = leader.places.try_acquire_owned() else {
        let refusal = format!("{MOST_FOLLOWERS} followers are told already");
        return (StatusCode::SERVICE_UNAVAILABLE, refusal).into_response();
    };
    let telling = Telling::new(leader.board, leader.leadership, place);
    let lines = stream::unfold(telling, |mut telling| async {
        let lines = telling.next().await?;
        Some((Ok::<_, Infallible>(lines), telling))
    });
    ([(CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)).into_response()
}

fn leads(leadership: &watch::Receiver<Leadership>) -> bool {
    *leadership.borrow() == Leadership::Leading
}

/// What one follower is being told. A slow one is behind by its place in the news, and by the board at most.
struct Telling {
    board: Arc<Board>,
    news: broadcast::Receiver<Arc<Notice>>,
    leadership: watch::Receiver<Leadership>,
    untold: vec::IntoIter<Arc<Notice>>,
    heartbeats: Interval,
    _place: OwnedSemaphorePermit,
}

impl Telling {
    fn new(board: Arc<Board>, leadership: watch::Receiver<Leadership>, place: OwnedSemaphorePermit) -> Self {
        // Listens before it looks, so that no notice falls between.
        let news = board.listen();
        let untold = board.notices().into_iter();
        Self { board, news, leadership, untold, heartbeats: interval(HEARTBEAT_EVERY), _place: place }
    }

    /// The next lines; `None` once this replica does not lead any more.
    async fn next(&mut self) -> Option<Bytes> {
        while leads(&self.leadership) {
            let untold: Vec<_> = self.untold.by_ref().take(MOST_IN_A_WRITE).collect();
            if !untold.is_empty() {
                return Some(untold.iter().flat_map(|notice| line::notice(notice)).collect());
            }
            tokio::select! {
                changed = self.leadership.changed() => changed.ok()?,
                news = self.news.recv() => match news {
                    Ok(notice) => return Some(line::notice(&notice).into()),
                    Err(broadcast::error::RecvError::Lagged(_)) => self.untold = self.board.notices().into_iter(),
                    Err(broadcast::error::RecvError::Closed) => return None,
                },
                _ = self.heartbeats.tick() => return Some(line::heartbeat().into()),
            }
        }
        None
    }
}
