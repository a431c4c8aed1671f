//! The values of one signal, a cell a step: eight bytes each, whether there or missing.

use super::Placement;

/// Cells of one signal, in time order. A cell is a finite number or missing.
#[derive(Clone, Debug, Default)]
pub struct Column {
    /// NaN marks a missing cell, and never leaves this type.
    cells: Vec<f64>,
}

impl Column {
    /// A column of `len` missing cells.
    pub fn missing(len: usize) -> Self {
        Self { cells: vec![f64::NAN; len] }
    }

    /// Appends a cell.
    pub fn push(&mut self, cell: Option<f64>) {
        self.cells.push(cell.unwrap_or(f64::NAN));
    }

    /// Number of cells, missing ones included.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether there are no cells.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The cell at `index`; `None` where it is missing, and past the end.
    pub fn get(&self, index: usize) -> Option<f64> {
        self.cells.get(index).copied().filter(|value| !value.is_nan())
    }

    /// Every cell in time order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<f64>> + '_ {
        self.cells.iter().map(|&value| (!value.is_nan()).then_some(value))
    }

    /// Moves row `i` to the slot that `placement` gives it; the other slots of `len` are missing.
    pub(crate) fn spread(self, placement: &Placement, len: usize) -> Self {
        let already_even = self.len() == len;
        if already_even {
            return self;
        }
        let mut spread = Self::missing(len);
        for (&slot, value) in placement.slots.iter().zip(self.cells) {
            spread.cells[slot] = value;
        }
        spread
    }
}

impl FromIterator<Option<f64>> for Column {
    fn from_iter<I: IntoIterator<Item = Option<f64>>>(cells: I) -> Self {
        Self { cells: cells.into_iter().map(|cell| cell.unwrap_or(f64::NAN)).collect() }
    }
}

impl PartialEq for Column {
    /// Missing equals missing, which NaN would not.
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_cell_is_none_and_equals_another() {
        let column: Column = [Some(0.0), None].into_iter().collect();
        assert_eq!((column.get(0), column.get(1), column.get(2)), (Some(0.0), None, None));
        assert_eq!(column, column.clone());
    }

    #[test]
    fn rows_that_were_not_there_are_missing_after_the_spread() {
        let rows: Column = [Some(1.0), Some(4.0)].into_iter().collect();
        let spread = rows.spread(&Placement { slots: vec![0, 3], len: 4, jittered: 0 }, 4);
        assert_eq!(spread.iter().collect::<Vec<_>>(), [Some(1.0), None, None, Some(4.0)]);
    }
}
