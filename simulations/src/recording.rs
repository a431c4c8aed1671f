//! A recording: traffic and signals on disk that can be replayed. It is a folder of `recording.toml`,
//! `samples.csv` or `samples.parquet`, and `events.yaml`. Values, unit and stamps stay as they were given: the
//! grid starts at the first stamp, a stamp is the start of its step, and a gap stays a gap.

mod check;
mod column;
mod csv;
mod error;
mod folder;
mod grid;
mod manifest;
mod parquet;
mod series;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};

pub use column::Column;
pub use error::RecordingError;
pub use folder::Overwrite;
pub(crate) use grid::{Grid, MAX_STEPS, Misplaced, Placement, TIME_COLUMN, in_order, place};
pub use manifest::{Kind, Meta, SignalMeta};
pub(crate) use series::{Aligned, Series, align};

/// Traffic and signals on one even grid.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// What it is, where it comes from, and what its signals mean.
    pub meta: Meta,
    /// Start of the first step.
    pub start: Timestamp,
    /// Length of a step; above zero, in whole milliseconds.
    pub step: SignedDuration,
    /// One column a signal, all of one length, in the unit and of the kind that `meta` gives.
    pub signals: BTreeMap<String, Column>,
    /// The calendar: DemandEvents as people write them for Kubernetes; `None` without one.
    pub events_yaml: Option<String>,
}

/// How samples are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// `samples.csv`: for eyes and editors.
    Csv,
    /// `samples.parquet`: a fraction of the size.
    Parquet,
}

impl Recording {
    /// Reads the folder at `path`.
    ///
    /// # Errors
    /// Names the file, the line and the field that cannot be used, and the value it holds.
    pub fn open(path: &Path) -> Result<Self, RecordingError> {
        let manifest = manifest::read(&path.join(folder::MANIFEST))?;
        let samples = samples_path(path)?;
        let rows = match samples.extension() {
            Some(extension) if extension == "csv" => csv::read(&samples)?,
            Some(_) | None => parquet::read(&samples)?,
        };
        let Some(&start) = rows.stamps.first() else {
            return Err(RecordingError::file(&samples, "holds no samples"));
        };
        let placement = place(Grid { start, step: manifest.step }, &rows.stamps, SignedDuration::ZERO)
            .map_err(|misplaced| rows.misplaced(&samples, &misplaced))?;
        let signals = rows
            .columns
            .into_iter()
            .map(|(name, column)| (name, column.spread(&placement, placement.len)))
            .collect();
        let events_yaml = read_events(&path.join(folder::EVENTS))?;
        let recording = Self { meta: manifest.meta, start, step: manifest.step, signals, events_yaml };
        recording.check(&samples)?;
        recording.check_length(&samples, manifest.steps)?;
        Ok(recording)
    }

    /// Writes the folder at `path`, whole or not at all.
    ///
    /// # Errors
    /// Refuses a folder that is not a recording, and a recording unless told to replace it.
    pub fn write(&self, path: &Path, format: Format, overwrite: Overwrite) -> Result<(), RecordingError> {
        self.check(path)?;
        folder::write(path, overwrite, |folder| {
            manifest::write(&folder.join(folder::MANIFEST), self)?;
            match format {
                Format::Csv => csv::write(&folder.join(folder::CSV), self)?,
                Format::Parquet => parquet::write(&folder.join(folder::PARQUET), self)?,
            }
            match &self.events_yaml {
                Some(events) => {
                    let path = folder.join(folder::EVENTS);
                    fs::write(&path, events).map_err(|source| RecordingError::io("write", &path, source))
                }
                None => Ok(()),
            }
        })
    }

    /// Number of steps, gaps included.
    pub fn len(&self) -> usize {
        self.signals.values().next().map_or(0, Column::len)
    }

    /// Whether there is no step at all; never so for a recording that was opened.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Start of the step at `index`.
    pub fn time_at(&self, index: usize) -> Timestamp {
        Grid { start: self.start, step: self.step }.time_at(index)
    }

    /// The demand signal as recorded, in the unit and of the kind that its entry in `meta` gives.
    pub fn demand(&self) -> Option<&Column> {
        self.signals.get(&self.meta.demand)
    }

    /// All other signals, by name, as recorded: what may run ahead of demand.
    pub fn beside_demand(&self) -> impl Iterator<Item = &Column> {
        self.signals.iter().filter(|(name, _)| **name != self.meta.demand).map(|(_, column)| column)
    }

    /// The signal that a scaler calls `name`: a column may have `_` where a scaler can only have `-`.
    pub fn named(&self, name: &str) -> Option<&Column> {
        self.signals.get(self.name_of(name)?)
    }

    /// The column's own name of the signal that a scaler calls `name`.
    fn name_of(&self, name: &str) -> Option<&str> {
        let same = |column: &&String| **column == name || column.replace('_', "-") == name;
        self.signals.keys().find(same).map(String::as_str)
    }

    /// The signal per second where it counts (a count over its step, a rate as it is); a gauge as it is.
    /// `None` for a signal that the recording does not have.
    pub fn rate_per_second(&self, signal: &str) -> Option<Column> {
        let name = self.name_of(signal)?;
        let column = self.signals.get(name)?;
        match self.meta.signals.get(name)?.kind {
            Kind::Count => {
                let step_s = self.step.as_secs_f64();
                Some(column.iter().map(|cell| cell.map(|count| count / step_s)).collect())
            }
            Kind::Rate | Kind::Gauge => Some(column.clone()),
        }
    }
}

/// The one samples file of the folder.
fn samples_path(path: &Path) -> Result<PathBuf, RecordingError> {
    let (csv, parquet) = (path.join(folder::CSV), path.join(folder::PARQUET));
    match (csv.is_file(), parquet.is_file()) {
        (true, false) => Ok(csv),
        (false, true) => Ok(parquet),
        (true, true) => Err(RecordingError::file(path, "has both samples.csv and samples.parquet: keep one")),
        (false, false) => Err(RecordingError::file(path, "has neither samples.csv nor samples.parquet")),
    }
}

/// The calendar, if there is one.
fn read_events(path: &Path) -> Result<Option<String>, RecordingError> {
    if !path.exists() {
        return Ok(None);
    }
    fs::read_to_string(path).map(Some).map_err(|source| RecordingError::io("read", path, source))
}

/// What a samples file holds before it is put on the grid: one stamp a row, one value a row and signal.
struct Rows {
    stamps: Vec<Timestamp>,
    columns: BTreeMap<String, Column>,
}

impl Rows {
    /// The error for a row that cannot be placed. The header is line 1, so row 0 is line 2.
    fn misplaced(&self, path: &Path, misplaced: &Misplaced) -> RecordingError {
        RecordingError::row(path, misplaced.row + 2, TIME_COLUMN, &misplaced.problem)
    }
}

#[cfg(test)]
mod tests;
