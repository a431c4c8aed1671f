//! The recording's calendar, as the dashboard lists it. It was recorded, so nobody changes it.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::{FutureExt, future::BoxFuture};
use jiff::Timestamp;
use prescale_controller::web::{
    EventDesk, ReplayControl, Viewer, Which,
    wire::{EventDraft, EventRow, EventShort, Events, ExpectedDemandShown, Problem},
};

use super::Remote;
use crate::calendar::Announced;
use crate::scenario::Scenario;

/// The events of a recording, while it is replayed.
pub(super) struct Recorded {
    namespace: String,
    scaler: String,
    events: Vec<Announced>,
    concerning: Vec<String>,
    replay: Arc<Remote>,
}

impl Recorded {
    /// Those of `scenario`, at the time of `replay`.
    pub(super) fn new(scenario: &Scenario, replay: Arc<Remote>) -> Self {
        let scaler = &scenario.scaler;
        Self {
            namespace: scaler.namespace.clone(),
            scaler: format!("{}/{}", scaler.namespace, scaler.name),
            events: scenario.calendar.clone(),
            concerning: scenario.concerning.iter().map(|one| one.event.name.clone()).collect(),
            replay,
        }
    }

    fn row(&self, announced: &Announced, now: Timestamp) -> EventRow {
        let event = &announced.event;
        let concerns = self.concerning.contains(&event.name);
        EventRow {
            namespace: self.namespace.clone(),
            event: EventShort {
                name: event.name.clone(),
                class: event.class.clone(),
                effect: event.effect.into(),
                starts_at: event.starts_at,
                ends_at: event.ends_at,
                expected_peak: event.expected.map(|expected| expected.peak),
                // The scaler's own page has what it knows of its events.
                learned_uplift: None,
                observed_peak: None,
            },
            time_zone: None,
            magnitude: event.magnitude,
            confidence: event.confidence,
            expected_demand: event.expected.map(|expected| ExpectedDemandShown {
                peak: expected.peak,
                ramp_up_seconds: expected.ramp_up.as_secs_f64(),
            }),
            phase: phase(announced, now).to_owned(),
            labels: BTreeMap::new(),
            resource_version: String::new(),
            scalers: if concerns { vec![self.scaler.clone()] } else { vec![] },
            problem: None,
        }
    }
}

/// In the words of a DemandEvent's status.
fn phase(announced: &Announced, now: Timestamp) -> &'static str {
    let event = &announced.event;
    match () {
        () if announced.withdrawn_at.is_some_and(|at| at <= now) => "Cancelled",
        () if now < event.starts_at => "Announced",
        () if now < event.ends_at => "Active",
        () => "Observed",
    }
}

impl EventDesk for Recorded {
    fn list<'a>(&'a self, _: &'a Viewer) -> BoxFuture<'a, Result<Events, Problem>> {
        let now = self.replay.state().at;
        let is_known = |one: &&Announced| one.announced_at.is_none_or(|at| at <= now);
        let items = self.events.iter().filter(is_known).map(|one| self.row(one, now)).collect();
        async move { Ok(Events { now, items }) }.boxed()
    }

    fn create<'a>(&'a self, _: &'a Viewer, _: EventDraft) -> BoxFuture<'a, Result<EventRow, Problem>> {
        async { Err(recorded()) }.boxed()
    }

    fn update<'a>(&'a self, _: &'a Viewer, _: EventDraft) -> BoxFuture<'a, Result<EventRow, Problem>> {
        async { Err(recorded()) }.boxed()
    }

    fn delete<'a>(&'a self, _: &'a Viewer, _: Which) -> BoxFuture<'a, Result<(), Problem>> {
        async { Err(recorded()) }.boxed()
    }
}

fn recorded() -> Problem {
    Problem::new(
        axum::http::StatusCode::FORBIDDEN,
        "this calendar was recorded, and is not changed; What if shows what another one would do",
    )
}
