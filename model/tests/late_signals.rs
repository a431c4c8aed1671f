//! Signals that are known late, or come less often than demand: used as they are known, live and from history.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use jiff::{SignedDuration, Timestamp};
use prescale_model::{
    Autoscaler, CapacitySettings, Fallback, HpaLaws, LeadTimeSettings, Limits, Mode, Observation, Rates,
    Sample, Settings, SignalSettings, SilentThen,
};

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

fn settings(step: SignedDuration, delay: SignedDuration) -> Settings {
    Settings {
        mode: Mode::Active,
        limits: Limits { min: 1, max: 1_000 },
        step: MINUTE,
        capacity: CapacitySettings::Given { per_replica: 100.0 },
        signals: vec![SignalSettings { name: "joins".into(), step, delay }],
        lead_time: LeadTimeSettings::default(),
        risk: 0.95,
        hold: MINUTE,
        headroom: false,
        fallback: Fallback { stale_after: 3 * MINUTE, hold_for: 5 * MINUTE, then: SilentThen::Reactive },
        rates: Rates { up: None, down: None, down_window: 2 * MINUTE },
        drain: None,
        hpa: HpaLaws { tolerance: 0.0, doubles: false, sync_period: SignedDuration::from_secs(15) },
    }
}

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_040 + 60 * minute).unwrap()
}

/// A rush each two hours, which joins see ten minutes before.
fn rush(minute: i64) -> f64 {
    let noise = (minute * 37).rem_euclid(23) as f64;
    if minute.rem_euclid(120) < 15 { 900.0 + noise } else { 200.0 + noise }
}

fn joins(minute: i64) -> f64 {
    rush(minute + 10) / 10.0
}

/// Lets it see a day and a half; `signals(minute)` are the samples that come with the demand of a minute.
fn seen(settings: Settings, signals: impl Fn(i64) -> Vec<Sample>) -> Autoscaler {
    let mut autoscaler = Autoscaler::new(settings);
    for minute in 0..2_160 {
        let signals: Vec<_> = signals(minute).into_iter().map(|sample| ("joins", sample)).collect();
        let demand = [Sample::new(at(minute), rush(minute)).unwrap()];
        let seen = Observation { demand: &demand, signals: &signals, ..Observation::default() };
        autoscaler.observe(at(minute), &seen);
    }
    autoscaler
}

fn sample(minute: i64, value: f64) -> Sample {
    Sample::new(at(minute), value).unwrap()
}

#[test]
fn a_signal_that_is_known_late_is_used_as_late_as_that() {
    let late = settings(MINUTE, 3 * MINUTE);
    let as_known =
        seen(settings(MINUTE, SignedDuration::ZERO), |minute| vec![sample(minute, joins(minute - 3))]);
    let by_its_time = seen(late.clone(), |minute| vec![sample(minute - 3, joins(minute - 3))]);
    assert_eq!(by_its_time.forecast(), as_known.forecast());
    // History has all of it, also what was not known yet: it changes nothing.
    let from_history = seen(late, |minute| {
        let first = if minute == 0 { -3 } else { minute };
        (first..=minute).map(|minute| sample(minute, joins(minute))).collect()
    });
    assert_eq!(from_history.forecast(), as_known.forecast());
    // And it does matter how late a signal is.
    let now = seen(settings(MINUTE, SignedDuration::ZERO), |minute| vec![sample(minute, joins(minute))]);
    assert_ne!(now.forecast(), as_known.forecast());
}

#[test]
fn a_signal_that_comes_seldom_is_the_same_from_history_as_live() {
    let five_minutes = 5 * MINUTE;
    let newest = |minute: i64| minute - minute.rem_euclid(5);
    // Live, the source gives its newest value at each tick; history has one value each five minutes.
    let live = seen(settings(five_minutes, SignedDuration::ZERO), |minute| {
        vec![sample(minute, joins(newest(minute)))]
    });
    let from_history = seen(settings(five_minutes, SignedDuration::ZERO), |minute| {
        if minute % 5 == 0 { vec![sample(minute, joins(minute))] } else { vec![] }
    });
    assert_eq!(from_history.forecast(), live.forecast());
    assert!(live.forecast().is_some());
}
