//! A report as a table.

use std::collections::BTreeMap;
use std::fmt;

use comfy_table::{CellAlignment, Table, presets};

use super::Report;
use crate::latencies::Quantiles;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stopped = if self.stopped { ", stopped" } else { "" };
        writeln!(f, "{} for {:.1} s{stopped}", self.target, self.length_s)?;
        writeln!(f, "{}", counts(self))?;
        writeln!(f, "{}", latencies(self))?;
        let nobody = BTreeMap::new();
        let shut_out = self.crowd.as_ref().map_or(&nobody, |crowd| &crowd.shut_out);
        for (what, reasons) in [("refused", &self.refused), ("lost", &self.lost), ("shut out", shut_out)] {
            for (why, count) in reasons {
                writeln!(f, "{what} {count}: {why}")?;
            }
        }
        Ok(())
    }
}

fn counts(report: &Report) -> Table {
    let mut table = table(["", "count", "share"]);
    let objective = format!("late (after {} ms)", report.objective_ms);
    let mut row = |what: &str, count: u64| {
        let share = 100.0 * count as f64 / report.due.max(1) as f64;
        table.add_row([what.to_owned(), grouped(count), format!("{share:.2} %")]);
    };
    row("due", report.due);
    row("sent", report.sent);
    row("acknowledged", report.acked);
    row(&objective, report.late);
    row("refused", report.refusals());
    row("lost", report.losses());
    if let Some(crowd) = &report.crowd {
        let mut row = |what: &str, count: u64| {
            table.add_row([what.to_owned(), grouped(count), String::new()]);
        };
        row("people at most", crowd.joined_at_most);
        row("waiting at most", crowd.waiting_at_most);
        row("told to go elsewhere", crowd.goodbyes);
        row("cut off", crowd.cut_off);
        row("joined again", crowd.joined_again);
        row("updates received", crowd.updates);
    }
    aligned(table)
}

fn latencies(report: &Report) -> Table {
    let mut table = table(["ms", "p50", "p90", "p99", "p99.9", "max"]);
    let mut row = |what: &str, quantiles: &Quantiles| {
        let Quantiles { p50_ms, p90_ms, p99_ms, p999_ms, max_ms, .. } = quantiles;
        let cells = [p50_ms, p90_ms, p99_ms, p999_ms, max_ms].map(|cell| milliseconds(*cell));
        table.add_row([what.to_owned()].into_iter().chain(cells));
    };
    row("intended → acknowledged", &report.latency);
    row("intended → sent", &report.send_lag);
    if let Some(crowd) = &report.crowd {
        row("connecting → in the room", &crowd.admission);
    }
    aligned(table)
}

fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_header(header);
    table
}

fn aligned(mut table: Table) -> Table {
    for column in 1..table.column_count() {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn milliseconds(cell: Option<f64>) -> String {
    cell.map_or_else(|| "–".into(), |ms| format!("{ms:.1}"))
}

/// Digits in groups of three.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
