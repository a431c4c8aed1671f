//! What a signal is worth: how much of the loss of forecasts it saves, learned as the controller learns it, beside the
//! same with a signal that is silent. To know of a signal makes a forecaster another one, whatever it says.

use jiff::SignedDuration;
use prescale_model::score::Score;

use crate::backtest::{Made, Plan, roll};
use crate::calendar::Announced;
use crate::recording::{Column, Recording};

/// The first part of a history is learned from, and not judged: 1 of so many parts.
const LEARNED_FIRST: usize = 4;

/// Share of the loss that is saved at one horizon; below 0 where forecasts are worse.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub(super) struct Worth {
    /// How far ahead, in seconds.
    pub(super) horizon_s: f64,
    /// Over all steps; `None` where there is too little to judge.
    pub(super) saves: Option<f64>,
    /// Over the steps where demand rises by a quarter; `None` where none does.
    pub(super) saves_on_ramps: Option<f64>,
}

/// Forecasts of a history with a silent signal, against which each is judged.
pub(super) struct Judge<'a> {
    recording: &'a Recording,
    calendar: &'a [Announced],
    plan: Plan,
    without: Vec<Losses>,
}

/// Losses at one horizon.
#[derive(Clone, Debug, Default)]
struct Losses {
    all: Score,
    ramps: Score,
}

impl<'a> Judge<'a> {
    /// A judge of `recording` at `horizons`, which are whole steps of it.
    pub(super) fn new(recording: &'a Recording, calendar: &'a [Announced], horizons: Vec<u32>) -> Self {
        let judged_from = recording.time_at(recording.len() / LEARNED_FIRST);
        let plan = Plan {
            step: recording.step,
            horizons,
            every: 1,
            from: judged_from,
            to: recording.time_at(recording.len()),
        };
        let mut judge = Self { recording, calendar, plan, without: vec![] };
        let silent: Column = std::iter::repeat_n(None, recording.len()).collect();
        judge.without = judge.losses(&silent);
        judge
    }

    /// What forecasts with `signal` save, a horizon each.
    pub(super) fn worth(&self, signal: &Column) -> Vec<Worth> {
        let with = self.losses(signal);
        let horizons = self.plan.horizons.iter().zip(self.without.iter().zip(&with));
        let worth = horizons.map(|(&horizon, (without, with))| Worth {
            horizon_s: (self.step() * horizon as i32).as_secs_f64(),
            saves: saved(&without.all, &with.all),
            saves_on_ramps: saved(&without.ramps, &with.ramps),
        });
        worth.collect()
    }

    fn step(&self) -> SignedDuration {
        self.recording.step
    }

    fn losses(&self, signal: &Column) -> Vec<Losses> {
        let mut losses = vec![Losses::default(); self.plan.horizons.len()];
        roll(self.recording, &[signal], self.calendar, &self.plan, |made: Made| {
            let losses = &mut losses[made.horizon];
            losses.all.add(&made.quantiles, made.actual);
            if made.is_on_ramp() {
                losses.ramps.add(&made.quantiles, made.actual);
            }
        });
        losses
    }
}

fn saved(without: &Score, with: &Score) -> Option<f64> {
    let (without, with) = (without.wql()?, with.wql()?);
    (0.0 < without).then(|| 1.0 - with / without)
}
