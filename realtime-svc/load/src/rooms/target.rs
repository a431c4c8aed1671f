//! Where a socket is opened: `ws://HOST[:PORT]/PATH`.

use std::fmt;
use std::str::FromStr;

use http::Uri;

/// A URL of WebSockets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    uri: Uri,
}

/// What is not one.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// No URL at all.
    #[error("{0:?} is not a URL such as ws://127.0.0.1:8080/ws/v1")]
    Url(String),
    /// TLS ends before the service, in most clusters.
    #[error("{0:?} begins with {1}://, and only ws:// is spoken: name the service behind the TLS")]
    Scheme(String, String),
}

impl Target {
    /// Where to connect to.
    pub fn host_and_port(&self) -> (&str, u16) {
        (self.uri.host().unwrap_or_default(), self.uri.port_u16().unwrap_or(80))
    }

    /// As it was given.
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    /// The same host by HTTP, without a path: `http://HOST:PORT`.
    pub fn http(&self) -> String {
        let (host, port) = self.host_and_port();
        format!("http://{host}:{port}")
    }
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(words: &str) -> Result<Self, TargetError> {
        let refuse = || TargetError::Url(words.into());
        let uri: Uri = words.parse().map_err(|_| refuse())?;
        let scheme = uri.scheme_str().ok_or_else(refuse)?;
        if scheme != "ws" {
            return Err(TargetError::Scheme(words.into(), scheme.into()));
        }
        uri.host().ok_or_else(refuse)?;
        Ok(Self { uri })
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
    }

    #[test]
    fn what_is_no_target_is_refused_in_words() {
        let refused = |words: &str| words.parse::<Target>().unwrap_err().to_string();
        assert!(refused("localhost").contains("is not a URL such as"));
        assert!(refused("wss://a/b").contains("begins with wss://"), "{}", refused("wss://a/b"));
    }
}
