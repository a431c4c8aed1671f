//! Rings for those who listen to one scaler when its notice changes. One task hears the board for all of them, so that a
//! thousand streams do not each look through every notice of a large fleet.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use tokio::sync::{broadcast::error::RecvError, watch};
use tokio_util::sync::CancellationToken;

use crate::board::{Board, ScalerKey};

/// Who listens to which scaler.
#[derive(Default)]
pub(super) struct Bell(Mutex<HashMap<ScalerKey, watch::Sender<()>>>);

impl Bell {
    /// Rings from now on when the notice of `key` changes.
    pub(super) fn listen(&self, key: &ScalerKey) -> watch::Receiver<()> {
        let mut listened = self.0.lock().expect("no holder panics");
        listened.entry(key.clone()).or_default().subscribe()
    }

    /// Hears the board until `shutdown`.
    pub(super) async fn ring(&self, board: Arc<Board>, shutdown: CancellationToken) {
        let mut news = board.listen();
        loop {
            let heard = tokio::select! {
                () = shutdown.cancelled() => return,
                heard = news.recv() => heard,
            };
            match heard {
                Ok(notice) => self.ring_for(&notice.key),
                Err(RecvError::Lagged(_)) => self.ring_for_all(),
                Err(RecvError::Closed) => return,
            }
        }
    }

    fn ring_for(&self, key: &ScalerKey) {
        let mut listened = self.0.lock().expect("no holder panics");
        // Nobody left to hear it: the streams of this scaler have ended.
        if listened.get(key).is_some_and(|bell| bell.send(()).is_err()) {
            listened.remove(key);
        }
    }

    fn ring_for_all(&self) {
        self.0.lock().expect("no holder panics").retain(|_, bell| bell.send(()).is_ok());
    }
}
