//! Figures, in words.

use realtime_load::Report;

use crate::figure::{Bar, Figure};
use crate::usage::Usage;
use crate::{Crowd, P99_MS, PEOPLE, UPDATES_AT_LEAST};

/// What one of the two took for the same load.
pub(crate) struct Beside {
    pub(crate) report: Report,
    pub(crate) usage: Usage,
    /// Before anybody came.
    pub(crate) idle_mib: f64,
}

impl Beside {
    /// Of gateway and worker together.
    fn interactions_per_core_s(&self) -> f64 {
        let cores = self.usage.gateway_cores + self.usage.worker_cores;
        self.report.acked as f64 / self.report.length_s / cores
    }

    fn kib_per_person(&self, people: u64) -> f64 {
        (self.usage.gateway_mib - self.idle_mib) * 1_024.0 / people as f64
    }
}

/// A crowd that stays.
pub(crate) fn steady(crowd: Crowd, report: &Report, usage: &Usage) -> Vec<Figure> {
    let people = report.crowd.as_ref().unwrap();
    let of = |what: &str| format!("{what}, {} people in {} rooms", crowd.people, crowd.rooms());
    // Bars are for 20,000; for fewer they shrink with the crowd, but for what the process takes by itself.
    let share = crowd.people as f64 / PEOPLE as f64;
    let updates = people.updates as f64 / report.length_s;
    vec![
        Figure::new(
            "people that the machine carries beside the load".into(),
            "",
            Bar::AtLeast(PEOPLE as f64),
            crowd.people as f64,
        ),
        Figure::new(of("interactions in"), "1/s", Bar::None, report.acked as f64 / report.length_s),
        Figure::new(of("updates out"), "1/s", Bar::None, updates),
        Figure::new(
            of("updates to a person"),
            "1/s",
            Bar::AtLeast(UPDATES_AT_LEAST),
            people.updates_per_person_second.unwrap_or(0.0),
        ),
        Figure::new(of("gateway's CPU"), "cores", Bar::AtMost(0.75 * share), usage.gateway_cores),
        Figure::new(of("gateway's memory"), "MiB", Bar::AtMost(200.0 * share), usage.gateway_mib),
        Figure::new(of("worker's CPU"), "cores", Bar::None, usage.worker_cores),
        Figure::new(of("worker's memory"), "MiB", Bar::None, usage.worker_mib),
        Figure::new(
            of("p50 of interaction → acknowledged by Kafka"),
            "ms",
            Bar::None,
            report.latency.p50_ms.unwrap_or(f64::NAN),
        ),
        Figure::new(
            of("p99 of interaction → acknowledged by Kafka"),
            "ms",
            Bar::AtMost(P99_MS),
            report.latency.p99_ms.unwrap_or(f64::NAN),
        ),
        Figure::new(
            of("interactions not acknowledged"),
            "",
            Bar::AtMost(0.0),
            (report.due - report.acked) as f64,
        ),
        Figure::new("CPU of the load".into(), "cores", Bar::None, usage.load_cores),
        Figure::new("share of the machine that was idle".into(), "", Bar::None, usage.idle_share),
    ]
}

/// A crowd that comes at once.
pub(crate) fn spike(people: u64, before: u64, let_in: u64, report: &Report) -> Vec<Figure> {
    let crowd = report.crowd.as_ref().unwrap();
    let of = |what: &str| format!("{what}, {before} → {people} people within 10 s, {let_in} let in");
    vec![
        Figure::new(
            of("p99 of interaction → acknowledged"),
            "ms",
            Bar::None,
            report.latency.p99_ms.unwrap_or(f64::NAN),
        ),
        Figure::new(
            of("interactions not acknowledged"),
            "",
            Bar::AtMost(0.0),
            (report.due - report.acked) as f64,
        ),
        Figure::new(
            of("p99 of connecting → in the room"),
            "ms",
            Bar::None,
            crowd.admission.p99_ms.unwrap_or(f64::NAN),
        ),
        Figure::new(
            of("people in rooms at most"),
            "",
            Bar::AtMost(let_in as f64),
            crowd.joined_at_most as f64,
        ),
        Figure::new(
            of("people waiting at most"),
            "",
            Bar::AtLeast((people - let_in) as f64),
            crowd.waiting_at_most as f64,
        ),
        Figure::new(of("people disconnected"), "", Bar::AtMost(0.0), (crowd.cut_off + crowd.goodbyes) as f64),
        Figure::new(of("people shut out"), "", Bar::AtMost(0.0), crowd.shut_out.values().sum::<u64>() as f64),
        Figure::new(of("places in line that grew"), "", Bar::AtMost(0.0), crowd.overtaken as f64),
    ]
}

/// The service beside its twin.
pub(crate) fn beside(crowd: Crowd, ours: &Beside, twins: &Beside) -> Vec<Figure> {
    let of = |what: &str| format!("{what}, {} people, {}/s", crowd.people, crowd.interactions);
    let work = ours.interactions_per_core_s() / twins.interactions_per_core_s();
    let memory = twins.kib_per_person(crowd.people) / ours.kib_per_person(crowd.people);
    let mut figures = vec![
        Figure::new(
            of("interactions per core-second, times the Python twin's"),
            "×",
            Bar::AtLeast(10.0),
            work,
        ),
        Figure::new(
            of("memory per person, of which the twin takes times as much"),
            "×",
            Bar::AtLeast(10.0),
            memory,
        ),
        Figure::new(
            of("CPU of the gateway alone, of which the twin takes times as much"),
            "×",
            Bar::None,
            twins.usage.gateway_cores / ours.usage.gateway_cores,
        ),
        Figure::new(
            of("memory of the gateway, of which the twin takes times as much"),
            "×",
            Bar::None,
            twins.usage.gateway_mib / ours.usage.gateway_mib,
        ),
    ];
    for (who, one) in [("Rust", ours), ("Python", twins)] {
        let of = |what: &str| of(&format!("{who}: {what}"));
        figures.extend([
            Figure::new(
                of("interactions per core-second, gateway and worker"),
                "",
                Bar::None,
                one.interactions_per_core_s(),
            ),
            Figure::new(of("gateway's CPU"), "cores", Bar::None, one.usage.gateway_cores),
            Figure::new(of("worker's CPU"), "cores", Bar::None, one.usage.worker_cores),
            Figure::new(of("gateway's memory"), "MiB", Bar::None, one.usage.gateway_mib),
            Figure::new(of("gateway's memory before anybody came"), "MiB", Bar::None, one.idle_mib),
            Figure::new(of("memory per person"), "KiB", Bar::None, one.kib_per_person(crowd.people)),
            Figure::new(
                of("p99 of interaction → acknowledged"),
                "ms",
                Bar::None,
                one.report.latency.p99_ms.unwrap_or(f64::NAN),
            ),
            Figure::new(
                of("interactions not acknowledged"),
                "",
                Bar::AtMost(0.0),
                (one.report.due - one.report.acked) as f64,
            ),
        ]);
    }
    figures
}
