//! What an import gave and what it left out, in one sentence for standard error.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;

/// How many events there are of each kind, and how many were left out and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Events that stand alone.
    pub single: usize,
    /// Repetitions of series, as their rules have them.
    pub repetitions: usize,
    /// Occurrences of series that were changed.
    pub changed: usize,
    /// Those of them that start at another time.
    pub moved: usize,
    /// Rows of CSV.
    pub rows: usize,
    /// Left out by EXDATE.
    pub excluded: usize,
    /// Left out during events of these files.
    pub skipped: BTreeMap<String, usize>,
    /// Events that are written on their own, left out by --from and --until.
    pub outside: usize,
    /// Left out for a later version of the same.
    pub superseded: usize,
    /// Left out since they cannot be used.
    pub unusable: usize,
}

impl Counts {
    /// Both together.
    pub(super) fn add(&mut self, other: Self) {
        let Self {
            single,
            repetitions,
            changed,
            moved,
            rows,
            excluded,
            skipped,
            outside,
            superseded,
            unusable,
        } = other;
        self.single += single;
        self.repetitions += repetitions;
        self.changed += changed;
        self.moved += moved;
        self.rows += rows;
        self.excluded += excluded;
        self.outside += outside;
        self.superseded += superseded;
        self.unusable += unusable;
        for (file, count) in skipped {
            *self.skipped.entry(file).or_default() += count;
        }
    }
}

/// What an import gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Events.
    pub events: usize,
    /// Those of them that were called off.
    pub cancelled: usize,
    /// The first start.
    pub from: Option<Timestamp>,
    /// The last end.
    pub to: Option<Timestamp>,
    /// Where they come from, and what was left out.
    pub counts: Counts,
}

impl fmt::Display for Summary {
    /// `9 events from 2026-10-02T08:00:00Z to 2026-12-01T21:00:00Z: 2 single, 7 repetitions; left out: 1 by EXDATE`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = &self.counts;
        write!(f, "{}", plural(self.events, "event"))?;
        if let (Some(from), Some(to)) = (self.from, self.to) {
            write!(f, " from {from} to {to}")?;
        }
        let kinds = [
            (counts.rows, "of CSV".to_owned()),
            (counts.single, "single".to_owned()),
            (counts.repetitions, "repeated".to_owned()),
            (counts.changed, format!("changed in a series ({} moved)", counts.moved)),
            (self.cancelled, "of them cancelled".to_owned()),
        ];
        list(f, ": ", &kinds)?;
        let skipped = counts.skipped.iter().map(|(file, count)| (*count, format!("during events of {file}")));
        let left_out = [
            (counts.excluded, "by EXDATE".to_owned()),
            (counts.outside, "outside of --from and --until".to_owned()),
            (counts.superseded, "superseded by a later version".to_owned()),
            (counts.unusable, "unusable".to_owned()),
        ];
        list(f, "; left out: ", &left_out.into_iter().chain(skipped).collect::<Vec<_>>())
    }
}

fn list(f: &mut fmt::Formatter<'_>, before: &str, parts: &[(usize, String)]) -> fmt::Result {
    let parts = parts.iter().filter(|(count, _)| 0 < *count);
    let parts: Vec<_> = parts.map(|(count, what)| format!("{count} {what}")).collect();
    if parts.is_empty() { Ok(()) } else { write!(f, "{before}{}", parts.join(", ")) }
}

fn plural(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
