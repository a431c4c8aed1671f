//! Records, and how they come to the brokers.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::util::Timeout;

use super::Brokers;
use crate::Error;

/// A broker that comes back, and elections after it, take some seconds.
const WRITTEN_WITHIN: Duration = Duration::from_secs(60);

/// A record to produce. The default is one without key, by the clock of now, to a partition that the client chooses.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// The partition; `None` lets the key choose, or the client.
    pub partition: Option<i32>,
    /// The key, which compaction and partitioning go by.
    pub key: Option<String>,
    /// The payload; `None` is a tombstone.
    pub payload: Option<String>,
    /// Milliseconds since 1970; `None` is now.
    pub timestamp_ms: Option<i64>,
}

impl Record {
    /// A small record in a partition.
    pub fn to(partition: i32) -> Self {
        Self { partition: Some(partition), payload: Some("{}".to_owned()), ..Self::default() }
    }

    /// The same record with this payload.
    #[must_use]
    pub fn saying(self, payload: impl Into<String>) -> Self {
        Self { payload: Some(payload.into()), ..self }
    }

    /// The same record, made at this time.
    #[must_use]
    pub fn made(self, at: jiff::Timestamp) -> Self {
        Self { timestamp_ms: Some(at.as_millisecond()), ..self }
    }

    /// The same record with this key.
    #[must_use]
    pub fn keyed(self, key: impl Into<String>) -> Self {
        Self { key: Some(key.into()), ..self }
    }

    pub(super) fn for_topic<'a>(&'a self, topic: &'a str) -> FutureRecord<'a, String, String> {
        let mut record = FutureRecord::to(topic);
        record.partition = self.partition;
        record.key = self.key.as_ref();
        record.payload = self.payload.as_ref();
        record.timestamp = self.timestamp_ms;
        record
    }
}

impl Brokers {
    /// Produces records, and returns when every in-sync replica has all of them.
    pub async fn produce(&self, topic: &str, records: &[Record]) -> Result<(), Error> {
        send(&self.producer, topic, records).await
    }

    /// Produces `count` small records to one partition.
    pub async fn fill(&self, topic: &str, partition: i32, count: usize) -> Result<(), Error> {
        self.produce(topic, &vec![Record::to(partition); count]).await
    }
}

/// How producers are configured.
pub(super) fn configuration(bootstrap: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", bootstrap).set("acks", "all");
    config
}

pub(super) async fn send(producer: &FutureProducer, topic: &str, records: &[Record]) -> Result<(), Error> {
    let sent =
        records.iter().map(|record| producer.send(record.for_topic(topic), Timeout::After(WRITTEN_WITHIN)));
    for result in futures::future::join_all(sent).await {
        result.map_err(|(error, _)| error)?;
    }
    Ok(())
}
