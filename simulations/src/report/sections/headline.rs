//! The figures that people look at first: Prescale's, and how far they are from what runs today.

use std::fmt::{self, Display, Formatter, from_fn};

use crate::figures::{count, share, tenths};
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

/// How far `own` is from `other`, in percent of `other`: `−92 %`. Nothing can be said against zero, and what is
/// left of a little never reads as all gone.
fn change(own: f64, other: f64) -> String {
    if other <= 0.0 {
        return String::new();
    }
    let percent = (own / other - 1.0) * 100.0;
    if own > 0.0 && percent < -99.0 {
        return format!("−{:.1} %", percent.abs().min(99.9));
    }
    match percent.round() {
        rounded if rounded > 0.0 => format!("+{rounded} %"),
        rounded if rounded < 0.0 => format!("−{} %", -rounded),
        _ => "±0 %".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_has_its_sign_and_is_not_made_up_against_zero() {
        let cases = [
            (8.0, 100.0, "−92 %"),
            (150.0, 100.0, "+50 %"),
            (5.0, 5.0, "±0 %"),
            (5.0, 0.0, ""),
            (0.000_1, 100.0, "−99.9 %"),
            (0.0, 9.0, "−100 %"),
        ];
        for (own, other, printed) in cases {
            assert_eq!(change(own, other), printed);
        }
    }
}
