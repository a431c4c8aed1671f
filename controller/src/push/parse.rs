//! Reads what clients send, in each format, into samples as written; which of them are taken is decided elsewhere. Pure:
//! bytes in, samples or a [`Malformed`] out, in bounded time and memory whatever the bytes.

mod json;
mod line;
mod remote_write;

use jiff::Timestamp;

pub use json::json;
pub use line::{Precision, line_protocol};
pub use remote_write::{MOST_UNPACKED_BYTES, PROTO_V2, Version, WrittenSeries, remote_write};

/// Samples in one batch: a batch of line protocol is this large, as InfluxData recommends.
pub const MOST_SAMPLES: usize = 5_000;

/// A sample as a client wrote it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Written {
    /// Its time; `None` where it is of now.
    pub time: Option<Timestamp>,
    /// Its value; whatever a float can be.
    pub value: f64,
}

/// A body that cannot be read; nothing of it is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Where, as `[3].value` or `line 3`; `None` where it is the whole.
    pub field: Option<String>,
    /// What is wrong, with the value.
    pub words: String,
}

impl Malformed {
    fn whole(words: impl Into<String>) -> Self {
        Self { field: None, words: words.into() }
    }

    fn at(field: impl Into<String>, words: impl Into<String>) -> Self {
        Self { field: Some(field.into()), words: words.into() }
    }

    fn too_many() -> Self {
        Self::whole(format!("has more than {MOST_SAMPLES} samples: push them in several batches"))
    }
}

/// As much of what a client sent as a message may hold.
fn shortened(text: &str) -> String {
    const MOST_CHARACTERS: usize = 120;
    match text.char_indices().nth(MOST_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
