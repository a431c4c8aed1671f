//! `result.json`: the comparison as it stands, for machines.

use std::io::{self, Write};

use crate::result::Comparison;

/// Writes the comparison as indented JSON with a newline at its end. Fields come in the order of their declaration;
/// the timeline is not part of it (see [`write_timeline`](super::write_timeline)).
pub fn write_json(comparison: &Comparison, mut out: impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut out, comparison)?;
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn the_names_of_the_contract_are_there_and_the_timeline_is_not() {
        let mut bytes = Vec::new();
        write_json(&fixture::night(), &mut bytes).unwrap();
        assert!(bytes.ends_with(b"}\n"));
        let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        for of in ["policies", "calendars"] {
            let run = &json[of][0];
            for field in [
                "name",
                "requests",
                "late_requests",
                "failed_requests",
                "replica_hours",
                "node_hours",
                "cost",
            ] {
                assert!(!run[field].is_null(), "{field} of {of} is missing");
            }
            assert!(run["timeline"].is_null() && run["sizes"].is_null());
        }
    }
}
