//! Who calls, and what they may see. The door is asked for each request before anything else is done; what it is made
//! of is not known here.

use std::{fmt, net::SocketAddr, sync::Arc};

use axum::http::{Extensions, HeaderMap, HeaderValue, Method, StatusCode, Uri};
use futures::{FutureExt, future::BoxFuture};
use jiff::Timestamp;

use super::{
    origin::foreign,
    wire::{Problem, Session, SessionMode, Via},
};

/// A request, as far as the door looks at it.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// What it wants to do: all but reading changes something.
    pub method: &'a Method,
    /// What it asks for. In HTTP/2 the host is part of it.
    pub uri: &'a Uri,
    /// Its headers: credentials, cookies, origin.
    pub headers: &'a HeaderMap,
    /// Where it comes from; `None` where that is not known.
    pub peer: Option<SocketAddr>,
}

/// Lets callers in.
pub trait Door: Send + Sync {
    /// Who calls. A call that changes something and was forged elsewhere is refused here.
    ///
    /// # Errors
    ///
    /// 401 where nobody is signed in, 403 for a forged change.
    fn viewer<'a>(&'a self, call: Call<'a>) -> BoxFuture<'a, Result<Viewer, Problem>>;

    /// What a viewer is told of their own session.
    fn session<'a>(&'a self, viewer: &'a Viewer) -> BoxFuture<'a, Session>;

    /// Signs in by a Kubernetes token.
    ///
    /// # Errors
    ///
    /// 401 for a token that nobody vouches for, 403 for a call that was forged elsewhere.
    fn sign_in<'a>(&'a self, call: Call<'a>, token: &'a str) -> BoxFuture<'a, Result<SignedIn, Problem>>;

    /// Ends the session of a call, and says what cookies it is to be forgotten by.
    fn sign_out<'a>(&'a self, call: Call<'a>) -> BoxFuture<'a, Vec<HeaderValue>>;
}

/// Somebody who has just signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Their session.
    pub session: Session,
    /// The cookies that it is known by.
    pub cookies: Vec<HeaderValue>,
}

/// Who calls.
#[derive(Clone)]
pub struct Viewer {
    /// The name that Kubernetes knows them by.
    pub name: Arc<str>,
    /// How they came in.
    pub via: Via,
    /// The secret that changes have to carry; `None` where no cookie is used.
    pub csrf: Option<Arc<str>>,
    /// When they have to sign in again; `None` where they do not.
    pub expires_at: Option<Timestamp>,
    /// What they may do.
    pub rights: Arc<dyn Rights>,
    /// What the door knows of them beside, for who works behind it: by what they write.
    pub keeps: Extensions,
}

/// What somebody may do. Answers are kept for two minutes at most, so asking again is cheap.
pub trait Rights: Send + Sync {
    /// Whether they may read the scalers of a namespace.
    fn may_see<'a>(&'a self, namespace: &'a str) -> BoxFuture<'a, bool>;

    /// Whether they may change the events of a namespace.
    fn may_change_events<'a>(&'a self, namespace: &'a str) -> BoxFuture<'a, bool>;
}

impl Viewer {
    /// Whether they may read the scalers of a namespace.
    pub async fn may_see(&self, namespace: &str) -> bool {
        self.rights.may_see(namespace).await
    }

    /// Whether they may change the events of a namespace.
    pub async fn may_change_events(&self, namespace: &str) -> bool {
        self.rights.may_change_events(namespace).await
    }
}

impl fmt::Debug for Viewer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Viewer").field("name", &self.name).field("via", &self.via).finish_non_exhaustive()
    }
}

/// The door of a replay: whoever reaches it sees all, and may change nothing but the replay. It is opened on loopback
/// only, and pages of other origins are kept from steering it.
#[derive(Clone, Copy, Debug, Default)]
pub struct OpenDoor;

impl Door for OpenDoor {
    fn viewer<'a>(&'a self, call: Call<'a>) -> BoxFuture<'a, Result<Viewer, Problem>> {
        let forged = is_change(call.method).then(|| foreign(call)).flatten();
        let viewer = Viewer {
            name: "you".into(),
            via: Via::Replay,
            csrf: None,
            expires_at: None,
            rights: Arc::new(SeesAll),
            keeps: Extensions::new(),
        };
        let refused = |words| Problem::new(StatusCode::FORBIDDEN, format!("this is refused: {words}"));
        async move { forged.map_or(Ok(viewer), |words| Err(refused(words))) }.boxed()
    }

    fn session<'a>(&'a self, viewer: &'a Viewer) -> BoxFuture<'a, Session> {
        let session = Session {
            user: viewer.name.to_string(),
            via: viewer.via,
            csrf: None,
            expires_at: None,
            mode: SessionMode::Replay,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            cluster: None,
            can_change_events: false,
        };
        async move { session }.boxed()
    }

    fn sign_in<'a>(&'a self, _: Call<'a>, _: &'a str) -> BoxFuture<'a, Result<SignedIn, Problem>> {
        async { Err(Problem::not_found("nobody signs in to a replay")) }.boxed()
    }

    fn sign_out<'a>(&'a self, _: Call<'a>) -> BoxFuture<'a, Vec<HeaderValue>> {
        async { vec![] }.boxed()
    }
}

/// Sees everything, and changes no event.
struct SeesAll;

impl Rights for SeesAll {
    fn may_see<'a>(&'a self, _: &'a str) -> BoxFuture<'a, bool> {
        async { true }.boxed()
    }

    fn may_change_events<'a>(&'a self, _: &'a str) -> BoxFuture<'a, bool> {
        async { false }.boxed()
    }
}

/// Whether a method changes something.
#[must_use]
pub fn is_change(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}
