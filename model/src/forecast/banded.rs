//! A central forecast with its band, lifted by announced events.
//!
//! The centre learns demand with the events taken out, `demand / lift`, and forecasts that; the lift of each step
//! ahead is put back. Where an event is not certain, the forecast is the mixture of the two worlds, with and
//! without it, so a quantile above its doubt provisions for it.

use jiff::{SignedDuration, Timestamp};

use super::band::{Band, Regime};
use super::transform::Transform;
use super::{Centre, Forecast, Forecaster, QUANTILES, Quantiles, probability_of};
use crate::events::Event;
use crate::events::tracker::{Lift, Tracker};
use crate::signal::ClosedStep;

/// More demand than events account for is carried on at no more than this multiple of today's lift: an early
/// crowd is not multiplied into a stampede.
const MOST_CARRIED: f64 = 1.5;

/// Lift from which a step is calibrated as one of an event.
const LIFT_OF_AN_EVENT: f64 = 1.05;

/// Quantiles of the standard normal law at [`QUANTILES`].
const NORMAL: Quantiles = [-1.2816, 0.0, 1.2816, 1.6449, 2.3263];

/// Halvings of the search for a quantile of a mixture: to a millionth of its range.
const HALVINGS: u32 = 20;

/// A [`Forecaster`] made of a [`Centre`].
#[derive(Clone, Debug)]
pub struct Banded<C> {
    transform: Transform,
    horizons: Vec<u32>,
    centre: C,
    bands: Vec<Band>,
    tracker: Tracker,
    seen: u32,
    forecast: Forecast,
}

/// Horizons at which methods are scored and bands kept, up to `longest` and a tenth apart: between them,
/// forecasts are interpolated.
#[must_use]
pub fn anchors(longest: u32) -> Vec<u32> {
    let mut anchors = vec![1];
    let mut last = 1;
    while last < longest {
        last = (last + 1).max(last * 4 / 3).min(longest);
        anchors.push(last);
    }
    anchors
}

impl<C: Centre> Banded<C> {
    /// `horizons` are those of `centre`, as [`anchors`] gives them. `unit` is the demand that counts as little,
    /// above 0.
    #[must_use]
    pub fn new(step: SignedDuration, unit: f64, horizons: Vec<u32>, centre: C) -> Self {
        let longest = horizons.last().map_or(0, |&longest| longest as usize);
        Self {
            transform: Transform::new(unit),
            bands: horizons.iter().map(|&horizon| Band::new(step, horizon)).collect(),
            horizons,
            centre,
            tracker: Tracker::new(step, unit),
            seen: 0,
            forecast: Forecast {
                origin: Timestamp::MIN,
                step,
                values: vec![[0.0; QUANTILES.len()]; longest],
            },
        }
    }

    /// The central method.
    #[must_use]
    pub fn centre(&self) -> &C {
        &self.centre
    }

    /// The events that it follows.
    #[must_use]
    pub fn tracker(&self) -> &Tracker {
        &self.tracker
    }

    fn make_forecast(&mut self, now: Lift) {
        let mut centres = vec![0.0; self.horizons.len()];
        self.centre.predict(&self.horizons, &mut centres);
        let spreads = self.spread(&centres, now);
        let mut next = 0;
        for index in 0..self.forecast.values.len() {
            let horizon = index as u32 + 1;
            if self.horizons[next] < horizon {
                next += 1;
            }
            let usual = self.interpolate(&spreads, next, horizon);
            let lift = self.lift_of_step(self.forecast.origin, horizon);
            self.forecast.values[index] = with_events(&usual, now, lift, &self.tracker);
        }
    }

    /// Quantiles of demand without events at each anchor.
    fn spread(&mut self, centres: &[f64], now: Lift) -> Vec<Quantiles> {
        let origin = self.forecast.origin;
        let lifts: Vec<_> = self.horizons.iter().map(|&horizon| self.lift_of_step(origin, horizon)).collect();
        let anchors = self.bands.iter_mut().zip(centres).zip(lifts);
        anchors
            .map(|((band, &centre), lift)| {
                let lifted = LIFT_OF_AN_EVENT < lift.ratio.max(now.ratio);
                let regime = if lifted { Regime::Event } else { Regime::Quiet };
                band.spread(centre, regime).map(|level| self.transform.demand(level))
            })
            .collect()
    }

    fn interpolate(&self, spreads: &[Quantiles], next: usize, horizon: u32) -> Quantiles {
        let (high, reached) = (&spreads[next], self.horizons[next]);
        if reached == horizon || next == 0 {
            return *high;
        }
        let (low, below) = (&spreads[next - 1], self.horizons[next - 1]);
        let share = f64::from(horizon - below) / f64::from(reached - below);
        std::array::from_fn(|index| low[index] + share * (high[index] - low[index]))
    }

    /// Lift of a whole step: the mean of its ends, since demand of a step is its mean.
    fn lift_of_step(&self, origin: Timestamp, horizon: u32) -> Lift {
        let step = self.forecast.step;
        let start = self.tracker.lift(origin + step * (horizon as i32 - 1));
        let end = self.tracker.lift(origin + step * horizon as i32);
        Lift { ratio: 0.5 * (start.ratio + end.ratio), ..end }
    }
}

impl<C: Centre> Forecaster for Banded<C> {
    fn learn(&mut self, step: ClosedStep, events: &[Event]) {
        self.tracker.learn(step, events);
        let length = self.forecast.step;
        let now = self.lift_of_step(step.ends_at - length, 1);
        let demand = step.value.filter(|_| !self.tracker.lags());
        let level = demand.map(|demand| self.transform.level(demand / now.ratio));
        self.bands.iter_mut().for_each(|band| band.learn(level));
        self.centre.learn(step.ends_at, level);
        self.forecast.origin = step.ends_at;
        self.seen = self.seen.saturating_add(u32::from(level.is_some()));
        if 0 < self.seen {
            self.make_forecast(now);
        } else {
            self.bands.iter_mut().for_each(Band::skip);
        }
    }

    fn restart(&mut self) {
        self.centre.restart();
        self.bands.iter_mut().for_each(Band::restart);
        self.seen = 0;
    }

    /// There is one once as many steps were seen as the shortest trend needs.
    fn forecast(&self) -> Option<&Forecast> {
        const ENOUGH: u32 = 3;
        (ENOUGH <= self.seen).then_some(&self.forecast)
    }
}

/// Quantiles of a step with events, from those without (`usual`), the lift now and the lift then.
fn with_events(usual: &Quantiles, now: Lift, then: Lift, tracker: &Tracker) -> Quantiles {
    if now == Lift::NONE && then == Lift::NONE {
        return *usual;
    }
    let lifted = lift_all(usual, now, then, tracker);
    match then.confidence {
        certain if 1.0 <= certain => lifted,
        confidence => mix(&lifted, usual, confidence),
    }
}

/// Puts the lift back, with the doubt about it: its error counts for the change of lift that is still to come.
fn lift_all(usual: &Quantiles, now: Lift, then: Lift, tracker: &Tracker) -> Quantiles {
    let (base, little) = (tracker.base(), tracker.unit());
    let carried = then.ratio.min(MOST_CARRIED * now.ratio);
    let lift = |demand: f64| demand.min(base) * then.ratio + (demand - base).max(0.0) * carried;
    let median = lift(usual[1]) + little;
    let doubt = then.error * (then.ratio / now.ratio).ln().abs();
    let mut lifted = [0.0; QUANTILES.len()];
    for (index, lifted) in lifted.iter_mut().enumerate() {
        let spread = ((lift(usual[index]) + little) / median).ln();
        let both = if index == 1 { 0.0 } else { spread.hypot(doubt * NORMAL[index]).copysign(NORMAL[index]) };
        *lifted = (median * both.exp() - little).max(0.0);
    }
    ascending(lifted)
}

/// Quantiles of a world that is `with` with some probability, and else `without`.
fn mix(with: &Quantiles, without: &Quantiles, probability: f64) -> Quantiles {
    let below = |demand| {
        probability * probability_of(with, demand) + (1.0 - probability) * probability_of(without, demand)
    };
    ascending(std::array::from_fn(|index| {
        let (mut low, mut high) = (with[index].min(without[index]), with[index].max(without[index]));
        for _ in 0..HALVINGS {
            let middle = 0.5 * (low + high);
            if below(middle) < QUANTILES[index] { low = middle } else { high = middle }
        }
        high
    }))
}

fn ascending(mut values: Quantiles) -> Quantiles {
    for index in 1..values.len() {
        values[index] = values[index].max(values[index - 1]);
    }
    values
}
