//! Columns as compact JSON. Replicas and late requests stay equal for long, so a run of equal values is written once
//! with its length: `[3,[0,240],5]` is a 3, 240 times 0, and a 5. Texts are written once and referred to by index.

use serde::ser::{Serialize, SerializeSeq, Serializer};

/// Numbers rounded for reading: whole from 100 on, thousandths below. `None` is `null`.
#[derive(Debug, PartialEq)]
pub(super) struct Column(Vec<Option<f64>>);

impl Column {
    /// Rounds the values.
    pub(super) fn new(values: Vec<Option<f64>>) -> Self {
        Self(values.into_iter().map(|value| value.map(rounded)).collect())
    }
}

impl Serialize for Column {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for run in self.0.chunk_by(|left, right| left == right) {
            match run.len() {
                1 => list.serialize_element(&Cell(run[0]))?,
                length => list.serialize_element(&(Cell(run[0]), length))?,
            }
        }
        list.end()
    }
}

/// A whole number goes without its `.0`.
struct Cell(Option<f64>);

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            None => serializer.serialize_none(),
            Some(value) if value.fract() == 0.0 && value.abs() < 1e15 => {
                serializer.serialize_i64(value as i64)
            }
            Some(value) => serializer.serialize_f64(value),
        }
    }
}

fn rounded(value: f64) -> f64 {
    if value.abs() >= 100.0 { value.round() } else { (value * 1e3).round() / 1e3 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[Option<f64>], json: &str) {
        assert_eq!(serde_json::to_string(&Column::new(values.to_vec())).unwrap(), json);
    }

    #[test]
    fn runs_are_written_once_and_missing_stays_missing() {
        check(&[], "[]");
        check(&[Some(3.0), Some(0.0), Some(0.0), None], "[3,[0,2],null]");
        check(&[None, None, None], "[[null,3]]");
    }

    #[test]
    fn numbers_keep_what_can_be_read() {
        check(&[Some(12_345.678), Some(12.345_678), Some(0.000_4)], "[12346,12.346,0]");
    }
}
