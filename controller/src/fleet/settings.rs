//! How a fleet runs, and what ties it to the rest of the controller.

use std::{sync::Arc, time::Duration};

use jiff::SignedDuration;
use tokio::sync::{mpsc, watch};

use super::Ticked;
use crate::{
    apply::Writes,
    board::{Notice, ScalerKey},
    scaler::Role,
    store::Store,
};

/// How a fleet runs.
#[derive(Clone, Debug)]
pub struct FleetSettings {
    /// Time between two ticks of a scaler.
    pub period: Duration,
    /// History that is learned from at start.
    pub history: SignedDuration,
    /// The only namespace that is looked after; `None` is all of them.
    pub namespace: Option<String>,
    /// Name of this replica of the controller, for events.
    pub instance: Option<String>,
    /// Whether the cluster is written to.
    pub writes: Writes,
    /// What keeps history over a restart; `None` where nothing does.
    pub store: Option<Store>,
}

impl Default for FleetSettings {
    /// A tick a sync of the HPA, and two weeks of history.
    fn default() -> Self {
        Self {
            period: Duration::from_secs(15),
            history: SignedDuration::from_hours(14 * 24),
            namespace: None,
            instance: None,
            writes: Writes::Real,
            store: None,
        }
    }
}

/// Told of each tick, for telemetry. It must not block.
pub type OnTick = Arc<dyn Fn(&Ticked<'_>) + Send + Sync>;

/// Told of each scaler that is no more.
pub type OnRemoved = Arc<dyn Fn(&ScalerKey) + Send + Sync>;

/// What a fleet is told from outside, and whom it tells of its ticks.
pub struct Ties {
    /// Whether this replica leads.
    pub role: watch::Receiver<Role>,
    /// The leader's notices, which a follower remembers.
    pub notices: mpsc::Receiver<Arc<Notice>>,
    /// Told of each tick.
    pub on_tick: OnTick,
    /// Told of each scaler that is no more.
    pub on_removed: OnRemoved,
}
