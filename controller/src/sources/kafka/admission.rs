//! What lets us in at the brokers: the authority that they are trusted by, and a user's credentials or a certificate.
//! Both are followed: when they rotate, connections are made anew. Nothing secret is ever printed.

use std::{fmt, pin::pin, sync::Arc};

use arc_swap::ArcSwap;
use futures::{Stream, StreamExt, stream};
use kube::Client;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::settings::{Mechanism, Settings};
use crate::sources::connection::{Keys, Place, PlaceError};

/// What a new connection is made with.
#[derive(Clone)]
pub(super) struct Admission {
    /// How to encrypt; `None` where nothing is encrypted.
    pub(super) tls: Option<Arc<ClientConfig>>,
    /// Who we are; `None` where nobody asks.
    pub(super) user: Option<User>,
}

/// A user and its password.
#[derive(Clone)]
pub(super) struct User {
    pub(super) mechanism: Mechanism,
    pub(super) name: String,
    pub(super) password: String,
}

/// The newest admission that could be made, or why there is none.
#[derive(Debug)]
pub(super) struct Admissions {
    settings: Settings,
    current: ArcSwap<Result<Arc<Admission>, String>>,
}

impl Admissions {
    /// Usable at once where nothing has to be read, and otherwise after [`Self::follow`] has read it.
    pub(super) fn new(settings: Settings) -> Self {
        let current = Known::default().admission(&settings).map(Arc::new);
        Self { settings, current: ArcSwap::from_pointee(current) }
    }

    /// What new connections are made with.
    pub(super) fn current(&self) -> Result<Arc<Admission>, String> {
        self.current.load().as_ref().clone()
    }

    /// Follows authority and credentials until `stop`. What worked is kept until there is something newer that can be
    /// used.
    pub(super) async fn follow(&self, api_server: Option<&Client>, stop: CancellationToken) {
        let mut known = Known::default();
        let mut news = pin!(self.news(api_server).take_until(stop.cancelled_owned()));
        while let Some(news) = news.next().await {
            match news {
                News::Authority(read) => known.authority = Some(read),
                News::Credentials(read) => known.credentials = Some(read),
            }
            match known.admission(&self.settings) {
                Ok(admission) => {
                    info!("kafka credentials in use");
                    self.current.store(Arc::new(Ok(Arc::new(admission))));
                }
                Err(problem) => self.refuse(problem),
            }
        }
    }

    fn refuse(&self, problem: String) {
        warn!(%problem, "kafka credentials not usable");
        if self.current.load().is_err() {
            self.current.store(Arc::new(Err(problem)));
        }
    }

    fn news(&self, api_server: Option<&Client>) -> impl Stream<Item = News> + use<> {
        let follow = |place: &Option<Place>| match place {
            Some(place) => place.follow(api_server),
            None => stream::empty().boxed(),
        };
        let authority = follow(&self.settings.ca).map(News::Authority);
        stream::select(authority, follow(&self.settings.credentials).map(News::Credentials))
    }
}

enum News {
    Authority(Result<Keys, PlaceError>),
    Credentials(Result<Keys, PlaceError>),
}

/// What was read last, of each place.
#[derive(Default)]
struct Known {
    authority: Option<Result<Keys, PlaceError>>,
    credentials: Option<Result<Keys, PlaceError>>,
}

impl Known {
    fn admission(&self, settings: &Settings) -> Result<Admission, String> {
        let authority = needed(settings.ca.as_ref(), self.authority.as_ref())?;
        let credentials = needed(settings.credentials.as_ref(), self.credentials.as_ref())?;
        let user = match (settings.security.mechanism(), credentials) {
            (None, _) => None,
            (Some(mechanism), Some(keys)) => Some(user(mechanism, keys).map_err(|error| error.to_string())?),
            (Some(mechanism), None) => {
                return Err(format!("{} takes credentials, and none are configured", mechanism.name()));
            }
        };
        let tls = settings.security.is_encrypted().then(|| tls(authority, credentials)).transpose()?;
        Ok(Admission { tls: tls.map(Arc::new), user })
    }
}

/// What was read, where something is configured.
fn needed<'a>(
    place: Option<&Place>,
    read: Option<&'a Result<Keys, PlaceError>>,
) -> Result<Option<&'a Keys>, String> {
    match (place, read) {
        (None, _) => Ok(None),
        (Some(place), None) => Err(format!("{place} has not been read yet")),
        (Some(_), Some(read)) => read.as_ref().map(Some).map_err(ToString::to_string),
    }
}

fn user(mechanism: Mechanism, keys: &Keys) -> Result<User, PlaceError> {
    let name = keys.needed_text("username")?.to_owned();
    Ok(User { mechanism, name, password: keys.needed_text("password")?.to_owned() })
}

/// Trusts the authority that is configured, else the one beside the credentials, else the system's; shows a client's
/// certificate where there is one.
fn tls(authority: Option<&Keys>, credentials: Option<&Keys>) -> Result<ClientConfig, String> {
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let beside = credentials.filter(|keys| keys.has("ca.crt"));
    let builder = match authority.or(beside) {
        Some(keys) => builder.with_root_certificates(roots(keys)?),
        None => builder.with_platform_verifier().map_err(|error| error.to_string())?,
    };
    match credentials.filter(|keys| keys.has("tls.crt")) {
        None => Ok(builder.with_no_client_auth()),
        Some(keys) => {
            let (chain, key) = (certificates(keys, "tls.crt")?, private_key(keys)?);
            builder.with_client_auth_cert(chain, key).map_err(|error| error.to_string())
        }
    }
}

fn roots(keys: &Keys) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(keys, "ca.crt")? {
        roots.add(certificate).map_err(|error| error.to_string())?;
    }
    Ok(roots)
}

fn certificates(keys: &Keys, key: &'static str) -> Result<Vec<CertificateDer<'static>>, String> {
    let pem = keys.need(key).map_err(|error| error.to_string())?;
    let read = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
    let read = read.ok().filter(|certificates| !certificates.is_empty());
    read.ok_or_else(|| keys.unusable(key, "no PEM certificate").to_string())
}

fn private_key(keys: &Keys) -> Result<PrivateKeyDer<'static>, String> {
    let pem = keys.need("tls.key").map_err(|error| error.to_string())?;
    PrivateKeyDer::from_pem_slice(pem).map_err(|_| keys.unusable("tls.key", "no PEM private key").to_string())
}

impl fmt::Debug for Admission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (is_encrypted, user) = (self.tls.is_some(), self.user.as_ref().map(|user| &user.name));
        f.debug_struct("Admission").field("is_encrypted", &is_encrypted).field("user", &user).finish()
    }
}
