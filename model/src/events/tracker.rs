//! Follows the announced events of one series: how much each lifts demand at a time, whether the one that should
//! have begun has begun, and what past ones teach about their class.
//!
//! An event whose lift fails to come is taken to be late: its clock waits for demand to follow, for a while, and
//! then the event is dismissed. So a wrong calendar costs minutes.

mod lateness;
mod lift;
mod slots;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::clock::{Clock, END};
use super::pool::Pool;
use super::uplift::{Course, KNOTS_MIN, Profile};
use super::{Effect, Event};
use crate::forecast::average::Average;
use crate::forecast::eventful::REACH;
use crate::forecast::sound;
use crate::signal::ClosedStep;
pub use lateness::SHARP;
pub use lift::Lift;

/// Memory of what demand is without events.
const BASE_MEMORY: SignedDuration = SignedDuration::from_mins(20);

/// After so long in the reach of events, what demand was before them is no longer what it would be.
const BASE_LASTS: SignedDuration = SignedDuration::from_hours(8);

/// No delay is longer than the longest ramp that a snapshot may have, which is a year, and a bit.
const MOST_SOUND_DELAY_MIN: f64 = 367.0 * 24.0 * 60.0;

/// What is known of one event in reach.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Running {
    event: Event,
    /// Whether the calendar still has it.
    announced: bool,
    delay_min: f64,
    /// Whether demand has shown its lift since it started.
    came: bool,
    dismissed: bool,
    /// Demand over what it is without events, while this one did not lift it yet: what the day itself does.
    drift: f64,
    course: Course,
    /// Level of demand before it had an effect; `None` until then.
    level_before: Option<f32>,
}

impl Running {
    fn new(event: Event) -> Self {
        Self {
            event,
            announced: true,
            delay_min: 0.0,
            came: false,
            dismissed: false,
            drift: 1.0,
            course: Course::default(),
            level_before: None,
        }
    }

    fn is_sound(&self) -> bool {
        self.event.is_sound()
            && (0.0..=MOST_SOUND_DELAY_MIN).contains(&self.delay_min)
            && sound::is_demand(self.drift)
            && self.course.is_sound()
            && self.level_before.is_none_or(sound::is_number)
    }

    /// Minutes since its start, as it is believed to be now.
    fn minutes_at(&self, at: Timestamp) -> f64 {
        minutes_since(self.event.starts_at, at) - self.delay_min
    }

    /// Its clock, set back where it is late.
    fn clock(&self) -> Clock {
        let delay = SignedDuration::from_secs_f64(60.0 * self.delay_min);
        let length = self.event.ends_at.duration_since(self.event.starts_at);
        Clock { starts_at: self.event.starts_at + delay, length_min: length.as_secs_f64() as f32 / 60.0 }
    }
}

/// Events of one series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tracker {
    step: SignedDuration,
    /// How far ahead events are asked for.
    horizon: SignedDuration,
    /// Least demand that a ratio is taken to, in the unit of demand.
    unit: f64,
    base: Average,
    base_known_at: Timestamp,
    classes: BTreeMap<String, Box<Profile>>,
    /// Apart from the tree, whose nodes have room for eleven.
    running: BTreeMap<String, Box<Running>>,
    /// Demand of the last step over what it is without events.
    seen: f64,
    /// Until when forecasts come due that were made while demand lagged.
    misled_until: Timestamp,
}

impl Tracker {
    /// Nothing learned yet. `unit` is the demand that counts as little, above 0; `horizon` how far ahead lifts are
    /// asked for.
    #[must_use]
    pub fn new(step: SignedDuration, unit: f64, horizon: SignedDuration) -> Self {
        Self {
            step,
            horizon,
            unit,
            base: Average::over(BASE_MEMORY, step),
            base_known_at: Timestamp::MIN,
            classes: BTreeMap::new(),
            running: BTreeMap::new(),
            seen: 1.0,
            misled_until: Timestamp::MIN,
        }
    }

    /// The expected lift of the last step, as far as its demand shows it.
    #[must_use]
    pub fn shown(&self, expected: Lift) -> Lift {
        Lift { ratio: expected.ratio.min(self.seen.max(1.0)), ..expected }
    }

    /// Whether forecasts of this time may have been made for an event that did not come when it should have. The
    /// calendar was wrong then, and not the forecaster.
    #[must_use]
    pub fn is_misled(&self, at: Timestamp) -> bool {
        at <= self.misled_until
    }

    /// What has been learned of each class.
    #[must_use]
    pub fn profiles(&self) -> &BTreeMap<String, Box<Profile>> {
        &self.classes
    }

    /// Takes what other series have learned as a prior: a class counts with it until enough of its events were seen
    /// here.
    pub fn adopt(&mut self, pool: &Pool) {
        for (class, prior) in pool.classes() {
            self.classes.entry(class.clone()).or_default().adopt(prior);
        }
    }

    /// The priors that it has taken.
    #[must_use]
    pub fn pool(&self) -> Pool {
        let priors = self
            .classes
            .iter()
            .filter_map(|(class, profile)| Some((class.clone(), profile.prior()?.clone())));
        Pool::from_priors(priors.collect())
    }

    /// What demand is without events, in the unit of demand.
    #[must_use]
    pub fn base(&self) -> f64 {
        self.base.get().unwrap_or(0.0).max(self.unit)
    }

    /// Forgets what it knows of times: the clock may have been set back.
    pub fn restart(&mut self) {
        self.base_known_at = Timestamp::MIN;
        self.misled_until = Timestamp::MIN;
    }

    /// Whether a tracker with these settings could have become so.
    pub(crate) fn is_sound(&self, step: SignedDuration, unit: f64, horizon: SignedDuration) -> bool {
        let marks = [self.base_known_at, self.misled_until];
        (self.step, self.unit, self.horizon) == (step, unit, horizon)
            && self.base.is_sound(BASE_MEMORY, step)
            && marks.into_iter().all(|mark| mark == Timestamp::MIN || sound::is_time(mark))
            && sound::is_demand(self.seen)
            && self.classes.values().all(|profile| profile.is_sound())
            && self.running.iter().all(|(name, running)| *name == running.event.name && running.is_sound())
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
        self.seen = seen;
        self.watch_for_lateness(step.ends_at, seen);
        if self.lags(step.ends_at, seen) {
            self.misled_until = step.ends_at + self.horizon;
        }
        self.follow_courses(step.ends_at, seen);
    }

    /// Takes `events` for the calendar, as if it had always been so. What is no longer announced teaches nothing.
    pub(crate) fn recalendar(&mut self, now: Timestamp, events: &[Event]) {
        let is_same =
            |one: &Event, other: &Event| (&one.name, one.starts_at) == (&other.name, other.starts_at);
        let is_announced = |running: &Running| events.iter().any(|event| is_same(event, &running.event));
        self.running.retain(|_, running| is_announced(running));
        self.follow_calendar(now, events);
    }

    /// Keeps those events that a profile reaches, and learns from those that it has left behind.
    fn follow_calendar(&mut self, now: Timestamp, events: &[Event]) {
        self.running.values_mut().for_each(|running| running.announced = false);
        let lifting = events.iter().filter(|event| event.effect == Effect::Demand);
        for event in lifting.filter(|event| in_reach(event, now, self.horizon)) {
            match self.running.get_mut(&event.name) {
                Some(known) if known.event.starts_at == event.starts_at => {
                    known.announced = true;
                    if known.event != *event {
                        known.event = event.clone();
                    }
                }
                Some(_) | None => {
                    self.running.insert(event.name.clone(), Box::new(Running::new(event.clone())));
                }
            }
        }
        let left: Vec<Box<Running>> =
            self.running.extract_if(.., |_, running| !running.announced).map(|(_, r)| r).collect();
        for over in left.into_iter().filter(|left| !left.dismissed && is_over(&left.event, now, self.horizon))
        {
            self.classes.entry(over.event.class.clone()).or_default().learn(&over.event, &over.course);
        }
    }

    /// Notes what each event lifted, less what the others account for.
    fn follow_courses(&mut self, now: Timestamp, seen: f64) {
        let lifts: Vec<f64> = self.running.values().map(|running| self.lift_of(running, now) - 1.0).collect();
        let all: f64 = lifts.iter().sum();
        for (running, own) in self.running.values_mut().zip(lifts) {
            running.course.add(running.minutes_at(now), seen - (all - own));
        }
    }
}

fn minutes_since(start: Timestamp, at: Timestamp) -> f64 {
    at.duration_since(start).as_secs_f64() / 60.0
}

fn ramp(event: &Event) -> SignedDuration {
    event.expected.map_or(SignedDuration::ZERO, |expected| expected.ramp_up)
}

fn ramp_min(event: &Event) -> f64 {
    ramp(event).as_secs_f64() / 60.0
}

/// How long before its start an event is followed: the profile, the ramp, and the horizon of a forecast.
fn in_reach(event: &Event, now: Timestamp, horizon: SignedDuration) -> bool {
    let first = -f64::from(REACH.start).min(KNOTS_MIN[0]);
    let before = ramp_min(event).max(first) + horizon.as_secs_f64() / 60.0;
    -before <= minutes_since(event.starts_at, now) && !is_over(event, now, horizon)
}

/// Whether the profile and the event with its ramp lie behind, and nothing is learned of it any more.
fn is_over(event: &Event, now: Timestamp, horizon: SignedDuration) -> bool {
    let last_knot = KNOTS_MIN[KNOTS_MIN.len() - 1];
    let after = ramp_min(event).max(f64::from(REACH.end - END)) + horizon.as_secs_f64() / 60.0;
    last_knot < minutes_since(event.starts_at, now) && after < minutes_since(event.ends_at, now)
}
