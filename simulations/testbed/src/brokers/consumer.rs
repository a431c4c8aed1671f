//! A member of a consumer group, which takes records when it is told to, and commits what it took.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::consumer::{CommitMode, Consumer as _, StreamConsumer};
use rdkafka::error::KafkaError;
use rdkafka::message::BorrowedMessage;
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};

use super::Brokers;
use crate::{Error, until};

/// The coordinator may have to be made first, and a rebalance waits for its members.
const DONE_WITHIN: Duration = Duration::from_secs(60);
/// How long a member listens for a record before it looks at the rest.
const LISTENS: Duration = Duration::from_millis(200);

/// A member of a group, which leaves it when it is dropped.
pub struct Consumer(StreamConsumer);

impl Brokers {
    /// Joins `group` on `topic`. Records are taken from the first on; those of open transactions are not.
    pub fn join(&self, group: &str, topic: &str) -> Result<Consumer, Error> {
        let mut config = self.member(group);
        config.set("heartbeat.interval.ms", "500").set("session.timeout.ms", "6000");
        let consumer: StreamConsumer = config.create()?;
        consumer.subscribe(&[topic])?;
        Ok(Consumer(consumer))
    }

    /// Joins `group` by the newer protocol (KIP-848), where brokers share the partitions out.
    pub fn join_by_newer_protocol(&self, group: &str, topic: &str) -> Result<Consumer, Error> {
        let consumer: StreamConsumer = self.member(group).set("group.protocol", "consumer").create()?;
        consumer.subscribe(&[topic])?;
        Ok(Consumer(consumer))
    }

    /// Commits an offset of each of some partitions for `group` without joining it, as a consumer does that assigns
    /// partitions itself.
    pub async fn commit(&self, group: &str, topic: &str, offsets: &[(i32, i64)]) -> Result<(), Error> {
        let consumer: StreamConsumer = self.member(group).create()?;
        let mut list = TopicPartitionList::new();
        for (partition, offset) in offsets {
            list.add_partition_offset(topic, *partition, Offset::Offset(*offset))?;
        }
        // The coordinator may have to be found first: not on a thread that others wait for.
        let commit = tokio::task::spawn_blocking(move || consumer.commit(&list, CommitMode::Sync));
        Ok(commit.await.unwrap_or(Err(KafkaError::Canceled))?)
    }

    fn member(&self, group: &str) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", self.bootstrap())
            .set("group.id", group)
            .set("auto.offset.reset", "earliest")
            .set("enable.auto.commit", "false")
            .set("isolation.level", "read_committed");
        config
    }
}

impl Consumer {
    /// Takes `count` records and commits them. Returns how many it took of each partition.
    pub async fn take(&self, count: usize) -> Result<BTreeMap<i32, usize>, Error> {
        let mut taken = BTreeMap::new();
        let mut next = TopicPartitionList::new();
        for _ in 0..count {
            let message = self.receive().await?;
            *taken.entry(message.partition()).or_default() += 1;
            let offset = Offset::Offset(message.offset() + 1);
            match next.find_partition(message.topic(), message.partition()) {
                Some(mut element) => element.set_offset(offset)?,
                None => next.add_partition_offset(message.topic(), message.partition(), offset)?,
            }
        }
        // An empty commit is refused.
        if 0 < count {
            self.0.commit(&next, CommitMode::Sync)?;
        }
        Ok(taken)
    }

    /// Takes what is left of a topic with one partition that ends at `end`, and commits it. Returns how many records it
    /// took.
    pub async fn take_to(&self, end: i64) -> Result<usize, Error> {
        let mut taken = 0;
        loop {
            taken += 1;
            let message = self.receive().await?;
            if end <= message.offset() + 1 {
                self.0.commit_message(&message, CommitMode::Sync)?;
                return Ok(taken);
            }
        }
    }

    async fn receive(&self) -> Result<BorrowedMessage<'_>, Error> {
        let late = |_| Error::Late { what: "a record".into(), within: DONE_WITHIN };
        Ok(tokio::time::timeout(DONE_WITHIN, self.0.recv()).await.map_err(late)??)
    }

    /// Takes part in the group without taking records, until this member has `count` partitions.
    pub async fn is_given(&self, count: usize) -> Result<(), Error> {
        until("a member to be given its partitions", DONE_WITHIN, async || {
            // A member that nobody listens to never hears of its partitions; what comes is given back.
            if let Ok(Ok(message)) = tokio::time::timeout(LISTENS, self.0.recv()).await {
                let offset = Offset::Offset(message.offset());
                _ = self.0.seek(message.topic(), message.partition(), offset, LISTENS);
            }
            (self.0.assignment().ok()?.count() == count).then_some(())
        })
        .await
    }
}

impl std::fmt::Debug for Consumer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Consumer")
    }
}
