//! The page's words and tables, a function a section. Everything that people wrote goes through [`Text`].

use std::fmt::{self, Display, Formatter, from_fn};

use super::escape::Text;
use super::turns;
use crate::figures::{count, money, second, share, tenths};
use crate::outcome::late_share;
use crate::result::{Comparison, FrontierPoint, PolicyResult, RecordingSummary};

mod calendars;
mod events;
mod headline;
mod money;

pub(super) use calendars::calendars;
pub(super) use events::{event_list, events};
pub(super) use headline::headline;
pub(super) use money::{headroom, pools};

/// What people can read through; the largest turns are listed and the rest is counted.
const LISTED_TURNS: usize = 200;

/// Whose traffic this is, in the recording's own words.
pub(super) fn traffic(recording: &RecordingSummary) -> impl Display {
    from_fn(move |out| {
        write!(
            out,
            "<dl class=\"traffic\"><div><dt>Traffic</dt><dd>{}</dd></div><div><dt>Source</dt><dd>{}</dd></div>\
             <div><dt>Licence</dt><dd>{}</dd></div><div><dt>Step</dt><dd>{} s, {}/s</dd></div></dl>",
            Text(&recording.title),
            Text(&recording.source),
            Text(&recording.licence),
            recording.step_s,
            Text(&recording.unit),
        )
    })
}

/// Where the replay can be watched, while it is shown.
pub(super) fn live(dashboard: Option<&str>) -> impl Display {
    from_fn(move |out| match dashboard {
        None => Ok(()),
        Some(url) => write!(
            out,
            "<p class=\"live\"><a href=\"{0}\">Watch it on the dashboard</a>: forecast, plan and reason at each moment, \
             as long as the command that wrote this report runs.</p>",
            Text(url)
        ),
    })
}

/// The table of totals. The best of each column is marked among the policies that do not know the future.
pub(super) fn policies(policies: &[PolicyResult]) -> impl Display {
    from_fn(move |out| {
        out.write_str(
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"policies-title\">\
             <table class=\"policies\"><thead><tr><th scope=\"col\">Policy</th>",
        )?;
        for measure in &MEASURES {
            write!(out, "<th scope=\"col\">{}</th>", measure.title)?;
        }
        out.write_str("</tr></thead><tbody>")?;
        for policy in policies {
            write!(out, "<tr data-policy=\"{0}\"><th scope=\"row\"><i></i>{0}", Text(&policy.name))?;
            write!(out, "<small>{}{}</small></th>", oracle_note(policy), Text(&policy.settings))?;
            for measure in &MEASURES {
                measure.cell(policy, policies, out)?;
            }
            out.write_str("</tr>")?;
        }
        out.write_str(
            "</tbody></table></div><p class=\"note\"><b class=\"best-mark\">●</b> marks the best of a column, \
             <code>oracle</code> aside.</p>",
        )
    })
}

fn oracle_note(policy: &PolicyResult) -> &'static str {
    if knows_the_future(policy) { "Cannot be run: " } else { "" }
}

/// No one can run the oracle, so it takes no prize.
fn knows_the_future(policy: &PolicyResult) -> bool {
    policy.name == "oracle"
}

/// A column of the table of totals: less is better in all of them.
struct Measure {
    title: &'static str,
    value: fn(&PolicyResult) -> f64,
    print: fn(f64) -> String,
}

const MEASURES: [Measure; 8] = [
    Measure { title: "Late", value: |policy| policy.late_requests as f64, print: whole },
    Measure { title: "Failed", value: |policy| policy.failed_requests as f64, print: whole },
    Measure { title: "Late or failed", value: late_share, print: share },
    Measure { title: "SLO minutes", value: |policy| policy.slo_minutes as f64, print: whole },
    Measure { title: "Replica-hours", value: |policy| policy.replica_hours, print: tenths },
    Measure { title: "Node-hours", value: |policy| policy.node_hours, print: tenths },
    Measure { title: "Cost", value: |policy| policy.cost, print: money },
    Measure { title: "Peak replicas", value: |policy| f64::from(policy.peak_replicas), print: whole },
];

impl Measure {
    /// The best are compared as they are printed, so that equal figures share the mark.
    fn cell(&self, policy: &PolicyResult, all: &[PolicyResult], out: &mut Formatter<'_>) -> fmt::Result {
        let printed = (self.print)((self.value)(policy));
        let contenders = || all.iter().filter(|other| !knows_the_future(other)).map(self.value);
        let best = (self.print)(contenders().fold(f64::INFINITY, f64::min));
        let differs = contenders().any(|other| (self.print)(other) != best);
        if differs && printed == best && !knows_the_future(policy) {
            write!(out, "<td class=\"best\">{printed}<span class=\"unseen\"> (best)</span></td>")
        } else {
            write!(out, "<td>{printed}</td>")
        }
    }
}

fn whole(value: f64) -> String {
    count(value as u64)
}

/// The trade-off plot's values as a table, folded away.
pub(super) fn frontier(points: &[FrontierPoint]) -> impl Display {
    from_fn(move |out| {
        out.write_str(
            "<details><summary>The swept settings as a table</summary><div class=\"scroll\" tabindex=\"0\" \
             role=\"region\" aria-label=\"Swept settings\"><table><thead><tr><th scope=\"col\">Policy</th>\
             <th scope=\"col\" class=\"words\">Settings</th><th scope=\"col\">Late or failed</th>\
             <th scope=\"col\">Replica-hours</th><th scope=\"col\">Cost</th>\
             <th scope=\"col\" class=\"words\">On its frontier</th></tr></thead><tbody>",
        )?;
        for point in points {
            write!(
                out,
                "<tr><th scope=\"row\">{}</th><td class=\"words\">{}</td><td>{}</td><td>{}</td><td>{}</td>\
                 <td class=\"words\">{}</td></tr>",
                Text(&point.policy),
                Text(&point.settings),
                share(point.late_share),
                tenths(point.replica_hours),
                money(point.cost),
                if point.on_frontier { "yes" } else { "no" },
            )?;
        }
        out.write_str("</tbody></table></div></details>")
    })
}

/// The moments at which a plan turned, and why.
pub(super) fn turns(comparison: &Comparison) -> impl Display {
    from_fn(move |out| {
        let total = turns::total(comparison);
        let listed = turns::largest(comparison, LISTED_TURNS);
        if listed.is_empty() {
            return out.write_str("<p class=\"intro\">No policy of this run turned a plan.</p>");
        }
        match total - listed.len() {
            0 => write!(out, "<p class=\"intro\">Where the plan turned, in the plan's own words.")?,
            _ => write!(
                out,
                "<p class=\"intro\">The {} largest of {} turns, in the plan's own words.",
                listed.len(),
                count(total as u64)
            )?,
        }
        out.write_str(
            " A time zooms the timeline to it.</p><div class=\"scroll tall\" tabindex=\"0\" role=\"region\" \
             aria-labelledby=\"turns-title\"><table class=\"turns\"><thead><tr><th scope=\"col\">Time</th>\
             <th scope=\"col\" class=\"words\">Policy</th><th scope=\"col\" class=\"words\">Replicas</th>\
             <th scope=\"col\" class=\"words\">Reason</th></tr></thead><tbody>",
        )?;
        for turn in listed {
            write!(
                out,
                "<tr><th scope=\"row\"><button type=\"button\" class=\"link\" data-zoom=\"{}\">{}</button></th>\
                 <td class=\"words\">{}</td><td class=\"words change\">{} → {}</td><td class=\"words\">{}</td></tr>",
                turn.point.at.as_second(),
                second(turn.point.at),
                Text(turn.policy),
                turn.point.from,
                turn.point.to,
                Text(&turn.point.reason),
            )?;
        }
        out.write_str("</tbody></table></div>")
    })
}

/// The world's facts.
pub(super) fn world(comparison: &Comparison) -> impl Display {
    from_fn(move |out| {
        out.write_str("<table class=\"facts\"><tbody>")?;
        for fact in &comparison.world {
            write!(
                out,
                "<tr><th scope=\"row\">{}</th><td class=\"words\">{}</td></tr>",
                Text(&fact.name),
                Text(&fact.value)
            )?;
        }
        out.write_str("</tbody></table>")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    fn best_of(column: usize, policies: &[PolicyResult]) -> Vec<&str> {
        let html = self::policies(policies).to_string();
        let rows: Vec<&str> = html.split("<tr data-policy=").skip(1).collect();
        let marked = |row: &str| row.split("<td").nth(column + 1).unwrap().contains("class=\"best\"");
        let names = policies.iter().map(|policy| policy.name.as_str());
        names.zip(rows).filter(|(_, row)| marked(row)).map(|(name, _)| name).collect()
    }

    #[test]
    fn the_oracle_takes_no_prize() {
        let mut night = fixture::night();
        for (rank, policy) in night.policies.iter_mut().enumerate() {
            policy.late_requests = 100 - rank as u64;
        }
        assert_eq!(best_of(0, &night.policies), ["prescale"]);
    }

    #[test]
    fn equals_share_a_prize_and_nobody_wins_where_all_are_equal() {
        let mut night = fixture::night();
        for policy in &mut night.policies {
            policy.slo_minutes = 4;
            policy.peak_replicas = 9;
        }
        night.policies[0].slo_minutes = 5;
        assert_eq!(best_of(3, &night.policies), ["hpa-cpu", "hpa-demand", "cron", "prescale"]);
        assert!(best_of(7, &night.policies).is_empty());
    }

    #[test]
    fn turns_that_are_not_listed_are_counted() {
        let mut night = fixture::night();
        let turn = night.policies[4].turning_points[0].clone();
        night.policies[4].turning_points = vec![turn; 1_234];
        assert!(turns(&night).to_string().contains("The 200 largest of 1,234 turns"));
    }
}
