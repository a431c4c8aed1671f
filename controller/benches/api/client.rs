//! A client that costs little: HTTP/1.1 by hand on one TLS connection, so that the server is what is measured.

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use rustls::{ClientConfig, crypto::aws_lc_rs};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::server::{NAME, Server, scaler};

/// An answer is about 400 bytes, its headers included.
const LONGEST_ANSWER: usize = 4_096;

pub(crate) struct Client {
    stream: TlsStream<TcpStream>,
    next: usize,
    scalers: usize,
}

impl Client {
    /// As the front proxy. Clients begin with different scalers.
    pub(crate) async fn connect(server: &Server, first: usize) -> io::Result<Self> {
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_root_certificates(server.bundle.roots().map_err(io::Error::other)?)
            .with_client_auth_cert(vec![server.proxy.0.clone()], server.proxy.1.clone_key())
            .map_err(io::Error::other)?;
        let stream = TcpStream::connect(server.address).await?;
        stream.set_nodelay(true)?;
        let name = NAME.try_into().map_err(io::Error::other)?;
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
        Ok(Self { stream, next: first * server.scalers / 8, scalers: server.scalers })
    }

    /// Reads the next scaler's demand, and checks it.
    pub(crate) async fn read(&mut self) -> io::Result<Duration> {
        let (index, started) = (self.next, Instant::now());
        self.next = (self.next + 1) % self.scalers;
        let request = format!(
            "GET /apis/external.metrics.k8s.io/v1beta1/namespaces/live/demand?labelSelector=prescale.dev%2Fscaler%3D{} \
             HTTP/1.1\r\nHost: {NAME}\r\nAccept: application/vnd.kubernetes.protobuf, application/json\r\n\
             X-Remote-User: system:serviceaccount:kube-system:horizontal-pod-autoscaler\r\n\
             X-Remote-Group: system:serviceaccounts\r\nX-Remote-Group: system:authenticated\r\n\r\n",
            scaler(index)
        );
        self.stream.write_all(request.as_bytes()).await?;
        let answer = self.answer().await?;
        let took = started.elapsed();
        let expected = format!("\"value\":\"{}\"", index + 1);
        if answer.starts_with("HTTP/1.1 200") && answer.contains(&expected) {
            Ok(took)
        } else {
            Err(io::Error::other(answer))
        }
    }

    async fn answer(&mut self) -> io::Result<String> {
        let mut buffer = vec![0; LONGEST_ANSWER];
        let mut filled = 0;
        loop {
            let read = self.stream.read(&mut buffer[filled..]).await?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            filled += read;
            let text = String::from_utf8_lossy(&buffer[..filled]);
            if is_whole(&text) {
                return Ok(text.into_owned());
            }
        }
    }
}

fn is_whole(answer: &str) -> bool {
    let Some((head, body)) = answer.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    length.and_then(|length| length.parse::<usize>().ok()).is_some_and(|length| length <= body.len())
}
