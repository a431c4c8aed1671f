//! A level over time: how many arrive a second, or how many people are there. It is linear between knots, holds after the
//! last one, and jumps where two knots have one time. Nothing here reads a clock.

mod table;
mod written;

use std::time::Duration;

pub use table::read_csv;

/// A level over the time since the begin.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    knots: Vec<Knot>,
}

/// The level at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Knot {
    /// Since the begin.
    pub at: Duration,
    /// Arrivals per second, or people; finite, not negative.
    pub level: f64,
}

/// What is not a shape.
#[derive(Debug, thiserror::Error)]
pub enum ShapeError {
    /// Nothing to follow.
    #[error("it has no level")]
    Empty,
    /// NaN, an infinity or below zero.
    #[error("level {0} is not a finite number of 0 or more")]
    Level(f64),
    /// Time that runs backwards.
    #[error("{next:?} comes after {before:?}, and is earlier")]
    Backwards {
        /// The earlier line.
        before: Duration,
        /// The line after it.
        next: Duration,
    },
    /// Words that are neither `LEVEL` nor `LEVEL@TIME,…`.
    #[error("{0:?} is neither a level such as 2000 nor levels at times such as 2000@0s,20000@10s")]
    Words(String),
    /// A table that cannot be read, with its line where it has one.
    #[error("{0}")]
    Table(String),
}

impl Shape {
    /// The shape through `knots`, in time order.
    ///
    /// # Errors
    /// No knots, levels that are negative or not finite, and times that run backwards.
    pub fn new(knots: Vec<Knot>) -> Result<Self, ShapeError> {
        if knots.is_empty() {
            return Err(ShapeError::Empty);
        }
        if let Some(wrong) = knots.iter().find(|knot| !knot.level.is_finite() || knot.level < 0.0) {
            return Err(ShapeError::Level(wrong.level));
        }
        if let Some(pair) = knots.windows(2).find(|pair| pair[1].at < pair[0].at) {
            return Err(ShapeError::Backwards { before: pair[0].at, next: pair[1].at });
        }
        Ok(Self { knots })
    }

    /// Levels that each hold from their time until the next one's, as the steps of a recording do.
    ///
    /// # Errors
    /// As [`Shape::new`].
    pub fn steps(steps: impl IntoIterator<Item = Knot>) -> Result<Self, ShapeError> {
        let mut knots: Vec<Knot> = vec![];
        for step in steps {
            if let Some(before) = knots.last().copied() {
                knots.push(Knot { at: step.at, level: before.level });
            }
            knots.push(step);
        }
        Self::new(knots)
    }

    /// The same levels, `speed` times as fast: times are divided by it. It has to be above zero.
    #[must_use]
    pub fn at_speed(&self, speed: f64) -> Self {
        let faster = |knot: &Knot| Knot { at: knot.at.div_f64(speed), level: knot.level };
        Self { knots: self.knots.iter().map(faster).collect() }
    }

    /// The same times, with `factor` times the levels. It has to be finite and not negative.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        let more = |knot: &Knot| Knot { at: knot.at, level: knot.level * factor };
        Self { knots: self.knots.iter().map(more).collect() }
    }

    /// When the last knot is: how long the shape says something by itself.
    pub fn length(&self) -> Duration {
        self.knots.last().map_or(Duration::ZERO, |knot| knot.at)
    }

    /// The level at `at`. Of two knots at one time the later holds.
    pub fn level_at(&self, at: Duration) -> f64 {
        let after = self.knots.partition_point(|knot| knot.at <= at);
        match (after.checked_sub(1).map(|before| self.knots[before]), self.knots.get(after)) {
            (Some(before), Some(next)) => {
                let share = (at - before.at).as_secs_f64() / (next.at - before.at).as_secs_f64();
                before.level + (next.level - before.level) * share
            }
            (Some(last), None) => last.level,
            (None, first) => first.map_or(0.0, |knot| knot.level),
        }
    }

    /// The highest level within `length`.
    pub fn peak(&self, length: Duration) -> f64 {
        let within = self.knots.iter().filter(|knot| knot.at <= length).map(|knot| knot.level);
        within.fold(self.level_at(length), f64::max)
    }

    /// The straight pieces within `length`, in time order, without empty ones.
    pub(crate) fn pieces(&self, length: Duration) -> Vec<Piece> {
        let mut ends = vec![];
        if let Some(first) = self.knots.first() {
            ends.push(Knot { at: Duration::ZERO, level: first.level });
        }
        ends.extend(self.knots.iter().copied().filter(|knot| knot.at <= length));
        ends.push(Knot { at: length, level: self.level_before(length) });
        let pairs = ends.windows(2).filter(|pair| pair[0].at < pair[1].at);
        pairs.map(|pair| Piece { from: pair[0], to: pair[1] }).collect()
    }

    /// The level that is reached at `at`, before a jump there.
    fn level_before(&self, at: Duration) -> f64 {
        self.knots.iter().find(|knot| knot.at == at).map_or_else(|| self.level_at(at), |knot| knot.level)
    }
}

/// A straight piece of a shape.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece {
    pub(crate) from: Knot,
    pub(crate) to: Knot,
}

impl Piece {
    /// Seconds; above zero.
    pub(crate) fn length_s(&self) -> f64 {
        (self.to.at - self.from.at).as_secs_f64()
    }

    /// What arrives in it, in the mean.
    pub(crate) fn area(&self) -> f64 {
        f64::midpoint(self.from.level, self.to.level) * self.length_s()
    }

    /// When `area` of it has arrived, in seconds since its begin.
    pub(crate) fn time_of(&self, area: f64) -> f64 {
        let slope = (self.to.level - self.from.level) / self.length_s();
        let level = self.from.level;
        // The root of level·t + slope/2·t² = area that does not cancel where the slope is small.
        let root = (level * level + 2.0 * slope * area).max(0.0).sqrt();
        (2.0 * area / (level + root)).min(self.length_s())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn check(words: &str, at: u64, level: f64) {
        let shape: Shape = words.parse().unwrap();
        assert!((shape.level_at(s(at)) - level).abs() < 1e-9, "{words} at {at}: {}", shape.level_at(s(at)));
    }

    #[test]
    fn a_level_is_linear_between_knots_and_holds_after_the_last() {
        check("2000", 0, 2_000.0);
        check("2000", 99, 2_000.0);
        check("2000@0s,20000@10s", 5, 11_000.0);
        check("2000@0s,20000@10s", 60, 20_000.0);
        check("10@5s,20@10s", 1, 10.0);
    }

    #[test]
    fn two_knots_at_one_time_are_a_jump() {
        check("1@0s,1@10s,9@10s", 9, 1.0);
        check("1@0s,1@10s,9@10s", 10, 9.0);
    }

    #[test]
    fn steps_hold_until_the_next() {
        let steps = [(0, 4.0), (10, 8.0), (20, 0.0)].map(|(at, level)| Knot { at: s(at), level });
        let shape = Shape::steps(steps).unwrap();
        assert_eq!([9, 10, 19, 20].map(|at| shape.level_at(s(at))), [4.0, 8.0, 8.0, 0.0]);
        let area: f64 = shape.pieces(s(20)).iter().map(Piece::area).sum();
        assert!((area - 120.0).abs() < 1e-9, "{area}");
    }

    #[test]
    fn pieces_end_with_the_length_asked_for() {
        let area = |words: &str, length| -> f64 {
            words.parse::<Shape>().unwrap().pieces(s(length)).iter().map(Piece::area).sum()
        };
        assert!((area("2@0s,4@10s", 5) - 12.5).abs() < 1e-9);
        assert!((area("2@0s,4@10s", 20) - 70.0).abs() < 1e-9);
        assert!((area("1@0s,1@10s,9@10s", 10) - 10.0).abs() < 1e-9);
        assert!((area("7", 3) - 21.0).abs() < 1e-9);
    }

    #[test]
    fn time_is_found_by_area() {
        let piece = "0@0s,10@10s".parse::<Shape>().unwrap().pieces(s(10))[0];
        assert!((piece.time_of(12.5) - 5.0).abs() < 1e-9);
        assert!((piece.time_of(piece.area()) - 10.0).abs() < 1e-9);
    }

    #[test]
    fn what_is_not_a_shape_is_refused_in_words() {
        let refused = |words: &str| words.parse::<Shape>().unwrap_err().to_string();
        assert!(refused("many").contains("neither a level such as 2000"), "{}", refused("many"));
        assert!(refused("-1").contains("level -1 is not"), "{}", refused("-1"));
        assert!(refused("1@10s,2@5s").contains("5s comes after 10s"), "{}", refused("1@10s,2@5s"));
        assert!(matches!(Shape::new(vec![]), Err(ShapeError::Empty)));
    }
}
