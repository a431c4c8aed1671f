//! Records of partitions, from an offset on, asked of their leaders. Nobody's group hears of it.

use std::collections::BTreeMap;

use bytes::Bytes;
use kafka_protocol::{
    error::{ParseResponseErrorCode, ResponseError},
    messages::{
        BrokerId, FetchRequest,
        fetch_request::{FetchPartition, FetchTopic},
        fetch_response::PartitionData,
    },
};

use super::{brokers::Question, layout::name_of, link::Link, problem::Problem};

/// The newest version that names topics.
const NEWEST: i16 = 12;

/// Offsets by topic and partition.
pub(super) type Positions = BTreeMap<String, BTreeMap<i32, i64>>;

/// Asks a leader for records from some offsets on.
#[derive(Debug, Default)]
pub(super) struct FetchQuestion {
    pub(super) from: Positions,
    /// Bytes of all partitions together, and of one. The first batch comes whole, whatever its size.
    pub(super) most_bytes: i32,
    pub(super) most_bytes_each: i32,
}

/// Batches of records, by topic and partition.
pub(super) type Fetched = BTreeMap<String, BTreeMap<i32, Result<Bytes, Problem>>>;

impl Question for FetchQuestion {
    type Answer = Fetched;

    async fn ask(&self, link: &mut Link) -> Result<Fetched, Problem> {
        let topics = self.from.iter().map(|(topic, positions)| {
            let partition = |(partition, offset): (&i32, &i64)| {
                FetchPartition::default()
                    .with_partition(*partition)
                    .with_fetch_offset(*offset)
                    .with_partition_max_bytes(self.most_bytes_each)
            };
            let partitions = positions.iter().map(partition).collect();
            FetchTopic::default().with_topic(name_of(topic)).with_partitions(partitions)
        });
        let question = FetchRequest::default()
            .with_replica_id(BrokerId(-1))
            // What is there is there already: it is not waited for.
            .with_max_wait_ms(0)
            .with_min_bytes(1)
            .with_max_bytes(self.most_bytes)
            // No session: the broker remembers nothing of us.
            .with_session_epoch(-1)
            .with_topics(topics.collect());
        let answer = link.ask(&question, NEWEST).await?;
        if let Some(error) = answer.error_code.err() {
            return Err(Problem::Answered(error.to_string()));
        }
        let topics = answer.responses.into_iter().map(|topic| {
            let partitions = topic.partitions.into_iter();
            let records = partitions.map(|partition| (partition.partition_index, records(partition)));
            (topic.topic.to_string(), records.collect())
        });
        Ok(topics.collect())
    }
}

fn records(partition: PartitionData) -> Result<Bytes, Problem> {
    match partition.error_code.err() {
        None => Ok(partition.records.unwrap_or_default()),
        Some(ResponseError::TopicAuthorizationFailed) => {
            Err(Problem::Denied("read the topic", "grant it Read".to_owned()))
        }
        Some(error) => Err(Problem::Answered(error.to_string())),
    }
}

/// One question a leader.
pub(super) fn questions(
    from: Positions,
    leader: impl Fn(&str, i32) -> Option<i32>,
    (most_bytes, most_bytes_each): (i32, i32),
) -> BTreeMap<i32, FetchQuestion> {
    let mut questions = BTreeMap::<i32, FetchQuestion>::new();
    for (topic, positions) in from {
        for (partition, offset) in positions {
            let Some(leader) = leader(&topic, partition) else { continue };
            let question = questions.entry(leader).or_insert_with(|| FetchQuestion {
                from: Positions::new(),
                most_bytes,
                most_bytes_each,
            });
            question.from.entry(topic.clone()).or_default().insert(partition, offset);
        }
    }
    questions
}
