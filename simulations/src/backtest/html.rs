//! The report of a backtest: one HTML file with everything in it, as that of a simulation and made of the same parts.
//! Tables are HTML, charts are drawn by `page/backtest.js` from the outcome as its JSON has it.

use std::fmt::{self, Display, Formatter, from_fn};
use std::io::{self, Write};

use prescale_model::forecast::QUANTILES;

use super::outcome::{EventRow, Outcome, Row};
use super::tables::number;
use crate::figures::{change, count, duration, minute};
use crate::report::escape::{Text, script_json};
use crate::report::parts;

/// What people can read through; the worst events are listed, and the rest is counted.
const LISTED_EVENTS: usize = 200;

/// Writes the report. The page needs nothing beside it.
pub(super) fn write(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    let data = serde_json::to_string(outcome)?;
    write!(
        out,
        include_str!("page/backtest.html"),
        title = Text(&outcome.recording),
        from = minute(outcome.from),
        to = minute(outcome.to),
        step = duration(outcome.step_s),
        every = duration(outcome.every_s),
        unit = Text(&outcome.unit),
        summary = Text(&outcome.summary),
        scores = scores(&outcome.scores),
        calibration = calibration(&outcome.scores),
        worth = worth(outcome),
        events = events(outcome),
        library_style = parts::LIBRARY_STYLE,
        library_licence = parts::LIBRARY_LICENCE,
        library = parts::LIBRARY,
        style = parts::STYLE,
        data = script_json(&data),
        words_script = parts::WORDS_SCRIPT,
        charts_script = parts::CHARTS_SCRIPT,
        look_script = parts::LOOK_SCRIPT,
        page_script = include_str!("page/backtest.js"),
    )
}

/// The losses, which say little each and much side by side.
fn scores(rows: &[Row]) -> impl Display {
    from_fn(move |out| {
        head(
            out,
            "scores-title",
            &["n", "WQL", "of the last value", "without events", "WAPE"].map(str::to_owned),
        )?;
        for row in rows {
            let losses = [row.wql, row.wql_last_value, row.wql_without_events, row.wape];
            line(out, row, &losses.map(number))?;
        }
        foot(out)
    })
}

/// The shares that each quantile covers.
fn calibration(rows: &[Row]) -> impl Display {
    from_fn(move |out| {
        let quantiles = QUANTILES.iter().map(|quantile| format!("{quantile} covers"));
        let columns: Vec<String> = std::iter::once("n".to_owned()).chain(quantiles).collect();
        head(out, "calibration-title", &columns)?;
        for row in rows.iter().filter(|row| 0 < row.forecasts) {
            let covered: Vec<String> =
                row.coverage.iter().map(|coverage| number(Some(coverage.covered))).collect();
            line(out, row, &covered)?;
        }
        foot(out)
    })
}

/// What the event features were worth: the same forecasts with the calendar and without.
fn worth(outcome: &Outcome) -> impl Display {
    from_fn(move |out| {
        if outcome.events.is_empty() {
            return out.write_str("<p class=\"intro\">The calendar has no event that took place.</p>");
        }
        head(out, "worth-title", &["n", "with events", "without events", "change"].map(str::to_owned))?;
        for row in &outcome.scores {
            let change = row.wql.zip(row.wql_without_events).map(|(with, without)| change(with, without));
            let cells = [number(row.wql), number(row.wql_without_events), change.unwrap_or_default()];
            line(out, row, &cells)?;
        }
        foot(out)
    })
}

/// A chart for each event that the outcome has the course of, and all events as a table.
fn events(outcome: &Outcome) -> impl Display {
    from_fn(move |out| {
        for (index, course) in outcome.courses.iter().enumerate() {
            write!(
                out,
                "<article class=\"event\"><h3>{0} <span class=\"class\">{1}</span></h3>\
                 <p class=\"intro\"><time>{2}</time> to <time>{3}</time> UTC</p>\
                 <div class=\"plot\" data-course=\"{index}\" role=\"img\" aria-label=\"Forecast and actual demand \
                 around {0}, the {1} event\"></div></article>",
                Text(&course.event),
                course.rank,
                minute(course.starts_at),
                minute(course.ends_at),
            )?;
        }
        event_table(out, &outcome.events)
    })
}

fn event_table(out: &mut Formatter<'_>, events: &[EventRow]) -> fmt::Result {
    if events.is_empty() {
        return out.write_str("<p class=\"intro\">The calendar has no event that took place.</p>");
    }
    let listed = worst(events);
    if listed.len() < events.len() {
        write!(
            out,
            "<p class=\"intro\">The {} of {} events whose forecasts were the worst.</p>",
            listed.len(),
            count(events.len() as u64)
        )?;
    }
    out.write_str(
        "<div class=\"scroll tall\" tabindex=\"0\" role=\"region\" aria-labelledby=\"events-title\"><table><thead><tr>\
         <th scope=\"col\">Event</th><th scope=\"col\" class=\"words\">Type</th><th scope=\"col\">Start</th>\
         <th scope=\"col\">n</th><th scope=\"col\">WQL</th><th scope=\"col\">of the last value</th>\
         <th scope=\"col\">without events</th></tr></thead><tbody>",
    )?;
    for event in listed {
        write!(
            out,
            "<tr><th scope=\"row\">{}</th><td class=\"words\">{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>\
             <td>{}</td></tr>",
            Text(&event.name),
            Text(&event.class),
            minute(event.starts_at),
            count(event.forecasts),
            number(event.wql),
            number(event.wql_last_value),
            number(event.wql_without_events),
        )?;
    }
    foot(out)
}

/// As many as are listed, in order of start.
fn worst(events: &[EventRow]) -> Vec<&EventRow> {
    let mut worst: Vec<&EventRow> = events.iter().collect();
    let loss = |event: &EventRow| event.wql.unwrap_or(0.0);
    worst.sort_by(|a, b| loss(b).total_cmp(&loss(a)));
    worst.truncate(LISTED_EVENTS);
    worst.sort_by(|a, b| (a.starts_at, &a.name).cmp(&(b.starts_at, &b.name)));
    worst
}

/// A table of horizons and classes, up to its first row.
fn head(out: &mut Formatter<'_>, title: &str, columns: &[String]) -> fmt::Result {
    write!(
        out,
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"{title}\"><table><thead><tr>\
         <th scope=\"col\">Ahead</th><th scope=\"col\" class=\"words\">Targets</th>"
    )?;
    for column in columns {
        write!(out, "<th scope=\"col\">{column}</th>")?;
    }
    out.write_str("</tr></thead><tbody>")
}

/// A row of it, which begins with its horizon, class and number of forecasts.
fn line(out: &mut Formatter<'_>, row: &Row, cells: &[String]) -> fmt::Result {
    write!(
        out,
        "<tr><th scope=\"row\">{}</th><td class=\"words\">{}</td><td>{}</td>",
        duration(row.horizon_s),
        Text(&row.class),
        count(row.forecasts)
    )?;
    for cell in cells {
        write!(out, "<td>{cell}</td>")?;
    }
    out.write_str("</tr>")
}

fn foot(out: &mut Formatter<'_>) -> fmt::Result {
    out.write_str("</tbody></table></div>")
}
