//! Whom Kubernetes tells its extension servers to trust: the ConfigMap `extension-apiserver-authentication`, read.

use std::{collections::BTreeMap, sync::Arc};

use axum::http::HeaderName;
use rustls::{
    RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject},
    server::{WebPkiClientVerifier, danger::ClientCertVerifier},
};

/// Whom to trust. Empty until it is loaded: then nobody is.
#[derive(Debug, Default)]
pub struct Trust {
    /// The front proxy, whose word on users counts.
    pub request_header: Option<RequestHeader>,
    /// The CA of clients with certificates of their own.
    pub clients: Option<Arc<dyn ClientCertVerifier>>,
}

/// How the front proxy is known, and how it speaks of users.
#[derive(Debug)]
pub struct RequestHeader {
    /// The CA of its certificate.
    pub authority: Arc<dyn ClientCertVerifier>,
    /// Names that its certificate may have; any, where empty.
    pub(super) allowed_names: Vec<String>,
    /// Headers that carry the user's name; the first that is there counts.
    pub(super) name_headers: Vec<HeaderName>,
    /// Headers that carry the user's id; the first that is there counts.
    pub(super) uid_headers: Vec<HeaderName>,
    /// Headers that carry groups, one each.
    pub(super) group_headers: Vec<HeaderName>,
    /// What the headers begin with that say more of the user; lower-case.
    pub(super) extra_prefixes: Vec<String>,
}

/// Why the ConfigMap cannot be used. The former one stays in use.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {problem}")]
pub struct TrustError {
    /// The key of the ConfigMap.
    pub key: &'static str,
    /// What is wrong with it.
    pub problem: String,
}

impl Trust {
    /// Reads the data of the ConfigMap. A CA that is not there is none to trust.
    ///
    /// # Errors
    ///
    /// The key whose value cannot be read.
    pub fn read(data: &BTreeMap<String, String>) -> Result<Self, TrustError> {
        let clients = authority(data, "client-ca-file")?;
        let request_header = match authority(data, "requestheader-client-ca-file")? {
            Some(authority) => Some(RequestHeader::read(data, authority)?),
            None => None,
        };
        Ok(Self { request_header, clients })
    }
}

impl RequestHeader {
    fn read(
        data: &BTreeMap<String, String>,
        authority: Arc<dyn ClientCertVerifier>,
    ) -> Result<Self, TrustError> {
        let prefixes = list(data, "requestheader-extra-headers-prefix")?;
        Ok(Self {
            authority,
            allowed_names: list(data, "requestheader-allowed-names")?,
            name_headers: headers(data, "requestheader-username-headers")?,
            uid_headers: headers(data, "requestheader-uid-headers")?,
            group_headers: headers(data, "requestheader-group-headers")?,
            extra_prefixes: prefixes.iter().map(|prefix| prefix.to_ascii_lowercase()).collect(),
        })
    }
}

/// A verifier of client certificates under the CAs of `pem`.
///
/// # Errors
///
/// What is wrong with it, in words.
pub(crate) fn verifier(pem: &str) -> Result<Arc<dyn ClientCertVerifier>, String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let certificate = certificate.map_err(|error| format!("not PEM: {error}"))?;
        roots.add(certificate).map_err(|error| format!("not a certificate: {error}"))?;
    }
    let provider = Arc::new(aws_lc_rs::default_provider());
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|error| error.to_string())
}

fn authority(
    data: &BTreeMap<String, String>,
    key: &'static str,
) -> Result<Option<Arc<dyn ClientCertVerifier>>, TrustError> {
    let pem = data.get(key).filter(|pem| !pem.trim().is_empty());
    pem.map(|pem| verifier(pem).map_err(|problem| TrustError { key, problem })).transpose()
}

fn list(data: &BTreeMap<String, String>, key: &'static str) -> Result<Vec<String>, TrustError> {
    let Some(text) = data.get(key).filter(|text| !text.trim().is_empty()) else {
        return Ok(vec![]);
    };
    let problem = |error| TrustError { key, problem: format!("`{text}` is not a list of texts: {error}") };
    serde_json::from_str(text).map_err(problem)
}

fn headers(data: &BTreeMap<String, String>, key: &'static str) -> Result<Vec<HeaderName>, TrustError> {
    let header = |name: &String| {
        let problem = |_| TrustError { key, problem: format!("`{name}` is not the name of a header") };
        HeaderName::try_from(name).map_err(problem)
    };
    list(data, key)?.iter().map(header).collect()
}
