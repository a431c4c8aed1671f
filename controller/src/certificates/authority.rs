//! A certificate authority of our own: its certificate, and the key that signs with it.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use x509_parser::{parse_x509_certificate, pem::parse_x509_pem};

use super::leaf::{Leaf, Purpose};

/// An authority's life. It signs for two thirds of it, and what it signed last ends within the rest.
pub(super) const AUTHORITY_LIFE: SignedDuration = SignedDuration::from_hours(365 * 24);
/// Clocks of nodes may differ by this much.
pub(super) const BACKDATED_BY: SignedDuration = SignedDuration::from_hours(1);

/// An authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// Its certificate, PEM.
    pub certificate: String,
    /// Its key, PEM.
    pub key: String,
    /// From when its certificate counts.
    pub not_before: Timestamp,
    /// Until when.
    pub not_after: Timestamp,
}

impl Authority {
    /// A new one, whose life begins at `now`.
    ///
    /// # Errors
    ///
    /// The cryptographic library fails.
    pub fn new(now: Timestamp) -> anyhow::Result<Self> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::OrganizationName, "prescale.dev");
        // One name each: whoever looks a CA up by its name finds the one that signed.
        params.distinguished_name.push(DnType::CommonName, format!("prescale-ca-{}", now.as_second()));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        bound(&mut params, now, AUTHORITY_LIFE);
        let certificate = params.self_signed(&key)?.pem();
        Self::read(certificate, key.serialize_pem())
    }

    /// One that was kept.
    ///
    /// # Errors
    ///
    /// The certificate cannot be read.
    pub fn read(certificate: String, key: String) -> anyhow::Result<Self> {
        let (not_before, not_after) = validity(&certificate)?;
        Ok(Self { certificate, key, not_before, not_after })
    }

    /// Signs a certificate for a new key.
    ///
    /// # Errors
    ///
    /// The authority's key cannot be read, or a name is no DNS name.
    pub(super) fn sign(&self, purpose: &Purpose, now: Timestamp) -> anyhow::Result<Leaf> {
        let issuer = Issuer::from_ca_cert_pem(&self.certificate, KeyPair::from_pem(&self.key)?)?;
        let key = KeyPair::generate()?;
        let mut params = purpose.params()?;
        bound(&mut params, now, purpose.life());
        Leaf::new(&params.signed_by(&key, &issuer)?, &key, now, purpose)
    }
}

/// From when, and until when, the first certificate of `pem` counts.
pub(super) fn validity(pem: &str) -> anyhow::Result<(Timestamp, Timestamp)> {
    let (_, pem) = parse_x509_pem(pem.as_bytes())?;
    let (_, certificate) = parse_x509_certificate(&pem.contents)?;
    let validity = certificate.validity();
    let moment = |time: x509_parser::time::ASN1Time| Timestamp::from_second(time.timestamp());
    Ok((moment(validity.not_before)?, moment(validity.not_after)?))
}

fn bound(params: &mut CertificateParams, now: Timestamp, life: SignedDuration) {
    let moment = |at: Timestamp| {
        let seconds = u64::try_from(at.as_second()).unwrap_or_default();
        date_time_ymd(1970, 1, 1) + Duration::from_secs(seconds)
    };
    params.not_before = moment(now - BACKDATED_BY);
    params.not_after = moment(now + life);
}
