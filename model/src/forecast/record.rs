//! What was seen and said at a step, kept until the farthest horizon of what was said has come.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::band::Regime;
use super::{NORMAL, Quantiles};

/// One step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// End of the step.
    pub at: Timestamp,
    /// Level that forecasts start from.
    pub base: f32,
    /// Level of the step; `None` for a gap, and for one that nothing is to be learned from.
    pub level: Option<f32>,
    /// Features seen without the calendar: the usual ones, own errors, leading signals.
    pub x: Vec<f32>,
    /// What tells the size of errors, without the calendar.
    pub doubt: Vec<f32>,
    /// One an anchor.
    pub said: Vec<Said>,
}

/// What was said of one horizon.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// Change from the base that was expected.
    pub change: f32,
    /// The same by the learned experts, and by the events' profiles; `None` where no event was near.
    pub by_both: Option<(f32, f32)>,
    /// Whether a profile expects a sharp rise: what it says is then another world, and not averaged.
    pub is_disputed: bool,
    /// Where there are two worlds, of an event that is not certain or in a dispute: the probability of this one, and
    /// the change in the other.
    pub without: Option<(f32, f32)>,
    /// Size of the error that was expected.
    pub size: f32,
    /// Standard deviation of what an event's profile adds, as far as it was believed.
    pub doubt: f32,
    /// Size of the last value's error that was expected.
    pub reactive_size: f32,
    /// Where on an event's course the step ahead lies.
    pub regime: Regime,
}

impl Said {
    /// How wrong it was, where demand changed by `change` from the base. In a dispute one of two worlds was meant, and
    /// that which came is judged.
    #[must_use]
    pub fn error(&self, change: f32) -> f32 {
        let error = change - self.change;
        match self.by_both {
            Some((experts, _)) if self.is_disputed && (change - experts).abs() < error.abs() => {
                change - experts
            }
            Some(_) | None => error,
        }
    }

    /// Quantiles of the error, from those in sizes: the doubt about an event comes on top.
    #[must_use]
    pub fn offsets(&self, ratios: Quantiles) -> Quantiles {
        let (size, doubt) = (f64::from(self.size), f64::from(self.doubt));
        if doubt == 0.0 {
            return ratios.map(|ratio| size * ratio);
        }
        std::array::from_fn(|index| {
            let normal = NORMAL[index];
            if normal == 0.0 {
                return size * ratios[index];
            }
            let outward = (ratios[index] * normal.signum()).max(0.0);
            (size * outward).hypot(doubt * normal).copysign(normal)
        })
    }
}

/// The newest records, oldest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Records {
    kept: VecDeque<Record>,
    most: usize,
}

impl Records {
    /// None yet; as many are kept as the farthest horizon has steps, at least 1.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { kept: VecDeque::with_capacity(most), most }
    }

    /// Whether records are as many and as long as they should be, and finite.
    pub(super) fn are_sound(&self, most: usize, features: usize, anchors: usize) -> bool {
        let is_sound = |record: &Record| {
            record.x.len() == features
                && record.said.len() == anchors
                && record.base.is_finite()
                && record.level.is_none_or(f32::is_finite)
                && record.x.iter().chain(&record.doubt).all(|value| value.is_finite())
        };
        self.most == most && self.kept.len() <= most && self.kept.iter().all(is_sound)
    }

    /// The record of `steps` before the step that comes next.
    #[must_use]
    pub fn ago(&self, steps: usize) -> Option<&Record> {
        self.kept.len().checked_sub(steps).and_then(|index| self.kept.get(index))
    }

    /// The oldest record, once as many are kept as can be.
    #[must_use]
    pub fn oldest(&self) -> Option<&Record> {
        (self.kept.len() == self.most).then(|| self.kept.front()).flatten()
    }

    /// The level that was `steps` after the oldest record, where `newest` is that of the step which has just come;
    /// `None` for a gap.
    #[must_use]
    pub fn level_after_oldest(&self, steps: usize, newest: Option<f32>) -> Option<f32> {
        self.kept.get(steps).map_or(newest, |record| record.level)
    }

    /// A record to be filled and kept: the oldest one's memory, if it has had its time.
    pub fn recycle(&mut self) -> Record {
        if self.kept.len() == self.most {
            self.kept.pop_front().unwrap_or_default()
        } else {
            Record::default()
        }
    }

    /// Keeps a record, which must be that of the step after the last one.
    pub fn keep(&mut self, record: Record) {
        self.kept.push_back(record);
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.kept.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_not_taken_for_what_came_after_it() {
        let mut records = Records::new(3);
        for level in [Some(1.0), None, Some(3.0)] {
            let record = Record { level, ..records.recycle() };
            records.keep(record);
        }
        let after = |steps| records.level_after_oldest(steps, Some(4.0));
        assert_eq!([0, 1, 2, 3].map(after), [Some(1.0), None, Some(3.0), Some(4.0)]);
        assert_eq!(records.ago(1).and_then(|record| record.level), Some(3.0));
        assert_eq!(records.oldest().and_then(|record| record.level), Some(1.0));
    }
}
