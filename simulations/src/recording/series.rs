//! Series that come with stamps of their own, as sources answer them, put on one grid.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{Column, Grid, Misplaced, place};

/// One series as it came: a value for each stamp, `None` where the source said that there is none.
pub(crate) type Series = BTreeMap<Timestamp, Option<f64>>;

/// Series on one grid.
#[derive(Debug, PartialEq)]
pub(crate) struct Aligned {
    /// The first stamp of any series.
    pub(crate) start: Timestamp,
    /// A column for each series, in their order, all of one length.
    pub(crate) columns: Vec<Column>,
    /// Stamps that were moved to their slot.
    pub(crate) jittered: usize,
}

/// Puts every series on the grid of `step` that begins at the first stamp of any; `None` without a stamp.
///
/// # Errors
/// The first stamp that lies off the grid, more than `tolerance` beside its slot.
pub(crate) fn align(
    series: &[&Series],
    step: SignedDuration,
    tolerance: SignedDuration,
) -> Result<Option<Aligned>, Misplaced> {
    let Some(start) = series.iter().filter_map(|series| series.keys().next().copied()).min() else {
        return Ok(None);
    };
    let place_one = |series: &&Series| {
        let stamps: Vec<Timestamp> = series.keys().copied().collect();
        place(Grid { start, step }, &stamps, tolerance)
    };
    let placements = series.iter().map(place_one).collect::<Result<Vec<_>, _>>()?;
    let len = placements.iter().map(|placement| placement.len).max().unwrap_or(0);
    let on_grid = |(series, placement): (&&Series, _)| {
        series.values().copied().collect::<Column>().spread(placement, len)
    };
    let columns = series.iter().zip(&placements).map(on_grid).collect();
    let jittered = placements.iter().map(|placement| placement.jittered).sum();
    Ok(Some(Aligned { start, columns, jittered }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_that_begin_and_end_apart_share_one_grid() {
        let series = |cells: &[(i64, f64)]| -> Series {
            cells.iter().map(|&(at, value)| (Timestamp::from_second(at).unwrap(), Some(value))).collect()
        };
        let (early, late) = (series(&[(0, 1.0), (60, 2.0)]), series(&[(121, 7.0)]));
        let minute = SignedDuration::from_mins(1);
        let aligned = align(&[&late, &early], minute, SignedDuration::from_secs(5)).unwrap().unwrap();
        assert_eq!((aligned.start, aligned.jittered), (Timestamp::UNIX_EPOCH, 1));
        assert_eq!(aligned.columns[0].iter().collect::<Vec<_>>(), [None, None, Some(7.0)]);
        assert_eq!(aligned.columns[1].iter().collect::<Vec<_>>(), [Some(1.0), Some(2.0), None]);
        assert_eq!(align(&[&Series::new()], minute, minute), Ok(None));
    }
}
