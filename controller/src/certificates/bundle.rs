//! The certificates by which others know ours: patched into `caBundle` of our APIService.

use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};

/// Certificates of authorities, PEM. Empty where only the system's own authorities vouch for us.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaBundle(pub(super) String);

impl CaBundle {
    /// As `caBundle` takes it, before base64.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.0
    }

    /// As a client trusts it.
    ///
    /// # Errors
    ///
    /// It is not PEM, or no certificate.
    pub fn roots(&self) -> anyhow::Result<RootCertStore> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(self.0.as_bytes()) {
            roots.add(certificate?)?;
        }
        Ok(roots)
    }
}
