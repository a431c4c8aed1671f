//! Announced events: as a scaler sees them, as a calendar lists them, and as people write them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An event that concerns a scaler.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventShort {
    /// Name of the `DemandEvent`.
    pub name: String,
    /// Its class, by which uplift is learned.
    #[serde(rename = "type")]
    pub class: String,
    /// What it does.
    pub effect: EventEffect,
    /// When it starts.
    pub starts_at: Timestamp,
    /// When it ends.
    pub ends_at: Timestamp,
    /// Demand that people expect at its peak; `null` where they do not say.
    pub expected_peak: Option<f64>,
    /// Demand with events of its class over demand without, as learned; `null` before the first.
    pub learned_uplift: Option<f64>,
    /// The most demand observed during it; `null` before it.
    pub observed_peak: Option<f64>,
}

/// What an event does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum EventEffect {
    /// It moves demand.
    #[default]
    Demand,
    /// Its days have the rhythm of a weekend.
    Holiday,
    /// Nothing is learned from its time.
    Exclusion,
}

impl From<prescale_model::events::Effect> for EventEffect {
    fn from(effect: prescale_model::events::Effect) -> Self {
        use prescale_model::events::Effect;
        match effect {
            Effect::Demand => Self::Demand,
            Effect::Holiday => Self::Holiday,
            Effect::Exclusion => Self::Exclusion,
        }
    }
}

/// The calendar.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Events {
    /// When this was said.
    pub now: Timestamp,
    /// By their start.
    pub items: Vec<EventRow>,
}

/// One event of the calendar.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventRow {
    /// Its namespace.
    pub namespace: String,
    /// What a scaler sees of it.
    #[serde(flatten)]
    pub event: EventShort,
    /// IANA name of the zone that its times were written in; `null` where they have offsets.
    pub time_zone: Option<String>,
    /// Its size in its class's own unit; `null` where unknown.
    pub magnitude: Option<f64>,
    /// Probability that it happens as announced.
    pub confidence: f64,
    /// What people expect of it; `null` where they do not say.
    pub expected_demand: Option<ExpectedDemandShown>,
    /// How far it has come, such as `Announced`.
    pub phase: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its version, to be sent back with a change.
    pub resource_version: String,
    /// The scalers that plan with it, as `namespace/name`.
    pub scalers: Vec<String>,
    /// What is wrong with it, in words; `null` where nothing is.
    pub problem: Option<String>,
}

/// What people expect of an event.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExpectedDemandShown {
    /// Total demand at its peak.
    pub peak: f64,
    /// How long before the start demand begins to climb, in seconds.
    pub ramp_up_seconds: f64,
}

/// An event as people write it, with the fields of a `DemandEvent`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EventDraft {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its class, by which uplift is learned, such as `kick-off`.
    #[serde(rename = "type")]
    pub class: String,
    /// What it does.
    #[serde(default)]
    pub effect: EventEffect,
    /// When it starts: local time of `timeZone`, or with an offset.
    pub starts_at: String,
    /// When it ends, written as `startsAt`. Or say its `duration`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<String>,
    /// How long it lasts, such as `2h`. Or say when it `endsAt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<String>,
    /// IANA name of the zone of local times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Its size in its class's own unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub magnitude: Option<f64>,
    /// Probability that it happens as announced, above 0 and up to 1; 1 where it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// What is expected of it, used until the uplift of its class has been learned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_demand: Option<ExpectedDemandDraft>,
    /// Whether it has been called off. It is then kept for the record and moves nothing.
    #[serde(default)]
    pub cancelled: bool,
    /// Its labels, by which scalers select it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The version that was changed: another one's change since is then refused and not overwritten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_version: Option<String>,
}

/// What people expect of an event, as they write it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExpectedDemandDraft {
    /// Total demand at its peak, above 0.
    pub peak: f64,
    /// How long before the start demand begins to climb, such as `10m`; ten minutes where it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ramp_up: Option<String>,
}
