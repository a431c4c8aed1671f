//! What came of a run: as JSON for machines, and as a table for people.

mod table;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::latencies::Quantiles;
use crate::pace::Ended;
use crate::rooms::CrowdReport;
use crate::tally::{Tally, total};
use crate::timeline::Row;

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Where the load went.
    pub target: String,
    /// Whether it was stopped before its end.
    pub stopped: bool,
    /// How long load was sent, in seconds.
    pub length_s: f64,
    /// What the shape meant to be sent.
    pub due: u64,
    /// What was put on the wire.
    pub sent: u64,
    /// What was acknowledged, or answered well.
    pub acked: u64,
    /// What was acknowledged after the objective.
    pub late: u64,
    /// The objective.
    pub objective_ms: f64,
    /// What was refused, by its words.
    pub refused: BTreeMap<String, u64>,
    /// What was not answered or could not be sent, by why.
    pub lost: BTreeMap<String, u64>,
    /// From the intended time to the acknowledgement.
    pub latency: Quantiles,
    /// From the intended time until it was on the wire. Where this is long, the tool was slow, or no socket was there.
    pub send_lag: Quantiles,
    /// People, where there are rooms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crowd: Option<CrowdReport>,
    /// Each second, or step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timeline: Vec<Row>,
}

impl Report {
    pub(crate) fn of(target: &str, ended: Ended, length: Duration, tally: &Tally) -> Self {
        let counts = tally.counts();
        Self {
            target: target.into(),
            stopped: ended == Ended::Stopped,
            length_s: (length.as_secs_f64() * 1e3).round() / 1e3,
            due: counts.due,
            sent: counts.sent,
            acked: counts.acked,
            late: counts.late,
            objective_ms: tally.objective().as_secs_f64() * 1e3,
            refused: counts.refused.clone(),
            lost: counts.lost.clone(),
            latency: counts.latency.quantiles(),
            send_lag: counts.send_lag.quantiles(),
            crowd: None,
            timeline: counts.rows(),
        }
    }

    /// How many were refused.
    pub fn refusals(&self) -> u64 {
        total(&self.refused)
    }

    /// How many were lost.
    pub fn losses(&self) -> u64 {
        total(&self.lost)
    }

    /// Whether each that was due was acknowledged.
    pub fn is_whole(&self) -> bool {
        self.acked == self.due
    }
}
