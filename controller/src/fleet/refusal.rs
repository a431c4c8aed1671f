//! Scalers that do not run: their status and an event say why.

use std::{sync::Arc, time::Duration};

use tokio::{sync::mpsc::UnboundedSender, time::sleep};
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
    pub(super) fn tell_refusals(&mut self) {
        if *self.shared.role.borrow() != Role::Leading {
            return;
        }
        while let Some((key, refusal)) = self.refusals.pop_first() {
            let (shared, untold) = (Arc::clone(&self.shared), self.untold.0.clone());
            self.tasks.spawn(async move { refusal.tell(&shared, &key, &untold).await });
        }
    }
}

impl Refusal {
    async fn tell(self, shared: &Shared, key: &ScalerKey, untold: &UnboundedSender<ScalerKey>) {
        let permit = shared.writes.acquire().await.expect("it is never closed");
        if let Err(error) = shared.applier.scaler_status(key, &self.status).await {
            warn!(scaler = %key, %error, "status not written");
            drop(permit);
            sleep(PAUSE).await;
            // By then the scaler may be another, or gone: it is judged anew.
            _ = untold.send(key.clone());
            return;
        }
        let event = KubeEvent::warning(self.finding.reason, self.finding.message);
        if let Err(error) = shared.applier.emit((key, &self.uid), &event).await {
            warn!(scaler = %key, reason = event.reason, %error, "event not emitted");
        }
    }
}
