//! What a tick decides to do. Nothing has been done when these are made.

use crate::api::PredictiveScalerStatus;
use crate::apply::HoldAct;
use crate::board::{Notice, Observed};
use crate::headroom::HeadroomAct;
use crate::hpa::HpaAct;

/// One thing to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Put what this replica observes on its board.
    Observe(Observed),
    /// Put the plan on the board of every replica.
    Publish(Box<Notice>),
    /// Create or update the HPA.
    ApplyHpa(HpaAct),
    /// Keep node room, or give it back.
    SetHeadroom(HeadroomAct),
    /// Have Karpenter leave nodes alone, or let go of them.
    HoldDisruption(HoldAct),
    /// Write the status.
    SetStatus(Box<PredictiveScalerStatus>),
    /// Tell the operator.
    Emit(KubeEvent),
}

/// A Kubernetes event about a scaler, on an edge and never on a level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubeEvent {
    /// Whether someone should look.
    pub weight: Weight,
    /// One CamelCase word.
    pub reason: &'static str,
    /// A sentence.
    pub note: String,
}

/// Whether someone should look at an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// For the record.
    Normal,
    /// Someone should look.
    Warning,
}

impl KubeEvent {
    /// For the record.
    pub fn normal(reason: &'static str, note: impl Into<String>) -> Self {
        Self { weight: Weight::Normal, reason, note: note.into() }
    }

    /// Someone should look.
    pub fn warning(reason: &'static str, note: impl Into<String>) -> Self {
        Self { weight: Weight::Warning, reason, note: note.into() }
    }
}
