//! A fortnight of a live-score and streaming gateway, with six ordinary matches and then the final.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::chance::{Chance, Restlessness};
use super::crowd::{arriving, gathering, leaving, rushing};
use super::rhythm::Rhythm;
use super::{Span, TIME_ZONE, at, largest_between, rate};
use crate::import::event_yaml::{self, EventYaml};
use crate::recording::{Meta, Recording};

const SEED: u64 = 1998;

/// Requests a second that a million viewers add once all are there, as an assumption.
const PER_MILLION: f64 = 1_080.0;

/// Minutes from kick-off to the final whistle: two halves, the break, and added time.
const WHISTLE: f64 = 110.0;

/// Minutes from kick-off to the end of extra time.
const WHISTLE_AFTER_EXTRA_TIME: f64 = 146.0;

/// One match, as it was announced and as it went.
struct Match {
    name: &'static str,
    kick_off: &'static str,
    viewers: f64,
    /// What a viewer did beside the others' mean: crowds of one size differ.
    eagerness: f64,
    /// Minutes from kick-off, by the wall clock.
    goals: &'static [f64],
    whistle: f64,
    /// What somebody who has to guess would expect of the true peak.
    guess: f64,
}

const MATCHES: [Match; 7] = [
    Match {
        name: "league-round-37",
        kick_off: "2026-05-16T19:00:00Z",
        viewers: 1.2e6,
        eagerness: 0.95,
        goals: &[23.0, 88.0],
        whistle: WHISTLE,
        guess: 1.10,
    },
    Match {
        name: "semi-final-1-first-leg",
        kick_off: "2026-05-19T19:00:00Z",
        viewers: 1.6e6,
        eagerness: 1.08,
        goals: &[12.0, 41.0, 97.0],
        whistle: WHISTLE,
        guess: 0.88,
    },
    Match {
        name: "semi-final-2-first-leg",
        kick_off: "2026-05-20T19:00:00Z",
        viewers: 1.9e6,
        eagerness: 0.97,
        goals: &[71.0],
        whistle: WHISTLE,
        guess: 1.06,
    },
    Match {
        name: "league-round-38",
        kick_off: "2026-05-24T18:45:00Z",
        viewers: 1.4e6,
        eagerness: 1.04,
        goals: &[8.0, 33.0, 66.0, 104.0],
        whistle: WHISTLE,
        guess: 0.92,
    },
    Match {
        name: "semi-final-1-second-leg",
        kick_off: "2026-05-26T19:00:00Z",
        viewers: 2.1e6,
        eagerness: 1.02,
        goals: &[65.0, 95.0],
        whistle: WHISTLE,
        guess: 1.12,
    },
    Match {
        name: "semi-final-2-second-leg",
        kick_off: "2026-05-27T19:00:00Z",
        viewers: 1.0e6,
        eagerness: 0.93,
        goals: &[],
        whistle: WHISTLE,
        guess: 1.15,
    },
    Match {
        name: "final",
        kick_off: "2026-05-30T19:00:00Z",
        viewers: 4.0e6,
        eagerness: 1.03,
        goals: &[19.0, 78.0, 131.0],
        whistle: WHISTLE_AFTER_EXTRA_TIME,
        guess: 0.90,
    },
];

pub(super) fn recording() -> Recording {
    let span =
        Span { start: at("2026-05-16T00:00:00Z"), step: SignedDuration::from_mins(1), len: 15 * 24 * 60 };
    let rhythm = Rhythm::new(300.0, 760.0, 20.0, 1.06);
    let mut chance = Chance::new(SEED, Restlessness { memory: 0.9, mood: 0.04, burst: 0.02 });
    let requests = span
        .times()
        .map(|at| {
            let crowds: f64 = MATCHES.iter().map(|game| game.requests_at(at)).sum();
            Some(chance.rate(rhythm.rate_at(at) + crowds, span.step.as_secs_f64()))
        })
        .collect();
    let events: Vec<EventYaml> = MATCHES
        .iter()
        .map(|game| {
            let (starts_at, over) = (at(game.kick_off), at(game.kick_off) + SignedDuration::from_hours(3));
            let peak = largest_between(span, &requests, starts_at - SignedDuration::from_mins(30), over);
            game.announcement((peak * game.guess / 100.0).round() * 100.0)
        })
        .collect();
    let zone = TimeZone::get(TIME_ZONE).expect("the zone is a constant that every zone database knows");
    Recording {
        meta: meta(),
        start: span.start,
        step: span.step,
        signals: BTreeMap::from([("requests".into(), requests)]),
        events_yaml: Some(event_yaml::write(&events, &zone)),
    }
}

impl Match {
    /// Requests a second that its crowd adds.
    fn requests_at(&self, at: Timestamp) -> f64 {
        let minute = at.duration_since(super::at(self.kick_off)).as_secs_f64() / 60.0;
        let is_far = !(-120.0..=300.0).contains(&minute);
        if is_far {
            return 0.0;
        }
        let there = arriving(minute, -1.0, 1.2) * leaving(minute, self.whistle, 11.0);
        let half_time = 0.30 * gathering(minute, 49.0, 2.5);
        let goals: f64 = self.goals.iter().map(|&goal| 0.30 * rushing(minute, goal, 2.5)).sum();
        let whistle = 0.35 * gathering(minute, self.whistle, 2.0);
        let all_there = self.viewers / 1e6 * PER_MILLION * self.eagerness;
        all_there * (0.85 * there * (1.0 + half_time + goals) + whistle)
    }

    /// What the calendar says: two hours, for nobody plans with extra time.
    fn announcement(&self, expected_peak: f64) -> EventYaml {
        let starts_at = at(self.kick_off);
        EventYaml {
            name: self.name.into(),
            class: "kick-off".into(),
            starts_at,
            ends_at: starts_at + SignedDuration::from_hours(2),
            magnitude: Some(self.viewers),
            expected: Some((expected_peak, "10m")),
            announced_at: None,
            withdrawn_at: None,
        }
    }
}

fn meta() -> Meta {
    Meta {
        title: "Match night".into(),
        what: "Requests at the gateway of a live-score and streaming service: a fortnight with six ordinary \
               matches, then the final, which goes into extra time"
            .into(),
        source: "made by a seeded generator from published figures of live-event traffic; not recorded"
            .into(),
        licence: "Apache-2.0".into(),
        generated: Some(format!("prescale generate, seed {SEED}")),
        time_zone: TIME_ZONE.into(),
        demand: "requests".into(),
        signals: BTreeMap::from([("requests".into(), rate("requests/s"))]),
    }
}
