//! Who may see and change what in the dashboard. People sign in by a token of the cluster, or at an identity provider;
//! what they may do is what the cluster's own Roles let them. Nothing is kept here of who is signed in: sessions lie
//! sealed in browsers, so that a restart ends none, and each replica opens them.

mod audit;
mod cookies;
mod credential;
mod events;
mod key;
mod oidc;
mod pace;
mod person;
mod provider;
mod rights;
mod session;
mod setup;
mod sign_in;
mod writing;

use std::sync::Arc;

use futures::{FutureExt, future::BoxFuture};
use jiff::{SignedDuration, Timestamp};

pub use events::Calendar;
pub use key::{SECRET as SESSIONS_SECRET, SessionKey};
pub use oidc::{ClaimSettings, Credentials as OidcCredentials, Oidc, OidcSettings, Prefix};
pub use provider::routes as oidc_routes;
pub use setup::{SetupPage, SetupParts, SignInParts};

use super::{
    door::{Call, Door, SignedIn, Viewer},
    origin::Transport,
    wire::{Problem, Session as Shown, SessionMode, SignIn},
};
use crate::metrics_api::Gate;
use cookies::Jar;
use credential::Kept;
use pace::Pace;
use session::Session;

/// How people are let in.
#[derive(Clone, Debug)]
pub struct AccessSettings {
    /// How long a session lasts.
    pub session: SignedDuration,
    /// Whether everybody who reaches the dashboard may look without signing in.
    pub anonymous: bool,
    /// Whether events are written in the name of users whom the identity provider vouches for.
    pub impersonate: bool,
    /// The name that the operator gave the cluster.
    pub cluster: Option<String>,
}

/// The door of a cluster's dashboard.
pub struct Access {
    settings: AccessSettings,
    key: SessionKey,
    gate: Arc<Gate>,
    oidc: Option<Oidc>,
    pace: Pace,
}

impl Access {
    /// Identity and rights by `gate`, as for who reads metrics; sessions sealed with `key`.
    #[must_use]
    pub fn new(settings: AccessSettings, key: SessionKey, gate: Gate, oidc: Option<Oidc>) -> Self {
        Self { settings, key, gate: Arc::new(gate), oidc, pace: Pace::default() }
    }

    /// Tells who may do what, for those who show things beside.
    #[must_use]
    pub fn gate(&self) -> Arc<Gate> {
        Arc::clone(&self.gate)
    }

    /// How one can sign in here.
    fn ways(&self) -> Vec<SignIn> {
        let oidc = self.oidc.as_ref().map(|_| SignIn::Oidc);
        oidc.into_iter().chain([SignIn::Token]).collect()
    }

    fn nobody(&self, words: impl Into<String>) -> Problem {
        Problem { detail: words.into(), ..Problem::nobody(self.ways()) }
    }

    /// `Set-Cookie` headers that keep a session until it ends.
    fn keep(
        &self,
        session: &Session,
        transport: Transport,
        now: Timestamp,
    ) -> Result<Vec<axum::http::HeaderValue>, Problem> {
        let sealed = session.seal(Jar::Session.name(transport), &self.key.now());
        let seconds = session.expires_at.duration_since(now).as_secs();
        Jar::Session.set(transport, &sealed, seconds).map_err(|cookies::TooLong| {
            Problem::unprocessable(
                "the token, or the list of groups, has more than 5 KiB, which is more than a browser keeps: use a shorter token, \
                 such as `kubectl create token`, or have the identity provider send fewer groups",
            )
        })
    }

    fn shown(&self, viewer: &Viewer) -> Shown {
        Shown {
            user: viewer.name.to_string(),
            via: viewer.via,
            csrf: viewer.csrf.as_deref().map(str::to_owned),
            expires_at: viewer.expires_at,
            mode: SessionMode::Live,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            cluster: self.settings.cluster.clone(),
            can_change_events: Kept::of(viewer).is_some_and(|kept| kept.credential.is_ok()),
        }
    }
}

impl Door for Access {
    fn viewer<'a>(&'a self, call: Call<'a>) -> BoxFuture<'a, Result<Viewer, Problem>> {
        self.admit(call).boxed()
    }

    fn session<'a>(&'a self, viewer: &'a Viewer) -> BoxFuture<'a, Shown> {
        let shown = self.shown(viewer);
        async move { shown }.boxed()
    }

    fn sign_in<'a>(&'a self, call: Call<'a>, token: &'a str) -> BoxFuture<'a, Result<SignedIn, Problem>> {
        self.sign_in_by_token(call, token).boxed()
    }

    fn sign_out<'a>(&'a self, call: Call<'a>) -> BoxFuture<'a, Vec<axum::http::HeaderValue>> {
        let cookies = self.forget(call);
        async move { cookies }.boxed()
    }
}
