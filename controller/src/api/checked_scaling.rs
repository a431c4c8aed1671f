//! From lead times, risk, fallback, rates and queues as written to the settings of the model.

use jiff::SignedDuration;
use prescale_model::{Drain, Fallback, LeadTimeSettings, Partitions, RateLaw, Rates};

use super::{
    DrainSpec, FallbackSpec, LeadTime, LeadTimeSpec, RateSpec, RiskSpec, ScalingSpec, SilentThen,
    limits::{bounded, positive},
    problems::Problems,
};

/// Three samples may be late before a source counts as silent.
const STALE_STEPS: i32 = 3;
/// With steps of a few seconds, a restart of Prometheus is not silence yet.
const LEAST_STALE_AFTER: SignedDuration = SignedDuration::from_secs(90);

impl LeadTimeSpec {
    pub(super) fn check(self, problems: &mut Problems) -> LeadTimeSettings {
        let mut typed = |field: &str, lead_time: LeadTime| match lead_time {
            LeadTime::Auto => None,
            LeadTime::Typed(duration) => Some(positive(field, duration, problems)),
        };
        let pod = typed("spec.leadTime.pod", self.pod);
        let node = typed("spec.leadTime.node", self.node);
        if let (LeadTime::Typed(pod), LeadTime::Typed(node)) = (self.pod, self.node)
            && node < pod
        {
            problems.refuse("spec.leadTime.node", node, format!("is below spec.leadTime.pod {pod}"));
        }
        LeadTimeSettings { pod, node }
    }
}

impl RiskSpec {
    /// The quantile to provision for. A cost ratio r gives r / (1 + r), the newsvendor's critical fractile
    /// (Arrow, Harris and Marschak 1951).
    pub(super) fn check(self, problems: &mut Problems) -> f64 {
        let (field, written, quantile) = match (self.quantile, self.shortage_to_idle_cost) {
            (Some(quantile), None) => ("spec.risk.quantile", quantile, quantile),
            (None, Some(ratio)) => ("spec.risk.shortageToIdleCost", ratio, ratio / (1.0 + ratio)),
            (None, None) => {
                problems.lacking("spec.risk", "names none of quantile and shortageToIdleCost");
                return f64::NAN;
            }
            (Some(_), Some(_)) => {
                problems.lacking("spec.risk", "names quantile and shortageToIdleCost: one is enough");
                return f64::NAN;
            }
        };
        let within = 0.0 < quantile && quantile < 1.0;
        if !within {
            problems.refuse(field, written, "must give a quantile above 0 and below 1");
        }
        quantile
    }
}

impl FallbackSpec {
    pub(super) fn check(self, step: Option<SignedDuration>, problems: &mut Problems) -> Fallback {
        let field = "spec.fallback.staleAfter";
        let usual = step.map_or(LEAST_STALE_AFTER, |step| LEAST_STALE_AFTER.max(step * STALE_STEPS));
        let stale_after = self.stale_after.map_or(usual, |written| positive(field, written, problems));
        if let (Some(written), Some(step)) = (self.stale_after, step)
            && stale_after < step
        {
            problems.refuse(field, written, format!("is below the step of spec.demand, {step:#}"));
        }
        let hold_for = bounded("spec.fallback.holdFor", self.hold_for, problems);
        Fallback { stale_after, hold_for, then: self.then.into() }
    }
}

impl ScalingSpec {
    pub(super) fn check(self, problems: &mut Problems) -> Rates {
        Rates {
            up: self.up.map(|rate| rate.check("spec.scaling.up", problems)),
            down: self.down.map(|rate| rate.check("spec.scaling.down", problems)),
            down_window: bounded("spec.scaling.downWindow", self.down_window, problems),
        }
    }
}

impl RateSpec {
    fn check(self, field: &str, problems: &mut Problems) -> RateLaw {
        if self.percent == 0 && self.pods == 0 {
            problems.lacking(field, "allows no change: write percent or pods above 0");
        }
        let period = positive(&format!("{field}.period"), self.period, problems);
        RateLaw { percent: self.percent, pods: self.pods, period }
    }
}

impl DrainSpec {
    pub(super) fn check(self, problems: &mut Problems) -> Drain {
        if self.partitions == Some(0) {
            problems.refuse("spec.drain.partitions", 0, "is below 1");
        }
        let partitions = match (self.partitions, self.beyond_partitions) {
            (None, false) => Partitions::Observed,
            (None, true) => Partitions::Unlimited,
            (Some(partitions), false) => Partitions::Typed(partitions),
            (Some(partitions), true) => {
                let field = "spec.drain.partitions";
                problems.refuse(field, partitions, "limits nothing beside spec.drain.beyondPartitions");
                Partitions::Unlimited
            }
        };
        Drain { within: positive("spec.drain.within", self.within, problems), partitions }
    }
}

impl From<SilentThen> for prescale_model::SilentThen {
    fn from(then: SilentThen) -> Self {
        match then {
            SilentThen::Reactive => Self::Reactive,
            SilentThen::HoldSize => Self::HoldSize,
        }
    }
}
