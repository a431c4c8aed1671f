//! A scaler that is stopped and goes on from what was kept of it forecasts and plans as one that never stopped.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use jiff::{SignedDuration, Timestamp};
use prescale_model::{
    Autoscaler, CapacitySettings, Fallback, HpaLaws, LeadTimeSettings, Limits, Mode, Observation, Rates,
    Remembered, Sample, Settings, SignalSettings, SilentThen,
};

const STEP: SignedDuration = SignedDuration::from_mins(1);
/// A sample each 15 s: four a step.
const TICK_S: i64 = 15;

fn settings() -> Settings {
    Settings {
        mode: Mode::Active,
        step: STEP,
        signals: vec![SignalSettings { name: "orders".to_owned(), step: STEP, delay: SignedDuration::ZERO }],
        capacity: CapacitySettings::Given { per_replica: 100.0 },
        limits: Limits { min: 1, max: 100 },
        risk: 0.95,
        hold: SignedDuration::from_mins(2),
        lead_time: LeadTimeSettings::default(),
        rates: Rates { up: None, down: None, down_window: SignedDuration::from_mins(5) },
        hpa: HpaLaws { tolerance: 0.0, doubles: false, sync_period: SignedDuration::from_secs(15) },
        fallback: Fallback {
            stale_after: SignedDuration::from_mins(2),
            hold_for: SignedDuration::from_mins(5),
            then: SilentThen::Reactive,
        },
        headroom: false,
        drain: None,
    }
}

fn at(tick: i64) -> Timestamp {
    Timestamp::from_millisecond(1_780_000_007_321 + tick * TICK_S * 1_000).unwrap()
}

/// A tick. The source is silent for ten minutes an hour, and the signal for other ten.
fn tick(autoscaler: &mut Autoscaler, tick: i64) {
    let now = at(tick);
    let minute = tick as f64 / 4.0;
    let phase = (minute as i64) % 60;
    let demand = Sample::new(now, 800.0 + 500.0 * (minute / 90.0).sin() + (tick * 7 % 31) as f64).unwrap();
    let demand = [demand];
    let orders = [("orders", Sample::new(now, 40.0 + 30.0 * ((minute + 5.0) / 90.0).sin()).unwrap())];
    autoscaler.observe(
        now,
        &Observation {
            demand: if (20..30).contains(&phase) { &[] } else { &demand },
            signals: if (40..50).contains(&phase) { &[] } else { &orders },
            ..Observation::default()
        },
    );
}

/// What a store would have of it.
fn steps(autoscaler: &Autoscaler) -> (Vec<Sample>, Vec<Sample>) {
    let closed = autoscaler.demand().closed_after(None);
    let orders = autoscaler.signal("orders").unwrap();
    let (mut demand, mut signal) = (Vec::new(), Vec::new());
    for step in closed {
        demand.extend(step.value.and_then(|value| Sample::new(step.ends_at, value)));
        signal.extend(orders.at(step.ends_at, STEP).and_then(|value| Sample::new(step.ends_at, value)));
    }
    (demand, signal)
}

/// Stops after so many ticks, and compares the hours that follow.
fn check(stop: i64) {
    let mut steady = Autoscaler::new(settings());
    (0..stop).for_each(|now| tick(&mut steady, now));
    let (demand, orders) = steps(&steady);
    let mut resumed = Autoscaler::new(settings());
    let kept = Remembered {
        forecaster: &steady.snapshot(),
        closed_to: steady.demand().closed_to().unwrap(),
        demand: &demand,
        signals: &[&orders],
    };
    resumed.resume(&kept).unwrap();
    for now in stop..stop + 600 {
        tick(&mut steady, now);
        tick(&mut resumed, now);
        assert_eq!(steady.forecast(), resumed.forecast(), "tick {now} after {stop}");
        assert_eq!(steady.demand().closed_to(), resumed.demand().closed_to());
    }
}

#[test]
fn a_scaler_goes_on_as_if_it_had_never_stopped() {
    // In the first hour, the first day and after it; at the end of a step and in its middle, where the source then tells
    // of it again.
    for stop in [130, 1_000, 3_001, 6_005, 6_200, 6_203] {
        check(stop);
    }
}

#[test]
fn what_is_refused_changes_nothing() {
    let mut autoscaler = Autoscaler::new(settings());
    (0..400).for_each(|now| tick(&mut autoscaler, now));
    let before = (autoscaler.snapshot(), steps(&autoscaler));
    let kept = Remembered { forecaster: b"GIF89a", closed_to: at(3), demand: &[], signals: &[&[]] };
    assert!(autoscaler.resume(&kept).is_err());
    assert_eq!((autoscaler.snapshot(), steps(&autoscaler)), before);
}
