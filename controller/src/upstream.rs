//! The external-metrics server that was there before: reads of metrics that are not ours are passed on to it. Its
//! failure is never ours: it is given little time, few reads at once, and a rest while it does not answer.
//!
//! It is called as what we are. It trusts the front proxy of kube-apiserver alone to speak for others, so the reader's
//! name cannot be passed on: the reader is authorized here, for that metric, and the server sees the token of our own
//! service account, which it reviews as it does for any caller.

mod address;
mod answer;
mod breaker;
mod chain;
mod credential;
mod fault;
mod origin;

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use arc_swap::ArcSwap;
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use hyper::body::Bytes;
use reqwest::{Certificate, Client, Url, redirect};
use serde::Deserialize;
use tokio::{
    sync::Semaphore,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

pub use answer::Answer;
pub use chain::Chain;
pub use credential::{Credential, token_file};
pub use fault::{UpstreamError, UpstreamFault};
pub use origin::{NoOrigin, Origin, Trust};

use crate::{
    metrics_api::Refusal,
    telemetry::{Metrics, UpstreamResult},
};
use address::{API, address};
use breaker::{Breaker, Outcome, Turn};

/// Reads under way at once: six times the workers of the HPA controller.
const MOST_READS: usize = 32;
/// The largest answer: thousands of values of one metric.
const MOST_BYTES: usize = 1 << 20;
/// The largest list of metric names.
const MOST_LISTED_BYTES: usize = 4 << 20;
/// Metric names that are kept: what a list of that size holds, each with its verbs.
const MOST_NAMES: usize = 20_000;
/// Connections that are kept for later reads. Should the server's node vanish, they are found dead one by one, by as many
/// reads as it takes to leave the server alone; the next read then makes a connection of its own.
const MOST_IDLE: usize = breaker::MOST_FAILURES as usize;
/// Connecting within a cluster takes milliseconds.
const CONNECT_WITHIN: Duration = Duration::from_secs(1);
/// Time between two looks at its metric names: the aggregator looks as often at ours.
const LIST_EVERY: Duration = Duration::from_secs(60);

/// How much patience a server is met with.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For one read. The HPA waits for 30 s and its workers are few; our own limit for an answer is 5 s.
    pub read_within: Duration,
    /// How long a server is left alone that does not answer: less than a sync of the HPA, which so meets it again.
    pub rest_for: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { read_within: Duration::from_secs(3), rest_for: Duration::from_secs(10) }
    }
}

/// The server.
pub struct Upstream {
    origin: Origin,
    patience: Patience,
    http: Client,
    base: Url,
    credential: Credential,
    metrics: Metrics,
    places: Semaphore,
    breaker: Mutex<Breaker>,
    names: ArcSwap<Vec<String>>,
}

impl Upstream {
    /// The server at `origin`, whose reads are counted in `metrics`. Nothing is asked of it yet.
    ///
    /// # Errors
    ///
    /// The authorities that it is trusted by are no certificates.
    pub fn new(
        origin: Origin,
        credential: Credential,
        patience: Patience,
        metrics: Metrics,
    ) -> anyhow::Result<Self> {
        let base = Url::parse(&format!("https://{}:{}", origin.host(), origin.port))?;
        let http = client(&origin)?;
        Ok(Self {
            origin,
            patience,
            http,
            base,
            credential,
            metrics,
            places: Semaphore::new(MOST_READS),
            breaker: Mutex::new(Breaker::new(patience.rest_for)),
            names: ArcSwap::default(),
        })
    }

    /// Which server it is.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Passes a read on. The reader must have been found to have the right to it.
    ///
    /// # Errors
    ///
    /// [`UpstreamError`], within [`Patience::read_within`].
    pub async fn read(&self, path_and_query: &str) -> Result<Answer, UpstreamError> {
        let started = Instant::now();
        let fetched = self.fetch(path_and_query, MOST_BYTES).await;
        let checked = fetched.and_then(|(status, body)| Answer::check(status, body));
        let result = checked.as_ref().map_or_else(UpstreamFault::result, |_| UpstreamResult::Answered);
        self.metrics.upstream_read(result, started.elapsed());
        checked.map_err(|fault| UpstreamError { origin: self.origin.to_string(), fault })
    }

    /// The response to a reader: what the server answered, or why it did not, as a Kubernetes Status.
    pub async fn respond(&self, path_and_query: &str) -> Response {
        match self.read(path_and_query).await {
            Ok(answer) => answer.into_response(),
            Err(error) => {
                debug!(upstream = %self.origin, path_and_query, %error, "foreign metric cannot be read");
                Refusal::from(error).into_response()
            }
        }
    }

    /// The names of its metrics, as it last listed them.
    #[must_use]
    pub fn metrics(&self) -> Arc<Vec<String>> {
        self.names.load_full()
    }

    /// Keeps the names of its metrics fresh until `shutdown`. While it is away, those that were there stay.
    pub async fn keep_listing(&self, shutdown: CancellationToken) {
        let keep = async {
            loop {
                let listed = self.list().await.inspect_err(|fault| {
                    debug!(upstream = %self.origin, %fault, "foreign metrics cannot be listed");
                });
                sleep(if listed.is_ok() { LIST_EVERY } else { self.patience.rest_for }).await;
            }
        };
        shutdown.run_until_cancelled(keep).await;
    }

    /// Asks for the names of its metrics, once.
    ///
    /// # Errors
    ///
    /// [`UpstreamFault`]; what was listed before stays.
    pub async fn list(&self) -> Result<(), UpstreamFault> {
        let (status, body) = self.fetch(API, MOST_LISTED_BYTES).await?;
        let garbled = UpstreamFault::Garbled { status };
        if status != StatusCode::OK {
            return Err(garbled);
        }
        let list: ResourceList = serde_json::from_slice(&body).map_err(|_| garbled)?;
        let names = list.resources.into_iter().map(|resource| resource.name);
        // `pods/log` would be a part of a resource, which no metric has.
        let mut names: Vec<String> = names.filter(|name| !name.contains('/')).take(MOST_NAMES).collect();
        names.sort();
        names.dedup();
        self.names.store(Arc::new(names));
        Ok(())
    }

    /// Asks, unless the server is left alone, and learns from what came of it.
    async fn fetch(&self, path_and_query: &str, most: usize) -> Result<(StatusCode, Bytes), UpstreamFault> {
        let url = address(&self.base, path_and_query).ok_or(UpstreamFault::BeyondApi)?;
        if !self.breaker().admits(Instant::now()) {
            return Err(UpstreamFault::Rests(self.patience.rest_for));
        }
        let mut pass = Pass { upstream: self, outcome: Outcome::Abandoned };
        let read_within = self.patience.read_within;
        let fetched = timeout(read_within, self.get(url, most)).await;
        let fetched = fetched.unwrap_or(Err(UpstreamFault::Late(read_within)));
        pass.outcome = match &fetched {
            Err(UpstreamFault::Late(_) | UpstreamFault::Away(_)) => Outcome::Failed,
            Ok(_) | Err(_) => Outcome::Answered,
        };
        fetched
    }

    async fn get(&self, url: Url, most: usize) -> Result<(StatusCode, Bytes), UpstreamFault> {
        let _place = self.places.acquire().await.expect("places are never closed");
        let mut request = self.http.get(url).header("accept", "application/json");
        if let Some(token) = (self.credential)() {
            request = request.bearer_auth(token);
        }
        let mut response = request.send().await.map_err(UpstreamFault::Away)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(UpstreamFault::Away)? {
            if most < body.len() + chunk.len() {
                return Err(UpstreamFault::TooLarge(most));
            }
            body.extend_from_slice(&chunk);
        }
        Ok((response.status(), body.into()))
    }

    fn breaker(&self) -> std::sync::MutexGuard<'_, Breaker> {
        self.breaker.lock().expect("no holder panics")
    }
}

/// A read under way. One that is dropped, because its reader went away, is no failure of the server.
struct Pass<'a> {
    upstream: &'a Upstream,
    outcome: Outcome,
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        let turn = self.upstream.breaker().learn(self.outcome, Instant::now());
        let upstream = &self.upstream.origin;
        match turn {
            Turn::Rests => warn!(%upstream, "external-metrics server does not answer and is left alone"),
            Turn::Returns => info!(%upstream, "external-metrics server answers again"),
            Turn::None => {}
        }
    }
}

/// As much of a list of resources as we read.
#[derive(Deserialize)]
struct ResourceList {
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct Resource {
    name: String,
}

/// A client that goes to this server and nowhere else.
fn client(origin: &Origin) -> anyhow::Result<Client> {
    let mut client = Client::builder()
        .connect_timeout(CONNECT_WITHIN)
        // One read a connection: with HTTP/2 all reads would share one, and hang together while nobody finds it dead.
        .http1_only()
        .pool_max_idle_per_host(MOST_IDLE)
        .redirect(redirect::Policy::none())
        .no_proxy();
    if let Some(ip) = origin.at {
        client = client.resolve(&origin.host(), (ip, origin.port).into());
    }
    client = match &origin.trust {
        Trust::Authorities(pem) => client.tls_certs_only(Certificate::from_pem_bundle(pem)?),
        Trust::System => client,
        Trust::Nobody => client.tls_danger_accept_invalid_certs(true),
    };
    Ok(client.build()?)
}
