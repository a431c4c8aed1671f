//! Messages as they are written: server-sent events of HTML.

use jiff::Timestamp;
use serde::Serialize;

use super::piece::Piece;
use crate::web::gallery::Since;

/// What keeps a quiet connection open.
pub(super) fn keep_alive() -> Piece {
    Piece::stored(": keep-alive\n\n".to_owned())
}

/// Tells a viewer to read everything anew.
pub(super) fn reset(id: &Since) -> Piece {
    Piece::stored(format!("id: {id}\nevent: reset\ndata: {{}}\n\n"))
}

/// An event with a body.
pub(super) fn event(id: &Since, name: &str, body: &impl Serialize) -> String {
    format!("id: {id}\nevent: {name}\ndata: {}\n\n", json(body))
}

/// What comes before the rows of a fleet message, between them, and after.
pub(super) fn fleet_begin(id: &Since, now: Timestamp) -> Piece {
    Piece::stored(format!("id: {id}\nevent: fleet\ndata: {{\"now\":{},\"items\":[", json(&now)))
}

pub(super) fn fleet_end(removed: &[&String]) -> Piece {
    Piece::stored(format!("],\"removed\":{}}}\n\n", json(&removed)))
}

/// JSON has no line breaks of its own, so that it is one line of data.
pub(super) fn json(body: &impl Serialize) -> String {
    serde_json::to_string(body).expect("what is sent is plain JSON")
}
