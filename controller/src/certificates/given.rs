//! A certificate that somebody else keeps in a Secret, as cert-manager does: `tls.crt`, `tls.key`, `ca.crt`.

use std::sync::Arc;

use k8s_openapi::api::core::v1::Secret;
use rustls::{
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::CertifiedKey,
};

use super::{bundle::CaBundle, leaf};

/// What the Secret holds.
#[derive(Clone, Debug)]
pub struct Given {
    /// The chain with its key.
    pub certified: Arc<CertifiedKey>,
    /// Who vouches for it; empty where the Secret does not say.
    pub bundle: CaBundle,
}

/// Why a Secret cannot be served from. What was served before stays.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {problem}")]
pub struct GivenError {
    /// Its key.
    pub key: &'static str,
    /// What is wrong with it.
    pub problem: String,
}

impl Given {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// The key of the Secret that cannot be used.
    pub fn read(secret: &Secret) -> Result<Self, GivenError> {
        let problem = |key, problem: &dyn ToString| GivenError { key, problem: problem.to_string() };
        let chain = CertificateDer::pem_slice_iter(value(secret, "tls.crt")?).collect::<Result<Vec<_>, _>>();
        let chain = chain.map_err(|error| problem("tls.crt", &error))?;
        if chain.is_empty() {
            return Err(problem("tls.crt", &"it holds no certificate"));
        }
        let key = PrivateKeyDer::from_pem_slice(value(secret, "tls.key")?);
        let key = key.map_err(|error| problem("tls.key", &error))?;
        let certified = leaf::certified(chain, key).map_err(|error| problem("tls.key", &error))?;
        let bundle = value(secret, "ca.crt").unwrap_or_default();
        let bundle = CaBundle(String::from_utf8_lossy(bundle).into_owned());
        bundle.roots().map_err(|error| problem("ca.crt", &error))?;
        Ok(Self { certified, bundle })
    }
}

fn value<'a>(secret: &'a Secret, key: &'static str) -> Result<&'a [u8], GivenError> {
    let value = secret.data.as_ref().and_then(|data| data.get(key));
    value.map(|value| value.0.as_slice()).ok_or(GivenError { key, problem: "it is not there".to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificates::{Authority, Purpose};
    use jiff::Timestamp;
    use k8s_openapi::ByteString;

    fn pem(label: &str, der: &[u8]) -> String {
        let base64 = serde_json::to_value(ByteString(der.to_vec())).unwrap();
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", base64.as_str().unwrap())
    }

    fn secret(keys: &[(&str, String)]) -> Secret {
        let data =
            keys.iter().map(|(key, value)| ((*key).to_owned(), ByteString(value.clone().into_bytes())));
        Secret { data: Some(data.collect()), ..Secret::default() }
    }

    #[test]
    fn a_secret_is_served_from_only_if_key_and_certificate_belong_together() {
        let now = Timestamp::from_second(1_780_000_000).unwrap();
        let authority = Authority::new(now).unwrap();
        let purpose = Purpose::Serve(vec!["prescale.prescale.svc".into()]);
        let (one, other) = (authority.sign(&purpose, now).unwrap(), authority.sign(&purpose, now).unwrap());
        let certificate = ("tls.crt", pem("CERTIFICATE", &one.certificate));
        let key = |leaf: &leaf::Leaf| ("tls.key", pem("PRIVATE KEY", leaf.key.secret_der()));
        let ca = ("ca.crt", authority.certificate.clone());
        let refused = |keys: &[_]| Given::read(&secret(keys)).unwrap_err().key;

        let given = Given::read(&secret(&[certificate.clone(), key(&one), ca.clone()])).unwrap();
        assert_eq!(given.bundle.pem(), authority.certificate);
        let without_ca = Given::read(&secret(&[certificate.clone(), key(&one)])).unwrap();
        assert_eq!(without_ca.bundle, CaBundle::default());
        assert_eq!(refused(&[certificate.clone(), key(&other), ca.clone()]), "tls.key");
        assert_eq!(refused(std::slice::from_ref(&certificate)), "tls.key");
        assert_eq!(refused(&[key(&one)]), "tls.crt");
        assert_eq!(refused(&[("tls.crt", String::new()), key(&one)]), "tls.crt");
    }
}
