//! Three days of a ticket shop with three small on-sales, then a large one: twenty times within two minutes.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::chance::{Chance, Restlessness};
use super::crowd::{climbing, gathering, leaving};
use super::rhythm::Rhythm;
use super::{Span, TIME_ZONE, at, largest_between, rate};
use crate::import::event_yaml::{self, EventYaml};
use crate::recording::{Column, Meta, Recording};

const SEED: u64 = 1000;

/// Requests a second that a thousand tickets on sale add at the peak, as an assumption.
const PER_THOUSAND: f64 = 79.0;

/// People in the waiting room for each request a second at the peak, as an assumption.
const JOINS_PER_REQUEST: f64 = 0.25;

/// Seconds from the start of a rush to its peak.
const CLIMB_S: f64 = 120.0;

/// Seconds after which a rush is a factor e smaller.
const DECAY_S: f64 = 900.0;

/// Seconds by which people join the waiting room before they reach the shop.
const LEAD_S: f64 = 150.0;

/// One on-sale, as it was announced and as it went.
struct OnSale {
    name: &'static str,
    starts_at: &'static str,
    tickets: f64,
    /// What a ticket drew beside the others' mean.
    eagerness: f64,
    /// What somebody who has to guess would expect of the true peak.
    guess: f64,
}

const ON_SALES: [OnSale; 4] = [
    OnSale {
        name: "theatre-season",
        starts_at: "2026-09-09T08:00:00Z",
        tickets: 8_000.0,
        eagerness: 1.05,
        guess: 0.93,
    },
    OnSale {
        name: "autumn-festival",
        starts_at: "2026-09-10T08:00:00Z",
        tickets: 15_000.0,
        eagerness: 0.95,
        guess: 1.14,
    },
    OnSale {
        name: "comedy-night",
        starts_at: "2026-09-10T16:00:00Z",
        tickets: 5_000.0,
        eagerness: 1.03,
        guess: 1.09,
    },
    OnSale {
        name: "stadium-tour",
        starts_at: "2026-09-11T08:00:00Z",
        tickets: 60_000.0,
        eagerness: 1.0,
        guess: 0.89,
    },
];

pub(super) fn recording() -> Recording {
    let span =
        Span { start: at("2026-09-08T22:00:00Z"), step: SignedDuration::from_secs(15), len: 3 * 24 * 240 };
    let rhythm = Rhythm::new(90.0, 275.0, 13.0, 1.0);
    let requests = column(span, SEED, |at| {
        let rush: f64 = ON_SALES.iter().map(|sale| sale.requests_at(at)).sum();
        rhythm.rate_at(at) + rush
    });
    let queue_joins = column(span, SEED + 1, |at| {
        let rush: f64 = ON_SALES.iter().map(|sale| sale.joins_at(at)).sum();
        rhythm.rate_at(at) * 0.01 + rush
    });
    let events: Vec<EventYaml> = ON_SALES
        .iter()
        .map(|sale| {
            let starts_at = at(sale.starts_at);
            let peak = largest_between(span, &requests, starts_at, starts_at + SignedDuration::from_hours(1));
            sale.announcement((peak * sale.guess / 50.0).round() * 50.0)
        })
        .collect();
    let zone = TimeZone::get(TIME_ZONE).expect("the zone is a constant that every zone database knows");
    Recording {
        meta: meta(),
        start: span.start,
        step: span.step,
        signals: BTreeMap::from([("requests".into(), requests), ("queue_joins".into(), queue_joins)]),
        events_yaml: Some(event_yaml::write(&events, &zone)),
    }
}

fn column(span: Span, seed: u64, mean: impl Fn(Timestamp) -> f64) -> Column {
    let mut chance = Chance::new(seed, Restlessness { memory: 0.97, mood: 0.03, burst: 0.03 });
    span.times().map(|at| Some(chance.rate(mean(at), span.step.as_secs_f64()))).collect()
}

impl OnSale {
    /// Requests a second that its crowd adds: some look around in the minutes about it, most come with the start.
    fn requests_at(&self, at: Timestamp) -> f64 {
        let second = self.seconds_since_start(at);
        let looking = 0.02 * gathering(second, 0.0, 300.0);
        self.peak() * (looking + rush(second))
    }

    /// People a second who join its waiting room, ahead of the requests.
    fn joins_at(&self, at: Timestamp) -> f64 {
        self.peak() * JOINS_PER_REQUEST * rush(self.seconds_since_start(at) + LEAD_S)
    }

    fn peak(&self) -> f64 {
        self.tickets / 1e3 * PER_THOUSAND * self.eagerness
    }

    fn seconds_since_start(&self, at: Timestamp) -> f64 {
        at.duration_since(super::at(self.starts_at)).as_secs_f64()
    }

    fn announcement(&self, expected_peak: f64) -> EventYaml {
        let starts_at = at(self.starts_at);
        EventYaml {
            name: self.name.into(),
            class: "on-sale".into(),
            starts_at,
            ends_at: starts_at + SignedDuration::from_hours(1),
            magnitude: Some(self.tickets),
            expected: Some((expected_peak, "2m")),
            announced_at: None,
            withdrawn_at: None,
        }
    }
}

/// A rush that starts at second 0.
fn rush(second: f64) -> f64 {
    climbing(second, CLIMB_S) * leaving(second, CLIMB_S, DECAY_S)
}

fn meta() -> Meta {
    Meta {
        title: "On-sale".into(),
        what: "Requests and waiting-room joins of a ticket shop: three small on-sales, then one of twenty times the \
               ordinary traffic within two minutes"
            .into(),
        source: "made by a seeded generator from published figures of ticket sales; not recorded".into(),
        licence: "Apache-2.0".into(),
        generated: Some(format!("prescale generate, seed {SEED}")),
        time_zone: TIME_ZONE.into(),
        demand: "requests".into(),
        signals: BTreeMap::from([("requests".into(), rate("requests/s")), ("queue_joins".into(), rate("joins/s"))]),
    }
}
