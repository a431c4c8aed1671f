//! A fortnight in which nothing was announced: rhythm and noise, one small surge, and a hole in the recording.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::chance::{Chance, Restlessness};
use super::crowd::{climbing, leaving};
use super::rhythm::Rhythm;
use super::{Span, TIME_ZONE, at, rate};
use crate::recording::{Meta, Recording};

const SEED: u64 = 14;

/// The surge that nobody announced: when it begins, and its requests a second at the top.
const SURGE_FROM: &str = "2026-03-11T13:20:00Z";
const SURGE_TOP: f64 = 450.0;

/// The hole in the recording: the metrics store was away.
const HOLE_FROM: &str = "2026-03-07T02:10:00Z";
const HOLE: SignedDuration = SignedDuration::from_mins(40);

pub(super) fn recording() -> Recording {
    let span =
        Span { start: at("2026-03-01T23:00:00Z"), step: SignedDuration::from_mins(1), len: 14 * 24 * 60 };
    let rhythm = Rhythm::new(180.0, 560.0, 16.0, 0.7);
    let mut chance = Chance::new(SEED, Restlessness { memory: 0.9, mood: 0.04, burst: 0.03 });
    let requests = span
        .times()
        .map(|at| {
            let rate = chance.rate(rhythm.rate_at(at) + surge_at(at), span.step.as_secs_f64());
            (!in_hole(at)).then_some(rate)
        })
        .collect();
    Recording {
        meta: meta(),
        start: span.start,
        step: span.step,
        signals: BTreeMap::from([("requests".into(), requests)]),
        events_yaml: None,
    }
}

/// Ten minutes up, and down by a factor e each 25 minutes: a link that went around.
fn surge_at(at: Timestamp) -> f64 {
    let minute = at.duration_since(super::at(SURGE_FROM)).as_secs_f64() / 60.0;
    SURGE_TOP * climbing(minute, 10.0) * leaving(minute, 10.0, 25.0)
}

fn in_hole(at: Timestamp) -> bool {
    let from = super::at(HOLE_FROM);
    from <= at && at < from + HOLE
}

fn meta() -> Meta {
    Meta {
        title: "Quiet fortnight".into(),
        what: "Requests at the gateway of a service that people use at work: no events, one small surge that nobody \
               announced, and 40 minutes that were not recorded"
            .into(),
        source: "made by a seeded generator; not recorded".into(),
        licence: "Apache-2.0".into(),
        generated: Some(format!("prescale generate, seed {SEED}")),
        time_zone: TIME_ZONE.into(),
        demand: "requests".into(),
        signals: BTreeMap::from([("requests".into(), rate("requests/s"))]),
    }
}
