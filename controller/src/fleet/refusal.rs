//! Scalers that do not run: their status and an event say why.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{Fleet, Shared};
use crate::{
    api::PredictiveScalerStatus,
    board::ScalerKey,
    scaler::{KubeEvent, Role},
    status::Finding,
};

/// Pause before it is tried again to tell of a scaler, beyond the retries of a write.
const PAUSE: Duration = Duration::from_secs(5);

/// A scaler that does not run, and what is to be said of it.
pub(super) struct Refusal {
    pub(super) uid: Arc<str>,
    pub(super) finding: Finding,
    pub(super) status: PredictiveScalerStatus,
}

impl Fleet {
    /// Says in status and event what does not run, and why. A follower keeps it until it leads.
    pub(super) fn tell_refusals(&mut self, shutdown: &CancellationToken) {
        if *self.shared.role.borrow() != Role::Leading {
            return;
        }
        while let Some((key, refusal)) = self.refusals.pop_first() {
            let (shared, untold, shutdown) =
                (Arc::clone(&self.shared), self.untold.0.clone(), shutdown.clone());
            self.tasks.spawn(async move {
                if !refusal.tell(&shared, &key).await
                    && shutdown.run_until_cancelled(sleep(PAUSE)).await.is_some()
                {
                    // By now the scaler may be another, or gone: it is judged anew.
                    _ = untold.send(key);
                }
            });
        }
    }
}

impl Refusal {
    /// Whether the status could be written; an event that could not be is lost.
    async fn tell(self, shared: &Shared, key: &ScalerKey) -> bool {
        let _permit = shared.writes.acquire().await.expect("it is never closed");
        if let Err(error) = shared.applier.scaler_status(key, &self.status).await {
            warn!(scaler = %key, %error, "status not written");
            return false;
        }
        let event = KubeEvent::warning(self.finding.reason, self.finding.message);
        if let Err(error) = shared.applier.emit((key, &self.uid), &event).await {
            warn!(scaler = %key, reason = event.reason, %error, "event not emitted");
        }
        true
    }
}
