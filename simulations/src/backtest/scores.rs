//! Scores per horizon and class of target: all, in the reach of an event, and on a ramp.

use jiff::{SignedDuration, Timestamp};
use prescale_model::forecast::QUANTILES;
use prescale_model::score::Score;

use super::Made;
use super::check::Plan;
use crate::calendar::Announced;

/// A target is in an event's reach from this long before its start until this long after its end.
const AROUND: (SignedDuration, SignedDuration) =
    (SignedDuration::from_mins(30), SignedDuration::from_mins(10));

/// A target is on a ramp where it is at least so many times what was last seen.
const RAMP: f64 = 1.25;

/// Kinds of targets; one target can be of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    All,
    Event,
    Ramp,
}

impl Class {
    pub(super) const EACH: [Self; 3] = [Self::All, Self::Event, Self::Ramp];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Event => "event",
            Self::Ramp => "ramp",
        }
    }
}

/// A score, and that of the last value for the same targets.
#[derive(Clone, Debug, Default)]
pub(super) struct Pair {
    pub(super) ours: Score,
    pub(super) last_value: Score,
}

/// Scores of a backtest: `pairs[horizon][class]`.
pub(super) struct Scores {
    pairs: Vec<[Pair; Class::EACH.len()]>,
    reaches: Vec<(Timestamp, Timestamp)>,
}

impl Scores {
    /// Nothing scored yet. Events count that were still in the calendar when they started.
    pub(super) fn new(plan: &Plan, calendar: &[Announced]) -> Self {
        let reach =
            |Announced { event, .. }: &Announced| (event.starts_at - AROUND.0, event.ends_at + AROUND.1);
        Self {
            pairs: plan.horizons.iter().map(|_| Default::default()).collect(),
            reaches: calendar.iter().filter(|one| one.took_place()).map(reach).collect(),
        }
    }

    pub(super) fn add(&mut self, made: &Made) {
        for class in Class::EACH {
            if self.is_of(made, class) {
                let pair = &mut self.pairs[made.horizon][class as usize];
                pair.ours.add(&made.quantiles, made.actual);
                pair.last_value.add(&[made.last; QUANTILES.len()], made.actual);
            }
        }
    }

    pub(super) fn of(&self, horizon: usize, class: Class) -> &Pair {
        &self.pairs[horizon][class as usize]
    }

    fn is_of(&self, made: &Made, class: Class) -> bool {
        match class {
            Class::All => true,
            Class::Event => {
                self.reaches.iter().any(|(from, to)| *from <= made.target_at && made.target_at <= *to)
            }
            Class::Ramp => RAMP * made.last.max(1.0) <= made.actual,
        }
    }
}
