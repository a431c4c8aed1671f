//! `recording.toml`: what a recording is, where it comes from, and what its signals mean.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::{Recording, RecordingError};

/// What a recording says about itself, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Meta {
    /// Its title, on one line.
    pub title: String,
    /// What was recorded, in a sentence.
    pub what: String,
    /// Where it comes from.
    pub source: String,
    /// Its licence.
    pub licence: String,
    /// How it was made, if it was generated rather than recorded.
    pub generated: Option<String>,
    /// IANA name of the zone in which people read it. Stamps are UTC all the same.
    pub time_zone: String,
    /// Name of the signal that we provision for; one of `signals`.
    pub demand: String,
    /// What each signal means.
    pub signals: BTreeMap<String, SignalMeta>,
}

/// What one signal means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignalMeta {
    /// What a value says about its step.
    pub kind: Kind,
    /// Its unit: `requests/s`, `requests`, `messages`.
    pub unit: String,
}

/// What a value says about its step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// So much a second, on average over the step.
    Rate,
    /// So much in the whole step.
    Count,
    /// A level at the start of the step.
    Gauge,
}

/// What `recording.toml` gave.
pub(super) struct Manifest {
    pub(super) meta: Meta,
    pub(super) step: SignedDuration,
    /// Number of steps, where the file says it: what shows that samples were cut off between two lines.
    pub(super) steps: Option<usize>,
}

/// `recording.toml` as people write it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    title: String,
    what: String,
    source: String,
    licence: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    generated: Option<String>,
    #[serde(serialize_with = "jiff::fmt::serde::duration::friendly::compact::required")]
    step: SignedDuration,
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<usize>,
    #[serde(default = "utc")]
    time_zone: String,
    signals: BTreeMap<String, WrittenSignal>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSignal {
    kind: Kind,
    unit: String,
    #[serde(default, skip_serializing_if = "is_false")]
    demand: bool,
}

fn utc() -> String {
    "UTC".into()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

/// Reads and checks `recording.toml`.
pub(super) fn read(path: &Path) -> Result<Manifest, RecordingError> {
    let text = fs::read_to_string(path).map_err(|source| RecordingError::io("read", path, source))?;
    let written: Written =
        toml::from_str(&text).map_err(|source| RecordingError::Toml { path: path.to_path_buf(), source })?;
    check_step(path, written.step)?;
    check_time_zone(path, &written.time_zone)?;
    let demand = the_demand(path, &written.signals)?;
    let signals = written
        .signals
        .into_iter()
        .map(|(name, signal)| (name, SignalMeta { kind: signal.kind, unit: signal.unit }))
        .collect();
    let meta = Meta {
        title: written.title,
        what: written.what,
        source: written.source,
        licence: written.licence,
        generated: written.generated,
        time_zone: written.time_zone,
        demand,
        signals,
    };
    Ok(Manifest { meta, step: written.step, steps: written.steps })
}

/// Writes `recording.toml`.
pub(super) fn write(path: &Path, recording: &Recording) -> Result<(), RecordingError> {
    let meta = recording.meta.clone();
    let written = Written {
        title: meta.title,
        what: meta.what,
        source: meta.source,
        licence: meta.licence,
        generated: meta.generated,
        step: recording.step,
        steps: Some(recording.len()),
        time_zone: meta.time_zone,
        signals: meta
            .signals
            .into_iter()
            .map(|(name, SignalMeta { kind, unit })| {
                let demand = name == meta.demand;
                (name, WrittenSignal { kind, unit, demand })
            })
            .collect(),
    };
    let text = toml::to_string(&written).expect("strings, numbers and tables of them are always TOML");
    fs::write(path, text).map_err(|source| RecordingError::io("write", path, source))
}

/// Refuses a step that the grid cannot have.
pub(super) fn check_step(path: &Path, step: SignedDuration) -> Result<(), RecordingError> {
    let whole_milliseconds = step.subsec_nanos() % 1_000_000 == 0;
    if step.is_positive() && whole_milliseconds {
        return Ok(());
    }
    Err(RecordingError::field(path, "step", format!("{step:#} is not a number of milliseconds above 0")))
}

/// Refuses a zone that nobody knows.
pub(super) fn check_time_zone(path: &Path, time_zone: &str) -> Result<(), RecordingError> {
    match TimeZone::get(time_zone) {
        Ok(_) => Ok(()),
        Err(_) => {
            let problem = format!("{time_zone:?} is not a zone such as Europe/Paris or UTC");
            Err(RecordingError::field(path, "time_zone", problem))
        }
    }
}

/// The one signal with `demand = true`.
fn the_demand(path: &Path, signals: &BTreeMap<String, WrittenSignal>) -> Result<String, RecordingError> {
    let demands: Vec<&str> =
        signals.iter().filter(|(_, signal)| signal.demand).map(|(name, _)| name.as_str()).collect();
    let refuse = |problem: String| Err(RecordingError::field(path, "signals", problem));
    match demands[..] {
        [demand] => Ok(demand.to_owned()),
        [] => refuse("has no signal with demand = true: mark the one that we provision for".into()),
        [first, second, ..] => refuse(format!("{first} and {second} both have demand = true: mark one")),
    }
}
