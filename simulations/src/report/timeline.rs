//! The timeline as CSV, one row a tick and policy, for DuckDB, pandas and people's own plots.

use std::io::{self, Write};

use crate::result::{Comparison, TimelineRow};

/// The columns, in their order; a contract.
const COLUMNS: [&str; 12] = [
    "time",
    "policy",
    "demand",
    "observed",
    "served_demand",
    "desired_replicas",
    "replicas",
    "ready_replicas",
    "nodes",
    "backlog",
    "late_requests",
    "reason",
];

/// Writes the timeline of every policy, one after the other. Rates are per second; what is missing is an empty cell;
/// fractions are rounded to thousandths, so that the bytes do not hang on the last bit of a sum.
pub fn write_timeline(comparison: &Comparison, out: impl Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(COLUMNS)?;
    for policy in &comparison.policies {
        for row in &policy.timeline {
            csv.write_record(record(&policy.name, row))?;
        }
    }
    csv.flush()
}

fn record(policy: &str, row: &TimelineRow) -> [String; 12] {
    [
        row.time.to_string(),
        policy.to_owned(),
        number(row.demand),
        row.observed.map(number).unwrap_or_default(),
        row.served_demand.map(number).unwrap_or_default(),
        row.desired_replicas.to_string(),
        row.replicas.to_string(),
        row.ready_replicas.to_string(),
        row.nodes.to_string(),
        number(row.backlog),
        number(row.late_requests),
        row.reason.clone(),
    ]
}

/// At most three decimals, without trailing zeros. Adding zero turns a rounded `-0` into `0`.
fn number(value: f64) -> String {
    ((value * 1e3).round() / 1e3 + 0.0).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    fn lines(comparison: &Comparison) -> Vec<String> {
        let mut bytes = Vec::new();
        write_timeline(comparison, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn the_header_is_the_contract_and_every_tick_of_every_policy_has_a_row() {
        let night = fixture::night();
        let lines = lines(&night);
        assert_eq!(
            lines[0],
            "time,policy,demand,observed,served_demand,desired_replicas,replicas,ready_replicas,nodes,backlog,\
             late_requests,reason"
        );
        let ticks: usize = night.policies.iter().map(|policy| policy.timeline.len()).sum();
        assert_eq!(lines.len(), 1 + ticks);
    }

    #[test]
    fn what_is_missing_is_an_empty_cell_and_text_is_quoted_where_it_must_be() {
        let mut night = fixture::night();
        night.policies.truncate(1);
        let mut row = night.policies[0].timeline[0].clone();
        row.demand = 12.345_678;
        row.observed = None;
        row.served_demand = None;
        row.backlog = -0.000_01;
        row.reason = "held, since \"orders\" is silent".to_owned();
        night.policies[0].timeline = vec![row];
        let line = &lines(&night)[1];
        assert!(line.starts_with("2026-07-07T17:00:00Z,static,12.346,,,"), "{line}");
        assert!(line.ends_with(r#",0,0,"held, since ""orders"" is silent""#), "{line}");
    }
}
