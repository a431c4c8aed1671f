//! A shape as a table: CSV with the columns `time` and `rate`, a line a step, which holds until the next. Times are
//! seconds, or stamps such as 2026-07-07T19:00:00Z; either way the first line is the begin.

use std::io::Read;
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;

use super::{Knot, Shape, ShapeError};

#[derive(Deserialize)]
struct Line {
    time: String,
    rate: f64,
}

/// Reads the table. Its last step is as long as the one before it.
///
/// # Errors
/// Names the line, and what it holds.
pub fn read_csv(table: impl Read) -> Result<Shape, ShapeError> {
    let mut lines = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(table);
    let mut steps: Vec<(f64, f64)> = vec![];
    for (index, line) in lines.deserialize().enumerate() {
        let line: Line = line.map_err(|error| ShapeError::Table(error.to_string()))?;
        let time = seconds(&line.time).ok_or_else(|| {
            let number = index + 2;
            ShapeError::Table(format!("line {number}: time {:?} is neither seconds nor a stamp", line.time))
        })?;
        steps.push((time, line.rate));
    }
    let Some(&(begin, _)) = steps.first() else { return Err(ShapeError::Empty) };
    if let [.., before, last] = steps[..] {
        steps.push((last.0 + (last.0 - before.0), last.1));
    }
    let knots = steps.into_iter().map(|(time, level)| Some(Knot { at: since(begin, time)?, level }));
    let knots: Option<Vec<_>> = knots.collect();
    Shape::steps(knots.ok_or_else(|| ShapeError::Table("its times run backwards".into()))?)
}

fn since(begin: f64, time: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(time - begin).ok()
}

fn seconds(time: &str) -> Option<f64> {
    if let Ok(seconds) = time.parse::<f64>() {
        return seconds.is_finite().then_some(seconds);
    }
    time.parse::<Timestamp>().ok().map(|stamp| stamp.as_duration().as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(table: &str) -> (Vec<f64>, Duration) {
        let shape = read_csv(table.as_bytes()).unwrap();
        ([0, 59, 60, 119].map(|at| shape.level_at(Duration::from_secs(at))).to_vec(), shape.length())
    }

    #[test]
    fn seconds_and_stamps_are_read_alike() {
        let expected = (vec![5.0, 5.0, 7.5, 7.5], Duration::from_secs(120));
        assert_eq!(levels("time,rate\n0,5\n60,7.5\n"), expected);
        assert_eq!(levels("time, rate\n1000, 5\n1060, 7.5\n"), expected);
        assert_eq!(levels("rate,time\n5,2026-07-07T19:00:00Z\n7.5,2026-07-07T19:01:00Z\n"), expected);
    }

    #[test]
    fn a_line_that_cannot_be_read_is_named() {
        let refused = |table: &str| read_csv(table.as_bytes()).unwrap_err().to_string();
        assert_eq!(refused("time,rate\nsoon,5\n"), "line 2: time \"soon\" is neither seconds nor a stamp");
        assert!(refused("time,rate\n0,many\n").contains("line: 2"), "{}", refused("time,rate\n0,many\n"));
        assert!(refused("time,rate\n60,1\n0,1\n").contains("backwards"));
        assert!(refused("time\n60\n").contains("rate"));
    }
}
