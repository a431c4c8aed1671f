//! The `DemandEvent`, as people write it: an announced start and size that moves demand. A calendar of a
//! recording (`events.yaml`) is a file of these.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{CustomResource, KubeSchema};
use prescale_model::events::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{WrittenDuration, moment};

/// An announced start and size that moves demand.
#[expect(clippy::duplicated_attributes, reason = "each printer column has a type of its own")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, CustomResource, KubeSchema)]
#[kube(
    group = "prescale.dev",
    version = "v1alpha1",
    kind = "DemandEvent",
    plural = "demandevents",
    shortname = "devent",
    namespaced,
    status = "DemandEventStatus",
    derive = "PartialEq",
    doc = "An announced event that moves demand: an on-sale, a kick-off, a campaign.",
    printcolumn(name = "Type", type_ = "string", json_path = ".spec.type"),
    printcolumn(name = "Start", type_ = "string", json_path = ".spec.startsAt"),
    printcolumn(name = "Zone", type_ = "string", json_path = ".spec.timeZone"),
    printcolumn(name = "Phase", type_ = "string", json_path = ".status.phase"),
    printcolumn(name = "Uplift", type_ = "number", json_path = ".status.learnedUplift"),
    printcolumn(name = "Peak", type_ = "number", json_path = ".status.observedPeak")
)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.endsAt) != has(self.duration)")
    .message("name exactly one of endsAt and duration"))]
pub struct DemandEventSpec {
    /// Its class, by which uplift is learned, such as `kick-off`, `on-sale` or `campaign`.
    #[serde(rename = "type")]
    #[schemars(regex(pattern = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"), length(min = 1, max = 63))]
    pub class: String,
    /// What it does. `Demand` moves demand. A `Holiday` gives its days the rhythm of a weekend. Of the time of an
    /// `Exclusion` nothing is learned: a load test, an outage, a migration.
    #[serde(default)]
    pub effect: EffectSpec,
    /// When it starts: local time of `timeZone`, such as `2026-07-07T19:00:00`, or with an offset, such as
    /// `2026-07-07T19:00:00+02:00`. A local time that the clocks skip or show twice is refused; an offset
    /// says which one is meant.
    #[schemars(regex(pattern = moment::PATTERN))]
    pub starts_at: String,
    /// IANA name of the zone of local times, such as `Europe/Paris`. Not needed beside offsets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// When it ends, written as `startsAt`. Or say its `duration`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = moment::PATTERN))]
    pub ends_at: Option<String>,
    /// How long it lasts. Or say when it `endsAt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<WrittenDuration>,
    /// Its size in its type's own unit: tickets, recipients, expected viewers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub magnitude: Option<f64>,
    /// Probability that it happens as announced, above 0 and up to 1.
    #[serde(default = "certain")]
    #[schemars(range(min = 0, max = 1), extend("exclusiveMinimum" = true))]
    pub confidence: f64,
    /// What is expected of it, used until the uplift of its type has been learned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_demand: Option<ExpectedDemandSpec>,
    /// Whether it has been called off. It is then kept for the record and moves nothing.
    #[serde(default)]
    pub cancelled: bool,
}

/// What an event does to a series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum EffectSpec {
    /// It moves demand.
    #[default]
    Demand,
    /// People do not work: its days have the rhythm of a weekend.
    Holiday,
    /// Nothing is learned from its time.
    Exclusion,
}

impl From<EffectSpec> for Effect {
    fn from(effect: EffectSpec) -> Self {
        match effect {
            EffectSpec::Demand => Self::Demand,
            EffectSpec::Holiday => Self::Holiday,
            EffectSpec::Exclusion => Self::Exclusion,
        }
    }
}

/// What is expected of an event.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExpectedDemandSpec {
    /// Total demand at its peak, in the unit of the scaler's demand.
    #[schemars(range(min = 0), extend("exclusiveMinimum" = true))]
    pub peak: f64,
    /// How long before the start demand begins to climb: the peak is reached at the start.
    #[serde(default = "ten_minutes")]
    pub ramp_up: WrittenDuration,
}

/// What the controller reports.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DemandEventStatus {
    /// The generation of the spec that this status speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// How far it has come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<EventPhase>,
    /// Demand of events of this type relative to demand without one, as learned: 3 is three times. Where it concerns
    /// several scalers, this is the largest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learned_uplift: Option<f64>,
    /// The most demand that was observed during it. Where it concerns several scalers, this is the largest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_peak: Option<f64>,
    /// `Ready` says whether scalers plan with it, and what is wrong with it if not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,
}

/// How far an event has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum EventPhase {
    /// It lies ahead.
    Announced,
    /// It has started and not ended.
    Underway,
    /// It is over, and what it moved has been observed.
    Observed,
    /// It is over, and no demand was observed during it.
    Passed,
    /// It has been called off.
    Cancelled,
}

fn certain() -> f64 {
    1.0
}

/// Short enough to start no replica an hour early, long enough for any node to launch.
fn ten_minutes() -> WrittenDuration {
    WrittenDuration::from_secs(600)
}
