//! What comes next: what the experts expect, weighed with the events' profiles, as quantiles of demand at each anchor.

use jiff::Timestamp;

use super::Core;
use crate::events::Effect;
use crate::events::tracker::{Lift, SHARP};
use crate::forecast::anchor::AtAnchor;
use crate::forecast::band::Regime;
use crate::forecast::eventful::{self, Slot};
use crate::forecast::experts::{self, Expected, Sight};
use crate::forecast::leading;
use crate::forecast::least_squares::Scratch;
use crate::forecast::record::Record;
use crate::forecast::said::{Said, Without};
use crate::forecast::spread::{self, Moment};
use crate::forecast::worlds::mix;
use crate::forecast::{Quantiles, Seen, usual};

/// A level is forecast to rise to at most so many times the highest of the last days: 16 times its demand. Where an
/// event is announced, its profile may ask for more.
const MOST_RISE: f32 = 2.0;

/// An anchor, and the change that is expected there without events.
#[derive(Clone, Copy, Debug)]
struct Ahead {
    index: usize,
    as_usual: f32,
}

impl Core {
    /// Says what comes next, and keeps what it said.
    pub(super) fn say(
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
            self.anchors[index].say(said);
        }
        self.records.keep(record);
        told
    }

    /// What is seen now, without the calendar.
    fn see(&self, seen: &Seen<'_>, level: Option<f32>, record: &mut Record) {
        record.at = seen.step.ends_at;
        record.base = usual::base(&self.windows) as f32;
        record.level = level;
        empty(&mut record.errors, self.anchors.len());
        empty(&mut record.x, experts::seen_features(self.signals.len()));
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

/// As many zeros, in the memory that is there where it fits.
fn empty(values: &mut Box<[f32]>, count: usize) {
    if values.len() == count {
        values.fill(0.0);
    } else {
        *values = vec![0.0; count].into_boxed_slice();
    }
}
