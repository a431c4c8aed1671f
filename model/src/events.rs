//! Announced events: something with a start and a size that moves demand.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::forecast::sound;

pub mod clock;
pub mod pool;
pub mod tracker;
pub mod uplift;

/// One announced event, checked: it ends after it starts, and its numbers are finite and not negative.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Name of the `DemandEvent`.
    pub name: String,
    /// Its class, by which uplift is learned: `kick-off`, `on-sale`, `campaign`.
    pub class: String,
    /// What it does.
    #[serde(default)]
    pub effect: Effect,
    /// When it starts.
    pub starts_at: Timestamp,
    /// When it ends.
    pub ends_at: Timestamp,
    /// Its size in the class's own unit (tickets, recipients, viewers); `None` where unknown.
    pub magnitude: Option<f64>,
    /// Probability that it happens as announced, within (0, 1].
    pub confidence: f64,
    /// What people expect of it, used until the uplift of its class has been learned.
    pub expected: Option<ExpectedDemand>,
}

/// What an event does to a series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// It moves demand.
    #[default]
    Demand,
    /// It makes its days ones on which people do not work, with the rhythm of a weekend.
    Holiday,
    /// Nothing is learned from its time: a load test, an outage, a migration.
    Exclusion,
}

impl Event {
    /// Whether it is as it should be, and its times can be computed with.
    pub(crate) fn is_sound(&self) -> bool {
        let is_expected = |expected: ExpectedDemand| {
            sound::is_demand(expected.peak) && sound::is_duration(expected.ramp_up)
        };
        sound::is_time(self.starts_at)
            && sound::is_time(self.ends_at)
            && self.starts_at < self.ends_at
            && self.magnitude.is_none_or(sound::is_demand)
            && 0.0 < self.confidence
            && self.confidence <= 1.0
            && self.expected.is_none_or(is_expected)
    }

    /// Whether a moment lies in it.
    #[must_use]
    pub fn holds(&self, at: Timestamp) -> bool {
        self.starts_at < at && at <= self.ends_at
    }
}

/// What people expect of an event.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExpectedDemand {
    /// Total demand at its peak, in the unit of the demand signal.
    pub peak: f64,
    /// How long before the start demand begins to climb to the peak: it is reached at the start.
    pub ramp_up: SignedDuration,
}
