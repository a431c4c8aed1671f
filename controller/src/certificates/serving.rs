//! The certificate that new connections are served with. Connections that stand keep theirs.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use jiff::Timestamp;
use rustls::{
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use x509_parser::parse_x509_certificate;

/// The certificate; none until the first is there.
#[derive(Debug, Default)]
pub struct Serving {
    current: ArcSwapOption<CertifiedKey>,
}

impl Serving {
    /// Serves connections from now on with `certified`.
    pub fn set(&self, certified: Arc<CertifiedKey>) {
        self.current.store(Some(certified));
    }

    /// Until when the certificate holds; `None` while there is none, or where it cannot be read.
    #[must_use]
    pub fn holds_until(&self) -> Option<Timestamp> {
        let current = self.current.load_full()?;
        let (_, certificate) = parse_x509_certificate(current.cert.first()?).ok()?;
        Timestamp::from_second(certificate.validity().not_after.timestamp()).ok()
    }
}

impl ResolvesServerCert for Serving {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.current.load_full()
    }
}
