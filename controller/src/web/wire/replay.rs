//! A recording that is replayed: where it is, and what it can be told.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a replay is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReplayState {
    /// Name of the recording.
    pub recording: String,
    /// The policy that runs.
    pub policy: String,
    /// Its first moment.
    pub from: Timestamp,
    /// Its last moment.
    pub to: Timestamp,
    /// The moment that it has come to.
    pub at: Timestamp,
    /// Virtual seconds that pass in a second.
    pub speed: f64,
    /// Whether it stands still.
    pub paused: bool,
    /// Whether it has come to its end.
    pub ended: bool,
    /// Events that one can jump to.
    pub events: Vec<ReplayEvent>,
    /// Seconds until it ends by itself, since nobody watches; `null` while somebody does.
    pub ends_in: Option<f64>,
    /// What came of it; `null` before its end.
    pub result: Option<ReplayResult>,
}

/// An event of a recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReplayEvent {
    /// Its name.
    pub name: String,
    /// When it starts.
    pub starts_at: Timestamp,
}

/// What came of a replay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReplayResult {
    /// Requests that were late.
    pub late_requests: f64,
    /// All requests.
    pub requests: f64,
    /// What it cost, in the recording's currency.
    pub cost: f64,
    /// What came of other policies beside it.
    pub beside: Vec<Beside>,
}

/// What came of another policy on the same recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Beside {
    /// Its name.
    pub policy: String,
    /// Requests that were late.
    pub late_requests: f64,
    /// What it cost.
    pub cost: f64,
}

/// What a replay is told: an object with one of these fields.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ReplayCommand {
    /// So many virtual seconds are to pass in a second.
    Speed(f64),
    /// Stand still.
    Pause(bool),
    /// Go on.
    Resume(bool),
    /// Go to this moment, as fast as possible.
    JumpTo(Timestamp),
    /// Begin anew.
    Restart(bool),
}
