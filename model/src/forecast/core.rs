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

use super::anchor::{Anchor, AtAnchor};
use super::anchors::anchors;
use super::band::Regime;
use super::eventful::{self, Slot};
use super::experts::{self, Came, Expected, Experts, Sight};
use super::guard::{self, Guard};
use super::leading::{self, Leading};
use super::least_squares::Scratch;
use super::own_errors::OwnErrors;
use super::record::{Record, Records};
use super::said::{Said, Without};
use super::spread::{self, Moment, Spread};
use super::transform::Transform;
use super::windows::Windows;
use super::worlds::mix;
use super::{EngineSettings, Quantiles, Seen, sound, usual};
use crate::events::Effect;
use crate::events::pool::Pool;
use crate::events::tracker::{Lift, SHARP, Tracker};
use crate::signal::ClosedStep;

/// The first changes of a series are not learned from: windows that are not filled yet make them look like leaps, and
/// what they teach lasts for days.
const LEARNS_AFTER_MIN: f64 = 30.0;

/// Levels beyond this are not told apart: 10¹³ times the usual demand.
const MOST_LEVEL: f64 = 1e4;

/// A level is forecast to rise to at most so many times the highest of the last days: 16 times its demand. Where an
/// event is announced, its profile may ask for more.
const MOST_RISE: f32 = 2.0;

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

/// An anchor, and the change that is expected there without events.
#[derive(Clone, Copy, Debug)]
struct Ahead {
    index: usize,
    as_usual: f32,
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
        self.anchors.iter_mut().for_each(|anchor| anchor.outstanding.clear());
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
            let Some((said, record)) = anchor.outstanding.due().zip(record) else { continue };
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
            let Some((said, record)) = anchor.outstanding.due().zip(record) else { continue };
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

    /// Says what comes next, and keeps what it said.
    fn say(
        &mut self,
        seen: &Seen<'_>,
        level: Option<f32>,
        slots: &[Slot],
        scratch: &mut Scratch,
    ) -> Vec<AtAnchor> {
        let mut record = self.records.recycle();
        self.see(seen, level, &mut record);
        let sight = self.experts.see(&record, slots);
        let leverage = self.experts.leverage(&sight, scratch);
        let each = 0..self.anchors.len();
        let expected: Vec<Expected> = each.map(|index| self.expected(index, record.base, &sight)).collect();
        self.see_doubt(leverage, expected.last().map_or(0.0, |farthest| farthest.change), &mut record);
        let doubt = spread::see(&record, slots);
        let lifts = self.is_near(slots, record.at).then(|| self.lifts_now(record.at));
        let mut told = Vec::with_capacity(self.anchors.len());
        for (index, expected) in expected.into_iter().enumerate() {
            let mut said = Said {
                change: expected.change,
                size: self.spread.expected(index, &doubt),
                reactive_size: self.anchors[index].reactive.size(),
                ..Said::default()
            };
            let without = lifts.and_then(|lifts| {
                said.regime = eventful::regime(slots, self.end_of(index, record.at));
                let ahead = Ahead { index, as_usual: expected.as_usual };
                self.believe_profiles(ahead, lifts, &record, &mut said)
            });
            told.push(self.tell(index, record.base, &said, without));
            self.anchors[index].outstanding.say(said);
        }
        self.records.keep(record);
        told
    }

    /// What is seen now, without the calendar.
    fn see(&self, seen: &Seen<'_>, level: Option<f32>, record: &mut Record) {
        record.at = seen.step.ends_at;
        record.base = usual::base(&self.windows) as f32;
        record.level = level;
        record.errors.clear();
        record.errors.resize(self.anchors.len(), 0.0);
        record.x.resize(experts::seen_features(self.signals.len()), 0.0);
        record.is_off = seen.has(Effect::Holiday) || usual::is_weekend(record.at);
        let (of_series, rest) = record.x.split_at_mut(usual::SEEN);
        usual::write(&self.windows, of_series);
        let (own_errors, signals) = rest.split_at_mut(self.own_errors.features().len());
        own_errors.copy_from_slice(self.own_errors.features());
        for (signal, out) in self.signals.iter().zip(signals.chunks_exact_mut(leading::FEATURES)) {
            signal.write(out);
        }
    }

    /// What tells now how large errors will be, without the calendar.
    fn see_doubt(&self, leverage: f32, ahead: f32, record: &mut Record) {
        let moment = Moment {
            level: self.windows.lag(0) as f32,
            slope: (self.windows.mean(5) - self.windows.mean(30)) as f32,
            ahead,
            leverage,
        };
        self.spread.write(moment, &mut record.doubt);
    }

    /// Whether events matter between now and the farthest horizon.
    fn is_near(&self, slots: &[Slot], now: Timestamp) -> bool {
        eventful::is_near(slots, now, self.end_of(self.anchors.len() - 1, now))
    }

    /// The end of the step that an anchor is ahead.
    fn end_of(&self, index: usize, now: Timestamp) -> Timestamp {
        now + self.step * self.anchors[index].horizon as i32
    }

    /// Lift of the last step: as it is expected, and as far as demand shows it.
    fn lifts_now(&self, now: Timestamp) -> (Lift, Lift) {
        let expected = self.tracker.lift(now);
        (expected, self.tracker.shown(expected))
    }

    /// Weighs in what the events' profiles expect, with the doubt about them; gives the world without the event, where
    /// that may be the one.
    fn believe_profiles(
        &self,
        ahead: Ahead,
        (now, shown): (Lift, Lift),
        record: &Record,
        said: &mut Said,
    ) -> Option<Without> {
        let Ahead { index, as_usual } = ahead;
        let anchor = &self.anchors[index];
        let lift = self.tracker.lift(self.end_of(index, record.at));
        said.is_disputed = SHARP * shown.ratio < lift.ratio;
        // Demand that does not show a sharp rise yet is demand without it.
        let now = if said.is_disputed { shown } else { now };
        let last = self.windows.lag(0);
        let expected = self.level(self.tracker.carry(self.transform.demand(last), now, lift));
        let by_profiles = expected - record.base;
        said.by_both = Some((said.change, by_profiles));
        let certainty = lift.confidence as f32;
        let other = if certainty < 1.0 { as_usual } else { said.change };
        let (weight, probability_with) = if said.is_disputed {
            (1.0, certainty * anchor.disputes[said.regime as usize].for_profiles())
        } else {
            (anchor.trust.in_profiles(), certainty)
        };
        said.change += weight * (by_profiles - said.change);
        let doubt = lift.error * (lift.ratio / now.ratio).ln().abs() * self.transform.power();
        said.doubt = weight * expected * doubt as f32;
        (said.is_disputed || certainty < 1.0).then_some(Without { probability_with, change: other })
    }

    fn expected(&self, index: usize, base: f32, sight: &Sight) -> Expected {
        let Expected { change, as_usual } = self.experts.expected(index, sight);
        Expected { change: self.cap(base, change), as_usual: self.cap(base, as_usual) }
    }

    /// No rise beyond what the last days make likely.
    fn cap(&self, base: f32, change: f32) -> f32 {
        change.clamp(-base, (MOST_RISE * self.highest - base).max(0.0))
    }

    fn tell(&self, index: usize, base: f32, said: &Said, without: Option<Without>) -> AtAnchor {
        let anchor = &self.anchors[index];
        let ahead = self.step * anchor.horizon as i32;
        let withheld = anchor.skills[said.regime as usize].withheld(ahead, said.regime);
        let quantiles = if withheld.is_some() {
            let ratios = anchor.reactive.quantiles(said.regime);
            let size = f64::from(said.reactive_size);
            self.around(self.windows.lag(0), ratios.map(|ratio| size * ratio))
        } else {
            let offsets = said.offsets(anchor.band.quantiles(said.regime));
            let with = self.around(f64::from(base + said.change), offsets);
            without.map_or(with, |other| {
                let usual = Said { doubt: 0.0, ..*said }.offsets(anchor.band.quantiles(Regime::Quiet));
                let without = self.around(f64::from(base + other.change), usual);
                mix(&with, &without, f64::from(other.probability_with))
            })
        };
        AtAnchor { horizon: anchor.horizon, quantiles, withheld }
    }

    /// Quantiles of demand around a level.
    fn around(&self, level: f64, offsets: Quantiles) -> Quantiles {
        offsets.map(|offset| self.transform.demand(level + offset))
    }
}
