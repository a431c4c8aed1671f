//! Where a scaler has its capacity from, and what its HPA is told of it.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::{Capacity, Learned, Minute, Origin, demand_of};
use crate::settings::CapacitySettings;

/// What the HPA divides by where the user assumes nothing: the metric then counts replicas.
const UNIT: f64 = 1.0;

/// Where a scaler has its capacity from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Known {
    /// From its user.
    Given(f64),
    /// From what is observed.
    Learned {
        /// What was learned.
        learned: Box<Learned>,
        /// What the HPA divides by. It never moves, while the capacity does.
        nominal: f64,
    },
}

impl Known {
    /// What is known of a capacity before anything was observed. Demand has a sample each `step`.
    #[must_use]
    pub fn new(settings: CapacitySettings, step: SignedDuration) -> Self {
        match settings {
            CapacitySettings::Given { per_replica } => Self::Given(per_replica),
            CapacitySettings::Learned { objective, start_with } => Self::Learned {
                learned: Box::new(Learned::new(objective, start_with, step)),
                nominal: settings.nominal(),
            },
        }
    }

    /// Takes in what was seen at a sample of demand.
    pub fn observe(&mut self, minute: &Minute) {
        match self {
            Self::Given(_) => {}
            Self::Learned { learned, .. } => learned.observe(minute),
        }
    }

    /// The capacity to plan with; `None` while it is to be learned, and no replica has been seen at work.
    #[must_use]
    pub fn capacity(&self) -> Option<Capacity> {
        match self {
            Self::Given(per_replica) => Some(Capacity { per_replica: *per_replica, origin: Origin::Given }),
            Self::Learned { learned, .. } => learned.capacity(),
        }
    }

    /// What makes an HPA that divides by the nominal capacity ask for what `demand` needs.
    #[must_use]
    pub fn told(&self, demand: f64) -> Option<f64> {
        match self {
            Self::Given(_) => Some(demand),
            Self::Learned { learned, nominal } => Some(demand / learned.capacity()?.per_replica * nominal),
        }
    }

    /// What makes it ask for `replicas`.
    #[must_use]
    pub fn told_for(&self, replicas: u32) -> f64 {
        match self {
            Self::Given(nominal) | Self::Learned { nominal, .. } => demand_of(replicas, *nominal),
        }
    }
}

impl CapacitySettings {
    /// The constant that the HPA divides by: capacity itself where it is given. A learned one moves, and an HPA whose
    /// target moved with it would read an old metric by a new target.
    #[must_use]
    pub fn nominal(&self) -> f64 {
        match self {
            Self::Given { per_replica } => *per_replica,
            Self::Learned { start_with, .. } => start_with.unwrap_or(UNIT),
        }
    }
}
