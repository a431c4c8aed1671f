//! A capacity that nobody told, on the bundled match night: what the plan reckons with at the end, and what learning
//! it cost, beside the same scaler with the capacity of this world typed in.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::{path::Path, sync::Arc};

use jiff::SignedDuration;
use prescale_model::CapacitySettings;
use prescale_simulations::outcome::missed;
use prescale_simulations::policies::{Headroom, Policy};
use prescale_simulations::result::PolicyResult;
use prescale_simulations::scenario::Scenario;
use prescale_simulations::simulate::{Detail, simulate};

/// The match night, for a scaler that learns.
fn match_night(start_with: Option<f64>) -> Scenario {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/match-night.toml");
    let mut scenario = Scenario::open(&path).unwrap();
    let objective = SignedDuration::from_secs(1);
    Arc::make_mut(&mut scenario.scaler.settings).capacity =
        CapacitySettings::Learned { objective, start_with };
    scenario
}

fn run(scenario: &Scenario) -> PolicyResult {
    let policy = Policy::Prescale { risk: scenario.settings().risk, headroom: Headroom::Forecast };
    simulate(scenario, &policy, Detail::Timeline).unwrap()
}

/// The capacity of the last plan, by its reason.
fn capacity_at_the_end(result: &PolicyResult) -> f64 {
    let reason = &result.timeline.last().unwrap().reason;
    let (before, _) = reason.split_once(" a replica (learned, ").unwrap_or_else(|| panic!("{reason}"));
    before.rsplit(' ').next().unwrap().parse().unwrap()
}

/// Claims that a scaler which learns ends within a tenth of what one replica of this world serves, and misses and
/// costs little more than one that is told.
fn check(start_with: Option<f64>) {
    let learning = match_night(start_with);
    let per_replica = learning.per_replica();
    let mut told = learning.clone();
    Arc::make_mut(&mut told.scaler.settings).capacity = CapacitySettings::Given { per_replica };
    let (learned, told) = (run(&learning), run(&told));
    let end = capacity_at_the_end(&learned);
    assert!((end / per_replica - 1.0).abs() < 0.1, "{start_with:?}: {end} of {per_replica}");
    let missed_share = |result| missed(result) as f64 / result.requests as f64;
    // The night has one jump that nobody announced, in which a pod more or less shifts a fifth of a percent.
    let (ours, theirs) = (missed_share(&learned), missed_share(&told));
    assert!(ours < theirs + 0.003, "{start_with:?}: {ours} missed, {theirs} by one that is told");
    let (ours, theirs) = (learned.replica_hours, told.replica_hours);
    assert!(ours < 1.12 * theirs, "{start_with:?}: {ours} replica-hours, {theirs} by one that is told");
}

#[test]
fn a_capacity_that_nobody_told_is_learned_on_the_way_to_the_match() {
    check(None);
}

#[test]
fn an_assumption_far_off_is_corrected_before_the_match() {
    check(Some(40.0));
    check(Some(130.0));
    check(Some(1_000.0));
}

#[test]
fn until_replicas_were_seen_at_work_the_size_is_kept_and_the_plan_says_so() {
    let result = run(&match_night(None));
    let first = &result.timeline[0];
    assert!(
        first.reason.contains("what a replica serves is not known yet, the size is kept"),
        "{}",
        first.reason
    );
    assert_eq!(first.desired_replicas, first.replicas);
}
