//! What an import gave, for people and for machines.

use std::fmt;
use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;

use crate::figures::duration;
use crate::recording::{Column, Kind, Recording};

/// What an import gave. `--json` prints it as it stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Folder of the recording.
    pub recording: String,
    /// Start of the first step.
    pub from: Timestamp,
    /// End of the last step.
    pub to: Timestamp,
    /// Length of a step, in seconds.
    pub step_s: f64,
    /// Steps, gaps included.
    pub steps: usize,
    /// Name of the signal to provision for.
    pub demand: String,
    /// One entry a signal.
    pub signals: Vec<SignalSummary>,
    /// Stamps that lay a little beside their step, and were moved to it.
    pub jittered: usize,
    /// Lines that could not be read, and were left out.
    pub unread_lines: u64,
    /// The first of them: file, line and text.
    pub first_unread: Vec<String>,
    /// Events of the calendar.
    pub events: usize,
}

/// One signal of an import.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SignalSummary {
    /// Its name.
    pub name: String,
    /// What a value says about its step.
    pub kind: Kind,
    /// Its unit.
    pub unit: String,
    /// Cells that are there.
    pub samples: usize,
    /// Cells that are missing.
    pub missing: usize,
    /// The longest run of missing cells, in seconds.
    pub longest_gap_s: f64,
    /// Where that run begins.
    pub longest_gap_from: Option<Timestamp>,
    /// The largest value; `None` without any.
    pub max: Option<f64>,
    /// When that was.
    pub max_at: Option<Timestamp>,
    /// Mean of the cells that are there.
    pub mean: Option<f64>,
}

impl Summary {
    pub(crate) fn of(path: &Path, recording: &Recording) -> Self {
        Self {
            recording: path.display().to_string(),
            from: recording.start,
            to: recording.time_at(recording.len()),
            step_s: recording.step.as_secs_f64(),
            steps: recording.len(),
            demand: recording.meta.demand.clone(),
            signals: recording.signals.iter().map(|(name, column)| signal(recording, name, column)).collect(),
            jittered: 0,
            unread_lines: 0,
            first_unread: vec![],
            events: 0,
        }
    }
}

fn signal(recording: &Recording, name: &str, column: &Column) -> SignalSummary {
    let meta = &recording.meta.signals[name];
    let samples = column.iter().flatten().count();
    let max = (0..column.len())
        .filter_map(|index| Some((index, column.get(index)?)))
        .max_by(|(first, a), (second, b)| a.total_cmp(b).then(second.cmp(first)));
    let gap = longest_gap(column);
    // Cells fit the memory, so their number is far below 2^53.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let (count, gap_steps) = (samples as f64, gap.map_or(0, |(_, steps)| steps) as f64);
    SignalSummary {
        name: name.to_owned(),
        kind: meta.kind,
        unit: meta.unit.clone(),
        samples,
        missing: column.len() - samples,
        longest_gap_s: gap_steps * recording.step.as_secs_f64(),
        longest_gap_from: gap.map(|(from, _)| recording.time_at(from)),
        max: max.map(|(_, value)| value),
        max_at: max.map(|(index, _)| recording.time_at(index)),
        mean: (0 < samples).then(|| column.iter().flatten().sum::<f64>() / count),
    }
}

/// First index and length of the longest run of missing cells.
fn longest_gap(column: &Column) -> Option<(usize, usize)> {
    let mut longest: Option<(usize, usize)> = None;
    let mut run = 0;
    for (index, cell) in column.iter().enumerate() {
        run = if cell.is_none() { run + 1 } else { 0 };
        if longest.map_or(0, |(_, length)| length) < run {
            longest = Some((index + 1 - run, run));
        }
    }
    longest
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {} to {}", self.recording, self.from, self.to)?;
        writeln!(f, "  {} steps of {}, {} events", self.steps, duration(self.step_s), self.events)?;
        for signal in &self.signals {
            let role = if signal.name == self.demand { "; this is the demand" } else { "" };
            writeln!(f, "  {}: {} in {}{role}", signal.name, meaning(signal.kind), signal.unit)?;
            writeln!(f, "    {signal}")?;
        }
        if 0 < self.jittered {
            writeln!(f, "  {} stamps lay a little beside their step and were moved to it", self.jittered)?;
        }
        if 0 < self.unread_lines {
            writeln!(f, "  {} lines could not be read and were left out, such as", self.unread_lines)?;
        }
        self.first_unread.iter().try_for_each(|line| writeln!(f, "    {line}"))
    }
}

impl fmt::Display for SignalSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} samples", self.samples)?;
        if let (Some(mean), Some(max), Some(at)) = (self.mean, self.max, self.max_at) {
            write!(f, ", mean {mean:.1}, most {max} at {at}")?;
        }
        match self.longest_gap_from {
            Some(from) => {
                write!(
                    f,
                    "; {} missing, the longest gap {} from {from}",
                    self.missing,
                    duration(self.longest_gap_s)
                )
            }
            None => write!(f, "; none missing"),
        }
    }
}

/// What a value says about its step, in words.
fn meaning(kind: Kind) -> &'static str {
    match kind {
        Kind::Rate => "a rate",
        Kind::Count => "a count",
        Kind::Gauge => "a level",
    }
}
