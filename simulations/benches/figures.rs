//! `make bench`: what is promised, beside what was measured, as a table and as `target/bench/figures.json`.
//!
//! Policies are compared as ratios within one run. Absolute times are those of this machine, today. Recorded traces
//! are measured where `../shared/data` is, and left out in a line where it is not.

#![expect(clippy::unwrap_used, reason = "a bench may stop at what cannot be")]

#[path = "figures/figure.rs"]
mod figure;
#[path = "figures/traces.rs"]
mod traces;

use std::path::{Path, PathBuf};

use prescale_simulations::compare::{Sweep, compare};
use prescale_simulations::outcome::missed;
use prescale_simulations::policies::PolicyKind;
use prescale_simulations::result::{Comparison, PolicyResult};
use prescale_simulations::scenario::{Calendar, Scenario};
use prescale_simulations::simulate::Detail;

use figure::{Bar, Figure};

/// Policies that the promises speak of.
const COMPARED: [PolicyKind; 4] =
    [PolicyKind::HpaCpu, PolicyKind::HpaDemand, PolicyKind::Prescale, PolicyKind::Oracle];

fn main() {
    let mut figures = vec![];
    for name in ["match-night", "on-sale"] {
        figures.extend(with_calendar(name));
    }
    for name in ["match-night", "on-sale", "quiet-fortnight"] {
        figures.extend(without_calendar(name));
    }
    match traces::folder() {
        Some(data) => figures.extend(traces::figures(&data)),
        None => println!("../shared/data is not there: the recorded traces are left out"),
    }
    println!("{}", figure::table(&figures));
    let path = figure::write(&root(), "figures.json", &figures).unwrap();
    println!("written to {}", path.display());
}

/// The project's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn bundled(name: &str) -> Scenario {
    Scenario::open(&root().join(format!("simulations/scenarios/{name}.toml"))).unwrap()
}

fn with_calendar(name: &str) -> Vec<Figure> {
    let comparison = compare(&bundled(name), &COMPARED, Sweep::Frontier, Detail::Totals, || ()).unwrap();
    let [cpu, demand, prescale, oracle] = policies(&comparison);
    let fewer = |hpa: &PolicyResult| 100.0 * (1.0 - missed(prescale) as f64 / missed(hpa) as f64);
    vec![
        Figure::new(format!("{name}: fewer missed than hpa-cpu"), "%", Bar::AtLeast(90.0), fewer(cpu)),
        Figure::new(format!("{name}: fewer missed than hpa-demand"), "%", Bar::AtLeast(60.0), fewer(demand)),
        Figure::new(
            format!("{name}: replica-hours over hpa-cpu's"),
            "ratio",
            Bar::AtMost(1.0),
            prescale.replica_hours / cpu.replica_hours,
        ),
        Figure::new(
            format!("{name}: cost over hpa-cpu's"),
            "ratio",
            Bar::AtMost(1.0),
            prescale.cost / cpu.cost,
        ),
        Figure::new(
            format!("{name}: cost over the oracle's"),
            "ratio",
            Bar::AtMost(1.15),
            prescale.cost / oracle.cost,
        ),
        Figure::new(
            format!("{name}: HPA settings as good in both as Prescale's"),
            "settings",
            Bar::AtMost(0.0),
            as_good_as_prescale(&comparison) as f64,
        ),
    ]
}

/// HPA settings that miss no more than Prescale does for no more replica-hours.
fn as_good_as_prescale(comparison: &Comparison) -> usize {
    let ours = comparison.frontier.iter().find(|point| point.policy == "prescale").unwrap();
    let hpas = comparison.frontier.iter().filter(|point| point.policy.starts_with("hpa-"));
    hpas.filter(|hpa| hpa.late_share <= ours.late_share && hpa.replica_hours <= ours.replica_hours).count()
}

fn without_calendar(name: &str) -> Vec<Figure> {
    let mut scenario = bundled(name);
    scenario.written.calendar = Calendar::Ignored;
    let comparison = compare(&scenario, &COMPARED, Sweep::None, Detail::Totals, || ()).unwrap();
    let [_, demand, prescale, _] = policies(&comparison);
    let ratio = missed(prescale) as f64 / missed(demand).max(1) as f64;
    vec![Figure::new(
        format!("{name}, no calendar: missed over hpa-demand's"),
        "ratio",
        Bar::AtMost(1.0),
        ratio,
    )]
}

/// The results of [`COMPARED`].
fn policies(comparison: &Comparison) -> [&PolicyResult; 4] {
    let [cpu, demand, prescale, oracle] = &comparison.policies[..] else { panic!("four were asked for") };
    [cpu, demand, prescale, oracle]
}
