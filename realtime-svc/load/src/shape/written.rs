//! A shape as people type it: `2000`, or `2000@0s,20000@10s`.

use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;

use super::{Knot, Shape, ShapeError};

impl FromStr for Shape {
    type Err = ShapeError;

    fn from_str(words: &str) -> Result<Self, ShapeError> {
        let refuse = || ShapeError::Words(words.into());
        if let Ok(level) = words.trim().parse() {
            return Self::new(vec![Knot { at: Duration::ZERO, level }]);
        }
        let knots = words.split(',').map(|word| knot(word.trim()).ok_or_else(refuse));
        Self::new(knots.collect::<Result<_, _>>()?)
    }
}

fn knot(word: &str) -> Option<Knot> {
    let (level, at) = word.split_once('@')?;
    let at: SignedDuration = at.parse().ok()?;
    Some(Knot { level: level.parse().ok()?, at: at.try_into().ok()? })
}
