//! What the engine learns: signals that run ahead, classes of events that other series know, sizes, exclusions, and how
//! soon it is of use.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::f64::consts::TAU;

use jiff::{SignedDuration, Timestamp};
use prescale_model::Event;
use prescale_model::events::Effect;
use prescale_model::events::pool::Pool;
use prescale_model::forecast::{Engine, EngineSettings, Forecaster, Quantiles, Seen};
use prescale_model::score::Score;
use prescale_model::signal::ClosedStep;

const DAY: i64 = 1_440;

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_750_032_000 + minute * 60).unwrap()
}

fn engine(signals: usize) -> Engine {
    Engine::new(EngineSettings { step: SignedDuration::from_mins(1), unit: 1.0, longest: 15, signals })
}

/// A number within [0, 1) that looks like chance and is the same for the same minute.
fn chance(minute: i64) -> f64 {
    (minute as f64 * 0.754_877_666 + (minute % 97) as f64 * 0.569_840_29).fract()
}

fn learn(engine: &mut Engine, minute: i64, demand: f64, events: &[Event], signals: &[Option<f64>]) {
    let step = ClosedStep { ends_at: at(minute), value: Some(demand) };
    engine.learn(&Seen { step, events, signals });
}

fn ahead(engine: &Engine, minutes: usize) -> Quantiles {
    engine.forecast().unwrap().values[minutes - 1]
}

/// WQL of forecasts 5 minutes ahead, made in `scored`, and that of the last value.
fn losses(demand: impl Fn(i64) -> f64, scored: std::ops::Range<i64>) -> (f64, f64) {
    let (mut engine, mut ours, mut last) = (engine(0), Score::default(), Score::default());
    for minute in 0..scored.end {
        learn(&mut engine, minute, demand(minute), &[], &[]);
        if scored.contains(&minute) {
            ours.add(&ahead(&engine, 5), demand(minute + 5));
            last.add(&[demand(minute); 5], demand(minute + 5));
        }
    }
    (ours.wql().unwrap(), last.wql().unwrap())
}

#[test]
fn a_signal_that_runs_ahead_halves_the_error() {
    // Demand is what joined the queue five minutes ago, which nothing else foretells.
    let joins = |minute: i64| 200.0 + 800.0 * chance(minute.div_euclid(7)).powi(2);
    let loss = |told: bool| {
        let (mut engine, mut score) = (engine(1), Score::default());
        for minute in 0..3 * DAY {
            let signal = told.then(|| joins(minute));
            learn(&mut engine, minute, joins(minute - 5), &[], &[signal]);
            if DAY < minute {
                score.add(&ahead(&engine, 5), joins(minute));
            }
        }
        score.wql().unwrap()
    };
    let (told, untold) = (loss(true), loss(false));
    assert!(told < 0.5 * untold, "{told} with the signal, {untold} without");
}

#[test]
fn a_new_series_is_useful_within_the_hour_and_good_at_a_day() {
    let daily = |minute: i64| {
        1_000.0 * (1.2 - (TAU * minute as f64 / DAY as f64).cos()) * (0.98 + 0.04 * chance(minute))
    };
    let (ours, last_value) = losses(daily, 60..180);
    assert!(ours < last_value, "{ours} after an hour, the last value {last_value}");
    let (ours, last_value) = losses(daily, DAY..2 * DAY);
    assert!(ours < 0.7 * last_value, "{ours} after a day, the last value {last_value}");
}

fn sale(minute: i64, magnitude: f64) -> Event {
    Event {
        name: format!("sale-{minute}"),
        class: "on-sale".into(),
        effect: Effect::Demand,
        starts_at: at(minute),
        ends_at: at(minute + 60),
        magnitude: Some(magnitude),
        confidence: 1.0,
        expected: None,
    }
}

/// Base demand of 500, and five times as much a thousand tickets for an hour from each sale on.
fn with_sales(sales: &[Event], minute: i64) -> f64 {
    let running = sales.iter().filter(|sale| sale.holds(at(minute)));
    let added: f64 = running.map(|sale| 2_000.0 * sale.magnitude.unwrap_or(0.0) / 1_000.0).sum();
    (500.0 + added) * (0.98 + 0.04 * chance(minute))
}

/// A series that has seen sales of a thousand tickets on three days.
fn of_three_sales() -> (Engine, Vec<Event>) {
    let (mut engine, sales) = (engine(0), [0, 1, 2].map(|day| sale(day * DAY + 600, 1_000.0)).to_vec());
    (0..3 * DAY).for_each(|minute| learn(&mut engine, minute, with_sales(&sales, minute), &sales, &[]));
    (engine, sales)
}

/// What is forecast five minutes ahead of the third minute of the next sale.
fn forecast_of(mut engine: Engine, next: &Event, from: i64) -> Quantiles {
    let start = (next.starts_at.as_second() - at(0).as_second()) / 60;
    for minute in from..=start - 2 {
        learn(&mut engine, minute, with_sales(&[], minute), std::slice::from_ref(next), &[]);
    }
    ahead(&engine, 5)
}

#[test]
fn an_event_ten_times_larger_than_any_seen_is_forecast_by_its_size() {
    let next = |magnitude| sale(3 * DAY + 600, magnitude);
    let usual = forecast_of(of_three_sales().0, &next(1_000.0), 3 * DAY);
    let larger = forecast_of(of_three_sales().0, &next(10_000.0), 3 * DAY);
    assert!((1_800.0..3_200.0).contains(&usual[1]), "{usual:?}");
    assert!((14_000.0..27_000.0).contains(&larger[1]), "{larger:?}");
    let width = |quantiles: Quantiles| quantiles[3] / quantiles[1];
    assert!(width(usual) < width(larger), "{usual:?} {larger:?}");
}

#[test]
fn the_first_event_of_a_series_is_forecast_from_what_others_have_seen() {
    let (seasoned, _) = of_three_sales();
    let next = sale(DAY + 600, 1_000.0);
    let new = || {
        let mut engine = engine(0);
        (0..DAY).for_each(|minute| learn(&mut engine, minute, with_sales(&[], minute), &[], &[]));
        engine
    };
    let alone = forecast_of(new(), &next, DAY);
    assert!(alone[3] < 700.0, "{alone:?}");
    let mut told = new();
    told.adopt(&Pool::of([seasoned.tracker().profiles(), seasoned.tracker().profiles()]));
    let told = forecast_of(told, &next, DAY);
    assert!(1_200.0 < told[1] && 2_000.0 < told[4], "{told:?}");
}

#[test]
fn what_others_have_seen_is_kept_by_a_series_that_has_seen_nothing_yet() {
    let mut new = engine(0);
    new.adopt(&Pool::of([of_three_sales().0.tracker().profiles()]));
    let is_known =
        |engine: &Engine| engine.tracker().profiles().get("on-sale").is_some_and(|sale| sale.is_known());
    assert!(is_known(&new));
    for minute in 0..2 * DAY {
        learn(&mut new, minute, 500.0, &[], &[]);
        assert!(is_known(&new), "forgotten at minute {minute}");
    }
}

#[test]
fn an_announced_event_is_followed_through_an_exclusion() {
    let (mut engine, _) = of_three_sales();
    let next = sale(3 * DAY + 600, 1_000.0);
    let load_test = Event {
        effect: Effect::Exclusion,
        magnitude: None,
        ends_at: at(3 * DAY + 620),
        ..sale(3 * DAY + 540, 0.0)
    };
    let announced = [next, load_test];
    for minute in 3 * DAY..3 * DAY + 599 {
        learn(&mut engine, minute, with_sales(&[], minute), &announced, &[]);
    }
    assert!(1_500.0 < ahead(&engine, 5)[3], "{:?}", ahead(&engine, 5));
}

#[test]
fn nothing_is_learned_from_an_exclusion() {
    let load_test =
        Event { effect: Effect::Exclusion, magnitude: None, ends_at: at(DAY + 120), ..sale(DAY, 0.0) };
    let width_after = |events: &[Event]| {
        let mut engine = engine(0);
        for minute in 0..DAY + 180 {
            let tested = (DAY + 1..=DAY + 120).contains(&minute);
            let demand = if tested { 4_000.0 * chance(minute * 3) } else { with_sales(&[], minute) };
            learn(&mut engine, minute, demand, events, &[]);
        }
        let quantiles = ahead(&engine, 15);
        quantiles[4] - quantiles[0]
    };
    let (excluded, learned) = (width_after(&[load_test]), width_after(&[]));
    assert!(excluded < 0.3 * learned, "{excluded} with the exclusion, {learned} without");
}

#[test]
fn a_holiday_is_forecast_with_the_rhythm_of_a_weekend() {
    // From six to six people work, most at noon; nobody does on days off.
    let step = SignedDuration::from_mins(5);
    let monday = 3 * 7 * DAY;
    let demand = |minute: i64, is_off: bool| {
        let hours = (minute.rem_euclid(DAY) as f64 / 60.0).clamp(6.0, 18.0) - 6.0;
        let share = if is_off { 0.0 } else { 0.5 - 0.5 * (TAU * hours / 12.0).cos() };
        (200.0 + 1_800.0 * share) * (0.98 + 0.04 * chance(minute))
    };
    let is_weekend = |minute: i64| 5 <= minute.div_euclid(DAY) % 7;
    let holiday =
        Event { effect: Effect::Holiday, magnitude: None, ends_at: at(monday + DAY), ..sale(monday, 0.0) };
    let told_at_seven = |events: &[Event]| {
        let mut engine = Engine::new(EngineSettings { step, unit: 1.0, longest: 12, signals: 0 });
        for minute in (0..=monday + 7 * 60).step_by(5) {
            learn(&mut engine, minute, demand(minute, is_weekend(minute) || monday <= minute), events, &[]);
        }
        engine.forecast().unwrap().values[11][1]
    };
    let (told, untold) = (told_at_seven(&[holiday]), told_at_seven(&[]));
    assert!(250.0 < untold, "{untold} without the holiday");
    assert!(told - 200.0 < 0.5 * (untold - 200.0), "{told} with the holiday, {untold} without");
}

#[test]
fn an_event_in_an_exclusion_teaches_its_class_nothing() {
    let first = sale(DAY + 600, 1_000.0);
    let outage = Event {
        effect: Effect::Exclusion,
        magnitude: None,
        ends_at: at(DAY + 1_200),
        ..sale(DAY + 420, 0.0)
    };
    let lift_after = |events: &[Event]| {
        let mut engine = engine(0);
        for minute in 0..2 * DAY {
            learn(&mut engine, minute, with_sales(std::slice::from_ref(&first), minute), events, &[]);
        }
        engine.tracker().profiles().get("on-sale").map_or(1.0, |profile| profile.peak())
    };
    let learned = lift_after(std::slice::from_ref(&first));
    assert!(4.0 < learned, "{learned} without the exclusion");
    let excluded = lift_after(&[first.clone(), outage]);
    assert!(excluded < 1.1, "{excluded} with the exclusion");
}

#[test]
fn what_the_first_day_taught_outlives_a_restart_within_it() {
    let daily = |minute: i64| 1_000.0 * (1.2 - (TAU * minute as f64 / DAY as f64).cos());
    let spread_after = |restarts: bool| {
        let mut engine = engine(0);
        for minute in 0..DAY {
            // Twelve hours in, the clock is set back by one: the series starts afresh.
            let now = if restarts && 720 <= minute { minute - 60 } else { minute };
            if restarts && minute == 720 {
                engine.restart();
            }
            learn(&mut engine, now, daily(now), &[], &[]);
        }
        let quantiles = ahead(&engine, 15);
        quantiles[3] - quantiles[0]
    };
    let (restarted, straight) = (spread_after(true), spread_after(false));
    assert!(restarted < 2.0 * straight, "{restarted} after a restart, {straight} without");
}
