//! One socket as frames: buffers of a few hundred bytes, a time limit on every write, and updates written as they lie in
//! memory, once for all people of a room.

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use realtime_protocol::{Problem, ServerFrame, limits};
use tokio::{
    io::{AsyncRead as _, AsyncReadExt as _, AsyncWrite as _, AsyncWriteExt as _, ReadBuf},
    net::TcpStream,
};
use tokio_tungstenite::tungstenite::{
    Error, Message, Utf8Bytes,
    error::{CapacityError, ProtocolError},
    protocol::{CloseFrame, Role, WebSocketConfig, WebSocketContext, frame::coding::CloseCode},
};

use super::frames;

/// A vote is 115 bytes; what is longer makes the buffer grow, up to the longest frame.
const READ_BUFFER_BYTES: usize = 128;
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
    Text(Utf8Bytes),
    /// A sign of life.
    Sign,
}

/// A socket. It keeps the codec's few hundred bytes, and nothing of what was said.
#[derive(Debug)]
pub(super) struct Wire {
    stream: TcpStream,
    codec: WebSocketContext,
    read_within: Duration,
}

impl Wire {
    /// Takes over from HTTP. `None` where the connection is not ours to take, which cannot be.
    pub(super) fn take_over(upgraded: Upgraded, read_within: Duration) -> Option<Box<Self>> {
        let parts = upgraded.downcast::<TokioIo<TcpStream>>().ok()?;
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(0)
            .max_write_buffer_size(2 * limits::FRAME_BYTES)
            .max_message_size(Some(limits::FRAME_BYTES))
            .max_frame_size(Some(limits::FRAME_BYTES));
        let (stream, before) = (parts.io.into_inner(), parts.read_buf.to_vec());
        let codec = WebSocketContext::from_partially_read(before, Role::Server, Some(config));
        Some(Box::new(Self { stream, codec, read_within }))
    }

    /// The next that the client says. Can be dropped and asked again.
    pub(super) async fn hear(&mut self) -> Result<Heard, End> {
        poll_fn(|context| self.poll_hear(context)).await
    }

    fn poll_hear(&mut self, context: &mut Context<'_>) -> Poll<Result<Heard, End>> {
        let mut stream = Polled { stream: &mut self.stream, context };
        let heard = match ready!(later(self.codec.read(&mut stream))) {
            Ok(Message::Text(text)) => Ok(Heard::Text(text)),
            Ok(Message::Ping(_) | Message::Pong(_)) => Ok(Heard::Sign),
            Ok(Message::Binary(_) | Message::Frame(_)) => {
                Err(End::Refused(Problem::malformed("frames are JSON text, not binary")))
            }
            Ok(Message::Close(_)) => {
                // The answer that the protocol asks for, where there is room for it.
                _ = self.codec.flush(&mut stream);
                Err(End::Gone)
            }
            Err(error) => Err(ended(&error)),
        };
        Poll::Ready(heard)
    }

    /// Says something.
    pub(super) async fn say(&mut self, frame: &ServerFrame) -> Result<(), End> {
        let (frame, _) = frames::text(frame.to_json().as_bytes());
        self.write(&frame).await
    }

    /// Asks for a sign of life.
    pub(super) async fn ping(&mut self) -> Result<(), End> {
        self.write(frames::PING).await
    }

    /// Writes a frame that is ready, without a copy. The kernel nearly always takes it at once; only where it does not is
    /// there something to wait for, and memory to be taken for that.
    pub(super) async fn write(&mut self, frame: &[u8]) -> Result<(), End> {
        let mut left = frame;
        match poll_fn(|context| Poll::Ready(self.poll_write(context, &mut left))).await {
            Poll::Ready(written) => written,
            Poll::Pending => Box::pin(self.write_slowly(left)).await,
        }
    }

    async fn write_slowly(&mut self, mut left: &[u8]) -> Result<(), End> {
        let read_within = self.read_within;
        let writing = poll_fn(|context| self.poll_write(context, &mut left));
        tokio::time::timeout(read_within, writing).await.unwrap_or(Err(End::DoesNotRead))
    }

    /// What the codec still has to say, such as the answer to a ping, goes first.
    fn poll_write(&mut self, context: &mut Context<'_>, left: &mut &[u8]) -> Poll<Result<(), End>> {
        let mut stream = Polled { stream: &mut self.stream, context };
        ready!(later(self.codec.flush(&mut stream))).map_err(|error| ended(&error))?;
        while !left.is_empty() {
            match ready!(Pin::new(&mut self.stream).poll_write(context, left)) {
                Ok(0) | Err(_) => return Poll::Ready(Err(End::Gone)),
                Ok(written) => *left = &left[written..],
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Closes it, with a reason, and reads on for a little: what comes unread would make the kernel take back what we said
    /// last.
    pub(super) async fn close(mut self, code: CloseCode, reason: &str) {
        let reason: String = reason.chars().take(CLOSE_LETTERS).collect();
        let last = CloseFrame { code, reason: reason.into() };
        let closing = async {
            let say_it = |context: &mut Context<'_>| {
                let mut stream = Polled { stream: &mut self.stream, context };
                later(self.codec.close(&mut stream, Some(last.clone())))
            };
            poll_fn(say_it).await.ok();
            self.stream.shutdown().await.ok()?;
            let mut rest = [0; 512];
            for _ in 0..REST_READS {
                if self.stream.read(&mut rest).await.ok()? == 0 {
                    break;
                }
            }
            Some(())
        };
        _ = tokio::time::timeout(CLOSE_WITHIN, closing).await;
    }
}

/// The stream as the codec wants it: what cannot be done now wakes the task later.
struct Polled<'a, 'b> {
    stream: &'a mut TcpStream,
    context: &'a mut Context<'b>,
}

impl io::Read for Polled<'_, '_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut into = ReadBuf::new(into);
        match Pin::new(&mut *self.stream).poll_read(self.context, &mut into) {
            Poll::Ready(read) => read.map(|()| into.filled().len()),
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

impl io::Write for Polled<'_, '_> {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        match Pin::new(&mut *self.stream).poll_write(self.context, from) {
            Poll::Ready(written) => written,
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What the codec could not do yet is done when the stream wakes the task.
fn later<T>(done: Result<T, Error>) -> Poll<Result<T, Error>> {
    match done {
        Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
        done => Poll::Ready(done),
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
