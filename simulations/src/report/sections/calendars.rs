//! What a wrong calendar would have cost, beside the right one.

use std::fmt::{self, Display, Formatter, from_fn};

use crate::figures::{count, minute};
use crate::report::beside;
use crate::report::escape::Text;
use crate::result::{CalendarResult, Comparison};

const COLUMNS: [&str; 11] = [
    "Calendar",
    "Late",
    "Failed",
    "Late or failed",
    "Replica-hours",
    "Change",
    "Cost",
    "Change",
    "Waiting",
    "9 in 10 gone",
    "All gone",
];

/// The table of calendars; says so where there is none.
pub(in crate::report) fn calendars(comparison: &Comparison) -> impl Display {
    from_fn(move |out| {
        let Some(right) = comparison.calendars.first() else {
            return out.write_str(
                "<p class=\"intro\">Prescale was not run with other calendars: it knew of no event of this window, or \
                 it was not asked for.</p>",
            );
        };
        write!(
            out,
            "<p class=\"intro\">Prescale again, in the same world and told of another calendar. {}</p>\
             <div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"calendars-title\">\
             <table class=\"calendars\"><thead><tr>",
            Text(&comparison.calendars_summary),
        )?;
        for column in COLUMNS {
            write!(out, "<th scope=\"col\">{column}</th>")?;
        }
        out.write_str("</tr></thead><tbody>")?;
        for calendar in &comparison.calendars {
            row(out, calendar, right)?;
        }
        out.write_str(
            "</tbody></table></div><p class=\"note\">Waiting: the most replicas beyond those of the right calendar at \
             one time, for an event that nobody came to. Gone: after its start.</p>",
        )
    })
}

fn row(out: &mut Formatter<'_>, calendar: &CalendarResult, right: &CalendarResult) -> fmt::Result {
    let (run, extra) = (&calendar.run, calendar.extra.as_ref());
    let start = extra.map(|extra| format!(", {}", minute(extra.starts_at))).unwrap_or_default();
    write!(
        out,
        "<tr><th scope=\"row\">{}<small>{}{start}</small></th>",
        Text(&run.name),
        Text(&run.settings),
    )?;
    let waited = extra.filter(|extra| 0 < extra.most_replicas);
    let waiting = [
        extra.map(|extra| count(extra.most_replicas.into())).unwrap_or_default(),
        waited.map(|waited| minutes(waited.mostly_gone_after_min)).unwrap_or_default(),
        waited.map(|waited| minutes(waited.gone_after_min)).unwrap_or_default(),
    ];
    for cell in beside::figures(calendar, right).into_iter().chain(waiting) {
        write!(out, "<td>{cell}</td>")?;
    }
    out.write_str("</tr>")
}

/// Minutes after a start; below 0 before it. What was not seen to be gone is not said to be.
fn minutes(after: Option<f64>) -> String {
    match after {
        Some(minutes) if minutes < 0.0 => format!("−{:.0} min", -minutes),
        Some(minutes) => format!("{minutes:.0} min"),
        None => "not seen".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn each_calendar_stands_beside_the_right_one() {
        let html = calendars(&fixture::night()).to_string();
        let rows: Vec<&str> = html.split("<tr><th scope=\"row\">").skip(1).collect();
        assert_eq!(rows.len(), 3);
        assert!(rows[0].contains("<td>±0.0</td>") && rows[0].contains("<td>±0.00</td>"), "{}", rows[0]);
        assert!(rows[2].contains("<td>+9.5</td>") && rows[2].contains("<td>14 min</td>"), "{}", rows[2]);
    }

    #[test]
    fn a_run_without_other_calendars_says_so() {
        let mut night = fixture::night();
        night.calendars.clear();
        assert!(calendars(&night).to_string().contains("was not run with other calendars"));
    }

    #[test]
    fn extra_capacity_is_said_to_be_gone_only_where_it_was_seen_to_be() {
        let check = |most_replicas, gone_after_min, cells: &str| {
            let mut night = fixture::night();
            let extra = night.calendars[2].extra.as_mut().unwrap();
            (extra.most_replicas, extra.gone_after_min) = (most_replicas, gone_after_min);
            let html = calendars(&night).to_string();
            assert!(html.contains(cells), "{cells} is not in {html}");
        };
        check(40, Some(38.25), "<td>40</td><td>14 min</td><td>38 min</td></tr>");
        check(40, Some(-3.0), "<td>40</td><td>14 min</td><td>−3 min</td></tr>");
        check(40, None, "<td>40</td><td>14 min</td><td>not seen</td></tr>");
        check(0, Some(0.0), "<td>0</td><td></td><td></td></tr>");
    }
}
