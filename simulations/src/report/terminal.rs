//! The comparison as plain tables.

use super::beside;
use crate::figures::{count, money, share, tenths};
use crate::markdown;
use crate::outcome::late_share;
use crate::result::{Comparison, PolicyResult};

const COLUMNS: [&str; 8] =
    ["policy", "late", "failed", "late or failed", "SLO min", "replica-h", "node-h", "cost"];

const CALENDAR_COLUMNS: [&str; 8] =
    ["calendar", "late", "failed", "late or failed", "replica-h", "± replica-h", "cost", "± cost"];

/// One row a policy, numbers aligned right, and what happened in a sentence under it; then a row a calendar that
/// Prescale could have been told of. No colour, and no newline at the end.
pub fn table(comparison: &Comparison) -> String {
    let policies = markdown::table(COLUMNS, comparison.policies.iter().map(row), 1);
    let told = format!("{policies}\n\n{}", comparison.summary);
    let Some(right) = comparison.calendars.first() else { return told };
    let calendars = comparison.calendars.iter().map(|calendar| {
        std::iter::once(calendar.run.name.clone()).chain(beside::figures(calendar, right)).collect::<Vec<_>>()
    });
    let calendars = markdown::table(CALENDAR_COLUMNS, calendars, 1);
    format!("{told}\n\n{calendars}\n\n{}", comparison.calendars_summary)
}

fn row(policy: &PolicyResult) -> [String; 8] {
    [
        policy.name.clone(),
        count(policy.late_requests),
        count(policy.failed_requests),
        share(late_share(policy)),
        count(policy.slo_minutes),
        tenths(policy.replica_hours),
        tenths(policy.node_hours),
        money(policy.cost),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn the_table_lines_up_and_ends_with_the_sentence() {
        insta::assert_snapshot!(table(&fixture::night()));
    }
}
