//! What is planned along the horizon, if demand comes as it is forecast; and the same scaler supposed to be otherwise.
//! All of it on copies: whoever asks "what if" changes nothing.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Autoscaler, Room, Workload};
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
        self.room = Room::default();
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
        self.settings = Arc::new(settings);
        self
    }

    /// The same scaler as if `events` were the calendar: what comes next is forecast anew from the newest step.
    #[must_use]
    pub fn supposing_events(mut self, events: &[Event]) -> Self {
        self.forecaster.say_again(events);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Observation,
        autoscaler::by_minutes::{MINUTE, at, on_sale, settings},
        settings::{CapacitySettings, Limits},
    };

    /// Six hours of even demand, with an event announced ten minutes ahead of the end.
    fn scaler() -> (Autoscaler, Timestamp, Event) {
        let (mut scaler, end) = (Autoscaler::new(settings()), 360);
        let event = on_sale(at(end) + MINUTE * 10, MINUTE * 60);
        for minute in 0..=end {
            let demand = 1_000.0 + 30.0 * (minute as f64 * 0.7).sin();
            let seen = Observation {
                demand: &[Sample::new(at(minute), demand).unwrap()],
                events: std::slice::from_ref(&event),
                workload: Some(Workload { replicas: 11, existing: 11, ready: Some(11) }),
                ..Observation::default()
            };
            scaler.observe(at(minute), &seen);
            let plan = scaler.plan(at(minute));
            scaler.commit(&plan);
        }
        (scaler, at(end), event)
    }

    fn most(course: &[Ahead]) -> u32 {
        course.iter().map(|ahead| ahead.replicas).max().unwrap()
    }

    /// When more than double the usual replicas are asked for first.
    fn first_rise(course: &[Ahead]) -> Option<Timestamp> {
        course.iter().find(|ahead| 22 < ahead.replicas).map(|ahead| ahead.at)
    }

    #[test]
    fn the_course_asks_for_replicas_before_demand_comes() {
        let (scaler, now, event) = scaler();
        let course = scaler.course(now);
        assert!(now < course[0].at && course.windows(2).all(|pair| pair[0].at < pair[1].at));
        let rise = course.iter().find(|ahead| 2_200.0 < ahead.demand).unwrap();
        assert!(rise.at <= event.starts_at + MINUTE);
        assert!(first_rise(&course).unwrap() < rise.at, "{course:?}");
    }

    #[test]
    fn suppositions_change_what_they_say_and_nothing_else() {
        let (scaler, now, event) = scaler();
        let before = scaler.course(now);
        let (snapshot, plan) = (scaler.snapshot(), scaler.plan(now));
        let earlier = Event { starts_at: event.starts_at - MINUTE * 5, ..event.clone() };
        let moved = scaler.clone().supposing_events(&[earlier]).course(now);
        assert!(first_rise(&moved).unwrap() + MINUTE * 3 < first_rise(&before).unwrap(), "{moved:?}");
        let without = scaler.clone().supposing_events(&[]).course(now);
        assert_eq!(first_rise(&without), None);
        let same = scaler.clone().supposing_events(std::slice::from_ref(&event));
        assert_eq!(same.forecast(), scaler.forecast(), "the same calendar says the same again");
        let limits = Limits { min: 1, max: 15 };
        let limited = scaler.clone().supposing(Settings { limits, ..settings() }).course(now);
        assert_eq!(most(&limited), 15);
        let capacity = CapacitySettings::Given { per_replica: 200.0 };
        let larger = scaler.clone().supposing(Settings { capacity, ..settings() }).course(now);
        assert_eq!(most(&larger), most(&before).div_ceil(2));
        assert_eq!((scaler.snapshot(), scaler.plan(now)), (snapshot, plan));
    }
}
