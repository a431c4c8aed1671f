//! A plan: what the workload should have now, and why.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::lead_time::LeadTime;
use crate::reason::Reason;
use crate::reason::words::{Clock, Count};

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
    /// Where room comes later than pods are needed; `None` where it does not, or where nobody knows.
    #[serde(default)]
    pub late: Option<Late>,
    /// Why.
    pub reason: Reason,
}

/// Pods that are needed before a node that is asked for now could have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Late {
    /// Pods that will be needed.
    pub needed: u32,
    /// When.
    pub by: Timestamp,
    /// Of them, those that surely have room.
    pub room: u32,
    /// When a node that is on its way has its first pod Ready.
    pub node_ready: Timestamp,
}

/// As a sentence, with what it would have taken.
impl fmt::Display for Late {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (by, ready) = (Clock(whole_second(self.by)), Clock(whole_second(self.node_ready)));
        let short = self.needed.saturating_sub(self.room);
        write!(f, "needs {} Ready by {by} and has room for {}: ", Count(self.needed, "pod"), self.room)?;
        write!(f, "{short} of them wait for nodes, whose first pods are Ready at {ready}")?;
        let missing = self.node_ready.duration_since(self.by).as_secs();
        if 0 < missing {
            let missing = SignedDuration::from_secs(missing);
            write!(f, "; known {missing:#} earlier, as by a DemandEvent, it would be in time")?;
        }
        Ok(())
    }
}

fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_that_is_late_says_what_it_would_take() {
        let by: Timestamp = "2026-07-07T19:00:00Z".parse().unwrap();
        let node_ready = by + SignedDuration::from_secs(40);
        let late = Late { needed: 14, by, room: 9, node_ready };
        assert_eq!(
            late.to_string(),
            "needs 14 pods Ready by 19:00 UTC and has room for 9: 5 of them wait for nodes, whose first pods are \
             Ready at 19:00:40 UTC; known 40s earlier, as by a DemandEvent, it would be in time"
        );
    }
}
