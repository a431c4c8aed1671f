//! Where samples come from: a source that has been checked, and one module for each kind that can be read.
//! Sources translate wire shapes to samples and decide nothing; what is missing stays missing.

pub mod connection;
pub mod error;
pub mod kafka;
pub mod prometheus;
pub mod reader;

use jiff::SignedDuration;

use crate::board::ScalerKey;

/// Where one signal is observed, and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Where its values come from.
    pub origin: Origin,
    /// Time between two samples: whole seconds, from one second to one hour.
    pub step: SignedDuration,
    /// How late it is known: what it gives now is of so long ago. Whole seconds, up to one hour.
    pub delay: SignedDuration,
}

/// Where values come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A query to Prometheus.
    Prometheus {
        /// PromQL that gives one series.
        query: String,
    },
    /// The arrivals on a topic.
    Kafka {
        /// The topic.
        topic: String,
        /// The group whose lag is read; `None` where only arrivals are known.
        consumer_group: Option<String>,
        /// The number field of its JSON records whose sum is the value, `order.tickets`; `None` where records count.
        sum: Option<String>,
    },
    /// Values that clients push.
    Push {
        /// The scaler that they are pushed to.
        scaler: ScalerKey,
        /// Its signal, or `demand`.
        signal: String,
    },
}
