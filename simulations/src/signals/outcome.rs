//! What a check of signals found, for people and for machines.

use jiff::{SignedDuration, Timestamp};
use prescale_controller::api::CheckedScaler;
use serde::Serialize;

use super::heard::{Heard, Now};
use super::lead::lead;
use super::worth::{Judge, Worth};
use crate::figures::duration;
use crate::record::DEMAND;
use crate::recording::Column;

/// Leads are looked for this far either way.
const FARTHEST: SignedDuration = SignedDuration::from_hours(1);

/// A signal that saves this share of the loss is worth wiring.
const WORTH_WIRING: f64 = 0.02;

/// Steps without which nothing can be said of a lead, and less of a forecast.
const LEAST_STEPS: usize = 240;

/// What was found. `--json` prints it as it stands.
#[derive(Debug, Serialize)]
pub(super) struct Outcome {
    /// Namespace and name of the scaler.
    pub(super) scaler: String,
    /// Start of the first step of the history.
    pub(super) from: Timestamp,
    /// End of its last.
    pub(super) to: Timestamp,
    /// Length of a step, in seconds.
    pub(super) step_s: f64,
    /// Demand itself.
    pub(super) demand: SignalOutcome,
    /// The signals, in the scaler's order.
    pub(super) signals: Vec<SignalOutcome>,
}

/// What was found of one signal.
#[derive(Debug, Serialize)]
pub(super) struct SignalOutcome {
    /// Its name.
    pub(super) name: String,
    /// What it gives now; missing where it cannot be read.
    pub(super) now: Option<f64>,
    /// Why it cannot be read.
    pub(super) problem: Option<String>,
    /// Seconds since it last changed; missing where it has not for ten minutes, or nothing is live.
    pub(super) changed_s_ago: Option<f64>,
    /// Share of demand's steps at which it has a value.
    pub(super) covered: f64,
    /// Seconds by which its changes come before those of demand, below 0 where they follow; missing where none are
    /// alike beyond chance.
    pub(super) lead_s: Option<f64>,
    /// Correlation of the changes there.
    pub(super) correlation: Option<f64>,
    /// What it saves, a horizon each; empty where there is too little to judge.
    pub(super) worth: Vec<Worth>,
    /// All of it in a sentence.
    pub(super) verdict: String,
}

impl Outcome {
    /// What `heard` tells of each signal of `scaler`, and at `horizons`, in steps.
    pub(super) fn of(scaler: &CheckedScaler, heard: &Heard, horizons: Vec<u32>) -> Self {
        let recording = &heard.recording;
        let judge = Judge::new(recording, &heard.calendar, horizons);
        let signals = scaler.signals.iter().map(|(name, _)| {
            let column = recording.named(name).filter(|column| column.iter().any(|value| value.is_some()));
            signal(name, heard, column, &judge)
        });
        Self {
            scaler: format!("{}/{}", scaler.namespace, scaler.name),
            from: recording.start,
            to: recording.time_at(recording.len()),
            step_s: recording.step.as_secs_f64(),
            demand: demand(heard),
            signals: signals.collect(),
        }
    }

    /// How many of all cannot be read.
    pub(super) fn unread(&self) -> usize {
        self.signals.iter().chain([&self.demand]).filter(|signal| signal.problem.is_some()).count()
    }
}

fn demand(heard: &Heard) -> SignalOutcome {
    let covered = heard.recording.demand().map_or(0.0, |demand| covered(demand, demand.len()));
    SignalOutcome { verdict: "what is provisioned for".into(), covered, ..unheard(DEMAND, heard) }
}

/// What it gives now, and nothing of its history.
fn unheard(name: &str, heard: &Heard) -> SignalOutcome {
    let now = heard.now.get(name);
    let read = now.and_then(|now| now.as_ref().ok());
    SignalOutcome {
        name: name.to_owned(),
        now: read.map(|now| now.value),
        problem: now.and_then(|now| now.as_ref().err()).cloned(),
        changed_s_ago: read.and_then(|Now { changed_ago, .. }| changed_ago.map(|ago| ago.as_secs_f64())),
        covered: 0.0,
        lead_s: None,
        correlation: None,
        worth: vec![],
        verdict: "no history: it cannot be judged".into(),
    }
}

fn signal(name: &str, heard: &Heard, column: Option<&Column>, judge: &Judge<'_>) -> SignalOutcome {
    let recording = &heard.recording;
    let unheard = unheard(name, heard);
    let Some((column, demand)) = column.zip(recording.demand()) else { return unheard };
    let covered = covered(column, demand.len());
    if ((covered * demand.len() as f64) as usize) < LEAST_STEPS {
        let verdict = format!("less than {LEAST_STEPS} steps of history: too few to judge");
        return SignalOutcome { covered, verdict, ..unheard };
    }
    let most = usize::try_from(FARTHEST.as_millis() / recording.step.as_millis()).unwrap_or(1).max(1);
    let (signal, of_demand): (Vec<_>, Vec<_>) = (column.iter().collect(), demand.iter().collect());
    let lead = lead(&signal, &of_demand, most);
    let lead_s = lead.map(|lead| lead.steps as f64 * recording.step.as_secs_f64());
    let worth = judge.worth(column);
    let verdict = verdict(lead_s, &worth);
    SignalOutcome {
        covered,
        lead_s,
        correlation: lead.map(|lead| lead.correlation),
        worth,
        verdict,
        ..unheard
    }
}

fn covered(column: &Column, steps: usize) -> f64 {
    column.iter().flatten().count() as f64 / steps.max(1) as f64
}

fn verdict(lead_s: Option<f64>, worth: &[Worth]) -> String {
    let saves = worth.iter().filter_map(|worth| worth.saves).fold(f64::NEG_INFINITY, f64::max);
    let on_ramps = worth.iter().filter_map(|worth| worth.saves_on_ramps).fold(f64::NEG_INFINITY, f64::max);
    let when = match lead_s {
        None => "its changes are not demand's".to_owned(),
        Some(0.0) => "it changes together with demand".to_owned(),
        Some(lead) if lead < 0.0 => format!("it follows demand by {}", duration(-lead)),
        Some(lead) => format!("it leads demand by {}", duration(lead)),
    };
    let is_worth = WORTH_WIRING <= saves || WORTH_WIRING <= on_ramps;
    format!("{when}: {}", if is_worth { "worth wiring" } else { "not worth wiring" })
}
