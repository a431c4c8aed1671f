//! Counts the requests of access logs per step. It streams: memory goes with the steps, never with the lines.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Read};
use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use super::args::AccessLogArgs;
use super::log_line::{LineParser, LogLine};
use super::traffic::{Signal, Traffic, Unread};
use super::{ImportError, source};
use crate::recording::{Column, Kind, MAX_STEPS};

/// No server writes longer lines (requests end at 8 KiB by default), and a file without line ends must not fill
/// the memory.
const MAX_LINE_BYTES: u64 = 1 << 16;

/// How many unread lines are shown, and how much of each.
const SHOWN_LINES: usize = 5;
const SHOWN_CHARS: usize = 120;

/// Requests of one step.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    requests: u64,
    server_errors: u64,
    bytes: u64,
}

/// The log so far.
struct Counter {
    step_s: i64,
    steps: BTreeMap<i64, Counts>,
    /// The step that is counted at present, kept out of the map: lines come in order but for a few.
    current: (i64, Counts),
    read: u64,
    unread: Unread,
}

/// Reads all files as one log.
pub(super) fn read(args: &AccessLogArgs) -> Result<Traffic, ImportError> {
    let mut counter = Counter {
        step_s: whole_seconds(args.step)?,
        steps: BTreeMap::new(),
        current: (0, Counts::default()),
        read: 0,
        unread: Unread::default(),
    };
    for path in &args.files {
        counter.read_file(path, source::open(path)?)?;
    }
    counter.flush();
    counter.finish(args)
}

fn whole_seconds(step: SignedDuration) -> Result<i64, ImportError> {
    let is_whole = step.subsec_nanos() == 0 && step.is_positive();
    if is_whole {
        return Ok(step.as_secs());
    }
    Err(ImportError::option(
        "--step",
        format!("{step:#} is not a number of seconds above 0, as logs have them"),
    ))
}

impl Counter {
    fn read_file(&mut self, path: &Path, mut reader: impl BufRead) -> Result<(), ImportError> {
        let mut parser = LineParser::default();
        let mut line = Vec::new();
        let mut number = 0_u64;
        while next_line(&mut reader, &mut line).map_err(|source| ImportError::io(path, source))? {
            number += 1;
            match parser.parse(&line) {
                Some(parsed) => self.count(path, number, parsed)?,
                None => self.skip(path, number, &line),
            }
        }
        Ok(())
    }

    fn count(&mut self, path: &Path, number: u64, line: LogLine) -> Result<(), ImportError> {
        let step = line.second.div_euclid(self.step_s);
        if step != self.current.0 {
            self.flush();
            self.current = (step, Counts::default());
            self.refuse_long_span(path, number, step)?;
        }
        self.read += 1;
        let counts = &mut self.current.1;
        counts.requests += 1;
        counts.server_errors += u64::from((500..=599).contains(&line.status));
        counts.bytes = counts.bytes.saturating_add(line.bytes);
        Ok(())
    }

    /// Adds the present step to the map.
    fn flush(&mut self) {
        let (step, counts) = self.current;
        if 0 < counts.requests {
            let sum = self.steps.entry(step).or_default();
            sum.requests += counts.requests;
            sum.server_errors += counts.server_errors;
            sum.bytes = sum.bytes.saturating_add(counts.bytes);
        }
    }

    fn skip(&mut self, path: &Path, number: u64, line: &[u8]) {
        self.unread.count += 1;
        if self.unread.first.len() < SHOWN_LINES {
            let text: String = String::from_utf8_lossy(line).trim_end().chars().take(SHOWN_CHARS).collect();
            self.unread.first.push(format!("{} line {number}: {text:?}", path.display()));
        }
    }

    /// Refuses the stamp that makes the log longer than a recording can be, before memory is filled for it.
    fn refuse_long_span(&self, path: &Path, line: u64, step: i64) -> Result<(), ImportError> {
        let first = self.steps.first_key_value().map_or(step, |(&first, _)| first.min(step));
        let last = self.steps.last_key_value().map_or(step, |(&last, _)| last.max(step));
        let is_too_long = i64::try_from(MAX_STEPS).is_ok_and(|most| most <= last - first);
        if !is_too_long {
            return Ok(());
        }
        let at = time_of(step, self.step_s);
        let problem =
            format!("{at} is more than {MAX_STEPS} steps from other lines: give a longer --step, or drop it");
        Err(ImportError::Cell { path: path.to_path_buf(), line, column: "time".into(), problem })
    }

    fn finish(self, args: &AccessLogArgs) -> Result<Traffic, ImportError> {
        let path = &args.files[0];
        if self.read == 0 && self.unread.count == 0 {
            return Err(ImportError::file(path, "is empty"));
        }
        if self.read < self.unread.count {
            let shown = self.unread.first.join("\n  ");
            let problem = format!(
                "is not an access log in common or combined format: {} of {} lines cannot be read, such as\n  {shown}",
                self.unread.count,
                self.unread.count + self.read
            );
            return Err(ImportError::file(path, problem));
        }
        let first = self.steps.first_key_value().map_or(0, |(&first, _)| first);
        let column = |of: fn(&Counts) -> u64| self.column(args.missing_after, of);
        let count = |unit: &str, column| Signal { kind: Kind::Count, unit: unit.into(), column };
        Ok(Traffic {
            start: time_of(first, self.step_s),
            step: args.step,
            demand: "requests".into(),
            signals: BTreeMap::from([
                ("requests".into(), count("requests", column(|counts| counts.requests))),
                ("server_errors".into(), count("requests", column(|counts| counts.server_errors))),
                ("bytes".into(), count("bytes", column(|counts| counts.bytes))),
            ]),
            what: "Requests, 5xx answers and bytes of access logs".into(),
            jittered: 0,
            unread: self.unread,
        })
    }

    /// One of the counts at every step. Short silence is a true zero: the log was there and nobody came. Long
    /// silence is a log that was lost.
    fn column(&self, missing_after: SignedDuration, of: fn(&Counts) -> u64) -> Column {
        let mut column = Column::default();
        let mut next: Option<i64> = None;
        for (&step, counts) in &self.steps {
            let silent = step - next.unwrap_or(step);
            let is_short = silent * self.step_s < missing_after.as_secs();
            for _ in 0..silent {
                column.push(is_short.then_some(0.0));
            }
            // Counts are far below 2^53, where f64 stops being exact.
            #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
            column.push(Some(of(counts) as f64));
            next = Some(step + 1);
        }
        column
    }
}

fn time_of(step: i64, step_s: i64) -> Timestamp {
    Timestamp::from_second(step * step_s).unwrap_or(Timestamp::MAX)
}

/// Reads the next line into `line`, at most [`MAX_LINE_BYTES`] of it; false at the end.
fn next_line(reader: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    reader.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', line)?;
    match line.last() {
        None => return Ok(false),
        Some(b'\n') => {
            line.pop();
        }
        Some(_) => {
            reader.skip_until(b'\n')?;
        }
    }
    Ok(true)
}
