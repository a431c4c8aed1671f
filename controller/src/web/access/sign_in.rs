//! Signing in by a token of the cluster, and signing out.

use axum::http::{HeaderValue, StatusCode};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::Deserialize;

use super::{
    Access,
    audit::{Act, Line},
    cookies::Jar,
    session::{Session, Who},
};
use crate::web::{
    door::{Call, SignedIn},
    origin,
    wire::{Problem, Via},
};

impl Access {
    /// Begins a session for who has `token`.
    pub(super) async fn sign_in_by_token(&self, call: Call<'_>, token: &str) -> Result<SignedIn, Problem> {
        // Who insists fills no log: what is refused here is not written down.
        self.keeps_pace(call)?;
        let refuse = |problem: Problem| {
            line(call, None, Some(&problem.detail)).write();
            problem
        };
        may_be_sent(call).map_err(refuse)?;
        // What is copied from a terminal ends in a line break as a rule.
        let token = token.trim();
        let caller = self.caller_of(token).await.map_err(|words| refuse(self.nobody(words)))?;
        let now = Timestamp::now();
        let session = Session::begin(Who::Token(token.to_owned()), now, self.lasts(token, now));
        let cookies = self.keep(&session, origin::transport(call), now).map_err(refuse)?;
        let viewer = self.holder(caller, token, (Some(&session), call.peer));
        line(call, Some(&viewer.name), None).write();
        Ok(SignedIn { session: self.shown(&viewer), cookies })
    }

    /// Whether this client may try now.
    pub(super) fn keeps_pace(&self, call: Call<'_>) -> Result<(), Problem> {
        let Some(peer) = call.peer else { return Ok(()) };
        self.pace.admit(peer.ip()).map_err(|pause| {
            let words = format!("too many sign-ins from {}: try again in a moment", peer.ip());
            Problem { retry_after: Some(pause), ..Problem::new(StatusCode::TOO_MANY_REQUESTS, words) }
        })
    }

    /// Ends a session: the browser forgets it.
    pub(super) fn forget(&self, call: Call<'_>) -> Vec<HeaderValue> {
        let transport = origin::transport(call);
        if origin::foreign(call).is_some() {
            return vec![];
        }
        let sealed = Jar::Session.read(call.headers, transport);
        let name = Jar::Session.name(transport);
        let session =
            sealed.and_then(|sealed| Session::open(&sealed, name, &self.key.now(), Timestamp::now()).ok());
        if let Some(session) = session {
            let (user, via) = match &session.who {
                Who::Token(_) => (None, Via::Token),
                Who::Oidc(known) => (Some(known.name.as_str()), Via::Oidc),
            };
            let (act, via, peer, object) = (Act::SignOut, Some(via), call.peer, "session");
            Line { act, user, via, peer, object, refused: None }.write();
        }
        Jar::Session.clear(transport)
    }

    /// As long as sessions do, and no longer than the token.
    fn lasts(&self, token: &str, now: Timestamp) -> jiff::SignedDuration {
        let left = ends(token).map(|end| end.duration_since(now));
        left.map_or(self.settings.session, |left| left.min(self.settings.session))
    }
}

/// Whether a sign-in comes from our own page, over a way that nobody listens on.
fn may_be_sent(call: Call<'_>) -> Result<(), Problem> {
    if let Some(words) = origin::foreign(call) {
        return Err(Problem::new(StatusCode::FORBIDDEN, format!("this sign-in is refused: {words}")));
    }
    if origin::is_in_the_open(call) {
        let words = "without TLS, everybody on the way could read what you sign in with: use https, or \
                     `kubectl port-forward` and http://localhost";
        return Err(Problem::new(StatusCode::BAD_REQUEST, words));
    }
    Ok(())
}

fn line<'a>(call: Call<'_>, user: Option<&'a str>, refused: Option<&'a str>) -> Line<'a> {
    Line { act: Act::SignIn, user, via: Some(Via::Token), peer: call.peer, object: "session", refused }
}

/// When a token ends that says so: those that the API server issues do. It has just vouched for this one.
fn ends(token: &str) -> Option<Timestamp> {
    #[derive(Deserialize)]
    struct Payload {
        exp: i64,
    }
    let payload = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    Timestamp::from_second(serde_json::from_slice::<Payload>(&payload).ok()?.exp).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_says_when_it_ends_is_taken_at_its_word() {
        let token = |payload: &str| format!("e30.{}.c2ln", BASE64_URL_SAFE_NO_PAD.encode(payload));
        let end = Timestamp::from_second(1_780_000_000).unwrap();
        assert_eq!(ends(&token(r#"{"exp":1780000000,"iss":"x"}"#)), Some(end));
        assert_eq!(ends(&token(r#"{"iss":"x"}"#)), None);
        assert_eq!(ends("opaque"), None);
        assert_eq!(ends("a.b.c"), None);
    }
}
