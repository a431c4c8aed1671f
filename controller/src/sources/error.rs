//! Why a source could not be read, in words that its owner can act on, and whether asking again may help.

use std::time::Duration;

use jiff::Timestamp;

use super::kafka;

/// Why a source could not be read. Prints as the sentence that the status of its scaler shows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// The query is well-formed and matches nothing, and has matched nothing since the controller started.
    #[error("the query `{query}` gives no series")]
    NoSeries {
        /// The query.
        query: String,
    },
    /// The query gave a series before, and gives none now: what it counts is no longer scraped.
    #[error("the query `{query}` has given no series since {since}: its target is no longer scraped")]
    Silent {
        /// The query.
        query: String,
        /// When it last gave one.
        since: Timestamp,
    },
    /// One signal is one series: `sum(…)` makes one of many.
    #[error("the query `{query}` gives several series, such as {first} and {second}: wrap it in sum(…)")]
    SeveralSeries {
        /// The query.
        query: String,
        /// One of them, by its labels.
        first: String,
        /// Another.
        second: String,
    },
    /// NaN, which Prometheus gives for 0 / 0, an infinity, or a number below 0.
    #[error("the query `{query}` gives {value}, which is no amount")]
    NotAnAmount {
        /// The query.
        query: String,
        /// What it gives.
        value: String,
    },
    /// A scalar hides a missing series as NaN, and a range has no newest value.
    #[error("the query `{query}` gives a {kind}, not a series: {advice}")]
    NotASeries {
        /// The query.
        query: String,
        /// `scalar` or `range`.
        kind: &'static str,
        /// What to write instead.
        advice: &'static str,
    },
    /// The answer is of an earlier moment: a cache between here and Prometheus gives old ones, or our clock is ahead.
    #[error(
        "the query `{query}` is answered with the value of {at}, {age_s} s ago: is a cache in between, or do the clocks \
         differ?"
    )]
    TooOld {
        /// The query.
        query: String,
        /// The moment that it is of.
        at: Timestamp,
        /// How long ago that was, in seconds.
        age_s: i64,
    },
    /// Prometheus does not take the query: its own words.
    #[error("Prometheus refuses the query `{query}`: {message}")]
    Refused {
        /// The query.
        query: String,
        /// What Prometheus says.
        message: String,
    },
    /// Prometheus takes the query and fails to answer it: overloaded, starting or stopping.
    #[error("Prometheus cannot answer the query `{query}` now: {message}")]
    Failed {
        /// The query.
        query: String,
        /// What Prometheus says.
        message: String,
    },
    /// The credentials are missing, wrong, or not enough.
    #[error("{url} refuses our credentials: HTTP {status}")]
    Denied {
        /// The server.
        url: String,
        /// 401 or 403, with its name.
        status: String,
    },
    /// A status that is not of Prometheus: a proxy's, in most cases.
    #[error("{url} answers HTTP {status}")]
    HttpStatus {
        /// The server.
        url: String,
        /// The number, with its name.
        status: String,
        /// Whether the server says that it is its own fault, 5xx, or that we ask too often, 429.
        is_passing: bool,
    },
    /// No connection: the address is wrong, or the server is away.
    #[error("cannot reach {url}: {message}")]
    Unreachable {
        /// The server.
        url: String,
        /// The innermost cause.
        message: String,
    },
    /// An answer, but not one of Prometheus: a page, broken JSON.
    #[error("cannot read the answer of {url}: {message}")]
    Unreadable {
        /// The server.
        url: String,
        /// The innermost cause.
        message: String,
    },
    /// More than any one series needs.
    #[error("the answer to the query `{query}` is larger than {most_mib} MiB: wrap it in sum(…)")]
    TooLarge {
        /// The query.
        query: String,
        /// The bound, in MiB.
        most_mib: usize,
    },
    /// No answer in time.
    #[error("{url} gave no answer within {} s", within.as_secs())]
    TimedOut {
        /// The server.
        url: String,
        /// The bound.
        within: Duration,
    },
    /// Too many reads are under way for this one to have its turn.
    #[error("{url} is too slow for what is asked of it: no answer within {} s, with the wait", within.as_secs())]
    Busy {
        /// The server.
        url: String,
        /// The bound.
        within: Duration,
    },
    /// There is nothing to connect with: a Secret or a file that is missing or lacks a key.
    #[error("cannot connect to {url}: {problem}")]
    NotConfigured {
        /// The server.
        url: String,
        /// What is missing, by its name; never what is in it.
        problem: String,
    },
    /// What is wrong with a topic.
    #[error("the topic `{topic}`: {problem}")]
    Kafka {
        /// The topic.
        topic: String,
        /// What is wrong.
        problem: kafka::Problem,
    },
    /// Nobody has pushed to the signal lately.
    #[error("{}", nothing_pushed(.signal, *.since))]
    NothingPushed {
        /// The signal, or `demand`.
        signal: String,
        /// The time of the newest sample; `None` where there is none.
        since: Option<Timestamp>,
    },
    /// The controller does not listen for what is pushed.
    #[error("nobody can push to `{signal}`: the controller runs without --signals-bind")]
    PushOff {
        /// The signal, or `demand`.
        signal: String,
    },
}

impl SourceError {
    /// A short constant word for metrics: `no_series`, `timed_out`, …
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NoSeries { .. } => "no_series",
            Self::Silent { .. } => "silent",
            Self::SeveralSeries { .. } => "several_series",
            Self::NotAnAmount { .. } => "not_an_amount",
            Self::NotASeries { .. } => "not_a_series",
            Self::TooOld { .. } => "too_old",
            Self::Refused { .. } => "refused",
            Self::Failed { .. } => "failed",
            Self::Denied { .. } => "denied",
            Self::HttpStatus { .. } => "http_status",
            Self::Unreachable { .. } => "unreachable",
            Self::Unreadable { .. } => "unreadable",
            Self::TooLarge { .. } => "too_large",
            Self::TimedOut { .. } => "timed_out",
            Self::Busy { .. } => "busy",
            Self::NotConfigured { .. } => "not_configured",
            Self::Kafka { problem, .. } => problem.kind(),
            Self::NothingPushed { .. } => "nothing_pushed",
            Self::PushOff { .. } => "push_off",
        }
    }

    /// Whether there is no answer only because the question is new.
    #[must_use]
    pub fn is_starting(&self) -> bool {
        matches!(self, Self::Kafka { problem, .. } if problem.is_starting())
    }

    /// Whether the same question may be answered a moment later. A read that timed out is not asked again: it would
    /// only add to what the server is slow with.
    #[must_use]
    pub fn can_heal(&self) -> bool {
        match self {
            Self::Failed { .. } | Self::Unreachable { .. } => true,
            Self::HttpStatus { is_passing, .. } => *is_passing,
            Self::NoSeries { .. }
            | Self::Silent { .. }
            | Self::SeveralSeries { .. }
            | Self::NotAnAmount { .. }
            | Self::NotASeries { .. }
            | Self::TooOld { .. }
            | Self::Refused { .. }
            | Self::Denied { .. }
            | Self::Unreadable { .. }
            | Self::TooLarge { .. }
            | Self::TimedOut { .. }
            | Self::Busy { .. }
            | Self::NotConfigured { .. }
            | Self::Kafka { .. }
            | Self::NothingPushed { .. }
            | Self::PushOff { .. } => false,
        }
    }
}

fn nothing_pushed(signal: &str, since: Option<Timestamp>) -> String {
    match since {
        Some(since) => format!("nothing was pushed to `{signal}` since {since:.0}"),
        None => format!("nothing has been pushed to `{signal}` yet"),
    }
}
