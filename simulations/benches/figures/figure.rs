//! One figure: what is promised, and what was measured.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

/// What a measured value is held against.
#[derive(Clone, Copy)]
pub(crate) enum Bar {
    /// It may not be below.
    AtLeast(f64),
    /// It may not be above.
    AtMost(f64),
    /// It is only told.
    None,
}

/// A line of what is written to `target/bench/`.
#[derive(Serialize)]
pub(crate) struct Figure {
    figure: String,
    unit: String,
    bar: Option<f64>,
    measured: f64,
    holds: bool,
    #[serde(skip)]
    words: String,
}

impl Figure {
    pub(crate) fn new(figure: String, unit: &str, bar: Bar, measured: f64) -> Self {
        let (bar, holds, words) = match bar {
            Bar::AtLeast(bar) => (Some(bar), bar <= measured, format!("≥ {bar}")),
            Bar::AtMost(bar) => (Some(bar), measured <= bar, format!("≤ {bar}")),
            Bar::None => (None, true, String::new()),
        };
        Self { figure, unit: unit.into(), bar, measured: (measured * 1e4).round() / 1e4, holds, words }
    }
}

pub(crate) fn table(figures: &[Figure]) -> String {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_header(["figure", "unit", "bar", "measured", ""]);
    for figure in figures {
        let measured = format!("{}", (figure.measured * 1e4).round() / 1e4);
        let verdict = if figure.holds { "" } else { "does not hold" };
        table.add_row([&figure.figure, &figure.unit, &figure.words, &measured, verdict]);
    }
    for column in [2, 3] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.to_string()
}

pub(crate) fn write(root: &Path, name: &str, figures: &[Figure]) -> io::Result<PathBuf> {
    let folder = root.join("target/bench");
    fs::create_dir_all(&folder)?;
    let path = folder.join(name);
    fs::write(&path, serde_json::to_string_pretty(figures)? + "\n")?;
    Ok(path)
}
