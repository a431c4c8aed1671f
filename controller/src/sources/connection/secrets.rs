//! What a place holds, as what it is: an authority's certificates, or credentials; and the client made of both. Neither
//! prints more than what kind it is.

use std::{fmt, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use prometheus_http_query::Client;
use reqwest::{
    Certificate,
    header::{AUTHORIZATION, HeaderMap, HeaderValue},
    redirect,
};

use super::{
    ConnectionError, PlaceError,
    place::{Keys, Values},
};

/// A server in the same cluster takes a connection in milliseconds; retries come after.
const CONNECT_WITHIN: Duration = Duration::from_secs(2);
/// Connections kept between ticks: as many as reads at once.
const MOST_IDLE: usize = 18;

/// Certificates that sign that of the server.
#[derive(Clone)]
pub(super) struct Authority(Vec<Certificate>);

/// What lets us in, as the header that says it.
#[derive(Clone)]
pub(super) struct Credentials(HeaderValue);

impl Keys {
    /// The certificates under `ca.crt`.
    pub(super) fn authority(&self) -> Result<Authority, PlaceError> {
        let pem = self.need("ca.crt")?;
        match Certificate::from_pem_bundle(pem) {
            Ok(certificates) if !certificates.is_empty() => Ok(Authority(certificates)),
            Ok(_) | Err(_) => Err(self.unusable("ca.crt", "no PEM certificate")),
        }
    }

    /// The certificates that lie beside credentials, if any do. A file is a token and nothing else.
    pub(super) fn authority_beside(&self) -> Result<Option<Authority>, PlaceError> {
        match &self.values {
            Values::ByKey(values) if values.contains_key("ca.crt") => self.authority().map(Some),
            Values::ByKey(_) | Values::One(_) => Ok(None),
        }
    }

    /// The token, or the user's name and password.
    pub(super) fn credentials(&self) -> Result<Credentials, PlaceError> {
        if let Some(token) = self.get("token") {
            return self.header("token", &format!("Bearer {}", self.text("token", token)?));
        }
        let (Some(user), Some(password)) = (self.get("username"), self.get("password")) else {
            return Err(self.lacks(match (self.get("username"), self.get("password")) {
                (None, None) => "token, nor username and password",
                (None, Some(_)) => "username",
                (Some(_), _) => "password",
            }));
        };
        let user = self.text("username", user)?;
        if user.contains(':') {
            return Err(self.unusable("username", "with a colon, which basic authentication cannot say"));
        }
        let pair = format!("{user}:{}", self.text("password", password)?);
        self.header("password", &format!("Basic {}", BASE64.encode(pair)))
    }

    fn get(&self, key: &str) -> Option<&[u8]> {
        match &self.values {
            // A file is a token, or a certificate.
            Values::One(value) => (key == "token" || key == "ca.crt").then_some(value.as_slice()),
            Values::ByKey(values) => values.get(key).map(Vec::as_slice),
        }
    }

    /// Whether there is something under `key`.
    pub(in crate::sources) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// The text under `key`, without the line break at its end.
    pub(in crate::sources) fn needed_text(&self, key: &'static str) -> Result<&str, PlaceError> {
        self.text(key, self.need(key)?)
    }

    /// What is under `key`.
    pub(in crate::sources) fn need(&self, key: &'static str) -> Result<&[u8], PlaceError> {
        self.get(key).ok_or_else(|| self.lacks(key))
    }

    /// A value as text. Files that people write end in a line break, which is no part of it.
    fn text<'a>(&self, key: &'static str, value: &'a [u8]) -> Result<&'a str, PlaceError> {
        let text = std::str::from_utf8(value).map_err(|_| self.unusable(key, "not UTF-8"))?;
        let text = text.trim_end_matches(['\r', '\n']);
        if text.is_empty() { Err(self.unusable(key, "empty")) } else { Ok(text) }
    }

    fn header(&self, key: &'static str, value: &str) -> Result<Credentials, PlaceError> {
        let header = HeaderValue::from_str(value);
        let mut header = header.map_err(|_| self.unusable(key, "not printable in a header"))?;
        header.set_sensitive(true);
        Ok(Credentials(header))
    }

    fn lacks(&self, lacks: &'static str) -> PlaceError {
        let keys = match &self.values {
            Values::ByKey(values) if !values.is_empty() => {
                values.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
            }
            Values::ByKey(_) | Values::One(_) => "none".to_owned(),
        };
        PlaceError::Lacks { place: self.place.clone(), lacks, keys }
    }

    /// What is under `key` cannot be used.
    pub(in crate::sources) fn unusable(&self, key: &'static str, problem: &'static str) -> PlaceError {
        PlaceError::Unusable { place: self.place.clone(), key, problem }
    }
}

/// A client of the Prometheus at `url`.
///
/// # Errors
///
/// [`ConnectionError::Client`] where there are no certificates to trust.
pub(super) fn client(
    url: &str,
    authority: Option<&Authority>,
    credentials: Option<&Credentials>,
) -> Result<Client, ConnectionError> {
    let mut headers = HeaderMap::new();
    if let Some(Credentials(header)) = credentials {
        headers.insert(AUTHORIZATION, header.clone());
    }
    let builder = reqwest::Client::builder()
        .default_headers(headers)
        .connect_timeout(CONNECT_WITHIN)
        .pool_max_idle_per_host(MOST_IDLE)
        // Where to read is what is configured, and nobody else sees the credentials.
        .redirect(redirect::Policy::none());
    let builder = match authority {
        Some(Authority(certificates)) => builder.tls_certs_only(certificates.iter().cloned()),
        // A container that reads by plain HTTP needs no certificates, and may have none.
        None if url.starts_with("http:") => builder.tls_certs_only([]),
        None => builder,
    };
    let failed = |error: &dyn fmt::Display| ConnectionError::Client(error.to_string());
    let client = builder.build().map_err(|error| failed(&error))?;
    Client::from(client, url).map_err(|error| failed(&error))
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authority({} certificates)", self.0.len())
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::connection::Place;

    fn keys(pairs: &[(&str, &str)]) -> Keys {
        let place = Place::Secret { namespace: "live".into(), name: "prometheus".into() };
        let pairs = pairs.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec()));
        Keys { place, values: Values::ByKey(pairs.collect()) }
    }

    fn check(pairs: &[(&str, &str)], expected: Result<&str, &str>) {
        let read = keys(pairs).credentials();
        let told = read.as_ref().map(|Credentials(header)| header.to_str().unwrap());
        assert_eq!(told.map_err(ToString::to_string), expected.map_err(str::to_owned), "{pairs:?}");
    }

    #[test]
    fn credentials_are_a_token_or_a_name_and_a_password() {
        check(&[("token", "abc\n")], Ok("Bearer abc"));
        // RFC 7617, section 2.
        let pair = [("username", "Aladdin"), ("password", "open sesame")];
        check(&pair, Ok("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
    }

    #[test]
    fn what_is_missing_is_named_and_what_is_there_is_not_shown() {
        let lacks = |lacks, keys| format!("Secret live/prometheus has no {lacks}: its keys are {keys}");
        check(&[], Err(&lacks("token, nor username and password", "none")));
        check(&[("username", "a"), ("passwort", "s3cret")], Err(&lacks("password", "passwort, username")));
        check(&[("password", "s3cret")], Err(&lacks("username", "password")));
        check(&[("token", "")], Err("token of Secret live/prometheus is empty"));
        check(&[("token", "s3\ncret")], Err("token of Secret live/prometheus is not printable in a header"));
        let error = keys(&[("ca.crt", "s3cret")]).authority().unwrap_err().to_string();
        assert_eq!(error, "ca.crt of Secret live/prometheus is no PEM certificate");
    }

    #[test]
    fn nothing_secret_is_printed() {
        let credentials = keys(&[("token", "s3cret")]).credentials().unwrap();
        let client = client("http://prometheus", None, Some(&credentials)).unwrap();
        let printed = format!("{credentials:?} {:?}", client.inner());
        assert!(!printed.contains("s3cret"), "{printed}");
    }
}
