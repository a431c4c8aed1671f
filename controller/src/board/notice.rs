//! What is said of a scaler at one tick: by the leader to all replicas of the controller, and by each replica of what
//! it observes itself.

use std::{fmt, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use prescale_model::Plan;
use serde::{Deserialize, Serialize};

/// A scaler's name in its cluster. A dozen maps have it as their key: copies share its letters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ScalerKey {
    /// Its namespace.
    pub namespace: Arc<str>,
    /// Its name in it.
    pub name: Arc<str>,
}

impl ScalerKey {
    /// The key of the scaler `name` in `namespace`.
    #[must_use]
    pub fn new(namespace: &str, name: &str) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }
}

impl fmt::Display for ScalerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// The leader's plan for a scaler, with what its metrics answer. It crosses from the leader to its followers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// Whose.
    pub key: ScalerKey,
    /// The plan.
    pub plan: Plan,
    /// Demand that is forecast for the moment at which pods asked for now are Ready, at the quantile that the user
    /// provisions for; `None` while nothing is forecast.
    pub forecast: Option<f64>,
    /// Messages that wait; `None` where unknown.
    pub lag: Option<f64>,
    /// How long the plan is served when no newer one comes.
    pub hold_for: SignedDuration,
}

/// What a replica of the controller has observed itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observed {
    /// When.
    pub at: Timestamp,
    /// Demand, in its unit.
    pub demand: f64,
    /// The same as the HPA has to be told it; `None` while nobody knows what a replica serves.
    pub told: Option<f64>,
    /// How long it is served when nothing newer is observed.
    pub hold_for: SignedDuration,
}
