//! Reads live sources: the newest sample of one, and its history. What cannot be read is said, and never made up.

use jiff::Timestamp;
use prescale_model::Sample;
use prometheus_http_query::Client;

use super::{
    Origin, Source,
    prometheus::{SourceError, query_range},
};

/// Reads every kind of source that is connected.
#[derive(Clone)]
pub struct Reader {
    prometheus: Client,
}

impl Reader {
    /// A reader of the Prometheus that `prometheus` talks to.
    #[must_use]
    pub fn new(prometheus: Client) -> Self {
        Self { prometheus }
    }

    /// The newest sample at `now`; `None` where the value is missing or no amount.
    ///
    /// # Errors
    ///
    /// See [`SourceError`].
    pub async fn newest(&self, source: &Source, now: Timestamp) -> Result<Option<Sample>, SourceError> {
        self.history(source, now, now).await.map(|samples| samples.last().copied())
    }

    /// The samples from `from` to `to`, a step apart, in order of time.
    ///
    /// # Errors
    ///
    /// See [`SourceError`].
    pub async fn history(
        &self,
        source: &Source,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Sample>, SourceError> {
        match &source.origin {
            Origin::Prometheus { query } => query_range(&self.prometheus, query, from, to, source.step).await,
            Origin::Kafka { .. } => Err(SourceError::NotConnected { kind: "kafka" }),
            Origin::Push => Err(SourceError::NotConnected { kind: "push" }),
        }
    }
}
