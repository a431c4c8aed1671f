//! What holds of a learned capacity, whatever the service: a fleet that follows it is packed towards the true
//! capacity step by step, and neither saturation, nor outages, nor noise carry it beyond.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use jiff::{SignedDuration, Timestamp};
use prescale_model::capacity::{Capacity, Learned, MARGIN, MOST_STEP, Minute, Origin, replicas_for};
use proptest::collection::vec;
use proptest::prelude::*;

/// The objective of all services here.
const OBJECTIVE: SignedDuration = SignedDuration::from_secs(1);

/// A service whose latency at a load, in seconds, is `idle_s + (1 − idle_s) (load / knee)^power`: 1 s at its knee.
#[derive(Clone, Copy, Debug)]
struct Service {
    knee: f64,
    idle_s: f64,
    power: f64,
}

impl Service {
    fn latency_s(&self, load: f64) -> f64 {
        self.idle_s + (1.0 - self.idle_s) * (load / self.knee).powf(self.power)
    }
}

/// Eight requests at once: hardly slower at half of its knee, and twice as slow just above it.
const GATEWAY: Service = Service { knee: 100.0, idle_s: 0.2, power: 12.0 };

/// A fleet that follows what is learned of its replicas, minute by minute.
struct Fleet {
    learned: Learned,
    minute: i64,
    replicas: u32,
}

impl Fleet {
    fn new(start_with: Option<f64>, replicas: u32) -> Self {
        let learned = Learned::new(OBJECTIVE, start_with, SignedDuration::from_mins(1));
        Self { learned, minute: 0, replicas }
    }

    /// A minute of `demand` at this latency. The fleet then has what it needs, two replicas at least, and gives back
    /// what it needs no more each ten minutes.
    fn see(&mut self, demand: f64, latency_s: f64) -> Option<Capacity> {
        let (replicas, latency_s) = (self.replicas, Some(latency_s));
        self.show(Minute { demand, latency_s, ..self.usual(replicas) });
        if let Some(capacity) = self.learned.capacity() {
            let needed = replicas_for(demand, capacity.per_replica).clamp(2, 100_000);
            let least = if self.minute % 10 == 0 { 0 } else { self.replicas };
            self.replicas = needed.max(least);
        }
        self.learned.capacity()
    }

    /// A minute of a service.
    fn serve(&mut self, service: &Service, demand: f64) -> Option<Capacity> {
        self.see(demand, service.latency_s(demand / f64::from(self.replicas)))
    }

    /// Demand in the rhythm of a day, up to `most`, for so many days.
    fn serve_days(&mut self, days: i64, service: &Service, most: f64) {
        for minute in 0..days * 1_440 {
            let of_day = (minute as f64 / 1_440.0 * std::f64::consts::TAU).sin();
            let noise = ((minute * 37) % 101) as f64 / 101.0;
            self.serve(service, most * (0.55 + 0.4 * of_day) * (0.95 + 0.1 * noise));
        }
    }

    /// A fixed fleet of ten at a load for so many minutes, after it has settled.
    fn bear(&mut self, minutes: i64, load: f64, latency_s: f64) {
        for _ in 0..minutes {
            let minute = self.usual(10);
            self.show(Minute { demand: 10.0 * load, latency_s: Some(latency_s), ..minute });
        }
    }

    fn usual(&self, replicas: u32) -> Minute {
        let at = Timestamp::from_second(1_750_000_000 + 60 * self.minute).unwrap();
        Minute { at, demand: 0.0, asked: replicas, ready: replicas, latency_s: None, lag: None }
    }

    fn show(&mut self, minute: Minute) {
        self.learned.observe(&minute);
        self.minute += 1;
    }

    fn capacity(&self) -> Capacity {
        self.learned.capacity().unwrap()
    }
}

/// Claims what fixed fleets of ten have learned from stretches of `(minutes, load, latency)`.
fn check(start_with: Option<f64>, stretches: &[(i64, f64, f64)], per_replica: f64, origin: Origin) {
    let mut fleet = Fleet::new(start_with, 10);
    for &(minutes, load, latency_s) in stretches {
        fleet.bear(minutes, load, latency_s);
    }
    let learned = fleet.capacity();
    let words = format!("{stretches:?} gave {learned}");
    assert!((learned.per_replica - per_replica).abs() < 1e-6 * per_replica, "{words}");
    match (learned.origin, origin) {
        (Origin::Learned { low, high }, Origin::Learned { low: least, high: most }) => {
            assert!((low - least).abs() < 1e-6 && (high - most).abs() < 1e-6, "{words}");
        }
        (learned, expected) => assert_eq!(learned, expected, "{words}"),
    }
}

#[test]
fn what_is_assumed_stands_until_a_load_says_otherwise() {
    check(Some(80.0), &[(2, 50.0, 0.2)], 80.0, Origin::Assumed);
    check(Some(80.0), &[(60, 50.0, 0.2)], 80.0, Origin::Assumed);
    check(None, &[(4, 50.0, 0.2)], 50.0, Origin::Guessed);
    check(None, &[(4, 50.0, 0.2), (1, 70.0, 0.3), (1, 90.0, 1.3)], 70.0, Origin::Guessed);
}

#[test]
fn what_was_seen_within_the_objective_is_exceeded_by_a_step_that_shrinks() {
    let beyond = |load: f64, latency_s: f64, step: f64| {
        let high = load * (1.0 + step);
        check(None, &[(60, load, latency_s)], high, Origin::Learned { low: load, high });
    };
    beyond(50.0, 0.0, MOST_STEP);
    beyond(50.0, 0.25, MOST_STEP / 2.0);
    beyond(50.0, 0.5, 0.0);
    beyond(50.0, 0.9, 0.0);
}

#[test]
fn the_objective_is_met_between_the_loads_around_it() {
    let origin = Origin::Learned { low: 81.0, high: 99.0 };
    check(None, &[(60, 90.0, 0.5), (60, 110.0, 1.5)], 100.0 * (1.0 - MARGIN), origin);
}

#[test]
fn minutes_of_saturation_bound_a_capacity_and_their_length_does_not_matter() {
    let saturated = |latency_s: f64| {
        let low = 90.0 * (1.0 - MARGIN);
        let met_at = 90.0 + 20.0 * 0.75 / 1.75;
        let per_replica = met_at * (1.0 - MARGIN);
        let stretches = [(60, 90.0, 0.25), (1, 110.0, latency_s), (5, 60.0, latency_s), (9, 60.0, 0.25)];
        check(None, &stretches, per_replica, Origin::Learned { low, high: 110.0 * (1.0 - MARGIN) });
    };
    saturated(2.1);
    saturated(30.0);
}

#[test]
fn what_was_assumed_too_high_is_lowered_and_no_further_than_load_can_be_the_cause() {
    check(Some(120.0), &[(10, 110.0, 1.4)], 99.0, Origin::Lowered { late_at: 110.0 });
    check(Some(120.0), &[(10, 110.0, 8.0)], 99.0, Origin::Lowered { late_at: 110.0 });
    let late_everywhere = [(10, 110.0, 1.4), (10, 80.0, 1.3), (10, 40.0, 1.4), (10, 10.0, 1.3)];
    check(Some(120.0), &late_everywhere, 120.0, Origin::Kept);
}

#[test]
fn a_fleet_comes_close_to_the_capacity_that_nobody_told() {
    for start_with in [None, Some(20.0), Some(90.0), Some(140.0), Some(1_000.0)] {
        let mut fleet = Fleet::new(start_with, 60);
        fleet.serve_days(7, &GATEWAY, 3_000.0);
        let learned = fleet.capacity();
        assert!((80.0..=100.0).contains(&learned.per_replica), "{start_with:?} gave {learned}");
    }
}

/// Claims the capacity right after an outage of so many minutes, at any load, and days later, as parts of the one
/// before.
fn check_outage(minutes: i64, after: f64, later: f64) {
    let mut fleet = Fleet::new(None, 60);
    fleet.serve_days(3, &GATEWAY, 3_000.0);
    let before = fleet.capacity().per_replica;
    for _ in 0..minutes {
        fleet.see(1_500.0, 30.0);
    }
    let part = fleet.capacity().per_replica / before;
    assert!(after <= part, "{part} of {before} after {minutes} min: {}", fleet.capacity());
    fleet.serve_days(3, &GATEWAY, 3_000.0);
    let part = fleet.capacity().per_replica / before;
    assert!(later <= part, "{part} of {before} days after {minutes} min: {}", fleet.capacity());
}

#[test]
fn an_outage_of_minutes_costs_nothing_and_a_long_one_little_and_for_days() {
    check_outage(10, 0.98, 0.98);
    check_outage(60, 0.8, 0.95);
    check_outage(600, 1.0, 0.95);
}

#[test]
fn a_release_that_serves_less_is_found_out() {
    for power in [3.0, 12.0, 60.0] {
        let mut fleet = Fleet::new(None, 60);
        fleet.serve_days(3, &Service { power, ..GATEWAY }, 3_000.0);
        fleet.serve_days(1, &Service { power, knee: 70.0, ..GATEWAY }, 3_000.0);
        assert!(
            (45.0..=1.05 * 70.0).contains(&fleet.capacity().per_replica),
            "{power}: {}",
            fleet.capacity()
        );
    }
}

#[test]
fn a_release_that_serves_more_is_found_out() {
    let mut fleet = Fleet::new(None, 60);
    fleet.serve_days(3, &GATEWAY, 3_000.0);
    fleet.serve_days(14, &Service { knee: 150.0, ..GATEWAY }, 3_000.0);
    assert!((120.0..=150.0).contains(&fleet.capacity().per_replica), "{}", fleet.capacity());
}

#[test]
fn a_snapshot_goes_on_where_it_was_taken() {
    let mut fleet = Fleet::new(Some(50.0), 60);
    fleet.serve_days(1, &GATEWAY, 3_000.0);
    let snapshot = serde_json::to_string(&fleet.learned).unwrap();
    let learned = serde_json::from_str(&snapshot).unwrap();
    let mut restored = Fleet { learned, minute: fleet.minute, replicas: fleet.replicas };
    for fleet in [&mut fleet, &mut restored] {
        fleet.serve_days(1, &GATEWAY, 3_000.0);
    }
    // JSON in its fast reading may lose the last digit.
    let (went_on, resumed) = (fleet.capacity().per_replica, restored.capacity().per_replica);
    assert!((resumed / went_on - 1.0).abs() < 1e-9, "{went_on} and {resumed}");
}

fn services() -> impl Strategy<Value = Service> {
    (-3.0..6.0_f64, 0.02..0.5_f64, 1.0..60.0_f64).prop_map(|(knee, idle_s, power)| Service {
        knee: 10_f64.powf(knee),
        idle_s,
        power,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_capacity_exceeds_the_true_one_by_more_than_a_step(
        service in services(), first in 0.05..1.0_f64, assumed: bool,
        minutes in vec((0.1..1.0_f64, 0.9..1.1_f64), 1_500),
    ) {
        let start_with = assumed.then_some(first * service.knee);
        let mut fleet = Fleet::new(start_with, (60.0 / first) as u32);
        for (share, noise) in minutes {
            let demand = share * 60.0 * service.knee;
            let latency_s = noise * service.latency_s(demand / f64::from(fleet.replicas));
            let Some(capacity) = fleet.see(demand, latency_s) else { continue };
            let most = service.knee * (1.0 + MOST_STEP) * 1.05;
            prop_assert!(0.0 < capacity.per_replica && capacity.per_replica <= most, "{capacity} of {service:?}");
            if let Origin::Learned { low, high } = capacity.origin {
                prop_assert!(low <= capacity.per_replica && capacity.per_replica <= high, "{capacity:?}");
            }
        }
    }

    #[test]
    fn whatever_is_seen_a_capacity_is_a_number_above_zero_and_memory_is_bounded(
        start_with in proptest::option::of(1e-3..1e12_f64),
        minutes in vec((any::<f64>(), 0..40_u32, 0..40_u32, proptest::option::of(any::<f64>()), -500..5_000_i64), 400),
    ) {
        let mut learned = Learned::new(OBJECTIVE, start_with, SignedDuration::from_mins(1));
        let mut second = 1_750_000_000;
        for (demand, asked, ready, latency_s, pause_s) in minutes {
            second += pause_s;
            let (at, demand) = (Timestamp::from_second(second).unwrap(), demand.abs());
            // Most of the time the fleet is in full.
            let ready = if ready % 4 == 0 { ready } else { asked };
            let latency_s = latency_s.map(f64::abs);
            learned.observe(&Minute { at, demand, asked, ready, latency_s, lag: None });
            if let Some(capacity) = learned.capacity() {
                prop_assert!(capacity.per_replica.is_normal() && 0.0 < capacity.per_replica, "{capacity:?}");
            }
        }
        prop_assert!(serde_json::to_string(&learned).unwrap().len() < 16_384);
    }
}
