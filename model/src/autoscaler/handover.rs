//! What a scaler keeps when its settings change, and how it takes up what was learned from history beside it.

use std::sync::Arc;

use super::Autoscaler;
use crate::settings::Settings;

impl Autoscaler {
    /// Whether all that the forecaster has learned is of use under `settings` too.
    #[must_use]
    pub fn keeps_learning(&self, settings: &Settings) -> bool {
        let fresh = Self::new(settings.clone());
        self.settings.signals == settings.signals && self.forecaster.settings() == fresh.forecaster.settings()
    }

    /// The same scaler under other settings: sizes, plans and measured lead times are kept, and of what was learned
    /// all that still fits. What does not fit starts afresh.
    #[must_use]
    pub fn resettled(mut self, settings: impl Into<Arc<Settings>>) -> Self {
        let settings = settings.into();
        let keeps_learning = self.keeps_learning(&settings);
        let mut fresh = Self::new(settings);
        if self.settings.step == fresh.settings.step {
            for (name, series) in &mut fresh.signals {
                if let Some(known) = self.signals.remove(name) {
                    *series = known;
                }
            }
            fresh.demand = self.demand;
            if self.settings.capacity == fresh.settings.capacity {
                fresh.capacity = self.capacity;
            }
        }
        if keeps_learning {
            fresh.forecaster = self.forecaster;
        }
        Self {
            starts: self.starts,
            node_launch: self.node_launch,
            hpa_period: self.hpa_period,
            room: self.room,
            needed: self.needed,
            lag: self.lag,
            partitions: self.partitions,
            workload: self.workload,
            planned: self.planned,
            last: self.last,
            ..fresh
        }
    }

    /// Takes up the series and the forecaster of `taught`, which learned from history beside this one, and starts
    /// that were measured before. What was
    /// planned, what runs, and what is known of capacity stay as they are.
    pub fn take_up(&mut self, taught: Self) {
        let taught = taught.resettled(self.settings.clone());
        self.demand = taught.demand;
        self.signals = taught.signals;
        self.forecaster = taught.forecaster;
        self.starts.take_up(taught.starts);
    }
}
