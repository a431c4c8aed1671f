//! Snapshots whose bytes are whole, and which no engine has saved: what they hold is refused, or can be forecast from.
//! Nothing panics, whatever bytes they have.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use jiff::{SignedDuration, Timestamp};
use prescale_model::Event;
use prescale_model::events::Effect;
use prescale_model::forecast::snapshot::{SnapshotError, restore, save};
use prescale_model::forecast::{Engine, EngineSettings, Forecaster, Seen};
use prescale_model::signal::ClosedStep;

const SETTINGS: EngineSettings =
    EngineSettings { step: SignedDuration::from_mins(1), unit: 1.0, longest: 5, signals: 1 };

/// Magic, version, length and CRC-32.
const HEADER: usize = 14;

/// Steps that a restored engine has to survive.
const STEPS_AFTER: i64 = 12;

fn minute(at: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_040 + 60 * at).unwrap()
}

fn sale(starts: i64) -> Event {
    Event {
        name: format!("sale-{starts}"),
        class: "on-sale".into(),
        effect: Effect::Demand,
        starts_at: minute(starts),
        ends_at: minute(starts + 30),
        magnitude: Some(100.0),
        confidence: 0.9,
        expected: None,
    }
}

/// The event before and the next one, of one every five hours.
fn calendar(at: i64) -> [Event; 2] {
    [at / 300, at / 300 + 1].map(|index| sale(300 * index + 60))
}

fn learn(engine: &mut Engine, at: i64) {
    let events = calendar(at);
    let lift = if events.iter().any(|event| event.holds(minute(at))) { 4.0 } else { 1.0 };
    let step = ClosedStep { ends_at: minute(at), value: Some(lift * (500.0 + (at * 7 % 31) as f64)) };
    engine.learn(&Seen { step, events: &events, signals: &[Some(20.0)] });
}

/// An engine that has seen events, in the reach of the next one. After `until` minutes.
fn body(until: i64) -> Vec<u8> {
    let mut engine = Engine::new(SETTINGS);
    (0..until).for_each(|at| learn(&mut engine, at));
    save(&engine)[HEADER..].to_vec()
}

/// A snapshot of these bytes, with a header that vouches for them.
fn sealed(body: &[u8]) -> Vec<u8> {
    let header = &save(&Engine::new(SETTINGS))[..6];
    let length = u32::try_from(body.len()).unwrap().to_le_bytes();
    [header, &length, &crc32fast::hash(body).to_le_bytes(), body].concat()
}

/// Whether it was refused; if it was not, it forecasts soundly from there on.
fn is_refused(body: &[u8], now: i64, what: &str) -> bool {
    let Ok(mut engine) = restore(&sealed(body), &SETTINGS) else { return true };
    for at in now..now + STEPS_AFTER {
        learn(&mut engine, at);
        for values in engine.forecast().iter().flat_map(|forecast| &forecast.values) {
            let is_sound =
                values.iter().all(|value| value.is_finite() && 0.0 <= *value) && values.is_sorted();
            assert!(is_sound, "{what}: {values:?}");
        }
    }
    false
}

/// Overwrites bytes at every `stride`-th place; gives how many of so many were refused.
fn overwritten(body: &[u8], now: i64, stride: usize, bytes: &[u8]) -> (usize, usize) {
    let (mut refused, mut all) = (0, 0);
    for at in (0..body.len() - bytes.len()).step_by(stride) {
        let mut changed = body.to_vec();
        changed[at..at + bytes.len()].copy_from_slice(bytes);
        refused += usize::from(is_refused(&changed, now, &format!("byte {at}, {bytes:?}")));
        all += 1;
    }
    (refused, all)
}

/// A stride that falls on every place within a number, and is quick.
const STRIDE: usize = 101;

/// Two snapshots: of the first day, whose steps are kept, and of after it.
fn check(bytes: &[u8], at_least: f64) {
    for now in [700, 1_502] {
        let (refused, all) = overwritten(&body(now), now, STRIDE, bytes);
        assert!(at_least * all as f64 <= refused as f64, "{refused} of {all} refused after {now} minutes");
    }
}

#[test]
fn numbers_that_are_none_are_refused() {
    // A single falls on its place about once in four, and elsewhere makes other numbers.
    check(&f32::NAN.to_le_bytes(), 0.2);
    check(&f32::INFINITY.to_le_bytes(), 0.2);
    check(&f64::NAN.to_le_bytes(), 0.5);
}

#[test]
fn absurd_numbers_are_refused() {
    check(&f32::MAX.to_le_bytes(), 0.2);
    check(&f32::MIN.to_le_bytes(), 0.2);
    check(&f64::MAX.to_le_bytes(), 0.3);
}

#[test]
fn wrong_lengths_and_counts_are_refused_or_harmless() {
    for byte in [0, 1, 0x7f, 0xff] {
        check(&[byte], 0.0);
    }
    check(&[0xff, 0xff, 0xff, 0xff, 0x0f], 0.0);
}

#[test]
fn bytes_that_are_missing_or_left_over_are_refused() {
    let body = body(400);
    for at in (0..body.len()).step_by(STRIDE) {
        let error = restore(&sealed(&body[..at]), &SETTINGS).unwrap_err();
        assert!(matches!(error, SnapshotError::Unreadable(_)), "cut at {at}: {error}");
    }
    let longer = [&body[..], &[0]].concat();
    assert_eq!(
        restore(&sealed(&longer), &SETTINGS).unwrap_err().to_string(),
        "snapshot cannot be read: 1 bytes are left over"
    );
}

#[test]
fn what_an_engine_has_saved_is_never_refused() {
    let mut engine = Engine::new(SETTINGS);
    for at in 0..2_000 {
        learn(&mut engine, at);
        if at % 50 == 0 {
            let restored = restore(&save(&engine), &SETTINGS);
            assert_eq!(restored.as_ref(), Ok(&engine), "minute {at}");
        }
    }
}
