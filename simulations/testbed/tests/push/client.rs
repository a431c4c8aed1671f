//! Who pushes: a client of one replica, by the name that its certificate has.

use std::net::SocketAddr;

use k8s_openapi::kube_aggregator::pkg::apis::apiregistration::v1::APIService;
use kube::Api;
use prescale_testbed::Testbed;
use serde_json::Value;

/// The name that Prescale's certificate has.
const HOST: &str = "prescale.prescale-system.svc";

/// A client of one replica.
pub(crate) struct Client(reqwest::Client);

impl Client {
    /// Trusts the certificates of `bundle`.
    pub(crate) fn new(bundle: &[u8], address: SocketAddr) -> Self {
        let trusted = reqwest::Certificate::from_pem_bundle(bundle).unwrap();
        let builder = reqwest::Client::builder().tls_certs_only(trusted).resolve(HOST, address).no_proxy();
        Self(builder.build().unwrap())
    }

    /// Pushes JSON, and returns the status and the body of the answer.
    pub(crate) async fn push(&self, path: &str, authorization: Option<&str>, body: Value) -> (u16, String) {
        self.send(path, authorization, ("application/json", body.to_string())).await
    }

    /// The same with line protocol.
    pub(crate) async fn push_lines(&self, path: &str, authorization: &str, lines: &str) -> (u16, String) {
        self.send(path, Some(authorization), ("text/plain", lines.to_owned())).await
    }

    async fn send(
        &self,
        path: &str,
        authorization: Option<&str>,
        (content_type, body): (&str, String),
    ) -> (u16, String) {
        let mut request = self.0.post(format!("https://{HOST}{path}")).header("Content-Type", content_type);
        if let Some(authorization) = authorization {
            request = request.header("Authorization", authorization);
        }
        let response = request.body(body).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }
}

/// The authorities by which the aggregator knows Prescale.
pub(crate) async fn bundle(bed: &Testbed) -> Vec<u8> {
    let services: Api<APIService> = Api::all(bed.client().await.unwrap());
    let service = services.get("v1beta1.external.metrics.k8s.io").await.unwrap();
    service.spec.unwrap().ca_bundle.unwrap().0
}
