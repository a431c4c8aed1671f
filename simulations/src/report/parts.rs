//! What every page of ours is made of: style, chart library, and the scripts that charts share. A page names them in
//! its own HTML and adds its data and its own script.

/// The look.
pub(crate) const STYLE: &str = include_str!("page/report.css");
/// The chart library, with its style and licence.
pub(crate) const LIBRARY: &str = include_str!("vendor/uPlot.iife.min.js");
pub(crate) const LIBRARY_STYLE: &str = include_str!("vendor/uPlot.min.css");
pub(crate) const LIBRARY_LICENCE: &str = include_str!("vendor/LICENSE");
/// Colours, numbers, elements.
pub(crate) const WORDS_SCRIPT: &str = include_str!("page/words.js");
/// Axes, series, event shading.
pub(crate) const CHARTS_SCRIPT: &str = include_str!("page/charts.js");
/// Theme, printer, width.
pub(crate) const LOOK_SCRIPT: &str = include_str!("page/look.js");
