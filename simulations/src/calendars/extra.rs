//! One more event in the calendar, at a quiet time and of the class of one that came: called off, or never coming.
//! What waited for it is told from the run with the right calendar, in the same world and with the same chance.

use jiff::{SignedDuration, Timestamp};
use prescale_model::Event;

use super::starts_within;
use crate::calendar::Announced;
use crate::result::ExtraEvent;
use crate::scenario::Scenario;

/// Distance to every other event, so that what waits for one is not taken for what another needs.
pub(super) const AWAY: SignedDuration = SignedDuration::from_hours(4);

/// The window begins so long before the event, so that its climb is in it.
const LEAD: SignedDuration = SignedDuration::from_mins(30);

/// Events are announced for a quarter of an hour.
const QUARTER_S: i64 = 15 * 60;

/// Up to this share of the right calendar's replicas, or one, a difference is not capacity that waits: it is what
/// another forecast a little higher rounds up to.
const ROUNDING: f64 = 0.1;

/// The event of the window that Prescale knows of, that took place, and that had the highest recorded peak.
pub(super) fn largest(scenario: &Scenario) -> Option<&Event> {
    let known = scenario.announced().iter().filter(|one| one.took_place()).map(|one| &one.event);
    let peak = |event: &&Event| scenario.peak_replicas(event.starts_at, event.ends_at);
    // Of equals the first, so that the choice does not hang on the order of a search.
    known.filter(|event| starts_within(event, scenario)).rev().max_by_key(peak)
}

/// An event like `usual` where the recorded demand is lowest, [`AWAY`] from all events, wholly within the window, and
/// where Prescale would prepare for it. `None` where there is no such place.
pub(super) fn find(scenario: &Scenario, usual: &Event) -> Option<Event> {
    let length = usual.ends_at.duration_since(usual.starts_at);
    let steps = (length.as_secs_f64() / scenario.recording.step.as_secs_f64()).ceil().max(1.0) as usize;
    let recorded = scenario.demand.windows(steps).enumerate();
    let recorded = recorded.map(|(index, demand)| (scenario.recording.time_at(index), demand));
    let with_room = recorded
        .filter(|(start, _)| has_room(*start, length, scenario) && is_prepared_for(usual, *start, scenario));
    // A gap is not quiet: who knows what came.
    let known =
        with_room.filter_map(|(start, demand)| Some((start, demand.iter().copied().sum::<Option<f64>>()?)));
    let (starts_at, _) = known.min_by(|(_, a), (_, b)| a.total_cmp(b))?;
    let name = format!("{}-that-never-comes", usual.name);
    Some(Event { name, starts_at, ends_at: starts_at + length, ..usual.clone() })
}

/// Whether an event could be announced from `start` on: within the window, and far enough from all others.
fn has_room(start: Timestamp, length: SignedDuration, scenario: &Scenario) -> bool {
    let is_away =
        |event: &Event| event.ends_at + AWAY <= start || start + AWAY.max(length) <= event.starts_at;
    start.as_second() % QUARTER_S == 0
        && scenario.from + LEAD <= start
        && start + length <= scenario.to
        && scenario.calendar.iter().all(|one| is_away(&one.event))
}

/// Whether Prescale would prepare for an event like `usual` at `start`: it has been told what to expect, or it has
/// seen one of the class.
fn is_prepared_for(usual: &Event, start: Timestamp, scenario: &Scenario) -> bool {
    let has_been = |one: &Announced| one.took_place() && one.event.ends_at <= start;
    let mut of_class = scenario.announced().iter().filter(|one| one.event.class == usual.class);
    usual.expected.is_some() || of_class.any(has_been)
}

/// What waited for an event that did not come: the replicas at each tick of this run beyond those of the right one.
pub(super) fn result(extra: &Announced, scenario: &Scenario, sizes: &[u32], right: &[u32]) -> ExtraEvent {
    let event = &extra.event;
    let tick = scenario.written.tick;
    let time = |index: usize| scenario.from + tick * index as i32;
    let watched = event.starts_at - AWAY..event.starts_at + AWAY;
    let beyond = sizes.iter().zip(right).map(|(size, right)| beyond(*size, *right)).enumerate();
    let beyond: Vec<(Timestamp, u32)> =
        beyond.map(|(index, more)| (time(index), more)).filter(|(at, _)| watched.contains(at)).collect();
    let most = beyond.iter().map(|(_, more)| *more).max().unwrap_or(0);
    let minutes = |at: Timestamp| at.duration_since(event.starts_at).as_secs_f64() / 60.0;
    let gone_after = |few| gone_at(&beyond, few, event.starts_at).map(minutes);
    ExtraEvent {
        class: event.class.clone(),
        starts_at: event.starts_at,
        ends_at: event.ends_at,
        withdrawn_at: extra.withdrawn_at,
        most_replicas: most,
        mostly_gone_after_min: gone_after(most / 10),
        gone_after_min: gone_after(0),
    }
}

/// When no more than a `few` replicas waited any more: at the tick after the last at which more did, at `start` where
/// that never was. `None` where they still did at the last tick.
fn gone_at(beyond: &[(Timestamp, u32)], few: u32, start: Timestamp) -> Option<Timestamp> {
    match beyond.iter().rposition(|(_, more)| few < *more) {
        None => Some(start),
        Some(last) => beyond.get(last + 1).map(|(at, _)| *at),
    }
}

/// Replicas that wait, none where it is a matter of rounding.
fn beyond(size: u32, right: u32) -> u32 {
    let more = size.saturating_sub(right);
    let rounding = (ROUNDING * f64::from(right)).max(1.0);
    if f64::from(more) <= rounding { 0 } else { more }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(60 * minute).unwrap()
    }

    /// The on-sale of the bundled recording, the largest of four, from four o'clock to two.
    fn on_sale() -> Scenario {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/on-sale.toml");
        Scenario::open(std::path::Path::new(path)).unwrap()
    }

    fn found(scenario: &Scenario) -> Option<String> {
        let extra = find(scenario, largest(scenario)?)?;
        Some(format!("{} {}", extra.name, extra.starts_at))
    }

    #[test]
    fn another_event_is_announced_where_it_is_quiet_and_far_from_all() {
        let mut scenario = on_sale();
        let at_one = Some("stadium-tour-that-never-comes 2026-09-11T13:00:00Z".to_owned());
        assert_eq!(found(&scenario), at_one);
        // With more of the night in it, the window holds quieter times.
        scenario.from -= SignedDuration::from_hours(3);
        let (from, to) = ("2026-09-11T01:30:00Z".parse().unwrap(), "2026-09-11T04:00:00Z".parse().unwrap());
        let start = find(&scenario, largest(&scenario).unwrap()).unwrap().starts_at;
        assert!((from..=to).contains(&start), "{start}");
        // An event that was only ever planned is one too.
        let mut planned = scenario.calendar[3].clone();
        planned.event.starts_at = from;
        planned.event.ends_at = to;
        planned.withdrawn_at = Some(scenario.recording.start);
        scenario.calendar.push(planned);
        assert_eq!(found(&scenario), at_one);
    }

    #[test]
    fn a_gap_is_not_quiet() {
        let mut scenario = on_sale();
        let steps = scenario.demand.len();
        let day_end = scenario.recording.time_at(steps);
        let at = ("2026-09-11T13:30:00Z".parse::<Timestamp>().unwrap()).duration_since(day_end);
        let index = steps as i128 + at.as_nanos() / scenario.recording.step.as_nanos();
        scenario.demand[index as usize] = None;
        assert_eq!(found(&scenario), None);
    }

    #[test]
    fn nobody_would_prepare_for_an_event_of_which_nothing_is_known() {
        let mut scenario = on_sale();
        // Only before the on-sale there is room.
        scenario.from -= SignedDuration::from_hours(3);
        scenario.to -= SignedDuration::from_hours(2);
        for one in &mut scenario.concerning {
            one.event.expected = None;
        }
        assert!(found(&scenario).is_some(), "three of its class have been");
        scenario.concerning.retain(|one| one.event.name == "stadium-tour");
        assert_eq!(found(&scenario), None);
    }

    #[test]
    fn a_replica_more_or_a_tenth_does_not_wait_for_anybody() {
        for (size, right, waiting) in [(7, 7, 0), (8, 7, 0), (9, 7, 2), (5, 7, 0), (55, 50, 0), (56, 50, 6)] {
            assert_eq!(beyond(size, right), waiting, "{size} beside {right}");
        }
    }

    #[test]
    fn capacity_is_gone_at_the_tick_after_the_last_at_which_it_waited() {
        let check = |sizes: &[u32], few, minute: Option<i64>| {
            let beyond: Vec<_> = sizes.iter().zip(0..).map(|(more, minute)| (at(minute), *more)).collect();
            assert_eq!(gone_at(&beyond, few, at(2)), minute.map(at), "{sizes:?}, few {few}");
        };
        check(&[0, 0, 0, 0], 0, Some(2));
        check(&[4, 0, 0, 0], 0, Some(1));
        check(&[0, 20, 20, 2, 0, 2, 0], 0, Some(6));
        check(&[0, 20, 20, 2, 0, 2, 0], 2, Some(3));
        check(&[0, 20, 20], 2, None);
        check(&[], 0, Some(2));
    }
}
