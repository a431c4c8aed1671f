//! The connection to Prometheus as it is configured: its address, the authority that it is trusted by, and the
//! credentials that it asks for. Authority and credentials are followed: when they rotate, new reads use the new ones
//! and reads under way end with the old. No credential is ever printed.

mod place;
mod secrets;

use std::{fmt, pin::pin, sync::Arc};

use arc_swap::ArcSwap;
use futures::{Stream, StreamExt, stream};
use prometheus_http_query::Client;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::error::SourceError;
pub(in crate::sources) use place::Keys;
pub use place::{Place, PlaceError};
use secrets::{Authority, Credentials};

/// Where Prometheus is, and what it takes to be let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrometheusSettings {
    /// Its address, such as `https://prometheus.monitoring:9090`; without credentials.
    pub url: String,
    /// Where the certificates are that sign its own: a PEM file, or the key `ca.crt` of a folder or Secret. Without it,
    /// those beside the credentials count, and then those of the system.
    pub ca: Option<Place>,
    /// Where the credentials are: a file with a bearer token, or the keys `token`, or `username` and `password`, of a
    /// folder or Secret; and perhaps the key `ca.crt`.
    pub credentials: Option<Place>,
}

/// Why there is no connection, or why the newest authority or credentials are not used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectionError {
    /// The address is none.
    #[error("the Prometheus URL {0:?} is not an http or https URL")]
    Url(String),
    /// Addresses end up in logs.
    #[error("the Prometheus URL has credentials in it: put them in a Secret")]
    UrlWithCredentials,
    /// What is needed has not been read yet.
    #[error("{0} has not been read yet")]
    NotReadYet(Place),
    /// What is needed cannot be read, or is not what it should be.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// The client cannot be made, as when the system has no certificates.
    #[error("cannot make a client: {0}")]
    Client(String),
}

/// A connection that follows what it is made of.
#[derive(Debug)]
pub struct Connection {
    settings: PrometheusSettings,
    state: ArcSwap<State>,
}

/// What reads use now.
#[derive(Clone)]
struct State {
    /// The newest client that could be made; `None` where none could.
    client: Option<Client>,
    /// Why it is not of the newest authority and credentials.
    problem: Option<ConnectionError>,
}

impl Connection {
    /// A connection that is usable at once where it needs neither own authority nor credentials, and otherwise after
    /// [`Self::follow`] has read them.
    ///
    /// # Errors
    ///
    /// [`ConnectionError`] for an address that is none.
    pub fn new(settings: PrometheusSettings) -> Result<Self, ConnectionError> {
        check_url(&settings.url)?;
        let known = Known::default();
        let state = ArcSwap::from_pointee(known.state_after(&settings, None));
        Ok(Self { settings, state })
    }

    /// A connection by a client that was made elsewhere, and stays as it is.
    #[must_use]
    pub fn fixed(client: Client) -> Self {
        let settings = PrometheusSettings { url: client.base_url().to_string(), ca: None, credentials: None };
        Self { settings, state: ArcSwap::from_pointee(State { client: Some(client), problem: None }) }
    }

    /// The address, which holds no credentials.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.settings.url
    }

    /// The client to read with now; a clone is cheap, and stays usable when the connection changes.
    ///
    /// # Errors
    ///
    /// [`SourceError::NotConfigured`] while there has not been a usable one.
    pub fn client(&self) -> Result<Client, SourceError> {
        let state = self.state.load();
        state.client.clone().ok_or_else(|| SourceError::NotConfigured {
            url: self.settings.url.clone(),
            problem: state
                .problem
                .as_ref()
                .map_or_else(|| "nothing is known yet".to_owned(), ToString::to_string),
        })
    }

    /// Why the newest authority or credentials are not used, in words; `None` while all is well.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        self.state.load().problem.as_ref().map(ToString::to_string)
    }

    /// Follows authority and credentials until `stop`. What worked is kept until there is something newer that can be
    /// used; `api_server` is what Secrets are read from.
    pub async fn follow(&self, api_server: Option<kube::Client>, stop: CancellationToken) {
        let mut known = Known::default();
        let mut news = pin!(self.news(api_server.as_ref()).take_until(stop.cancelled_owned()));
        while let Some(news) = news.next().await {
            known.learn(news);
            let before = self.state.load_full();
            let after = known.state_after(&self.settings, before.client.clone());
            tell(&self.settings.url, &before, &after);
            self.state.store(Arc::new(after));
        }
    }

    /// What is read anew, of whichever place.
    fn news(&self, api_server: Option<&kube::Client>) -> impl Stream<Item = News> + use<> {
        let follow = |place: &Option<Place>| match place {
            Some(place) => place.follow(api_server),
            None => stream::empty().boxed(),
        };
        let authorities =
            follow(&self.settings.ca).map(|keys| News::Authority(keys.and_then(|keys| keys.authority())));
        let credentials = follow(&self.settings.credentials).map(|keys| {
            News::Credentials(keys.and_then(|keys| Ok((keys.credentials()?, keys.authority_beside()?))))
        });
        stream::select(authorities, credentials)
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_usable = self.client.is_some();
        f.debug_struct("State").field("is_usable", &is_usable).field("problem", &self.problem).finish()
    }
}

/// Something was read anew.
enum News {
    Authority(Result<Authority, PlaceError>),
    Credentials(Result<WithAuthority, PlaceError>),
}

/// Credentials, and the authority that lies beside them, if one does.
type WithAuthority = (Credentials, Option<Authority>);

/// What was read last, of each place.
#[derive(Default)]
struct Known {
    authority: Option<Result<Authority, PlaceError>>,
    credentials: Option<Result<WithAuthority, PlaceError>>,
}

impl Known {
    fn learn(&mut self, news: News) {
        match news {
            News::Authority(read) => self.authority = Some(read),
            News::Credentials(read) => self.credentials = Some(read),
        }
    }

    /// A client of all that was read; `before` and the problem where there can be none.
    fn state_after(&self, settings: &PrometheusSettings, before: Option<Client>) -> State {
        match self.client(settings) {
            Ok(client) => State { client: Some(client), problem: None },
            Err(problem) => State { client: before, problem: Some(problem) },
        }
    }

    fn client(&self, settings: &PrometheusSettings) -> Result<Client, ConnectionError> {
        let authority = needed(settings.ca.as_ref(), self.authority.as_ref())?;
        let beside = needed(settings.credentials.as_ref(), self.credentials.as_ref())?;
        let authority = authority.or(beside.and_then(|(_, authority)| authority.as_ref()));
        secrets::client(&settings.url, authority, beside.map(|(credentials, _)| credentials))
    }
}

/// What was read, where something is configured.
fn needed<'a, T>(
    place: Option<&Place>,
    read: Option<&'a Result<T, PlaceError>>,
) -> Result<Option<&'a T>, ConnectionError> {
    match (place, read) {
        (None, _) => Ok(None),
        (Some(place), None) => Err(ConnectionError::NotReadYet(place.clone())),
        (Some(_), Some(Ok(read))) => Ok(Some(read)),
        (Some(_), Some(Err(error))) => Err(error.clone().into()),
    }
}

fn tell(url: &str, before: &State, after: &State) {
    match &after.problem {
        Some(problem) if before.problem.as_ref() != Some(problem) => {
            warn!(url, %problem, "prometheus credentials not usable");
        }
        Some(_) => {}
        None => info!(url, "prometheus credentials in use"),
    }
}

fn check_url(url: &str) -> Result<(), ConnectionError> {
    let parsed = url.parse::<reqwest::Url>().ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let parsed = parsed.filter(reqwest::Url::has_host);
    let parsed = parsed.ok_or_else(|| ConnectionError::Url(hide_userinfo(url)))?;
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err(ConnectionError::UrlWithCredentials);
    }
    Ok(())
}

/// What follows an `@`, if there is one: what stands before it may be a password.
fn hide_userinfo(url: &str) -> String {
    url.rsplit_once('@').map_or_else(|| url.to_owned(), |(_, rest)| format!("…@{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, expected: &str) {
        let settings = PrometheusSettings { url: url.to_owned(), ca: None, credentials: None };
        let told = Connection::new(settings).map_or_else(|error| error.to_string(), |_| "ok".to_owned());
        assert_eq!(told, expected, "{url}");
    }

    #[test]
    fn an_address_that_is_none_is_refused_and_shows_no_password() {
        check("http://prometheus:9090", "ok");
        check("http://prometheus/behind/a/path", "ok");
        check("prometheus:9090", "the Prometheus URL \"prometheus:9090\" is not an http or https URL");
        check(
            "ftp://me:secret@prometheus",
            "the Prometheus URL \"…@prometheus\" is not an http or https URL",
        );
        check(
            "https://me:secret@prometheus",
            "the Prometheus URL has credentials in it: put them in a Secret",
        );
    }

    #[test]
    fn what_has_not_been_read_is_said() {
        let place = Place::Secret { namespace: "live".into(), name: "prometheus".into() };
        let settings =
            PrometheusSettings { url: "http://prometheus".into(), ca: None, credentials: Some(place) };
        let connection = Connection::new(settings).unwrap();
        let error = connection.client().map(|_| ()).unwrap_err().to_string();
        assert_eq!(
            error,
            "cannot connect to http://prometheus: Secret live/prometheus has not been read yet"
        );
    }
}
