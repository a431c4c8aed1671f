//! One viewer of the stream: what they have seen, and what comes next for them.

use std::{collections::BTreeMap, convert::Infallible, sync::Arc, time::Duration};

use bytes::Bytes;
use futures::{Stream, stream};
use jiff::Timestamp;
use tokio::{
    sync::{broadcast, watch},
    time::{Instant, Interval, MissedTickBehavior, interval, sleep_until},
};

use super::{
    batch::Batch,
    hub::Place,
    message::{event, keep_alive, reset},
    piece::{GZIP_BEGIN, Piece},
};
use crate::{
    board::ScalerKey,
    web::{Web, door::Viewer, gallery::Since, wire::ReplayState},
};

/// A connection on which nothing comes for longer is taken for dead by proxies.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Time between two states of a replay: 4 a second.
const REPLAY_EVERY: Duration = Duration::from_millis(250);

/// A browser that lost its connection comes again after so long, in ms.
const RETRY: &str = "retry: 1000\n\n";

/// What a viewer asks for.
pub(super) struct Wish {
    pub(super) viewer: Viewer,
    /// The scaler that is told in full.
    pub(super) scaler: Option<ScalerKey>,
    /// What was last seen, as it was told.
    pub(super) since: Option<String>,
    /// Whether the stream is packed.
    pub(super) packs: bool,
}

/// One viewer.
pub(super) struct Watching {
    web: Arc<Web>,
    wish: Wish,
    batches: broadcast::Receiver<Arc<Batch>>,
    /// What the viewer has seen; `None` before the first message.
    seen_to: Option<Since>,
    /// The namespaces that changed so far, and whether they may be seen.
    seen: BTreeMap<String, bool>,
    /// The tick of the watched scaler that was told last.
    told_tick: Option<Timestamp>,
    replay: Option<watch::Receiver<Arc<ReplayState>>>,
    replay_next: Instant,
    keep_alive: Interval,
    _place: Place,
}

/// What woke a viewer.
enum News {
    Batch(Arc<Batch>),
    Replay,
    Quiet,
    /// It was too slow, or has to sign in again.
    Over,
}

impl Watching {
    /// A viewer; `None` where too many watch already.
    pub(super) fn new(web: Arc<Web>, wish: Wish) -> Option<Self> {
        let clock = Arc::clone(&web);
        let (place, batches) = web.hub.join(move || clock.now())?;
        let mut keep_alive = interval(KEEP_ALIVE);
        keep_alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let replay = web.replay.as_ref().map(|replay| replay.subscribe());
        Some(Self {
            web,
            wish,
            batches,
            seen_to: None,
            seen: BTreeMap::new(),
            told_tick: None,
            replay,
            replay_next: Instant::now(),
            keep_alive,
            _place: place,
        })
    }

    /// What is written to the viewer.
    pub(super) fn messages(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        stream::unfold(self, |mut watching| async move {
            let next = watching.next().await?;
            Some((Ok(next), watching))
        })
    }

    /// What comes next; `None` where the stream ends.
    async fn next(&mut self) -> Option<Bytes> {
        if self.seen_to.is_none() {
            let first = self.begin().await;
            let begin: &[u8] = if self.wish.packs { GZIP_BEGIN } else { &[] };
            return Some([begin, &first.bytes(self.wish.packs)].concat().into());
        }
        loop {
            let piece = match self.news().await {
                News::Batch(batch) => self.hear(&batch).await,
                News::Replay => self.tell_replay(),
                News::Quiet => keep_alive(),
                News::Over => return None,
            };
            if !piece.is_empty() {
                self.keep_alive.reset();
                return Some(piece.bytes(self.wish.packs));
            }
        }
    }

    /// What changed since the viewer was last here, and where everything is now.
    async fn begin(&mut self) -> Piece {
        let to = self.web.gallery.since();
        let since = self.wish.since.as_ref().map(|since| since.parse::<Since>());
        let missed = match since {
            None => Piece::stored(format!("id: {to}\n\n")),
            Some(since) => match since.ok().and_then(|since| self.web.gallery.changed(&since, &to)) {
                Some(changed) => {
                    let batch = Batch::new(changed, to.clone(), self.web.now());
                    self.news_of(&batch).await.unwrap_or_else(|| reset(&to))
                }
                None => reset(&to),
            },
        };
        self.seen_to = Some(to.clone());
        let scaler = self.tell_scaler(&to).await;
        Piece::joined([Piece::stored(RETRY.to_owned()), missed, scaler, self.tell_replay()].iter())
    }

    async fn news(&mut self) -> News {
        let expires = self.wish.viewer.expires_at;
        let left = expires.map(|at| at.duration_since(Timestamp::now()).max(jiff::SignedDuration::ZERO));
        let left = left.map(|left| left.unsigned_abs());
        let replay_next = self.replay_next;
        let replay = async {
            match &mut self.replay {
                Some(replay) => {
                    sleep_until(replay_next).await;
                    if replay.changed().await.is_err() {
                        std::future::pending::<()>().await;
                    }
                }
                None => std::future::pending().await,
            }
        };
        let expired = async {
            match left {
                Some(left) => tokio::time::sleep(left).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            batch = self.batches.recv() => batch.map_or(News::Over, News::Batch),
            () = replay => News::Replay,
            () = expired => News::Over,
            _ = self.keep_alive.tick() => News::Quiet,
        }
    }

    /// What of a batch is for this viewer, and their scaler if it has ticked.
    async fn hear(&mut self, batch: &Batch) -> Piece {
        let is_new = self.seen_to.as_ref().is_none_or(|seen_to| seen_to.is_before(&batch.to));
        let fleet = if is_new { self.news_of(batch).await } else { Some(Piece::default()) };
        let fleet = fleet.unwrap_or_else(|| reset(&batch.to));
        if is_new {
            self.seen_to = Some(batch.to.clone());
        }
        let scaler = self.tell_scaler(&batch.to).await;
        Piece::joined([fleet, scaler].iter())
    }

    /// What of a batch the viewer may see; `None` where what they may see is no longer what it was: rows that they have
    /// must go, or others that they do not have must come.
    async fn news_of(&mut self, batch: &Batch) -> Option<Piece> {
        let mut seen = vec![];
        let mut is_as_before = true;
        for namespace in batch.namespaces() {
            let may_see = self.wish.viewer.may_see(namespace).await;
            seen.push(may_see);
            match self.seen.get_mut(namespace) {
                Some(before) if *before == may_see => {}
                Some(before) => {
                    *before = may_see;
                    is_as_before = false;
                }
                None => drop(self.seen.insert(namespace.to_owned(), may_see)),
            }
        }
        is_as_before.then(|| batch.message(&seen))
    }

    /// The scaler that is watched, if it has ticked since it was told last.
    async fn tell_scaler(&mut self, id: &Since) -> Piece {
        let Some(key) = &self.wish.scaler else { return Piece::default() };
        let Some(hung) = self.web.gallery.hung(key) else { return Piece::default() };
        let ticked_at = hung.lock().ticked_at();
        if self.told_tick == Some(ticked_at) || !self.wish.viewer.may_see(&key.namespace).await {
            return Piece::default();
        }
        self.told_tick = Some(ticked_at);
        let view = self.web.gallery.view(key);
        view.map_or_else(Piece::default, |view| Piece::new(event(id, "scaler", &view)))
    }

    fn tell_replay(&mut self) -> Piece {
        let (Some(replay), Some(id)) = (&mut self.replay, &self.seen_to) else { return Piece::default() };
        self.replay_next = Instant::now() + REPLAY_EVERY;
        let state = Arc::clone(&replay.borrow_and_update());
        Piece::stored(event(id, "replay", &*state))
    }
}
