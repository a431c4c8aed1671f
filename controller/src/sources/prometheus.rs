//! Reads one series from Prometheus: its newest value, or a span of time, however long. Only ever reads.
//!
//! A query that gives no series, or two, is a mistake in the query and is told apart from a server that is
//! away, so that the caller can say which of the two to mend.
//!
//! The time of a newest value is that of its evaluation, by Prometheus' clock, which is all that Prometheus says. What
//! it evaluates may be older: a failed scrape ends a series at once, and a `rate(…[1m])` over it a minute later; where
//! Prometheus itself has stopped to scrape, values are up to 5 minutes old (its look-back). The scrape's own time,
//! `timestamp(…)`, is there for plain selectors only, so it is not asked for; instead, a query that stops to give a
//! series is told apart from one that never gave any.

mod answer;

use std::{
    collections::{BTreeMap, HashMap},
    future::Future,
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use prescale_model::Sample;
use prometheus_http_query::{
    Client, Error,
    response::{self, Data},
};
use reqwest::Response;

pub use super::error::SourceError;

/// Prometheus refuses a range of more than 11,000 values a series
/// (<https://prometheus.io/docs/prometheus/latest/querying/api/#range-queries>).
pub(super) const MOST_VALUES: i64 = 11_000;
/// Prometheus gives a query up after 2 minutes by default; half a minute is left for its answer to arrive.
const RANGE_WITHIN: Duration = Duration::from_secs(150);
/// A newest value that takes longer is of no use to a tick each 15 s, which may ask twice.
const INSTANT_WITHIN: Duration = Duration::from_secs(5);
/// An answer is of the moment at which it is asked for; clocks and caches in between may add a few seconds.
const MOST_AGE_S: i64 = 30;
/// Clocks that differ by no more than an answer may take agree, as far as anybody can tell.
const CLOCKS_AGREE_WITHIN: SignedDuration = SignedDuration::from_secs(INSTANT_WITHIN.as_secs() as i64);

/// The newest value of `query`, asked for at `now`, of which a fraction of a second is dropped.
///
/// Which value is the newest, Prometheus says by its own clock: ours may have been set back, and what was an hour ago is
/// not what is now. Where the two clocks agree, the sample is of `now`, and otherwise of Prometheus' time.
///
/// # Errors
///
/// See [`SourceError`]; a value that is missing or no amount is one of them. Nothing is retried.
pub async fn query_newest(client: &Client, query: &str, now: Timestamp) -> Result<Sample, SourceError> {
    let asked = client.query(query).post_raw();
    let mut series = match ask(client, query, INSTANT_WITHIN, asked).await? {
        Data::Vector(series) => series,
        Data::Scalar(_) => {
            return Err(not_a_series(query, "scalar", "take scalar(…) away, or use vector(…)"));
        }
        Data::Matrix(_) => return Err(not_a_series(query, "range", "wrap it in rate(…) or the like")),
    };
    if let [first, second, ..] = series.as_slice() {
        return Err(several(query, name_of(first.metric()), name_of(second.metric())));
    }
    let series = series.pop().ok_or_else(|| SourceError::NoSeries { query: query.to_owned() })?;
    let sample = to_sample(series.sample()).ok_or_else(|| SourceError::NotAnAmount {
        query: query.to_owned(),
        value: series.sample().value().to_string(),
    })?;
    let age = now.duration_since(sample.at());
    if MOST_AGE_S < age.as_secs() {
        let age_s = age.as_secs();
        return Err(SourceError::TooOld { query: query.to_owned(), at: sample.at(), age_s });
    }
    let at = if age.abs() <= CLOCKS_AGREE_WITHIN { now } else { sample.at() };
    Ok(Sample::new(whole_second(at), sample.value()).expect("it is an amount already"))
}

fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).expect("a timestamp without its fraction is one")
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
    let mut joined = Joined::default();
    for chunk in chunks((from, to), step, MOST_VALUES) {
        joined.add(query, query_chunk(client, query, chunk).await?)?;
    }
    joined.finish(query)
}

/// A part of a span that is asked for at once, in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chunk {
    start: i64,
    end: i64,
    step: i64,
}

/// Chunks of at most `most_values` that follow each other by a step. There is always a first, so that a span which
/// ends before it starts is refused by the server in its own words.
pub(super) fn chunks(
    (from, to): (Timestamp, Timestamp),
    step: SignedDuration,
    most_values: i64,
) -> impl Iterator<Item = Chunk> {
    let (from, to, step) = (from.as_second(), to.as_second(), step.as_secs().max(1));
    let starts = std::iter::successors(Some(from), move |start| {
        Some(start + most_values * step).filter(|next| *next <= to)
    });
    starts.map(move |start| Chunk { start, end: to.min(start + (most_values - 1) * step), step })
}

/// A series as a chunk gives it.
#[derive(Clone, Debug)]
pub(super) struct Part {
    name: String,
    samples: Vec<Sample>,
}

/// The one series in a chunk; `None` where there is none.
///
/// # Errors
///
/// See [`SourceError`]. Nothing is retried.
pub(super) async fn query_chunk(
    client: &Client,
    query: &str,
    chunk: Chunk,
) -> Result<Option<Part>, SourceError> {
    // Steps are at most an hour, and exact as a float.
    let asked = client.query_range(query, chunk.start, chunk.end, chunk.step as f64).post_raw();
    let mut series = match ask(client, query, RANGE_WITHIN, asked).await? {
        Data::Matrix(series) => series,
        Data::Vector(_) | Data::Scalar(_) => {
            let url = client.base_url().to_string();
            return Err(SourceError::Unreadable { url, message: "it is not a range".to_owned() });
        }
    };
    if let [first, second, ..] = series.as_slice() {
        return Err(several(query, name_of(first.metric()), name_of(second.metric())));
    }
    Ok(series.pop().map(|series| Part {
        name: name_of(series.metric()),
        samples: series.samples().iter().filter_map(to_sample).collect(),
    }))
}

/// The newest value of each series of `query`, by its label `label`; series without it are left out.
///
/// # Errors
///
/// See [`SourceError`]. No series at all is one of them. Nothing is retried.
pub(super) async fn query_newest_by(
    client: &Client,
    (label, query): (&str, &str),
) -> Result<BTreeMap<String, f64>, SourceError> {
    let asked = client.query(query).post_raw();
    let series = match ask(client, query, RANGE_WITHIN, asked).await? {
        Data::Vector(series) => series,
        Data::Scalar(_) | Data::Matrix(_) => {
            return Err(not_a_series(query, "scalar or range", "ask for a vector"));
        }
    };
    let valued = series.into_iter().filter_map(|series| {
        let name = series.metric().get(label)?.clone();
        Some((name, to_sample(series.sample())?.value()))
    });
    let by_label: BTreeMap<_, _> = valued.collect();
    if by_label.is_empty() { Err(SourceError::NoSeries { query: query.to_owned() }) } else { Ok(by_label) }
}

/// Every series of `query` within a chunk, by its label `label`; series without it are left out.
///
/// # Errors
///
/// See [`SourceError`]. No series at all is one of them. Nothing is retried.
pub(super) async fn query_chunk_by(
    client: &Client,
    (label, query): (&str, &str),
    chunk: Chunk,
) -> Result<BTreeMap<String, Vec<Sample>>, SourceError> {
    // Steps are at most an hour, and exact as a float.
    let asked = client.query_range(query, chunk.start, chunk.end, chunk.step as f64).post_raw();
    let Data::Matrix(series) = ask(client, query, RANGE_WITHIN, asked).await? else {
        let url = client.base_url().to_string();
        return Err(SourceError::Unreadable { url, message: "it is not a range".to_owned() });
    };
    let by_label: BTreeMap<_, _> = series
        .iter()
        .filter_map(|series| {
            let samples = series.samples().iter().filter_map(to_sample).collect();
            Some((series.metric().get(label)?.clone(), samples))
        })
        .collect();
    if by_label.is_empty() { Err(SourceError::NoSeries { query: query.to_owned() }) } else { Ok(by_label) }
}

/// Parts of a series, joined in order of time.
#[derive(Debug, Default)]
pub(super) struct Joined {
    name: Option<String>,
    samples: Vec<Sample>,
}

impl Joined {
    /// Adds the next part; one that is missing is a gap.
    ///
    /// # Errors
    ///
    /// [`SourceError::SeveralSeries`] where its labels are not those of the parts before; it is then left out.
    pub(super) fn add(&mut self, query: &str, part: Option<Part>) -> Result<(), SourceError> {
        let Some(part) = part else { return Ok(()) };
        match &self.name {
            Some(first) if *first != part.name => return Err(several(query, first.clone(), part.name)),
            Some(_) => {}
            None => self.name = Some(part.name),
        }
        self.samples.extend(part.samples);
        Ok(())
    }

    /// What was joined.
    ///
    /// # Errors
    ///
    /// [`SourceError::NoSeries`] where no part had the series.
    pub(super) fn finish(self, query: &str) -> Result<Vec<Sample>, SourceError> {
        match self.name {
            Some(_) => Ok(self.samples),
            None => Err(SourceError::NoSeries { query: query.to_owned() }),
        }
    }

    /// What was joined so far, where the rest cannot be read.
    #[must_use]
    pub(super) fn so_far(self) -> Vec<Sample> {
        self.samples
    }
}

/// Sends the question and reads its answer, within a bound of time for both.
async fn ask(
    client: &Client,
    query: &str,
    within: Duration,
    asked: impl Future<Output = Result<Response, Error>>,
) -> Result<Data, SourceError> {
    let url = client.base_url().as_str();
    let read = async { answer::read(asked.await, query, url).await };
    let timed_out = |_| SourceError::TimedOut { url: url.to_owned(), within };
    tokio::time::timeout(within, read).await.map_err(timed_out)?
}

/// What is missing or is no amount of demand gives `None`.
fn to_sample(sample: &response::Sample) -> Option<Sample> {
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

fn several(query: &str, first: String, second: String) -> SourceError {
    SourceError::SeveralSeries { query: query.to_owned(), first, second }
}

fn not_a_series(query: &str, kind: &'static str, advice: &'static str) -> SourceError {
    SourceError::NotASeries { query: query.to_owned(), kind, advice }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(to: i64, step: i64, expected: &[(i64, i64)]) {
        let second = |second| Timestamp::from_second(second).unwrap();
        let chunks = chunks((second(0), second(to)), SignedDuration::from_secs(step), MOST_VALUES);
        let spans = chunks.map(|chunk| (chunk.start, chunk.end)).collect::<Vec<_>>();
        assert_eq!(spans, expected, "to {to} by {step}");
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
