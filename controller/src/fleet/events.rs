//! The statuses of DemandEvents, looked after once a minute by whoever leads.

use std::sync::Arc;

use jiff::Timestamp;
use tracing::warn;

use super::Fleet;
use crate::{
    api::DemandEventStatus,
    board::ScalerKey,
    reconcile::EventObject,
    scaler::Role,
    status::{EventWatch, event_status, refused_event},
};

impl Fleet {
    /// Does so before its minute where an event has changed.
    pub(super) fn look_after_event_news(&mut self) {
        if self.has_event_news && self.not_listed.is_empty() {
            self.has_event_news = false;
            self.look_after_events();
        }
    }

    /// Writes the status of each event that says something else than it should.
    pub(super) fn look_after_events(&mut self) {
        if *self.shared.role.borrow() != Role::Leading {
            return;
        }
        let now = Timestamp::now();
        let registry = self.registry.read();
        let due: Vec<_> = registry
            .events()
            .map(|(object, concerned)| (object, self.status_of(object, &concerned, now)))
            .filter(|(object, status)| *status != object.status)
            .map(|(object, status)| (object.key.clone(), status))
            .collect();
        drop(registry);
        for (key, status) in due {
            // The watch would say the same a moment later.
            self.registry.write().event_written(&key, status.clone());
            self.write_event(key, status);
        }
    }

    fn status_of(&self, object: &EventObject, concerned: &[&ScalerKey], now: Timestamp) -> DemandEventStatus {
        let before = (object.generation, &object.status);
        let event = match &object.event {
            Ok(event) => event.event.as_ref(),
            Err(problems) => return refused_event(problems, before, now),
        };
        let mut watch = EventWatch::default();
        if let Some(event) = event {
            for slot in concerned.iter().filter_map(|key| self.slots.get(*key)) {
                let (uplift, peak) = slot.scaler().seen_of(event);
                watch.add(uplift, peak);
            }
        }
        event_status(event, watch, before, now)
    }

    fn write_event(&self, key: ScalerKey, status: DemandEventStatus) {
        let shared = Arc::clone(&self.shared);
        self.tasks.spawn(async move {
            let _permit = shared.writes.acquire().await.expect("it is never closed");
            if let Err(error) = shared.applier.event_status(&key, &status).await {
                warn!(event = %key, %error, "status not written");
            }
        });
    }
}
