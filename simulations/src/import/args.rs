//! The words of `prescale import`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::SignedDuration;

use crate::recording::{Format, Kind, Overwrite};

/// Make a recording from what you have: a CSV, access logs, or answers of Prometheus.
#[derive(Clone, Debug, Args)]
#[command(
    long_about = "Makes a recording from what you have. A recording is a folder: recording.toml says what it \
                  is, samples.csv or samples.parquet holds the traffic, events.yaml the calendar. Values, unit \
                  and stamps stay as they are; a gap stays a gap.",
    after_help = "Examples:\n  \
                  prescale import csv requests.csv --kind count --unit requests --out recordings/june\n  \
                  prescale import access-log access.log.1.gz access.log --step 15s --out recordings/week\n  \
                  prescale import prometheus range.json --events matches.csv --event-type kick-off \
                  --out recordings/season"
)]
pub struct ImportArgs {
    /// What the files are.
    #[command(subcommand)]
    pub from: ImportFrom,
}

/// What the files are.
#[derive(Clone, Debug, Subcommand)]
pub enum ImportFrom {
    /// CSV with a header: a time column, and a column for each signal.
    Csv(CsvArgs),
    /// Access logs of Apache or nginx, in common or combined format: counts requests, 5xx answers and bytes.
    AccessLog(AccessLogArgs),
    /// The JSON that /api/v1/query_range of Prometheus answers: a signal for each series.
    Prometheus(PrometheusArgs),
}

/// Options of `prescale import csv`.
#[derive(Clone, Debug, Args)]
pub struct CsvArgs {
    /// Files, read as one in this order; `-` is standard input, and gzip is unpacked.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Column of the time: RFC 3339, `2026-07-07 19:00:00`, or seconds or milliseconds since 1970. Without this
    /// option, the column named timestamp or time.
    #[arg(long, value_name = "NAME")]
    pub time_column: Option<String>,
    /// Column to take as a signal; may be given again, the demand first. Without this option, all of them.
    #[arg(long = "value-column", value_name = "NAME")]
    pub value_columns: Vec<String>,
    /// Step between two rows, such as 15s. Without this option, the most common distance between two stamps.
    #[arg(long)]
    pub step: Option<SignedDuration>,
    /// What a value says about its step. Without this option, columns of whole numbers are counts, others rates.
    #[arg(long, value_enum)]
    pub kind: Option<Kind>,
    /// Unit of the values. Without this option: requests for a count, requests/s for a rate.
    #[arg(long)]
    pub unit: Option<String>,
    /// What every import takes.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// Options of `prescale import access-log`.
#[derive(Clone, Debug, Args)]
pub struct AccessLogArgs {
    /// Files of one log, in any order; `-` is standard input, and gzip is unpacked.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Step in which requests are counted.
    #[arg(long, default_value = "1m")]
    pub step: SignedDuration,
    /// How long the log must be silent to be taken as missing. Shorter silence is a count of zero.
    #[arg(long, default_value = "1h", value_name = "DURATION")]
    pub missing_after: SignedDuration,
    /// What every import takes.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// Options of `prescale import prometheus`.
#[derive(Clone, Debug, Args)]
pub struct PrometheusArgs {
    /// Answers, in any order: the same series in several files is one series. `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The series to provision for, by the name that it gets here. Needed when there are several.
    #[arg(long, value_name = "SIGNAL")]
    pub demand: Option<String>,
    /// Step of the query. Without this option, the most common distance between two stamps.
    #[arg(long)]
    pub step: Option<SignedDuration>,
    /// What a value says about its step.
    #[arg(long, value_enum, default_value_t = Kind::Rate)]
    pub kind: Kind,
    /// Unit of the values.
    #[arg(long, default_value = "requests/s")]
    pub unit: String,
    /// What every import takes.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// What every import takes.
#[derive(Clone, Debug, Args)]
pub struct CommonArgs {
    /// Folder of the recording. It appears when everything has been read, or not at all.
    #[arg(long, value_name = "REC")]
    pub out: PathBuf,
    /// How samples are written.
    #[arg(long, value_enum, default_value_t = Format::Parquet)]
    pub format: Format,
    /// Title of the recording. Without this option, the name of its folder.
    #[arg(long)]
    pub title: Option<String>,
    /// Zone of stamps that have none, and in which people read the recording.
    #[arg(long, default_value = "UTC", value_name = "ZONE")]
    pub time_zone: String,
    /// The calendar: YAML of DemandEvents, or CSV with a column start (or startsAt, timestamp) and, where known,
    /// end or duration, type or kind, name and magnitude, and announced_at and withdrawn_at: between the two it was
    /// in the calendar.
    #[arg(long, value_name = "FILE")]
    pub events: Option<PathBuf>,
    /// Class of every event of a CSV calendar, such as kick-off. Without this option, its column type or kind.
    #[arg(long, value_name = "CLASS")]
    pub event_type: Option<String>,
    /// Length of an event of a CSV calendar that has neither end nor duration.
    #[arg(long, default_value = "2h", value_name = "DURATION")]
    pub event_duration: SignedDuration,
    /// Replace the recording that is there.
    #[arg(long)]
    pub force: bool,
    /// Print the summary as JSON.
    #[arg(long)]
    pub json: bool,
}

impl CommonArgs {
    /// What to do with a recording that is there already.
    pub(super) fn overwrite(&self) -> Overwrite {
        if self.force { Overwrite::Replace } else { Overwrite::Refuse }
    }
}
