//! A client that calls the metrics API at its own port by TLS, and what it is answered. The tests on the real control
//! plane call by it too.

use std::{net::SocketAddr, time::Duration};

use reqwest::{ClientBuilder, Method, header::HeaderMap};
use serde_json::Value;

/// Longer than the API takes to answer that it has no answer.
const ANSWERED_WITHIN: Duration = Duration::from_secs(20);

/// A client.
pub(crate) struct Caller {
    client: reqwest::Client,
    host: &'static str,
    headers: Vec<(&'static str, String)>,
}

/// What came back.
pub(crate) struct Got {
    pub(crate) code: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Caller {
    /// Calls `address` by the name `host`, showing and trusting what `builder` says.
    pub(crate) fn new(builder: ClientBuilder, host: &'static str, address: SocketAddr) -> Self {
        let client = builder.resolve(host, address).no_proxy().timeout(ANSWERED_WITHIN).build().unwrap();
        Self { client, host, headers: vec![] }
    }

    pub(crate) fn with(mut self, header: &'static str, value: &str) -> Self {
        self.headers.push((header, value.to_owned()));
        self
    }

    pub(crate) async fn get(&self, path: &str) -> Got {
        self.send(Method::GET, path).await
    }

    pub(crate) async fn send(&self, method: Method, path: &str) -> Got {
        let mut request = self.client.request(method, format!("https://{}{path}", self.host));
        for (header, value) in &self.headers {
            request = request.header(*header, value);
        }
        let response = request.send().await.unwrap();
        let (code, headers) = (response.status().as_u16(), response.headers().clone());
        Got { code, headers, text: response.text().await.unwrap() }
    }
}

impl Got {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    /// The message of a Status, whose shape is checked.
    pub(crate) fn refused(&self, code: u16, reason: &str) -> String {
        let status = self.json();
        assert_eq!(self.headers["content-type"], "application/json", "{status}");
        let shape = [&status["kind"], &status["apiVersion"], &status["status"], &status["reason"]];
        assert_eq!(shape, ["Status", "v1", "Failure", reason], "{status}");
        assert_eq!((self.code, status["code"].as_u64()), (code, Some(code.into())), "{status}");
        status["message"].as_str().unwrap().to_owned()
    }
}
