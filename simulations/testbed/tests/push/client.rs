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

    /// Pushes JSON or lines, and returns the status and the body of the answer.
    pub(crate) async fn push(
        &self,
        path: &str,
        authorization: Option<&str>,
        body: impl Into<Body>,
    ) -> (u16, String) {
        let Body(content_type, body) = body.into();
        let mut request = self.0.post(format!("https://{HOST}{path}")).header("Content-Type", content_type);
        if let Some(authorization) = authorization {
            request = request.header("Authorization", authorization);
        }
        let response = request.body(body).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }
}

/// What is pushed, and what it is.
pub(crate) struct Body(&'static str, String);

impl From<Value> for Body {
    fn from(json: Value) -> Self {
        Self("application/json", json.to_string())
    }
}

/// Line protocol.
impl From<&str> for Body {
    fn from(lines: &str) -> Self {
        Self("text/plain", lines.to_owned())
    }
}

/// The authorities by which the aggregator knows Prescale.
pub(crate) async fn bundle(bed: &Testbed) -> Vec<u8> {
    let services: Api<APIService> = Api::all(bed.client().await.unwrap());
    let service = services.get("v1beta1.external.metrics.k8s.io").await.unwrap();
    service.spec.unwrap().ca_bundle.unwrap().0
}
