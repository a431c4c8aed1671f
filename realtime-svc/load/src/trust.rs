//! Whom to trust behind TLS: whom the system trusts, or the authorities of a file and nobody else.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use reqwest::Certificate;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;

/// Certificates of authorities. Clones share them.
#[derive(Clone, PartialEq, Eq)]
pub struct Authorities(Arc<[CertificateDer<'static>]>);

/// Authorities that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The file cannot be read.
    #[error("cannot read --ca-file {}", .0.display())]
    Read(PathBuf, #[source] std::io::Error),
    /// There are none in it.
    #[error("--ca-file {} has no certificate in PEM", .0.display())]
    Empty(PathBuf),
    /// TLS cannot be spoken with them.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
}

impl Authorities {
    /// Reads the certificates of a file in PEM.
    ///
    /// # Errors
    /// A file that cannot be read, and one without certificates.
    pub fn read(file: &Path) -> Result<Self, TrustError> {
        let pem = std::fs::read(file).map_err(|source| TrustError::Read(file.into(), source))?;
        let read = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>();
        let read = read.ok().filter(|certificates| !certificates.is_empty());
        Ok(Self(read.ok_or_else(|| TrustError::Empty(file.into()))?.into()))
    }

    /// For requests.
    ///
    /// # Errors
    /// A certificate that is none.
    pub(crate) fn certificates(&self) -> reqwest::Result<Vec<Certificate>> {
        self.0.iter().map(|certificate| Certificate::from_der(certificate)).collect()
    }
}

/// For sockets: trusts `authorities`, or whom the system trusts.
///
/// # Errors
/// Certificates that are none, and a system that knows nobody to trust.
pub(crate) fn client(authorities: Option<&Authorities>) -> Result<Arc<ClientConfig>, TrustError> {
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?;
    let builder = match authorities {
        None => builder.with_platform_verifier()?,
        Some(authorities) => {
            let mut roots = RootCertStore::empty();
            for certificate in authorities.0.iter() {
                roots.add(certificate.clone())?;
            }
            builder.with_root_certificates(roots)
        }
    };
    Ok(Arc::new(builder.with_no_client_auth()))
}

impl fmt::Debug for Authorities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Authorities").field(&self.0.len()).finish()
    }
}
