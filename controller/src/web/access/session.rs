//! What a session holds of a user. It lies in the browser, sealed: nobody there can read or change it, and every replica
//! can open it.

use std::sync::Arc;

use cookie::{Cookie, CookieJar, Key};
use jiff::{SignedDuration, Timestamp};
use openidconnect::CsrfToken;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use subtle::ConstantTimeEq;

/// Somebody who signed in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Session {
    pub(super) who: Who,
    /// What a page must send back to change anything: another site's page cannot know it.
    csrf: String,
    pub(super) expires_at: Timestamp,
}

/// Who signed in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Who {
    /// Who has this token of the cluster. The API server is asked again whose it is: one that was taken back, or has
    /// run out, lets nobody in.
    Token(String),
    /// Whom the identity provider vouched for.
    Oidc(Known),
}

/// A user as the identity provider's claims name them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Known {
    pub(super) name: String,
    pub(super) groups: Vec<String>,
}

/// Why a session lets nobody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lapse {
    /// Its time is over.
    Expired,
    /// It is damaged, or was sealed with another key.
    NotOurs,
}

impl Session {
    /// A session that begins at `now`.
    pub(super) fn begin(who: Who, now: Timestamp, lasts: SignedDuration) -> Self {
        Self { who, csrf: random(), expires_at: now + lasts }
    }

    pub(super) fn csrf(&self) -> Arc<str> {
        self.csrf.as_str().into()
    }

    /// Sealed under `name`, as a cookie may hold it.
    pub(super) fn seal(&self, name: &str, key: &Key) -> String {
        seal(self, name, key)
    }

    /// The session that was sealed under `name`, if it still lasts.
    pub(super) fn open(sealed: &str, name: &str, key: &Key, now: Timestamp) -> Result<Self, Lapse> {
        let session: Self = open(sealed, name, key).ok_or(Lapse::NotOurs)?;
        if now < session.expires_at { Ok(session) } else { Err(Lapse::Expired) }
    }
}

/// 128 bits that nobody guesses.
fn random() -> String {
    CsrfToken::new_random().into_secret()
}

/// Whether `sent` is `csrf`, in the same time wherever they differ.
pub(super) fn is_csrf(csrf: &str, sent: &[u8]) -> bool {
    csrf.as_bytes().ct_eq(sent).into()
}

/// Encrypted and authenticated, bound to `name`.
pub(super) fn seal<T: Serialize>(what: &T, name: &str, key: &Key) -> String {
    let plain = serde_json::to_string(what).expect("it is plain JSON");
    let mut jar = CookieJar::new();
    jar.private_mut(key).add(Cookie::new(name.to_owned(), plain));
    jar.get(name).map(|cookie| cookie.value().to_owned()).unwrap_or_default()
}

/// What was sealed under `name`; `None` for anything else.
pub(super) fn open<T: DeserializeOwned>(sealed: &str, name: &str, key: &Key) -> Option<T> {
    let cookie = Cookie::new(name.to_owned(), sealed.to_owned());
    let plain = CookieJar::new().private(key).decrypt(cookie)?;
    serde_json::from_str(plain.value()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "session";
    const TOKEN: &str = "eyJ-a-token-of-the-cluster";

    fn noon() -> Timestamp {
        Timestamp::from_second(1_780_000_000).unwrap()
    }

    fn session() -> Session {
        Session::begin(Who::Token(TOKEN.to_owned()), noon(), SignedDuration::from_hours(8))
    }

    #[test]
    fn a_session_is_opened_by_who_has_the_key_and_read_by_nobody_else() {
        let (key, session) = (Key::generate(), session());
        let sealed = session.seal(NAME, &key);
        assert!(Session::open(&sealed, NAME, &key, noon()) == Ok(session));
        let bytes = base64::Engine::decode(&base64::prelude::BASE64_STANDARD, &sealed).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("token"), "it can be read");
        assert!(Session::open(&sealed, NAME, &Key::generate(), noon()) == Err(Lapse::NotOurs));
        assert!(Session::open(&sealed, "sign-in", &key, noon()) == Err(Lapse::NotOurs));
    }

    #[test]
    fn a_session_that_was_changed_anywhere_is_none() {
        let (key, sealed) = (Key::generate(), session());
        let sealed = sealed.seal(NAME, &key);
        for place in (0..sealed.len()).step_by(7) {
            let mut changed = sealed.clone().into_bytes();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            // The last character of base64 may carry bits that count for nothing.
            if changed.trim_end_matches('=') != sealed.trim_end_matches('=') {
                let opened = Session::open(&changed, NAME, &key, noon());
                assert!(opened == Err(Lapse::NotOurs), "{place}");
            }
        }
        assert!(Session::open("", NAME, &key, noon()) == Err(Lapse::NotOurs));
    }

    #[test]
    fn a_session_ends_when_its_time_is_over() {
        let key = Key::generate();
        let sealed = session().seal(NAME, &key);
        let at = |hours| noon() + SignedDuration::from_hours(hours);
        assert!(Session::open(&sealed, NAME, &key, at(7)).is_ok());
        assert!(Session::open(&sealed, NAME, &key, at(8)) == Err(Lapse::Expired));
    }

    #[test]
    fn each_session_has_a_csrf_token_of_its_own() {
        let (one, other) = (session(), session());
        assert!(is_csrf(&one.csrf(), one.csrf().as_bytes()));
        assert!(!is_csrf(&one.csrf(), other.csrf().as_bytes()));
        assert!(!is_csrf(&one.csrf(), b""));
        assert_eq!(one.csrf().len(), 22, "16 bytes");
    }
}
