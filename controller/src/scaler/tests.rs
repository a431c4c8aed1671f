use std::sync::Arc;

use super::*;
use crate::{
    api::{Manifest, PredictiveScalerStatus, read_manifests},
    apply::HoldAct,
    board::ScalerKey,
    headroom::{BufferSeen, Granted, Offer, Pools, RoomSeen},
    hpa::judge,
    nodes::{Image, Start},
    sources::error::SourceError,
    status::HEADROOM_READY,
};
use prescale_model::Workload;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + second).unwrap()
}

/// A charge whose spec has these keys beside what every spec needs.
fn charge(extra: &str) -> Charge {
    let text = format!(
        "apiVersion: prescale.dev/v1alpha1\nkind: PredictiveScaler\nmetadata: {{name: gateway, namespace: live}}\n\
         spec: {{scaleTargetRef: {{name: web}}, minReplicas: 2, maxReplicas: 20, \
         demand: {{prometheus: {{query: up}}}}, capacity: {{perReplica: 100}}, {extra}}}"
    );
    let [Manifest::PredictiveScaler(scaler)] = &read_manifests(&text, "f.yaml").unwrap()[..] else {
        panic!("another kind")
    };
    let spec = scaler.check().unwrap();
    Charge {
        key: ScalerKey::new("live", "gateway"),
        uid: "uid".into(),
        generation: Some(1),
        judgement: Arc::new(judge(&spec, "uid", &[])),
        spec: Arc::new(spec),
        refusal: None,
        events: Arc::new([]),
    }
}

fn demand(second: i64, value: f64) -> Readings {
    Readings {
        demand: Ok(Sample::new(at(second), value).unwrap()),
        signals: Vec::new(),
        latency: None,
        lag: None,
        queue: Queue::default(),
        workload: Ok(Workload { replicas: 4, existing: 4, ready: Some(4) }),
        nodes: Nodes::default(),
    }
}

fn silent() -> Readings {
    let error = SourceError::Unreachable { url: "http://p".to_owned(), message: "refused".to_owned() };
    Readings { demand: Err(error), ..demand(0, 0.0) }
}

/// Ticks as a leader does, and remembers what it publishes.
fn lead(scaler: &mut Scaler, second: i64, readings: &Readings) -> Vec<Step> {
    let steps = scaler.tick(at(second), readings, Role::Leading);
    if let Some(notice) = published(&steps) {
        scaler.commit(&notice.plan);
    }
    steps
}

fn published(steps: &[Step]) -> Option<&Notice> {
    steps.iter().find_map(|step| match step {
        Step::Publish(notice) => Some(notice.as_ref()),
        Step::Observe(_)
        | Step::ApplyHpa(_)
        | Step::SetHeadroom(_)
        | Step::HoldDisruption(_)
        | Step::SetStatus(_)
        | Step::Emit(_) => None,
    })
}

fn observed(steps: &[Step]) -> Option<Observed> {
    steps.iter().find_map(|step| match step {
        Step::Observe(observed) => Some(*observed),
        Step::Publish(_)
        | Step::ApplyHpa(_)
        | Step::SetHeadroom(_)
        | Step::HoldDisruption(_)
        | Step::SetStatus(_)
        | Step::Emit(_) => None,
    })
}

fn status(steps: &[Step]) -> Option<&PredictiveScalerStatus> {
    steps.iter().find_map(|step| match step {
        Step::SetStatus(status) => Some(status.as_ref()),
        Step::Observe(_)
        | Step::ApplyHpa(_)
        | Step::SetHeadroom(_)
        | Step::HoldDisruption(_)
        | Step::Publish(_)
        | Step::Emit(_) => None,
    })
}

fn told(steps: &[Step]) -> Vec<&'static str> {
    let reasons = steps.iter().filter_map(|step| match step {
        Step::Emit(event) => Some(event.reason),
        Step::Observe(_)
        | Step::ApplyHpa(_)
        | Step::SetHeadroom(_)
        | Step::HoldDisruption(_)
        | Step::Publish(_)
        | Step::SetStatus(_) => None,
    });
    reasons.collect()
}

fn acts(steps: &[Step]) -> bool {
    steps.iter().any(|step| matches!(step, Step::ApplyHpa(_)))
}

fn condition<'a>(status: &'a PredictiveScalerStatus, of: &str) -> (&'a str, &'a str) {
    let found = status.conditions.iter().find(|condition| condition.type_ == of).unwrap();
    (&found.status, &found.reason)
}

#[test]
fn a_leader_publishes_and_a_follower_only_observes() {
    let mut scaler = Scaler::new(charge("mode: Active"), Box::default());
    let steps = scaler.tick(at(0), &demand(0, 750.0), Role::Following);
    assert!(
        matches!(&steps[..], [Step::Observe(Observed { demand: 750.0, told: Some(750.0), .. })]),
        "{steps:?}"
    );
    let steps = lead(&mut scaler, 15, &demand(15, 750.0));
    let notice = published(&steps).unwrap();
    assert_eq!((notice.plan.replicas, notice.plan.demand), (8, Some(800.0)));
    assert!(acts(&steps), "the HPA is missing");
}

#[test]
fn in_shadow_nothing_is_applied_and_the_status_shows_what_would_be() {
    let mut scaler = Scaler::new(charge("mode: Shadow"), Box::default());
    let steps = lead(&mut scaler, 0, &demand(0, 750.0));
    assert!(!acts(&steps));
    let status = status(&steps).unwrap();
    assert_eq!(status.planned_replicas, Some(8));
    assert_eq!(status.served_demand, Some(750.0));
    assert_eq!(condition(status, "Ready"), ("True", "Shadow"));
    assert_eq!(condition(status, "HpaHealthy"), ("Unknown", "Shadow"));
    let hpa = status.conditions.iter().find(|condition| condition.type_ == "HpaHealthy").unwrap();
    assert_eq!(
        hpa.message,
        "mode Active would create HPA `gateway`: 2 to 20 replicas of Deployment `web`, by `demand` at 100 a replica"
    );
}

#[test]
fn a_status_is_written_when_a_person_would_notice_and_seldom_otherwise() {
    let mut scaler = Scaler::new(charge("mode: Paused"), Box::default());
    let mut written = Vec::new();
    for tick in 0..41 {
        // Noise that moves no replica.
        let value = 750.0 + f64::from(i32::try_from(tick).unwrap() % 7);
        if status(&lead(&mut scaler, tick * 15, &demand(tick * 15, value))).is_some() {
            written.push(tick * 15);
        }
    }
    assert_eq!(written, [0, 300, 600]);
    assert!(status(&lead(&mut scaler, 615, &demand(615, 1_900.0))).is_none(), "numbers wait half a minute");
    assert!(status(&lead(&mut scaler, 630, &demand(630, 1_900.0))).is_some(), "another size");
    assert!(status(&lead(&mut scaler, 645, &silent())).is_some(), "a source that failed");
}

#[test]
fn a_source_that_falls_silent_is_told_once_and_so_is_its_return() {
    let mut scaler = Scaler::new(charge("mode: Shadow, fallback: {holdFor: 2m}"), Box::default());
    assert_eq!(told(&lead(&mut scaler, 0, &demand(0, 750.0))), [""; 0]);
    let told_at = |scaler: &mut Scaler, second| told(&lead(scaler, second, &silent())).clone();
    assert_eq!(told_at(&mut scaler, 15), ["Unreachable"]);
    assert_eq!(told_at(&mut scaler, 30), [""; 0]);
    assert_eq!(told_at(&mut scaler, 195), ["SourceSilent"]);
    assert_eq!(told_at(&mut scaler, 210), [""; 0]);
    assert_eq!(told_at(&mut scaler, 330), ["FellToReactive"]);
    let steps = lead(&mut scaler, 345, &demand(345, 750.0));
    assert_eq!(told(&steps), ["DemandObservedAgain", "SourceBack"]);
    assert_eq!(condition(status(&steps).unwrap(), "SourceHealthy"), ("True", "Observed"));
}

#[test]
fn silence_shrinks_nothing_and_the_status_says_why() {
    let mut scaler = Scaler::new(charge("mode: Active"), Box::default());
    lead(&mut scaler, 0, &demand(0, 750.0));
    let steps = lead(&mut scaler, 300, &silent());
    assert_eq!(published(&steps).unwrap().plan.replicas, 8);
    let status = status(&steps).unwrap();
    assert_eq!(condition(status, "SourceHealthy"), ("False", "Unreachable"));
    assert_eq!(condition(status, "Forecasting"), ("False", "SourceSilent"));
}

#[test]
fn without_any_demand_nothing_is_said_to_look_ahead() {
    let mut scaler = Scaler::new(charge("mode: Active"), Box::default());
    let steps = lead(&mut scaler, 0, &silent());
    assert_eq!(condition(status(&steps).unwrap(), "Forecasting"), ("Unknown", "NoDemandYet"));
}

#[test]
fn a_follower_that_takes_over_plans_from_the_leaders_plan_and_repeats_no_event() {
    let (mut leader, mut follower) = (
        Scaler::new(charge("mode: Active"), Box::default()),
        Scaler::new(charge("mode: Active"), Box::default()),
    );
    let steps = lead(&mut leader, 0, &demand(0, 1_150.0));
    let notice = published(&steps).unwrap().clone();
    follower.tick(at(0), &silent(), Role::Following);
    follower.commit(&notice.plan);
    let steps = lead(&mut follower, 15, &silent());
    assert_eq!(published(&steps).unwrap().plan.replicas, notice.plan.replicas);
    assert_eq!(told(&steps), [""; 0]);
}

#[test]
fn a_plan_at_its_ceiling_is_told_once() {
    let mut scaler = Scaler::new(charge("mode: Shadow"), Box::default());
    assert_eq!(told(&lead(&mut scaler, 0, &demand(0, 9_000.0))), ["PlanLimited"]);
    for (tick, value) in [(1, 100.0), (2, 9_000.0), (9, 100.0), (17, 9_000.0)] {
        assert_eq!(told(&lead(&mut scaler, tick * 15, &demand(tick * 15, value))), [""; 0], "tick {tick}");
    }
}

#[test]
fn a_change_of_mode_or_limits_keeps_what_was_learned_and_another_query_does_not() {
    let mut scaler = Scaler::new(charge("mode: Shadow"), Box::default());
    for minute in 0..30 {
        lead(&mut scaler, minute * 60, &demand(minute * 60, 750.0));
    }
    let forecast = scaler.autoscaler().forecast().cloned();
    assert!(forecast.is_some());
    assert_eq!(scaler.recharge(charge("mode: Active, hold: 2m")), Learning::Kept);
    assert_eq!(scaler.autoscaler().forecast().cloned(), forecast);
    let steps = lead(&mut scaler, 1_800, &demand(1_800, 750.0));
    assert_eq!(told(&steps), ["ModeChanged"]);
    let mut other = charge("mode: Active");
    let spec = Arc::make_mut(&mut other.spec);
    spec.demand.origin = crate::sources::Origin::Prometheus { query: "other".to_owned() };
    assert_eq!(scaler.recharge(other), Learning::Anew);
    assert_eq!(scaler.autoscaler().forecast(), None);
}

#[test]
fn what_was_begun_for_an_earlier_spec_is_not_taken_up() {
    let mut scaler = Scaler::new(charge("mode: Shadow"), Box::default());
    let lesson = scaler.begin_lesson();
    let mut other = charge("mode: Shadow");
    Arc::make_mut(&mut other.spec).demand.origin =
        crate::sources::Origin::Push { scaler: ScalerKey::new("live", "gateway"), signal: "demand".into() };
    scaler.recharge(other);
    let taught = Autoscaler::new(scaler.charge().spec.settings.clone());
    scaler.end_lesson(lesson, Ok((taught, BTreeMap::new())));
    assert_eq!(*scaler.history(), History::Awaited);
}

#[test]
fn a_spec_that_is_refused_leaves_the_one_before_it_running() {
    let mut scaler = Scaler::new(charge("mode: Shadow"), Box::default());
    lead(&mut scaler, 0, &demand(0, 750.0));
    let mut refused = charge("mode: Shadow");
    refused.refusal = Some("spec.minReplicas 9 is above spec.maxReplicas 4".into());
    refused.generation = Some(2);
    assert_eq!(scaler.recharge(refused), Learning::Kept);
    let steps = lead(&mut scaler, 15, &demand(15, 750.0));
    assert_eq!(told(&steps), ["InvalidSpec"]);
    let status = status(&steps).unwrap();
    assert_eq!(condition(status, "Ready"), ("False", "InvalidSpec"));
    assert_eq!(
        status.conditions[0].message,
        "spec.minReplicas 9 is above spec.maxReplicas 4\nThe spec before this one goes on."
    );
    assert_eq!(status.planned_replicas, Some(8));
}

#[test]
fn an_hpa_that_cannot_be_applied_is_said_and_tried_less_and_less_often() {
    let mut scaler = Scaler::new(charge("mode: Active"), Box::default());
    let mut tried = Vec::new();
    for tick in 0..20 {
        let steps = lead(&mut scaler, tick * 15, &demand(tick * 15, 750.0));
        if acts(&steps) {
            tried.push(tick);
            scaler.hpa_applied(Err("HPA `gateway` could not be applied: not allowed".to_owned()));
        }
    }
    assert_eq!(tried, [0, 1, 3, 7, 15]);
    let steps = lead(&mut scaler, 660, &demand(660, 750.0));
    assert_eq!(condition(status(&steps).unwrap(), "Ready"), ("False", "NotApplied"));
}

#[test]
fn the_peak_of_an_event_is_remembered() {
    let mut event = charge("events: {}");
    let match_night = Event {
        name: "final".to_owned(),
        class: "kick-off".to_owned(),
        effect: Effect::Demand,
        starts_at: at(0),
        ends_at: at(3_600),
        magnitude: None,
        confidence: 1.0,
        expected: None,
    };
    event.events = Arc::new([match_night.clone()]);
    let mut scaler = Scaler::new(event, Box::default());
    for (second, value) in [(0, 5_000.0), (60, 700.0), (120, 900.0), (3_660, 4_000.0)] {
        lead(&mut scaler, second, &demand(second, value));
    }
    assert_eq!(scaler.seen_of(&match_night).1, Some(900.0));
}

#[test]
fn a_clock_that_was_set_back_is_told_and_demand_is_followed_all_the_same() {
    let mut scaler = Scaler::new(charge("mode: Active"), Box::default());
    lead(&mut scaler, 3_600, &demand(3_600, 750.0));
    // An hour back; the source's clock goes on.
    let steps = lead(&mut scaler, 15, &demand(3_615, 1_150.0));
    let observed = observed(&steps).unwrap();
    assert_eq!((observed.at, observed.demand, observed.told), (at(15), 1_150.0, Some(1_150.0)));
    assert_eq!(published(&steps).unwrap().plan.observed, Some(1_150.0));
    assert_eq!(told(&steps), ["ClockBehind"]);
    let source = &status(&steps).unwrap().conditions[1];
    assert_eq!(
        source.message,
        "the source's clock is ahead of the controller's by about 1h: demand is followed all the same, but events of \
         the calendar are late by as much"
    );
    let steps = lead(&mut scaler, 3_630, &demand(3_630, 1_150.0));
    assert_eq!(told(&steps), ["SourceBack"]);
    assert_eq!(condition(status(&steps).unwrap(), "SourceHealthy"), ("True", "Observed"));
}

/// A charge in mode Active, with an event that makes room needed.
fn before_a_sale(extra: &str) -> Charge {
    let sale = Event {
        name: "sale".to_owned(),
        class: "on-sale".to_owned(),
        effect: Effect::Demand,
        starts_at: at(7_200 + 300),
        ends_at: at(7_200 + 3_900),
        magnitude: None,
        confidence: 1.0,
        expected: Some(prescale_model::ExpectedDemand {
            peak: 1_800.0,
            ramp_up: SignedDuration::from_mins(1),
        }),
    };
    let extra = format!("mode: Active, leadTime: {{pod: 30s, node: 5m}}, {extra}");
    Charge { events: Arc::new([sale]), ..charge(&extra) }
}

/// A scaler that has seen two hours of even demand, five minutes before the sale, and a tick with these nodes.
fn at_the_sale(extra: &str, nodes: &Nodes) -> (Scaler, Vec<Step>) {
    let mut scaler = Scaler::new(before_a_sale(extra), Box::default());
    for minute in 0..120 {
        lead(&mut scaler, minute * 60, &demand(minute * 60, 350.0));
    }
    let steps = lead(&mut scaler, 7_200, &Readings { nodes: nodes.clone(), ..demand(7_200, 350.0) });
    (scaler, steps)
}

fn offering(offer: Offer) -> Nodes {
    Nodes { room: RoomSeen { offer, ..RoomSeen::default() }, ..Nodes::default() }
}

fn kept(steps: &[Step]) -> Option<HeadroomAct> {
    steps.iter().find_map(|step| match step {
        Step::SetHeadroom(act) => Some(*act),
        Step::Observe(_)
        | Step::Publish(_)
        | Step::ApplyHpa(_)
        | Step::HoldDisruption(_)
        | Step::SetStatus(_)
        | Step::Emit(_) => None,
    })
}

fn held(steps: &[Step]) -> Option<HoldAct> {
    steps.iter().find_map(|step| match step {
        Step::HoldDisruption(act) => Some(*act),
        Step::Observe(_)
        | Step::Publish(_)
        | Step::ApplyHpa(_)
        | Step::SetHeadroom(_)
        | Step::SetStatus(_)
        | Step::Emit(_) => None,
    })
}

fn found(scaler: &Scaler) -> (&'static str, String) {
    let found = scaler.found().iter().find(|finding| finding.of == HEADROOM_READY).unwrap();
    (found.reason, found.message.to_string())
}

#[test]
fn room_is_kept_by_what_the_cluster_offers() {
    let check = |extra: &str, offer: Offer, by: Option<By>, reason: &str| {
        let (scaler, steps) = at_the_sale(extra, &offering(offer));
        let act = kept(&steps);
        assert_eq!(act.map(|act| act.by), by, "{extra} {offer:?}");
        assert!(act.is_none_or(|act| 5 < act.pods), "{act:?}");
        assert_eq!(found(&scaler).0, reason, "{extra} {offer:?}");
    };
    let buffers = Offer::Buffers("v1beta1");
    check("", buffers, Some(By::CapacityBuffer), "Asked");
    check("", Offer::Absent, Some(By::PlaceholderPods), "BeingProvisioned");
    check("", Offer::Unknown, None, "Discovering");
    check("headroom: {by: PlaceholderPods}", buffers, Some(By::PlaceholderPods), "BeingProvisioned");
    check("headroom: {by: CapacityBuffer}", buffers, Some(By::CapacityBuffer), "Asked");
    check("headroom: {by: CapacityBuffer}", Offer::Absent, None, "ApiAbsent");
    check("headroom: {enabled: false}", buffers, None, "Off");
}

#[test]
fn nothing_is_kept_that_is_not_granted() {
    let nodes = Nodes { granted: Granted::Nothing, ..offering(Offer::Absent) };
    let (scaler, steps) = at_the_sale("", &nodes);
    assert_eq!((kept(&steps), held(&steps)), (None, None));
    assert_eq!(found(&scaler).0, "Off");
}

/// The buffer of the scaler, as it is seen when it keeps room for so many pods.
fn buffered(pods: u32, (is_placed, failed, launching): (bool, u32, u32)) -> Nodes {
    let buffer =
        BufferSeen { owner: "uid".to_owned(), pods, is_answered: true, is_placed, failed, message: None };
    let mut nodes = offering(Offer::Buffers("v1beta1"));
    nodes.room.buffer = Some(buffer);
    nodes.room.pools = Pools::AtLimit("NodePool `general` is at its limit: cpu 64 of 64".to_owned());
    nodes.seen.launching = launching;
    nodes
}

#[test]
fn room_is_there_when_it_is_placed_and_no_node_is_on_its_way() {
    let (mut scaler, steps) = at_the_sale("", &offering(Offer::Buffers("v1beta1")));
    let act = kept(&steps).unwrap();
    scaler.headroom_applied(act, Ok(()));
    let mut second = 7_200;
    let mut tick = |scaler: &mut Scaler, nodes: &Nodes| {
        second += 15;
        let steps = lead(scaler, second, &Readings { nodes: nodes.clone(), ..demand(second, 350.0) });
        if let Some(act) = kept(&steps) {
            scaler.headroom_applied(act, Ok(()));
        }
        (kept(&steps), found(scaler))
    };
    let asked = |scaler: &Scaler| scaler.room().0.map_or(0, |_| act.pods);
    let (_, (reason, _)) = tick(&mut scaler, &buffered(act.pods, (true, 0, 2)));
    assert!(
        ["BeingProvisioned", "TooLate"].contains(&reason),
        "{reason}: Karpenter places pods on nodes in flight"
    );
    assert_eq!(scaler.room().1, 0);
    let (again, (reason, message)) = tick(&mut scaler, &buffered(act.pods, (true, 0, 0)));
    assert_eq!((again, reason), (None, "Ready"), "{message}");
    assert_eq!(scaler.room(), (Some(By::CapacityBuffer), asked(&scaler)));
    for _ in 0..3 {
        tick(&mut scaler, &buffered(act.pods, (false, 4, 0)));
    }
    let (reason, message) = found(&scaler);
    assert_eq!(reason, "CannotBeProvisioned");
    for _ in 0..3 {
        let mut gone = buffered(act.pods, (true, 0, 0));
        gone.room.pools = Pools::None;
        tick(&mut scaler, &gone);
    }
    assert!(found(&scaler).1.ends_with("Karpenter has no NodePool"), "a condition that is stale");
    let limit = "room for 4 of";
    assert!(message.contains(limit) && message.ends_with("cpu 64 of 64"), "{message}");
}

#[test]
fn what_belongs_to_another_is_said_once_and_tried_less_and_less() {
    let nodes = offering(Offer::Buffers("v1beta1"));
    let (mut scaler, steps) = at_the_sale("", &nodes);
    let mut tries = Vec::new();
    let mut act = kept(&steps);
    // Until the sale is so near that its pods are asked for themselves.
    for tick in 0..12 {
        if let Some(act) = act {
            tries.push(tick * 15);
            let name = "prescale-gateway".to_owned();
            scaler.headroom_applied(act, Err(HeadroomError::NotOurs { kind: "CapacityBuffer", name }));
        }
        let second = 7_200 + (tick + 1) * 15;
        let steps = lead(&mut scaler, second, &Readings { nodes: nodes.clone(), ..demand(second, 350.0) });
        if tick == 0 {
            assert!(told(&steps).contains(&"HeadroomBelongsToAnother"), "{:?}", told(&steps));
        }
        act = kept(&steps);
        let (reason, message) = found(&scaler);
        assert_eq!(reason, "BelongsToAnother");
        assert!(
            message.starts_with("CapacityBuffer `prescale-gateway` is there and not of this scaler"),
            "{message}"
        );
    }
    assert_eq!(tries, [0, 15, 45, 105]);
}

#[test]
fn room_is_given_back_in_another_mode_and_by_another_keeper() {
    // What is there belongs to this scaler: as after a restart.
    let mut nodes = buffered(7, (true, 0, 0));
    nodes.placeholders = Some(0);
    let mut scaler = Scaler::new(charge("mode: Shadow"), Box::default());
    let steps = lead(&mut scaler, 0, &Readings { nodes: nodes.clone(), ..demand(0, 350.0) });
    let version = Some("v1beta1");
    assert_eq!(kept(&steps), Some(HeadroomAct { pods: 0, by: By::CapacityBuffer, version }));
    // The API has gone, and placeholders keep room instead; when it is back they go.
    nodes.placeholders = Some(7);
    let mut scaler = Scaler::new(charge("mode: Active"), Box::default());
    let steps = lead(&mut scaler, 0, &Readings { nodes, ..demand(0, 350.0) });
    assert_eq!(kept(&steps).map(|act| (act.pods, act.by)), Some((0, By::PlaceholderPods)));
}

#[test]
fn disruption_is_held_off_before_an_event_and_goes_on_after() {
    let mut nodes = offering(Offer::Absent);
    (nodes.seen.pods, nodes.seen.held) = (4, 0);
    let (mut scaler, steps) = at_the_sale("", &nodes);
    assert_eq!(held(&steps), Some(HoldAct::Hold));
    let (_, never) = at_the_sale("headroom: {holdDisruption: 0s}", &nodes);
    assert_eq!(held(&never), None);
    // All are held, and nothing is to be done until the event is an hour old.
    nodes.seen.held = 4;
    let at_second = |scaler: &mut Scaler, second: i64| {
        let steps = lead(scaler, second, &Readings { nodes: nodes.clone(), ..demand(second, 350.0) });
        held(&steps)
    };
    assert_eq!(at_second(&mut scaler, 7_230), None);
    assert_eq!(at_second(&mut scaler, 7_200 + 300 + 3_599), None);
    assert_eq!(at_second(&mut scaler, 7_200 + 300 + 3_600), Some(HoldAct::Release));
}

#[test]
fn lead_times_are_told_with_how_they_are_known() {
    let mut scaler = Scaler::new(charge("mode: Active"), Box::default());
    let start = Start { took: SignedDuration::from_secs(7), on_launched: false, image: Image::There };
    let mut nodes = Nodes { hpa_period: Some(SignedDuration::from_secs(10)), ..Nodes::default() };
    nodes.seen.starts = vec![start; 12];
    nodes.seen.node_launch = Some(SignedDuration::from_secs(50));
    let steps = lead(&mut scaler, 0, &Readings { nodes, ..demand(0, 350.0) });
    let lead_time = status(&steps).unwrap().lead_time.clone().unwrap();
    assert_eq!((lead_time.pod.as_str(), lead_time.node.as_str()), ("17s", "1m 7s"));
    assert_eq!((lead_time.pod_source.as_str(), lead_time.node_source.as_str()), ("Measured", "Pool"));
    assert_eq!((lead_time.poll_period.as_deref(), lead_time.pod_starts), (Some("10s"), 12));
}
