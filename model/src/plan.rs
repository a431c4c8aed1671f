//! A plan: what the workload should have now, and why.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::lead_time::LeadTime;
use crate::reason::Reason;

/// What to do now. It cannot be built without a reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// When it was made.
    pub made_at: Timestamp,
    /// Replicas that the workload should have.
    pub replicas: u32,
    /// Node room to keep beyond them, in pods of the workload.
    pub headroom: u32,
    /// What the `demand` metric answers; `None` where nothing is known. It is in the unit of demand, save where
    /// capacity is learned: then it is such that the HPA's constant target gives the replicas.
    pub demand: Option<f64>,
    /// Demand observed now; `None` while the source is silent.
    pub observed: Option<f64>,
    /// The lead times it reckons with.
    pub lead_time: LeadTime,
    /// Why.
    pub reason: Reason,
}
