//! Frames as a server writes them (RFC 6455, 5.2): whole, and not masked. A frame is made once and written as it lies in
//! memory, to one person or to all of a room.

use bytes::{BufMut, Bytes, BytesMut};

/// The longest header.
const HEADER_BYTES: usize = 10;
const WHOLE_TEXT: u8 = 0x81;
/// Asks for a sign of life, and says nothing.
pub(super) const PING: &[u8] = &[0x89, 0];

/// A frame with a text, and where in it the text begins.
pub(super) fn text(text: &[u8]) -> (Bytes, usize) {
    let mut frame = BytesMut::with_capacity(text.len() + HEADER_BYTES);
    frame.put_u8(WHOLE_TEXT);
    if let Ok(length @ 0..=125) = u8::try_from(text.len()) {
        frame.put_u8(length);
    } else if let Ok(length) = u16::try_from(text.len()) {
        frame.put_u8(126);
        frame.put_u16(length);
    } else {
        frame.put_u8(127);
        frame.put_u64(text.len() as u64);
    }
    let begin = frame.len();
    frame.extend_from_slice(text);
    (frame.freeze(), begin)
}

#[cfg(test)]
mod tests {
    use tokio_tungstenite::tungstenite::{
        Message,
        protocol::{Role, WebSocket},
    };

    use super::*;

    #[track_caller]
    fn check(frame: &[u8], expected: &Message) {
        let stream = std::io::Cursor::new(frame.to_vec());
        let mut socket = WebSocket::from_raw_socket(stream, Role::Client, None);
        assert_eq!(socket.read().unwrap(), *expected);
    }

    #[test]
    fn a_frame_is_what_a_client_reads() {
        for length in [0, 1, 125, 126, 65_535, 65_536] {
            let said = "x".repeat(length);
            let (frame, begin) = text(said.as_bytes());
            assert_eq!(&frame[begin..], said.as_bytes());
            check(&frame, &Message::text(said));
        }
        check(PING, &Message::Ping(Bytes::new()));
    }
}
