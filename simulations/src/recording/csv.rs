//! `samples.csv`: `time` and a column a signal; an empty cell is missing.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use csv::{ReaderBuilder, StringRecord, Writer};
use jiff::Timestamp;

use super::{Column, Recording, RecordingError, Rows, TIME_COLUMN};

/// Reads the rows, as they stand.
pub(super) fn read(path: &Path) -> Result<Rows, RecordingError> {
    let bytes = fs::read(path).map_err(|source| RecordingError::io("read", path, source))?;
    // Every writer of CSV ends the last line; one without an end may hold the first half of a number.
    if bytes.last().is_some_and(|&last| last != b'\n') {
        return Err(RecordingError::file(path, "ends inside a line: it is cut off"));
    }
    let csv_error = |source| RecordingError::Csv { path: path.to_path_buf(), source };
    let mut reader = ReaderBuilder::new().from_reader(bytes.as_slice());
    let names = signal_names(path, reader.headers().map_err(csv_error)?)?;
    let mut stamps = Vec::new();
    let mut columns = vec![Column::default(); names.len()];
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(csv_error)? {
        let line = stamps.len() + 2;
        let refuse = |column: &str, problem: String| RecordingError::row(path, line, column, problem);
        stamps.push(stamp(&record[0]).map_err(|problem| refuse(TIME_COLUMN, problem))?);
        for (index, name) in names.iter().enumerate() {
            columns[index].push(cell(&record[index + 1]).map_err(|problem| refuse(name, problem))?);
        }
    }
    Ok(Rows { stamps, columns: names.into_iter().zip(columns).collect::<BTreeMap<_, _>>() })
}

/// Writes every step, the missing ones as empty cells.
pub(super) fn write(path: &Path, recording: &Recording) -> Result<(), RecordingError> {
    let csv_error = |source| RecordingError::Csv { path: path.to_path_buf(), source };
    let mut writer = Writer::from_path(path).map_err(csv_error)?;
    let names = recording.signals.keys().map(String::as_str);
    writer.write_record(std::iter::once(TIME_COLUMN).chain(names)).map_err(csv_error)?;
    for index in 0..recording.len() {
        let cells = recording.signals.values().map(|column| column.get(index));
        let cells = cells.map(|cell| cell.map_or_else(String::new, |value| value.to_string()));
        let time = std::iter::once(recording.time_at(index).to_string());
        writer.write_record(time.chain(cells)).map_err(csv_error)?;
    }
    writer.flush().map_err(|source| RecordingError::io("write", path, source))
}

fn signal_names(path: &Path, header: &StringRecord) -> Result<Vec<String>, RecordingError> {
    if header.get(0) != Some(TIME_COLUMN) {
        let found = header.get(0).unwrap_or_default();
        let problem = format!("{found:?} is the first column, which must be {TIME_COLUMN}");
        return Err(RecordingError::row(path, 1, found, problem));
    }
    let names: Vec<String> = header.iter().skip(1).map(str::to_owned).collect();
    match names.iter().enumerate().find(|(index, name)| names[..*index].contains(name)) {
        Some((_, doubled)) => Err(RecordingError::row(path, 1, doubled, "is there twice")),
        None => Ok(names),
    }
}

fn stamp(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| format!("{text:?} is not an RFC 3339 time such as 2026-07-07T19:00:00Z"))
}

/// An empty cell is missing; words such as NaN are refused, for nobody knows what they meant.
fn cell(text: &str) -> Result<Option<f64>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(Some(value)),
        Ok(_) | Err(_) => Err(format!("{text:?} is not a number; leave the cell empty where there is none")),
    }
}
