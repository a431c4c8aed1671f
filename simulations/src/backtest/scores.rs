//! Scores per horizon and class of target: all, in the reach of an event, in that of each type of event where there
//! are several, and on a ramp.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use prescale_model::Event;
use prescale_model::forecast::QUANTILES;
use prescale_model::score::Score;

use super::Made;
use super::check::Plan;
use crate::calendar::Announced;

/// A target is in an event's reach from this long before its start until this long after its end.
const AROUND: (SignedDuration, SignedDuration) =
    (SignedDuration::from_mins(30), SignedDuration::from_mins(10));

/// Kinds of targets; one target can be of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Class {
    All,
    /// In the reach of any event.
    Event,
    /// In the reach of an event of this type.
    Type(String),
    Ramp,
}

impl Class {
    /// The classes of a calendar, in the order of tables. A type of its own says nothing where it is the only one.
    fn of(calendar: &[Announced]) -> Vec<Self> {
        let types: BTreeSet<&String> = took_place(calendar).map(|event| &event.class).collect();
        let types = if types.len() < 2 { BTreeSet::new() } else { types };
        let types = types.into_iter().cloned().map(Self::Type);
        [Self::All, Self::Event].into_iter().chain(types).chain([Self::Ramp]).collect()
    }

    /// Its name in tables and in JSON.
    pub(super) fn name(&self) -> String {
        match self {
            Self::All => "all".into(),
            Self::Event => "event".into(),
            Self::Type(name) => format!("event: {name}"),
            Self::Ramp => "ramp".into(),
        }
    }
}

/// A score, and that of the last value for the same targets.
#[derive(Clone, Debug, Default)]
pub(super) struct Pair {
    pub(super) ours: Score,
    pub(super) last_value: Score,
}

impl Pair {
    pub(super) fn add(&mut self, made: &Made) {
        self.ours.add(&made.quantiles, made.actual);
        self.last_value.add(&[made.last; QUANTILES.len()], made.actual);
    }
}

/// Scores of a backtest.
pub(super) struct Scores {
    pub(super) classes: Vec<Class>,
    /// `pairs[horizon][class]`
    pairs: Vec<Vec<Pair>>,
    reaches: Vec<Reach>,
}

/// The targets that an event of a type reaches.
struct Reach {
    class: String,
    from: Timestamp,
    to: Timestamp,
}

impl Scores {
    /// Nothing scored yet.
    pub(super) fn new(plan: &Plan, calendar: &[Announced]) -> Self {
        let classes = Class::of(calendar);
        let reach = |event: &Event| {
            let (from, to) = reach(event);
            Reach { class: event.class.clone(), from, to }
        };
        Self {
            pairs: plan.horizons.iter().map(|_| vec![Pair::default(); classes.len()]).collect(),
            classes,
            reaches: took_place(calendar).map(reach).collect(),
        }
    }

    pub(super) fn add(&mut self, made: &Made) {
        let reaching =
            self.reaches.iter().filter(|reach| reach.from <= made.target_at && made.target_at <= reach.to);
        let types: BTreeSet<&String> = reaching.map(|reach| &reach.class).collect();
        for (class, pair) in self.classes.iter().zip(&mut self.pairs[made.horizon]) {
            let is_of = match class {
                Class::All => true,
                Class::Event => !types.is_empty(),
                Class::Type(name) => types.contains(name),
                Class::Ramp => made.is_on_ramp(),
            };
            if is_of {
                pair.add(made);
            }
        }
    }

    /// The scores of one horizon, a class each.
    pub(super) fn of(&self, horizon: usize) -> impl Iterator<Item = (&Class, &Pair)> {
        self.classes.iter().zip(&self.pairs[horizon])
    }
}

/// The events that were still in the calendar when they started.
pub(super) fn took_place(calendar: &[Announced]) -> impl Iterator<Item = &Event> {
    calendar.iter().filter(|one| one.took_place()).map(|one| &one.event)
}

/// First and last target in the reach of an event.
pub(super) fn reach(event: &Event) -> (Timestamp, Timestamp) {
    (event.starts_at - AROUND.0, event.ends_at + AROUND.1)
}
