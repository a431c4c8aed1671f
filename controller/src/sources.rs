//! Where samples come from: a source that has been checked, and one module for each kind that can be read.
//! Sources translate wire shapes to samples and decide nothing; what is missing stays missing.

pub mod connection;
pub mod error;
pub mod kafka;
pub mod prometheus;
pub mod reader;

use jiff::SignedDuration;

/// Where one signal is observed, and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Where its values come from.
    pub origin: Origin,
    /// Time between two samples: whole seconds, from one second to one hour.
    pub step: SignedDuration,
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
    /// Values that a client sends.
    Push,
}
