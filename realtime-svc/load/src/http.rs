//! Load on any HTTP service: one request for each arrival, sent when it is due, whatever the ones before it came to.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Method};
use reqwest::{Client, Response, Url};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::files;
use crate::load::Load;
use crate::pace::pace;
use crate::report::Report;
use crate::tally::{Outcome, Tally};
use crate::trust::Authorities;

/// Requests that wait for an answer at once: a socket and about 20 kB each. A service that answers nothing for ten
/// seconds is asked 1,600 times a second until then.
const IN_FLIGHT_AT_MOST: usize = 16_384;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Requests {
    /// Where.
    pub url: Url,
    /// How.
    pub method: Method,
    /// Sent with each.
    pub headers: HeaderMap,
    /// Sent with each.
    pub body: String,
}

/// A client that cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("cannot make requests to {url}")]
pub struct HttpError {
    url: Url,
    source: reqwest::Error,
}

/// Sends `load` to `requests`, counting in `tally`, until it is over or `stop` is cancelled; answers are awaited for as long
/// as the load's patience says.
///
/// # Errors
/// A client that cannot be made; what the service does wrong is in the report.
pub async fn run(
    requests: Requests,
    load: &Load,
    tally: Arc<Tally>,
    stop: &CancellationToken,
) -> Result<Report, HttpError> {
    run_trusting(None, requests, load, tally, stop).await
}

/// The same, trusting only these authorities behind TLS, where there are any.
///
/// # Errors
/// A client that cannot be made.
pub async fn run_trusting(
    authorities: Option<&Authorities>,
    requests: Requests,
    load: &Load,
    tally: Arc<Tally>,
    stop: &CancellationToken,
) -> Result<Report, HttpError> {
    files::raise_limit();
    let target = requests.url.to_string();
    let client = client(authorities, load.patience);
    let client = client.map_err(|source| HttpError { url: requests.url.clone(), source })?;
    let sender = Arc::new(Sender {
        client,
        requests,
        patience: load.patience,
        begin: Instant::now(),
        tally: Arc::clone(&tally),
    });
    let (room, tasks) = (Arc::new(Semaphore::new(IN_FLIGHT_AT_MOST)), TaskTracker::new());
    let ended = pace(load.arrivals(), sender.begin, stop, |at| {
        tally.due(at);
        tally.close_before(at.saturating_sub(load.patience + Duration::from_secs(1)));
        let Ok(permit) = Arc::clone(&room).try_acquire_owned() else {
            let why = format!("{IN_FLIGHT_AT_MOST} requests waited for an answer already");
            return tally.ended(at, &Outcome::Lost { why });
        };
        let sender = Arc::clone(&sender);
        tasks.spawn(async move {
            sender.send(at).await;
            drop(permit);
        });
    })
    .await;
    let length = sender.begin.elapsed().min(load.length);
    tasks.close();
    tasks.wait().await;
    Ok(Report::of(&target, ended, length, &tally))
}

fn client(authorities: Option<&Authorities>, patience: Duration) -> reqwest::Result<Client> {
    let builder = Client::builder().timeout(patience).redirect(reqwest::redirect::Policy::none());
    let builder = match authorities {
        Some(authorities) => builder.tls_certs_only(authorities.certificates()?),
        None => builder,
    };
    builder.pool_max_idle_per_host(IN_FLIGHT_AT_MOST).user_agent("realtime-load").build()
}

struct Sender {
    client: Client,
    requests: Requests,
    patience: Duration,
    begin: Instant,
    tally: Arc<Tally>,
}

impl Sender {
    async fn send(&self, at: Duration) {
        let intended = self.begin + at;
        self.tally.sent(intended.elapsed());
        let outcome = match self.ask().await {
            Ok(status) if status.is_client_error() || status.is_server_error() => {
                Outcome::Refused { why: status.to_string() }
            }
            Ok(_) => Outcome::Acked { after: intended.elapsed() },
            Err(error) => Outcome::Lost { why: self.why(&error) },
        };
        self.tally.ended(at, &outcome);
    }

    /// An answer is there when all of its body is.
    async fn ask(&self) -> reqwest::Result<http::StatusCode> {
        let Requests { url, method, headers, body } = &self.requests;
        let request = self.client.request(method.clone(), url.clone()).headers(headers.clone());
        let request = if body.is_empty() { request } else { request.body(body.clone()) };
        let mut response: Response = request.send().await?;
        while response.chunk().await?.is_some() {}
        Ok(response.status())
    }

    fn why(&self, error: &reqwest::Error) -> String {
        if error.is_timeout() {
            return format!("no answer within {:?}", self.patience);
        }
        if error.is_connect() {
            return "no connection".into();
        }
        "the connection was cut".into()
    }
}
