//! A million steps of the worst demand that can be written down, over forty series: nothing panics, every quantile is
//! a number of demand, and what is kept does not grow.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use jiff::{SignedDuration, Timestamp};
use prescale_model::events::{Effect, Event, ExpectedDemand};
use prescale_model::forecast::snapshot::save;
use prescale_model::forecast::{Engine, EngineSettings, Forecaster, Seen};
use prescale_model::signal::ClosedStep;

const SERIES: u64 = 40;
const STEPS: u32 = 25_000;
/// Bytes that a snapshot may take, and grow by from the middle to the end: lists of classes are bounded, not constant.
const MOST_BYTES: usize = 160 << 10;
const MOST_GROWTH: usize = 32 << 10;

/// A linear congruential generator (Knuth, MMIX): the same stream everywhere.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    /// Demand as it should never be, in stretches.
    fn demand(&mut self, kind: u64) -> Option<f64> {
        let usual = 100.0 + self.below(50) as f64;
        match kind {
            0 => None,
            1 => Some(0.0),
            2 => Some(42.0),
            3 => Some(f64::from_bits(1 + self.below(1_000))),
            4 if self.below(20) == 0 => Some(f64::MAX),
            5 if self.below(20) == 0 => Some(usual * 1e6),
            _ => Some(usual),
        }
    }

    fn event(&mut self, now: Timestamp) -> Event {
        let starts_at = now + SignedDuration::from_mins(self.below(240) as i64 - 60);
        let peak = [0.0, 300.0, 1e6, f64::MAX][self.below(4) as usize];
        let ramp_up = SignedDuration::from_mins(self.below(60) as i64);
        Event {
            name: format!("event-{}", self.below(1_000)),
            class: format!("class-{}", self.below(4)),
            effect: [Effect::Demand, Effect::Demand, Effect::Holiday, Effect::Exclusion]
                [self.below(4) as usize],
            starts_at,
            ends_at: starts_at + SignedDuration::from_mins(1 + self.below(180) as i64),
            magnitude: (self.below(2) == 0).then(|| self.below(1_000_000) as f64),
            confidence: (1 + self.below(100)) as f64 / 100.0,
            expected: (self.below(2) == 0).then_some(ExpectedDemand { peak, ramp_up }),
        }
    }
}

// A million steps of the worst demand give sound forecasts in bounded memory. Each third has a step of its own: 5 s,
// a minute, 5 minutes.

#[test]
fn sound_forecasts_in_bounded_memory_at_seconds() {
    (0..SERIES).step_by(3).for_each(check);
}

#[test]
fn sound_forecasts_in_bounded_memory_at_minutes() {
    (1..SERIES).step_by(3).for_each(check);
}

#[test]
fn sound_forecasts_in_bounded_memory_at_five_minutes() {
    (2..SERIES).step_by(3).for_each(check);
}

fn check(seed: u64) {
    let mut chance = Chance(seed);
    let step = SignedDuration::from_secs([5, 60, 300][(seed % 3) as usize]);
    let settings = EngineSettings { step, unit: 1.0, longest: 15, signals: 1 };
    let mut engine = Engine::new(settings);
    let (mut now, mut kind, mut middle) = (Timestamp::from_second(1_700_000_100).unwrap(), 6, 0);
    let mut events: Vec<Event> = Vec::new();
    for index in 0..STEPS {
        now += step;
        if chance.below(100) == 0 {
            kind = chance.below(9);
        }
        if chance.below(3_000) == 0 {
            // The clock jumps, ahead or back; whether the engine is told is chance too.
            let jump = step * chance.below(5_000) as i32;
            now = if chance.below(2) == 0 { now + jump } else { now - jump };
            if chance.below(2) == 0 {
                engine.restart();
            }
        }
        if chance.below(400) == 0 && events.len() < 5 {
            events.push(chance.event(now));
        }
        events
            .retain(|event| now < event.ends_at + SignedDuration::from_hours(2) && chance.below(5_000) != 0);
        let signals = [chance.demand(kind)];
        let value = chance.demand(kind);
        engine.learn(&Seen { step: ClosedStep { ends_at: now, value }, events: &events, signals: &signals });
        for values in engine.forecast().iter().flat_map(|forecast| &forecast.values) {
            let is_sound =
                values.iter().all(|value| value.is_finite() && 0.0 <= *value) && values.is_sorted();
            assert!(is_sound, "series {seed}, step {index}, demand {value:?}: {values:?}");
        }
        if index == STEPS / 2 {
            middle = save(&engine).len();
        }
    }
    let end = save(&engine).len();
    assert!(end < MOST_BYTES && end < middle + MOST_GROWTH, "series {seed}: {middle} bytes, then {end}");
}
