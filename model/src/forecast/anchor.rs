//! What is kept of one horizon: whom to believe, how wide errors are, and whether the forecast has earned its place.

use serde::{Deserialize, Serialize};

use super::band::{Band, Regime};
use super::gate::{Skill, Withheld};
use super::reactive::Reactive;
use super::said::{Outstanding, Said};
use super::trust::{Dispute, Trust};
use super::{QUANTILES, Quantiles};
use crate::score::pinball;

/// One horizon.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Anchor {
    /// In steps.
    pub(super) horizon: u32,
    outstanding: Outstanding,
    pub(super) trust: Trust,
    pub(super) disputes: [Dispute; Regime::COUNT],
    pub(super) band: Band,
    pub(super) reactive: Reactive,
    pub(super) skills: [Skill; Regime::COUNT],
}

/// What is said of an anchor: quantiles of demand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AtAnchor {
    /// In steps.
    pub horizon: u32,
    /// Quantiles of demand; of the last value where the forecast is withheld.
    pub quantiles: Quantiles,
    /// Why the forecast is withheld, if it is.
    pub withheld: Option<Withheld>,
}

impl Anchor {
    /// Nothing heard yet.
    pub(super) fn new(horizon: u32) -> Self {
        Self {
            horizon,
            outstanding: Outstanding::default(),
            trust: Trust::default(),
            disputes: Default::default(),
            band: Band::default(),
            reactive: Reactive::default(),
            skills: Default::default(),
        }
    }

    /// What was said of the step that has just come; `None` where nothing was.
    pub(super) fn due(&self) -> Option<Said> {
        self.outstanding.due(self.horizon)
    }

    /// Keeps what is said now.
    pub(super) fn say(&mut self, said: Said) {
        self.outstanding.say(self.horizon, said);
    }

    /// Forgets what was said, but not what was learned from it.
    pub(super) fn restart(&mut self) {
        self.outstanding.clear();
    }

    /// Whether all that is kept of `steps` steps can be computed with.
    pub(super) fn is_sound(&self, steps: usize) -> bool {
        self.outstanding.is_sound(self.horizon, steps)
            && self.trust.is_sound()
            && self.disputes.iter().all(Dispute::is_sound)
            && self.band.is_sound()
            && self.reactive.is_sound()
            && self.skills.iter().all(Skill::is_sound)
    }

    /// Hears who was right about a sharp rise, where demand changed by `change` from the base.
    pub(super) fn settle(&mut self, step_min: f32, said: &Said, change: f32) {
        if let Some((experts, profiles)) = said.by_both.filter(|_| said.is_disputed) {
            self.disputes[said.regime as usize].learn(step_min, change - experts, change - profiles);
        }
    }

    /// Hears the error of what was said, and that of the last value.
    pub(super) fn hear(&mut self, step_min: f32, said: &Said, error: f32, change: f32) {
        let loss = |offsets: Quantiles, error: f32| {
            let of_each = offsets.into_iter().zip(QUANTILES);
            let of_each = of_each.map(|(offset, quantile)| pinball(quantile, offset, f64::from(error)));
            of_each.sum::<f64>() as f32
        };
        let offsets = said.offsets(self.band.quantiles(said.regime));
        let reactive =
            self.reactive.quantiles(said.regime).map(|ratio| ratio * f64::from(said.reactive_size));
        self.skills[said.regime as usize].learn(
            step_min,
            said.regime,
            loss(offsets, error),
            loss(reactive, change),
        );
        self.band.learn(said.regime, offsets.map(|offset| offset < f64::from(error)));
        self.reactive.learn(step_min, said.regime, change, said.reactive_size);
    }
}
