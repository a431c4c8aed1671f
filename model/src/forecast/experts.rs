//! The learned experts: one that knows nothing of events and signals and has a long memory, and one that knows them.
//!
//! Both expect changes from the base at every anchor, linear in features that do not depend on it, so each shares one
//! gain over all anchors. What they expect is averaged: that is better than the best of them, since they are wrong at
//! different times.

use serde::{Deserialize, Serialize};

use super::eventful::{self, Slot};
use super::leading;
use super::least_squares::{BlockSettings, LeastSquares, Scratch};
use super::own_errors;
use super::record::Record;
use super::usual;

/// Weight of the expert that knows events and signals, where there are some.
const WEIGHT_OF_INFORMED: f32 = 0.85;

/// Errors are believed up to so many times their usual size.
const CLIP: f32 = 6.0;
/// Least usual size of an error, on the scale of levels.
const LEAST_ERROR: f32 = 1e-3;

/// Memory, in steps of a minute or more: how much of the evidence is left after each.
const OF_USUAL: f64 = 0.999_95;
const OF_CORE: f64 = 0.999_9;
/// Errors, signals and events change their meaning sooner. Events only age while they happen.
const OF_NEWS: f64 = 0.999_8;

const CORE: usize = usual::CORE.end - usual::CORE.start;

/// Features that are kept of a step: those that both experts see, and leading signals.
#[must_use]
pub fn seen_features(signals: usize) -> usize {
    usual::SEEN + own_errors::FEATURES + signals * leading::FEATURES
}

/// What the experts see of a step.
#[derive(Clone, Debug)]
pub struct Sight {
    /// Without events and signals.
    usual: Vec<f32>,
    informed: Vec<f32>,
}

/// Changes from the base that are expected at an anchor.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    /// By both experts.
    pub change: f32,
    /// By the expert that knows nothing of events.
    pub as_usual: f32,
}

/// What came at an anchor.
#[derive(Clone, Copy, Debug)]
pub struct Came {
    /// Change from the base; `None` for a gap.
    pub change: Option<f32>,
    /// Usual size of an error there, beyond a multiple of which no error counts.
    pub usual_error: f32,
}

/// Both experts of a series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Experts {
    usual: LeastSquares,
    informed: LeastSquares,
    step_min: f64,
    signals: usize,
    knows_events: bool,
}

impl Experts {
    /// Whether both could have learned from new ones.
    pub(super) fn are_sound(&self, step_min: f64, anchors: usize, signals: usize) -> bool {
        let mut new = Self::new(step_min, anchors, signals);
        if self.knows_events {
            new.expect_events();
        }
        self.step_min == step_min
            && self.signals == signals
            && self.usual.is_sound(&new.usual)
            && self.informed.is_sound(&new.informed)
    }

    /// Nothing learned yet: no change is expected.
    #[must_use]
    pub fn new(step_min: f64, anchors: usize, signals: usize) -> Self {
        let block = |features, of_step, ridge| BlockSettings {
            features,
            forgetting: forgetting(of_step, step_min),
            ridge,
            openness: 1.0,
        };
        let usual =
            [BlockSettings { openness: 0.2, ..block(usual::FEATURES + own_errors::FEATURES, OF_USUAL, 1.0) }];
        let mut informed = vec![block(CORE, OF_CORE, 1.0), block(own_errors::FEATURES, OF_NEWS, 3.0)];
        informed.extend(vec![block(leading::FEATURES, OF_NEWS, 1.0); signals]);
        Self {
            usual: LeastSquares::new(anchors, &usual),
            informed: LeastSquares::new(anchors, &informed),
            step_min,
            signals,
            knows_events: false,
        }
    }

    /// Makes room for events, once there are some: most series never need it.
    pub fn expect_events(&mut self) {
        if !self.knows_events {
            self.knows_events = true;
            self.informed.add_block(BlockSettings {
                features: eventful::FEATURES,
                forgetting: forgetting(OF_NEWS, self.step_min),
                ridge: 3.0,
                openness: 1.0,
            });
        }
    }

    /// Whether the informed expert sees more than the usual one.
    fn is_informed(&self) -> bool {
        self.knows_events || 0 < self.signals
    }

    /// What they see of a record, with the calendar as it is known now.
    #[must_use]
    pub fn see(&self, record: &Record, slots: &[Slot]) -> Sight {
        let (of_series, others) = record.x.split_at(usual::SEEN);
        let mut clock = [0.0; usual::CLOCK];
        usual::write_clock(record.at, record.is_off, &mut clock);
        let own_errors = &others[..own_errors::FEATURES];
        let usual = [of_series, &clock, own_errors].concat();
        let mut informed = Vec::with_capacity(self.informed.features());
        informed.extend(&usual[usual::CORE]);
        informed.extend(others);
        if self.knows_events {
            let start = informed.len();
            informed.resize(start + eventful::FEATURES, 0.0);
            let changes = &record.x[usual::CHANGES_AT];
            eventful::write(slots, record.at, changes, record.base, &mut informed[start..]);
        }
        Sight { usual, informed }
    }

    /// What is expected at an anchor.
    #[must_use]
    pub fn expected(&self, anchor: usize, seen: &Sight) -> Expected {
        let as_usual = self.usual.predict(anchor, &seen.usual);
        if !self.is_informed() {
            return Expected { change: as_usual, as_usual };
        }
        let informed = self.informed.predict(anchor, &seen.informed);
        let change = WEIGHT_OF_INFORMED * informed + (1.0 - WEIGHT_OF_INFORMED) * as_usual;
        Expected { change, as_usual }
    }

    /// How unusual a moment is for the informed expert, in memories of its news; 0 where it knows no more.
    #[must_use]
    pub fn leverage(&self, seen: &Sight, scratch: &mut Scratch) -> f32 {
        const UNUSUAL: f32 = 0.01;
        if !self.is_informed() {
            return 0.0;
        }
        let memory = 1.0 - forgetting(OF_NEWS, self.step_min);
        UNUSUAL * self.informed.leverage(&seen.informed, scratch) / memory
    }

    /// Learns what came after a record, one an anchor.
    pub fn learn(&mut self, record: &Record, slots: &[Slot], came: &[Came], scratch: &mut Scratch) {
        let error = |anchor: usize, expected: f32| {
            let most = CLIP * came[anchor].usual_error.max(LEAST_ERROR);
            came[anchor].change.map_or(0.0, |change| (change - expected).clamp(-most, most))
        };
        let seen = self.see(record, slots);
        self.usual.learn(&seen.usual, scratch, error);
        self.informed.learn(&seen.informed, scratch, error);
    }

    /// Believes what was learned less, as if it had been seen `share` as often.
    pub fn doubt(&mut self, share: f32) {
        self.usual.doubt(share);
        self.informed.doubt(share);
    }
}

/// Memory is counted in steps, but not in steps shorter than a minute, which say little new.
pub(super) fn forgetting(of_step: f64, step_min: f64) -> f32 {
    (1.0 - (1.0 - of_step) * step_min.min(1.0)) as f32
}
