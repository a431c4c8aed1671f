//! How replicas of the controller know each other: by a client certificate of their own authority.

use std::sync::{Arc, PoisonError, RwLock};

use anyhow::Context;
use rustls::{ClientConfig, crypto::aws_lc_rs, server::danger::ClientCertVerifier};

use super::{bundle::CaBundle, leaf::Leaf};
use crate::metrics_api::{
    Connection,
    authentication::{verifier, vouch},
};

/// The name in a replica's certificate.
pub const PEER_NAME: &str = "prescale-peer";

/// Proof that a connection is a fellow replica's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerIdentity(());

/// Knows fellow replicas, and makes itself known to them.
#[derive(Debug, Default)]
pub struct Peers {
    known: RwLock<Option<Known>>,
}

#[derive(Clone, Debug)]
struct Known {
    authorities: Arc<dyn ClientCertVerifier>,
    own: Leaf,
}

impl Peers {
    /// Who is at the other end of `connection`, if it is a fellow replica.
    #[must_use]
    pub fn identify(&self, connection: &Connection) -> Option<PeerIdentity> {
        let known = self.known()?;
        let name = connection.subject()?.common_name.as_deref()?;
        let is_peer = name == PEER_NAME && vouch(&*known.authorities, connection).is_ok();
        is_peer.then_some(PeerIdentity(()))
    }

    /// The configuration of a client that shows our certificate to a fellow replica, whose own it expects to be under
    /// `served_by`. Certificates rotate: ask for a new one with each connection.
    ///
    /// # Errors
    ///
    /// No certificate is there yet, or `served_by` cannot be read.
    pub fn client_config(&self, served_by: &CaBundle) -> anyhow::Result<ClientConfig> {
        let own = self.known().context("no certificate for fellow replicas yet")?.own;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(served_by.roots()?)
            .with_client_auth_cert(vec![own.certificate], own.key.clone_key())?;
        Ok(config)
    }

    /// From now on, fellow replicas are those that `authorities` vouch for, and we show `own`.
    pub(super) fn set(&self, authorities: &CaBundle, own: Leaf) -> anyhow::Result<()> {
        let authorities = verifier(authorities.pem()).map_err(anyhow::Error::msg)?;
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(Known { authorities, own });
        Ok(())
    }

    fn known(&self) -> Option<Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificates::{Purpose, Succession, SuccessionStep};
    use jiff::Timestamp;

    fn known(succession: &Succession) -> Peers {
        let own = succession.current.sign(&Purpose::Peer, Timestamp::now()).unwrap();
        let peers = Peers::default();
        peers.set(&succession.bundle(), own).unwrap();
        peers
    }

    #[test]
    fn a_replica_is_known_by_the_certificate_that_its_authority_signed() {
        let now = Timestamp::now();
        let (ours, theirs) = (Succession::begin(now).unwrap(), Succession::begin(now).unwrap());
        let peers = known(&ours);
        let check = |signer: &Succession, purpose: Purpose, is_peer: bool| {
            let leaf = signer.current.sign(&purpose, now).unwrap();
            let connection = Connection::new(vec![leaf.certificate]);
            assert_eq!(peers.identify(&connection).is_some(), is_peer, "{purpose:?}");
        };
        check(&ours, Purpose::Peer, true);
        check(&theirs, Purpose::Peer, false);
        // The certificate that we serve with is no client's, whatever its name.
        check(&ours, Purpose::Serve(vec![PEER_NAME.to_owned()]), false);
        assert_eq!(peers.identify(&Connection::default()), None);
    }

    #[test]
    fn a_replica_that_has_not_seen_the_promotion_yet_knows_those_that_have() {
        let now = Timestamp::now();
        let announced = Succession::begin(now).unwrap().after(SuccessionStep::Announce, now).unwrap();
        let behind = known(&announced);
        let promoted = announced.after(SuccessionStep::Promote, now).unwrap();
        let leaf = promoted.current.sign(&Purpose::Peer, now).unwrap();
        assert!(behind.identify(&Connection::new(vec![leaf.certificate])).is_some());
        let ahead = known(&promoted);
        let former = behind.known().unwrap().own;
        assert!(ahead.identify(&Connection::new(vec![former.certificate])).is_some());
    }
}
