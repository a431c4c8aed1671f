//! Which CAs vouch for a connection's certificate.

use std::time::Duration;

use rustls::{pki_types::UnixTime, server::danger::ClientCertVerifier};

use super::trust::Trust;
use crate::metrics_api::Connection;

/// Whether the front proxy's CA, and that of clients, vouch for a certificate. `None` where there is no certificate,
/// or no such CA.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// As the front proxy.
    pub front_proxy: Option<Result<(), String>>,
    /// As a client of its own.
    pub client: Option<Result<(), String>>,
}

impl Standing {
    /// How long a connection may rely on it: a certificate that expires is noticed within this time.
    pub(crate) const HOLDS_FOR: Duration = Duration::from_secs(60);
}

impl Trust {
    /// Who vouches for the certificate of `connection`, now.
    pub(crate) fn judge(&self, connection: &Connection) -> Standing {
        if connection.certificates().is_empty() {
            return Standing::default();
        }
        let front_proxy = self.request_header.as_ref().map(|proxy| {
            vouch(&*proxy.authority, connection)?;
            let name = connection.subject().and_then(|subject| subject.common_name.as_deref());
            if proxy.allows(name) {
                Ok(())
            } else {
                Err(format!("the name `{}` is not one of the front proxy's", name.unwrap_or_default()))
            }
        });
        let client = self.clients.as_ref().map(|authority| vouch(&**authority, connection));
        Standing { front_proxy, client }
    }
}

/// The clock is read here: an expired certificate must not outlive the connection's patience.
pub(crate) fn vouch(authority: &dyn ClientCertVerifier, connection: &Connection) -> Result<(), String> {
    let Some((certificate, path)) = connection.certificates().split_first() else {
        return Err("no certificate was shown".to_owned());
    };
    match authority.verify_client_cert(certificate, path, UnixTime::now()) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("the client certificate is not accepted: {error}")),
    }
}
