//! Where viewers come together: as long as somebody watches, it looks once a second for what changed.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use tokio::{
    sync::broadcast,
    time::{MissedTickBehavior, interval},
};

use super::batch::Batch;
use crate::web::gallery::{Gallery, Since};

/// Time between two messages.
const EVERY: Duration = Duration::from_secs(1);
/// Seconds that a viewer may be behind before it is dropped, and has to come again.
pub(super) const MOST_BEHIND: usize = 16;
/// Viewers at once: five times as many as are expected, each a connection and some KiB.
const MOST_VIEWERS: usize = 1_000;

/// Where viewers come together.
pub(in crate::web) struct Hub {
    gallery: Arc<Gallery>,
    batches: broadcast::Sender<Arc<Batch>>,
    pub(super) viewers: AtomicUsize,
    is_running: Mutex<bool>,
}

/// A viewer's place; free again when it is dropped.
pub(super) struct Place(Arc<Hub>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.viewers.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Hub {
    pub(in crate::web) fn new(gallery: Arc<Gallery>) -> Self {
        let batches = broadcast::channel(MOST_BEHIND).0;
        Self { gallery, batches, viewers: AtomicUsize::default(), is_running: Mutex::default() }
    }

    /// A place for one more viewer, if there is one. `now` is asked at each look.
    pub(super) fn join(
        self: &Arc<Self>,
        now: impl Fn() -> Timestamp + Send + 'static,
    ) -> Option<(Place, broadcast::Receiver<Arc<Batch>>)> {
        let before = self.viewers.fetch_add(1, Ordering::SeqCst);
        let place = Place(Arc::clone(self));
        if MOST_VIEWERS <= before {
            return None;
        }
        let batches = self.batches.subscribe();
        let mut is_running = self.is_running.lock().expect("no holder panics");
        if !*is_running {
            *is_running = true;
            // From now on: a viewer who joins is told what is newer than this.
            let since = self.gallery.since();
            tokio::spawn(Arc::clone(self).run(since, now));
        }
        Some((place, batches))
    }

    /// Batches that are kept for viewers who are behind.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.batches.len()
    }

    /// Looks for what changed as long as somebody watches.
    async fn run(self: Arc<Self>, mut since: Since, now: impl Fn() -> Timestamp) {
        let mut ticker = interval(EVERY);
        ticker.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticker.tick().await;
        loop {
            ticker.tick().await;
            {
                let mut is_running = self.is_running.lock().expect("no holder panics");
                if self.viewers.load(Ordering::SeqCst) == 0 {
                    *is_running = false;
                    return;
                }
            }
            let to = self.gallery.since();
            let changed = self.gallery.changed(&since, &to).unwrap_or_default();
            // One without changes is sent too: viewers look for their scaler at each.
            let _ = self.batches.send(Arc::new(Batch::new(changed, to.clone(), now())));
            since = to;
        }
    }
}
