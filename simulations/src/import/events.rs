//! Reads a calendar: YAML of DemandEvents, checked and kept as it stands, or CSV with a start and whatever else is known.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use csv::{ReaderBuilder, StringRecord};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::ImportError;
use super::args::CommonArgs;
use super::event_yaml::{self, EventYaml, dns_name};
use super::stamp::StampReader;
use crate::calendar;

/// Names under which each column is looked for. The first that is there is taken.
const START: &[&str] = &["start", "startsAt", "timestamp", "time"];
const END: &[&str] = &["end", "endsAt"];
const DURATION: &[&str] = &["duration"];
const CLASS: &[&str] = &["type", "kind", "class"];
const NAME: &[&str] = &["name"];
const MAGNITUDE: &[&str] = &["magnitude", "size"];
const ANNOUNCED: &[&str] = &["announced_at", "announcedAt"];
const WITHDRAWN: &[&str] = &["withdrawn_at", "withdrawnAt"];

/// Class of an event that has none.
const UNKNOWN_CLASS: &str = "event";

/// What `events.yaml` of the recording will hold, and how many events that are.
pub(super) struct Calendar {
    pub(super) yaml: String,
    pub(super) events: usize,
}

/// Reads the calendar at `path`.
pub(super) fn read(path: &Path, args: &CommonArgs, zone: &TimeZone) -> Result<Calendar, ImportError> {
    let text = fs::read_to_string(path).map_err(|source| ImportError::io(path, source))?;
    let is_csv = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    if !is_csv {
        let events = calendar::read(&text, path)?.len();
        if events == 0 {
            return Err(ImportError::file(path, "holds no DemandEvent"));
        }
        return Ok(Calendar { yaml: text, events });
    }
    let events = read_csv(path, &text, args, zone)?;
    Ok(Calendar { yaml: event_yaml::write(&events, zone), events: events.len() })
}

/// The columns of one calendar, by position.
struct Columns {
    header: StringRecord,
    start: usize,
    end: Option<usize>,
    duration: Option<usize>,
    class: Option<usize>,
    name: Option<usize>,
    magnitude: Option<usize>,
    announced: Option<usize>,
    withdrawn: Option<usize>,
    /// Columns that mean nothing to us. They tell events of the same time apart: teams, places.
    others: Vec<usize>,
}

impl Columns {
    fn find(path: &Path, header: &StringRecord) -> Result<Self, ImportError> {
        let find =
            |names: &[&str]| names.iter().find_map(|name| header.iter().position(|column| column == *name));
        let Some(start) = find(START) else {
            return Err(ImportError::file(
                path,
                format!("line 1 has none of the columns {}", START.join(", ")),
            ));
        };
        let (end, duration, class) = (find(END), find(DURATION), find(CLASS));
        let (name, magnitude) = (find(NAME), find(MAGNITUDE));
        let (announced, withdrawn) = (find(ANNOUNCED), find(WITHDRAWN));
        let known = [Some(start), end, duration, class, name, magnitude, announced, withdrawn];
        let others = (0..header.len()).filter(|column| !known.contains(&Some(*column))).collect();
        let header = header.clone();
        Ok(Self { header, start, end, duration, class, name, magnitude, announced, withdrawn, others })
    }
}

/// Reads the rows of one calendar.
struct EventReader<'a> {
    path: &'a Path,
    args: &'a CommonArgs,
    zone: &'a TimeZone,
    columns: Columns,
    starts: StampReader,
    ends: StampReader,
    announcements: StampReader,
    withdrawals: StampReader,
    names: BTreeSet<String>,
}

fn read_csv(
    path: &Path,
    text: &str,
    args: &CommonArgs,
    zone: &TimeZone,
) -> Result<Vec<EventYaml>, ImportError> {
    let mut reader = ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|source| ImportError::csv(path, source))?;
    let mut events = EventReader {
        path,
        args,
        zone,
        columns: Columns::find(path, header)?,
        starts: StampReader::new(zone.clone()),
        ends: StampReader::new(zone.clone()),
        announcements: StampReader::new(zone.clone()),
        withdrawals: StampReader::new(zone.clone()),
        names: BTreeSet::new(),
    };
    let mut read = Vec::new();
    for row in reader.records() {
        read.push(events.event(&row.map_err(|source| ImportError::csv(path, source))?)?);
    }
    Ok(read)
}

impl EventReader<'_> {
    fn event(&mut self, row: &StringRecord) -> Result<EventYaml, ImportError> {
        let start = self.columns.start;
        let starts_at = self.starts.read(&row[start]).map_err(|problem| self.refuse(row, start, problem))?;
        let ends_at = self.end(row, starts_at)?;
        let class = self.class(row)?;
        let magnitude = self.magnitude(row)?;
        let (announced_at, withdrawn_at) = self.announced(row)?;
        let name = self.unique_name(row, &class, starts_at);
        let expected = None;
        Ok(EventYaml { name, class, starts_at, ends_at, magnitude, expected, announced_at, withdrawn_at })
    }

    /// When the event of the row was announced, and when it was withdrawn, where that is known.
    fn announced(
        &mut self,
        row: &StringRecord,
    ) -> Result<(Option<Timestamp>, Option<Timestamp>), ImportError> {
        let moment = |stamps: &mut StampReader, cell: Option<(usize, &str)>| {
            cell.map(|(column, text)| stamps.read(text).map_err(|problem| (column, problem))).transpose()
        };
        let announced = moment(&mut self.announcements, filled(row, self.columns.announced));
        let announced_at = announced.map_err(|(column, problem)| self.refuse(row, column, problem))?;
        let cell = filled(row, self.columns.withdrawn);
        let withdrawn = moment(&mut self.withdrawals, cell);
        let withdrawn_at = withdrawn.map_err(|(column, problem)| self.refuse(row, column, problem))?;
        if let (Some(announced), Some(withdrawn), Some((column, text))) = (announced_at, withdrawn_at, cell)
            && withdrawn <= announced
        {
            let problem = format!("{text:?} is not after the announcement {announced}");
            return Err(self.refuse(row, column, problem));
        }
        Ok((announced_at, withdrawn_at))
    }

    /// The end of the row, or its duration, or that of `--event-duration`.
    fn end(&mut self, row: &StringRecord, starts_at: Timestamp) -> Result<Timestamp, ImportError> {
        if let Some((column, text)) = filled(row, self.columns.end) {
            let ends_at = self.ends.read(text).map_err(|problem| self.refuse(row, column, problem))?;
            let problem = format!("{text:?} is not after the start {:?}", &row[self.columns.start]);
            return if starts_at < ends_at { Ok(ends_at) } else { Err(self.refuse(row, column, problem)) };
        }
        let (column, duration) = match filled(row, self.columns.duration) {
            Some((column, text)) => {
                let problem = format!("{text:?} is not a duration such as 2h or 90m");
                (column, text.parse::<SignedDuration>().map_err(|_| self.refuse(row, column, problem))?)
            }
            None => (self.columns.start, self.args.event_duration),
        };
        let ends_at = starts_at.checked_add(duration).ok().filter(|ends_at| starts_at < *ends_at);
        ends_at.ok_or_else(|| {
            self.refuse(row, column, format!("a duration of {duration:#} does not end after it"))
        })
    }

    fn class(&self, row: &StringRecord) -> Result<String, ImportError> {
        if let Some(class) = &self.args.event_type {
            let name = dns_name(class);
            return if name == *class { Ok(name) } else { Err(refuse_class(class)) };
        }
        let class = filled(row, self.columns.class).map(|(_, text)| dns_name(text));
        Ok(class.filter(|class| !class.is_empty()).unwrap_or_else(|| UNKNOWN_CLASS.into()))
    }

    fn magnitude(&self, row: &StringRecord) -> Result<Option<f64>, ImportError> {
        let Some((column, text)) = filled(row, self.columns.magnitude) else { return Ok(None) };
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() && 0.0 <= value => Ok(Some(value)),
            Ok(_) | Err(_) => {
                Err(self.refuse(row, column, format!("{text:?} is not a finite number of at least 0")))
            }
        }
    }

    /// The name of the row, or class, start and the columns that mean nothing else; numbered if it is taken.
    fn unique_name(&mut self, row: &StringRecord, class: &str, starts_at: Timestamp) -> String {
        let described = || {
            let start = starts_at.to_zoned(self.zone.clone()).strftime("%Y-%m-%d-%H%M").to_string();
            let others = self.columns.others.iter().map(|&column| row[column].to_owned());
            [class.to_owned(), start].into_iter().chain(others).collect::<Vec<_>>().join(" ")
        };
        let words = filled(row, self.columns.name).map_or_else(described, |(_, name)| name.to_owned());
        let base = dns_name(&words);
        let base = if base.is_empty() { UNKNOWN_CLASS.to_owned() } else { base };
        let mut name = base.clone();
        let mut number = 1;
        while !self.names.insert(name.clone()) {
            number += 1;
            name = format!("{base}-{number}");
        }
        name
    }

    fn refuse(&self, row: &StringRecord, column: usize, problem: String) -> ImportError {
        ImportError::Cell {
            path: self.path.to_path_buf(),
            line: row.position().map_or(0, csv::Position::line),
            column: self.columns.header[column].to_owned(),
            problem,
        }
    }
}

/// A cell that is there and holds something, with its column.
fn filled(row: &StringRecord, column: Option<usize>) -> Option<(usize, &str)> {
    column.map(|column| (column, &row[column])).filter(|(_, text)| !text.is_empty())
}

fn refuse_class(class: &str) -> ImportError {
    ImportError::option("--event-type", format!("{class:?} is not lower-case letters, digits and hyphens"))
}
