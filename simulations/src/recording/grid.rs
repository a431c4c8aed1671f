//! The even grid on which a recording lies: it begins at the first stamp, and a stamp is the start of its step.

use jiff::{SignedDuration, Timestamp};

/// Name of the first column of every samples file.
pub(crate) const TIME_COLUMN: &str = "time";

/// The most steps that one recording may span: eight years of minutes. Three signals of eight bytes a step are
/// then 100 MB, so one wild stamp (a server that woke up in 1970) is refused before it fills the memory.
pub(crate) const MAX_STEPS: usize = 1 << 22;

/// The even grid of one recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Grid {
    /// Start of the first step.
    pub(crate) start: Timestamp,
    /// Length of a step, above zero.
    pub(crate) step: SignedDuration,
}

/// Where each row lies on the grid.
#[derive(Debug, PartialEq)]
pub(crate) struct Placement {
    /// Slot of each row, strictly rising.
    pub(crate) slots: Vec<usize>,
    /// Steps from the start of the grid to the last row, both included.
    pub(crate) len: usize,
    /// Rows whose stamp was moved to its slot.
    pub(crate) jittered: usize,
}

/// The first row that has no place on the grid.
#[derive(Debug, PartialEq)]
pub(crate) struct Misplaced {
    /// Index of the row.
    pub(crate) row: usize,
    /// Its stamp, and why it was refused.
    pub(crate) problem: String,
}

impl Grid {
    /// Start of the step at `index`, held at the end of time.
    pub(crate) fn time_at(&self, index: usize) -> Timestamp {
        let steps = i32::try_from(index).unwrap_or(i32::MAX);
        self.start.checked_add(self.step * steps).unwrap_or(Timestamp::MAX)
    }

    /// The slot nearest to a stamp that is not before the start, and how far the stamp is from it.
    fn nearest(&self, at: Timestamp) -> (usize, SignedDuration) {
        let elapsed_ms = at.as_millisecond() - self.start.as_millisecond();
        let step_ms = step_ms(self.step);
        let slot = (elapsed_ms + step_ms / 2) / step_ms;
        (
            usize::try_from(slot).unwrap_or(usize::MAX),
            SignedDuration::from_millis((elapsed_ms - slot * step_ms).abs()),
        )
    }
}

/// Puts `stamps` on `grid`, whose start is not after the first of them. A stamp up to `tolerance` beside its slot
/// is moved to it.
///
/// # Errors
/// The first stamp that goes backwards, is doubled, lies off the grid, or makes the grid longer than
/// [`MAX_STEPS`].
pub(crate) fn place(
    grid: Grid,
    stamps: &[Timestamp],
    tolerance: SignedDuration,
) -> Result<Placement, Misplaced> {
    let mut placement = Placement { slots: Vec::with_capacity(stamps.len()), len: 0, jittered: 0 };
    let Grid { start, step } = grid;
    in_order(stamps)?;
    for (row, &at) in stamps.iter().enumerate() {
        let refuse = |problem: String| Misplaced { row, problem };
        let (slot, beside) = grid.nearest(at);
        if tolerance < beside {
            return Err(refuse(format!(
                "{at} is {beside:#} off the grid of {step:#} that starts at {start}"
            )));
        }
        if placement.slots.last() == Some(&slot) {
            return Err(refuse(format!("{at} falls into the same step of {step:#} as the stamp before it")));
        }
        if MAX_STEPS <= slot {
            return Err(refuse(format!("{at} is more than {MAX_STEPS} steps of {step:#} after {start}")));
        }
        placement.jittered += usize::from(!beside.is_zero());
        placement.slots.push(slot);
        placement.len = slot + 1;
    }
    Ok(placement)
}

/// Refuses the first stamp that is not later than the one before it.
pub(crate) fn in_order(stamps: &[Timestamp]) -> Result<(), Misplaced> {
    for (row, pair) in (1..).zip(stamps.windows(2)) {
        let (before, at) = (pair[0], pair[1]);
        if at == before {
            return Err(Misplaced { row, problem: format!("{at} is there twice") });
        }
        if at < before {
            return Err(Misplaced {
                row,
                problem: format!("{at} goes backwards: the stamp before it is {before}"),
            });
        }
    }
    Ok(())
}

/// Milliseconds of a step. A step was checked to be some whole milliseconds; one is the least there can be.
fn step_ms(step: SignedDuration) -> i64 {
    i64::try_from(step.as_millis()).unwrap_or(i64::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Places stamps of so many seconds after the epoch on a grid of a minute, with 5 s of tolerance.
    fn check(seconds: &[i64], expected: Result<&[usize], &str>) {
        let stamps: Vec<_> = seconds.iter().map(|&s| Timestamp::from_second(s).unwrap()).collect();
        let grid = Grid { start: stamps[0], step: SignedDuration::from_mins(1) };
        let placed = place(grid, &stamps, SignedDuration::from_secs(5));
        match expected {
            Ok(slots) => assert_eq!(placed.unwrap().slots, slots),
            Err(problem) => {
                let misplaced = placed.unwrap_err();
                assert!(misplaced.problem.contains(problem), "{}", misplaced.problem);
                assert_eq!(misplaced.row, seconds.len() - 1);
            }
        }
    }

    #[test]
    fn the_grid_starts_at_the_first_stamp() {
        check(&[30, 90, 150], Ok(&[0, 1, 2]));
    }

    #[test]
    fn gaps_keep_their_length() {
        check(&[0, 60, 172_860], Ok(&[0, 1, 2881]));
    }

    #[test]
    fn slight_jitter_is_moved_to_its_slot() {
        check(&[0, 62, 117], Ok(&[0, 1, 2]));
    }

    #[test]
    fn disorder_is_refused_at_its_row() {
        check(&[0, 60, 60], Err("is there twice"));
        check(&[0, 60, 0], Err("goes backwards"));
        check(&[0, 60, 63], Err("same step"));
        check(&[0, 60, 90], Err("off the grid of 1m"));
        check(&[0, 60 * 5_000_000], Err("more than 4194304 steps"));
    }
}
