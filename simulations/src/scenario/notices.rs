//! What a user should know before a run, since the result would not tell: words of the scaler that the recording
//! or the world does not answer.

use prescale_model::CapacitySettings;

use super::{Calendar, Scenario};
use crate::world::WorkloadSettings;

impl Scenario {
    /// What a user should know before the run, a sentence each; most scenarios have none.
    #[must_use]
    pub fn notices(&self) -> Vec<String> {
        let notices =
            [self.unheard_events(), self.absent_signals(), self.unlike_work(), self.unlike_objective()];
        notices.into_iter().flatten().collect()
    }

    /// A calendar that concerns nobody.
    fn unheard_events(&self) -> Option<String> {
        let is_unheard = !self.calendar.is_empty() && self.announced().is_empty();
        is_unheard.then(|| match (self.written.calendar, &self.scaler.events) {
            (Calendar::Ignored, _) => "calendar = \"ignored\": Prescale is told of no event".into(),
            (Calendar::Announced, Some(_)) => format!(
                "spec.events of {} selects none of the recording's {} events: Prescale is told of none",
                self.scaler.name,
                self.calendar.len()
            ),
            (Calendar::Announced, None) => format!(
                "{} has no spec.events, so Prescale is told of none of the recording's {} events: \
                 `events: {{selector: {{}}}}` selects all",
                self.scaler.name,
                self.calendar.len()
            ),
        })
    }

    /// Signals that run ahead in the cluster, and are not there to replay.
    fn absent_signals(&self) -> Option<String> {
        let recorded = |name: &&str| self.recording.named(name).is_some();
        let named = self.settings().signals.iter().map(|signal| signal.name.as_str());
        let absent: Vec<&str> = named.filter(|name| !recorded(name)).collect();
        let has: Vec<&str> = self.recording.meta.signals.keys().map(String::as_str).collect();
        (!absent.is_empty()).then(|| {
            format!(
                "spec.signals {} of {} cannot be replayed, since the recording only has {}",
                absent.join(", "),
                self.scaler.name,
                has.join(", ")
            )
        })
    }

    /// A queue that is not drained, or requests that are taken for a queue.
    fn unlike_work(&self) -> Option<String> {
        match (&self.written.world.workload, self.settings().drain.is_some()) {
            (WorkloadSettings::Queue(_), false) => Some(format!(
                "world.workload is a queue, and {} has no spec.drain: its plans take no lag into account",
                self.scaler.name
            )),
            (WorkloadSettings::Requests(_), true) => Some(format!(
                "{} has spec.drain, and world.workload is no queue: write kind = \"queue\" for a consumer group",
                self.scaler.name
            )),
            (WorkloadSettings::Queue(_), true) | (WorkloadSettings::Requests(_), false) => None,
        }
    }

    /// A latency that the world does not have, or an objective that it does not judge by.
    fn unlike_objective(&self) -> Option<String> {
        let CapacitySettings::Learned { objective, .. } = self.settings().capacity else { return None };
        match &self.written.world.workload {
            WorkloadSettings::Queue(_) => Some(format!(
                "{} has spec.capacity.learn, and world.workload is a queue, whose latency is not simulated: \
                 nothing is learned",
                self.scaler.name
            )),
            WorkloadSettings::Requests(service) => (service.objective != objective).then(|| {
                format!(
                    "spec.capacity.learn.latencyObjective {objective:#} of {} is not world.workload.objective {:#}",
                    self.scaler.name, service.objective
                )
            }),
        }
    }
}
