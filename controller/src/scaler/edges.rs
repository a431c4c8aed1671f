//! Kubernetes events, on edges only: what was so at the last tick is compared with what is so now.

use jiff::{SignedDuration, Timestamp};
use prescale_model::{Driver, Mode, Plan};

use super::{KubeEvent, findings::is_silent};
use crate::status::{
    CONDITIONS, Finding, HEADROOM_READY, HPA_HEALTHY, READY, SCALING_UNLIMITED, SIGNALS_HEALTHY,
    SOURCE_HEALTHY, Truth,
};

/// A plan at its ceiling can leave it and come back at each tick. It is told once in this time, which is also that
/// within which Kubernetes counts repetitions of an event.
const LIMITED_AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(6);

/// What was so at the last tick.
#[derive(Clone, Debug, Default)]
pub(super) struct Edges {
    last: Option<Level>,
    limited_at: Option<Timestamp>,
}

/// What events are about.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Level {
    mode: Mode,
    is_silent: bool,
    fell_back: bool,
    /// Truth and reason of each finding.
    findings: [(Truth, &'static str); CONDITIONS],
}

impl Edges {
    /// What to tell after this tick. The first tick has nothing to compare with: it tells what is wrong.
    pub(super) fn cross(
        &mut self,
        mode: Mode,
        plan: &Plan,
        findings: &[Finding; CONDITIONS],
    ) -> Vec<KubeEvent> {
        let driver = &plan.reason.driver;
        let now = Level {
            mode,
            is_silent: is_silent(driver),
            fell_back: has_fallen_back(driver),
            findings: std::array::from_fn(|index| (findings[index].truth, findings[index].reason)),
        };
        if self.last.as_ref() == Some(&now) {
            return Vec::new();
        }
        let before = self.last.replace(now.clone());
        let mut events = Vec::new();
        if let Some(before) = &before {
            events.extend(mode_change(before.mode, mode));
        }
        let was = |of: fn(&Level) -> bool| before.as_ref().is_some_and(of);
        events.extend(silence((was(|level| level.is_silent), now.is_silent), plan));
        if now.fell_back && !was(|level| level.fell_back) {
            events.push(KubeEvent::warning("FellToReactive", plan.reason.to_string()));
        }
        for (index, finding) in findings.iter().enumerate() {
            let known = before.as_ref().map(|before| before.findings[index]);
            if known != Some(now.findings[index]) {
                events.extend(self.finding_change(known.map(|(truth, _)| truth), finding, plan));
            }
        }
        events
    }

    fn finding_change(&mut self, known: Option<Truth>, finding: &Finding, plan: &Plan) -> Option<KubeEvent> {
        let note = finding.message.as_ref();
        match (finding.of, finding.truth, known) {
            (READY, Truth::False, _) if finding.reason == "InvalidSpec" => {
                Some(KubeEvent::warning("InvalidSpec", note))
            }
            (READY, Truth::False, _) if finding.reason.starts_with("Target") => {
                Some(KubeEvent::warning(finding.reason, note))
            }
            (SOURCE_HEALTHY, Truth::False, _) => Some(KubeEvent::warning(finding.reason, note)),
            (SOURCE_HEALTHY, Truth::True, Some(Truth::False)) => Some(KubeEvent::normal("SourceBack", note)),
            (SIGNALS_HEALTHY, Truth::False, _) => Some(KubeEvent::warning("SignalSilent", note)),
            (SIGNALS_HEALTHY, Truth::True, Some(Truth::False)) => {
                Some(KubeEvent::normal("SignalsBack", note))
            }
            (HPA_HEALTHY, Truth::False, _) => Some(KubeEvent::warning(finding.reason, note)),
            (HPA_HEALTHY, Truth::True, Some(Truth::False | Truth::Unknown)) => {
                Some(KubeEvent::normal("HpaHealthy", note))
            }
            (SCALING_UNLIMITED, Truth::False, _) => self.limited(plan),
            (HEADROOM_READY, Truth::False, _) => {
                Some(KubeEvent::warning(headroom_reason(finding.reason), note))
            }
            (HEADROOM_READY, Truth::True, Some(Truth::False)) => {
                Some(KubeEvent::normal("HeadroomBack", note))
            }
            _ => None,
        }
    }

    fn limited(&mut self, plan: &Plan) -> Option<KubeEvent> {
        let is_known = |at: Timestamp| plan.made_at.duration_since(at).abs() < LIMITED_AGAIN_AFTER;
        if self.limited_at.is_some_and(is_known) {
            return None;
        }
        self.limited_at = Some(plan.made_at);
        Some(KubeEvent::warning("PlanLimited", plan.reason.to_string()))
    }
}

fn mode_change(before: Mode, mode: Mode) -> Option<KubeEvent> {
    let what = match mode {
        Mode::Active => "the HPA follows the plan from now on",
        Mode::Shadow => "plans are shown, and the metric answers what is observed from now on",
        Mode::Paused => "no plans are made from now on, and the metric answers what is observed",
    };
    (before != mode).then(|| KubeEvent::normal("ModeChanged", format!("from {before:?} to {mode:?}: {what}")))
}

fn silence((was_silent, is_silent): (bool, bool), plan: &Plan) -> Option<KubeEvent> {
    match (was_silent, is_silent) {
        (false, true) => Some(KubeEvent::warning("SourceSilent", plan.reason.to_string())),
        (true, false) => Some(KubeEvent::normal("DemandObservedAgain", plan.reason.to_string())),
        (true, true) | (false, false) => None,
    }
}

/// The reason of an event, which has no condition beside it to say what it is about.
fn headroom_reason(reason: &'static str) -> &'static str {
    match reason {
        "TooLate" => "HeadroomTooLate",
        "CannotBeProvisioned" => "HeadroomCannotBeProvisioned",
        "BelongsToAnother" => "HeadroomBelongsToAnother",
        "NotServed" => "HeadroomNotServed",
        _ => "HeadroomNotKept",
    }
}

/// Whether holding the plan has come to its end.
fn has_fallen_back(driver: &Driver) -> bool {
    match driver {
        Driver::LastObserved { .. } | Driver::HeldSize { silent_for: Some(_) } => true,
        Driver::Forecast { .. }
        | Driver::Observed { .. }
        | Driver::Reactive { .. }
        | Driver::Draining { .. }
        | Driver::UnknownCapacity { .. }
        | Driver::HeldPlan { .. }
        | Driver::HeldSize { silent_for: None } => false,
    }
}
