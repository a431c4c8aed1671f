//! What is planned along the horizon, if demand comes as it is forecast; and the same scaler supposed to be otherwise.
//! All of it on copies: whoever asks "what if" changes nothing.

use jiff::Timestamp;

use super::{Autoscaler, Workload};
use crate::capacity::{Known, demand_of};
use crate::events::Event;
use crate::forecast::value_at;
use crate::settings::Settings;
use crate::signal::Sample;

/// What is planned at a time that is yet to come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ahead {
    /// When: the end of a step of the forecast.
    pub at: Timestamp,
    /// Demand then, at the quantile that is provisioned for.
    pub demand: f64,
    /// Replicas that are asked for then, so that they are Ready when they are needed.
    pub replicas: u32,
    /// Node room that is kept then, in pods.
    pub headroom: u32,
}

impl Autoscaler {
    /// What would be planned at the end of each step ahead, if demand came as the median of the forecast and pods came
    /// as they were asked for. Empty while nothing is forecast. Near the end of the horizon plans know less: what comes
    /// beyond it is not in them.
    #[must_use]
    pub fn course(&self, now: Timestamp) -> Vec<Ahead> {
        let Some(forecast) = self.forecast() else { return vec![] };
        let mut then = self.clone();
        let ahead = forecast.steps().filter(|(at, _)| now < *at);
        ahead
            .map(|(at, quantiles)| {
                let plan = then.plan_for(at, Sample::new(at, value_at(quantiles, 0.5).max(0.0)));
                then.commit(&plan);
                then.come_about(value_at(quantiles, 0.5), plan.replicas);
                let demand = value_at(quantiles, self.settings.risk);
                Ahead { at, demand, replicas: plan.replicas, headroom: plan.headroom }
            })
            .collect()
    }

    /// The workload follows a plan, and what waits is served by it for a step.
    fn come_about(&mut self, arrivals: f64, replicas: u32) {
        self.workload = Some(Workload { replicas, existing: replicas, ready: Some(replicas) });
        let served = self.per_replica().map_or(arrivals, |per_replica| demand_of(replicas, per_replica));
        let rest = (arrivals - served) * self.settings.step.as_secs_f64();
        self.lag = self.lag.map(|lag| (lag + rest).max(0.0));
    }

    /// The same scaler as if it ran on other settings. All that it has learned is kept, whether or not it would be for
    /// good: of a capacity that is typed otherwise, demand is forecast as before.
    #[must_use]
    pub fn supposing(mut self, settings: Settings) -> Self {
        if self.settings.capacity != settings.capacity {
            self.capacity = Known::new(settings.capacity, settings.step);
        }
        self.settings = settings;
        self
    }

    /// The same scaler as if `events` were the calendar: what comes next is forecast anew from the newest step.
    #[must_use]
    pub fn supposing_events(mut self, events: &[Event]) -> Self {
        self.forecaster.say_again(events);
        self
    }
}
