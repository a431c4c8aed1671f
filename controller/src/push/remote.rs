//! A Prometheus that writes: each series that names a signal of a scaler is taken as what it is, a gauge. Samples of
//! one request may be for many scalers; each is judged by itself, and what is well is taken.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use axum::{
    http::{
        HeaderMap, HeaderName, StatusCode,
        header::{CONTENT_ENCODING, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use jiff::Timestamp;

use super::{
    answer::Refused,
    parse::{PROTO_V2, Version, WrittenSeries, remote_write},
    problem::Problem,
    routes::{Signals, text},
    store::Parcel,
};
use crate::{board::ScalerKey, metrics_api::Caller};

/// Scalers of one request: each is a question to the API server, once in two minutes.
const MOST_SCALERS: usize = 500;
/// Reasons that are told.
const MOST_TOLD: usize = 20;
/// How many samples were taken, as 2.0 has it.
const WRITTEN: HeaderName = HeaderName::from_static("x-prometheus-remote-write-samples-written");

/// What the headers say of the protocol.
pub(super) fn version(headers: &HeaderMap) -> Result<Version, Problem> {
    let (content, encoding) = (text(headers.get(CONTENT_TYPE)), text(headers.get(CONTENT_ENCODING)));
    let mut parts = content.split(';').map(str::trim);
    let is_protobuf = parts.next().is_some_and(|media| media.eq_ignore_ascii_case("application/x-protobuf"));
    let proto = parts.find_map(|part| part.strip_prefix("proto="));
    let is_snappy = encoding.is_empty() || encoding.eq_ignore_ascii_case("snappy");
    match proto {
        _ if !is_protobuf || !is_snappy => {}
        None | Some("prometheus.WriteRequest") => return Ok(Version::V1),
        Some(PROTO_V2) => return Ok(Version::V2),
        Some(_) => {}
    }
    let words = format!(
        "Content-Type `{content}` with Content-Encoding `{encoding}` is not read: send remote write 1.0 or 2.0, in Snappy"
    );
    Err(Problem {
        field: Some("Content-Type".to_owned()),
        ..Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, words)
    })
}

/// What a request came to.
#[derive(Default)]
struct Tally {
    parcels: Vec<Parcel>,
    written: usize,
    duplicates: usize,
    refused: usize,
    problems: Vec<Problem>,
}

/// Takes the series of a body.
pub(super) async fn take(
    signals: &Signals,
    caller: &Arc<Caller>,
    (body, version): (&[u8], Version),
) -> Result<Response, Problem> {
    let mut by_scaler = BTreeMap::<ScalerKey, Vec<WrittenSeries>>::new();
    for series in remote_write(body, version)? {
        by_scaler.entry(series.scaler.clone()).or_default().push(series);
    }
    if MOST_SCALERS < by_scaler.len() {
        let words =
            format!("names {} scalers, more than {MOST_SCALERS}: send fewer series at once", by_scaler.len());
        return Err(Problem::new(StatusCode::BAD_REQUEST, words));
    }
    let mut tally = Tally::default();
    for (scaler, series) in by_scaler {
        match signals.door.admit(caller, &scaler).await {
            Ok(()) => take_of(signals, &scaler, &series, &mut tally),
            Err(problem) => tally.problems.push(problem),
        }
    }
    signals.metrics.samples_pushed(tally.written, tally.duplicates, tally.refused);
    signals.share(std::mem::take(&mut tally.parcels)).await?;
    Ok(tally.answer())
}

/// Takes what is for one scaler.
fn take_of(signals: &Signals, scaler: &ScalerKey, all: &[WrittenSeries], tally: &mut Tally) {
    let mut names = BTreeMap::<&str, BTreeSet<&str>>::new();
    for series in all {
        names.entry(&series.signal).or_default().insert(&series.name);
    }
    for series in all {
        let problem = match names[series.signal.as_str()].iter().collect::<Vec<_>>().as_slice() {
            _ if series.is_counter => Some("is a counter: write its rate, by a recording rule".to_owned()),
            [first, second, ..] => Some(format!(
                "is for signal `{}` beside others, such as {first} and {second}: write one, such as their sum",
                series.signal
            )),
            [] | [_] => None,
        };
        match problem {
            Some(words) => tally.refuse(series, StatusCode::BAD_REQUEST, vec![words]),
            None => take_one(signals, scaler, series, tally),
        }
    }
}

fn take_one(signals: &Signals, scaler: &ScalerKey, series: &WrittenSeries, tally: &mut Tally) {
    let signal = (scaler, series.signal.as_str());
    let Ok(outcome) = signals.pushed.take(signal, &series.samples, Timestamp::now()) else {
        let words =
            format!("is for signal `{}` of {scaler}, which is not there or not pushed", series.signal);
        tally.refuse(series, StatusCode::NOT_FOUND, vec![words]);
        return;
    };
    if !outcome.taken.is_empty() {
        tally.parcels.push(Parcel::of(signal, &outcome.taken));
    }
    tally.written += outcome.accepted;
    tally.duplicates += outcome.duplicates;
    if !outcome.refused.is_empty() {
        let words = outcome.refused.into_iter().map(|(_, words)| words).collect();
        tally.refuse(series, StatusCode::BAD_REQUEST, words);
    }
}

impl Tally {
    fn refuse(&mut self, series: &WrittenSeries, status: StatusCode, words: Vec<String>) {
        self.refused += words.len();
        let words = words.into_iter().next().unwrap_or_default();
        self.problems.push(Problem::new(status, format!("{} {words}", series.name)));
    }

    /// Nothing, where all is well. Otherwise the first thing that is not, beside what else there is; where trying again
    /// may help, that is said first, since a Prometheus then sends all of it again, which does no harm.
    fn answer(self) -> Response {
        let told = self.problems.iter().enumerate().take(MOST_TOLD);
        let refused = told
            .map(|(index, problem)| Refused { index, reason: problem.detail.clone() })
            .collect::<Vec<_>>();
        let worst = self.problems.into_iter().min_by_key(|problem| problem.retry_after.is_none());
        let mut response = match worst {
            None => StatusCode::NO_CONTENT.into_response(),
            Some(problem) => Problem { refused, ..problem }.into_response(),
        };
        response.headers_mut().insert(WRITTEN, (self.written + self.duplicates).into());
        response
    }
}
