//! When a scaler's status is written: at once where something is found to be well or wrong, seldom where only numbers
//! move. A cluster's API server takes tens of writes a second, and ten thousand scalers tick each 15 s.

use jiff::{SignedDuration, Timestamp};
use prescale_model::{Limit, Plan};

use super::{Readings, Scaler};
use crate::{
    api::PredictiveScalerStatus,
    headroom::By,
    status::{CONDITIONS, Finding, HEADROOM_READY, Shown, Truth, began, conditions, running},
};

/// Numbers that people look at, such as the planned replicas, are written at most this often: with noise about a
/// whole replica they move at each tick.
const NUMBERS_EVERY: SignedDuration = SignedDuration::from_secs(30);
/// A status on which nothing moved is written this often, for its numbers of demand: 10,000 scalers / 300 s are 33
/// writes a second.
const ALL_EVERY: SignedDuration = SignedDuration::from_mins(5);

/// What was written last.
#[derive(Clone, Debug)]
pub(super) struct Reported {
    at: Timestamp,
    generation: Option<i64>,
    findings: [(Truth, &'static str); CONDITIONS],
    numbers: Numbers,
    /// When use was looked at: a few times a day.
    advised_at: Option<Timestamp>,
}

/// What people look at.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Numbers {
    planned: u32,
    current: Option<u32>,
    headroom: u32,
    code: &'static str,
    limit: Option<Limit>,
    /// Starts that lead times are learned from, of pods and of nodes: they come after the size has changed.
    starts: (usize, usize),
    /// By what node room is kept: an API may come and go.
    room_by: Option<By>,
    /// Whether what nodes cost is known, and in money too.
    costs: (bool, bool),
}

impl Scaler {
    /// The status to write after this plan; `None` where a person would not notice a change.
    pub(super) fn report(
        &mut self,
        plan: &Plan,
        (forecast, readings): (Option<f64>, &Readings),
        findings: &[Finding; CONDITIONS],
    ) -> Option<PredictiveScalerStatus> {
        let current = readings.workload.as_ref().ok().map(|workload| workload.replicas);
        let starts = self.autoscaler.starts();
        let now = Reported {
            at: plan.made_at,
            generation: self.charge.generation,
            findings: std::array::from_fn(|index| (findings[index].truth, findings[index].reason)),
            numbers: Numbers {
                planned: plan.replicas,
                current,
                headroom: plan.headroom,
                code: plan.reason.code(),
                limit: plan.reason.limit,
                starts: (starts.pods.len(), starts.nodes.len()),
                room_by: self.headroom.kept_by(),
                costs: self.costs.is_known(),
            },
            advised_at: self.advice.as_deref().map(|advice| advice.at),
        };
        if self.reported.as_ref().is_some_and(|last| !last.differs_noticeably(&now)) {
            return None;
        }
        let conditions = conditions(findings, &self.began, self.charge.generation, plan.made_at);
        self.began = began(&conditions);
        self.reported = Some(now);
        let judgement = &self.charge.judgement;
        let hpa = judgement.follows.as_deref();
        let headroom = findings.iter().find(|finding| finding.of == HEADROOM_READY);
        let (pod, node) = self.autoscaler.lead_times_known();
        let shown = Shown {
            generation: self.charge.generation,
            plan,
            current,
            forecast,
            hpa,
            headroom: (self.headroom.kept_by(), headroom.map(|finding| finding.message.as_ref())),
            hpa_period: self.autoscaler.hpa_period(),
            starts: self.autoscaler.starts(),
            known: (pod, node),
            cost: &(self.cost(), self.advice()),
        };
        Some(running(shown, conditions))
    }
}

impl Reported {
    fn differs_noticeably(&self, now: &Self) -> bool {
        // A clock that was set back is no reason to be silent.
        let age = now.at.duration_since(self.at).abs();
        self.generation != now.generation
            || self.findings != now.findings
            || self.advised_at != now.advised_at
            || NUMBERS_EVERY <= age && self.numbers != now.numbers
            || ALL_EVERY <= age
    }
}
