//! What was read of one scaler's world for a tick. What could not be read is an error in words, and never a number.

use jiff::{SignedDuration, Timestamp};
use prescale_model::{Sample, Workload};

use crate::{
    headroom::{Granted, RoomSeen},
    nodes::Seen,
    sources::error::SourceError,
};

/// The newest sample of one source, or why there is none.
pub type Reading = Result<Sample, SourceError>;

/// Clocks of a cluster agree to well under a second. This is also the age from which on an answer is too old.
const CLOCKS_DIFFER_BY: SignedDuration = SignedDuration::from_secs(30);
/// An answer may be a few seconds old when it is compared with our clock.
const KNOWN_TO_S: f64 = 10.0;

/// What was read, by our clock: what the source's clock says is yet to come is of now, as a whole second, since ticks
/// are apart by whole seconds too.
pub(super) fn by_our_clock(sample: Sample, now: Timestamp) -> Sample {
    sample.no_later_than(
        Timestamp::from_second(now.as_second()).expect("it is a timestamp without its fraction"),
    )
}

/// How far the source's clock is ahead of ours, as far as that is known; `None` where it is not worth telling.
pub(super) fn clock_ahead(sample: Sample, now: Timestamp) -> Option<SignedDuration> {
    let ahead = sample.at().duration_since(now);
    let tens = (ahead.as_secs_f64() / KNOWN_TO_S).round();
    (CLOCKS_DIFFER_BY < ahead).then(|| SignedDuration::from_secs((tens * KNOWN_TO_S) as i64))
}

/// All that was read for a tick.
#[derive(Clone, Debug)]
pub struct Readings {
    /// Demand.
    pub demand: Reading,
    /// The leading signals, in the order of the scaler's list.
    pub signals: Vec<Reading>,
    /// The latency that capacity is learned from; `None` where capacity is given.
    pub latency: Option<Reading>,
    /// Messages that wait; `None` where unknown.
    pub lag: Option<f64>,
    /// What else is known of the topic and the group that demand names.
    pub queue: Queue,
    /// The workload as the cluster has it.
    pub workload: Result<Workload, NoWorkload>,
    /// What was seen of its pods, of nodes, and of the room on them.
    pub nodes: Nodes,
}

/// What was seen of a workload's pods, of nodes, and of the room on them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Nodes {
    /// Starts, pods and nodes.
    pub seen: Seen,
    /// What may be done about room.
    pub granted: Granted,
    /// What is known of room.
    pub room: RoomSeen,
    /// Placeholders that the Deployment of this scaler has; `None` where there is none.
    pub placeholders: Option<u32>,
    /// What the target's pods look like, as a number that changes with it; `None` where unknown.
    pub template: Option<u64>,
    /// Time between two reads of the HPA; `None` where unknown.
    pub hpa_period: Option<SignedDuration>,
}

impl Nodes {
    /// Starts on nodes that were there, and on those that were launched for them.
    pub(super) fn starts(&self) -> (Vec<SignedDuration>, Vec<SignedDuration>) {
        let of = |launched: bool| {
            let starts = self.seen.starts.iter().filter(|start| start.on_launched == launched);
            starts.map(|start| start.took).collect()
        };
        (of(false), of(true))
    }
}

/// The topic that the workload reads, and how its group fares.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Queue {
    /// Partitions of the topic; `None` where unknown, or where no group is named.
    pub partitions: Option<u32>,
    /// The age of the oldest message that waits; `None` where unknown.
    pub time_lag: Option<SignedDuration>,
    /// Messages that wait in the fullest partition over the mean; `None` where unknown, or where nothing waits.
    pub skew: Option<f64>,
    /// Why the lag is unknown, in words; `None` where it is known, or where no group is named.
    pub unknown: Option<String>,
    /// What else is to be said of demand's topic and of those of signals.
    pub notes: Vec<String>,
}

/// Why the workload is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoWorkload {
    /// There is none of this name.
    #[error("{kind} `{name}` is not there")]
    NotFound {
        /// As in `spec.scaleTargetRef`.
        kind: String,
        /// As in `spec.scaleTargetRef`.
        name: String,
    },
    /// The cluster does not know this kind, or it cannot be scaled.
    #[error("{kind} of {api_version} has no scale subresource here")]
    NotScalable {
        /// As in `spec.scaleTargetRef`.
        api_version: String,
        /// As in `spec.scaleTargetRef`.
        kind: String,
    },
    /// The API server is away, or refuses.
    #[error("{kind} `{name}` cannot be read: {message}")]
    Unreadable {
        /// As in `spec.scaleTargetRef`.
        kind: String,
        /// As in `spec.scaleTargetRef`.
        name: String,
        /// The API server's words.
        message: String,
    },
}
