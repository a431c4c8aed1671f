//! A check of signals as a table for people.

use super::outcome::{Outcome, SignalOutcome};
use super::worth::Worth;
use crate::figures::{duration, minute};
use crate::markdown;

/// The table, and below it a sentence for each signal. No newline at the end.
pub(super) fn table(outcome: &Outcome) -> String {
    let horizons = outcome.signals.iter().map(|signal| &signal.worth).max_by_key(|worth| worth.len());
    let horizons: Vec<f64> = horizons.into_iter().flatten().map(|worth| worth.horizon_s).collect();
    let saves = horizons.iter().map(|&horizon| format!("saves at {} (ramps)", duration(horizon)));
    let header = ["signal", "now", "changed", "history", "lead", "alike"].map(str::to_owned);
    let all = [&outcome.demand].into_iter().chain(&outcome.signals);
    let rows = all.map(|signal| row(signal, horizons.len()));
    let table = markdown::table(header.into_iter().chain(saves), rows, 1);
    let span = format!(
        "{}, from {} to {}, a step each {}",
        outcome.scaler,
        minute(outcome.from),
        minute(outcome.to),
        duration(outcome.step_s)
    );
    let sentences = outcome.signals.iter().map(sentence).collect::<Vec<_>>().join("\n");
    format!("{span}\n\n{table}\n\n{sentences}")
}

fn row(signal: &SignalOutcome, horizons: usize) -> Vec<String> {
    let none = || "–".to_owned();
    let lead = signal.lead_s.map(|lead| match lead {
        lead if lead < 0.0 => format!("follows {}", duration(-lead)),
        lead => duration(lead),
    });
    let head = [
        signal.name.clone(),
        signal.now.map_or_else(none, |now| format!("{now:.1}")),
        signal.changed_s_ago.map_or_else(none, |ago| format!("{} ago", duration(ago.round()))),
        percent(signal.covered),
        lead.unwrap_or_else(none),
        signal.correlation.map_or_else(none, |correlation| format!("{correlation:.2}")),
    ];
    let worth = (0..horizons).map(|index| signal.worth.get(index).map_or_else(none, saves));
    head.into_iter().chain(worth).collect()
}

fn saves(worth: &Worth) -> String {
    let one = |saves: Option<f64>| saves.map_or_else(|| "–".to_owned(), percent);
    format!("{} ({})", one(worth.saves), one(worth.saves_on_ramps))
}

fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    // No minus before a zero.
    format!("{:.1} %", if percent.abs() < 0.05 { 0.0 } else { percent })
}

fn sentence(signal: &SignalOutcome) -> String {
    match &signal.problem {
        Some(problem) => format!("{}: cannot be read: {problem}", signal.name),
        None => format!("{}: {}", signal.name, signal.verdict),
    }
}
