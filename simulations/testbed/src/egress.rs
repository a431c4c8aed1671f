//! Stands in for kube-proxy: the way from kube-apiserver to Services, whose addresses nobody else routes here.
//!
//! kube-apiserver is told to reach everything in the cluster through an HTTP CONNECT proxy, as it would through
//! Konnectivity. This is that proxy. It passes `CLUSTER-IP:PORT` on to the local address at which a test exposed the
//! Service, so that Services, EndpointSlices and APIServices are those of a real cluster.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, copy_bidirectional};
use tokio::net::{TcpStream, UnixListener, UnixStream};

use crate::Error;
use crate::background::Background;

/// kube-apiserver writes its request at once.
const REQUEST_WITHIN: Duration = Duration::from_secs(5);
/// A CONNECT request has four short lines; what has more is not from kube-apiserver.
const LONGEST_REQUEST: usize = 32;

type Routes = Arc<Mutex<BTreeMap<String, SocketAddr>>>;

/// The proxy at work.
#[derive(Debug)]
pub(crate) struct Egress {
    routes: Routes,
}

impl Egress {
    /// Listens on a socket in `folder`, and writes there what kube-apiserver needs to know.
    pub(crate) fn start(folder: &Path, background: &Background) -> Result<Self, Error> {
        let socket = folder.join("egress.sock");
        let configuration = json!({
            "apiVersion": "apiserver.k8s.io/v1beta1",
            "kind": "EgressSelectorConfiguration",
            "egressSelections": [{"name": "cluster", "connection": {
                "proxyProtocol": "HTTPConnect",
                "transport": {"uds": {"udsName": socket}},
            }}],
        });
        let path = Self::configuration_path(folder);
        std::fs::write(&path, configuration.to_string())
            .map_err(Error::io(format!("write {}", path.display())))?;
        let routes = Routes::default();
        let _runtime = background.handle().enter();
        let listener =
            UnixListener::bind(&socket).map_err(Error::io(format!("listen on {}", socket.display())))?;
        background.handle().spawn(serve(listener, Arc::clone(&routes)));
        Ok(Self { routes })
    }

    pub(crate) fn configuration_path(folder: &Path) -> PathBuf {
        folder.join("egress.json")
    }

    /// From now on, `CLUSTER-IP:PORT` leads to `local`.
    pub(crate) fn route(&self, from: String, local: SocketAddr) {
        self.routes.lock().unwrap_or_else(PoisonError::into_inner).insert(from, local);
    }
}

async fn serve(listener: UnixListener, routes: Routes) {
    while let Ok((stream, _)) = listener.accept().await {
        let routes = Arc::clone(&routes);
        tokio::spawn(async move {
            // An end of the connection is news for those at its ends only.
            _ = pass_on(stream, &routes).await;
        });
    }
}

async fn pass_on(stream: UnixStream, routes: &Routes) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let asked = tokio::time::timeout(REQUEST_WITHIN, target(&mut stream)).await??;
    let Some(address) = asked.as_deref().and_then(|asked| find(asked, routes)) else {
        let asked = asked.unwrap_or_default();
        let answer = format!("HTTP/1.1 502 nothing is exposed at {asked}\r\nContent-Length: 0\r\n\r\n");
        return stream.write_all(answer.as_bytes()).await;
    };
    let mut server = match TcpStream::connect(address).await {
        Ok(server) => server,
        Err(error) => {
            let answer = format!("HTTP/1.1 502 {address}: {error}\r\nContent-Length: 0\r\n\r\n");
            return stream.write_all(answer.as_bytes()).await;
        }
    };
    stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    copy_bidirectional(&mut stream, &mut server).await.map(|_| ())
}

/// Reads a request to its empty line. `None` when it is no CONNECT.
async fn target(stream: &mut BufReader<UnixStream>) -> std::io::Result<Option<String>> {
    let mut target = None;
    for _ in 0..LONGEST_REQUEST {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        if line.trim_end().is_empty() {
            return Ok(target);
        }
        if let Some(rest) = line.strip_prefix("CONNECT ") {
            target = rest.split(' ').next().map(str::to_owned);
        }
    }
    Ok(None)
}

/// Where a connection leads. A loopback address, which a webhook's URL may have, is reached directly.
fn find(asked: &str, routes: &Routes) -> Option<SocketAddr> {
    let routed = routes.lock().unwrap_or_else(PoisonError::into_inner).get(asked).copied();
    routed.or_else(|| asked.parse().ok().filter(|address: &SocketAddr| address.ip().is_loopback()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_leads_to_where_it_is_exposed_and_nowhere_else() {
        let local: SocketAddr = "127.0.0.1:8443".parse().unwrap();
        let routes = Routes::default();
        routes.lock().unwrap().insert("10.96.0.7:443".into(), local);
        assert_eq!(find("10.96.0.7:443", &routes), Some(local));
        assert_eq!(find("10.96.0.7:80", &routes), None);
        assert_eq!(find("127.0.0.1:9443", &routes), "127.0.0.1:9443".parse().ok());
        assert_eq!(find("192.0.2.1:443", &routes), None);
    }
}
