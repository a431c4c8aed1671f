//! A connection to one broker: a question, then its answer, each within a bound of time and size. After an error it is
//! of no more use, since a late answer would be taken for that of the next question.

use std::{collections::BTreeMap, io, time::Duration};

use bytes::BytesMut;
use kafka_protocol::{
    messages::{ApiVersionsRequest, RequestHeader, ResponseHeader},
    protocol::{
        Decodable, HeaderVersion, Request, StrBytes, VersionRange, encode_request_header_into_buffer,
    },
};
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout},
};
use tokio_rustls::TlsConnector;

use super::{admission::Admission, login, problem::Problem};

/// A broker in the same network takes a connection, a handshake and a login in well under a second.
const OPEN_WITHIN: Duration = Duration::from_secs(3);
/// A broker that takes longer is away, as far as a poll each 5 s is concerned.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);
/// The layout of 100,000 partitions is 5 MiB; a batch of records is 1 MiB unless a topic allows more.
const MOST_BYTES: usize = 32 << 20;

trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Stream for T {}

/// A connection that is let in.
pub(super) struct Link {
    address: String,
    stream: Box<dyn Stream>,
    /// The versions that the broker speaks of each question.
    versions: BTreeMap<i16, VersionRange>,
    asked: i32,
    /// When the broker wants us to prove anew who we are.
    until: Option<Instant>,
}

impl Link {
    /// Connects to the broker at `address`, and is let in.
    pub(super) async fn open(address: &str, admission: &Admission) -> Result<Self, Problem> {
        let opened = timeout(OPEN_WITHIN, Self::connect(address, admission)).await;
        opened.unwrap_or_else(|_| Err(unreachable(address, format!("no connection within {OPEN_WITHIN:?}"))))
    }

    async fn connect(address: &str, admission: &Admission) -> Result<Self, Problem> {
        let stream =
            connect(address, admission).await.map_err(|error| unreachable(address, error.to_string()))?;
        let versions = BTreeMap::new();
        let mut link = Self { address: address.to_owned(), stream, versions, asked: 0, until: None };
        link.learn_versions().await?;
        if let Some(user) = &admission.user {
            let lives_for = login::login(&mut link, user).await?;
            link.until = lives_for.map(|lives_for| Instant::now() + lives_for);
        }
        Ok(link)
    }

    /// Whether it can be asked once more.
    pub(super) fn is_fresh(&self) -> bool {
        self.until.is_none_or(|until| Instant::now() < until)
    }

    /// Asks, in the newest version up to `newest` that the broker speaks too.
    pub(super) async fn ask<R: Request>(
        &mut self,
        question: &R,
        newest: i16,
    ) -> Result<R::Response, Problem> {
        let version = self.version_of::<R>(newest)?;
        let answered = timeout(ANSWER_WITHIN, self.exchange(question, version)).await;
        let answered =
            answered.unwrap_or_else(|_| Err(io::Error::other(format!("no answer within {ANSWER_WITHIN:?}"))));
        answered.map_err(|error| self.problem(words(&error)))
    }

    /// Whether the broker knows this question.
    pub(super) fn knows<R: Request>(&self) -> bool {
        self.versions.contains_key(&R::KEY)
    }

    /// What is wrong, as a problem of this broker.
    pub(super) fn problem(&self, message: impl Into<String>) -> Problem {
        unreachable(&self.address, message.into())
    }

    fn version_of<R: Request>(&self, newest: i16) -> Result<i16, Problem> {
        let ours = VersionRange { min: R::VERSIONS.min, max: newest };
        let theirs = self.versions.get(&R::KEY).copied().unwrap_or(VersionRange { min: 0, max: -1 });
        let both = ours.intersect(&theirs);
        if both.is_empty() {
            return Err(self.problem("it is older than Kafka 3.0, or not a Kafka"));
        }
        Ok(both.max)
    }

    async fn learn_versions(&mut self) -> Result<(), Problem> {
        let question = ApiVersionsRequest::default()
            .with_client_software_name(StrBytes::from_static_str("prescale"))
            .with_client_software_version(StrBytes::from_static_str(env!("CARGO_PKG_VERSION")));
        let answer = self.exchange(&question, 3).await.map_err(|error| self.problem(words(&error)))?;
        let spoken = answer.api_keys.into_iter();
        self.versions = spoken
            .map(|api| (api.api_key, VersionRange { min: api.min_version, max: api.max_version }))
            .collect();
        Ok(())
    }

    async fn exchange<R: Request>(&mut self, question: &R, version: i16) -> io::Result<R::Response> {
        self.asked = self.asked.wrapping_add(1);
        let frame = frame(question, version, self.asked).map_err(io::Error::other)?;
        self.stream.write_all(&frame).await?;
        self.stream.flush().await?;
        let mut answer = self.read_frame().await?;
        let header_version = R::Response::header_version(version);
        let header = ResponseHeader::decode(&mut answer, header_version).map_err(io::Error::other)?;
        if header.correlation_id != self.asked {
            return Err(io::Error::other("it answers another question"));
        }
        R::Response::decode(&mut answer, version).map_err(io::Error::other)
    }

    async fn read_frame(&mut self) -> io::Result<bytes::Bytes> {
        let length = self.stream.read_i32().await?;
        let length = usize::try_from(length).ok().filter(|length| *length <= MOST_BYTES);
        let length =
            length.ok_or_else(|| io::Error::other("its answer is too large, or it is not a Kafka"))?;
        let mut body = BytesMut::zeroed(length);
        self.stream.read_exact(&mut body).await?;
        Ok(body.freeze())
    }
}

fn frame<R: Request>(question: &R, version: i16, asked: i32) -> anyhow::Result<BytesMut> {
    let header = RequestHeader::default()
        .with_request_api_key(R::KEY)
        .with_request_api_version(version)
        .with_correlation_id(asked)
        .with_client_id(Some(StrBytes::from_static_str("prescale")));
    let mut frame = BytesMut::zeroed(4);
    encode_request_header_into_buffer(&mut frame, &header)?;
    question.encode(&mut frame, version)?;
    let length = i32::try_from(frame.len() - 4)?;
    frame[..4].as_mut().copy_from_slice(&length.to_be_bytes());
    Ok(frame)
}

async fn connect(address: &str, admission: &Admission) -> io::Result<Box<dyn Stream>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let Some(tls) = &admission.tls else { return Ok(Box::new(stream)) };
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host).trim_matches(['[', ']']);
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    Ok(Box::new(TlsConnector::from(tls.clone()).connect(name, stream).await?))
}

fn unreachable(address: &str, message: String) -> Problem {
    Problem::Unreachable { address: address.to_owned(), message }
}

/// A broker says nothing of why it hangs up.
fn words(error: &io::Error) -> String {
    let hangs_up = matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset);
    if hangs_up {
        return "it hung up: it ends, or the security protocol is not the one of this port".to_owned();
    }
    error.to_string()
}
