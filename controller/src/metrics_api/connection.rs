//! The TLS connection that a request came by, and the certificate that its client showed. The handshake has proven
//! that the client holds the key; whether anybody vouches for the certificate is asked once a connection and
//! configuration, not once a request.

use std::{sync::Arc, time::Instant};

use arc_swap::ArcSwapOption;
use rustls::pki_types::CertificateDer;
use x509_parser::{parse_x509_certificate, x509::X509Name};

use super::authentication::{Standing, Trust};

/// A connection.
#[derive(Debug, Default)]
pub struct Connection {
    /// The client's certificate first, then those that lead to its CA; empty where it showed none.
    certificates: Vec<CertificateDer<'static>>,
    subject: Option<Subject>,
    standing: ArcSwapOption<Remembered>,
}

/// Whom a certificate speaks of. Means nothing until somebody vouches for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// `CN`.
    pub common_name: Option<String>,
    /// Each `O`.
    pub organizations: Vec<String>,
}

#[derive(Debug)]
struct Remembered {
    trust: Arc<Trust>,
    at: Instant,
    standing: Standing,
}

impl Connection {
    /// The connection of a client that showed `certificates`.
    #[must_use]
    pub fn new(certificates: Vec<CertificateDer<'static>>) -> Self {
        let subject = certificates.first().and_then(Subject::of);
        Self { certificates, subject, standing: ArcSwapOption::empty() }
    }

    /// What the client showed.
    #[must_use]
    pub fn certificates(&self) -> &[CertificateDer<'static>] {
        &self.certificates
    }

    /// Whom the client's certificate speaks of; `None` without one, or where it cannot be read.
    #[must_use]
    pub fn subject(&self) -> Option<&Subject> {
        self.subject.as_ref()
    }

    /// Who vouches for it under `trust`.
    pub(crate) fn standing(&self, trust: &Arc<Trust>) -> Standing {
        let now = Instant::now();
        let remembered = self.standing.load();
        if let Some(known) = remembered.as_ref().filter(|known| known.holds(trust, now)) {
            return known.standing.clone();
        }
        let standing = trust.judge(self);
        let remembered = Remembered { trust: Arc::clone(trust), at: now, standing: standing.clone() };
        self.standing.store(Some(Arc::new(remembered)));
        standing
    }
}

impl Remembered {
    fn holds(&self, trust: &Arc<Trust>, now: Instant) -> bool {
        Arc::ptr_eq(&self.trust, trust) && now.duration_since(self.at) < Standing::HOLDS_FOR
    }
}

impl Subject {
    fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (_, certificate) = parse_x509_certificate(certificate).ok()?;
        let subject = certificate.subject();
        Some(Self { common_name: common_name(subject), organizations: organizations(subject) })
    }
}

fn common_name(subject: &X509Name<'_>) -> Option<String> {
    let name = subject.iter_common_name().next()?.as_str().ok()?;
    Some(name.to_owned()).filter(|name| !name.is_empty())
}

fn organizations(subject: &X509Name<'_>) -> Vec<String> {
    subject.iter_organization().filter_map(|name| name.as_str().ok()).map(str::to_owned).collect()
}
