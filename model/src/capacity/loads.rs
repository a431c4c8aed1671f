//! What latency was seen at what load: loads in bins that grow by a twentieth, each with its own fading mean. It is
//! all that is remembered, so it is bounded.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::isotonic;

/// A bin's upper edge over its lower one.
const BIN_RATIO: f64 = 1.05;

/// Bins kept at most, those farthest from the newest load going first: loads that lie hundred-fold apart, so that the
/// quiet nights of a fleet at its least do not cost what its peaks have taught.
const MOST_BINS: usize = 96;

/// Minutes that a bin's means remember, so that an hour at a load outvotes what was seen there before.
const MOST_WEIGHT: f64 = 60.0;

/// Weight from which a load is believed: three minutes, a little faded. One may be chance.
const LEAST_WEIGHT: f64 = 2.9;

/// Minutes below which a bin is forgotten.
const FORGOTTEN: f64 = 0.1;

/// Time of learning in which old evidence within the objective loses half of its weight. The peak of the week must be
/// remembered for more than a week.
const HALF_LIFE: SignedDuration = SignedDuration::from_hours(14 * 24);

/// The same for evidence beyond it, which nothing renews, since capacity keeps away from it. After nine days at most
/// it is believed no longer, and the load is tried again: a release may have changed it.
const HALF_LIFE_BEYOND: SignedDuration = SignedDuration::from_hours(2 * 24);

/// Share of the evidence at a load and above that a minute of saturation there takes away.
const REFUTED: f64 = 0.1;

/// Latency over load, as remembered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Loads {
    objective_s: f64,
    bins: BTreeMap<i32, Bin>,
    /// Part of the weight that is left after a step of learning, within the objective and beyond it.
    left: (f64, f64),
}

/// What was seen at loads of one bin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Bin {
    load: f64,
    latency_s: f64,
    /// In minutes, faded.
    weight: f64,
}

/// A point of the curve of latency over load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    /// Demand per replica.
    pub(super) load: f64,
    /// In seconds; it never falls from one point to the next.
    pub(super) latency_s: f64,
}

impl Loads {
    /// Nothing seen yet. A sample comes each `step`.
    pub(super) fn new(objective_s: f64, step: SignedDuration) -> Self {
        let left_of = |half_life: SignedDuration| 0.5_f64.powf(step.as_secs_f64() / half_life.as_secs_f64());
        Self { objective_s, bins: BTreeMap::new(), left: (left_of(HALF_LIFE), left_of(HALF_LIFE_BEYOND)) }
    }

    /// Learns that `latency_s` was seen at `load`, above 0.
    pub(super) fn learn(&mut self, load: f64, latency_s: f64) {
        let (objective_s, left) = (self.objective_s, self.left);
        self.fade(i32::MIN, |bin| if bin.latency_s <= objective_s { left.0 } else { left.1 });
        let bin = self.bins.entry(bin_of(load)).or_default();
        bin.weight = (bin.weight + 1.0).min(MOST_WEIGHT);
        bin.load += (load - bin.load) / bin.weight;
        bin.latency_s += (latency_s - bin.latency_s) / bin.weight;
        if MOST_BINS < self.bins.len() {
            self.forget_farthest_from(bin_of(load));
        }
    }

    /// Doubts what was seen at `load` and above it.
    pub(super) fn doubt(&mut self, load: f64) {
        self.fade(bin_of(load), |_| 1.0 - REFUTED);
    }

    /// The rising curve nearest to what was seen, at the loads that were seen for long enough, lowest first.
    pub(super) fn curve(&self) -> Vec<Point> {
        let believed: Vec<&Bin> = self.bins.values().filter(|bin| LEAST_WEIGHT <= bin.weight).collect();
        let rising = isotonic::rising(believed.iter().map(|bin| (bin.latency_s, bin.weight)));
        let points = believed.iter().zip(rising);
        points.map(|(bin, latency_s)| Point { load: bin.load, latency_s }).collect()
    }

    fn forget_farthest_from(&mut self, newest: i32) {
        let (lowest, highest) = (self.bins.first_key_value(), self.bins.last_key_value());
        let (Some((&lowest, _)), Some((&highest, _))) = (lowest, highest) else { return };
        let is_lowest = highest.abs_diff(newest) < lowest.abs_diff(newest);
        self.bins.remove(if is_lowest { &lowest } else { &highest });
    }

    /// Keeps a part of the evidence from bin `from` on.
    fn fade(&mut self, from: i32, part: impl Fn(&Bin) -> f64) {
        self.bins.range_mut(from..).for_each(|(_, bin)| bin.weight *= part(bin));
        self.bins.retain(|_, bin| FORGOTTEN <= bin.weight);
    }
}

fn bin_of(load: f64) -> i32 {
    (load.ln() / BIN_RATIO.ln()).floor() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loads() -> Loads {
        Loads::new(1.0, SignedDuration::from_mins(1))
    }

    fn check(loads: &Loads, expected: &[(f64, f64)]) {
        let curve = loads.curve();
        let close = |(point, (load, latency_s)): (&Point, &(f64, f64))| {
            (point.load - load).abs() < 1e-9 && (point.latency_s - latency_s).abs() < 1e-9
        };
        assert!(curve.len() == expected.len() && curve.iter().zip(expected).all(close), "{curve:?}");
    }

    #[test]
    fn a_load_counts_from_its_third_minute_on() {
        let mut loads = loads();
        (0..2).for_each(|_| loads.learn(50.0, 0.2));
        check(&loads, &[]);
        loads.learn(50.0, 0.2);
        (0..2).for_each(|_| loads.learn(90.0, 0.7));
        check(&loads, &[(50.0, 0.2)]);
        loads.learn(90.0, 0.7);
        check(&loads, &[(50.0, 0.2), (90.0, 0.7)]);
    }

    #[test]
    fn an_hour_at_a_load_outvotes_what_was_seen_there_before() {
        let mut loads = loads();
        (0..2_000).for_each(|_| loads.learn(90.0, 0.2));
        (0..90).for_each(|_| loads.learn(90.0, 0.8));
        assert!(0.6 < loads.curve()[0].latency_s, "{:?}", loads.curve());
    }

    #[test]
    fn saturation_takes_the_evidence_above_it_and_none_below() {
        let mut loads = loads();
        (0..60).for_each(|minute| loads.learn(if minute % 2 == 0 { 40.0 } else { 80.0 }, 0.3));
        (0..40).for_each(|_| loads.doubt(60.0));
        let left: Vec<f64> = loads.curve().iter().map(|point| point.load.round()).collect();
        assert_eq!(left, [40.0]);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut loads = loads();
        for exponent in -300..300 {
            (0..4).for_each(|_| loads.learn(10_f64.powi(exponent), 0.1));
        }
        assert_eq!(loads.bins.len(), MOST_BINS);
    }
}
