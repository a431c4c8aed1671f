//! Where a socket is opened: `ws://HOST[:PORT]/PATH`, or `wss://` by TLS.

use std::fmt;
use std::str::FromStr;

use http::Uri;

use crate::trust::Authorities;

/// A URL of WebSockets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    uri: Uri,
    is_secured: bool,
    authorities: Option<Authorities>,
}

/// What is not one.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// No URL at all.
    #[error("{0:?} is not a URL such as ws://127.0.0.1:8080/ws/v1")]
    Url(String),
    /// Another protocol.
    #[error("{0:?} begins with {1}://, and only ws:// and wss:// are spoken")]
    Scheme(String, String),
}

impl Target {
    /// Where to connect to.
    pub fn host_and_port(&self) -> (&str, u16) {
        let port = if self.is_secured { 443 } else { 80 };
        (self.uri.host().unwrap_or_default(), self.uri.port_u16().unwrap_or(port))
    }

    /// Whether TLS is spoken.
    pub fn is_secured(&self) -> bool {
        self.is_secured
    }

    /// The same, and behind TLS only these authorities are trusted, instead of the system's.
    #[must_use]
    pub fn trusting(self, authorities: Option<Authorities>) -> Self {
        Self { authorities, ..self }
    }

    /// Who is trusted behind TLS; `None` for whom the system trusts.
    pub(crate) fn authorities(&self) -> Option<&Authorities> {
        self.authorities.as_ref()
    }

    /// As it was given.
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    /// The same host by HTTP, without a path: `http://HOST:PORT`, or `https://`.
    pub fn http(&self) -> String {
        let (host, port) = self.host_and_port();
        format!("{}://{host}:{port}", if self.is_secured { "https" } else { "http" })
    }
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(words: &str) -> Result<Self, TargetError> {
        let refuse = || TargetError::Url(words.into());
        let uri: Uri = words.parse().map_err(|_| refuse())?;
        let scheme = uri.scheme_str().ok_or_else(refuse)?;
        let is_secured = match scheme {
            "ws" => false,
            "wss" => true,
            other => return Err(TargetError::Scheme(words.into(), other.into())),
        };
        uri.host().ok_or_else(refuse)?;
        Ok(Self { uri, is_secured, authorities: None })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uri.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_and_port_are_read() {
        let target: Target = "ws://localhost/ws/v1".parse().unwrap();
        assert_eq!(
            (target.host_and_port(), target.http().as_str()),
            (("localhost", 80), "http://localhost:80")
        );
        let target: Target = "ws://127.0.0.1:8080/ws/v1".parse().unwrap();
        assert_eq!(target.host_and_port(), ("127.0.0.1", 8080));
        let target: Target = "wss://live.example/ws/v1".parse().unwrap();
        assert_eq!(
            (target.host_and_port(), target.http().as_str()),
            (("live.example", 443), "https://live.example:443")
        );
    }

    #[test]
    fn what_is_no_target_is_refused_in_words() {
        let refused = |words: &str| words.parse::<Target>().unwrap_err().to_string();
        assert!(refused("localhost").contains("is not a URL such as"));
        assert!(refused("http://a/b").contains("begins with http://"), "{}", refused("http://a/b"));
    }
}
