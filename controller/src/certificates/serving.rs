//! The certificate that new connections are served with. Connections that stand keep theirs.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use rustls::{
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

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
}

impl ResolvesServerCert for Serving {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.current.load_full()
    }
}
