//! What an importer hands over: signals on one grid, and what it met on the way. And the two things that more
//! than one importer must find out: the step, and whether values count or rate.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::recording::{Column, Kind};

/// A stamp may lie this part of a step beside its slot, as the stamps of a busy collector do.
const JITTER_PART: i32 = 10;

/// Signals that were read, on one grid.
#[derive(Debug)]
pub(super) struct Traffic {
    pub(super) start: Timestamp,
    pub(super) step: SignedDuration,
    /// Name of the signal to provision for.
    pub(super) demand: String,
    pub(super) signals: BTreeMap<String, Signal>,
    /// What it is, in a sentence.
    pub(super) what: String,
    /// Stamps that were moved to their slot.
    pub(super) jittered: usize,
    pub(super) unread: Unread,
}

/// One signal that was read.
#[derive(Debug)]
pub(super) struct Signal {
    pub(super) kind: Kind,
    pub(super) unit: String,
    pub(super) column: Column,
}

/// Lines that could not be read.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Unread {
    pub(super) count: u64,
    /// The first few: file, line and text, cut.
    pub(super) first: Vec<String>,
}

/// How far a stamp may lie beside its slot.
pub(super) fn tolerance(step: SignedDuration) -> SignedDuration {
    step / JITTER_PART
}

/// The most common distance between stamps that follow each other; the shortest of those that are equally
/// common. `None` for fewer than two stamps.
pub(super) fn most_common_step(stamps: impl IntoIterator<Item = Timestamp>) -> Option<SignedDuration> {
    let mut counts: BTreeMap<SignedDuration, usize> = BTreeMap::new();
    let mut before: Option<Timestamp> = None;
    for at in stamps {
        if let Some(before) = before.filter(|&before| before < at) {
            let distance_ms = at.as_millisecond() - before.as_millisecond();
            *counts.entry(SignedDuration::from_millis(distance_ms)).or_default() += 1;
        }
        before = Some(at);
    }
    // `max_by_key` returns the last of equals, so shorter distances come last.
    counts.into_iter().rev().max_by_key(|&(_, count)| count).map(|(step, _)| step)
}

/// Whole numbers are counts: a rate is whole only by chance.
pub(super) fn likely_kind(column: &Column) -> Kind {
    let all_whole = column.iter().flatten().all(|value| value.fract() == 0.0);
    if all_whole { Kind::Count } else { Kind::Rate }
}

/// The unit of requests for a kind.
pub(super) fn likely_unit(kind: Kind) -> &'static str {
    match kind {
        Kind::Count => "requests",
        Kind::Rate => "requests/s",
        Kind::Gauge => "1",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(seconds: &[i64], step_s: Option<i64>) {
        let stamps = seconds.iter().map(|&s| Timestamp::from_second(s).unwrap());
        assert_eq!(most_common_step(stamps), step_s.map(SignedDuration::from_secs));
    }

    #[test]
    fn the_step_is_the_most_common_distance() {
        check(&[0, 60, 120, 300, 360], Some(60));
        check(&[0, 300, 360], Some(60));
        check(&[0, 60, 60, 120], Some(60));
        check(&[0], None);
    }
}
