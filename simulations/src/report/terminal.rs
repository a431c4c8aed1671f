//! The comparison as a plain table: Markdown, so that it reads the same in a terminal, a log and a pull request.

use comfy_table::{CellAlignment, Table, presets};

use crate::figures::{count, money, share, tenths};
use crate::outcome::late_share;
use crate::result::{Comparison, PolicyResult};

const COLUMNS: [&str; 8] =
    ["policy", "late", "failed", "late or failed", "SLO min", "replica-h", "node-h", "cost"];

/// One row a policy, numbers aligned right, and what happened in a sentence under it. No colour, and no newline at
/// the end.
pub fn table(comparison: &Comparison) -> String {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_header(COLUMNS);
    for policy in &comparison.policies {
        table.add_row(row(policy));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    format!("{table}\n\n{}", comparison.summary)
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
