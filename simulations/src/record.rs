//! `prescale record`: a recording of a scaler's demand and signals from a live Prometheus, which is only read.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use prescale_controller::api::CheckedScaler;
use prescale_controller::sources::prometheus::{SourceError, query_range};
use prescale_controller::sources::{Origin, Source};
use prescale_model::Sample;
use prometheus_http_query::Client;

use crate::args::RecordArgs;
use crate::failure::Failure;
use crate::import::Summary;
use crate::recording::{Format, Kind, Meta, Overwrite, Recording, Series, SignalMeta, align};
use crate::scenario::read_scaler;

/// Name of the demand signal in the recording; the check refuses it for other signals.
pub(crate) const DEMAND: &str = "demand";

/// What cannot be recorded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    #[error("spec.demand is not a Prometheus query: there is nothing to record")]
    NoDemand,
    #[error("--step {0:#} is not whole seconds above 0")]
    Step(SignedDuration),
    #[error("--prometheus {0:?} is not a URL")]
    Url(String),
    #[error("{0}: nothing was recorded in that time")]
    Empty(String),
}

/// Runs `prescale record`.
///
/// # Errors
/// Exit 2 for what cannot be read or used; then nothing was written.
pub fn run(args: &RecordArgs) -> Result<(), Failure> {
    let scaler = read_scaler(&args.scaler).map_err(Failure::input)?;
    let step = args.step.unwrap_or(scaler.demand.step);
    if step.subsec_nanos() != 0 || !step.is_positive() {
        return Err(Failure::input(RecordError::Step(step)));
    }
    let queries = queries(&scaler).map_err(Failure::input)?;
    let span = span(Timestamp::now(), args.last, step);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::input)?;
    let series = runtime.block_on(read(&args.prometheus, &queries, span, step))?;
    let recording = recording(&args.prometheus, &scaler, series, step)?;
    let overwrite = if args.force { Overwrite::Replace } else { Overwrite::Refuse };
    recording.write(&args.out, Format::Parquet, overwrite).map_err(Failure::input)?;
    tell(args, &scaler, &recording)
}

/// The signals that Prometheus has, the demand among them.
fn queries(scaler: &CheckedScaler) -> Result<Vec<(&str, &str)>, RecordError> {
    let demand = query(&scaler.demand).ok_or(RecordError::NoDemand)?;
    let signals = scaler.signals.iter().filter_map(|(name, source)| Some((name.as_str(), query(source)?)));
    Ok([(DEMAND, demand)].into_iter().chain(signals).collect())
}

fn query(source: &Source) -> Option<&str> {
    match &source.origin {
        Origin::Prometheus { query } => Some(query),
        Origin::Kafka { .. } | Origin::Push { .. } => None,
    }
}

/// First and last evaluation: whole steps, the last one over.
pub(crate) fn span(now: Timestamp, last: SignedDuration, step: SignedDuration) -> (Timestamp, Timestamp) {
    let since_step = SignedDuration::from_secs(now.as_second().rem_euclid(step.as_secs()));
    let to = now - since_step - SignedDuration::from_nanos(i64::from(now.subsec_nanosecond()));
    (to - last + step, to)
}

async fn read(
    url: &str,
    queries: &[(&str, &str)],
    (from, to): (Timestamp, Timestamp),
    step: SignedDuration,
) -> Result<Vec<(String, Series)>, Failure> {
    let client: Client = url.parse().map_err(|_| Failure::input(RecordError::Url(url.into())))?;
    let mut all = vec![];
    for &(name, query) in queries {
        let samples = match query_range(&client, query, from, to, step).await {
            // A leading signal may not have been there yet; demand must.
            Err(SourceError::NoSeries { .. }) if name != DEMAND => vec![],
            read => read.map_err(Failure::input)?,
        };
        all.push((name.to_owned(), series(&samples, step)));
    }
    Ok(all)
}

/// A sample of Prometheus ends its step; a recording stamps its start.
pub(crate) fn series(samples: &[Sample], step: SignedDuration) -> Series {
    samples.iter().map(|sample| (sample.at() - step, Some(sample.value()))).collect()
}

/// What was read, as a recording.
pub(crate) fn recording(
    url: &str,
    scaler: &CheckedScaler,
    series: Vec<(String, Series)>,
    step: SignedDuration,
) -> Result<Recording, Failure> {
    let columns: Vec<&Series> = series.iter().map(|(_, series)| series).collect();
    let empty = || Failure::input(RecordError::Empty(scaler.name.clone()));
    let aligned = align(&columns, step, SignedDuration::ZERO).ok().flatten().ok_or_else(empty)?;
    let meta_of = |name: &String| (name.clone(), SignalMeta { kind: Kind::Rate, unit: "1/s".into() });
    let names: Vec<String> = series.into_iter().map(|(name, _)| name).collect();
    let meta = Meta {
        title: format!("{}/{}", scaler.namespace, scaler.name),
        what: format!("Demand and signals of the scaler {}", scaler.name),
        source: format!("recorded from the Prometheus at {url}"),
        licence: "not stated".into(),
        generated: None,
        time_zone: "UTC".into(),
        demand: DEMAND.into(),
        signals: names.iter().map(meta_of).collect(),
    };
    let signals: BTreeMap<_, _> = names.into_iter().zip(aligned.columns).collect();
    Ok(Recording { meta, start: aligned.start, step, signals, events_yaml: None })
}

fn tell(args: &RecordArgs, scaler: &CheckedScaler, recording: &Recording) -> Result<(), Failure> {
    let summary = Summary::of(&args.out, recording);
    if args.json {
        println!("{}", serde_json::to_string_pretty(&summary).map_err(Failure::input)?);
        return Ok(());
    }
    print!("{summary}");
    for (name, _) in scaler.signals.iter().filter(|(_, source)| query(source).is_none()) {
        println!("  {name}: not in a Prometheus, so not recorded");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_span_is_whole_steps_and_ends_with_one_that_is_over() {
        let now: Timestamp = "2026-07-07T19:00:42.5Z".parse().unwrap();
        let minute = SignedDuration::from_mins(1);
        let (from, to) = span(now, minute * 10, minute);
        assert_eq!(to.to_string(), "2026-07-07T19:00:00Z");
        assert_eq!(from.to_string(), "2026-07-07T18:51:00Z");
    }
}
