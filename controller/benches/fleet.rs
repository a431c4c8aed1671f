//! `make bench-fleet`: what 10,000 scalers cost that tick each 15 s, with what was read handed in. The CPU time of one
//! thread is what counts: it holds on a machine that does other things, too.

#![expect(clippy::unwrap_used, reason = "a bench may stop at what cannot be")]

#[path = "../../simulations/benches/figures/figure.rs"]
#[expect(dead_code, reason = "shared with benches that have bars of every kind")]
mod figure;

use std::{fs, path::Path, sync::Arc};

use figure::{Bar, Figure};
use jiff::{SignedDuration, Timestamp};
use prescale_controller::{
    api::{Manifest, read_manifests},
    board::{Board, ScalerKey},
    hpa::judge,
    scaler::{Charge, Nodes, Queue, Readings, Role, Scaler, Step},
};
use prescale_model::{Sample, Workload};

/// Scalers that tick.
const SCALERS: u32 = 10_000;
/// Time between two ticks.
const PERIOD: SignedDuration = SignedDuration::from_secs(15);
/// An hour, after which forecasts are made and the first is measured anew.
const WARM_UP: u32 = 241;
/// Ten minutes are measured.
const MEASURED: u32 = 40;

fn main() {
    let before = resident();
    let board = Board::default();
    let mut fleet: Vec<Scaler> = (0..SCALERS).map(scaler).collect();
    let start: Timestamp = "2026-06-01T12:00:00Z".parse().unwrap();
    let mut count = Counted::default();
    tick(&mut fleet, &board, (start, 0), &mut count);
    let fresh = resident() - before;
    for round in 1..WARM_UP {
        tick(&mut fleet, &board, (start, round), &mut count);
    }
    let (began, mut count) = (cpu_s(), Counted::default());
    for round in WARM_UP..WARM_UP + MEASURED {
        tick(&mut fleet, &board, (start, round), &mut count);
    }
    let spent = cpu_s() - began;
    let seconds = PERIOD.as_secs_f64() * f64::from(MEASURED);
    let kib = |bytes: f64| bytes / 1024.0 / f64::from(SCALERS);
    let figures = [
        Figure::new("10,000 scalers, a tick each 15 s".into(), "cores", Bar::AtMost(0.3), spent / seconds),
        Figure::new("one tick".into(), "µs", Bar::None, spent * 1e6 / f64::from(MEASURED * SCALERS)),
        Figure::new("statuses written".into(), "1/s", Bar::None, f64::from(count.statuses) / seconds),
        Figure::new("events emitted".into(), "1/s", Bar::None, f64::from(count.events) / seconds),
        Figure::new("memory of a scaler that has seen nothing".into(), "KiB", Bar::None, kib(fresh)),
        Figure::new("memory of a scaler after an hour".into(), "KiB", Bar::None, kib(resident() - before)),
    ];
    println!("{}", figure::table(&figures));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let path = figure::write(root, "fleet.json", &figures).unwrap();
    println!("written to {}", path.display());
}

/// What ticks have asked the cluster for.
#[derive(Default)]
struct Counted {
    statuses: u32,
    events: u32,
}

/// One tick of each scaler, acted on as the fleet does.
fn tick(fleet: &mut [Scaler], board: &Board, (start, round): (Timestamp, u32), count: &mut Counted) {
    let now = start + PERIOD * i32::try_from(round).unwrap();
    for (index, scaler) in (0..).zip(fleet) {
        let readings = readings(now, index);
        for step in scaler.tick(now, &readings, Role::Leading) {
            match step {
                Step::Observe(observed) => board.observe(&scaler.charge().key, observed),
                Step::Publish(notice) => {
                    let plan = notice.plan.clone();
                    board.publish(*notice);
                    scaler.commit(&plan);
                }
                Step::SetStatus(_) => count.statuses += 1,
                Step::Emit(_) => count.events += 1,
                Step::ApplyHpa(_) | Step::SetHeadroom(_) | Step::HoldDisruption(_) => {}
            }
        }
    }
}

/// Demand with a rhythm of its own, and a tenth of noise.
fn readings(now: Timestamp, index: u32) -> Readings {
    let minute = f64::from(i32::try_from(now.as_second() / 60 % 1_440).unwrap());
    let noise =
        f64::from(mixed(now.as_second().unsigned_abs() ^ (u64::from(index) << 32))) / f64::from(u32::MAX);
    let rhythm = 1.0 + 0.3 * (minute / 30.0 + f64::from(index)).sin();
    Readings {
        demand: Ok(Sample::new(now, 1_000.0 * rhythm * (0.95 + 0.1 * noise)).unwrap()),
        signals: Vec::new(),
        latency: None,
        lag: None,
        queue: Queue::default(),
        workload: Ok(Workload { replicas: 12, existing: 12, ready: Some(12) }),
        nodes: Nodes::default(),
    }
}

/// The high half of a splitmix64 step: noise that needs no generator.
fn mixed(seed: u64) -> u32 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    u32::try_from((z ^ (z >> 31)) >> 32).unwrap()
}

fn scaler(index: u32) -> Scaler {
    let name = format!("gateway-{index}");
    let text = format!(
        "apiVersion: prescale.dev/v1alpha1\nkind: PredictiveScaler\nmetadata: {{name: {name}, namespace: live}}\n\
         spec: {{scaleTargetRef: {{name: {name}}}, mode: Active, minReplicas: 2, maxReplicas: 200, \
         demand: {{prometheus: {{query: 'sum(rate(http_requests_total{{app=\"{name}\"}}[1m]))'}}}}, \
         capacity: {{perReplica: 100}}}}"
    );
    let [Manifest::PredictiveScaler(written)] = &read_manifests(&text, "bench").unwrap()[..] else {
        panic!("another kind")
    };
    let spec = written.check().unwrap();
    let charge = Charge {
        key: ScalerKey::new("live", &name),
        uid: name.as_str().into(),
        generation: Some(1),
        judgement: Arc::new(judge(&spec, &name, &[])),
        spec: Arc::new(spec),
        refusal: None,
        events: Arc::new([]),
    };
    Scaler::new(charge, Box::default())
}

/// CPU time of this thread, in seconds.
fn cpu_s() -> f64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}

/// Resident memory, in bytes.
fn resident() -> f64 {
    let text = fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<f64>().unwrap() * 4_096.0
}
