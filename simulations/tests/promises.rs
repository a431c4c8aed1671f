//! What is promised of the bundled recordings, held against the same world for all.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::path::Path;

use prescale_simulations::compare::{Sweep, compare};
use prescale_simulations::outcome::missed;
use prescale_simulations::policies::PolicyKind;
use prescale_simulations::result::Comparison;
use prescale_simulations::scenario::{Calendar, Scenario};
use prescale_simulations::simulate::Detail;

fn run(name: &str, calendar: Calendar, sweep: Sweep) -> Comparison {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("scenarios/{name}.toml"));
    let mut scenario = Scenario::open(&path).unwrap();
    scenario.written.calendar = calendar;
    let kinds = [PolicyKind::HpaCpu, PolicyKind::HpaDemand, PolicyKind::Prescale];
    compare(&scenario, &kinds, sweep, Detail::Totals, || ()).unwrap()
}

/// At least 60 % fewer missed requests than either HPA, for no more replica-hours than the one on CPU, and no HPA
/// setting that is as good in both.
fn check_with_calendar(name: &str) {
    let comparison = run(name, Calendar::Announced, Sweep::Frontier);
    let [cpu, demand, prescale] = &comparison.policies[..] else { panic!("three were asked for") };
    for hpa in [cpu, demand] {
        let (ours, theirs) = (missed(prescale), missed(hpa));
        assert!(ours as f64 <= 0.4 * theirs as f64, "{name}: {ours} missed, {} {theirs}", hpa.name);
    }
    let (ours, theirs) = (prescale.replica_hours, cpu.replica_hours);
    assert!(ours <= theirs, "{name}: {ours} replica-hours, hpa-cpu {theirs}");
    let point = comparison.frontier.iter().find(|point| point.policy == "prescale").unwrap();
    for hpa in comparison.frontier.iter().filter(|point| point.policy.starts_with("hpa-")) {
        let as_good = hpa.late_share <= point.late_share && hpa.replica_hours <= point.replica_hours;
        assert!(!as_good, "{name}: {hpa:?} is as good as {point:?}");
    }
}

fn check_without_calendar(name: &str) {
    let comparison = run(name, Calendar::Ignored, Sweep::None);
    let [_, demand, prescale] = &comparison.policies[..] else { panic!("three were asked for") };
    assert!(missed(prescale) <= missed(demand), "{name}: {} against {}", missed(prescale), missed(demand));
}

#[test]
fn an_announced_event_is_met_better_than_by_any_hpa() {
    check_with_calendar("match-night");
    check_with_calendar("on-sale");
}

#[test]
fn without_a_calendar_it_is_never_worse_than_the_hpa_on_demand() {
    check_without_calendar("match-night");
    check_without_calendar("on-sale");
    check_without_calendar("quiet-fortnight");
}
