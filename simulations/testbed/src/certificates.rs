//! The certificates of a testbed: three authorities, as a real cluster has them, and what they issue. Tests also issue
//! what must be refused: certificates that have run out, of strangers, or for the wrong name.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    IsCa, KeyPair, KeyUsagePurpose,
};

use crate::Error;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The authorities of a cluster. Each vouches for one thing only.
#[derive(Debug)]
pub struct Authorities {
    /// Vouches for servers.
    pub servers: Authority,
    /// Vouches for users: the client CA.
    pub clients: Authority,
    /// Vouches for the aggregator before extension servers: the request-header CA.
    pub front_proxy: Authority,
}

impl Authorities {
    pub(crate) fn create(folder: &Path) -> Result<Self, Error> {
        Ok(Self {
            servers: Authority::create("testbed-servers", folder)?,
            clients: Authority::create("testbed-clients", folder)?,
            front_proxy: Authority::create("testbed-front-proxy", folder)?,
        })
    }
}

/// A certificate authority of its own, with its certificate in a file.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: PathBuf,
    path: PathBuf,
}

/// Whom a certificate names, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The common name: the user, for Kubernetes.
    pub name: &'a str,
    /// The organization: the group, for Kubernetes.
    pub group: Option<&'a str>,
    /// Names and addresses by which a server is called.
    pub hosts: &'a [&'a str],
    /// Whether it is valid now.
    pub life: Life,
}

/// When a certificate is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// From yesterday until tomorrow.
    Current,
    /// It ran out an hour ago.
    Expired,
    /// It begins tomorrow.
    Future,
}

/// Where a certificate and its key lie, as PEM.
#[derive(Debug, Clone)]
pub struct CertificateFiles {
    /// The certificate.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

impl Authority {
    /// Makes an authority, and writes its certificate to `FOLDER/NAME-ca.crt`.
    pub fn create(name: &str, folder: &Path) -> Result<Self, Error> {
        let mut params = CertificateParams::default();
        params.distinguished_name = distinguished_name(name, None);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        let path = folder.join(format!("{name}-ca.crt"));
        write(&path, &issuer.pem())?;
        Ok(Self { issuer, folder: folder.to_owned(), path })
    }

    /// The file with the authority's own certificate.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The authority's own certificate, as PEM.
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// Issues a certificate for servers and clients alike, in files named after `file`.
    pub fn issue(&self, file: &str, subject: Subject<'_>) -> Result<CertificateFiles, Error> {
        let hosts: Vec<String> = subject.hosts.iter().map(ToString::to_string).collect();
        let mut params = CertificateParams::new(hosts)?;
        params.distinguished_name = distinguished_name(subject.name, subject.group);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        params.use_authority_key_identifier_extension = true;
        let (from, until) = subject.life.span(SystemTime::now());
        (params.not_before, params.not_after) = (from.into(), until.into());
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        let files = CertificateFiles {
            certificate: self.folder.join(format!("{file}.crt")),
            key: self.folder.join(format!("{file}.key")),
        };
        write(&files.certificate, &certificate.pem())?;
        write(&files.key, &key.serialize_pem())?;
        Ok(files)
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Life {
    fn span(self, now: SystemTime) -> (SystemTime, SystemTime) {
        let hour = Duration::from_secs(60 * 60);
        match self {
            Self::Current => (now - DAY, now + DAY),
            Self::Expired => (now - DAY, now - hour),
            Self::Future => (now + DAY, now + 2 * DAY),
        }
    }
}

/// Writes a key pair for service account tokens: the private key signs, the public one verifies.
pub(crate) fn token_keys(folder: &Path) -> Result<CertificateFiles, Error> {
    let key = KeyPair::generate()?;
    let files = CertificateFiles {
        certificate: folder.join("service-accounts.pub"),
        key: folder.join("service-accounts.key"),
    };
    write(&files.certificate, &key.public_key_pem())?;
    write(&files.key, &key.serialize_pem())?;
    Ok(files)
}

fn distinguished_name(name: &str, group: Option<&str>) -> DistinguishedName {
    let mut whole = DistinguishedName::new();
    whole.push(DnType::CommonName, name);
    if let Some(group) = group {
        whole.push(DnType::OrganizationName, group);
    }
    whole
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    std::fs::write(path, text).map_err(Error::io(format!("write {}", path.display())))
}
