//! Reads one series from Prometheus over a span of time, however long. Only ever reads.
//!
//! A query that gives no series, or two, is a mistake in the query and is told apart from a server that is
//! away, so that the caller can say which of the two to mend.

use std::{collections::HashMap, time::Duration};

use jiff::{SignedDuration, Timestamp};
use prescale_model::Sample;
use prometheus_http_query::{Client, Error, response::Data, response::RangeVector};

/// Prometheus refuses a range of more than 11,000 values a series
/// (<https://prometheus.io/docs/prometheus/latest/querying/api/#range-queries>).
const MOST_VALUES: i64 = 11_000;
/// Prometheus gives a query up after 2 minutes by default; half a minute is left for its answer to arrive.
const ANSWER_WITHIN: Duration = Duration::from_secs(150);

/// Why a range could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// The query is well-formed and matches nothing in the whole span.
    #[error("the query `{query}` gives no series")]
    NoSeries {
        /// The query.
        query: String,
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
    /// Prometheus does not take the query: its own words.
    #[error("Prometheus refuses the query `{query}`: {message}")]
    Refused {
        /// The query.
        query: String,
        /// What Prometheus says.
        message: String,
    },
    /// No connection: the address is wrong, or the server is away.
    #[error("cannot reach {url}: {message}")]
    Unreachable {
        /// The server.
        url: String,
        /// The innermost cause.
        message: String,
    },
    /// An answer, but not one of Prometheus: a proxy's page, broken JSON.
    #[error("cannot read the answer of {url}: {message}")]
    Unreadable {
        /// The server.
        url: String,
        /// The innermost cause.
        message: String,
    },
    /// A kind of source that this controller does not read.
    #[error("{kind} sources are not read yet: use prometheus")]
    NotConnected {
        /// Its key in the spec.
        kind: &'static str,
    },
    /// No answer in time.
    #[error("{url} gave no answer within {} s", ANSWER_WITHIN.as_secs())]
    TimedOut {
        /// The server.
        url: String,
    },
}

/// The samples of `query` at `from`, `from + step`, … up to `to`, in order of time. `step` is in whole seconds,
/// at least one; a fraction of a second in `from` and `to` is dropped.
///
/// A gap in the series is a gap in the samples. So are NaN, which Prometheus gives for 0 / 0, infinities and
/// negative values, none of which is an amount of demand.
///
/// # Errors
///
/// See [`SourceError`]. Nothing is retried.
pub async fn query_range(
    client: &Client,
    query: &str,
    from: Timestamp,
    to: Timestamp,
    step: SignedDuration,
) -> Result<Vec<Sample>, SourceError> {
    let step_s = step.as_secs().max(1);
    let mut samples = Vec::new();
    let mut known = None::<String>;
    for (start, end) in chunks(from.as_second(), to.as_second(), step_s) {
        let Some(series) = query_chunk(client, query, (start, end, step_s)).await? else { continue };
        let name = name_of(series.metric());
        if let Some(first) = known.replace(name.clone()).filter(|first| *first != name) {
            return Err(SourceError::SeveralSeries { query: query.to_owned(), first, second: name });
        }
        samples.extend(series.samples().iter().filter_map(to_sample));
    }
    if known.is_none() {
        return Err(SourceError::NoSeries { query: query.to_owned() });
    }
    Ok(samples)
}

/// Start and end, in seconds, of ranges of at most [`MOST_VALUES`] that follow each other by a step. There is
/// always a first, so that a span which ends before it starts is refused by the server in its own words.
fn chunks(from: i64, to: i64, step_s: i64) -> impl Iterator<Item = (i64, i64)> {
    let starts = std::iter::successors(Some(from), move |start| {
        Some(start + MOST_VALUES * step_s).filter(|next| *next <= to)
    });
    starts.map(move |start| (start, to.min(start + (MOST_VALUES - 1) * step_s)))
}

/// The one series in a chunk; `None` where there is none.
async fn query_chunk(
    client: &Client,
    query: &str,
    (start, end, step_s): (i64, i64, i64),
) -> Result<Option<RangeVector>, SourceError> {
    // Steps are at most an hour, and exact as a float.
    let answer = client.query_range(query, start, end, step_s as f64).post();
    let url = || client.base_url().to_string();
    let answered = tokio::time::timeout(ANSWER_WITHIN, answer).await;
    let result = answered.map_err(|_| SourceError::TimedOut { url: url() })?;
    let (data, _) = result.map_err(|error| explain(&error, query, url()))?.into_inner();
    let mut series = match data {
        Data::Matrix(series) => series,
        Data::Vector(_) | Data::Scalar(_) => {
            return Err(SourceError::Unreadable { url: url(), message: "it is not a range".to_owned() });
        }
    };
    if let [first, second, ..] = series.as_slice() {
        let [first, second] = [first, second].map(|series| name_of(series.metric()));
        return Err(SourceError::SeveralSeries { query: query.to_owned(), first, second });
    }
    Ok(series.pop())
}

/// What is missing or is no amount of demand gives `None`.
fn to_sample(sample: &prometheus_http_query::response::Sample) -> Option<Sample> {
    // Prometheus stamps are milliseconds, written as seconds.
    let millis = (sample.timestamp() * 1000.0).round();
    let at = Timestamp::from_millisecond(millis as i64).ok()?;
    Sample::new(at, sample.value())
}

/// A series as PromQL writes it, its labels in order.
fn name_of(labels: &HashMap<String, String>) -> String {
    let name = labels.get("__name__").map_or("", String::as_str);
    let mut pairs = labels
        .iter()
        .filter(|(label, _)| *label != "__name__")
        .map(|(label, value)| format!("{label}={value:?}"))
        .collect::<Vec<_>>();
    pairs.sort_unstable();
    format!("{name}{{{}}}", pairs.join(", "))
}

fn explain(error: &Error, query: &str, url: String) -> SourceError {
    let message = innermost(error);
    match error {
        Error::Prometheus(_) => SourceError::Refused { query: query.to_owned(), message },
        Error::Client(client) if client.inner().is_some_and(|cause| cause.is_connect()) => {
            SourceError::Unreachable { url, message }
        }
        Error::Client(client) if let Some(status) = client.inner().and_then(|cause| cause.status()) => {
            SourceError::Unreadable { url, message: format!("it is HTTP {status}") }
        }
        // The enum is open: whatever else goes wrong is an answer that cannot be read.
        Error::Client(_) | Error::EmptySeriesSelector | Error::ParseUrl(_) | _ => {
            SourceError::Unreadable { url, message }
        }
    }
}

/// The words of the innermost cause: `Connection refused`, where the outer ones say that a request failed.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(to: i64, step_s: i64, expected: &[(i64, i64)]) {
        assert_eq!(chunks(0, to, step_s).collect::<Vec<_>>(), expected, "to {to} by {step_s}");
    }

    #[test]
    fn chunks_follow_by_a_step_and_hold_at_most_11000_values() {
        check(0, 60, &[(0, 0)]);
        check(10_999, 1, &[(0, 10_999)]);
        check(11_000, 1, &[(0, 10_999), (11_000, 11_000)]);
        check(25_000, 1, &[(0, 10_999), (11_000, 21_999), (22_000, 25_000)]);
        check(660_030, 60, &[(0, 659_940), (660_000, 660_030)]);
        check(-1, 60, &[(0, -1)]);
    }
}
