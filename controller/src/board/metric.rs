//! The metrics that every scaler serves. One of them is for the HPA; the others are for people and dashboards.

use std::{fmt, str::FromStr};

/// A metric of a scaler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Metric {
    /// What the HPA follows.
    Demand,
    /// Demand as it is observed.
    Observed,
    /// Demand as it is forecast for the moment at which pods asked for now are Ready.
    Forecast,
    /// Messages that wait.
    Lag,
    /// Replicas of the plan.
    Replicas,
}

impl Metric {
    /// All of them, in the order in which discovery lists them.
    pub const ALL: [Self; 5] = [Self::Demand, Self::Observed, Self::Forecast, Self::Lag, Self::Replicas];

    /// Its name in a path.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Demand => crate::hpa::DEMAND,
            Self::Observed => "observed",
            Self::Forecast => "forecast",
            Self::Lag => "lag",
            Self::Replicas => "replicas",
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is not ours: an external-metrics server that was there before may know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotOurs;

impl FromStr for Metric {
    type Err = NotOurs;

    fn from_str(name: &str) -> Result<Self, NotOurs> {
        Self::ALL.into_iter().find(|metric| metric.name() == name).ok_or(NotOurs)
    }
}
