//! Tables for people: Markdown, so that they read the same in a terminal, a log and a pull request.

use comfy_table::{Cell, CellAlignment, Row, Table, presets};

/// A table whose first `words` columns are words; the numbers after them are aligned right.
pub(crate) fn table(
    header: impl IntoIterator<Item = impl Into<Cell>>,
    rows: impl IntoIterator<Item = impl Into<Row>>,
    words: usize,
) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_header(header).add_rows(rows);
    for column in table.column_iter_mut().skip(words) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}
