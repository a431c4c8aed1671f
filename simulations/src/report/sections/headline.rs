//! The figures that people look at first: Prescale's, and how far they are from what runs today.

use std::fmt::{self, Display, Formatter, from_fn};

use crate::figures::{change, count, share, tenths};
use crate::outcome::late_share;
use crate::report::escape::Text;
use crate::result::PolicyResult;

/// What Prescale is held against: what most clusters run today.
const RIVALS: [&str; 2] = ["hpa-cpu", "hpa-demand"];

/// Three figures of Prescale beside the HPA's; nothing where Prescale did not run.
pub(in crate::report) fn headline(policies: &[PolicyResult]) -> impl Display {
    from_fn(move |out| {
        let Some(ours) = policies.iter().find(|policy| policy.name == "prescale") else {
            return Ok(());
        };
        let rivals: Vec<&PolicyResult> =
            policies.iter().filter(|policy| RIVALS.contains(&policy.name.as_str())).collect();
        out.write_str("<div class=\"tiles\">")?;
        tile(out, "late or failed", ours, &rivals, (late_share, share))?;
        tile(out, "SLO minutes", ours, &rivals, (|policy| policy.slo_minutes as f64, |it| count(it as u64)))?;
        tile(out, "replica-hours", ours, &rivals, (|policy| policy.replica_hours, tenths))?;
        out.write_str("</div>")
    })
}

/// How a figure is taken from a policy, and how it is printed.
type Figure = (fn(&PolicyResult) -> f64, fn(f64) -> String);

fn tile(
    out: &mut Formatter<'_>,
    title: &str,
    ours: &PolicyResult,
    rivals: &[&PolicyResult],
    (value, print): Figure,
) -> fmt::Result {
    let own = value(ours);
    write!(out, "<div class=\"tile\"><p><strong>{}</strong> {title}</p><ul>", print(own))?;
    for rival in rivals {
        let other = value(rival);
        // Where both figures read the same, what tells them apart is noise.
        let change = if print(own) == print(other) { String::new() } else { change(own, other) };
        write!(
            out,
            "<li><span>{}</span> <span>{}</span> <b>{change}</b></li>",
            Text(&rival.name),
            print(other),
        )?;
    }
    out.write_str("</ul></div>")
}
