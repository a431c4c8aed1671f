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

    /// Whether the system's own authorities are all that vouch for us.
    pub(super) fn is_empty(&self) -> bool {
        self.certificates().next().is_none()
    }

    /// Whether each certificate of `other` is in it.
    pub(super) fn holds_all_of(&self, other: &Self) -> bool {
        other.certificates().all(|certificate| self.certificates().any(|ours| ours == certificate))
    }

    /// What is in either.
    pub(super) fn with(&self, other: &Self) -> Self {
        Self(format!("{}\n{}", self.0.trim_end(), other.0))
    }

    /// Those that can be read.
    fn certificates(&self) -> impl Iterator<Item = CertificateDer<'static>> {
        CertificateDer::pem_slice_iter(self.0.as_bytes()).filter_map(Result::ok)
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
