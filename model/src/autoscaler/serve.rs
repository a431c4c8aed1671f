//! What a plan tells the HPA: the demand that makes it ask for the replicas.

use jiff::Timestamp;

use super::Autoscaler;
use crate::settings::Mode;
use crate::signal::Sample;

/// Served above the HPA's tolerance band by this much, relatively, so that rounding does not lose it.
const BEYOND_TOLERANCE: f64 = 1.001;

impl Autoscaler {
    /// What the metric answers: in Active mode what makes the HPA ask for the plan, and never less than what is
    /// observed; otherwise what is observed, held while the source is silent for a short time. All of it as the HPA,
    /// which divides by the nominal capacity, has to be told.
    pub(super) fn demand_to_serve(
        &self,
        now: Timestamp,
        observed: Option<Sample>,
        replicas: u32,
    ) -> Option<f64> {
        let fallback = self.settings.fallback;
        let held = |sample: &Sample| now <= sample.at() + fallback.stale_after + fallback.hold_for;
        match self.settings.mode {
            Mode::Shadow | Mode::Paused => {
                let held = self.demand.newest().filter(held)?;
                self.capacity.told(held.value())
            }
            Mode::Active => {
                let planned = self.past_tolerance(self.capacity.told_for(replicas), replicas);
                let observed = observed.and_then(|sample| self.capacity.told(sample.value()));
                Some(observed.map_or(planned, |observed| planned.max(observed)))
            }
        }
    }

    /// An HPA with a tolerance ignores a small growth: what it is told lies just beyond.
    fn past_tolerance(&self, demand: f64, replicas: u32) -> f64 {
        let running = self.workload.map_or(replicas, |workload| workload.replicas);
        let edge = self.capacity.told_for(running) * (1.0 + self.settings.hpa.tolerance);
        if running < replicas && demand <= edge { edge * BEYOND_TOLERANCE } else { demand }
    }
}
