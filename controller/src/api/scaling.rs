//! How a plan may move, as people write it: lead times, risk, rates, the fallback of a silent source, queues.

use std::{borrow::Cow, str::FromStr};

use kube::KubeSchema;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::{
    WrittenDuration,
    duration::{NotADuration, PATTERN},
};

/// Time from asking for capacity to its serving.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct LeadTimeSpec {
    /// From asking for a pod to its being Ready on a node that is there: a duration, or `auto` to measure it.
    #[serde(default)]
    pub pod: LeadTime,
    /// The same where a node must be launched first. Not below that of the pod.
    #[serde(default)]
    pub node: LeadTime,
}

/// A lead time: measured from the cluster, or typed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum LeadTime {
    /// Written `auto`: measured.
    #[default]
    Auto,
    /// A duration.
    Typed(WrittenDuration),
}

impl FromStr for LeadTime {
    type Err = NotADuration;

    fn from_str(text: &str) -> Result<Self, NotADuration> {
        if text == "auto" { Ok(Self::Auto) } else { text.parse().map(Self::Typed) }
    }
}

impl TryFrom<String> for LeadTime {
    type Error = NotADuration;

    fn try_from(text: String) -> Result<Self, NotADuration> {
        text.parse()
    }
}

impl From<LeadTime> for String {
    fn from(lead_time: LeadTime) -> Self {
        match lead_time {
            LeadTime::Auto => "auto".to_owned(),
            LeadTime::Typed(duration) => duration.to_string(),
        }
    }
}

impl JsonSchema for LeadTime {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "LeadTime".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let pattern = format!("^(auto|{PATTERN})$");
        json_schema!({ "type": "string", "minLength": 2, "pattern": pattern })
    }
}

/// How much shortage is risked. Exactly one of `quantile` and `shortageToIdleCost`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.quantile) != has(self.shortageToIdleCost)")
    .message("name exactly one of quantile and shortageToIdleCost"))]
pub struct RiskSpec {
    /// The quantile of demand to provision for, between 0 and 1: 0.95 is short one time in twenty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1), extend("exclusiveMinimum" = true, "exclusiveMaximum" = true))]
    pub quantile: Option<f64>,
    /// How many times dearer a missing replica is than an idle one. A ratio r provisions for the quantile
    /// r / (1 + r): 19 is 0.95.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0), extend("exclusiveMinimum" = true))]
    pub shortage_to_idle_cost: Option<f64>,
}

impl Default for RiskSpec {
    /// Short one time in twenty: late for few, and the usual service level of the newsvendor's trade.
    fn default() -> Self {
        Self { quantile: Some(0.95), shortage_to_idle_cost: None }
    }
}

/// What happens when the demand source falls silent. Nothing ever shrinks because of silence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct FallbackSpec {
    /// How long the last plan is held once the source is stale.
    #[serde(default = "five_minutes")]
    pub hold_for: WrittenDuration,
    /// What follows when it has been held for that long.
    #[serde(default)]
    pub then: SilentThen,
    /// Age from which a sample no longer counts as observed now. Not below the step of demand. Left out, it
    /// is three steps, and 90s at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale_after: Option<WrittenDuration>,
}

impl Default for FallbackSpec {
    fn default() -> Self {
        Self { hold_for: five_minutes(), then: SilentThen::default(), stale_after: None }
    }
}

/// What follows when a silent source has been held for long enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SilentThen {
    /// Follow the last demand that was observed, at no less than the current size.
    #[default]
    Reactive,
    /// Keep the current size.
    HoldSize,
}

/// How fast replicas may change.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ScalingSpec {
    /// The fastest growth. Left out, it is unlimited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up: Option<RateSpec>,
    /// The fastest shrinking. Left out, it is unlimited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub down: Option<RateSpec>,
    /// Replicas shrink only to the most that was wanted within this time. A plan looks ahead, so this can be
    /// shorter than the five minutes of an HPA, which only looks back.
    #[serde(default = "two_minutes")]
    pub down_window: WrittenDuration,
}

impl Default for ScalingSpec {
    fn default() -> Self {
        Self { up: None, down: None, down_window: two_minutes() }
    }
}

/// A rate: the larger of a percentage and a number of pods, within any period.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RateSpec {
    /// Percent of the replicas at the start of the period.
    #[serde(default)]
    #[schemars(extend("format" = "int32"))]
    pub percent: u32,
    /// Number of pods. With `percent` left out or 0, this must be above 0.
    #[serde(default)]
    #[schemars(extend("format" = "int32"))]
    pub pods: u32,
    /// Length of the period.
    #[serde(default = "one_minute")]
    pub period: WrittenDuration,
}

/// For workloads that drain a queue: the plan has the lag it expects gone in time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DrainSpec {
    /// Time in which the expected lag must be gone.
    pub within: WrittenDuration,
    /// The partitions of the topic: more replicas than these do not help. Left out, they are those of the topic in
    /// `spec.demand`, where it names a consumer group; else nothing is limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1), extend("format" = "int32"))]
    pub partitions: Option<u32>,
    /// Let there be more replicas than partitions, for workloads that do more than to read the topic.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub beyond_partitions: bool,
}

fn one_minute() -> WrittenDuration {
    WrittenDuration::from_secs(60)
}

fn two_minutes() -> WrittenDuration {
    WrittenDuration::from_secs(120)
}

fn five_minutes() -> WrittenDuration {
    WrittenDuration::from_secs(300)
}
