//! A calendar over time: events are announced, moved and called off, and nobody may know it earlier.
//!
//! An event that is moved is two of them, of the same class and with different names: one that is withdrawn when
//! the other is announced.

use jiff::Timestamp;
use prescale_model::Event;

/// An event, and the time for which it is in the calendar.
#[derive(Clone, Debug, PartialEq)]
pub struct Announced {
    /// What is announced.
    pub event: Event,
    /// From when on; `None` where it was always known.
    pub announced_at: Option<Timestamp>,
    /// Until when, exclusive; `None` where it stands.
    pub withdrawn_at: Option<Timestamp>,
}

impl Announced {
    /// An event that was always known, and stands.
    #[must_use]
    pub fn always(event: Event) -> Self {
        Self { event, announced_at: None, withdrawn_at: None }
    }

    /// Whether it is in the calendar at `at`.
    #[must_use]
    pub fn is_in_force(&self, at: Timestamp) -> bool {
        self.announced_at.is_none_or(|from| from <= at) && self.withdrawn_at.is_none_or(|until| at < until)
    }

    /// Whether it was still in the calendar when it started: as far as a calendar can tell, it took place.
    #[must_use]
    pub fn took_place(&self) -> bool {
        self.is_in_force(self.event.starts_at)
    }
}

/// Follows a calendar through time, in which few of the moments that are asked for see it change.
#[derive(Clone, Debug)]
pub struct InForce<'a> {
    calendar: &'a [Announced],
    /// Those in force between two changes.
    events: Vec<Event>,
    /// The last change before, inclusive, and the next one, exclusive; `None` where there is none.
    between: Option<(Option<Timestamp>, Option<Timestamp>)>,
}

impl<'a> InForce<'a> {
    /// Nothing has been asked for yet.
    #[must_use]
    pub fn new(calendar: &'a [Announced]) -> Self {
        Self { calendar, events: vec![], between: None }
    }

    /// The events in force at `at`, in the calendar's order.
    pub fn at(&mut self, at: Timestamp) -> &[Event] {
        let is_unchanged = self.between.is_some_and(|(last, next)| {
            last.is_none_or(|last| last <= at) && next.is_none_or(|next| at < next)
        });
        if !is_unchanged {
            self.turn_to(at);
        }
        &self.events
    }

    /// The events that were in force when it was asked last.
    #[must_use]
    pub fn last(&self) -> &[Event] {
        &self.events
    }

    fn turn_to(&mut self, at: Timestamp) {
        let changes = || self.calendar.iter().flat_map(|one| [one.announced_at, one.withdrawn_at]).flatten();
        let last = changes().filter(|change| *change <= at).max();
        let next = changes().filter(|change| at < *change).min();
        let in_force = self.calendar.iter().filter(|one| one.is_in_force(at));
        self.events = in_force.map(|one| one.event.clone()).collect();
        self.between = Some((last, next));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(60 * minute).unwrap()
    }

    fn announced(name: &str, announced_at: Option<i64>, withdrawn_at: Option<i64>) -> Announced {
        let event = Event {
            name: name.into(),
            class: "kick-off".into(),
            effect: Default::default(),
            starts_at: at(100),
            ends_at: at(200),
            magnitude: None,
            confidence: 1.0,
            expected: None,
        };
        Announced { event, announced_at: announced_at.map(at), withdrawn_at: withdrawn_at.map(at) }
    }

    #[test]
    fn an_event_is_in_force_from_its_announcement_until_its_withdrawal() {
        let check = |announced_at, withdrawn_at, first: i64, end: i64| {
            let one = announced("a", announced_at, withdrawn_at);
            let held: Vec<i64> = (0..300).filter(|&minute| one.is_in_force(at(minute))).collect();
            assert_eq!(held, (first..end).collect::<Vec<_>>());
        };
        check(None, None, 0, 300);
        check(Some(20), None, 20, 300);
        check(None, Some(95), 0, 95);
        check(Some(20), Some(95), 20, 95);
    }

    #[test]
    fn an_event_takes_place_if_it_is_in_force_when_it_starts() {
        let check = |announced_at, withdrawn_at, took_place| {
            assert_eq!(announced("a", announced_at, withdrawn_at).took_place(), took_place);
        };
        check(None, None, true);
        check(Some(100), None, true);
        check(Some(101), None, false);
        check(None, Some(100), false);
        check(None, Some(101), true);
    }

    #[test]
    fn a_moved_event_is_seen_once_at_any_time_in_whatever_order_times_are_asked_for() {
        let calendar = [
            announced("standing", None, None),
            announced("as-planned", None, Some(40)),
            announced("moved", Some(40), None),
            announced("late-news", Some(90), Some(95)),
        ];
        let mut in_force = InForce::new(&calendar);
        let mut check = |minute, names: &[&str]| {
            let seen: Vec<&str> = in_force.at(at(minute)).iter().map(|event| event.name.as_str()).collect();
            assert_eq!(seen, names, "minute {minute}");
        };
        check(0, &["standing", "as-planned"]);
        check(39, &["standing", "as-planned"]);
        check(40, &["standing", "moved"]);
        check(92, &["standing", "moved", "late-news"]);
        check(95, &["standing", "moved"]);
        check(10, &["standing", "as-planned"]);
    }
}
