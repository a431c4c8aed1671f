//! What replicas say to each other of what was pushed, as JSON.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::{board::ScalerKey, push::store::Parcel};

/// Samples in one message, from when on no further signal is begun: at 45 bytes each, a megabyte with the last of them.
pub(super) const MOST_IN_A_MESSAGE: usize = 20_000;
/// The longest message: four times that, names at their longest.
pub(super) const MOST_BYTES: usize = 4 << 20;

/// A message.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Message {
    /// From the leader to those that follow it.
    Tell {
        /// What was pushed.
        parcels: Vec<Parcel>,
    },
    /// From a follower to the leader.
    Report {
        /// Where the follower is.
        from: SocketAddr,
        /// What was pushed to it.
        parcels: Vec<Parcel>,
        /// What it asks for.
        ask: Option<Ask>,
    },
}

/// What a follower wants to know.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Ask {
    /// From when on, in ms.
    pub(super) since: i64,
    /// The last signal of the answer before.
    pub(super) after: Option<(ScalerKey, String)>,
}

/// An answer.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Reply {
    /// What was asked for; nothing where that was all.
    pub(super) parcels: Vec<Parcel>,
}

impl Parcel {
    /// What it is of, in the order of parcels.
    pub(super) fn place(&self) -> (ScalerKey, String) {
        (self.scaler.clone(), self.signal.clone())
    }
}
