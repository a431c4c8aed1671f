//! One series, once its scale is known: hears how what it said came out, learns from it, and says what comes next.
//!
//! ```text
//! base + change + size · q      change  by the experts and the events' profiles, weighted by how right they were
//!                               size    of the error to expect, from what is seen now
//!                               q       quantiles of past errors in sizes, tracked per horizon and part of event
//! ```
//!
//! All of it is on the scale of levels ([`Transform`]). What is said of a step is heard when that step has come, and
//! nothing earlier.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

mod say;

use super::anchor::{Anchor, AtAnchor};
use super::anchors::anchors;
use super::band::Regime;
use super::eventful::Slot;
use super::experts::{self, Came, Experts};
use super::gate::Skill;
use super::guard::{self, Guard};
use super::leading::Leading;
use super::least_squares::Scratch;
use super::own_errors::OwnErrors;
use super::record::Records;
use super::spread::{self, Spread};
use super::transform::Transform;
use super::windows::Windows;
use super::{EngineSettings, Seen, sound};
use crate::events::pool::Pool;
use crate::events::tracker::Tracker;
use crate::events::{Effect, Event};
use crate::signal::ClosedStep;

/// The first changes of a series are not learned from: windows that are not filled yet make them look like leaps, and
/// what they teach lasts for days.
const LEARNS_AFTER_MIN: f64 = 30.0;

/// Levels beyond this are not told apart: 10¹³ times the usual demand.
const MOST_LEVEL: f64 = 1e4;

/// Memory of the highest level.
const HIGHEST_LASTS_MIN: f64 = 3.0 * 1_440.0;

/// A series whose scale is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Core {
    step: SignedDuration,
    step_min: f64,
    transform: Transform,
    windows: Windows,
    /// Highest level of the last days, fading.
    highest: f32,
    signals: Vec<Leading>,
    tracker: Tracker,
    experts: Experts,
    own_errors: OwnErrors,
    spread: Spread,
    guard: Guard,
    records: Records,
    /// Which anchor is the near one, of which own errors are seen.
    near: usize,
    anchors: Vec<Anchor>,
}

/// The near anchor: a third of the way, 5 of 15 minutes.
fn near(anchors: &[Anchor], longest: u32) -> usize {
    anchors.iter().position(|anchor| longest <= 3 * anchor.horizon).unwrap_or(0)
}

impl Core {
    /// Nothing learned yet, for forecasts of up to `longest` steps and so many leading signals.
    #[must_use]
    pub fn new(step: SignedDuration, unit: f64, longest: u32, signals: usize, transform: Transform) -> Self {
        let step_min = step.as_secs_f64() / 60.0;
        let anchors: Vec<Anchor> = anchors(longest).into_iter().map(Anchor::new).collect();
        let near = near(&anchors, longest);
        Self {
            step,
            step_min,
            transform,
            windows: Windows::new(step),
            highest: 0.0,
            signals: (0..signals).map(|_| Leading::new(step)).collect(),
            tracker: Tracker::new(step, unit, step * longest as i32),
            experts: Experts::new(step_min, anchors.len(), signals),
            own_errors: OwnErrors::default(),
            spread: Spread::new(step_min, anchors.len()),
            guard: Guard::default(),
            records: Records::new(longest as usize),
            near,
            anchors,
        }
    }

    /// The events that it follows.
    #[must_use]
    pub fn tracker(&self) -> &Tracker {
        &self.tracker
    }

    /// Takes what other series have learned of classes of events as a prior.
    pub fn adopt(&mut self, pool: &Pool) {
        self.tracker.adopt(pool);
    }

    /// The priors that it has taken.
    #[must_use]
    pub fn pool(&self) -> Pool {
        self.tracker.pool()
    }

    /// Share of the last value's loss that forecasts save, for each anchor (its horizon in steps) and part of event.
    pub fn skills(&self) -> impl Iterator<Item = (u32, Regime, f64)> + '_ {
        self.anchors.iter().flat_map(|anchor| {
            let each = Regime::EACH.into_iter().zip(&anchor.skills);
            each.filter_map(|(regime, skill)| skill.skill().map(|skill| (anchor.horizon, regime, skill)))
        })
    }

    /// What each anchor was judged by, in each part of events' course where something was.
    pub(super) fn judged(&self) -> impl Iterator<Item = (u32, Regime, &Skill)> + '_ {
        self.anchors.iter().flat_map(|anchor| {
            let each = Regime::EACH.into_iter().zip(&anchor.skills);
            each.filter(|(_, skill)| 0 < skill.judged().2)
                .map(|(regime, skill)| (anchor.horizon, regime, skill))
        })
    }

    /// What it cannot forecast from: lengths that do not fit, numbers that cannot be computed with.
    pub(super) fn unsound(&self, settings: &EngineSettings) -> Option<&'static str> {
        let EngineSettings { step, unit, longest, signals } = *settings;
        let (step_min, count) = (step.as_secs_f64() / 60.0, self.anchors.len());
        let horizons = self.anchors.iter().map(|anchor| anchor.horizon);
        if !horizons.eq(anchors(longest)) || self.near != near(&self.anchors, longest) {
            return Some("horizons");
        }
        let features = experts::seen_features(signals);
        let steps = self.records.count();
        let parts = [
            ("steps", self.step == step && self.step_min == step_min),
            ("scale", self.transform.is_sound() && sound::is_size(self.highest)),
            ("levels", self.windows.are_sound(step) && (steps == 0 || !self.windows.is_empty())),
            ("signals", self.signals.len() == signals && self.signals.iter().all(|one| one.is_sound(step))),
            ("records", self.records.are_sound(longest as usize, features, count)),
            ("horizons", self.anchors.iter().all(|anchor| anchor.is_sound(steps))),
            ("experts", self.experts.are_sound(step_min, count, signals)),
            ("sizes of errors", self.spread.is_sound(step_min, count) && self.own_errors.are_sound()),
            ("guard", self.guard.is_sound()),
            ("events", self.tracker.is_sound(step, unit, step * longest as i32)),
        ];
        parts.into_iter().find(|(_, is_sound)| !is_sound).map(|(part, _)| part)
    }

    /// Forgets the last steps, but not what was learned from them.
    pub fn restart(&mut self) {
        self.windows = Windows::new(self.step);
        self.signals.iter_mut().for_each(Leading::restart);
        self.tracker.restart();
        self.own_errors = OwnErrors::default();
        self.records.clear();
        self.anchors.iter_mut().for_each(Anchor::restart);
    }

    /// Learns a step, and says what comes next; `None` until a first value was seen.
    pub fn learn(&mut self, seen: &Seen<'_>) -> Option<Vec<AtAnchor>> {
        let now = seen.step.ends_at;
        let level = seen.step.value.map(|demand| self.level(demand));
        if level.is_none() && self.windows.is_empty() {
            return None;
        }
        self.windows.push(level.unwrap_or_else(|| self.windows.lag(0) as f32));
        self.highest = (self.highest * self.fading()).max(level.unwrap_or(0.0));
        for (signal, value) in self.signals.iter_mut().zip(seen.signals) {
            signal.observe(*value);
        }
        // An exclusion teaches nothing; the calendar is followed through it.
        let excluded = seen.has(Effect::Exclusion);
        let step = ClosedStep { value: seen.step.value.filter(|_| !excluded), ..seen.step };
        self.tracker.learn(step, seen.events);
        self.tracker.note_level(now, self.windows.mean(30) as f32);
        let slots = self.tracker.slots(&self.transform);
        if !slots.is_empty() {
            self.experts.expect_events();
            self.spread.expect_events(self.step_min);
        }
        let told = level.filter(|_| !excluded);
        if let Some(level) = told {
            self.note(level);
        }
        if let Some(level) = told.filter(|_| !self.tracker.is_misled(now)) {
            self.hear(level);
        }
        let mut scratch = Scratch::default();
        if LEARNS_AFTER_MIN < self.windows.minutes() {
            self.train(told, &slots, &mut scratch);
        }
        Some(self.say(seen, told, &slots, &mut scratch))
    }

    /// Says again what comes after the step that ended `now`, with another calendar. Only what is thrown away afterwards
    /// may be asked this: it has then said two things of the same steps.
    pub(super) fn say_again(&mut self, now: Timestamp, events: &[Event]) -> Option<Vec<AtAnchor>> {
        if self.windows.is_empty() {
            return None;
        }
        let step = ClosedStep { ends_at: now, value: None };
        self.tracker.recalendar(now, events);
        self.tracker.note_level(now, self.windows.mean(30) as f32);
        let slots = self.tracker.slots(&self.transform);
        if !slots.is_empty() {
            self.experts.expect_events();
            self.spread.expect_events(self.step_min);
        }
        Some(self.say(&Seen { step, events, signals: &[] }, None, &slots, &mut Scratch::default()))
    }

    fn level(&self, demand: f64) -> f32 {
        self.transform.level(demand).min(MOST_LEVEL) as f32
    }

    fn fading(&self) -> f32 {
        (-self.step_min / HIGHEST_LASTS_MIN).exp() as f32
    }

    /// Notes how wrong was what was said of this step, and who was right about sharp rises, be the calendar right or
    /// wrong.
    fn note(&mut self, level: f32) {
        for (index, anchor) in self.anchors.iter_mut().enumerate() {
            let record = self.records.ago_mut(anchor.horizon as usize);
            let Some((said, record)) = anchor.due().zip(record) else { continue };
            let change = level - record.base;
            record.errors[index] = said.error(change);
            anchor.settle(self.step_min as f32, &said, change);
        }
    }

    /// Hears how what was said of this step came out.
    fn hear(&mut self, level: f32) {
        let (farthest, step_min) = (self.anchors.len() - 1, self.step_min as f32);
        for index in 0..self.anchors.len() {
            let anchor = &mut self.anchors[index];
            let record = self.records.ago(anchor.horizon as usize);
            let Some((said, record)) = anchor.due().zip(record) else { continue };
            let Some(last) = record.level else { continue };
            let error = record.errors[index];
            anchor.hear(step_min, &said, error, level - last);
            if let Some((experts, profiles)) = said.by_both.filter(|_| !said.is_disputed) {
                anchor.trust.learn(step_min, level - record.base - experts, level - record.base - profiles);
            }
            if index == farthest && said.regime == Regime::Quiet {
                let ratio = error.abs() / self.spread.usual(index);
                if self.guard.notices(step_min, ratio) {
                    self.experts.doubt(guard::BELIEF);
                }
            }
            self.spread.observe(index, self.near, error);
            if index == self.near {
                self.own_errors.near(error);
            }
            if index == farthest {
                self.own_errors.far(error);
            }
        }
    }

    /// Learns from the oldest record, all of whose horizons have come, with the calendar as it is known now.
    fn train(&mut self, level: Option<f32>, slots: &[Slot], scratch: &mut Scratch) {
        let Some(record) = self.records.oldest().filter(|record| record.level.is_some()) else { return };
        let Self { experts, spread, .. } = self;
        let came: Vec<Came> = (0..)
            .zip(&self.anchors)
            .map(|(index, anchor)| {
                let then = self.records.level_after_oldest(anchor.horizon as usize, level);
                Came { change: then.map(|then| then - record.base), usual_error: spread.usual(index) }
            })
            .collect();
        experts.learn(record, slots, &came, scratch);
        let both = came.iter().zip(&record.errors);
        let errors: Vec<_> = both.map(|(came, error)| came.change.map(|_| *error)).collect();
        spread.learn(&spread::see(record, slots), scratch, &errors);
    }
}
