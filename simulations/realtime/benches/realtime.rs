//! `make bench-realtime`: what the realtime service takes for a crowd, from a real Kafka and a real Redis on this machine, and
//! what its Python twin takes for the same smaller one; `-- steady`, `spike` or `twin` measures that part alone.
//!
//! Load and service share the machine, so where it cannot carry both at 20,000 people, the largest crowd that it carries is
//! looked for, and the figures are told for that one.
#![expect(clippy::unwrap_used, reason = "a bench may stop at what cannot be")]

#[path = "../../benches/figures/figure.rs"]
mod figure;
#[path = "realtime/ground.rs"]
mod ground;
#[path = "realtime/told.rs"]
mod told;
#[path = "realtime/usage.rs"]
mod usage;

use std::path::Path;
use std::time::Duration;

use realtime_load::Report;

use figure::Figure;
use ground::{Ground, Kind, Stage};
use told::Beside;

/// What is asked for.
const PEOPLE: u64 = 20_000;
/// The crowds that are tried where that is too many.
const PEOPLE_STEP: u64 = 1_000;
/// Beside sockets of people, in a process.
const OTHER_FILES: u64 = 200;
const ROOMS: u64 = 200;
/// Each does something in ten seconds: 2,000 a second of 20,000.
const PEOPLE_PER_INTERACTION: u64 = 10;
const P99_MS: f64 = 50.0;
/// One update a second to each, but for those who have just come.
const UPDATES_AT_LEAST: f64 = 0.95;
const TRIED_FOR: Duration = Duration::from_secs(20);
const MEASURED_FOR: Duration = Duration::from_secs(120);
/// A crowd that Python carries too, with ten times the interactions for each of them.
const BESIDE: Crowd = Crowd { people: 2_000, interactions: 200, length: Duration::from_secs(40) };
/// Before the climb of the spike, and for how long it lasts.
const BEFORE_THE_SPIKE: u64 = PEOPLE / 10;
const CLIMB_S: u64 = 10;
/// Of the crowd at the top of the spike, so many are let in; the others wait in line.
const LET_IN: f64 = 0.75;

/// So many people, who interact so often.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Crowd {
    people: u64,
    /// A second.
    interactions: u64,
    length: Duration,
}

impl Crowd {
    fn of(people: u64, length: Duration) -> Self {
        Self { people, interactions: people / PEOPLE_PER_INTERACTION, length }
    }

    fn rooms(self) -> u64 {
        (self.people * ROOMS / PEOPLE).max(1)
    }
}

#[tokio::main]
async fn main() {
    let words: Vec<String> = std::env::args().collect();
    let parts = ["steady", "spike", "twin"];
    let is_named = |part: &&str| words.iter().any(|word| word == part);
    let any_is_named = parts.iter().any(is_named);
    let [steadily, at_once, beside] = parts.map(|part| is_named(&part) || !any_is_named);
    // Both ends of a socket lie on this machine; a gateway has the limit of who started it.
    let files = realtime_load::files::raise_limit().unwrap_or(u64::MAX);
    let most = PEOPLE.min(files.saturating_sub(OTHER_FILES) / 500 * 500);
    if most < PEOPLE {
        println!("{files} files may be open in a process: {most} people are tried at most");
    }
    let ground = Ground::start().await;
    let mut figures = vec![];
    let mut carried = most;
    if steadily {
        let (people, measured) = steady(&ground, most).await;
        carried = people;
        figures.extend(measured);
    }
    if at_once {
        figures.extend(spike(&ground, carried).await);
    }
    if beside {
        figures.extend(beside_the_twin(&ground).await);
    }
    println!("{}", figure::table(&figures));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    println!("written to {}", figure::write(&root, "realtime.json", &figures).unwrap().display());
}

/// The largest crowd that is carried, measured for two minutes.
async fn steady(ground: &Ground, most: u64) -> (u64, Vec<Figure>) {
    let mut people = largest(ground, most).await;
    loop {
        let stage = ground.stage(Kind::Rust, people).await;
        let crowd = Crowd::of(people, MEASURED_FOR);
        let (report, usage) = stage.measure(crowd).await;
        let is_last = people <= PEOPLE_STEP;
        // What held for twenty seconds need not hold for two minutes.
        if carries(&report) || is_last {
            return (people, told::steady(crowd, &report, &usage));
        }
        println!("{people} people are not carried for two minutes");
        people = people.saturating_sub(PEOPLE_STEP).max(PEOPLE_STEP);
    }
}

/// Halves what lies between the largest crowd that is carried and the smallest that is not.
async fn largest(ground: &Ground, most: u64) -> u64 {
    let (mut carried, mut tried) = (PEOPLE_STEP, most);
    let mut not_carried = most + PEOPLE_STEP;
    while carried + PEOPLE_STEP < not_carried {
        let stage = ground.stage(Kind::Rust, tried).await;
        let (report, _) = stage.measure(Crowd::of(tried, TRIED_FOR)).await;
        if carries(&report) {
            carried = tried;
        } else {
            not_carried = tried;
        }
        println!("{tried} people are {}carried", if carries(&report) { "" } else { "not " });
        tried = u64::midpoint(carried, not_carried) / PEOPLE_STEP * PEOPLE_STEP;
    }
    carried
}

fn carries(report: &Report) -> bool {
    let crowd = report.crowd.as_ref().unwrap();
    report.is_whole()
        && report.latency.p99_ms.is_some_and(|p99| p99 <= P99_MS)
        && crowd.updates_per_person_second.is_some_and(|updates| UPDATES_AT_LEAST <= updates)
        && crowd.cut_off == 0
}

/// From a tenth of the crowd to all of it within ten seconds, more than are let in.
async fn spike(ground: &Ground, people: u64) -> Vec<Figure> {
    let let_in = (people as f64 * LET_IN) as u64;
    let stage = ground.stage(Kind::Rust, let_in).await;
    let before = BEFORE_THE_SPIKE.min(people / 10);
    let climb = format!("{before}@0s,{before}@10s,{people}@{}s,{people}@60s", 10 + CLIMB_S);
    let rate = before / PEOPLE_PER_INTERACTION;
    let top = let_in / PEOPLE_PER_INTERACTION;
    let rate = format!("{rate}@0s,{rate}@10s,{top}@{}s,{top}@60s", 10 + CLIMB_S);
    let (report, _) = stage.play(&climb, &rate, Crowd::of(people, Duration::from_secs(60))).await;
    told::spike(people, before, let_in, &report)
}

/// The same load on the service and on its twin, one after the other.
async fn beside_the_twin(ground: &Ground) -> Vec<Figure> {
    let ours = measured(&ground.stage(Kind::Rust, BESIDE.people).await).await;
    let twins = measured(&ground.stage(Kind::Python, BESIDE.people).await).await;
    told::beside(BESIDE, &ours, &twins)
}

async fn measured(stage: &Stage<'_>) -> Beside {
    let idle = stage.gateway().resident_mib();
    let (report, usage) = stage.measure(BESIDE).await;
    Beside { report, usage, idle_mib: idle }
}
