//! Forecasts: quantiles of demand for every step of a horizon, and the one interface behind which every method
//! gives them.
//!
//! The [`Engine`] is a mixture of online least squares ([`experts`]) and the profiles of announced events
//! ([`trust`]), with errors sized by what is seen now ([`spread`]), calibrated online ([`band`]), and served where it
//! is better than the last value ([`gate`]).

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::events::{Effect, Event};
use crate::signal::ClosedStep;

mod anchor;
pub mod anchors;
pub mod average;
pub mod band;
pub mod core;
pub mod engine;
pub mod eventful;
pub mod experts;
pub mod gate;
pub mod guard;
pub mod leading;
pub mod least_squares;
mod newest;
pub mod own_errors;
pub mod reactive;
pub mod record;
pub mod said;
pub mod snapshot;
pub(crate) mod sound;
pub mod spread;
pub mod transform;
pub mod trust;
pub mod usual;
pub mod windows;
pub mod worlds;

pub use engine::{Engine, EngineSettings, Judged};
pub use gate::Withheld;

/// Quantiles that every forecast gives, ascending.
pub const QUANTILES: [f64; 5] = [0.1, 0.5, 0.9, 0.95, 0.99];

/// Values at [`QUANTILES`], never descending, in the unit of demand.
pub type Quantiles = [f64; QUANTILES.len()];

/// Quantiles of the standard normal law at [`QUANTILES`].
pub const NORMAL: Quantiles = [-1.2816, 0.0, 1.2816, 1.6449, 2.3263];

/// Something that learns a series step by step and forecasts it.
pub trait Forecaster {
    /// Learns the step that just closed.
    fn learn(&mut self, seen: &Seen<'_>);

    /// Forgets what it has of the last steps, but not what it has learned: the series has started afresh.
    fn restart(&mut self);

    /// The forecast from the last step learned; `None` while there is too little history.
    fn forecast(&self) -> Option<&Forecast>;
}

/// What is known when a step has closed.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The step.
    pub step: ClosedStep,
    /// The events announced by then.
    pub events: &'a [Event],
    /// Each leading signal's value of the step, in the order of the settings; `None` where it is silent.
    pub signals: &'a [Option<f64>],
}

impl Seen<'_> {
    /// Whether an event with this effect holds the end of the step.
    #[must_use]
    pub fn has(&self, effect: Effect) -> bool {
        self.events.iter().any(|event| event.effect == effect && event.holds(self.step.ends_at))
    }
}

/// Quantiles of demand for each step of a horizon.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// End of the last step that was learned from.
    pub origin: Timestamp,
    /// Length of a step.
    pub step: SignedDuration,
    /// For each step ahead: the first ends one step after the origin.
    pub values: Vec<Quantiles>,
    /// Where the last value is served since forecasts were no better: the horizon at which they were worst.
    pub withheld: Option<Withheld>,
}

/// The most that is forecast within some time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peak {
    /// Demand at the quantile asked for.
    pub demand: f64,
    /// End of the step that has it.
    pub at: Timestamp,
}

impl Forecast {
    /// The highest `quantile` of the steps that lie in `from..=to`, wholly or in part; `None` where the horizon
    /// does not reach there.
    #[must_use]
    pub fn peak(&self, quantile: f64, from: Timestamp, to: Timestamp) -> Option<Peak> {
        let steps_to = |at: Timestamp| at.duration_since(self.origin).as_secs_f64() / self.step.as_secs_f64();
        let first = steps_to(from).floor().max(0.0) as usize;
        let last = (steps_to(to).ceil().max(0.0) as usize).min(self.values.len());
        let mut peak: Option<Peak> = None;
        for index in first..last {
            let demand = value_at(&self.values[index], quantile);
            if peak.is_none_or(|peak| peak.demand < demand) {
                peak = Some(Peak { demand, at: self.end_of(index) });
            }
        }
        peak
    }

    /// The quantiles of the step that holds `at`; `None` outside the horizon.
    #[must_use]
    pub fn at(&self, at: Timestamp) -> Option<&Quantiles> {
        let past = at.duration_since(self.origin).as_nanos() - 1;
        let index = past.div_euclid(self.step.as_nanos());
        usize::try_from(index).ok().and_then(|index| self.values.get(index))
    }

    /// The end of each step ahead, with its quantiles.
    pub fn steps(&self) -> impl Iterator<Item = (Timestamp, &Quantiles)> + '_ {
        self.values.iter().enumerate().map(|(index, values)| (self.end_of(index), values))
    }

    fn end_of(&self, index: usize) -> Timestamp {
        self.origin + self.step * (index as i32 + 1)
    }
}

/// The value at `quantile`, linear between those that are known; beyond them the outermost.
#[must_use]
pub fn value_at(values: &Quantiles, quantile: f64) -> f64 {
    let above = QUANTILES.partition_point(|&known| known < quantile);
    if above == 0 {
        return values[0];
    }
    let Some(&high) = QUANTILES.get(above) else {
        return values[QUANTILES.len() - 1];
    };
    let low = QUANTILES[above - 1];
    let share = (quantile - low) / (high - low);
    values[above - 1] + share * (values[above] - values[above - 1])
}

/// The probability of at most `demand`: the inverse of [`value_at`], with tails that reach 0 at no demand and 1
/// as far above the highest value as the second highest lies below it.
#[must_use]
pub fn probability_of(values: &Quantiles, demand: f64) -> f64 {
    let last = QUANTILES.len() - 1;
    let knots = |index: usize| match index {
        0 => (0.0, 0.0),
        index if index <= last + 1 => (values[index - 1], QUANTILES[index - 1]),
        _ => (2.0 * values[last] - values[last - 1], 1.0),
    };
    let above = (0..=last + 2).find(|&index| demand < knots(index).0);
    match above {
        None => 1.0,
        Some(0) => 0.0,
        Some(above) => {
            let ((low, below), (high, reached)) = (knots(above - 1), knots(above));
            below + (reached - below) * (demand - low) / (high - low)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: Quantiles = [10.0, 20.0, 30.0, 40.0, 60.0];

    #[test]
    fn a_quantile_between_two_known_ones_is_between_their_values() {
        for (quantile, value) in
            [(0.01, 10.0), (0.1, 10.0), (0.3, 15.0), (0.95, 40.0), (0.97, 50.0), (0.999, 60.0)]
        {
            assert!((value_at(&VALUES, quantile) - value).abs() < 1e-9, "{quantile}");
        }
    }

    #[test]
    fn probability_is_the_inverse_of_the_quantile() {
        for quantile in [0.1, 0.2, 0.5, 0.7, 0.93, 0.97, 0.99] {
            assert!((probability_of(&VALUES, value_at(&VALUES, quantile)) - quantile).abs() < 1e-9);
        }
        assert_eq!(probability_of(&VALUES, 1e9), 1.0);
        assert_eq!(probability_of(&VALUES, -1.0), 0.0);
    }

    #[test]
    fn the_peak_is_sought_in_steps_that_the_window_touches() {
        let origin = Timestamp::from_second(600).unwrap();
        let values = [1.0, 5.0, 2.0, 9.0].map(|v| [v; 5]).to_vec();
        let forecast = Forecast { origin, step: SignedDuration::from_secs(60), values, withheld: None };
        let second = |s| Timestamp::from_second(s).unwrap();
        let peak =
            |from, to| forecast.peak(0.5, second(from), second(to)).map(|p| (p.demand, p.at.as_second()));
        assert_eq!(peak(600, 660), Some((1.0, 660)));
        assert_eq!(peak(610, 700), Some((5.0, 720)));
        assert_eq!(peak(600, 6_000), Some((9.0, 840)));
        assert_eq!(peak(850, 900), None);
    }
}
