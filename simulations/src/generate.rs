//! Makes the bundled recordings again: a match night, an on-sale and a quiet fortnight, by seeded generators from
//! published figures of live-event traffic. Each data card in `notebooks-data/` says which figures these are.

mod chance;
mod crowd;
mod match_night;
mod on_sale;
mod quiet_fortnight;
mod rhythm;

use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use crate::failure::Failure;
use crate::recording::{Column, Format, Kind, Overwrite, Recording, SignalMeta};

/// Zone of the three places: their audiences live by its clock.
const TIME_ZONE: &str = "Europe/Paris";

/// Runs `prescale generate`: makes the bundled recordings again in the folder `out`, byte for byte. What else lies
/// in their folders, such as the data cards, is kept.
///
/// # Errors
/// Exit 2 if a folder cannot be written, or is there and is not a recording.
pub fn run(out: &Path) -> Result<(), Failure> {
    for (name, recording) in bundled() {
        let path = out.join(name);
        recording.write(&path, Format::Parquet, Overwrite::Replace).map_err(Failure::input)?;
        println!("{}: {} steps from {}", path.display(), recording.len(), recording.start);
    }
    Ok(())
}

/// The bundled recordings with the names of their folders.
pub fn bundled() -> [(&'static str, Recording); 3] {
    [
        ("match-night", match_night::recording()),
        ("on-sale", on_sale::recording()),
        ("quiet-fortnight", quiet_fortnight::recording()),
    ]
}

/// The steps of a recording that is being made.
#[derive(Clone, Copy)]
struct Span {
    start: Timestamp,
    step: SignedDuration,
    len: usize,
}

impl Span {
    fn times(self) -> impl Iterator<Item = Timestamp> {
        (0_i32..).take(self.len).map(move |index| self.start + self.step * index)
    }
}

/// A moment that is written down in this module.
fn at(text: &str) -> Timestamp {
    text.parse().expect("the moments of bundled recordings are constants in RFC 3339")
}

/// A signal of so much a second.
fn rate(unit: &str) -> SignalMeta {
    SignalMeta { kind: Kind::Rate, unit: unit.into() }
}

/// The largest value between two moments.
fn largest_between(span: Span, column: &Column, from: Timestamp, to: Timestamp) -> f64 {
    let cells = span.times().zip(column.iter()).filter(|(at, _)| from <= *at && *at < to);
    cells.filter_map(|(_, cell)| cell).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests;
