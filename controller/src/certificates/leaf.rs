//! What an authority signs: the certificate that the metrics API serves with, and the one that replicas know each
//! other by. Kept in memory alone, by each replica: only authorities are shared.

use std::sync::Arc;

use anyhow::Context;
use jiff::{SignedDuration, Timestamp};
use rcgen::{Certificate, CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};
use rustls::{
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    sign::CertifiedKey,
};

use super::peers::PEER_NAME;

/// A leaf's life. The last one that an authority signs, after 243 days of its 365, ends 30 days later.
const LEAF_LIFE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What a certificate is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To serve under these names and addresses.
    Serve(Vec<String>),
    /// To be known by fellow replicas.
    Peer,
}

/// A certificate with its key.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    /// As TLS uses it.
    pub(super) certified: Arc<CertifiedKey>,
    /// The same, for those who configure a client.
    pub(super) certificate: CertificateDer<'static>,
    /// Its key.
    pub(super) key: Arc<PrivateKeyDer<'static>>,
    renew_at: Timestamp,
    made_at: Timestamp,
}

impl Purpose {
    pub(super) fn life(&self) -> SignedDuration {
        LEAF_LIFE
    }

    pub(super) fn params(&self) -> anyhow::Result<CertificateParams> {
        let (names, common_name, usage) = match self {
            Self::Serve(names) => {
                let first = names.first().map_or("", String::as_str);
                (names.clone(), first, ExtendedKeyUsagePurpose::ServerAuth)
            }
            Self::Peer => (vec![], PEER_NAME, ExtendedKeyUsagePurpose::ClientAuth),
        };
        let mut params = CertificateParams::new(names).context("a name to serve under is not valid")?;
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, common_name);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![usage];
        params.use_authority_key_identifier_extension = true;
        Ok(params)
    }
}

impl Leaf {
    pub(super) fn new(
        certificate: &Certificate,
        key: &KeyPair,
        now: Timestamp,
        purpose: &Purpose,
    ) -> anyhow::Result<Self> {
        let certificate = certificate.der().clone();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let certified = certified(vec![certificate.clone()], key.clone_key())?;
        let renew_at = now + purpose.life() * 2 / 3;
        Ok(Self { certified, certificate, key: Arc::new(key), renew_at, made_at: now })
    }

    /// Whether a new one is due: two thirds of its life are over, or it was made by a clock that has been set back.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        self.renew_at <= now || now < self.made_at
    }
}

/// A chain with its key, for TLS.
///
/// # Errors
///
/// The key is of no kind that TLS knows, or belongs to another certificate.
pub(super) fn certified(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<Arc<CertifiedKey>, rustls::Error> {
    let certified = CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider())?;
    Ok(Arc::new(certified))
}
