//! Who calls: by a bearer token, by a session, or without either; and whether a change was really sent by them.

use std::{net::SocketAddr, sync::Arc};

use axum::http::{HeaderMap, HeaderValue, StatusCode, header::AUTHORIZATION};
use jiff::Timestamp;

use super::{
    Access,
    audit::{Act, Line},
    cookies::Jar,
    credential::{Credential, Kept},
    rights::{Granted, Onlooker},
    session::{Known, Lapse, Session, Who, is_csrf},
};
use crate::{
    metrics_api::{Caller, Connection},
    web::{
        door::{Call, Rights, Viewer, is_change},
        origin,
        wire::{Problem, Via},
    },
};

/// The header that a change carries.
const CSRF: &str = "x-prescale-csrf";
/// What somebody is called who has not signed in, as in Kubernetes.
const ANONYMOUS: &str = "system:anonymous";
/// Why users of the identity provider write nothing.
const NOT_IN_THEIR_NAME: &str = "events can be changed by who signs in with a token of the cluster: the operator has not allowed the \
     controller to write in the name of users of the identity provider (dashboard.oidc.impersonate)";
/// Why nobody writes without signing in.
const SIGN_IN_FIRST: &str = "sign in to change events";

impl Access {
    /// Lets a caller in, and refuses a change that was forged elsewhere.
    pub(super) async fn admit(&self, call: Call<'_>) -> Result<Viewer, Problem> {
        let viewer = self.identify(call).await?;
        let is_bearer = bearer(call.headers).is_some();
        if is_change(call.method)
            && !is_bearer
            && let Err(words) = genuine(call, &viewer)
        {
            Line {
                act: Act::Change,
                user: Some(&viewer.name),
                via: Some(viewer.via),
                peer: call.peer,
                object: call.uri.path(),
                refused: Some(&words),
            }
            .write();
            return Err(Problem::new(StatusCode::FORBIDDEN, format!("this change is refused: {words}")));
        }
        Ok(viewer)
    }

    async fn identify(&self, call: Call<'_>) -> Result<Viewer, Problem> {
        if let Some(token) = bearer(call.headers) {
            let caller = self.caller_of(token).await.map_err(|words| {
                self.audit_refused_token(call, &words);
                self.nobody(words)
            })?;
            return Ok(self.holder(caller, token, (None, call.peer)));
        }
        let transport = origin::transport(call);
        let sealed = Jar::Session.read(call.headers, transport);
        let Some(sealed) = sealed else {
            return self.anonymous(call).ok_or_else(|| self.nobody("nobody is signed in: sign in first"));
        };
        match Session::open(&sealed, Jar::Session.name(transport), &self.key.now(), Timestamp::now()) {
            Ok(session) => self.of_session(session, call).await,
            Err(lapse) => self.anonymous(call).ok_or_else(|| self.nobody(words(lapse))),
        }
    }

    async fn of_session(&self, session: Session, call: Call<'_>) -> Result<Viewer, Problem> {
        match &session.who {
            Who::Token(token) => match self.caller_of(token).await {
                Ok(caller) => Ok(self.holder(caller, token, (Some(&session), call.peer))),
                Err(words) => Err(self.nobody(format!("{words}: sign in again, with a new token"))),
            },
            Who::Oidc(known) => Ok(self.known(known, &session, call.peer)),
        }
    }

    /// Whose token it is, by the API server's word.
    pub(super) async fn caller_of(&self, token: &str) -> Result<Arc<Caller>, String> {
        let value = HeaderValue::from_str(&format!("Bearer {token}"));
        let mut value = value.map_err(|_| "the token is not valid".to_owned())?;
        value.set_sensitive(true);
        let headers = HeaderMap::from_iter([(AUTHORIZATION, value)]);
        let caller = self.gate.authentication.identify(&Connection::default(), &headers).await;
        let caller = caller.map_err(|refusal| refusal.message)?;
        // White space alone is no token, and is taken for none.
        if caller.name == ANONYMOUS { Err("the token is empty".to_owned()) } else { Ok(caller) }
    }

    /// The viewer who has `token`.
    pub(super) fn holder(
        &self,
        caller: Arc<Caller>,
        token: &str,
        (session, peer): (Option<&Session>, Option<SocketAddr>),
    ) -> Viewer {
        let credential = Ok(Credential::Token(token.into()));
        let kept = Kept { caller: Some(Arc::clone(&caller)), credential, peer };
        self.viewer_of(caller, Via::Token, session, kept)
    }

    /// The viewer whom the identity provider vouches for.
    fn known(&self, known: &Known, session: &Session, peer: Option<SocketAddr>) -> Viewer {
        let caller = Caller { name: known.name.clone(), groups: known.groups.clone(), ..Caller::default() };
        let caller = Arc::new(caller.authenticated());
        let credential = if self.settings.impersonate {
            Ok(Credential::Name(Arc::new(known.clone())))
        } else {
            Err(NOT_IN_THEIR_NAME)
        };
        let kept = Kept { caller: Some(Arc::clone(&caller)), credential, peer };
        self.viewer_of(caller, Via::Oidc, Some(session), kept)
    }

    fn viewer_of(&self, caller: Arc<Caller>, via: Via, session: Option<&Session>, kept: Kept) -> Viewer {
        let name = caller.name.as_str().into();
        let granted = Granted { gate: Arc::clone(&self.gate), caller, writes: kept.credential.is_ok() };
        viewer((name, via), session, kept, Arc::new(granted))
    }

    /// Who has not signed in, where that is allowed.
    fn anonymous(&self, call: Call<'_>) -> Option<Viewer> {
        let kept = Kept { caller: None, credential: Err(SIGN_IN_FIRST), peer: call.peer };
        let onlooker = || viewer((ANONYMOUS.into(), Via::Anonymous), None, kept, Arc::new(Onlooker));
        self.settings.anonymous.then(onlooker)
    }

    /// A line for each refused token, as long as it is not the same client that insists: a log is not filled by who is
    /// let in nowhere.
    fn audit_refused_token(&self, call: Call<'_>, words: &str) {
        if call.peer.is_none_or(|peer| self.pace.admit(peer.ip()).is_ok()) {
            Line {
                act: Act::SignIn,
                user: None,
                via: Some(Via::Token),
                peer: call.peer,
                object: call.uri.path(),
                refused: Some(words),
            }
            .write();
        }
    }
}

fn viewer(
    (name, via): (Arc<str>, Via),
    session: Option<&Session>,
    kept: Kept,
    rights: Arc<dyn Rights>,
) -> Viewer {
    let mut keeps = axum::http::Extensions::new();
    keeps.insert(kept);
    Viewer {
        name,
        via,
        csrf: session.map(Session::csrf),
        expires_at: session.map(|session| session.expires_at),
        rights,
        keeps,
    }
}

/// Whether a page of ours has sent a change: it says so, and it knows what only our pages can read.
fn genuine(call: Call<'_>, viewer: &Viewer) -> Result<(), String> {
    if let Some(words) = origin::foreign(call) {
        return Err(words);
    }
    let Some(csrf) = &viewer.csrf else { return Ok(()) };
    match call.headers.get(CSRF) {
        None => Err("it lacks the header X-Prescale-CSRF, which GET /api/v1/session tells".to_owned()),
        Some(sent) if is_csrf(csrf, sent.as_bytes()) => Ok(()),
        Some(_) => Err("X-Prescale-CSRF is not this session's: load the page anew".to_owned()),
    }
}

fn words(lapse: Lapse) -> &'static str {
    match lapse {
        Lapse::Expired => "your session has expired: sign in again",
        Lapse::NotOurs => "your session is not valid any more: sign in again",
    }
}

/// The token that a script, or Grafana, sends with each request.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}
