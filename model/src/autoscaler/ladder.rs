//! The ladder of a plan: forecast, held plan, last observed demand, held size. Each rung stands where the one
//! above has nothing to say, and says why.

use jiff::{SignedDuration, Timestamp};

use super::{Autoscaler, Last};
use crate::capacity::demand_of;
use crate::forecast::Peak;
use crate::reason::{Driver, NoForecast};
use crate::settings::{Drain, Mode, SilentThen};
use crate::signal::Sample;

/// What the plan would have before laws and limits.
pub(super) struct Want {
    pub(super) replicas: u32,
    pub(super) driver: Driver,
}

impl Autoscaler {
    /// The ladder: forecast, held plan, last observed, held size.
    pub(super) fn want(&self, now: Timestamp, observed: Option<Sample>, pod_lead: SignedDuration) -> Want {
        if let Some(sample) = observed {
            return self.want_for(now, sample.value(), pod_lead);
        }
        let Some(newest) = self.demand.newest() else {
            return self.keep_size(None);
        };
        let silent_for = now.duration_since(newest.at());
        let until = newest.at() + self.settings.fallback.stale_after + self.settings.fallback.hold_for;
        match (self.last, self.settings.fallback.then) {
            (Some(last), _) if now <= until => {
                self.hold_plan(now, last, Driver::HeldPlan { silent_for, until })
            }
            (_, SilentThen::Reactive) => {
                let demand = newest.value();
                let replicas = self.replicas_for(demand);
                Want { replicas, driver: Driver::LastObserved { silent_for, demand } }
            }
            (_, SilentThen::HoldSize) => self.keep_size(Some(silent_for)),
        }
    }

    /// Demand is known: what is observed, or more that is forecast before a pod asked for now would be Ready.
    fn want_for(&self, now: Timestamp, observed: f64, pod_lead: SignedDuration) -> Want {
        if self.per_replica().is_none() {
            let driver = Driver::UnknownCapacity { demand: observed };
            return Want { replicas: self.size(), driver };
        }
        let peak = match self.settings.mode {
            Mode::Paused => Err(NoForecast::Paused),
            Mode::Shadow | Mode::Active => self.reachable_peak(now, pod_lead).ok_or(NoForecast::ColdStart),
        };
        let demand = peak.map_or(observed, |peak| peak.demand.max(observed));
        if let Some(draining) = self.settings.drain.and_then(|drain| self.drain(drain, demand, pod_lead)) {
            return draining;
        }
        let driver = match peak {
            Err(because) => Driver::Reactive { demand, because },
            Ok(peak) if peak.demand <= observed => Driver::Observed { demand },
            Ok(peak) => self.forecast_driver(now, peak),
        };
        Want { replicas: self.replicas_for(demand), driver }
    }

    /// The most that is forecast before pods asked for now are Ready. An HPA that only doubles takes a sync for
    /// each doubling, so a steep rise is looked for further ahead.
    fn reachable_peak(&self, now: Timestamp, pod_lead: SignedDuration) -> Option<Peak> {
        let near = self.peak(now, pod_lead)?;
        let syncs = self.doublings_to(self.replicas_for(near.demand));
        if syncs < 2 {
            return Some(near);
        }
        self.peak(now, pod_lead + self.hpa_period() * (syncs - 1))
    }

    /// Syncs that an HPA which doubles takes to `replicas`: `ceil(log2(N / n))`; 1 for one that does not.
    fn doublings_to(&self, replicas: u32) -> i32 {
        let running = self.workload.map_or(replicas, |workload| workload.replicas).max(1);
        let doublings = (f64::from(replicas) / f64::from(running)).log2().ceil();
        if self.settings.hpa.doubles { doublings.max(1.0) as i32 } else { 1 }
    }

    fn forecast_driver(&self, now: Timestamp, peak: Peak) -> Driver {
        let ahead = peak.at.duration_since(now);
        Driver::Forecast {
            quantile: self.settings.risk,
            demand: peak.demand,
            at: peak.at,
            ahead: SignedDuration::from_secs(ahead.as_secs().max(0)),
            event: self.forecaster.tracker().lifted_by(peak.at).map(str::to_owned),
        }
    }

    /// What arrives and what waits, once there is something that waits.
    fn drain(&self, drain: Drain, arrivals: f64, pod_lead: SignedDuration) -> Option<Want> {
        let lag = self.lag?;
        let running = self.workload.map_or(0, |workload| workload.existing);
        let served = demand_of(running, self.per_replica()?);
        let lag_when_ready = (lag + (arrivals - served) * pod_lead.as_secs_f64()).max(0.0);
        let demand = arrivals + lag_when_ready / drain.within.as_secs_f64();
        (0.0 < lag_when_ready).then(|| Want {
            replicas: self.replicas_for(demand),
            driver: Driver::Draining { arrivals, lag: lag_when_ready, within: drain.within },
        })
    }

    /// A silent source: the last plan, and more where the forecast that it left says so.
    fn hold_plan(&self, now: Timestamp, last: Last, driver: Driver) -> Want {
        let forecast = self.peak(now, last.lead).map_or(0, |peak| self.replicas_for(peak.demand));
        Want { replicas: last.replicas.max(forecast), driver }
    }

    fn keep_size(&self, silent_for: Option<SignedDuration>) -> Want {
        Want { replicas: self.size(), driver: Driver::HeldSize { silent_for } }
    }
}
