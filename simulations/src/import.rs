//! Makes recordings from what people have: CSV, access logs, answers of Prometheus. Everything is read and
//! checked first; the recording's folder appears when all of it was good, or not at all.

mod access_log;
mod args;
pub(crate) mod csv;
mod error;
pub(crate) mod event_yaml;
mod events;
mod log_line;
mod prometheus;
mod source;
mod stamp;
mod summary;
mod traffic;

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::tz::TimeZone;

pub use args::{AccessLogArgs, CommonArgs, CsvArgs, ImportArgs, ImportFrom, PrometheusArgs};
pub use error::ImportError;
pub use summary::{SignalSummary, Summary};

use crate::failure::Failure;
use crate::recording::{Meta, Recording, SignalMeta};
use traffic::Traffic;

/// Runs `prescale import` and prints what it gave.
///
/// # Errors
/// Exit 2 for whatever cannot be used; then nothing was written.
pub fn run(args: &ImportArgs) -> Result<(), Failure> {
    let summary = import(&args.from).map_err(Failure::input)?;
    if common(&args.from).json {
        println!("{}", serde_json::to_string_pretty(&summary).map_err(Failure::input)?);
    } else {
        print!("{summary}");
    }
    Ok(())
}

/// Reads the files and writes the recording.
///
/// # Errors
/// Names the file, the line, the column and the value that cannot be used.
pub fn import(from: &ImportFrom) -> Result<Summary, ImportError> {
    let common = common(from);
    let zone = TimeZone::get(&common.time_zone).map_err(|_| {
        ImportError::option(
            "--time-zone",
            format!("{:?} is not a zone such as Europe/Paris", common.time_zone),
        )
    })?;
    let traffic = match from {
        ImportFrom::Csv(args) => csv::read(args, &zone)?,
        ImportFrom::AccessLog(args) => access_log::read(args)?,
        ImportFrom::Prometheus(args) => prometheus::read(args)?,
    };
    let calendar = common.events.as_deref().map(|path| events::read(path, common, &zone)).transpose()?;
    let events = calendar.as_ref().map_or(0, |calendar| calendar.events);
    let (jittered, unread) = (traffic.jittered, traffic.unread.clone());
    let recording = recording(traffic, from, calendar.map(|calendar| calendar.yaml));
    recording.write(&common.out, common.format, common.overwrite())?;
    Ok(Summary {
        jittered,
        unread_lines: unread.count,
        first_unread: unread.first,
        events,
        ..Summary::of(&common.out, &recording)
    })
}

fn common(from: &ImportFrom) -> &CommonArgs {
    match from {
        ImportFrom::Csv(args) => &args.common,
        ImportFrom::AccessLog(args) => &args.common,
        ImportFrom::Prometheus(args) => &args.common,
    }
}

fn files(from: &ImportFrom) -> &[PathBuf] {
    match from {
        ImportFrom::Csv(args) => &args.files,
        ImportFrom::AccessLog(args) => &args.files,
        ImportFrom::Prometheus(args) => &args.files,
    }
}

/// The recording of what was read. It names its files without their folders, so that the same input gives the
/// same bytes wherever it lies.
fn recording(traffic: Traffic, from: &ImportFrom, events_yaml: Option<String>) -> Recording {
    let common = common(from);
    let file_names =
        files(from).iter().map(|path| path.file_name().unwrap_or(path.as_os_str()).to_string_lossy());
    let folder_name =
        || common.out.file_name().unwrap_or(common.out.as_os_str()).to_string_lossy().into_owned();
    let mut signals = BTreeMap::new();
    let mut columns = BTreeMap::new();
    for (name, signal) in traffic.signals {
        signals.insert(name.clone(), SignalMeta { kind: signal.kind, unit: signal.unit });
        columns.insert(name, signal.column);
    }
    let meta = Meta {
        title: common.title.clone().unwrap_or_else(folder_name),
        what: traffic.what,
        source: format!("imported from {}", file_names.collect::<Vec<_>>().join(", ")),
        licence: "not stated".into(),
        generated: None,
        time_zone: common.time_zone.clone(),
        demand: traffic.demand,
        signals,
    };
    Recording { meta, start: traffic.start, step: traffic.step, signals: columns, events_yaml }
}

#[cfg(test)]
mod tests;
