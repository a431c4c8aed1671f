//! Topics, their partitions and records, and groups: what an administrator of Kafka does.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::admin::{AdminOptions, NewPartitions, NewTopic, TopicReplication};
use rdkafka::error::KafkaError;
use rdkafka::metadata::Metadata;
use rdkafka::producer::Producer as _;
use rdkafka::{Offset, TopicPartitionList};

use super::{Brokers, LOOK};
use crate::{Error, until};

/// A controller that has just been elected takes some seconds.
const DONE_WITHIN: Duration = Duration::from_secs(60);

/// A topic to make: one partition on one broker, with Kafka's own settings, unless it says otherwise.
#[derive(Debug, Clone)]
pub struct Topic<'a> {
    /// Its name.
    pub name: &'a str,
    /// The brokers that hold each partition, the preferred leader first.
    pub partitions: Vec<Vec<i32>>,
    /// Settings such as `cleanup.policy`.
    pub settings: BTreeMap<&'a str, &'a str>,
}

impl<'a> Topic<'a> {
    /// A topic whose partitions all lie on broker 1.
    pub fn new(name: &'a str, partitions: usize) -> Self {
        Self { name, partitions: vec![vec![1]; partitions], settings: BTreeMap::new() }
    }

    /// The same topic with partition `i` on the brokers `placement[i]`, the preferred leader first.
    #[must_use]
    pub fn placed(self, placement: &[&[i32]]) -> Self {
        Self { partitions: placement.iter().map(|brokers| brokers.to_vec()).collect(), ..self }
    }

    /// The same topic with one setting more.
    #[must_use]
    pub fn set(mut self, setting: &'a str, value: &'a str) -> Self {
        self.settings.insert(setting, value);
        self
    }
}

impl Brokers {
    /// Makes a topic, and returns when each partition has a leader.
    pub async fn create(&self, topic: &Topic<'_>) -> Result<(), Error> {
        let placement: Vec<&[i32]> = topic.partitions.iter().map(Vec::as_slice).collect();
        let count = i32::try_from(placement.len()).unwrap_or(i32::MAX);
        let mut new = NewTopic::new(topic.name, count, TopicReplication::Variable(&placement));
        for (setting, value) in &topic.settings {
            new = new.set(setting, value);
        }
        let results = self.admin.create_topics([&new], &options()).await?;
        each(results.into_iter().map(|result| result.map_err(|(_, code)| code)), topic.name)?;
        self.are_led(topic.name, topic.partitions.len()).await
    }

    /// Deletes a topic, and returns when it is gone.
    pub async fn delete(&self, topic: &str) -> Result<(), Error> {
        let results = self.admin.delete_topics(&[topic], &options()).await?;
        each(results.into_iter().map(|result| result.map_err(|(_, code)| code)), topic)?;
        until("a topic to be gone", DONE_WITHIN, async || {
            // All topics are asked for: asking for one by name may make it.
            let metadata = self.metadata().await?;
            metadata.topics().iter().all(|one| one.name() != topic).then_some(())
        })
        .await
    }

    /// Whether a topic is there. Asks for all of them: asking for one by name may make it.
    pub async fn has(&self, topic: &str) -> bool {
        let metadata = self.metadata().await;
        metadata.is_some_and(|metadata| metadata.topics().iter().any(|one| one.name() == topic))
    }

    /// Brings a topic to `count` partitions, the new ones wherever Kafka puts them.
    pub async fn add_partitions(&self, topic: &str, count: usize) -> Result<(), Error> {
        let results = self.admin.create_partitions([&NewPartitions::new(topic, count)], &options()).await?;
        each(results.into_iter().map(|result| result.map_err(|(_, code)| code)), topic)?;
        self.are_led(topic, count).await
    }

    /// Deletes the records of a partition below `offset`, as retention would.
    pub async fn delete_records_below(&self, topic: &str, partition: i32, offset: i64) -> Result<(), Error> {
        let mut offsets = TopicPartitionList::new();
        offsets.add_partition_offset(topic, partition, Offset::Offset(offset))?;
        let done = self.admin.delete_records(&offsets, &options()).await?;
        for element in done.elements() {
            element.error()?;
        }
        Ok(())
    }

    /// Deletes a group, whose members must have left.
    pub async fn delete_group(&self, group: &str) -> Result<(), Error> {
        let results = self.admin.delete_groups(&[group], &options()).await?;
        each(results.into_iter().map(|result| result.map_err(|(_, code)| code)), group)
    }

    /// The first and the end offset of a partition.
    pub async fn offsets(&self, topic: &str, partition: i32) -> Result<(i64, i64), Error> {
        let (admin, topic) = (self.admin.clone(), topic.to_owned());
        let look = move || admin.inner().fetch_watermarks(&topic, partition, LOOK);
        Ok(tokio::task::spawn_blocking(look).await.map_err(|_| Error::Kafka(KafkaError::Canceled))??)
    }

    /// What brokers know of each other and of all topics. `None` while nobody answers.
    pub(super) async fn metadata(&self) -> Option<Metadata> {
        let admin = self.admin.clone();
        let look = move || admin.inner().fetch_metadata(None, LOOK);
        tokio::task::spawn_blocking(look).await.ok()?.ok()
    }

    /// Waits until each partition has a leader, as the producer sees it, which would refuse a partition that it does not
    /// know.
    async fn are_led(&self, topic: &str, count: usize) -> Result<(), Error> {
        until("the partitions to have leaders", DONE_WITHIN, async || {
            let (producer, topic) = (self.producer.clone(), topic.to_owned());
            let look = move || producer.client().fetch_metadata(Some(&topic), LOOK);
            let metadata = tokio::task::spawn_blocking(look).await.ok()?.ok()?;
            let partitions = metadata.topics().first()?.partitions();
            (partitions.len() == count && partitions.iter().all(|one| 0 <= one.leader())).then_some(())
        })
        .await
    }
}

fn options() -> AdminOptions {
    AdminOptions::new().request_timeout(Some(DONE_WITHIN)).operation_timeout(Some(DONE_WITHIN))
}

/// The first refusal of what was asked for one by one.
fn each<T>(
    results: impl Iterator<Item = Result<T, rdkafka::types::RDKafkaErrorCode>>,
    what: &str,
) -> Result<(), Error> {
    for result in results {
        result.map_err(|code| Error::Answer { asked: what.to_owned(), answer: code.to_string() })?;
    }
    Ok(())
}
