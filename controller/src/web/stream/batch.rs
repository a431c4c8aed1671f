//! What changed within a second, encoded once: rows by namespace, and put together once for all who may see the same.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Mutex,
};

use jiff::Timestamp;

use super::{
    message::{fleet_begin, fleet_end, json},
    piece::Piece,
};
use crate::web::gallery::{Changed, Since};

/// Sets of namespaces that are put together once: teams that look at the same time.
const MOST_SETS: usize = 64;

/// What changed up to a moment.
pub(super) struct Batch {
    /// What all of it is known by.
    pub(super) to: Since,
    now: Timestamp,
    namespaces: Vec<(String, Encoded)>,
    /// The message for each set of namespaces that was asked for.
    messages: Mutex<HashMap<Box<[bool]>, Piece>>,
}

/// What changed in a namespace.
struct Encoded {
    /// Rows, with commas between them.
    rows: Piece,
    removed: Vec<String>,
}

impl Batch {
    pub(super) fn new(changed: BTreeMap<String, Changed>, to: Since, now: Timestamp) -> Self {
        let encoded = |changed: Changed| {
            let rows: Vec<String> = changed.rows.iter().map(json).collect();
            Encoded { rows: Piece::new(rows.join(",")), removed: changed.removed }
        };
        let namespaces = changed.into_iter().map(|(namespace, changed)| (namespace, encoded(changed)));
        Self { to, now, namespaces: namespaces.collect(), messages: Mutex::default() }
    }

    /// The namespaces in which something changed.
    pub(super) fn namespaces(&self) -> impl Iterator<Item = &str> {
        self.namespaces.iter().map(|(namespace, _)| namespace.as_str())
    }

    /// The message for who may see these of its namespaces; empty where that is nothing.
    pub(super) fn message(&self, seen: &[bool]) -> Piece {
        let mut messages = self.messages.lock().expect("no holder panics");
        if let Some(message) = messages.get(seen) {
            return message.clone();
        }
        let message = self.put_together(seen);
        if messages.len() < MOST_SETS {
            messages.insert(seen.into(), message.clone());
        }
        message
    }

    fn put_together(&self, seen: &[bool]) -> Piece {
        let seen = self.namespaces.iter().zip(seen).filter(|(_, seen)| **seen);
        let seen: Vec<&Encoded> = seen.map(|((_, encoded), _)| encoded).collect();
        if seen.is_empty() {
            return Piece::default();
        }
        let removed: Vec<&String> = seen.iter().flat_map(|encoded| &encoded.removed).collect();
        let (begin, comma, end) =
            (fleet_begin(&self.to, self.now), Piece::stored(",".to_owned()), fleet_end(&removed));
        let mut pieces = vec![&begin];
        for rows in seen.iter().map(|encoded| &encoded.rows).filter(|rows| !rows.is_empty()) {
            if 1 < pieces.len() {
                pieces.push(&comma);
            }
            pieces.push(rows);
        }
        pieces.push(&end);
        Piece::joined(pieces.into_iter())
    }
}
