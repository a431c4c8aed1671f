//! Load by TLS, on servers with a certificate of an authority that only a file names.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::sync::Arc;
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use realtime_load::http::{Requests, run_trusting};
use realtime_load::rooms::{self, Actors, Mix, Retry, Rooms, Tokens};
use realtime_load::trust::Authorities;
use realtime_load::{Load, Report, Spacing, Tally};
use realtime_protocol::{ClientFrame, SUBPROTOCOL, ServerFrame, Uuid};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_util::sync::CancellationToken;

/// A certificate, and the file that names whom to trust for it.
struct Ground {
    folder: tempfile::TempDir,
    acceptor: TlsAcceptor,
}

impl Ground {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(folder.path().join("ca.pem"), made.cert.pem()).unwrap();
        let chain: Vec<CertificateDer<'static>> = vec![made.cert.der().clone()];
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        Self { folder, acceptor: TlsAcceptor::from(Arc::new(config)) }
    }

    fn authorities(&self) -> Authorities {
        Authorities::read(&self.folder.path().join("ca.pem")).unwrap()
    }

    /// Serves on a free port, and returns it.
    async fn serve<F: Future<Output = ()> + Send>(
        &self,
        one: impl Fn(TlsStream<TcpStream>) -> F + Copy + Send + 'static,
    ) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let acceptor = self.acceptor.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // Who does not trust us goes.
                    if let Ok(stream) = acceptor.accept(stream).await {
                        one(stream).await;
                    }
                });
            }
        });
        port
    }
}

fn load() -> Load {
    Load {
        rate: "100".parse().unwrap(),
        length: Duration::from_millis(500),
        spacing: Spacing::Even,
        objective: Duration::from_millis(200),
        patience: Duration::from_secs(20),
    }
}

/// Names the subprotocol, as the service does.
#[expect(clippy::result_large_err, reason = "the library's own type")]
fn speaks(_: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    response.headers_mut().insert("sec-websocket-protocol", SUBPROTOCOL.parse().unwrap());
    Ok(response)
}

/// A room where everybody is welcome, and all is acknowledged.
async fn room(stream: TlsStream<TcpStream>) {
    let mut socket = accept_hdr_async(stream, speaks).await.unwrap();
    while let Some(Ok(Message::Text(text))) = socket.next().await {
        let answer = match ClientFrame::parse(&text).unwrap() {
            ClientFrame::Hello { room, .. } => {
                ServerFrame::Welcome { room, session: Uuid::new_v4(), version: 0 }
            }
            ClientFrame::Ask { id, .. } | ClientFrame::Vote { id, .. } | ClientFrame::React { id, .. } => {
                ServerFrame::Ack { id }
            }
            ClientFrame::Leave => return,
        };
        // A client that has gone hears nothing.
        _ = socket.send(Message::text(answer.to_json())).await;
    }
}

async fn play(port: u16, authorities: Authorities) -> Report {
    let target: rooms::Target = format!("wss://localhost:{port}/ws/v1").parse().unwrap();
    let rooms = Rooms {
        targets: vec![target.trusting(Some(authorities))],
        people: "5".parse().unwrap(),
        rooms: 1,
        room_prefix: "room-".into(),
        mix: Mix::default(),
        tokens: Tokens::None,
        actors: Actors::LetIn,
        retry: Retry::Never,
        seed: 1,
    };
    let load = load();
    let tally = Arc::new(Tally::new(load.objective));
    rooms::run(rooms, &load, tally, &CancellationToken::new()).await.unwrap().report
}

#[tokio::test]
async fn people_come_in_by_tls() {
    let ground = Ground::new();
    let port = ground.serve(room).await;
    let report = play(port, ground.authorities()).await;
    assert_eq!((report.due, report.acked), (50, 50), "{report}");
}

/// Answers each connection's first request.
async fn answer(mut stream: TlsStream<TcpStream>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
    _ = stream.shutdown().await;
}

async fn ask(port: u16, authorities: Option<&Authorities>) -> Report {
    let requests = Requests {
        url: format!("https://localhost:{port}/").parse().unwrap(),
        method: "GET".parse().unwrap(),
        headers: [].into_iter().collect(),
        body: String::new(),
    };
    let load = load();
    let tally = Arc::new(Tally::new(load.objective));
    run_trusting(authorities, requests, &load, tally, &CancellationToken::new()).await.unwrap()
}

#[tokio::test]
async fn requests_are_made_by_tls_to_whom_the_file_names_and_to_nobody_else() {
    let (known, stranger) = (Ground::new(), Ground::new());
    let authorities = known.authorities();
    let report = ask(known.serve(answer).await, Some(&authorities)).await;
    assert_eq!((report.due, report.acked), (50, 50), "{report}");
    let report = ask(stranger.serve(answer).await, Some(&authorities)).await;
    assert_eq!((report.due, report.acked, report.losses()), (50, 0, 50), "{report}");
}
