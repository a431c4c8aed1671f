//! What KEDA's answers need to know of each scaler beside the board.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use prescale_model::Mode;

use crate::board::ScalerKey;

/// What a scaler's own settings say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Terms {
    /// Demand per replica, as the HPA is told: the target that our own HPA would have.
    pub per_replica: f64,
    /// Whether forecasts move anything.
    pub mode: Mode,
}

/// The terms of each scaler that has been ticked.
#[derive(Debug, Default)]
pub struct KnownTerms(RwLock<HashMap<ScalerKey, Terms>>);

impl KnownTerms {
    /// The terms of `key` are these from now on. Costs nothing to say again at each tick.
    pub fn set(&self, key: &ScalerKey, terms: Terms) {
        if self.of(key) != Some(terms) {
            self.0.write().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), terms);
        }
    }

    /// The scaler is no more.
    pub fn forget(&self, key: &ScalerKey) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    /// The terms of `key`; `None` before its first tick, and where there is no such scaler.
    #[must_use]
    pub fn of(&self, key: &ScalerKey) -> Option<Terms> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(key).copied()
    }
}
