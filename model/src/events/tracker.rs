//! Follows the announced events of one series: how much each lifts demand at a time, whether the one that should
//! have begun has begun, and what past ones teach about their class.
//!
//! An event whose lift fails to come is taken to be late: its clock waits for demand to follow, for a while, and
//! then the event is dismissed. So a wrong calendar costs minutes.

mod lateness;
mod lift;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::Event;
use super::uplift::{Course, KNOTS_MIN, Profile};
use crate::forecast::average::Average;
use crate::signal::ClosedStep;
pub use lift::Lift;

/// Memory of what demand is without events.
const BASE_MEMORY: SignedDuration = SignedDuration::from_mins(20);

/// After so long in the reach of events, what demand was before them is no longer what it would be.
const BASE_LASTS: SignedDuration = SignedDuration::from_hours(8);

/// What is known of one event in reach.
#[derive(Clone, Debug, PartialEq)]
struct Running {
    event: Event,
    delay_min: f64,
    /// Whether demand has shown its lift since it started.
    came: bool,
    dismissed: bool,
    course: Course,
}

/// Events of one series.
#[derive(Clone, Debug)]
pub struct Tracker {
    step: SignedDuration,
    /// Least demand that a ratio is taken to, in the unit of demand.
    unit: f64,
    base: Average,
    base_known_at: Timestamp,
    classes: BTreeMap<String, Profile>,
    running: BTreeMap<String, Running>,
    lags: bool,
}

impl Tracker {
    /// Nothing learned yet. `unit` is the demand that counts as little, above 0.
    #[must_use]
    pub fn new(step: SignedDuration, unit: f64) -> Self {
        Self {
            step,
            unit,
            base: Average::over(BASE_MEMORY, step),
            base_known_at: Timestamp::MIN,
            classes: BTreeMap::new(),
            running: BTreeMap::new(),
            lags: false,
        }
    }

    /// Whether the last step's demand does not show an event that should be there. What demand would be
    /// without events cannot be told then.
    #[must_use]
    pub fn lags(&self) -> bool {
        self.lags
    }

    /// The profile of a class, once an event of it is over.
    #[must_use]
    pub fn profile(&self, class: &str) -> Option<&Profile> {
        self.classes.get(class)
    }

    /// What demand is without events, in the unit of demand.
    #[must_use]
    pub fn base(&self) -> f64 {
        self.base.get().unwrap_or(0.0).max(self.unit)
    }

    /// Demand that counts as little, above 0.
    #[must_use]
    pub fn unit(&self) -> f64 {
        self.unit
    }

    /// Takes in the step that closed, with the events announced by then.
    pub fn learn(&mut self, step: ClosedStep, events: &[Event]) {
        self.follow_calendar(step.ends_at, events);
        let Some(demand) = step.value else { return };
        if self.running.is_empty() || self.base_known_at + BASE_LASTS < step.ends_at {
            self.base.add(demand);
            self.base_known_at = step.ends_at;
        }
        let seen = demand / self.base();
        self.watch_for_lateness(step.ends_at, seen);
        self.lags = self.running.values().any(|running| self.is_awaited(running, step.ends_at, seen));
        self.follow_courses(step.ends_at, seen);
    }

    /// Keeps those events that a profile reaches, and learns from those that it has left behind.
    fn follow_calendar(&mut self, now: Timestamp, events: &[Event]) {
        let mut before = std::mem::take(&mut self.running);
        for event in events.iter().filter(|event| in_reach(event, now)) {
            let known = before.remove(&event.name).filter(|known| known.event.starts_at == event.starts_at);
            let running = match known {
                Some(known) => Running { event: event.clone(), ..known },
                None => Running {
                    event: event.clone(),
                    delay_min: 0.0,
                    came: false,
                    dismissed: false,
                    course: Course::default(),
                },
            };
            self.running.insert(event.name.clone(), running);
        }
        for over in before.into_values().filter(|left| !left.dismissed && is_over(&left.event, now)) {
            self.classes.entry(over.event.class.clone()).or_default().learn(&over.event, &over.course);
        }
    }

    /// Notes what each event lifted, less what the others account for.
    fn follow_courses(&mut self, now: Timestamp, seen: f64) {
        let lifts: Vec<f64> = self.running.values().map(|running| self.lift_of(running, now) - 1.0).collect();
        let all: f64 = lifts.iter().sum();
        for (running, own) in self.running.values_mut().zip(lifts) {
            let minutes = minutes_since(running.event.starts_at, now) - running.delay_min;
            running.course.add(minutes, seen - (all - own));
        }
    }
}

fn minutes_since(start: Timestamp, at: Timestamp) -> f64 {
    at.duration_since(start).as_secs_f64() / 60.0
}

fn ramp_min(event: &Event) -> f64 {
    event.expected.map_or(0.0, |expected| expected.ramp_up.as_secs_f64() / 60.0)
}

/// How long before its start an event is followed: the profile, the ramp, and the horizon of a forecast.
fn in_reach(event: &Event, now: Timestamp) -> bool {
    let before = ramp_min(event).max(-KNOTS_MIN[0]) + 30.0;
    -before <= minutes_since(event.starts_at, now) && !is_over(event, now)
}

/// Whether both the profile and the event with its ramp lie behind.
fn is_over(event: &Event, now: Timestamp) -> bool {
    let last_knot = KNOTS_MIN[KNOTS_MIN.len() - 1];
    last_knot < minutes_since(event.starts_at, now) && ramp_min(event) < minutes_since(event.ends_at, now)
}
