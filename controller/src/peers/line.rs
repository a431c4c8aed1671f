//! The lines of the stream: JSON, one a line.

use serde::{Deserialize, Serialize};

use crate::board::Notice;

/// The longest line: a hundred times what a notice takes, names at their longest.
pub(super) const MOST_BYTES: usize = 64 * 1024;

/// A line, of which the reader owns the notice and the writer does not.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Line<N> {
    /// The leader's plan for a scaler.
    Notice(N),
    /// The leader lives.
    Heartbeat,
}

/// The line of a notice.
pub(super) fn notice(notice: &Notice) -> Vec<u8> {
    written(&Line::Notice(notice))
}

/// The line of a sign of life.
pub(super) fn heartbeat() -> Vec<u8> {
    written(&Line::Heartbeat)
}

fn written(line: &Line<&Notice>) -> Vec<u8> {
    let mut bytes = serde_json::to_vec(line).expect("a notice is plain JSON");
    bytes.push(b'\n');
    bytes
}

/// Cuts what comes into lines.
#[derive(Default)]
pub(super) struct Lines {
    unfinished: Vec<u8>,
}

/// A line that does not end.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a line has more than {MOST_BYTES} bytes")]
pub(super) struct TooLong;

impl Lines {
    /// The lines that `chunk` ends.
    pub(super) fn cut(&mut self, chunk: &[u8]) -> Result<Vec<Vec<u8>>, TooLong> {
        let mut lines = vec![];
        let mut parts = chunk.split(|byte| *byte == b'\n').peekable();
        while let Some(part) = parts.next() {
            if MOST_BYTES < self.unfinished.len() + part.len() {
                return Err(TooLong);
            }
            self.unfinished.extend_from_slice(part);
            if parts.peek().is_some() {
                lines.push(std::mem::take(&mut self.unfinished));
            }
        }
        Ok(lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_wherever_the_chunks_end() {
        let text = b"one\ntwo\n\nthree\n";
        for size in 1..text.len() {
            let mut lines = Lines::default();
            let cut: Vec<_> = text.chunks(size).flat_map(|chunk| lines.cut(chunk).unwrap()).collect();
            assert_eq!(cut, [&b"one"[..], b"two", b"", b"three"], "chunks of {size}");
        }
    }

    #[test]
    fn a_line_without_end_is_refused() {
        let mut lines = Lines::default();
        assert_eq!(lines.cut(&vec![b'a'; MOST_BYTES]), Ok(vec![]));
        assert_eq!(lines.cut(b"a"), Err(TooLong));
    }
}
