//! Node room ahead of pods: kept before it is needed, held, given back; capacity that is about to vanish counts as gone;
//! what comes too late is said.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use jiff::{SignedDuration, Timestamp};
use prescale_model::{
    Autoscaler, CapacitySettings, Event, ExpectedDemand, Fallback, HpaLaws, LeadTimeSettings, Limits, Mode,
    Observation, Plan, Rates, Room, Sample, Settings, SilentThen, Workload, events::Effect,
};

const MINUTE: SignedDuration = SignedDuration::from_mins(1);
/// The minute at which the sale starts.
const SALE: i64 = 370;

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + 60 * minute).unwrap()
}

fn settings() -> Settings {
    Settings {
        mode: Mode::Active,
        limits: Limits { min: 1, max: 100 },
        step: MINUTE,
        capacity: CapacitySettings::Given { per_replica: 100.0 },
        signals: vec![],
        lead_time: LeadTimeSettings { pod: Some(MINUTE), node: Some(MINUTE * 4) },
        risk: 0.9,
        hold: SignedDuration::ZERO,
        headroom: true,
        fallback: Fallback { stale_after: MINUTE * 3, hold_for: MINUTE * 5, then: SilentThen::Reactive },
        rates: Rates { up: None, down: None, down_window: MINUTE * 2 },
        drain: None,
        hpa: HpaLaws { tolerance: 0.0, doubles: false, sync_period: SignedDuration::from_secs(15) },
    }
}

fn sale() -> Event {
    Event {
        name: "sale".to_owned(),
        class: "on-sale".to_owned(),
        effect: Effect::Demand,
        starts_at: at(SALE),
        ends_at: at(SALE + 60),
        magnitude: None,
        confidence: 1.0,
        expected: Some(ExpectedDemand { peak: 4_000.0, ramp_up: MINUTE }),
    }
}

/// A scaler that has seen even demand of 500 for six hours, with the sale in its calendar.
struct World {
    autoscaler: Autoscaler,
    running: u32,
}

impl World {
    fn new() -> Self {
        let mut world = Self { autoscaler: Autoscaler::new(settings()), running: 5 };
        for minute in 0..360 {
            world.tick(minute, Some(500.0), Room::default());
        }
        world
    }

    /// A tick at a minute; the workload follows the plan at once.
    fn tick(&mut self, minute: i64, demand: Option<f64>, room: Room) -> Plan {
        let sample = demand.and_then(|demand| Sample::new(at(minute), demand));
        let running = self.running;
        self.autoscaler.observe(
            at(minute),
            &Observation {
                demand: sample.as_slice(),
                events: &[sale()],
                workload: Some(Workload { replicas: running, existing: running, ready: Some(running) }),
                room,
                ..Observation::default()
            },
        );
        let plan = self.autoscaler.plan(at(minute));
        self.autoscaler.commit(&plan);
        self.running = plan.replicas;
        plan
    }
}

#[test]
fn room_is_kept_at_node_lead_time_turned_into_pods_and_given_back() {
    let mut world = World::new();
    let (mut first_room, mut first_pods, mut most) = (None, None, 0);
    for minute in 360..SALE {
        let plan = world.tick(minute, Some(500.0), Room::default());
        if 20 < plan.headroom {
            first_room = first_room.or(Some(minute));
        }
        if 20 < plan.replicas {
            first_pods = first_pods.or(Some(minute));
            let all = plan.headroom + plan.replicas;
            assert!(all <= most + 10, "what is asked for as pods is not kept as room too: {plan:?}");
        }
        most = most.max(plan.headroom + plan.replicas);
    }
    let (room, pods) = (first_room.unwrap(), first_pods.unwrap());
    assert!(room + 2 <= pods, "room at {room}, pods at {pods}");
    assert!((SALE - 7..=SALE - 4).contains(&room), "room at {room} for a sale at {SALE}");
    for minute in SALE..SALE + 60 {
        world.tick(minute, Some(4_000.0), Room::default());
    }
    let mut last = None;
    for minute in SALE + 60..SALE + 90 {
        last = Some(world.tick(minute, Some(500.0), Room::default()));
    }
    let plan = last.unwrap();
    assert!(plan.headroom <= 5 && plan.replicas <= 15, "{plan:?}");
}

#[test]
fn others_stand_in_for_pods_on_nodes_that_go() {
    let mut world = World::new();
    let before = world.tick(360, Some(500.0), Room::default());
    let going = Room { going: 2, ..Room::default() };
    let plan = world.tick(361, Some(500.0), going);
    assert_eq!(plan.replicas, plan.reason.wanted + 2);
    assert!(before.replicas < plan.replicas);
    let words = plan.reason.to_string();
    assert!(words.contains("; 2 of them for pods on nodes that are about to go"), "{words}");
    // Gone, and not longer than that: no window holds those that stood in.
    let after = world.tick(362, Some(500.0), Room::default());
    assert_eq!(after.replicas, after.reason.wanted);
}

#[test]
fn demand_that_nothing_could_serve_keeps_no_more_room_than_the_limit() {
    let mut world = World::new();
    let room = Room { going: 2, pending: u32::MAX, ready: Some(u32::MAX), ..Room::default() };
    for minute in 361..366 {
        let plan = world.tick(minute, Some(1e15), room);
        assert!(plan.replicas + plan.headroom <= 100, "{plan:?}");
    }
}

#[test]
fn a_held_size_does_not_grow_by_nodes_that_go() {
    let mut world = World::new();
    let going = Room { going: 2, ..Room::default() };
    let mut sizes = Vec::new();
    for minute in 361..366 {
        sizes.push(world.tick(minute, None, going).replicas);
    }
    assert!(sizes.iter().all(|size| *size <= sizes[0] + 2), "{sizes:?}");
}

#[test]
fn what_comes_too_late_is_said_with_what_it_would_take() {
    let mut world = World::new();
    let minute = SALE - 2;
    for before in 360..minute {
        world.tick(before, Some(500.0), Room::default());
    }
    // The nodes were asked for only now, and what was asked for as pods waits for them.
    let asked_for = world.running;
    let pending = asked_for.saturating_sub(5);
    let coming = Room { ready: Some(0), asked: Some(at(minute)), pending, ..Room::default() };
    let plan = world.tick(minute, Some(500.0), coming);
    let late = plan.late.unwrap();
    let settled = plan.replicas.max(asked_for) - pending;
    assert_eq!(
        (late.room, late.node_ready),
        (settled, at(minute) + MINUTE * 4 + SignedDuration::from_secs(15))
    );
    assert!(20 < late.needed && late.by < late.node_ready, "{late:?}");
    assert!(late.to_string().contains("known "), "{late}");
    // Nothing is said where nobody waits for a node.
    assert_eq!(world.tick(minute, Some(500.0), Room::default()).late, None);
}

#[test]
fn what_was_asked_for_early_enough_is_not_late() {
    let mut world = World::new();
    let mut asked = None;
    for minute in 360..SALE - 2 {
        let coming = Room { ready: asked.map(|_| 0), asked, ..Room::default() };
        let plan = world.tick(minute, Some(500.0), coming);
        assert_eq!(plan.late, None, "at {minute}");
        asked = asked.or((0 < plan.headroom).then(|| at(minute)));
    }
    assert!(asked.is_some());
}

#[test]
fn room_that_is_refilled_late_is_asked_for_so_much_earlier() {
    let begins = |refill: SignedDuration| {
        let mut world = World::new();
        (360..SALE).find(|minute| {
            let room = Room { refill, ..Room::default() };
            0 < world.tick(*minute, Some(500.0), room).headroom
        })
    };
    assert_eq!(begins(SignedDuration::ZERO).unwrap() - begins(MINUTE * 2).unwrap(), 2);
}

#[test]
fn silence_gives_no_room_back() {
    let mut world = World::new();
    let mut kept = 0;
    for minute in 360..SALE - 4 {
        kept = world.tick(minute, Some(500.0), Room::default()).headroom;
    }
    assert!(20 < kept, "{kept}");
    for minute in SALE - 4..SALE + 40 {
        let plan = world.tick(minute, None, Room::default());
        assert!(kept + 5 <= plan.headroom + plan.replicas, "at {minute}: {plan:?}");
    }
}
