//! Snapshots: what a scaler's forecaster has learned, and up to when.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    ScalerId, SourcesId,
    fault::Damaged,
    row::{seal, unseal},
};

/// What is kept of a scaler beside its samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Whose.
    pub scaler: ScalerId,
    /// What it has learned from: it is of no use to a scaler with other sources.
    pub sources: SourcesId,
    /// End of the newest step that it has learned.
    pub closed_to: Timestamp,
    /// What [`prescale_model::Autoscaler::snapshot`] gave.
    pub forecaster: Vec<u8>,
    /// The most demand observed during each event.
    pub peaks: BTreeMap<String, f64>,
}

impl Snapshot {
    pub(super) fn row(&self) -> Vec<u8> {
        seal(postcard::to_allocvec(self).expect("a snapshot is plain values, and memory is all it needs"))
    }

    pub(super) fn of_row(row: &[u8]) -> Result<Self, Damaged> {
        postcard::from_bytes(unseal(row)?).map_err(|_| Damaged)
    }
}
