//! What is told of all people together.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use super::{Crowd, lock};
use crate::latencies::Quantiles;

/// What is told of people: who came, what they heard, and how they were treated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CrowdReport {
    /// The most people that were in rooms at the end of a second.
    pub joined_at_most: u64,
    /// The most that were waiting to be let in.
    pub waiting_at_most: u64,
    /// From connecting to the room, the waiting room included.
    pub admission: Quantiles,
    /// Times that somebody's place in the waiting room grew.
    pub overtaken: u64,
    /// Times that somebody was told to go elsewhere.
    pub goodbyes: u64,
    /// Times that a socket was cut without a word.
    pub cut_off: u64,
    /// Times that somebody was in a room again.
    pub joined_again: u64,
    /// Interactions that were refused for now, and sent again when the service had said.
    pub put_off: u64,
    /// Why people did not get in, and how often.
    pub shut_out: BTreeMap<String, u64>,
    /// Updates that were received.
    pub updates: u64,
    /// Their bytes.
    pub update_bytes: u64,
    /// Updates a person and second; missing where nobody was in a room.
    pub updates_per_person_second: Option<f64>,
    /// Frames that could not be read.
    pub unreadable: u64,
}

impl Crowd {
    /// What is told of people.
    pub(in crate::rooms) fn report(&self) -> CrowdReport {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let looked = lock(&self.looked);
        let counts = &self.counts;
        let (updates, seconds) = (looked.updates_before, looked.person_seconds);
        CrowdReport {
            joined_at_most: looked.joined_at_most,
            waiting_at_most: looked.waiting_at_most,
            admission: looked.admission.quantiles(),
            overtaken: read(&counts.overtaken),
            goodbyes: read(&counts.goodbyes),
            cut_off: read(&counts.cut_off),
            joined_again: read(&counts.joined_again),
            put_off: read(&counts.put_off),
            shut_out: lock(&counts.shut).clone(),
            updates: read(&counts.updates),
            update_bytes: read(&counts.update_bytes),
            updates_per_person_second: (0 < seconds).then(|| updates as f64 / seconds as f64),
            unreadable: read(&counts.unreadable),
        }
    }
}
