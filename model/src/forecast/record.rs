//! What was seen at a step, kept until the farthest horizon of what was said then has come.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{newest, sound, spread};

/// One step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// End of the step.
    pub at: Timestamp,
    /// Level that forecasts start from.
    pub base: f32,
    /// Level of the step; `None` for a gap, and for one that nothing is to be learned from.
    pub level: Option<f32>,
    /// Whether it is of a weekend or a holiday.
    pub is_off: bool,
    /// Features seen without clock and calendar: the usual ones, own errors, leading signals.
    pub x: Box<[f32]>,
    /// What tells the size of errors, without the calendar.
    pub doubt: [f32; spread::SEEN],
    /// How wrong what was said was, one an anchor; 0 until its step has come.
    pub errors: Box<[f32]>,
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
        Self { kept: VecDeque::new(), most }
    }

    /// Whether records are as many and as long as they should be, and of numbers.
    pub(super) fn are_sound(&self, most: usize, features: usize, anchors: usize) -> bool {
        let is_sound = |record: &Record| {
            let values = record.x.iter().chain(&record.doubt).chain(record.errors.iter());
            record.x.len() == features
                && record.errors.len() == anchors
                && sound::is_time(record.at)
                && sound::is_number(record.base)
                && record.level.is_none_or(sound::is_number)
                && values.into_iter().all(|value| sound::is_number(*value))
        };
        self.most == most && self.kept.len() <= most && self.kept.iter().all(is_sound)
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.kept.len()
    }

    /// The record of `steps` before the step that comes next.
    #[must_use]
    pub fn ago(&self, steps: usize) -> Option<&Record> {
        self.kept.len().checked_sub(steps).and_then(|index| self.kept.get(index))
    }

    /// The same, to note what became of it.
    pub fn ago_mut(&mut self, steps: usize) -> Option<&mut Record> {
        self.kept.len().checked_sub(steps).and_then(|index| self.kept.get_mut(index))
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
        newest::keep(&mut self.kept, record, self.most);
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
