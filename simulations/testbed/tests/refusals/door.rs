//! Prescale installed on a testbed, with two ways to its metrics API: through kube-apiserver, and straight to its port.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use k8s_openapi::kube_aggregator::pkg::apis::apiregistration::v1::APIService;
use kube::Api;
use kube::core::Status;
use prescale_testbed::{
    Authority, CertificateFiles, Exporter, Life, Prescale, Settings, Subject, Testbed, parts, until,
};
use serde_json::Value;

use super::caller::Caller;

/// The name that the aggregator calls Prescale by, and that its certificate has.
const HOST: &str = "prescale.prescale-system.svc";
/// From a scaler's being written until its demand is served.
const SERVED_WITHIN: Duration = Duration::from_secs(60);

/// Prescale, serving the scalers of `manifests/refusals.yaml`.
pub(crate) struct Door {
    pub(crate) bed: Testbed,
    address: SocketAddr,
    bundle: Vec<u8>,
    _exporter: Exporter,
}

impl Door {
    /// Returns when all three demands are served: 300 of `gateway`, 600 of `other`, 900 of `vault`.
    pub(crate) async fn open() -> Self {
        // The Service has endpoints once the pods of the chart have a node.
        let bed = Testbed::start(Settings { nodes: 1, ..Settings::default() }).await.unwrap();
        let exporter = Exporter::start().unwrap();
        exporter.set("demand", 300.0);
        let prometheus_url = bed.prometheus(&[&exporter.target()], Duration::from_secs(1)).await.unwrap();
        let flags = vec!["--tick=5s".to_owned()];
        let prescale = Prescale { prometheus_url, replicas: 1, flags, ..Prescale::default() };
        let address = bed.install(&prescale).await.unwrap()[0].metrics_api;
        bed.apply(include_str!("../manifests/refusals.yaml")).await.unwrap();
        let door = Self { bundle: bundle(&bed).await, bed, address, _exporter: exporter };
        for (path, served) in [
            (demand("live", "=gateway"), "300"),
            (demand("live", "=other"), "600"),
            (demand("elsewhere", "=vault"), "900"),
        ] {
            let reads = async || (value(&door.through(None, &path).await.ok()?) == served).then_some(());
            until(&path, SERVED_WITHIN, reads).await.unwrap();
        }
        door
    }

    /// Calls the controller itself, and shows it a certificate.
    pub(crate) fn caller(&self, shown: Option<&CertificateFiles>) -> Caller {
        let trusted = reqwest::Certificate::from_pem_bundle(&self.bundle).unwrap();
        let builder = reqwest::Client::builder().tls_certs_only(trusted);
        let builder = match shown {
            Some(files) => builder.identity(identity(files)),
            None => builder,
        };
        Caller::new(builder, HOST, self.address)
    }

    /// Calls the controller itself with the token of a service account of `live`.
    pub(crate) async fn account(&self, name: &str) -> Caller {
        let token = self.bed.token("live", name).await.unwrap();
        self.caller(None).with("Authorization", &format!("Bearer {token}"))
    }

    /// Calls the controller itself with a user's certificate.
    pub(crate) fn user(&self, name: &str) -> Caller {
        let clients = &self.bed.authorities().clients;
        self.caller(Some(&issue(clients, &format!("direct-{name}"), name, Life::Current)))
    }

    /// Calls the controller itself as kube-apiserver's aggregator does, for a user.
    pub(crate) fn proxied(&self, user: &str) -> Caller {
        let front_proxy = &self.bed.authorities().front_proxy;
        let files = issue(front_proxy, &format!("proxy-of-{user}"), parts::FRONT_PROXY, Life::Current);
        self.caller(Some(&files)).with("X-Remote-User", user)
    }

    /// What kube-apiserver answers at `path`: to the administrator, or to the user of a kubeconfig.
    pub(crate) async fn through(&self, kubeconfig: Option<&Path>, path: &str) -> Result<Value, Box<Status>> {
        let kubeconfig = kubeconfig.unwrap_or(self.bed.kubeconfig());
        let client = self.bed.client_of(kubeconfig).await.unwrap();
        let request = http::Request::get(path).body(Vec::new()).unwrap();
        client.request(request).await.map_err(|error| {
            let kube::Error::Api(status) = error else { panic!("{path}: {error}") };
            status
        })
    }
}

/// A certificate in files of its own name.
pub(crate) fn issue(authority: &Authority, file: &str, name: &str, life: Life) -> CertificateFiles {
    authority.issue(file, Subject { name, group: None, hosts: &[], life }).unwrap()
}

/// Where the demand of a scaler is read; `selects` follows its label: `=gateway`.
pub(crate) fn demand(namespace: &str, selects: &str) -> String {
    let selector = format!("prescale.dev/scaler{selects}");
    format!("/apis/external.metrics.k8s.io/v1beta1/namespaces/{namespace}/demand?{}", query(&selector))
}

/// A label selector as an address has it.
pub(crate) fn query(selector: &str) -> String {
    let escaped = selector.replace('/', "%2F").replace('=', "%3D").replace(' ', "%20").replace(',', "%2C");
    format!("labelSelector={escaped}")
}

/// The number in a list of one.
pub(crate) fn value(list: &Value) -> &str {
    assert_eq!(list["items"].as_array().unwrap().len(), 1, "{list}");
    list["items"][0]["value"].as_str().unwrap()
}

/// The authorities by which the aggregator knows Prescale.
async fn bundle(bed: &Testbed) -> Vec<u8> {
    let services: Api<APIService> = Api::all(bed.client().await.unwrap());
    let service = services.get("v1beta1.external.metrics.k8s.io").await.unwrap();
    service.spec.unwrap().ca_bundle.unwrap().0
}

fn identity(files: &CertificateFiles) -> reqwest::Identity {
    let mut pem = fs::read(&files.certificate).unwrap();
    pem.extend(fs::read(&files.key).unwrap());
    reqwest::Identity::from_pem(&pem).unwrap()
}
