//! A made-up night for the report's tests: a ticket sale and a match, six policies, and a service in one line (what the
//! Ready replicas cannot carry is late). It is shaped like a simulation's result, and claims nothing.

use jiff::{SignedDuration, Timestamp};

use crate::result::{
    Band, CalendarResult, Comparison, EventResult, ExtraEvent, Fact, FrontierPoint, PolicyResult, PoolResult,
    RecordingSummary, TimelineRow, TurningPoint,
};

const STEP: SignedDuration = SignedDuration::from_secs(15);
const TICKS: usize = 6 * 240;
const CAPACITY: f64 = 250.0;
/// Ticks from a decision to a pod that serves.
const START_DELAY: usize = 6;

/// From 17:00 to 23:00 UTC, at 15 s.
pub(crate) fn night() -> Comparison {
    let from: Timestamp = "2026-07-07T17:00:00Z".parse().unwrap();
    let policies = ["static", "hpa-cpu", "hpa-demand", "cron", "prescale", "oracle"];
    let policies = policies.map(|name| policy(name, from)).to_vec();
    Comparison {
        scenario: "Match night".to_owned(),
        recording: RecordingSummary {
            title: "Semi-final night".to_owned(),
            source: "Generated from published figures of live-event traffic (seed 7); no real users"
                .to_owned(),
            licence: "CC0-1.0".to_owned(),
            unit: "requests".to_owned(),
            step_s: 15.0,
        },
        from,
        to: from + STEP * TICKS as i32,
        seed: 7,
        world: facts(&[
            ("pod start", "8 s median, 11 s p95"),
            ("node launch", "52 s median, 75 s p95"),
            ("capacity", "250 requests/s a replica at 200 ms"),
            ("replicas", "3 to 200, 14 a node"),
            ("HPA sync", "every 15 s"),
            ("price", "0.192 a node-hour"),
        ]),
        replica_capacity: CAPACITY,
        summary: format!(
            "Prescale served the night with {} requests late, against {} for the HPA on CPU, with {:.0} % fewer \
             replica-hours.",
            policies[4].late_requests,
            policies[1].late_requests,
            (1.0 - policies[4].replica_hours / policies[1].replica_hours) * 100.0
        ),
        calendars: calendars(&policies[4]),
        headroom: headroom(&policies[4]),
        headroom_summary: "Without room for pods to come, more requests are late.".to_owned(),
        calendars_summary:
            "To the false event of 2026-07-07 17:15 nobody came; at most 40 replicas waited for it, and \
                            the last was gone 14 min after its start."
                .to_owned(),
        policies,
        frontier: frontier(),
    }
}

/// Prescale's night with the right calendar and with two others.
fn calendars(right: &PolicyResult) -> Vec<CalendarResult> {
    let told = |name: &str, settings: &str, more: f64| PolicyResult {
        name: name.to_owned(),
        settings: settings.to_owned(),
        late_requests: right.late_requests + (1_000.0 * more) as u64,
        replica_hours: right.replica_hours + more,
        cost: right.cost + more / 40.0,
        turning_points: vec![],
        timeline: vec![],
        ..right.clone()
    };
    let from: Timestamp = "2026-07-07T17:15:00Z".parse().unwrap();
    let extra = ExtraEvent {
        class: "kick-off".to_owned(),
        starts_at: from,
        ends_at: from + SignedDuration::from_hours(2),
        withdrawn_at: None,
        most_replicas: 40,
        mostly_gone_after_min: Some(14.0),
        gone_after_min: Some(38.0),
    };
    vec![
        CalendarResult { run: told("right", "as recorded", 0.0), extra: None },
        CalendarResult { run: told("late", "events come 10m after their announced start", 4.0), extra: None },
        CalendarResult { run: told("false", "an announced event never comes", 9.5), extra: Some(extra) },
    ]
}

/// Prescale's night with other headroom.
fn headroom(own: &PolicyResult) -> Vec<PolicyResult> {
    let held = |name: &str, settings: &str, late: u64, cost: f64| PolicyResult {
        name: name.to_owned(),
        settings: settings.to_owned(),
        late_requests: own.late_requests + late,
        cost: own.cost + cost,
        turning_points: vec![],
        timeline: vec![],
        ..own.clone()
    };
    vec![
        held("none", "nodes come when a pod finds no room", 90_000, -0.2),
        held("static", "room for 40 pods, always", 0, 3.0),
        held("forecast", "room for what is expected while a node starts", 0, 0.0),
    ]
}

/// The night over and over, each time with its own events, turns and reasons: what a season weighs.
pub(super) fn season(nights: usize) -> Comparison {
    let mut season = night();
    let length = season.to.duration_since(season.from);
    season.to = season.from + length * nights as i32;
    for policy in &mut season.policies {
        let first = policy.clone();
        for night in 1..nights {
            repeat(policy, &first, length * night as i32, night);
        }
    }
    season
}

fn repeat(policy: &mut PolicyResult, first: &PolicyResult, later: SignedDuration, night: usize) {
    policy.events.extend(first.events.iter().cloned().map(|event| EventResult {
        starts_at: event.starts_at + later,
        ends_at: event.ends_at + later,
        peak_at: event.peak_at + later,
        ..event
    }));
    policy.turning_points.extend(
        first.turning_points.iter().cloned().map(|turn| TurningPoint { at: turn.at + later, ..turn }),
    );
    policy.timeline.extend(first.timeline.iter().cloned().map(|mut row| {
        row.time += later;
        if !row.reason.is_empty() {
            row.reason.push_str(&format!(" ({night})"));
        }
        row
    }));
}

/// Demand at a tick, per second: calm, a sale at 18:00 and a match from 19:00 to 21:00 with a break.
fn demand(tick: usize) -> f64 {
    let hour = tick as f64 / 240.0;
    let rise = |at: f64, width: f64| 1.0 / (1.0 + (-(hour - at) / width).exp());
    let sale = 9_000.0 * rise(1.0, 0.006) * (-(hour - 1.0).max(0.0) / 0.16).exp();
    let game =
        19_000.0 * (rise(2.0, 0.02) - rise(4.08, 0.07)) * (1.0 - 0.35 * (rise(2.8, 0.02) - rise(3.05, 0.02)));
    let noise = 1.0 + 0.03 * (tick as f64 * 1.7).sin() + 0.02 * (tick as f64 * 0.37).cos();
    (1_800.0 + 400.0 * hour.sin() + sale + game) * noise
}

fn needed(demand: f64) -> u32 {
    (demand / CAPACITY).ceil().max(3.0) as u32
}

/// The most demand in the next `ahead` ticks or the last `hold` ones.
fn highest(tick: usize, hold: usize, ahead: usize) -> f64 {
    (tick.saturating_sub(hold)..=tick + ahead).map(demand).fold(0.0, f64::max)
}

fn desired(name: &str, tick: usize) -> u32 {
    let later = tick.saturating_sub(8);
    match name {
        "static" => 80,
        "hpa-cpu" => needed(highest(later, 20, 0) / 0.7),
        "hpa-demand" => needed(highest(tick.saturating_sub(3), 20, 0)),
        "cron" if (400..1_020).contains(&tick) => 85,
        "cron" => 12,
        "prescale" => needed(highest(tick, 12, START_DELAY - 1) * 1.01),
        _ => needed(highest(tick, 0, START_DELAY)),
    }
}

fn policy(name: &str, from: Timestamp) -> PolicyResult {
    let timeline: Vec<TimelineRow> = (0..TICKS).map(|tick| row(name, tick, from)).collect();
    let sum = |value: fn(&TimelineRow) -> f64| timeline.iter().map(value).sum::<f64>();
    let node_hours = sum(|row| f64::from(row.nodes)) / 240.0;
    PolicyResult {
        name: name.to_owned(),
        settings: settings(name).to_owned(),
        requests: (sum(|row| row.demand) * 15.0) as u64,
        late_requests: sum(|row| row.late_requests) as u64,
        failed_requests: sum(|row| row.failed_requests) as u64,
        slo_minutes: timeline.chunks(4).filter(|minute| minute.iter().any(misses)).count() as u64,
        replica_hours: sum(|row| f64::from(row.replicas)) / 240.0,
        node_hours,
        cost: node_hours * 0.192,
        pools: pools(node_hours),
        saved: Some(42.0 * 0.192 - node_hours * 0.192),
        peak_replicas: timeline.iter().map(|row| row.replicas).max().unwrap(),
        events: vec![
            event("Ticket sale: final", "on-sale", 240..360, &timeline),
            event("Semi-final", "kick-off", 480..960, &timeline),
        ],
        turning_points: if name == "prescale" { turns(&timeline) } else { Vec::new() },
        sizes: vec![],
        timeline,
    }
}

/// A node is always there.
fn pools(node_hours: f64) -> Vec<PoolResult> {
    let pool = |name: &str, node_hours: f64| PoolResult {
        name: name.to_owned(),
        node_hours,
        cost: node_hours * 0.192,
    };
    vec![pool("fixed", 6.0), pool("karpenter", node_hours - 6.0)]
}

fn misses(row: &TimelineRow) -> bool {
    (row.late_requests + row.failed_requests) > 0.01 * row.demand * 15.0
}

fn row(name: &str, tick: usize, from: Timestamp) -> TimelineRow {
    let arrivals = demand(tick);
    let ready = desired(name, tick.saturating_sub(START_DELAY)).min(desired(name, tick).max(3));
    let replicas = desired(name, tick).max(ready);
    let short = (arrivals - f64::from(ready) * CAPACITY).max(0.0) * 15.0;
    let silent = (1_100..1_112).contains(&tick);
    let plans = name == "prescale";
    TimelineRow {
        time: from + STEP * tick as i32,
        demand: arrivals,
        observed: (!silent).then(|| demand(tick.saturating_sub(1))),
        served_demand: (plans || name == "hpa-demand").then(|| f64::from(replicas) * CAPACITY * 0.97),
        desired_replicas: desired(name, tick),
        replicas,
        ready_replicas: ready,
        nodes: replicas.div_ceil(14) + 1,
        backlog: short / 30.0,
        late_requests: short * 0.8,
        failed_requests: short * 0.2,
        reason: if plans { reason(tick, replicas) } else { String::new() },
        band: plans.then(|| band(tick)),
    }
}

fn band(tick: usize) -> Band {
    let median = demand(tick + START_DELAY) * (1.0 + 0.05 * (tick as f64 * 0.05).sin());
    Band { ahead: STEP * START_DELAY as i32, low: median * 0.88, median, high: median * 1.16 }
}

fn reason(tick: usize, replicas: u32) -> String {
    let expected = highest(tick, 0, START_DELAY);
    format!(
        "{replicas} replicas: {expected:.0} requests/s expected within 1m 30s (p95 of the forecast), 250 each"
    )
}

fn turns(timeline: &[TimelineRow]) -> Vec<TurningPoint> {
    let every = 40;
    timeline
        .windows(every + 1)
        .step_by(every)
        .map(|span| (&span[0], &span[every]))
        .filter(|(before, after)| before.replicas.abs_diff(after.replicas) > 5)
        .map(|(before, after)| TurningPoint {
            at: after.time,
            from: before.replicas,
            to: after.replicas,
            reason: after.reason.clone(),
        })
        .collect()
}

fn event(name: &str, class: &str, ticks: std::ops::Range<usize>, timeline: &[TimelineRow]) -> EventResult {
    let around = &timeline[ticks.start - 120..ticks.end + 120];
    let peak = around.iter().max_by(|left, right| left.demand.total_cmp(&right.demand)).unwrap();
    let sum = |value: fn(&TimelineRow) -> f64| around.iter().map(value).sum::<f64>() as u64;
    EventResult {
        name: name.to_owned(),
        class: class.to_owned(),
        starts_at: timeline[ticks.start].time,
        ends_at: timeline[ticks.end].time,
        peak_demand: peak.demand,
        peak_at: peak.time,
        requests: sum(|row| row.demand * 15.0),
        late_requests: sum(|row| row.late_requests),
        failed_requests: sum(|row| row.failed_requests),
        ready_at_start: timeline[ticks.start].ready_replicas,
        needed_at_start: needed(timeline[ticks.start].demand),
    }
}

fn settings(name: &str) -> &'static str {
    match name {
        "static" => "80 replicas",
        "hpa-cpu" => "CPU at 70 %",
        "hpa-demand" => "250 requests/s a replica",
        "cron" => "85 replicas from 18:40 to 21:15, else 12",
        "prescale" => "risk quantile 0.95, with its calendar",
        _ => "knows the future",
    }
}

fn facts(pairs: &[(&str, &str)]) -> Vec<Fact> {
    pairs.iter().map(|&(name, value)| Fact { name: name.to_owned(), value: value.to_owned() }).collect()
}

fn frontier() -> Vec<FrontierPoint> {
    let point =
        |policy: &str, settings: String, late_share: f64, replica_hours: f64, on_frontier| FrontierPoint {
            policy: policy.to_owned(),
            settings,
            late_share,
            replica_hours,
            cost: replica_hours / 14.0 * 0.192,
            on_frontier,
        };
    let cpu = [(0.5, 0.004, 420.0), (0.6, 0.009, 352.0), (0.7, 0.021, 306.0), (0.8, 0.048, 270.0)];
    let metric = [(0.6, 0.002_5, 381.0), (0.7, 0.006, 331.0), (0.85, 0.016, 279.0), (1.0, 0.04, 243.0)];
    let risk = [(0.5, 0.006, 226.0), (0.8, 0.001_2, 240.0), (0.95, 0.000_2, 255.0), (0.99, 0.0, 281.0)];
    let cpu = cpu
        .map(|(at, late, hours)| point("hpa-cpu", format!("CPU at {:.0} %", at * 100.0), late, hours, false));
    let metric = metric.map(|(at, late, hours)| {
        point("hpa-demand", format!("{:.0} requests/s a replica", at * 250.0), late, hours, true)
    });
    let risk =
        risk.map(|(at, late, hours)| point("prescale", format!("risk quantile {at}"), late, hours, true));
    cpu.into_iter().chain(metric).chain(risk).collect()
}
