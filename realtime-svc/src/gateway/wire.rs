//! One socket as frames: buffers of a few hundred bytes, a time limit on every write, and updates written as they lie in
//! memory, once for all people of a room.

use std::time::Duration;

use bytes::Bytes;
use futures::{SinkExt as _, StreamExt as _};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use realtime_protocol::{Problem, ServerFrame, limits};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message,
        error::{CapacityError, ProtocolError},
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};

/// A vote is 130 bytes; what is longer makes the buffer grow, up to the longest frame.
const READ_BUFFER_BYTES: usize = 256;
/// A client that does not answer a close is not waited for.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);
/// A close frame has 125 bytes; letters have at most four.
const CLOSE_LETTERS: usize = 30;
/// Of 512 bytes each: who goes on to send is not listened to for ever.
const REST_READS: usize = 512;

/// Why a socket has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The client has gone.
    Gone,
    /// The client does not read.
    DoesNotRead,
    /// The client sent what is no WebSocket, or too much.
    Refused(Problem),
}

/// What a client sent.
#[derive(Debug)]
pub(super) enum Heard {
    /// A frame.
    Text(String),
    /// A sign of life.
    Sign,
}

/// A socket.
#[derive(Debug)]
pub(super) struct Wire {
    socket: WebSocketStream<TcpStream>,
    read_within: Duration,
}

impl Wire {
    /// Takes over from HTTP. `None` where the connection is not ours to take, which cannot be.
    pub(super) async fn take_over(upgraded: Upgraded, read_within: Duration) -> Option<Self> {
        let parts = upgraded.downcast::<TokioIo<TcpStream>>().ok()?;
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(0)
            .max_write_buffer_size(2 * limits::FRAME_BYTES)
            .max_message_size(Some(limits::FRAME_BYTES))
            .max_frame_size(Some(limits::FRAME_BYTES));
        let (stream, before) = (parts.io.into_inner(), parts.read_buf.to_vec());
        let socket = WebSocketStream::from_partially_read(stream, before, Role::Server, Some(config)).await;
        Some(Self { socket, read_within })
    }

    /// The next that the client says. Can be dropped and asked again.
    pub(super) async fn hear(&mut self) -> Result<Heard, End> {
        match self.socket.next().await {
            Some(Ok(Message::Text(text))) => Ok(Heard::Text(text.as_str().to_owned())),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(Heard::Sign),
            Some(Ok(Message::Binary(_) | Message::Frame(_))) => {
                Err(End::Refused(Problem::malformed("frames are JSON text, not binary")))
            }
            Some(Ok(Message::Close(_))) | None => Err(End::Gone),
            Some(Err(error)) => Err(ended(&error)),
        }
    }

    /// Says something.
    pub(super) async fn say(&mut self, frame: &ServerFrame) -> Result<(), End> {
        self.send(Message::text(frame.to_json())).await
    }

    /// Asks for a sign of life.
    pub(super) async fn ping(&mut self) -> Result<(), End> {
        self.send(Message::Ping(Bytes::new())).await
    }

    async fn send(&mut self, message: Message) -> Result<(), End> {
        match tokio::time::timeout(self.read_within, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(ended(&error)),
            Err(_) => Err(End::DoesNotRead),
        }
    }

    /// Writes a frame that is ready, without a copy. What was said before is on its way first.
    pub(super) async fn write(&mut self, frame: &[u8]) -> Result<(), End> {
        let Self { socket, read_within } = self;
        let writing = async {
            socket.flush().await.map_err(|error| ended(&error))?;
            socket.get_mut().write_all(frame).await.map_err(|_| End::Gone)
        };
        tokio::time::timeout(*read_within, writing).await.unwrap_or(Err(End::DoesNotRead))
    }

    /// Closes it, with a reason, and reads on for a little: what comes unread would make the kernel take back what we said
    /// last.
    pub(super) async fn close(mut self, code: CloseCode, reason: &str) {
        let reason: String = reason.chars().take(CLOSE_LETTERS).collect();
        let closing = async {
            self.socket.close(Some(CloseFrame { code, reason: reason.into() })).await.ok();
            let stream = self.socket.get_mut();
            stream.shutdown().await.ok()?;
            let mut rest = [0; 512];
            for _ in 0..REST_READS {
                if stream.read(&mut rest).await.ok()? == 0 {
                    break;
                }
            }
            Some(())
        };
        _ = tokio::time::timeout(CLOSE_WITHIN, Box::pin(closing)).await;
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the library's list; what is not the client's fault is a loss"
)]
fn ended(error: &Error) -> End {
    match error {
        Error::Capacity(CapacityError::MessageTooLong { .. }) => {
            End::Refused(Problem::too_large(limits::FRAME_BYTES))
        }
        Error::Utf8(_) => End::Refused(Problem::malformed("a text frame is not UTF-8")),
        // A client that goes without a word is no fault of its frames.
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => End::Gone,
        Error::Protocol(fault) => End::Refused(Problem::malformed(format!("no WebSocket frame: {fault}"))),
        _ => End::Gone,
    }
}
