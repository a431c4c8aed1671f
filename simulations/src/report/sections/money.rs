//! Where the money went: by pool of nodes, and for room that is held for pods to come.

use std::fmt::{Display, from_fn};

use crate::report::costs;
use crate::report::escape::Text;
use crate::result::{Comparison, PolicyResult};

const COST_COLUMNS: [&str; 6] =
    ["Policy", "Fixed node-hours", "Their cost", "Karpenter node-hours", "Their cost", "Saved"];

const HEADROOM_COLUMNS: [&str; 7] =
    ["Headroom", "Late", "Failed", "Late or failed", "SLO minutes", "Node-hours", "Cost"];

/// Node-hours and cost of each policy by pool, and what it saves against the fleet that is always on.
pub(in crate::report) fn pools(policies: &[PolicyResult]) -> impl Display {
    from_fn(move |out| {
        out.write_str(
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Cost by pool\">\
             <table class=\"pools\"><thead><tr>",
        )?;
        for column in COST_COLUMNS {
            write!(out, "<th scope=\"col\">{column}</th>")?;
        }
        out.write_str("</tr></thead><tbody>")?;
        for policy in policies {
            write!(out, "<tr><th scope=\"row\">{}</th>", Text(&policy.name))?;
            for cell in costs::pools(policy) {
                write!(out, "<td>{cell}</td>")?;
            }
            out.write_str("</tr>")?;
        }
        out.write_str(
            "</tbody></table></div><p class=\"note\">Saved: against <code>static</code>, which is large enough for the \
             peak all the time.</p>",
        )
    })
}

/// Prescale with each kind of headroom; says so where there is none.
pub(in crate::report) fn headroom(comparison: &Comparison) -> impl Display {
    from_fn(move |out| {
        if comparison.headroom.is_empty() {
            return out.write_str(
                "<p class=\"intro\">Prescale was not run with other headroom: the cluster launches no nodes, or it was \
                 not asked for.</p>",
            );
        }
        write!(
            out,
            "<p class=\"intro\">Prescale again, in the same world with other room held for pods to come. {}</p>\
             <div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"headroom-title\">\
             <table class=\"headroom\"><thead><tr>",
            Text(&comparison.headroom_summary),
        )?;
        for column in HEADROOM_COLUMNS {
            write!(out, "<th scope=\"col\">{column}</th>")?;
        }
        out.write_str("</tr></thead><tbody>")?;
        for run in &comparison.headroom {
            let (name, settings) = (Text(&run.name), Text(&run.settings));
            write!(out, "<tr><th scope=\"row\">{name}<small>{settings}</small></th>")?;
            for cell in costs::headroom(run) {
                write!(out, "<td>{cell}</td>")?;
            }
            out.write_str("</tr>")?;
        }
        out.write_str("</tbody></table></div>")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn each_policy_has_its_pools_and_what_it_saves() {
        let html = pools(&fixture::night().policies).to_string();
        assert_eq!(html.matches("<tr><th scope=\"row\">").count(), 6);
        assert!(html.contains("<td>+3.30</td>"), "what prescale saves of 8.06: {html}");
    }

    #[test]
    fn a_run_without_other_headroom_says_so() {
        let mut night = fixture::night();
        assert!(headroom(&night).to_string().contains("room for 40 pods, always"));
        night.headroom.clear();
        assert!(headroom(&night).to_string().contains("was not run with other headroom"));
    }
}
