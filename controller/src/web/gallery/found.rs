//! What was found of a scaler, since when it is so, and what of it is worst.

use jiff::Timestamp;
use prescale_model::Limit;

use super::Look;
use crate::{
    status::{Finding, Truth},
    web::wire::{ConditionShown, ScalerState},
};

/// What was found of a scaler.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    items: Vec<(Finding, Timestamp)>,
}

impl Found {
    pub(super) fn new(look: &Look<'_>) -> Self {
        let mut found = Self::default();
        found.take(look);
        found
    }

    /// Takes in what was found now. What is as it was keeps its time.
    pub(super) fn take(&mut self, look: &Look<'_>) {
        let is_as_before = self.items.len() == look.findings.len()
            && self.items.iter().zip(look.findings).all(|((before, _), now)| before == now);
        if is_as_before {
            return;
        }
        let before = std::mem::take(&mut self.items);
        self.items =
            look.findings.iter().map(|finding| (finding.clone(), since(finding, &before, look))).collect();
    }

    /// What was found of something.
    pub(super) fn says(&self, of: &str) -> Option<&str> {
        self.items.iter().find(|(finding, _)| finding.of == of).map(|(finding, _)| &*finding.message)
    }

    /// As the status has it.
    pub(super) fn conditions(&self) -> Vec<ConditionShown> {
        self.items.iter().map(shown).collect()
    }

    /// What was found of something, as the status has it.
    pub(super) fn condition(&self, of: &str) -> Option<ConditionShown> {
        self.items.iter().find(|(finding, _)| finding.of == of).map(shown)
    }

    /// The worst, with its words.
    pub(super) fn worst(&self, look: &Look<'_>) -> (ScalerState, Option<String>) {
        let wrong = self.items.iter().filter(|(finding, _)| finding.truth == Truth::False);
        let graded = wrong.map(|(finding, _)| (grade(finding), finding));
        let worst = graded.filter(|(grade, _)| *grade != ScalerState::Ok);
        // Of equals the first: `Ready` comes before what it is made of.
        let worst = worst.rev().max_by_key(|(grade, _)| *grade);
        match worst {
            Some((grade, finding)) => (grade, Some(finding.message.to_string())),
            None if self.items.is_empty() && look.plan.reason.limit == Some(Limit::Ceiling) => {
                (ScalerState::Warning, Some(Limit::Ceiling.to_string()))
            }
            None => (ScalerState::Ok, None),
        }
    }
}

fn shown((finding, since): &(Finding, Timestamp)) -> ConditionShown {
    ConditionShown {
        of: finding.of.to_owned(),
        status: finding.truth.word().to_owned(),
        reason: finding.reason.to_owned(),
        message: finding.message.to_string(),
        last_transition_time: *since,
    }
}

fn since(finding: &Finding, before: &[(Finding, Timestamp)], look: &Look<'_>) -> Timestamp {
    let known = before.iter().find(|(known, _)| known.of == finding.of && known.truth == finding.truth);
    let written = || {
        let written = look.began.iter().find(|one| one.of == finding.of && one.truth == finding.truth);
        written.map(|written| written.at)
    };
    known.map(|(_, since)| *since).or_else(written).unwrap_or(look.now)
}

/// How bad it is that something does not hold.
fn grade(finding: &Finding) -> ScalerState {
    match (finding.of, finding.reason) {
        // It was asked for.
        ("Forecasting", "Paused") => ScalerState::Ok,
        ("SourceHealthy", "LagUnknown" | "ClockBehind") => ScalerState::Warning,
        ("Ready" | "SourceHealthy", _) => ScalerState::Failing,
        (_, _) => ScalerState::Warning,
    }
}
