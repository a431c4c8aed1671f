//! What a live Prometheus and a live Kafka tell of a scaler's demand and signals. Both are only read.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use prescale_controller::api::CheckedScaler;
use prescale_controller::args::KafkaConnection;
use prescale_controller::sources::error::SourceError;
use prescale_controller::sources::kafka::Kafka;
use prescale_controller::sources::prometheus::{query_newest, query_range};
use prescale_controller::sources::{Origin, Source};
use prescale_model::Sample;
use prometheus_http_query::Client;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::args::CheckArgs;
use super::heard::{Heard, Now};
use crate::failure::Failure;
use crate::record::{DEMAND, RecordError, recording, series, span};
use crate::recording::Series;

/// How far back is looked for the last change, and how finely.
const CHANGES_WITHIN: SignedDuration = SignedDuration::from_mins(10);
const CHANGES_STEP: SignedDuration = SignedDuration::from_secs(1);
/// What a topic gives now takes two polls; each may take 24 s where brokers hang.
const POLL_EVERY: Duration = Duration::from_secs(2);
const POLLED_WITHIN: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// What keeps live sources from being asked.
#[derive(Debug, thiserror::Error)]
enum LiveError {
    #[error("spec.demand cannot be read: {0}")]
    Demand(String),
    #[error("{0}")]
    Kafka(String),
}

/// What is asked, and about which time.
struct Live {
    prometheus: Option<Client>,
    kafka: Option<Kafka>,
    at: Timestamp,
    span: (Timestamp, Timestamp),
    step: SignedDuration,
}

/// What live sources tell. A signal that they do not have is said; without demand there is nothing to lead.
///
/// # Errors
/// An address that is none, flags that do not go together, and demand that cannot be read.
pub(super) fn heard(args: &CheckArgs, scaler: &CheckedScaler) -> Result<Heard, Failure> {
    let client = |url: &String| url.parse().map_err(|_| Failure::input(RecordError::Url(url.clone())));
    let prometheus = args.prometheus.as_ref().map(client).transpose()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let (at, step) = (Timestamp::now(), scaler.demand.step);
    runtime.map_err(Failure::input)?.block_on(async {
        let kafka = kafka(&args.kafka)?;
        let live = Live { prometheus, kafka, at, span: span(at, args.last, step), step };
        let stop = CancellationToken::new();
        let _stop = stop.clone().drop_guard();
        if let Some(kafka) = live.kafka.clone() {
            tokio::spawn(async move { kafka.follow(None, stop).await });
        }
        live.all(args, scaler).await
    })
}

fn kafka(connection: &KafkaConnection) -> Result<Option<Kafka>, Failure> {
    let settings = connection.settings(None, POLL_EVERY);
    let settings = settings.map_err(|error| Failure::input(LiveError::Kafka(error.to_string())))?;
    Ok(settings.map(Kafka::new))
}

impl Live {
    async fn all(&self, args: &CheckArgs, scaler: &CheckedScaler) -> Result<Heard, Failure> {
        let demand = self.history(&scaler.demand).await;
        let demand = demand.map_err(|words| Failure::input(LiveError::Demand(words)))?;
        let mut histories = vec![(DEMAND.to_owned(), demand)];
        let mut now = BTreeMap::from([(DEMAND.to_owned(), self.now(&scaler.demand).await)]);
        for (name, source) in &scaler.signals {
            eprintln!("reading {name} …");
            let heard = self.now(source).await;
            if heard.is_ok() {
                // A signal whose history fails to be read has none, and is judged by none.
                histories.push((name.clone(), self.history(source).await.unwrap_or_default()));
            }
            now.insert(name.clone(), heard);
        }
        let places = [&args.prometheus, &args.kafka.kafka_bootstrap_servers];
        let places = places.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" and ");
        Ok(Heard { recording: recording(&places, scaler, histories, self.step)?, calendar: vec![], now })
    }

    async fn history(&self, source: &Source) -> Result<Series, String> {
        let samples = match &source.origin {
            Origin::Prometheus { query } => {
                let (from, to) = self.span;
                query_range(self.prometheus()?, query, from, to, self.step).await
            }
            Origin::Kafka { topic, sum: None, .. } => {
                self.kafka()?.history(topic, self.span, self.step, Duration::ZERO).await
            }
            Origin::Kafka { topic, sum: Some(field), .. } => {
                return Err(format!("the sum of `{field}` of `{topic}` has no history"));
            }
            Origin::Push { .. } => return Err(pushed()),
        };
        Ok(series(&samples.map_err(|error| error.to_string())?, self.step))
    }

    async fn now(&self, source: &Source) -> Result<Now, String> {
        match &source.origin {
            Origin::Prometheus { query } => self.queried(query).await,
            Origin::Kafka { topic, sum, .. } => {
                let polled = self.polled(topic, sum.as_deref(), source.step).await?;
                Ok(Now { value: polled.value(), changed_ago: None })
            }
            Origin::Push { .. } => Err(pushed()),
        }
    }

    async fn queried(&self, query: &str) -> Result<Now, String> {
        let client = self.prometheus()?;
        let newest = query_newest(client, query, self.at).await.map_err(|error| error.to_string())?;
        let lately = query_range(client, query, self.at - CHANGES_WITHIN, self.at, CHANGES_STEP).await;
        let changed_ago = lately.ok().and_then(|lately| last_change(&lately));
        let changed_ago = changed_ago.map(|changed| self.at.duration_since(changed));
        Ok(Now { value: newest.value(), changed_ago })
    }

    /// What the controller would read of a topic: known from the second poll on.
    async fn polled(&self, topic: &str, sum: Option<&str>, step: SignedDuration) -> Result<Sample, String> {
        let kafka = self.kafka()?;
        let read = || match sum {
            None => kafka.read(topic, None, step)?.arrivals.map_err(|problem| problem.of(topic)),
            Some(field) => Ok(kafka.sum(topic, field, step)?.sample),
        };
        let until = Instant::now() + POLLED_WITHIN;
        loop {
            match read() {
                Err(error) if SourceError::is_starting(&error) && Instant::now() < until => {
                    sleep(LOOK_EVERY).await;
                }
                read => return read.map_err(|error| error.to_string()),
            }
        }
    }

    fn prometheus(&self) -> Result<&Client, String> {
        self.prometheus
            .as_ref()
            .ok_or_else(|| "it is a query: name its Prometheus by --prometheus".to_owned())
    }

    fn kafka(&self) -> Result<&Kafka, String> {
        let missing = "it is a topic: name its Kafka by --kafka-bootstrap-servers";
        self.kafka.as_ref().ok_or_else(|| missing.to_owned())
    }
}

fn pushed() -> String {
    "it is pushed to the controller: record it, and use --recording".to_owned()
}

/// The first time at which the newest value was there; `None` where it was there all along.
fn last_change(samples: &[Sample]) -> Option<Timestamp> {
    let newest = samples.last()?.value();
    let before = samples.iter().rposition(|sample| sample.value() != newest)?;
    samples.get(before + 1).map(Sample::at)
}
