//! The way in: a TCP connection, TLS where the target asks for it, the upgrade to a WebSocket, and the token on it. Buffers are small, since one process
//! holds 20,000 of them.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use http::HeaderValue;
use http::header::{AUTHORIZATION, RETRY_AFTER, SEC_WEBSOCKET_PROTOCOL};
use realtime_protocol::SUBPROTOCOL;
use rustls::pki_types::ServerName;
use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, handshake::client::Request};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use tokio_util::either::Either;

use super::{RoomsError, Target, Tokens};
use crate::trust;

/// An update of a room is smaller than two of these.
const READ_BUFFER: usize = 2 * 1024;
/// What a room tells is a few KiB.
const MESSAGE_AT_MOST: usize = 256 * 1024;
const CONNECT_WITHIN: Duration = Duration::from_secs(20);
/// Of the 28,000 ports that Linux gives out for one pair of addresses.
const PEOPLE_PER_ADDRESS: u32 = 16_384;

/// In the clear, or by TLS, whose state is a kilobyte that the others need not have.
type Stream = Either<TcpStream, Box<TlsStream<TcpStream>>>;
pub(super) type Socket = WebSocketStream<Stream>;

/// Where people come in, and what they show there.
#[derive(Debug)]
pub(super) struct Door {
    places: Vec<Place>,
    tokens: Tokens,
}

/// One target.
struct Place {
    target: Target,
    address: SocketAddr,
    tls: Option<Tls>,
}

/// How TLS is spoken with it.
struct Tls {
    connector: TlsConnector,
    name: ServerName<'static>,
}

/// Why somebody did not get in.
#[derive(Debug)]
pub(super) struct Shut {
    /// In words, the same for all whom it befalls.
    pub(super) why: String,
    /// When to come again, where the service said it.
    pub(super) again_after: Option<Duration>,
}

impl Door {
    pub(super) async fn look_up(targets: Vec<Target>, tokens: Tokens) -> Result<Self, RoomsError> {
        let mut places = vec![];
        for target in targets {
            let (host, port) = target.host_and_port();
            let refuse = |source| RoomsError::Host { host: host.into(), source };
            let found = lookup_host((host, port)).await.map_err(refuse)?.next();
            let address = found.ok_or_else(|| refuse(io::Error::other("it has no address")))?;
            let tls = target.is_secured().then(|| Tls::of(&target)).transpose()?;
            places.push(Place { target, address, tls });
        }
        Ok(Self { places, tokens })
    }

    /// Opens a socket for a person; their next attempt goes to the next place.
    pub(super) async fn enter(&self, person: u32, attempt: u32) -> Result<Socket, Shut> {
        let index = person as usize % self.places.len() + attempt as usize;
        let place = &self.places[index % self.places.len()];
        let entered = timeout(CONNECT_WITHIN, async {
            let stream = place.connect(person).await?;
            let request = request(&place.target, self.tokens.of(person)).map_err(|error| Shut::of(&error))?;
            let config = WebSocketConfig::default()
                .read_buffer_size(READ_BUFFER)
                .write_buffer_size(0)
                .max_message_size(Some(MESSAGE_AT_MOST));
            client_async_with_config(request, stream, Some(config)).await.map_err(|error| Shut::of(&error))
        });
        match entered.await {
            Ok(entered) => Ok(entered?.0),
            Err(_) => Err(Shut { why: format!("no way in within {CONNECT_WITHIN:?}"), again_after: None }),
        }
    }
}

impl Place {
    async fn connect(&self, person: u32) -> Result<Stream, Shut> {
        let stream =
            connect(self.address, person).await.map_err(|error| Shut::io("no connection", &error))?;
        let Some(Tls { connector, name }) = &self.tls else { return Ok(Either::Left(stream)) };
        let speaking = connector.connect(name.clone(), stream).await;
        // What is wrong with a certificate is in the words, the same for all.
        let secured =
            speaking.map_err(|error| Shut { why: format!("no TLS: {error}"), again_after: None })?;
        Ok(Either::Right(Box::new(secured)))
    }
}

impl Tls {
    fn of(target: &Target) -> Result<Self, RoomsError> {
        let (host, _) = target.host_and_port();
        let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned());
        let name = name.map_err(|_| RoomsError::Name(format!("{host:?} is no name that TLS knows")))?;
        Ok(Self { connector: trust::client(target.authorities())?.into(), name })
    }
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Place")
            .field("target", &self.target)
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

fn request(target: &Target, token: Option<String>) -> Result<Request, Error> {
    let mut request = target.uri().into_client_request()?;
    let headers = request.headers_mut();
    headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    if let Some(value) = token.and_then(|token| HeaderValue::try_from(format!("Bearer {token}")).ok()) {
        headers.insert(AUTHORIZATION, value);
    }
    Ok(request)
}

/// Many people of one address would be out of ports: on this machine they come from several.
async fn connect(address: SocketAddr, person: u32) -> io::Result<TcpStream> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    let block = person / PEOPLE_PER_ADDRESS;
    if address.ip().is_loopback() && address.is_ipv4() && 0 < block {
        let last = u8::try_from(1 + block).unwrap_or(u8::MAX);
        socket.bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, last)), 0))?;
    }
    let stream = socket.connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

impl Shut {
    pub(super) fn io(what: &str, error: &io::Error) -> Self {
        Self { why: format!("{what}: {}", error.kind()), again_after: None }
    }

    fn of(error: &Error) -> Self {
        if let Error::Io(error) = error {
            return Self::io("no upgrade", error);
        }
        let Error::Http(response) = error else {
            return Self { why: format!("no upgrade: {error}"), again_after: None };
        };
        let seconds = response.headers().get(RETRY_AFTER).and_then(|after| after.to_str().ok()?.parse().ok());
        Self {
            why: format!("no upgrade: {}", response.status()),
            again_after: seconds.map(Duration::from_secs),
        }
    }
}
