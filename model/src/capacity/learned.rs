//! Capacity that nobody typed: learned from the latency that was seen at each load, against the objective.
//!
//! The rising curve of latency over load (`loads.rs`) crosses the objective between the last load seen within it and
//! the first seen beyond it. Latency bends upwards as a queue fills, so the straight line between the two crosses
//! early, and errs on the safe side. Where nothing was seen beyond, capacity is what was seen within and a step more,
//! so that a fleet is packed tighter step by step, and stops where half of the objective is used up. Minutes of
//! saturation never enter the curve (`lesson.rs`): the load at which it set in bounds it from above. Lateness that less
//! load does not cure is not of load, and the last capacity that stood is kept.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::lesson::{Lesson, Minute, SATURATED, Teacher};
use super::loads::{Loads, Point};
use super::{Capacity, Origin};

/// How far beyond what was seen within the objective a capacity reaches at most, relatively.
pub const MOST_STEP: f64 = 0.2;

/// Part of the load at which the objective is met that is not used: what a minute's mean hides, and what a forecast
/// misses.
pub const MARGIN: f64 = 0.1;

/// Part of the objective from which on no more load is sought: behind it the curve is steep.
const WELL_WITHIN: f64 = 0.5;

/// Part of the first late load down to which less is tried while all minutes are late. Replicas that are late under a
/// third of the load are not late of it, where another was once seen to work.
const LEAST_PART: f64 = 1.0 / 3.0;

/// The same for a capacity that was assumed and never seen to work: it may be far off, and `maxReplicas` bounds the
/// cost.
const LEAST_PART_OF_ASSUMED: f64 = 0.1;

/// Time of learning for which a load is remembered as saturated. Then it is tried again: what was an outage would cost
/// a larger fleet for as long.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(2 * 24);

/// What was learned of a replica's capacity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Learned {
    objective_s: f64,
    step: SignedDuration,
    teacher: Teacher,
    loads: Loads,
    saturated: Option<Saturated>,
    /// The last capacity that stood when latency was within the objective, or what is assumed.
    good: Option<Capacity>,
    /// Since latency was last within the objective.
    late: Option<Late>,
    current: Option<Capacity>,
}

/// Late minutes, with none within the objective in between.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Late {
    /// Load of the first.
    from: f64,
    /// Whether load can be the cause: not once they are late under a small part of it.
    is_of_load: bool,
}

/// The lowest load at which saturation set in.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Saturated {
    load: f64,
    forgotten_in: SignedDuration,
}

impl Learned {
    /// Nothing learned yet: `start_with` is assumed, above 0. `objective` and the `step` of demand are above 0.
    #[must_use]
    pub fn new(objective: SignedDuration, start_with: Option<f64>, step: SignedDuration) -> Self {
        let objective_s = objective.as_secs_f64();
        let assumed = start_with.map(|per_replica| Capacity { per_replica, origin: Origin::Assumed });
        Self {
            objective_s,
            step,
            teacher: Teacher::new(objective_s, step),
            loads: Loads::new(objective_s, step),
            saturated: None,
            good: assumed,
            late: None,
            current: assumed,
        }
    }

    /// The capacity to plan with; `None` while nothing was assumed and no replica has been seen at work.
    #[must_use]
    pub fn capacity(&self) -> Option<Capacity> {
        self.current
    }

    /// Takes in what was seen at a sample of demand.
    pub fn observe(&mut self, minute: &Minute) {
        let lesson = self.teacher.lesson(minute);
        match lesson {
            Lesson::None => return,
            Lesson::Load(load) => self.guess(load),
            Lesson::Latency { load, latency_s } if latency_s <= self.objective_s => {
                self.guess(load);
                self.raise_guess(load);
                self.late = None;
                self.remember(load, latency_s);
                self.saturated = self.saturated.filter(|saturated| load < saturated.load);
            }
            Lesson::Latency { load, latency_s } => {
                self.guess(load);
                self.note_late(load);
                self.remember(load, latency_s);
            }
            Lesson::Saturation { load } => {
                self.guess(load);
                self.note_late(load);
                self.saturate(load);
            }
        }
        self.conclude();
    }

    fn remember(&mut self, load: f64, latency_s: f64) {
        self.loads.learn(load, latency_s);
        self.saturated = self.saturated.and_then(|saturated| {
            let forgotten_in = saturated.forgotten_in - self.step;
            forgotten_in.is_positive().then_some(Saturated { forgotten_in, ..saturated })
        });
    }

    fn note_late(&mut self, load: f64) {
        let late = self.late.get_or_insert(Late { from: load, is_of_load: true });
        let is_learned = self.good.is_some_and(|good| good.is_learned());
        let least_part = if is_learned { LEAST_PART } else { LEAST_PART_OF_ASSUMED };
        late.is_of_load &= least_part * late.from <= load;
    }

    /// Saturation bounds capacity where nothing speaks against it. Under loads that were seen within the objective it
    /// is an outage, or a release, and takes their evidence away minute by minute.
    fn saturate(&mut self, load: f64) {
        self.loads.doubt(load);
        let within = self.within(&self.loads.curve()).map_or(0.0, |within| within.load);
        let known =
            self.saturated.map(|saturated| saturated.load).filter(|known| within < *known && *known < load);
        if within < load {
            self.saturated = Some(Saturated { load: known.unwrap_or(load), forgotten_in: REMEMBERED });
        }
    }

    /// Where nothing is assumed, the first load that is seen is, which keeps the size.
    fn guess(&mut self, load: f64) {
        self.good.get_or_insert(Capacity { per_replica: load, origin: Origin::Guessed });
    }

    /// A load within the objective is more than a guess below it.
    fn raise_guess(&mut self, load: f64) {
        if let Some(Capacity { per_replica, origin: Origin::Guessed }) = &mut self.good {
            *per_replica = per_replica.max(load);
        }
    }

    fn conclude(&mut self) {
        let Some(good) = self.good else { return };
        self.current = Some(match self.late {
            Some(Late { is_of_load: false, .. }) => Capacity { origin: Origin::Kept, ..good },
            Some(Late { is_of_load: true, .. }) | None => self.estimate(good),
        });
        if self.late.is_none() {
            self.good = self.current;
        }
    }

    fn estimate(&self, good: Capacity) -> Capacity {
        let curve = self.loads.curve();
        let within = self.within(&curve);
        match (within, self.first_beyond(within, &curve)) {
            (None, None) => good,
            (None, Some(beyond)) => lowered(good, beyond),
            (Some(within), None) => self.unbounded(good, within),
            (Some(within), Some(beyond)) => self.bounded(good, within, beyond),
        }
    }

    /// The highest load within the objective; the curve never falls.
    fn within(&self, curve: &[Point]) -> Option<Point> {
        curve.iter().take_while(|point| point.latency_s <= self.objective_s).last().copied()
    }

    /// The lowest load that is too much: of the curve, or saturated. A load that was seen within the objective, and
    /// still is, was not the cause of saturation at less.
    fn first_beyond(&self, within: Option<Point>, curve: &[Point]) -> Option<Point> {
        let beyond = curve.iter().find(|point| self.objective_s < point.latency_s).copied();
        let latency_s = SATURATED * self.objective_s;
        let saturated = self.saturated.map(|saturated| Point { load: saturated.load, latency_s });
        let is_above = |point: &Point| within.is_none_or(|within| within.load < point.load);
        let candidates = [saturated.filter(is_above), beyond];
        candidates.into_iter().flatten().min_by(|a, b| a.load.total_cmp(&b.load))
    }

    /// All that was seen is within the objective: a step beyond it, or what has stood so far if that is more.
    fn unbounded(&self, good: Capacity, within: Point) -> Capacity {
        let reach = self.reach(within);
        if reach < good.per_replica && !good.is_learned() {
            return good;
        }
        let per_replica = reach.max(good.per_replica);
        Capacity { per_replica, origin: Origin::Learned { low: within.load, high: per_replica } }
    }

    /// The objective is met between two loads. Capacity falls there at once, and rises by a step at a time.
    fn bounded(&self, good: Capacity, within: Point, beyond: Point) -> Capacity {
        let less_margin = 1.0 - MARGIN;
        let met_at = crossing(within, beyond, self.objective_s) * less_margin;
        let per_replica = met_at.min(self.reach(within).max(good.per_replica));
        let (low, high) = (within.load * less_margin, beyond.load * less_margin);
        Capacity { per_replica, origin: Origin::Learned { low, high } }
    }

    /// How far capacity reaches beyond a load: the whole step from one where nobody waits, none from one that uses
    /// up half of the objective.
    fn reach(&self, within: Point) -> f64 {
        let used = within.latency_s / (WELL_WITHIN * self.objective_s);
        within.load * (1.0 + MOST_STEP * (1.0 - used).max(0.0))
    }
}

/// Every load that was seen is late: less is tried.
fn lowered(good: Capacity, beyond: Point) -> Capacity {
    let per_replica = (beyond.load * (1.0 - MARGIN)).min(good.per_replica);
    Capacity { per_replica, origin: Origin::Lowered { late_at: beyond.load } }
}

/// Where the straight line between two points has `latency_s`, which lies between theirs.
fn crossing(low: Point, high: Point, latency_s: f64) -> f64 {
    let part = (latency_s - low.latency_s) / (high.latency_s - low.latency_s);
    low.load + (high.load - low.load) * part.clamp(0.0, 1.0)
}
