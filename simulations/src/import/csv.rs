//! Reads CSV: a header, a column of times, and a signal in each other column.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::path::{Path, PathBuf};

use csv::{ReaderBuilder, StringRecord};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::args::CsvArgs;
use super::stamp::StampReader;
use super::traffic::{self, Signal, Traffic, Unread};
use super::{ImportError, source};
use crate::recording::{Column, Grid, Kind, Misplaced, in_order, place};

/// Names under which the time is looked for when nobody gives one.
const TIME_COLUMNS: [&str; 2] = ["timestamp", "time"];

/// Delimiters that are tried. The most frequent one in the header is taken.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The rows of all files, and the file and line that each came from.
#[derive(Default)]
struct Table {
    /// Signals in the order of the first file's header.
    names: Vec<String>,
    stamps: Vec<Timestamp>,
    columns: Vec<Column>,
    lines: Vec<u64>,
    /// Name of each file's time column, and the first row that is not of this file.
    files: Vec<(PathBuf, String, usize)>,
}

/// Reads all files as one table, and puts it on a grid.
pub(super) fn read(args: &CsvArgs, zone: &TimeZone) -> Result<Traffic, ImportError> {
    let mut table = Table::default();
    for path in &args.files {
        table.append(path, args, zone)?;
    }
    let Some(&start) = table.stamps.first() else {
        return Err(ImportError::file(&args.files[0], "has a header and no rows"));
    };
    let refuse_time = |misplaced: Misplaced| table.refuse_time(misplaced.row, misplaced.problem);
    in_order(&table.stamps).map_err(refuse_time)?;
    let step = args.step.or_else(|| traffic::most_common_step(table.stamps.iter().copied()));
    let Some(step) = step else {
        return Err(ImportError::option("--step", "must be given: two rows in order of time would show it"));
    };
    let placement =
        place(Grid { start, step }, &table.stamps, traffic::tolerance(step)).map_err(refuse_time)?;
    let demand = table.names[0].clone();
    let mut signals = BTreeMap::new();
    for (name, column) in table.names.into_iter().zip(table.columns) {
        signals.insert(name, signal(args, column.spread(&placement, placement.len)));
    }
    let what = "Traffic from CSV".into();
    Ok(Traffic {
        start,
        step,
        demand,
        signals,
        what,
        jittered: placement.jittered,
        unread: Unread::default(),
    })
}

fn signal(args: &CsvArgs, column: Column) -> Signal {
    let kind: Kind = args.kind.unwrap_or_else(|| traffic::likely_kind(&column));
    let unit = args.unit.clone().unwrap_or_else(|| traffic::likely_unit(kind).into());
    Signal { kind, unit, column }
}

impl Table {
    /// Reads one file to the end.
    fn append(&mut self, path: &Path, args: &CsvArgs, zone: &TimeZone) -> Result<(), ImportError> {
        let mut reader = source::open(path)?;
        let delimiter = delimiter(reader.fill_buf().map_err(|source| ImportError::io(path, source))?);
        let mut reader = ReaderBuilder::new().delimiter(delimiter).trim(csv::Trim::All).from_reader(reader);
        let header = reader.headers().map_err(|source| ImportError::csv(path, source))?.clone();
        let (time, values) = self.choose_columns(path, &header, args)?;
        let mut stamps = StampReader::new(zone.clone());
        let mut record = StringRecord::new();
        while reader.read_record(&mut record).map_err(|source| ImportError::csv(path, source))? {
            let line = record.position().map_or(0, csv::Position::line);
            let refuse = |column: usize, problem| ImportError::Cell {
                path: path.to_path_buf(),
                line,
                column: header[column].to_owned(),
                problem,
            };
            self.stamps.push(stamps.read(&record[time]).map_err(|problem| refuse(time, problem))?);
            for (signal, &column) in values.iter().enumerate() {
                let cell = cell(&record[column]).map_err(|problem| refuse(column, problem))?;
                self.columns[signal].push(cell);
            }
            self.lines.push(line);
        }
        self.files.push((path.to_path_buf(), header[time].to_owned(), self.stamps.len()));
        Ok(())
    }

    /// Positions of the time and of the signals in this file's header.
    fn choose_columns(
        &mut self,
        path: &Path,
        header: &StringRecord,
        args: &CsvArgs,
    ) -> Result<(usize, Vec<usize>), ImportError> {
        let find = |name: &str| header.iter().position(|column| column == name);
        let listed = || header.iter().collect::<Vec<_>>().join(", ");
        if header.is_empty() {
            return Err(ImportError::file(path, "is empty: a header is needed"));
        }
        let time = match &args.time_column {
            Some(name) => find(name),
            None => TIME_COLUMNS.iter().find_map(|name| find(name)),
        };
        let Some(time) = time else {
            let wanted = args.time_column.as_deref().unwrap_or("timestamp or time");
            let problem = format!("line 1 has no column {wanted} among {}: give --time-column", listed());
            return Err(ImportError::file(path, problem));
        };
        if self.names.is_empty() {
            self.names = match args.value_columns.as_slice() {
                [] => header
                    .iter()
                    .enumerate()
                    .filter(|(at, _)| *at != time)
                    .map(|(_, name)| name.into())
                    .collect(),
                given => given.to_vec(),
            };
            self.columns = vec![Column::default(); self.names.len()];
        }
        if self.names.is_empty() {
            return Err(ImportError::file(path, "has no column beside the time"));
        }
        let values = self.names.iter().map(|name| {
            let missing =
                || ImportError::file(path, format!("line 1 has no column {name} among {}", listed()));
            find(name).ok_or_else(missing)
        });
        Ok((time, values.collect::<Result<_, _>>()?))
    }

    /// The error for the stamp of a row.
    fn refuse_time(&self, row: usize, problem: String) -> ImportError {
        let after = self.files.partition_point(|&(_, _, end)| end <= row);
        let (path, column, _) = &self.files[after];
        ImportError::Cell { path: path.clone(), line: self.lines[row], column: column.clone(), problem }
    }
}

/// The delimiter that the first line has most of; a comma if it has none.
pub(crate) fn delimiter(start: &[u8]) -> u8 {
    let line = start.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let count = |delimiter: u8| line.iter().filter(|&&byte| byte == delimiter).count();
    // `max_by_key` returns the last of equals, so the comma comes last.
    DELIMITERS.into_iter().rev().max_by_key(|&delimiter| count(delimiter)).unwrap_or(b',')
}

/// An empty cell is missing; words such as NaN and negative numbers are refused.
fn cell(text: &str) -> Result<Option<f64>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() && 0.0 <= value => Ok(Some(value)),
        Ok(value) if value < 0.0 => Err(format!("{text} is negative, which no rate or count is")),
        Ok(_) | Err(_) => Err(format!(
            "{text:?} is not a number; leave the cell empty where there is none, or name the columns to take with \
             --value-column"
        )),
    }
}
