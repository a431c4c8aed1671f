//! A backtest's scores and calibration as tables for people.

use prescale_model::forecast::QUANTILES;

use super::outcome::{Outcome, Row};
use crate::figures::{count, duration};
use crate::markdown;

/// Columns of words, before those of numbers.
const WORDS: usize = 2;
const SCORES: [&str; 7] = ["horizon", "class", "n", "WQL", "last value", "no events", "WAPE"];

/// The scores, in which lower is better, the shares that each quantile covers, best where they are the quantile, and
/// a sentence. No newline at the end.
pub(super) fn tables(outcome: &Outcome) -> String {
    let scores = markdown::table(SCORES, outcome.scores.iter().map(scores_of), WORDS);
    let quantiles = QUANTILES.iter().map(|quantile| format!("q{quantile} covers"));
    let header = ["horizon", "class", "n"].map(str::to_owned).into_iter().chain(quantiles);
    let calibration = markdown::table(header, outcome.scores.iter().map(calibration_of), WORDS);
    format!("{scores}\n\n{calibration}\n\n{}", outcome.summary)
}

fn head(row: &Row) -> Vec<String> {
    vec![duration(row.horizon_s), row.class.clone(), count(row.forecasts)]
}

fn scores_of(row: &Row) -> Vec<String> {
    let scores = [row.wql, row.wql_last_value, row.wql_without_events, row.wape];
    head(row).into_iter().chain(scores.map(number)).collect()
}

fn calibration_of(row: &Row) -> Vec<String> {
    let covered =
        (0..QUANTILES.len()).map(|at| number(row.coverage.get(at).map(|coverage| coverage.covered)));
    head(row).into_iter().chain(covered).collect()
}

/// A loss or a share, with as many digits as scores are compared by.
pub(super) fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.4}"))
}
