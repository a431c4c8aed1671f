//! How far forecasts will be off: the logarithm of the error's size, by least squares from what is seen now: how large
//! errors were lately, how steep demand is, where events are on their course, and how unusual the moment is.

use serde::{Deserialize, Serialize};

use super::eventful::{self, DOUBT_FEATURES, Slot};
use super::experts::forgetting;
use super::least_squares::{BlockSettings, LeastSquares, Scratch};
use super::record::Record;
use super::sound;

/// Memories of errors in minutes, short to long, at a near and at the farthest horizon.
const MEMORIES_MIN: [f64; 3] = [20.0, 60.0, 1_440.0];
const ERRORS: usize = 2 * MEMORIES_MIN.len();

/// Features that are seen and not derived from the calendar.
pub const SEEN: usize = 3 + ERRORS + 2;
/// All features.
pub const FEATURES: usize = SEEN + DOUBT_FEATURES;

/// Memory, in steps of a minute or more.
const MEMORY: f64 = 0.999_9;

/// Share of the usual error that is added before logarithms are taken, so that a lucky hit does not count as certainty.
const OFFSET: f32 = 0.1;
/// Largest distance of the logarithm from that of the day's usual error.
const MOST_APART: f32 = 1.5;
/// Size of an error before any was seen, on the scale of levels.
const FIRST: f32 = 0.1;
/// Least size of an error, on the scale of levels; keeps logarithms finite.
const LEAST: f32 = 1e-4;

/// What tells of a moment how large errors will be.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Level now.
    pub level: f32,
    /// How steep demand is.
    pub slope: f32,
    /// Change that is expected at the farthest anchor.
    pub ahead: f32,
    /// How unusual the moment is.
    pub leverage: f32,
}

/// The size of errors at each anchor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    model: LeastSquares,
    knows_events: bool,
    lately: [f32; ERRORS],
    gains: [f32; MEMORIES_MIN.len()],
    /// Mean error of an hour and of a day at each anchor.
    hour: Vec<f32>,
    day: Vec<f32>,
    hour_gain: f32,
    day_gain: f32,
    /// Mean logarithm of the errors of a day at each anchor: what is usual, whatever outliers there were.
    usual: Vec<f32>,
    /// Errors seen at each anchor, up to a day of them.
    seen: Vec<u16>,
}

impl Spread {
    /// Nothing seen yet.
    #[must_use]
    pub fn new(step_min: f64, anchors: usize) -> Self {
        let gain = |minutes: f64| (2.0 / (minutes.max(2.0 * step_min) / step_min + 1.0)) as f32;
        let mut prior = vec![0.0; SEEN];
        prior[3..3 + ERRORS].fill(1.0 / ERRORS as f32);
        Self {
            model: LeastSquares::new(anchors, &[block(SEEN, step_min)]).with_prior(prior),
            knows_events: false,
            lately: [FIRST; ERRORS],
            gains: MEMORIES_MIN.map(gain),
            hour: vec![FIRST; anchors],
            day: vec![FIRST; anchors],
            hour_gain: gain(60.0),
            day_gain: gain(1_440.0),
            usual: vec![FIRST.ln(); anchors],
            seen: vec![0; anchors],
        }
    }

    /// Makes room for events, once there are some: most series never need it.
    pub fn expect_events(&mut self, step_min: f64) {
        if !self.knows_events {
            self.knows_events = true;
            self.model.add_block(block(DOUBT_FEATURES, step_min));
        }
    }

    /// Whether it could have learned from a new one.
    pub(super) fn is_sound(&self, step_min: f64, anchors: usize) -> bool {
        let mut new = Self::new(step_min, anchors);
        if self.knows_events {
            new.expect_events(step_min);
        }
        let averages = [&self.hour, &self.day, &self.usual];
        self.model.is_sound(&new.model)
            && (self.gains, self.hour_gain, self.day_gain) == (new.gains, new.hour_gain, new.day_gain)
            && self.seen.len() == anchors
            && averages
                .iter()
                .all(|each| each.len() == anchors && each.iter().all(|value| sound::is_number(*value)))
            && self.hour.iter().chain(&self.day).chain(&self.lately).all(|value| sound::is_size(*value))
    }

    /// Geometric mean of the errors of the last day at an anchor.
    #[must_use]
    pub fn usual(&self, anchor: usize) -> f32 {
        self.usual[anchor].exp()
    }

    /// Takes in an error that came.
    pub fn observe(&mut self, anchor: usize, near: usize, error: f32) {
        let size = error.abs();
        self.seen[anchor] = self.seen[anchor].saturating_add(1);
        // The first errors are averaged evenly, with the guess as one of them.
        let even = 1.0 / (f32::from(self.seen[anchor]) + 1.0);
        self.day[anchor] += self.day_gain.max(even) * (size - self.day[anchor]);
        self.usual[anchor] += self.day_gain.max(even) * (size.max(LEAST).ln() - self.usual[anchor]);
        self.hour[anchor] += self.hour_gain.max(even) * (size - self.hour[anchor]);
        for (index, gain) in self.gains.into_iter().enumerate() {
            let gain = gain.max(even);
            if anchor + 1 == self.day.len() {
                self.lately[index] += gain * (size - self.lately[index]);
            }
            if anchor == near {
                let near = &mut self.lately[MEMORIES_MIN.len() + index];
                *near += gain * (size - *near);
            }
        }
    }

    /// Writes what is seen now.
    pub fn write(&self, moment: Moment, out: &mut [f32]) {
        out[0] = 1.0;
        out[1] = moment.slope.abs();
        out[2] = moment.level.max(0.5).ln();
        for (out, error) in out[3..].iter_mut().zip(self.lately) {
            *out = error.max(LEAST).ln();
        }
        out[SEEN - 2] = moment.ahead.abs();
        out[SEEN - 1] = moment.leverage.ln_1p();
    }

    /// Size of the error to expect at an anchor.
    #[must_use]
    pub fn expected(&self, anchor: usize, x: &[f32; FEATURES]) -> f32 {
        let usual = self.day[anchor].max(LEAST).ln();
        self.model
            .predict(anchor, &x[..self.model.features()])
            .clamp(usual - MOST_APART, usual + MOST_APART)
            .exp()
    }

    /// Learns the errors that came, one an anchor, of what was seen as `x`.
    pub fn learn(&mut self, x: &[f32; FEATURES], scratch: &mut Scratch, errors: &[Option<f32>]) {
        let hour = &self.hour;
        self.model.learn(&x[..self.model.features()], scratch, |anchor, expected| match errors[anchor] {
            Some(error) => (error.abs() + OFFSET * hour[anchor]).max(LEAST * OFFSET).ln() - expected,
            None => 0.0,
        });
    }
}

fn block(features: usize, step_min: f64) -> BlockSettings {
    BlockSettings { features, forgetting: forgetting(MEMORY, step_min), ridge: 3.0, openness: 1.0 }
}

/// What a record tells of the size of its errors, with the calendar as it is known now.
#[must_use]
pub fn see(record: &Record, slots: &[Slot]) -> [f32; FEATURES] {
    let mut all = [0.0; FEATURES];
    all[..SEEN].copy_from_slice(&record.doubt);
    eventful::write_doubt(slots, record.at, record.base, &mut all[SEEN..]);
    all
}
