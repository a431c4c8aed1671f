//! The comparison as plain tables.

use super::{beside, costs};
use crate::figures::{count, money, share, tenths};
use crate::markdown;
use crate::outcome::late_share;
use crate::result::{Comparison, PolicyResult};

const COLUMNS: [&str; 8] =
    ["policy", "late", "failed", "late or failed", "SLO min", "replica-h", "node-h", "cost"];

const COST_COLUMNS: [&str; 6] =
    ["policy", "fixed node-h", "their cost", "Karpenter node-h", "their cost", "saved"];

const HEADROOM_COLUMNS: [&str; 7] =
    ["headroom", "late", "failed", "late or failed", "SLO min", "node-h", "cost"];

const CALENDAR_COLUMNS: [&str; 8] =
    ["calendar", "late", "failed", "late or failed", "replica-h", "± replica-h", "cost", "± cost"];

/// One row a policy, numbers aligned right, and what happened in a sentence under it; its cost by pool; then a row for
/// each headroom, and for each calendar that Prescale could have been told of. No colour, and no newline at the end.
pub fn table(comparison: &Comparison) -> String {
    let policies = markdown::table(COLUMNS, comparison.policies.iter().map(row), 1);
    let costs =
        markdown::table(COST_COLUMNS, comparison.policies.iter().map(|run| named(run, costs::pools(run))), 1);
    let mut told = format!("{policies}\n\n{}\n\n{costs}", comparison.summary);
    if !comparison.headroom.is_empty() {
        let headroom = markdown::table(
            HEADROOM_COLUMNS,
            comparison.headroom.iter().map(|run| named(run, costs::headroom(run))),
            1,
        );
        told += &format!("\n\n{headroom}\n\n{}", comparison.headroom_summary);
    }
    let Some(right) = comparison.calendars.first() else { return told };
    let calendars = comparison.calendars.iter().map(|calendar| {
        std::iter::once(calendar.run.name.clone()).chain(beside::figures(calendar, right)).collect::<Vec<_>>()
    });
    let calendars = markdown::table(CALENDAR_COLUMNS, calendars, 1);
    format!("{told}\n\n{calendars}\n\n{}", comparison.calendars_summary)
}

/// The cells of a run, after its name.
fn named<const CELLS: usize>(run: &PolicyResult, cells: [String; CELLS]) -> Vec<String> {
    std::iter::once(run.name.clone()).chain(cells).collect()
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
