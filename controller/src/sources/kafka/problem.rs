//! What is not known of a topic or a group, and why, in words that its owner can act on.

use std::time::Duration;

use jiff::Timestamp;

use crate::sources::error::SourceError;

/// Why something is not known of a topic.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It was asked for a moment ago for the first time.
    #[error("it has not been polled yet")]
    NotPolled,
    /// There is no Kafka.
    #[error("no Kafka is configured: start the controller with --kafka-bootstrap-servers")]
    NoKafka,
    /// A rate takes two polls.
    #[error("its arrivals are known from the second poll on")]
    OnePoll,
    /// End offsets went back: the topic was deleted and made anew, or its log lost its end.
    #[error("its offsets began anew: its arrivals are known from the next poll on")]
    BeganAnew,
    /// The last good poll is too long ago to be what is so now.
    #[error("it was last polled at {since}, which is too long ago")]
    Stale {
        /// The last good poll.
        since: Timestamp,
    },
    /// There is none of this name.
    #[error("there is no such topic")]
    NoTopic,
    /// Our user may not see it.
    #[error("our user may not {0}: {1}")]
    Denied(&'static str, String),
    /// Nobody leads a partition: its brokers are away.
    #[error("partition {partition} has no leader")]
    NoLeader {
        /// Which.
        partition: i32,
    },
    /// Kafka's own word for what is wrong.
    #[error("the broker answers {0}")]
    Answered(String),
    /// A broker is away, or does not talk to us.
    #[error("cannot reach the broker {address}: {message}")]
    Unreachable {
        /// Which.
        address: String,
        /// The innermost cause.
        message: String,
    },
    /// A poll did not come to its end.
    #[error("a poll of all brokers takes longer than {} s", within.as_secs())]
    TimedOut {
        /// The bound.
        within: Duration,
    },
    /// What it takes to connect is not there.
    #[error("cannot connect: {0}")]
    NotConfigured(String),
    /// More comes than a poll may read.
    #[error(
        "more than {most_mib} MiB of records come between two polls: sum them up elsewhere, such as in Prometheus"
    )]
    TooManyRecords {
        /// The bound.
        most_mib: usize,
    },
    /// None of its records has the field.
    #[error("none of its records is JSON with a number of 0 or more at `{path}`")]
    NoField {
        /// The names that should lead to it.
        path: String,
    },
    /// Too many topics are asked for.
    #[error("{most} other topics are followed already, and no more can be")]
    TooMany {
        /// The bound.
        most: usize,
    },
}

impl Problem {
    /// The same, as what is wrong with a source.
    #[must_use]
    pub fn of(self, topic: &str) -> SourceError {
        SourceError::Kafka { topic: topic.to_owned(), problem: self }
    }

    /// Whether nothing is known only because we have begun.
    #[must_use]
    pub fn is_starting(&self) -> bool {
        matches!(self, Self::NotPolled | Self::OnePoll)
    }

    /// A short constant word for metrics.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotPolled | Self::OnePoll => "kafka_starting",
            Self::NoKafka => "kafka_not_connected",
            Self::BeganAnew => "kafka_began_anew",
            Self::Stale { .. } => "kafka_stale",
            Self::NoTopic => "kafka_no_topic",
            Self::Denied(..) => "kafka_denied",
            Self::NoLeader { .. } => "kafka_no_leader",
            Self::Answered(_) => "kafka_answered",
            Self::Unreachable { .. } => "kafka_unreachable",
            Self::TimedOut { .. } => "kafka_timed_out",
            Self::NotConfigured(_) => "kafka_not_configured",
            Self::TooManyRecords { .. } => "kafka_too_many_records",
            Self::NoField { .. } => "kafka_no_field",
            Self::TooMany { .. } => "kafka_too_many",
        }
    }
}

/// Why the lag of a group is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    /// There is no such group, or nobody has used it for as long as Kafka keeps it.
    #[error("there is no such consumer group")]
    NoGroup,
    /// It has said of a partition with messages nothing yet.
    #[error("the group has committed no offset for partition {partition}")]
    NothingCommitted {
        /// Which.
        partition: i32,
    },
    /// Retention was faster than the group: what was lost is not known, and nobody will read it.
    #[error(
        "the group has committed offset {committed} of partition {partition}, and retention has deleted all before \
         {start}"
    )]
    Deleted {
        /// Which.
        partition: i32,
        /// What the group committed.
        committed: i64,
        /// The first offset that is there.
        start: i64,
    },
    /// The topic was made anew, or its log lost its end.
    #[error("the group has committed offset {committed} of partition {partition}, which ends at {end}")]
    PastTheEnd {
        /// Which.
        partition: i32,
        /// What the group committed.
        committed: i64,
        /// Where the partition ends.
        end: i64,
    },
    /// The offsets of the topic, or those that the group committed, could not be read.
    #[error(transparent)]
    Unread(#[from] Problem),
}

impl Unknown {
    /// Whether it is unknown only because we have begun.
    #[must_use]
    pub fn is_starting(&self) -> bool {
        matches!(self, Self::Unread(problem) if problem.is_starting())
    }
}
