//! Reading from Prometheus: a real one, and servers of a few lines that do what a real one does not on demand.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

mod process;
mod reader;
mod real;
mod rotation;
mod scripted;
mod server;

use jiff::{SignedDuration, Timestamp};
use prescale_controller::sources::{Origin, Source};

/// A query, sampled each minute.
fn source(query: &str) -> Source {
    Source {
        origin: Origin::Prometheus { query: query.to_owned() },
        step: SignedDuration::from_mins(1),
        delay: SignedDuration::ZERO,
    }
}

fn second(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}
