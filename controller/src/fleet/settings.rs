//! How a fleet runs, and what ties it to the rest of the controller.

use std::{sync::Arc, time::Duration};

use jiff::SignedDuration;
use tokio::sync::{mpsc, watch};

use super::Ticked;
use crate::{
    apply::Writes,
    board::{Notice, ScalerKey},
    cost::PriceBook,
    headroom::{Granted, PlaceholderSettings},
    nodes::HpaPolls,
    scaler::Role,
    store::Store,
    telemetry::Metrics,
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
    /// What is looked at of pods and nodes.
    pub nodes: NodeSettings,
}

/// What is looked at of pods and nodes, and how room on them is kept.
#[derive(Clone, Debug)]
pub struct NodeSettings {
    /// Whether starts of pods and nodes are measured.
    pub measure: Measure,
    /// What may be done about room.
    pub granted: Granted,
    /// How placeholders are made.
    pub placeholders: PlaceholderSettings,
    /// Time between two looks at room in the cluster.
    pub look_every: Duration,
    /// What was heard of the HPA's reads.
    pub polls: Arc<HpaPolls>,
    /// Where starts are counted.
    pub metrics: Metrics,
    /// What nodes cost.
    pub prices: Arc<PriceBook>,
    /// Time between two counts of what they cost.
    pub count_every: Duration,
    /// Time between two looks at what the containers of a workload use; `None` where nobody looks.
    pub advise_every: Option<SignedDuration>,
}

impl Default for NodeSettings {
    /// All of it. A buffer is answered within seconds, and scalers tick each 15 s. Seven days change little in six hours.
    fn default() -> Self {
        Self {
            measure: Measure::default(),
            granted: Granted::default(),
            placeholders: PlaceholderSettings::default(),
            look_every: Duration::from_secs(10),
            polls: Arc::default(),
            metrics: Metrics::default(),
            prices: Arc::default(),
            count_every: Duration::from_secs(15),
            advise_every: Some(SignedDuration::from_hours(6)),
        }
    }
}

/// Whether starts of pods and nodes are measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Measure {
    /// Pods and nodes are watched.
    #[default]
    Watch,
    /// They are not, and lead times are stated priors or typed.
    Leave,
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
            nodes: NodeSettings::default(),
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
