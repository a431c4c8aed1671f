//! What `check` refuses, and in which words.

#[path = "refusals/table.rs"]
mod table;

use prescale_controller::api::{Manifest, Problems, read_manifests};

use table::{EVENT, Row, SCALER};

/// The problems of each object are those of its row; an object without any is accepted.
fn check(rows: Vec<Row>) {
    for Row { text, problems } in rows {
        let manifests = read_manifests(&text, "f.yaml").unwrap_or_else(|error| panic!("{text}: {error}"));
        let found = match &manifests[..] {
            [Manifest::PredictiveScaler(scaler)] => scaler.check().err(),
            [Manifest::DemandEvent(event)] => event.check().err(),
            other => panic!("{other:?}"),
        };
        assert_eq!(found.map_or(String::new(), |found| found.to_string()), problems, "{text}");
    }
}

#[test]
fn what_is_well_written_is_accepted() {
    check(table::well_written());
}

#[test]
fn limits_that_contradict_each_other_are_refused() {
    check(table::limits());
}

#[test]
fn names_that_could_not_be_followed_are_refused() {
    check(table::names());
}

#[test]
fn a_source_that_is_not_exactly_one_is_refused() {
    check(table::sources());
}

#[test]
fn signals_that_could_be_mistaken_are_refused() {
    check(table::signals());
}

#[test]
fn a_selector_that_cannot_select_is_refused() {
    check(table::selectors());
}

#[test]
fn a_capacity_that_nothing_can_be_divided_by_is_refused() {
    check(table::capacities());
}

#[test]
fn a_capacity_that_is_not_exactly_one_of_given_and_learned_is_refused() {
    check(table::learned_capacities());
}

#[test]
fn risk_outside_of_zero_and_one_is_refused() {
    check(table::risks());
}

#[test]
fn times_that_no_plan_can_keep_are_refused() {
    check(table::times());
}

#[test]
fn an_hpa_that_is_neither_created_nor_named_is_refused() {
    check(table::hpas());
}

#[test]
fn an_event_out_of_time_is_refused() {
    check(table::periods());
}

#[test]
fn an_event_of_impossible_size_is_refused() {
    check(table::sizes());
}

#[test]
fn all_problems_are_named_at_once_in_the_order_of_the_fields() {
    check(table::several_problems());
}

/// YAML and JSON cannot hold these, so the reader has refused them; an object made in code can.
#[test]
fn numbers_that_are_none_are_refused() {
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let [Manifest::PredictiveScaler(scaler), Manifest::DemandEvent(event)] =
            &mut read_manifests(&format!("{SCALER}---{EVENT}"), "f.yaml").unwrap()[..]
        else {
            panic!("other kinds")
        };
        scaler.spec.capacity.per_replica = Some(number);
        scaler.spec.risk.quantile = Some(number);
        scaler.spec.hpa.tolerance = Some(number);
        event.spec.magnitude = Some(number);
        event.spec.confidence = number;
        event.spec.expected_demand.as_mut().unwrap().peak = number;
        let refused = |problems: Problems| problems.0.into_iter().map(|p| p.field).collect::<Vec<_>>();
        let of_scaler = ["spec.capacity.perReplica", "spec.risk.quantile", "spec.hpa.tolerance"];
        assert_eq!(scaler.check().map_err(refused).unwrap_err(), of_scaler, "{number}");
        let of_event = ["spec.magnitude", "spec.confidence", "spec.expectedDemand.peak"];
        assert_eq!(event.check().map_err(refused).unwrap_err(), of_event, "{number}");
    }
}
