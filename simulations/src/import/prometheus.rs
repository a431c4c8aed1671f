//! Reads the JSON that `/api/v1/query_range` of Prometheus answers: a signal for each series of the matrix.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::args::PrometheusArgs;
use super::traffic::{self, Signal, Traffic, Unread};
use super::{ImportError, source};
use crate::recording::{Aligned, Series, align};

/// The label under which Prometheus keeps the name of the metric.
const NAME_LABEL: &str = "__name__";

/// Labels of one series, by which it is known across files.
type Labels = BTreeMap<String, String>;

/// The wire shape, as far as it concerns us.
#[derive(Deserialize)]
struct Answer {
    status: String,
    #[serde(default)]
    error: String,
    data: Option<Data>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    result_type: String,
    #[serde(default)]
    result: serde_json::Value,
}

#[derive(Deserialize)]
struct MatrixRow {
    metric: Labels,
    #[serde(default)]
    values: Vec<(f64, String)>,
}

/// Reads all files; the same series in several of them is one series, as Prometheus answers at most 11,000
/// samples at once.
pub(super) fn read(args: &PrometheusArgs) -> Result<Traffic, ImportError> {
    let mut all: BTreeMap<Labels, Series> = BTreeMap::new();
    for path in &args.files {
        for row in read_matrix(path)? {
            merge(path, &row, all.entry(row.metric.clone()).or_default())?;
        }
    }
    all.retain(|_, series| !series.is_empty());
    let empty = || ImportError::file(&args.files[0], "holds no samples");
    if all.is_empty() {
        return Err(empty());
    }
    let step = step(args, &all)?;
    let series: Vec<&Series> = all.values().collect();
    let aligned = align(&series, step, traffic::tolerance(step)).map_err(|misplaced| {
        ImportError::file(&args.files[0], format!("cannot be used: {}", misplaced.problem))
    })?;
    let Aligned { start, columns, jittered } = aligned.ok_or_else(empty)?;
    let names = names(&all)?;
    let demand = choose_demand(args, &names)?;
    let signal = |column| Signal { kind: args.kind, unit: args.unit.clone(), column };
    let signals = names.into_iter().zip(columns.into_iter().map(signal)).collect();
    let what = "Series of a Prometheus range query".into();
    Ok(Traffic { start, step, demand, signals, what, jittered, unread: Unread::default() })
}

fn read_matrix(path: &Path) -> Result<Vec<MatrixRow>, ImportError> {
    let json_error = |source| ImportError::Json { path: path.to_path_buf(), source };
    let answer: Answer = serde_json::from_reader(source::open(path)?).map_err(json_error)?;
    match answer.data {
        Some(data) if answer.status == "success" && data.result_type == "matrix" => {
            serde_json::from_value(data.result).map_err(json_error)
        }
        Some(data) if answer.status == "success" => {
            let problem = format!(
                "has resultType {:?}: only a matrix, the answer of query_range, has a time axis",
                data.result_type
            );
            Err(ImportError::file(path, problem))
        }
        Some(_) | None => Err(ImportError::file(
            path,
            format!("is an answer of status {:?}: {}", answer.status, answer.error),
        )),
    }
}

/// Adds the samples of one answer. Ranges that meet share a stamp; then they must agree.
fn merge(path: &Path, row: &MatrixRow, series: &mut Series) -> Result<(), ImportError> {
    for (second, text) in &row.values {
        let refuse = |problem: String| ImportError::file(path, format!("holds at time {second}: {problem}"));
        let at = since_1970(*second).ok_or_else(|| refuse("which is no time".into()))?;
        let value = sample(text).map_err(refuse)?;
        match series.insert(at, value) {
            Some(known) if known != value => {
                return Err(refuse(format!("{text:?}, but another value for the same series and time")));
            }
            Some(_) | None => {}
        }
    }
    Ok(())
}

fn since_1970(second: f64) -> Option<Timestamp> {
    // Milliseconds, as Prometheus keeps them; a cast of what lies outside saturates and is refused then.
    #[expect(clippy::cast_possible_truncation, reason = "saturates, and is refused then")]
    Timestamp::from_millisecond((second * 1000.0).round() as i64).ok()
}

/// NaN is what Prometheus answers for 0/0 and stale series: nothing was there to measure.
fn sample(text: &str) -> Result<Option<f64>, String> {
    match text.parse::<f64>() {
        Ok(value) if value.is_nan() => Ok(None),
        Ok(value) if value.is_finite() => Ok(Some(value)),
        Ok(_) | Err(_) => Err(format!("{text:?} is not a finite number")),
    }
}

fn step(args: &PrometheusArgs, all: &BTreeMap<Labels, Series>) -> Result<SignedDuration, ImportError> {
    let inferred =
        || all.values().filter_map(|series| traffic::most_common_step(series.keys().copied())).min();
    let missing = || ImportError::option("--step", "must be given: two samples of one series would show it");
    args.step.or_else(inferred).ok_or_else(missing)
}

/// A name for each series: the metric, and the values of the labels in which the series differ.
fn names(all: &BTreeMap<Labels, Series>) -> Result<Vec<String>, ImportError> {
    let labels: BTreeSet<&String> = all.keys().flat_map(BTreeMap::keys).collect();
    let differs = |label: &str| {
        let values: BTreeSet<_> = all.keys().map(|series| series.get(label)).collect();
        1 < values.len()
    };
    let telling: Vec<&String> =
        labels.into_iter().filter(|label| *label != NAME_LABEL && differs(label)).collect();
    let name = |series: &Labels| {
        let metric = series.get(NAME_LABEL).map(String::as_str);
        let values = telling.iter().filter_map(|label| series.get(*label).map(String::as_str));
        let parts: Vec<&str> = metric.into_iter().chain(values).filter(|part| !part.is_empty()).collect();
        if parts.is_empty() { "value".to_owned() } else { parts.join("-") }
    };
    let names: Vec<String> = all.keys().map(name).collect();
    match names.iter().enumerate().find(|(index, name)| names[..*index].contains(name)) {
        Some((_, name)) => {
            Err(ImportError::option("FILE", format!("holds two series that would both be named {name}")))
        }
        None => Ok(names),
    }
}

fn choose_demand(args: &PrometheusArgs, names: &[String]) -> Result<String, ImportError> {
    match (&args.demand, names) {
        (Some(demand), names) if names.contains(demand) => Ok(demand.clone()),
        (Some(demand), names) => {
            Err(ImportError::option("--demand", format!("{demand} is not among {}", names.join(", "))))
        }
        (None, [only]) => Ok(only.clone()),
        (None, names) => Err(ImportError::option(
            "--demand",
            format!("must say which series to provision for: {}", names.join(", ")),
        )),
    }
}
