//! Pieces of a stream, plain and packed. Packed pieces are whole blocks of deflate without a look back beyond their own
//! begin, so that any of them can follow any other in one gzip stream: what is the same for all is packed once.

use bytes::Bytes;
use flate2::{Compress, Compression, FlushCompress};

/// What begins a gzip stream (RFC 1952): deflate, no name, no time, no system.
pub(super) const GZIP_BEGIN: &[u8] = &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// The longest block that is stored and not packed.
const LONGEST_STORED: usize = 0xffff;
/// Shorter text is stored: packing it takes more than it saves.
const WORTH_PACKING: usize = 512;

/// A piece of a stream.
#[derive(Clone, Debug, Default)]
pub(super) struct Piece {
    pub(super) plain: Bytes,
    pub(super) packed: Bytes,
}

impl Piece {
    /// A text that many get.
    pub(super) fn new(text: String) -> Self {
        let packed =
            if WORTH_PACKING < text.len() { packed(text.as_bytes()) } else { stored(text.as_bytes()) };
        Self { plain: text.into(), packed: packed.into() }
    }

    /// A text that few get.
    pub(super) fn stored(text: String) -> Self {
        let packed = stored(text.as_bytes()).into();
        Self { plain: text.into(), packed }
    }

    /// One after the other.
    pub(super) fn joined<'a>(pieces: impl Iterator<Item = &'a Self>) -> Self {
        let (mut plain, mut packed) = (vec![], vec![]);
        for piece in pieces {
            plain.extend_from_slice(&piece.plain);
            packed.extend_from_slice(&piece.packed);
        }
        Self { plain: plain.into(), packed: packed.into() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.plain.is_empty()
    }

    pub(super) fn bytes(&self, packs: bool) -> Bytes {
        if packs { self.packed.clone() } else { self.plain.clone() }
    }
}

/// Blocks that hold the bytes as they are (RFC 1951, 3.2.4).
fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut blocks = Vec::with_capacity(bytes.len() + 5 * (bytes.len() / LONGEST_STORED + 1));
    for chunk in bytes.chunks(LONGEST_STORED) {
        let length = chunk.len() as u16;
        blocks.push(0);
        blocks.extend(length.to_le_bytes());
        blocks.extend((!length).to_le_bytes());
        blocks.extend_from_slice(chunk);
    }
    blocks
}

/// Packed blocks that end at a byte.
fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut compress = Compress::new(Compression::fast(), false);
    let mut blocks = Vec::with_capacity(bytes.len() / 4 + 64);
    loop {
        let taken = usize::try_from(compress.total_in()).unwrap_or(usize::MAX).min(bytes.len());
        let had_room = blocks.capacity() - blocks.len();
        let before = blocks.len();
        if compress.compress_vec(&bytes[taken..], &mut blocks, FlushCompress::Sync).is_err() {
            return stored(bytes);
        }
        let is_all_in = compress.total_in() == bytes.len() as u64;
        // What fills its room may have more to give.
        if is_all_in && blocks.len() - before < had_room {
            return blocks;
        }
        blocks.reserve(blocks.len() / 2 + 64);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn packed_pieces_follow_one_another_in_any_order() {
        let rows =
            |name: &str| (0..4_000).map(|row| format!("{name} {}", row * 37 % 1_009)).collect::<String>();
        let pieces = [
            Piece::new(rows("a")),
            Piece::stored(",".to_owned()),
            Piece::new(rows("b")),
            Piece::stored(rows("c")),
        ];
        assert!(pieces[0].packed.len() < pieces[0].plain.len() / 2);
        for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 2, 0, 0]] {
            let joined = Piece::joined(order.iter().map(|index| &pieces[*index]));
            let stream = [GZIP_BEGIN, &joined.packed].concat();
            let mut read = vec![0; joined.plain.len()];
            GzDecoder::new(&stream[..]).read_exact(&mut read).unwrap();
            assert_eq!(read, joined.plain, "{order:?}");
        }
    }
}
