//! The series that are forecast: a day's wave with noise of its own for each, and where there are events, one every
//! eight hours that more than doubles demand.

use std::f64::consts::TAU;

use jiff::{SignedDuration, Timestamp};
use prescale_model::events::{Effect, Event};
use prescale_model::forecast::{Engine, EngineSettings, Forecaster, Seen};
use prescale_model::signal::ClosedStep;

/// Steps ahead.
pub(crate) const HORIZONS: usize = 15;

/// A minute a step.
pub(crate) const SETTINGS: EngineSettings =
    EngineSettings { step: SignedDuration::from_mins(1), unit: 1.0, longest: HORIZONS as u32, signals: 0 };

/// Four days and eight minutes: all windows are full, the scale is known, and an event has just started.
pub(crate) const WARM_STEPS: usize = 4 * 1_440 + 8;

const EVENT_EVERY: usize = 480;
const EVENT_STEPS: usize = 60;

/// Many series of a kind.
pub(crate) struct Series {
    /// In the order of starts; the first one starts [`EVENT_EVERY`] steps in.
    calendar: Vec<Event>,
}

impl Series {
    pub(crate) fn without_events() -> Self {
        Self { calendar: vec![] }
    }

    pub(crate) fn with_events() -> Self {
        let starts = (1..=WARM_STEPS / EVENT_EVERY + 2).map(|event| event * EVENT_EVERY);
        Self { calendar: starts.map(event).collect() }
    }

    /// Teaches a series' engine a step. The event before and the next two are announced.
    pub(crate) fn teach(&self, engine: &mut Engine, series: usize, step: usize) {
        let ends_at = start_of(step + 1);
        let started = (step / EVENT_EVERY).min(self.calendar.len());
        let announced = started.saturating_sub(1)..(started + 2).min(self.calendar.len());
        let step = ClosedStep { ends_at, value: Some(self.demand(series, step)) };
        engine.learn(&Seen { step, events: &self.calendar[announced], signals: &[] });
    }

    /// Demand of a series in a step.
    pub(crate) fn demand(&self, series: usize, step: usize) -> f64 {
        let wave = 1.0 + 0.5 * (TAU * step as f64 / 1_440.0).sin();
        let ends_at = start_of(step + 1);
        let lift = if self.calendar.iter().any(|event| event.holds(ends_at)) { 2.5 } else { 1.0 };
        1_000.0 * wave * lift * (0.9 + 0.2 * noise(series, step))
    }
}

fn event(step: usize) -> Event {
    Event {
        name: format!("sale-{step}"),
        class: "on-sale".into(),
        effect: Effect::Demand,
        starts_at: start_of(step),
        ends_at: start_of(step + EVENT_STEPS),
        magnitude: None,
        confidence: 1.0,
        expected: None,
    }
}

fn start_of(step: usize) -> Timestamp {
    Timestamp::UNIX_EPOCH + SETTINGS.step * step as i32
}

/// Within [0, 1), the same each time (SplitMix64).
fn noise(series: usize, step: usize) -> f64 {
    let mut bits = ((series as u64) << 32 | step as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((bits ^ bits >> 31) >> 11) as f64 / (1_u64 << 53) as f64
}
