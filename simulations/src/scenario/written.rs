//! A scenario file as people write it, and what can be checked of it alone.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::Prices;
use crate::policies::WrittenPolicies;
use crate::world::WorldSettings;

/// A scenario file as people write it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    /// What it is about, for the report's head.
    pub title: String,
    /// The recording's folder, relative to the scenario's file.
    pub recording: PathBuf,
    /// The `PredictiveScaler` in YAML, relative to the scenario's file.
    pub scaler: PathBuf,
    /// Start of the simulated window; what was recorded before it is observed as history. Default: the start.
    pub from: Option<Timestamp>,
    /// End of the window. Default: the end of the recording.
    pub to: Option<Timestamp>,
    /// Seed of all chance in the world.
    #[serde(default = "default_seed")]
    pub seed: u64,
    /// Time between two ticks of the scaler, and two rows of the timeline.
    #[serde(default = "default_tick")]
    pub tick: SignedDuration,
    /// Every recorded demand is taken this many times: what if twice as many came?
    #[serde(default = "default_scale")]
    pub scale: f64,
    /// HPAs in the cluster, each with one metric: from about 300 on, the HPA controller's client slows them all.
    #[serde(default = "default_hpas")]
    pub hpas: u32,
    /// Whether Prescale is told of the recording's events.
    #[serde(default)]
    pub calendar: Calendar,
    /// The simulated cluster.
    #[serde(default)]
    pub world: WorldSettings,
    /// What nodes cost an hour, by type; where there is none, each shape has its own price.
    #[serde(default)]
    pub prices: Prices,
    /// The settings of the policies that it is compared with.
    #[serde(default)]
    pub policies: WrittenPolicies,
}

/// Whether Prescale is told of the recording's events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Calendar {
    /// As they were announced.
    #[default]
    Announced,
    /// Not at all, as if nobody had kept a calendar.
    Ignored,
}

fn default_seed() -> u64 {
    1
}

/// The HPA's own period: a plan is never older than a sync.
fn default_tick() -> SignedDuration {
    SignedDuration::from_secs(15)
}

fn default_scale() -> f64 {
    1.0
}

fn default_hpas() -> u32 {
    1
}

impl Written {
    /// What can be checked before anything else is read; all of it at once.
    pub(super) fn check(&self) -> Result<(), Vec<String>> {
        let mut refused = vec![];
        if self.tick < SignedDuration::from_secs(1) {
            refused.push(format!("tick {:#} is below 1s", self.tick));
        }
        if !(self.scale.is_finite() && 0.0 < self.scale) {
            refused.push(format!("scale {} is not above 0", self.scale));
        }
        if self.hpas == 0 {
            refused.push("hpas 0 does not count the one that is simulated".into());
        }
        refused.extend(self.world.check().err().into_iter().flat_map(|world| world.0));
        refused.extend(self.policies.check().err().into_iter().flatten());
        if refused.is_empty() { Ok(()) } else { Err(refused) }
    }
}
