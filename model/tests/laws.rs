//! What holds for every history, gap, clock jump and setting: the promises of the product, as properties.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use jiff::{SignedDuration, Timestamp};
use prescale_model::capacity::replicas_for;
use prescale_model::events::Effect;
use prescale_model::{
    Autoscaler, CapacitySettings, Driver, Event, ExpectedDemand, Fallback, HpaLaws, LeadTimeSettings, Limits,
    Mode, Observation, Plan, RateLaw, Rates, Room, Sample, Settings, SilentThen, Workload,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// One tick of a made-up history.
#[derive(Clone, Debug)]
struct Tick {
    /// Since the last tick, in seconds; below 0 where the clock was set back.
    pause_s: i64,
    /// Age and value of the sample it brings, if it brings one.
    sample: Option<(i64, f64)>,
    /// Replicas that someone else set, if someone did.
    interference: Option<u32>,
    /// Pods on nodes that go, pods without room, and room that is there, where some is asked for.
    room: (u32, u32, Option<u32>),
}

/// A tick's plan, and what it was made from.
struct Made {
    plan: Plan,
    running: u32,
    planned_before: Option<u32>,
}

fn ticks() -> impl Strategy<Value = Vec<Tick>> {
    let pause = prop_oneof![20 => Just(15_i64), 2 => 16..600_i64, 1 => -7_200..90_000_i64];
    let demand = prop_oneof![10 => 0.0..2_000.0_f64, 1 => Just(0.0), 1 => 2_000.0..1e7_f64];
    let sample =
        option::weighted(0.8, (prop_oneof![8 => Just(0_i64), 1 => 1..300_i64, 1 => -120..0_i64], demand));
    let interference = option::weighted(0.05, 1..300_u32);
    let room = (0..6_u32, 0..4_u32, option::weighted(0.3, 0..50_u32));
    let room = prop_oneof![5 => Just((0, 0, None)), 1 => room];
    let tick = (pause, sample, interference, room);
    let tick =
        tick.prop_map(|(pause_s, sample, interference, room)| Tick { pause_s, sample, interference, room });
    vec(tick, 1..200)
}

fn rate() -> impl Strategy<Value = Option<RateLaw>> {
    let law = (0..200_u32, 1..20_u32, 15..300_i64).prop_map(|(percent, pods, period_s)| RateLaw {
        percent,
        pods,
        period: SignedDuration::from_secs(period_s),
    });
    option::of(law)
}

/// A capacity as it is given, or learned from somewhere or nothing.
fn capacity() -> impl Strategy<Value = CapacitySettings> {
    let given = (1.0..500.0_f64).prop_map(|per_replica| CapacitySettings::Given { per_replica });
    let learned = option::of(1.0..500.0_f64).prop_map(|start_with| CapacitySettings::Learned {
        objective: SignedDuration::from_secs(1),
        start_with,
    });
    prop_oneof![given, learned]
}

prop_compose! {
    fn settings()(
        mode in prop_oneof![Just(Mode::Active), Just(Mode::Shadow), Just(Mode::Paused)],
        min in 1..10_u32, span in 0..200_u32, step_s in prop_oneof![Just(15_i64), Just(60)],
        capacity in capacity(), risk in 0.5..0.99_f64, up in rate(), down in rate(),
        down_window_s in 0..600_i64, hold_for_s in 0..900_i64, headroom: bool, reactive: bool,
        tolerance in prop_oneof![Just(0.0), Just(0.1)],
    ) -> Settings {
        let seconds = SignedDuration::from_secs;
        Settings {
            mode, limits: Limits { min, max: min + span }, step: seconds(step_s), signals: vec![],
            capacity,
            lead_time: LeadTimeSettings::default(), risk, hold: seconds(60), headroom,
            fallback: Fallback {
                stale_after: seconds(90), hold_for: seconds(hold_for_s),
                then: if reactive { SilentThen::Reactive } else { SilentThen::HoldSize },
            },
            rates: Rates { up, down, down_window: seconds(down_window_s) },
            drain: None,
            hpa: HpaLaws { tolerance, doubles: false, sync_period: seconds(15) },
        }
    }
}

fn announced() -> Vec<Event> {
    vec![Event {
        name: "sale".into(),
        class: "on-sale".into(),
        effect: Effect::Demand,
        starts_at: at(1_500),
        ends_at: at(3_600),
        magnitude: Some(1e5),
        confidence: 0.9,
        expected: Some(ExpectedDemand { peak: 20_000.0, ramp_up: SignedDuration::from_mins(2) }),
    }]
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_750_000_000 + second).unwrap()
}

/// Plays a history; the workload follows each plan at once, unless someone interferes.
fn play(settings: &Settings, ticks: &[Tick], check: impl Fn(&Autoscaler, &Made)) -> String {
    let mut autoscaler = Autoscaler::new(settings.clone());
    let (mut second, mut running, mut planned_before) = (0, settings.limits.min, None);
    let mut told = String::new();
    for tick in ticks {
        second += tick.pause_s;
        running = tick.interference.unwrap_or(running);
        let (going, pending, ready) = tick.room;
        let refill = SignedDuration::from_secs(30);
        let room = Room { going, pending, ready, asked: ready.map(|_| at(second - 30)), refill };
        let sample = tick.sample.and_then(|(age, value)| Sample::new(at(second - age), value));
        autoscaler.observe(
            at(second),
            &Observation {
                demand: sample.as_slice(),
                events: &announced(),
                // Late from 60 a replica on.
                latency: tick.sample.map(|(_, value)| value / f64::from(running) / 60.0),
                workload: Some(Workload { replicas: running, existing: running, ready: Some(running) }),
                room,
                ..Observation::default()
            },
        );
        let plan = autoscaler.plan(at(second));
        told += &serde_json::to_string(&plan).unwrap();
        let made = Made { plan, running, planned_before };
        check(&autoscaler, &made);
        autoscaler.commit(&made.plan);
        (running, planned_before) = (made.plan.replicas, Some(made.plan.replicas));
    }
    told
}

/// Whether a plan was made without knowing demand.
fn is_silent(driver: &Driver) -> bool {
    match driver {
        Driver::HeldPlan { .. } | Driver::LastObserved { .. } | Driver::HeldSize { .. } => true,
        Driver::Forecast { .. }
        | Driver::Observed { .. }
        | Driver::Reactive { .. }
        | Driver::Draining { .. }
        | Driver::UnknownCapacity { .. } => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn served_demand_is_never_below_what_is_observed(settings in settings(), ticks in ticks()) {
        play(&settings, &ticks, |autoscaler, made| {
            if let Some(observed) = made.plan.observed.and_then(|observed| autoscaler.capacity().told(observed)) {
                assert!(observed <= made.plan.demand.unwrap(), "{:?}", made.plan);
            }
        });
    }

    #[test]
    fn plans_stay_within_limits(settings in settings(), ticks in ticks()) {
        let limits = settings.limits;
        play(&settings, &ticks, |_, made| {
            assert!((limits.min..=limits.max).contains(&made.plan.replicas), "{:?}", made.plan);
            assert!(made.plan.replicas + made.plan.headroom <= limits.max.max(made.running), "{:?}", made.plan);
        });
    }

    #[test]
    fn what_is_late_is_needed_before_the_nodes_are_there(settings in settings(), ticks in ticks()) {
        play(&settings, &ticks, |_, made| {
            if let Some(late) = made.plan.late {
                assert!(late.room < late.needed && late.needed <= settings.limits.max, "{late:?}");
                assert!(settings.headroom && settings.mode != Mode::Paused, "{late:?}");
                assert!(late.by <= late.node_ready, "{late:?}");
            }
        });
    }

    #[test]
    fn growth_and_shrinking_keep_to_their_rates(settings in settings(), ticks in ticks()) {
        play(&settings, &ticks, |_, made| {
            let Some(before) = made.planned_before else { return };
            let bound = |law: RateLaw, size: u32| law.pods.max(size * law.percent / 100);
            let change_is_our_own = !is_silent(&made.plan.reason.driver);
            if let Some(law) = settings.rates.up.filter(|_| change_is_our_own) {
                assert!(made.plan.replicas <= before + bound(law, before), "{:?}", made.plan);
            }
            if let Some(law) = settings.rates.down {
                let most = settings.limits.max.max(before);
                assert!(before <= made.plan.replicas + bound(law, most), "{:?}", made.plan);
            }
        });
    }

    #[test]
    fn silence_never_shrinks_anything(settings in settings(), ticks in ticks()) {
        play(&settings, &ticks, |_, made| {
            if is_silent(&made.plan.reason.driver) {
                let size = made.running.max(made.planned_before.unwrap_or(0)).min(settings.limits.max);
                assert!(size <= made.plan.replicas, "{size} running, {:?}", made.plan);
                assert_eq!(made.plan.observed, None);
            }
        });
    }

    #[test]
    fn nothing_shrinks_on_a_forecast_alone(settings in settings(), ticks in ticks()) {
        play(&settings, &ticks, |_, made| {
            let Some(observed) = made.plan.observed else { return };
            let Some(capacity) = made.plan.reason.capacity else { return };
            let needed_now = replicas_for(observed, capacity.per_replica).min(settings.limits.max);
            let size = made.planned_before.unwrap_or(made.running).min(settings.limits.max);
            if size <= needed_now {
                assert!(size <= made.plan.replicas, "{:?}", made.plan);
            }
        });
    }

    #[test]
    fn the_same_inputs_give_the_same_bytes(settings in settings(), ticks in ticks()) {
        let told = || play(&settings, &ticks, |_, _| {});
        prop_assert_eq!(told(), told());
    }

    #[test]
    fn what_comes_later_changes_no_earlier_plan(settings in settings(), ticks in ticks(), cut in 0..200_usize) {
        let cut = cut.min(ticks.len());
        let whole = play(&settings, &ticks, |_, _| {});
        let part = play(&settings, &ticks[..cut], |_, _| {});
        prop_assert!(whole.starts_with(&part));
    }

    #[test]
    fn quantiles_never_cross_and_are_finite(settings in settings(), ticks in ticks()) {
        play(&settings, &ticks, |autoscaler, _| {
            for step in autoscaler.forecast().iter().flat_map(|forecast| &forecast.values) {
                assert!(step.is_sorted() && step.iter().all(|v| v.is_finite() && 0.0 <= *v), "{step:?}");
            }
        });
    }
}

#[test]
fn what_the_last_value_knows_better_is_left_to_it_and_said() {
    let mut autoscaler = Autoscaler::new(steady());
    let saw = |minute: i64, period: i64| 200.0 + 20.0 * (minute % period) as f64;
    // Demand repeats every 16 minutes, which is the farthest horizon: the last value is exactly right there.
    feed(&mut autoscaler, 0..2_880, |minute| saw(minute, 16));
    let withheld = autoscaler.forecast().unwrap().withheld.unwrap();
    assert_eq!(withheld.ahead, SignedDuration::from_mins(16));
    assert!(1.0 < withheld.loss_ratio, "{withheld:?}");
    feed(&mut autoscaler, 2_880..4 * 2_880, |minute| saw(minute, 21));
    assert_eq!(autoscaler.forecast().unwrap().withheld, None);
}

fn steady() -> Settings {
    let seconds = SignedDuration::from_secs;
    Settings {
        mode: Mode::Active,
        limits: Limits { min: 1, max: 1_000 },
        step: seconds(60),
        capacity: CapacitySettings::Given { per_replica: 100.0 },
        signals: vec![],
        lead_time: LeadTimeSettings { pod: Some(seconds(30)), node: Some(seconds(120)) },
        risk: 0.95,
        hold: seconds(60),
        headroom: true,
        fallback: Fallback { stale_after: seconds(180), hold_for: seconds(300), then: SilentThen::Reactive },
        rates: Rates { up: None, down: None, down_window: seconds(300) },
        drain: None,
        hpa: HpaLaws { tolerance: 0.0, doubles: false, sync_period: seconds(15) },
    }
}

fn feed(autoscaler: &mut Autoscaler, minutes: std::ops::Range<i64>, demand: impl Fn(i64) -> f64) {
    feed_with(autoscaler, minutes, &[], demand);
}

fn feed_with(
    autoscaler: &mut Autoscaler,
    minutes: std::ops::Range<i64>,
    events: &[Event],
    demand: impl Fn(i64) -> f64,
) -> Vec<Plan> {
    let mut plans = vec![];
    for minute in minutes {
        let now = at(minute * 60);
        let sample = Sample::new(now, demand(minute));
        let seen = Observation { demand: sample.as_slice(), events, ..Observation::default() };
        autoscaler.observe(now, &seen);
        let plan = autoscaler.plan(now);
        autoscaler.commit(&plan);
        plans.push(plan);
    }
    plans
}

fn sale(start_minute: i64, confidence: f64) -> Event {
    Event {
        name: format!("sale-{start_minute}"),
        class: "on-sale".into(),
        effect: Effect::Demand,
        starts_at: at(start_minute * 60),
        ends_at: at(start_minute * 60 + 1_800),
        magnitude: None,
        confidence,
        expected: Some(ExpectedDemand { peak: 5_000.0, ramp_up: SignedDuration::from_mins(2) }),
    }
}

/// Plans of two hours around a sale announced for minute 120, on a base of 500 (5 replicas): replicas at minutes.
fn check_sale(
    confidence: f64,
    demand: impl Fn(i64) -> f64,
    expected: &[(i64, std::ops::RangeInclusive<u32>)],
) {
    let mut autoscaler = Autoscaler::new(steady());
    let plans = feed_with(&mut autoscaler, 0..240, &[sale(120, confidence)], demand);
    for (minute, replicas) in expected {
        let plan = &plans[*minute as usize];
        assert!(replicas.contains(&plan.replicas), "minute {minute}: {}", plan.reason);
    }
}

#[test]
fn an_announced_event_is_provisioned_for_before_it_starts() {
    let came = |minute| if (120..150).contains(&minute) { 5_000.0 } else { 500.0 };
    check_sale(0.9, came, &[(100, 5..=7), (119, 50..=85), (130, 50..=75), (170, 5..=10)]);
}

#[test]
fn an_event_that_hardly_ever_happens_is_not_provisioned_for() {
    check_sale(0.03, |_| 500.0, &[(119, 5..=7), (125, 5..=7)]);
}

#[test]
fn an_event_that_never_comes_costs_minutes() {
    check_sale(0.9, |_| 500.0, &[(119, 50..=85), (145, 5..=7), (160, 5..=7)]);
}

#[test]
fn a_late_event_is_still_provisioned_for() {
    let late = |minute| if (128..158).contains(&minute) { 5_000.0 } else { 500.0 };
    check_sale(0.9, late, &[(127, 45..=75), (135, 50..=75)]);
}

#[test]
fn a_moved_event_is_provisioned_for_at_its_new_time_only() {
    let mut autoscaler = Autoscaler::new(steady());
    let moved = Event { starts_at: at(180 * 60), ends_at: at(210 * 60), ..sale(120, 1.0) };
    let before = feed_with(&mut autoscaler, 0..110, &[sale(120, 1.0)], |_| 500.0);
    let after = feed_with(&mut autoscaler, 110..180, &[moved], |_| 500.0);
    assert!(before.last().unwrap().replicas < 8, "{}", before.last().unwrap().reason);
    assert!((0..65).all(|minute| after[minute].replicas < 8), "{}", after[12].reason);
    assert!(50 <= after[69].replicas, "{}", after[69].reason);
}

#[test]
fn a_cancelled_event_is_forgotten_at_once() {
    let mut autoscaler = Autoscaler::new(steady());
    let announced = feed_with(&mut autoscaler, 0..119, &[sale(120, 1.0)], |_| 500.0);
    let cancelled = feed_with(&mut autoscaler, 119..130, &[], |_| 500.0);
    assert!(30 <= announced.last().unwrap().reason.wanted, "{}", announced.last().unwrap().reason);
    assert!(cancelled[0].reason.wanted < 8, "{}", cancelled[0].reason);
}

#[test]
fn events_at_the_same_time_add_up() {
    let replicas = |events: &[Event]| {
        let mut autoscaler = Autoscaler::new(steady());
        feed_with(&mut autoscaler, 0..120, events, |_| 500.0)[119].replicas
    };
    let other = Event { name: "another-sale".into(), ..sale(120, 1.0) };
    let (one, two) = (replicas(&[sale(120, 1.0)]), replicas(&[sale(120, 1.0), other]));
    // Each lifts 500 to 5,000, by 4,500; together to 9,500.
    assert!((1.7..2.3).contains(&(f64::from(two) / f64::from(one))), "{one} and {two}");
}

#[test]
fn the_next_event_of_a_class_is_forecast_from_the_last() {
    let events: Vec<_> =
        [600, 1_400, 2_200].map(|minute| Event { expected: None, ..sale(minute, 1.0) }).to_vec();
    let demand = |minute: i64| {
        let in_event = events.iter().any(|e| e.starts_at <= at(minute * 60) && at(minute * 60) < e.ends_at);
        if in_event { 4_000.0 } else { 500.0 }
    };
    let mut autoscaler = Autoscaler::new(steady());
    let plans = feed_with(&mut autoscaler, 0..2_300, &events, demand);
    assert!(plans[599].replicas < 10, "{}", plans[599].reason);
    assert!((35..=70).contains(&plans[2_199].replicas), "{}", plans[2_199].reason);
    assert!(plans[2_199].reason.to_string().contains("for sale-2200"), "{}", plans[2_199].reason);
}

#[test]
fn a_queue_is_drained_in_time_by_no_more_replicas_than_partitions() {
    let within = SignedDuration::from_secs(60);
    let drain = prescale_model::Drain { within, partitions: prescale_model::Partitions::Typed(14) };
    let mut autoscaler = Autoscaler::new(Settings { drain: Some(drain), ..steady() });
    let now = at(0);
    let plan_for = |autoscaler: &mut Autoscaler, lag| {
        let workload = Some(Workload { replicas: 2, existing: 2, ready: None });
        let sample = Sample::new(now, 200.0);
        autoscaler
            .observe(now, &Observation { demand: sample.as_slice(), lag, workload, ..Default::default() });
        autoscaler.plan(now)
    };
    assert_eq!(plan_for(&mut autoscaler, None).replicas, 2);
    assert_eq!(plan_for(&mut autoscaler, Some(0.0)).replicas, 2);
    assert_eq!(plan_for(&mut autoscaler, Some(30_000.0)).replicas, 7);
    let evened = plan_for(&mut autoscaler, Some(36_000.0));
    assert_eq!(evened.replicas, 14);
    assert!(evened.reason.to_string().contains("the slowest has a partition more"), "{}", evened.reason);
    let capped = plan_for(&mut autoscaler, Some(600_000.0));
    assert_eq!(capped.replicas, 14);
    assert!(
        capped.reason.to_string().contains("more replicas than partitions do not help"),
        "{}",
        capped.reason
    );
}

#[test]
fn an_hpa_that_only_doubles_is_told_of_a_rise_earlier() {
    let first_rise = |doubles| {
        let settings = Settings { hpa: HpaLaws { doubles, ..steady().hpa }, ..steady() };
        let mut autoscaler = Autoscaler::new(settings);
        let workload = Some(Workload { replicas: 5, existing: 5, ready: None });
        (0..120).find(|&minute| {
            let now = at(minute * 60);
            let sample = Sample::new(now, 500.0);
            let events = [sale(120, 1.0)];
            let seen =
                Observation { demand: sample.as_slice(), events: &events, workload, ..Default::default() };
            autoscaler.observe(now, &seen);
            30 <= autoscaler.plan(now).replicas
        })
    };
    assert!(first_rise(true) < first_rise(false), "{:?} {:?}", first_rise(true), first_rise(false));
}

#[test]
fn a_growth_within_the_hpas_tolerance_is_served_beyond_it() {
    let settings = Settings { hpa: HpaLaws { tolerance: 0.1, ..steady().hpa }, ..steady() };
    let mut autoscaler = Autoscaler::new(settings);
    let workload = Some(Workload { replicas: 20, existing: 20, ready: None });
    let sample = Sample::new(at(0), 2_050.0);
    autoscaler.observe(at(0), &Observation { demand: sample.as_slice(), workload, ..Default::default() });
    let plan = autoscaler.plan(at(0));
    // 2,100 would be 5 % above what 20 replicas serve, and the HPA would not move.
    assert_eq!(plan.replicas, 21);
    assert!((2_200.0..2_210.0).contains(&plan.demand.unwrap()), "{plan:?}");
}

#[test]
fn headroom_is_what_nodes_must_hold_beyond_the_pods_that_exist() {
    let mut autoscaler = Autoscaler::new(steady());
    let plans = feed_with(&mut autoscaler, 0..118, &[sale(120, 1.0)], |_| 500.0);
    assert_eq!(plans[110].headroom, 0, "{}", plans[110].reason);
    let nodes_first = |plan: &&Plan| 20 < plan.headroom && plan.replicas < 20;
    assert!(plans.iter().any(|plan| nodes_first(&plan)), "{}", plans[117].reason);
}

/// Minutes of ten replicas at a load of 33, by a scaler that learns what one serves: the last plan.
fn learn(start_with: Option<f64>, minutes: i64, mode: Mode) -> Plan {
    let objective = SignedDuration::from_secs(1);
    let capacity = CapacitySettings::Learned { objective, start_with };
    let mut autoscaler = Autoscaler::new(Settings { capacity, mode, ..steady() });
    for minute in 0..=minutes {
        let sample = Sample::new(at(minute * 60), 330.0);
        let workload = Some(Workload { replicas: 10, existing: 10, ready: Some(10) });
        let seen =
            Observation { demand: sample.as_slice(), workload, latency: Some(0.5), ..Default::default() };
        autoscaler.observe(at(minute * 60), &seen);
    }
    autoscaler.plan(at(minutes * 60))
}

#[test]
fn while_nobody_knows_what_a_replica_serves_the_size_is_kept() {
    let plan = learn(None, 1, Mode::Active);
    assert_eq!(plan.reason.driver, Driver::UnknownCapacity { demand: 330.0 });
    assert_eq!((plan.replicas, plan.demand, plan.reason.capacity), (10, Some(10.0), None));
    assert_eq!(learn(None, 1, Mode::Shadow).demand, None, "nobody can say what an HPA of that target needs");
}

#[test]
fn an_hpa_of_a_constant_target_reads_the_replicas_of_a_capacity_that_moves() {
    for (start_with, target) in [(None, 1.0), (Some(20.0), 20.0), (Some(0.3), 0.3)] {
        let plan = learn(start_with, 5, Mode::Active);
        let capacity = plan.reason.capacity.unwrap().per_replica;
        assert!((capacity - 33.0).abs() < 1e-9, "{}", plan.reason);
        let read = |plan: &Plan| (plan.demand.unwrap() / target - 1e-9).ceil() as u32;
        assert_eq!(read(&plan), plan.replicas, "{}", plan.reason);
        // In shadow the HPA follows what is observed, which ten replicas serve.
        assert_eq!(read(&learn(start_with, 5, Mode::Shadow)), 10);
    }
}

#[test]
fn a_scaler_that_was_restarted_goes_on_where_it_was_and_refuses_a_damaged_snapshot() {
    let mut whole = Autoscaler::new(steady());
    let demand = |minute: i64| 500.0 + 100.0 * (minute % 30) as f64;
    feed(&mut whole, 0..600, demand);
    let snapshot = whole.snapshot();
    let mut restarted = Autoscaler::new(steady());
    assert!(restarted.restore_forecaster(&snapshot[1..]).is_err());
    assert_eq!(restarted.forecast(), None);
    restarted.restore_forecaster(&snapshot).unwrap();
    assert_eq!(restarted.forecast(), whole.forecast());
    feed(&mut whole, 600..700, demand);
    feed(&mut restarted, 600..700, demand);
    assert_eq!(restarted.forecast(), whole.forecast());
}

/// The replicas of a plan that wants 20, under a limit by partitions of which some are observed.
fn check_partitions(drain: Option<prescale_model::Partitions>, observed: &[Option<u32>], expected: u32) {
    let within = SignedDuration::from_secs(60);
    let drain = drain.map(|partitions| prescale_model::Drain { within, partitions });
    let mut autoscaler = Autoscaler::new(Settings { drain, ..steady() });
    let workload = Some(Workload { replicas: 2, existing: 2, ready: None });
    let sample = Sample::new(at(0), 2_000.0);
    for partitions in observed {
        let seen = Observation { demand: sample.as_slice(), workload, ..Default::default() };
        autoscaler.observe(at(0), &Observation { partitions: *partitions, ..seen });
    }
    let plan = autoscaler.plan(at(0));
    assert_eq!(plan.replicas, expected, "{drain:?} {observed:?}: {}", plan.reason);
}

#[test]
fn partitions_limit_as_they_are_observed_unless_told_otherwise() {
    use prescale_model::Partitions::{Observed, Typed, Unlimited};
    check_partitions(None, &[None], 20);
    check_partitions(None, &[Some(12)], 12);
    check_partitions(Some(Observed), &[Some(12)], 12);
    // A topic that cannot be read for a while keeps its partitions.
    check_partitions(Some(Observed), &[Some(12), None], 12);
    check_partitions(Some(Observed), &[Some(12), Some(24)], 24);
    check_partitions(Some(Typed(14)), &[Some(12)], 14);
    check_partitions(Some(Unlimited), &[Some(12)], 20);
}
