//! What a scaler runs on: settings that have been checked. What people write is another type
//! (`PredictiveScaler`), and only its `check` makes this one, so nothing here needs a second look.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// Everything that one scaler's decisions depend on, beside what it observes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// What the plan may touch.
    pub mode: Mode,
    /// The least and most replicas.
    pub limits: Limits,
    /// Even step of the demand series. Forecasts have one value a step.
    pub step: SignedDuration,
    /// What one replica serves.
    pub capacity: CapacitySettings,
    /// Names of the leading signals, in the order of the user's list.
    pub signals: Vec<String>,
    /// Lead times typed by the user; `None` is measured.
    pub lead_time: LeadTimeSettings,
    /// Quantile of demand to provision for, within (0, 1).
    pub risk: f64,
    /// How far past the lead time a plan looks, so that what was started is not given back at once.
    pub hold: SignedDuration,
    /// Whether node room is kept ahead of pods.
    pub headroom: bool,
    /// What happens when the demand source falls silent.
    pub fallback: Fallback,
    /// How fast replicas may change.
    pub rates: Rates,
    /// For workloads that drain a queue; `None` where requests are served as they come.
    pub drain: Option<Drain>,
    /// The laws of the HPA between our metric and the replicas.
    pub hpa: HpaLaws,
}

/// What a plan may touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// Plans are made and shown; the metric answers what is observed, and nothing is touched.
    Shadow,
    /// The metric answers the plan's demand to serve, and headroom is set.
    Active,
    /// Observed demand only, no plans.
    Paused,
}

/// Demand that one replica serves within its latency objective, in the unit of the demand signal.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum CapacitySettings {
    /// The user knows it.
    Given {
        /// Above 0.
        per_replica: f64,
    },
    /// It is learned from load and latency.
    Learned {
        /// What a quantile of latency must stay within; above 0.
        objective: SignedDuration,
        /// What is assumed until enough was seen, above 0; `None` keeps the size until a replica was seen at work.
        start_with: Option<f64>,
    },
}

/// The least and most replicas, `1 ≤ min ≤ max`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// The least.
    pub min: u32,
    /// The most.
    pub max: u32,
}

/// Lead times typed by the user; `None` is measured from the cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadTimeSettings {
    /// From asking for a pod to its being Ready, on a node that is there.
    pub pod: Option<SignedDuration>,
    /// From asking for a pod to its being Ready, on a node that must be launched first.
    pub node: Option<SignedDuration>,
}

/// What happens when the demand source falls silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fallback {
    /// Age from which a demand sample no longer counts as observed now.
    pub stale_after: SignedDuration,
    /// How long the last plan is held once the source is stale.
    pub hold_for: SignedDuration,
    /// What follows.
    pub then: SilentThen,
}

/// What follows when a silent source has been held for long enough. Neither shrinks anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SilentThen {
    /// Follow the last demand that was observed, at no less than the current size.
    Reactive,
    /// Keep the current size.
    HoldSize,
}

/// How fast replicas may change, both ways.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rates {
    /// The fastest growth; `None` is unlimited.
    pub up: Option<RateLaw>,
    /// The fastest shrinking; `None` is unlimited.
    pub down: Option<RateLaw>,
    /// Replicas shrink only to the most that was wanted within this window.
    pub down_window: SignedDuration,
}

/// At most `max(percent of the size at the period's start, pods)` within any `period`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RateLaw {
    /// Share of the size at the start of the period, in percent.
    pub percent: u32,
    /// Whole pods.
    pub pods: u32,
    /// Length of the period.
    pub period: SignedDuration,
}

/// A queue is drained within this time of the plan's pods being ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drain {
    /// Time in which the expected lag must be gone.
    pub within: SignedDuration,
    /// Whether more replicas than partitions are of use.
    pub partitions: Partitions,
}

/// How the partitions of a topic limit the replicas that read it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Partitions {
    /// By as many as are observed. While that is unknown, nothing is limited.
    #[default]
    Observed,
    /// By this many.
    Typed(u32),
    /// Not at all.
    Unlimited,
}

/// The laws of the HPA between our metric and the replicas.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct HpaLaws {
    /// Relative change that the HPA ignores: 0.1 unless the HPA says otherwise, 0 where it can.
    pub tolerance: f64,
    /// Whether a sync at most doubles the replicas (or reaches 4): the HPA's default up-limit.
    pub doubles: bool,
    /// Time between two syncs, until it has been measured.
    pub sync_period: SignedDuration,
}
