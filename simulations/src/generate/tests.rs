//! What the bundled recordings promise, and that the committed ones are those that the generator makes.

use std::path::PathBuf;

use prescale_controller::api::DemandEvent;

use super::*;

fn bundled_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../notebooks-data")
}

fn largest(recording: &Recording, from: &str, to: &str) -> f64 {
    let span = Span { start: recording.start, step: recording.step, len: recording.len() };
    largest_between(span, recording.demand().unwrap(), at(from), at(to))
}

fn check_within(value: f64, low: f64, high: f64) {
    assert!((low..=high).contains(&value), "{value} is not within {low} and {high}");
}

#[test]
fn the_committed_recordings_are_what_the_generator_makes() {
    for (name, recording) in bundled() {
        let committed = Recording::open(&bundled_folder().join(name)).unwrap();
        assert_eq!(committed.meta, recording.meta, "{name}");
        assert_eq!(committed.events_yaml, recording.events_yaml, "{name}");
        assert!(
            committed == recording,
            "the samples of {name} differ: run `prescale generate notebooks-data`"
        );
    }
}

#[test]
fn the_final_is_the_largest_night_by_far() {
    let night = match_night::recording();
    assert_eq!(night.len(), 21_600);
    check_within(largest(&night, "2026-05-30T18:30:00Z", "2026-05-31T00:00:00Z"), 5_500.0, 6_800.0);
    check_within(largest(&night, "2026-05-16T00:00:00Z", "2026-05-30T18:00:00Z"), 2_000.0, 3_600.0);
    check_within(largest(&night, "2026-05-22T00:00:00Z", "2026-05-22T23:00:00Z"), 650.0, 900.0);
}

#[test]
fn the_large_on_sale_is_twenty_times_the_ordinary_within_two_minutes() {
    let sale = on_sale::recording();
    let before = largest(&sale, "2026-09-11T07:20:00Z", "2026-09-11T07:30:00Z");
    let rush = largest(&sale, "2026-09-11T08:00:00Z", "2026-09-11T08:02:15Z");
    check_within(rush / before, 16.0, 22.0);
    check_within(rush, 4_500.0, 5_700.0);
}

#[test]
fn the_calendars_are_demand_events_that_pass_their_check() {
    for recording in [match_night::recording(), on_sale::recording()] {
        for document in recording.events_yaml.as_ref().unwrap().split("---\n") {
            let event: DemandEvent = serde_saphyr::from_str(document).unwrap();
            let event = event.check().unwrap().unwrap();
            assert!(event.magnitude.is_some() && event.expected.is_some(), "{event:?}");
        }
    }
}

/// The value of a field of an `events.yaml` document.
fn field<'a>(document: &'a str, name: &str) -> &'a str {
    let after = document.split_once(&format!("{name}: ")).unwrap().1;
    after.split(['\n', ',']).next().unwrap().trim_matches('"')
}

#[test]
fn what_people_expect_is_right_within_a_fifth_but_not_exact() {
    for recording in [match_night::recording(), on_sale::recording()] {
        for event in recording.events_yaml.as_ref().unwrap().split("---\n") {
            let local: jiff::civil::DateTime = field(event, "startsAt").parse().unwrap();
            let start = local.in_tz(TIME_ZONE).unwrap().timestamp();
            let over = (start + SignedDuration::from_hours(3)).to_string();
            let expected: f64 = field(event, "expectedDemand: {peak").parse().unwrap();
            let error = (expected / largest(&recording, &start.to_string(), &over) - 1.0).abs();
            check_within(error, 0.02, 0.20);
        }
    }
}

#[test]
fn queue_joins_run_ahead_of_requests_by_two_to_three_minutes() {
    let sale = on_sale::recording();
    let half_at = |signal: &str| {
        let column = &sale.signals[signal];
        let half = column.iter().flatten().fold(0.0, f64::max) / 2.0;
        let index = column.iter().position(|cell| cell.is_some_and(|value| half < value)).unwrap();
        sale.time_at(index)
    };
    let lead_s = half_at("requests").duration_since(half_at("queue_joins")).as_secs_f64();
    check_within(lead_s, 120.0, 180.0);
}

#[test]
fn the_quiet_fortnight_has_one_surge_and_one_hole() {
    let quiet = quiet_fortnight::recording();
    assert_eq!(quiet.demand().unwrap().iter().filter(Option::is_none).count(), 40);
    let surge = largest(&quiet, "2026-03-11T13:20:00Z", "2026-03-11T14:30:00Z");
    let without = largest(&quiet, "2026-03-12T00:00:00Z", "2026-03-15T23:00:00Z");
    check_within(surge / without, 1.3, 1.8);
    assert_eq!(quiet.events_yaml, None);
}
