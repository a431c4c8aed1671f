//! Where the external-metrics server is that was there before, and whom it is trusted by: what its APIService said, or
//! what the operator types.

use std::{fmt, net::IpAddr, str::FromStr};

use k8s_openapi::kube_aggregator::pkg::apis::apiregistration::v1::APIServiceSpec;
use thiserror::Error;

/// The port of a service that does not say its own.
const HTTPS: u16 = 443;

/// An external-metrics server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The namespace of its Service.
    pub namespace: String,
    /// Its Service.
    pub service: String,
    /// The port of that Service.
    pub port: u16,
    /// Who vouches for its certificate.
    pub trust: Trust,
    /// Where it is, if DNS is not to be asked: outside the cluster.
    pub at: Option<IpAddr>,
}

/// Who vouches for a server's certificate, which is to be for `SERVICE.NAMESPACE.svc`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// These authorities, PEM: the `caBundle` of its APIService.
    Authorities(Vec<u8>),
    /// Those of the system.
    System,
    /// Nobody: its APIService has `insecureSkipTLSVerify`, so the aggregator asked for nobody either.
    Nobody,
}

/// Text that names no server.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("`{0}` is not NAMESPACE/SERVICE or NAMESPACE/SERVICE:PORT")]
pub struct NoOrigin(String);

impl Origin {
    /// The server that an APIService leads to; `None` where kube-apiserver itself serves it.
    #[must_use]
    pub fn of(spec: &APIServiceSpec) -> Option<Self> {
        let service = spec.service.as_ref()?;
        let port = service.port.and_then(|port| u16::try_from(port).ok()).unwrap_or(HTTPS);
        let trust = match &spec.ca_bundle {
            _ if spec.insecure_skip_tls_verify == Some(true) => Trust::Nobody,
            Some(bundle) if !bundle.0.is_empty() => Trust::Authorities(bundle.0.clone()),
            _ => Trust::System,
        };
        let (namespace, service) = (service.namespace.clone()?, service.name.clone()?);
        Some(Self { namespace, service, port, trust, at: None })
    }

    /// The name in its certificate.
    #[must_use]
    pub fn host(&self) -> String {
        format!("{}.{}.svc", self.service, self.namespace)
    }
}

impl FromStr for Origin {
    type Err = NoOrigin;

    fn from_str(text: &str) -> Result<Self, NoOrigin> {
        let refused = || NoOrigin(text.to_owned());
        let (namespace, rest) = text.split_once('/').ok_or_else(refused)?;
        let (service, port) = match rest.split_once(':') {
            Some((service, port)) => (service, port.parse().map_err(|_| refused())?),
            None => (rest, HTTPS),
        };
        if !is_label(namespace) || !is_label(service) || port == 0 {
            return Err(refused());
        }
        let (namespace, service) = (namespace.to_owned(), service.to_owned());
        Ok(Self { namespace, service, port, trust: Trust::System, at: None })
    }
}

/// A name as DNS takes it between two dots, as those of namespaces and services are.
fn is_label(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&name.len()) && name.bytes().all(fits) && !name.starts_with('-') && !name.ends_with('-')
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}:{}", self.namespace, self.service, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::{ByteString, kube_aggregator::pkg::apis::apiregistration::v1::ServiceReference};

    fn check_typed(text: &str, read: Option<&str>) {
        let origin = text.parse::<Origin>().ok().map(|origin| origin.to_string());
        assert_eq!(origin.as_deref(), read, "{text}");
    }

    #[test]
    fn what_is_typed_names_a_service() {
        check_typed("keda/keda-metrics", Some("keda/keda-metrics:443"));
        check_typed("keda/keda-metrics:6443", Some("keda/keda-metrics:6443"));
        for refused in
            ["", "keda", "/x", "keda/", "keda/x:", "keda/x:0", "keda/x:99999", "keda/x@evil", "a/b/c"]
        {
            check_typed(refused, None);
        }
        let error = "keda".parse::<Origin>().unwrap_err().to_string();
        assert_eq!(error, "`keda` is not NAMESPACE/SERVICE or NAMESPACE/SERVICE:PORT");
    }

    fn spec(port: Option<i32>, ca_bundle: Option<&str>, insecure: Option<bool>) -> APIServiceSpec {
        let service = ServiceReference {
            name: Some("keda-metrics".to_owned()),
            namespace: Some("keda".to_owned()),
            port,
        };
        APIServiceSpec {
            service: Some(service),
            ca_bundle: ca_bundle.map(|bundle| ByteString(bundle.into())),
            insecure_skip_tls_verify: insecure,
            ..APIServiceSpec::default()
        }
    }

    #[test]
    fn an_api_service_is_trusted_as_the_aggregator_trusted_it() {
        let trust = |spec: &APIServiceSpec| Origin::of(spec).unwrap().trust;
        assert_eq!(trust(&spec(None, Some("PEM"), None)), Trust::Authorities(b"PEM".to_vec()));
        assert_eq!(trust(&spec(None, None, Some(true))), Trust::Nobody);
        assert_eq!(trust(&spec(None, Some(""), Some(false))), Trust::System);
        assert_eq!(Origin::of(&spec(Some(6443), None, None)).unwrap().to_string(), "keda/keda-metrics:6443");
        assert_eq!(Origin::of(&spec(None, None, None)).unwrap().host(), "keda-metrics.keda.svc");
        assert_eq!(Origin::of(&APIServiceSpec::default()), None);
    }
}
