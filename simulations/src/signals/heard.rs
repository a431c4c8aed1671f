//! What is heard of a scaler's demand and signals: now, and their history, live or from a recording.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use prescale_controller::api::CheckedScaler;
use prescale_controller::sources::prometheus::{query_newest, query_range};
use prescale_controller::sources::{Origin, Source, error::SourceError};
use prescale_model::Sample;
use prometheus_http_query::Client;

use crate::calendar::Announced;
use crate::failure::Failure;
use crate::record::{DEMAND, RecordError, recording, series, span};
use crate::recording::{Recording, Series};
use crate::scenario::read_calendar;

/// How far back is looked for the last change, and how finely.
const CHANGES_WITHIN: SignedDuration = SignedDuration::from_mins(10);
const CHANGES_STEP: SignedDuration = SignedDuration::from_secs(1);

/// What is heard.
pub(super) struct Heard {
    /// Demand, and the signals that have a history.
    pub(super) recording: Recording,
    /// What was announced, where it is known.
    pub(super) calendar: Vec<Announced>,
    /// What each gives now, by name, demand under [`DEMAND`].
    pub(super) now: BTreeMap<String, Result<Now, String>>,
}

/// What a signal gives now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    pub(super) value: f64,
    /// Time since it last changed; `None` where it has not for as long as was looked back, or nothing is live.
    pub(super) changed_ago: Option<SignedDuration>,
}

impl Heard {
    /// What a recording tells; its last step is now.
    ///
    /// # Errors
    /// A folder that is no recording, or a calendar that cannot be read.
    pub(super) fn recorded(folder: &Path, scaler: &CheckedScaler) -> Result<Self, Failure> {
        let recording = Recording::open(folder).map_err(Failure::input)?;
        let calendar = read_calendar(folder, &recording).map_err(Failure::input)?;
        let last = |name: &str| match recording.named(name) {
            Some(column) => {
                let value = column.get(recording.len().saturating_sub(1));
                value
                    .map(|value| Now { value, changed_ago: None })
                    .ok_or("its last step is missing".to_owned())
            }
            None => Err(format!("the recording has no `{name}`")),
        };
        let names = scaler.signals.iter().map(|(name, _)| name.as_str());
        let mut now: BTreeMap<_, _> = names.map(|name| (name.to_owned(), last(name))).collect();
        now.insert(DEMAND.to_owned(), last(&recording.meta.demand));
        let calendar = calendar.into_iter().map(|(_, announced)| announced).collect();
        Ok(Self { recording, calendar, now })
    }

    /// What a live Prometheus tells. A signal that it does not have is said; without demand there is nothing to lead.
    ///
    /// # Errors
    /// An address that is none, and demand that cannot be read.
    pub(super) fn live(url: &str, scaler: &CheckedScaler, last: SignedDuration) -> Result<Self, Failure> {
        let client: Client = url.parse().map_err(|_| Failure::input(RecordError::Url(url.into())))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(Failure::input)?;
        let step = scaler.demand.step;
        let at = Timestamp::now();
        let asked = Asked { client, at, span: span(at, last, step), step };
        runtime.block_on(asked.all(url, scaler))
    }
}

/// What is asked of a live source.
struct Asked {
    client: Client,
    at: Timestamp,
    span: (Timestamp, Timestamp),
    step: SignedDuration,
}

impl Asked {
    async fn all(&self, url: &str, scaler: &CheckedScaler) -> Result<Heard, Failure> {
        let query = query(&scaler.demand).map_err(|_| Failure::input(RecordError::NoDemand))?;
        let mut histories = vec![(DEMAND.to_owned(), self.history(query).await.map_err(Failure::input)?)];
        let mut now = BTreeMap::from([(DEMAND.to_owned(), self.now(query).await)]);
        for (name, source) in &scaler.signals {
            eprintln!("reading {name} …");
            let heard = match self::query(source) {
                Ok(query) => {
                    // A signal whose history fails to be read has none; `now` says why.
                    histories.push((name.clone(), self.history(query).await.unwrap_or_default()));
                    self.now(query).await
                }
                Err(words) => Err(words),
            };
            now.insert(name.clone(), heard);
        }
        let recording = recording(url, scaler, histories, self.step)?;
        Ok(Heard { recording, calendar: vec![], now })
    }

    async fn history(&self, query: &str) -> Result<Series, SourceError> {
        let (from, to) = self.span;
        Ok(series(&query_range(&self.client, query, from, to, self.step).await?, self.step))
    }

    async fn now(&self, query: &str) -> Result<Now, String> {
        let newest = query_newest(&self.client, query, self.at).await.map_err(|error| error.to_string())?;
        let lately = query_range(&self.client, query, self.at - CHANGES_WITHIN, self.at, CHANGES_STEP).await;
        let changed_ago = lately.ok().and_then(|lately| last_change(&lately));
        let changed_ago = changed_ago.map(|changed| self.at.duration_since(changed));
        Ok(Now { value: newest.value(), changed_ago })
    }
}

/// The first time at which the newest value was there; `None` where it was there all along.
fn last_change(samples: &[Sample]) -> Option<Timestamp> {
    let newest = samples.last()?.value();
    let before = samples.iter().rposition(|sample| sample.value() != newest)?;
    samples.get(before + 1).map(Sample::at)
}

/// The query of a source that can be asked from here, or why it cannot.
fn query(source: &Source) -> Result<&str, String> {
    match &source.origin {
        Origin::Prometheus { query } => Ok(query),
        Origin::Kafka { topic, .. } => {
            Err(format!("the topic `{topic}` is not read from here: record it, and use --recording"))
        }
        Origin::Push { .. } => Err("it is pushed to the controller: record it, and use --recording".into()),
    }
}
