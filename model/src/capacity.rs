//! From demand to replicas and back, by what one replica serves; and how that is known: given, or learned.

mod isotonic;
mod known;
mod learned;
mod lesson;
mod loads;

use serde::{Deserialize, Serialize};

pub use known::Known;
pub use learned::{Learned, MARGIN, MOST_STEP};
pub use lesson::Minute;

/// Demand that one replica serves within its latency objective, and how that is known.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Capacity {
    /// In the unit of the demand signal, above 0.
    pub per_replica: f64,
    /// How it is known.
    pub origin: Origin,
}

/// How a capacity is known.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Origin {
    /// The user says so.
    Given,
    /// The user has it start with this, and too little has been seen.
    Assumed,
    /// Nobody says so and too little has been seen: it is the load that replicas were seen to bear.
    Guessed,
    /// Latency was seen to stay within the objective at one load, and to leave it, or to be unknown, at another.
    Learned {
        /// The least that it may be, by the last load that was seen within the objective.
        low: f64,
        /// The most, by the first load that was seen beyond it, or that was not seen yet.
        high: f64,
    },
    /// Latency is beyond the objective at every load that was seen: less is tried.
    Lowered {
        /// The lowest of these loads.
        late_at: f64,
    },
    /// Latency is beyond the objective at loads so low that load is not the cause: the last one that stood is kept.
    Kept,
}

impl Capacity {
    fn is_learned(&self) -> bool {
        match self.origin {
            Origin::Learned { .. } | Origin::Lowered { .. } => true,
            Origin::Given | Origin::Assumed | Origin::Guessed | Origin::Kept => false,
        }
    }
}

/// Part of a replica that rounding in the last digits may not cost.
const ROUNDING: f64 = 1e-9;

/// Replicas that serve `demand`, rounded up. `per_replica` is above 0.
#[must_use]
pub fn replicas_for(demand: f64, per_replica: f64) -> u32 {
    (demand / per_replica - ROUNDING).ceil().max(0.0) as u32
}

/// The most demand that `replicas` serve, in the thousandths that a Kubernetes quantity holds, so that the HPA's
/// `ceil(demand / per_replica)` gives `replicas` again.
#[must_use]
pub fn demand_of(replicas: u32, per_replica: f64) -> f64 {
    f64::from(replicas) * thousandths(per_replica) / 1_000.0
}

/// What one replica serves, as the HPA's target holds it.
fn thousandths(per_replica: f64) -> f64 {
    (per_replica * 1_000.0).round().max(1.0)
}

/// Consumers that share `partitions` as evenly as `replicas` need: the one with the most partitions is the slowest,
/// so 13 consumers of 24 partitions drain no faster than 12, and 13 replicas' worth needs 24.
#[must_use]
pub fn consumers_for(replicas: u32, partitions: u32) -> u32 {
    match partitions.checked_div(replicas) {
        None => 0,
        Some(0) => partitions,
        Some(each) => partitions.div_ceil(each),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn demand_is_rounded_up_to_whole_replicas() {
        for (demand, per_replica, replicas) in
            [(0.0, 250.0, 0), (0.1, 250.0, 1), (250.0, 250.0, 1), (250.1, 250.0, 2), (0.3, 0.1, 3)]
        {
            assert_eq!(replicas_for(demand, per_replica), replicas, "{demand} / {per_replica}");
        }
    }

    #[test]
    fn consumers_share_partitions_evenly() {
        for (replicas, partitions, consumers) in
            [(0, 24, 0), (1, 24, 1), (5, 24, 6), (12, 24, 12), (13, 24, 24), (40, 24, 24), (7, 50, 8)]
        {
            assert_eq!(consumers_for(replicas, partitions), consumers, "{replicas} of {partitions}");
        }
    }

    #[test]
    fn the_hpa_reads_back_the_replicas_that_were_meant() {
        for per_replica in [0.01, 1.0 / 3.0, 7.7, 250.0, 1e6] {
            for replicas in 1..400 {
                let metric = (demand_of(replicas, per_replica) * 1_000.0).round();
                assert_eq!((metric / thousandths(per_replica)).ceil() as u32, replicas, "{per_replica}");
            }
        }
    }
}
