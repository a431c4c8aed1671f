//! A backtest's scores as a table for people and as JSON for machines.

use std::io::{self, Write};

use comfy_table::{CellAlignment, Table, presets};
use prescale_model::forecast::QUANTILES;
use serde::Serialize;

use super::check::Plan;
use super::scores::{Class, Scores};
use crate::figures::count;

const COLUMNS: [&str; 9] =
    ["horizon", "class", "n", "WQL", "last value", "no events", "WAPE", "q0.95 covers", "q0.99 covers"];

/// The scores of one horizon and class.
#[derive(Serialize)]
struct Row {
    horizon_s: f64,
    class: &'static str,
    forecasts: u64,
    /// Mean weighted quantile loss; `None` where nothing came.
    wql: Option<f64>,
    /// The same of the last value.
    wql_last_value: Option<f64>,
    /// The same of forecasts that were not told of events; `None` without a calendar.
    wql_without_events: Option<f64>,
    /// Absolute error of the median, relative to what came.
    wape: Option<f64>,
    /// For each quantile, the share of targets at or below it.
    coverage: Vec<Coverage>,
}

#[derive(Serialize)]
struct Coverage {
    quantile: f64,
    covered: f64,
}

pub(super) fn json(
    plan: &Plan,
    scores: &Scores,
    without: Option<&Scores>,
    out: &mut dyn Write,
) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &rows(plan, scores, without))?;
    writeln!(out)
}

/// Lower is better, but for coverage, which is best where it is the quantile.
pub(super) fn table(plan: &Plan, scores: &Scores, without: Option<&Scores>) -> String {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_header(COLUMNS);
    for (index, row) in rows(plan, scores, without).iter().enumerate() {
        let horizon = plan.step * plan.horizons[index / Class::EACH.len()] as i32;
        table.add_row([
            format!("{horizon:#}"),
            row.class.to_owned(),
            count(row.forecasts),
            number(row.wql),
            number(row.wql_last_value),
            number(row.wql_without_events),
            number(row.wape),
            number(row.coverage.get(3).map(|coverage| coverage.covered)),
            number(row.coverage.get(4).map(|coverage| coverage.covered)),
        ]);
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.4}"))
}

fn rows(plan: &Plan, scores: &Scores, without: Option<&Scores>) -> Vec<Row> {
    let horizons = plan.horizons.iter().enumerate();
    let each = horizons.flat_map(|(index, ahead)| Class::EACH.map(|class| (index, *ahead, class)));
    let row = |(index, ahead, class): (usize, u32, Class)| {
        let pair = scores.of(index, class);
        let coverage = pair.ours.coverage().into_iter().flatten().zip(QUANTILES);
        Row {
            horizon_s: (plan.step * ahead as i32).as_secs_f64(),
            class: class.name(),
            forecasts: pair.ours.count(),
            wql: pair.ours.wql(),
            wql_last_value: pair.last_value.wql(),
            wql_without_events: without.and_then(|without| without.of(index, class).ours.wql()),
            wape: pair.ours.wape(),
            coverage: coverage.map(|(covered, quantile)| Coverage { quantile, covered }).collect(),
        }
    };
    each.map(row).collect()
}
