//! What a scaler is charged with: its spec, the events that concern it, and what was judged of its HPA.

use std::sync::Arc;

use prescale_model::{Autoscaler, Event};

use crate::{api::CheckedScaler, board::ScalerKey, hpa::Judgement};

/// What a scaler is charged with.
#[derive(Clone, Debug, PartialEq)]
pub struct Charge {
    /// Which scaler.
    pub key: ScalerKey,
    /// Its unique identity: another scaler of the same name has another.
    pub uid: Arc<str>,
    /// The generation of the spec that was written last.
    pub generation: Option<i64>,
    /// The spec that runs.
    pub spec: Arc<CheckedScaler>,
    /// What is wrong with the spec that was written last, if it is not the one that runs.
    pub refusal: Option<Arc<str>>,
    /// The events that concern it and were not called off.
    pub events: Arc<[Event]>,
    /// What was judged of its HPA.
    pub judgement: Arc<Judgement>,
}

/// What becomes of what was learned when the charge changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Learning {
    /// It still fits.
    Kept,
    /// Another source, step or horizon: history has to be learned anew.
    Anew,
}

impl Charge {
    /// Whether what `autoscaler` has learned under this charge fits the next.
    pub(super) fn learning_under(&self, next: &Self, autoscaler: &Autoscaler) -> Learning {
        let (before, after) = (&self.spec, &next.spec);
        let same_sources = before.demand == after.demand && before.signals == after.signals;
        if same_sources && (before == after || autoscaler.keeps_learning(&after.settings)) {
            Learning::Kept
        } else {
            Learning::Anew
        }
    }
}
