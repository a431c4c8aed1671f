//! kube-apiserver passes requests on to an extension server at a local address: it verifies the server's name, shows
//! the certificate of the front proxy, and says who asks.
#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use prescale_testbed::{Life, Settings, Subject, Testbed, parts, until};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};
use tokio_rustls::server::TlsStream;

const SOON: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn an_extension_server_hears_who_asks_from_the_front_proxy() {
    let bed = Testbed::start(Settings::default()).await.unwrap();
    let address = serve(&bed, "metrics.live.svc").await;
    bed.expose("live", "metrics", 443, address).await.unwrap();
    register(&bed, &bed.authorities().servers.pem()).await;
    available(&bed, "True").await;
    let answer =
        bed.kubectl(&["get", "--raw", "/apis/example.dev/v1/echo"]).await.unwrap().success().unwrap();
    assert_eq!(answer, r#"{"user":"testbed-admin","by":"front-proxy-client"}"#);

    // A bundle of another authority: the server is not who it says.
    register(&bed, &bed.authorities().clients.pem()).await;
    available(&bed, "False").await;
}

async fn register(bed: &Testbed, bundle: &str) {
    let api_service = serde_json::json!({
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": "v1.example.dev"},
        "spec": {
            "group": "example.dev", "version": "v1", "groupPriorityMinimum": 100, "versionPriority": 100,
            "service": {"namespace": "live", "name": "metrics", "port": 443},
            "caBundle": k8s_openapi::ByteString(bundle.as_bytes().to_vec()),
        },
    });
    bed.apply(&api_service.to_string()).await.unwrap();
}

async fn available(bed: &Testbed, expected: &str) {
    let path = "--output=jsonpath={.status.conditions[?(@.type=='Available')].status}";
    until(&format!("Available={expected}"), SOON, async || {
        let status =
            bed.kubectl(&["get", "apiservice", "v1.example.dev", path]).await.unwrap().success().ok()?;
        (status == expected).then_some(())
    })
    .await
    .unwrap();
}

/// Serves as `host` to clients that show a certificate of the front proxy's authority.
async fn serve(bed: &Testbed, host: &str) -> SocketAddr {
    let subject = Subject { name: host, group: None, hosts: &[host], life: Life::Current };
    let files = bed.authorities().servers.issue("extension", subject).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(bed.authorities().front_proxy.path()).unwrap()).unwrap();
    let clients = WebPkiClientVerifier::builder(roots.into()).build().unwrap();
    let chain = vec![CertificateDer::from_pem_file(&files.certificate).unwrap()];
    let key = PrivateKeyDer::from_pem_file(&files.key).unwrap();
    let config =
        ServerConfig::builder().with_client_cert_verifier(clients).with_single_cert(chain, key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    answer(stream).await;
                }
            });
        }
    });
    address
}

/// Answers one request with who asks, and through whom.
async fn answer(stream: TlsStream<TcpStream>) {
    let certificates = stream.get_ref().1.peer_certificates().unwrap_or_default();
    let by_front_proxy = certificates.iter().any(|one| names(one, parts::FRONT_PROXY));
    let by = if by_front_proxy { parts::FRONT_PROXY } else { "nobody" };
    let mut stream = BufReader::new(stream);
    let mut user = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 || line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("x-remote-user")
        {
            user = value.trim().to_owned();
        }
    }
    let body = format!(r#"{{"user":"{user}","by":"{by}"}}"#);
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
    let answer = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
    _ = stream.write_all(answer.as_bytes()).await;
    _ = stream.shutdown().await;
}

/// Whether a certificate holds `name` in plain letters, as a common name is encoded.
fn names(certificate: &CertificateDer<'_>, name: &str) -> bool {
    certificate.windows(name.len()).any(|window| window == name.as_bytes())
}
