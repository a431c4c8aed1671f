//! Where partitions begin and end, asked of their leaders: one question a leader for all topics.

use std::collections::BTreeMap;

use kafka_protocol::{
    error::{ParseResponseErrorCode, ResponseError},
    messages::{
        BrokerId, ListOffsetsRequest, ListOffsetsResponse,
        list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic},
        list_offsets_response::ListOffsetsPartitionResponse,
    },
};

use super::{
    brokers::Question,
    lag::{Extent, Offset},
    layout::{TopicLayout, name_of},
    link::Link,
    problem::Problem,
};

const NEWEST: i16 = 8;
/// Kafka's words for the next offset that will be written, and for the first that is there.
const END: i64 = -1;
const START: i64 = -2;

/// Partitions of topics.
pub(super) type Partitions = BTreeMap<String, Vec<i32>>;

/// Asks a leader where its partitions end, and where those of some topics begin.
#[derive(Debug, Default)]
pub(super) struct ExtentsQuestion {
    pub(super) ends: Partitions,
    pub(super) starts: Partitions,
}

/// By topic and partition.
#[derive(Debug, Default)]
pub(super) struct Offsets {
    ends: BTreeMap<String, BTreeMap<i32, Offset>>,
    starts: BTreeMap<String, BTreeMap<i32, Offset>>,
}

impl Question for ExtentsQuestion {
    type Answer = Offsets;

    async fn ask(&self, link: &mut Link) -> Result<Offsets, Problem> {
        let mut offsets = Offsets { ends: ask(link, &self.ends, END).await?, ..Offsets::default() };
        if !self.starts.is_empty() {
            offsets.starts = ask(link, &self.starts, START).await?;
        }
        Ok(offsets)
    }
}

/// Asks a leader for the first records of some partitions that are stamped at a time or later.
#[derive(Debug, Default)]
pub(super) struct SinceQuestion {
    pub(super) partitions: Partitions,
    /// Milliseconds since 1970, 0 or more.
    pub(super) millis: i64,
}

/// Where a record is, and its stamp in milliseconds; `None` where none is so late.
pub(super) type Since = Result<Option<(i64, i64)>, Problem>;

impl Question for SinceQuestion {
    type Answer = BTreeMap<String, BTreeMap<i32, Since>>;

    async fn ask(&self, link: &mut Link) -> Result<Self::Answer, Problem> {
        Ok(read_each(send(link, &self.partitions, self.millis).await?, since))
    }
}

fn since(partition: &ListOffsetsPartitionResponse) -> Since {
    let is_none = partition.error_code.is_ok() && partition.offset < 0;
    if is_none { Ok(None) } else { Ok(Some((offset(partition)?, partition.timestamp))) }
}

async fn ask(
    link: &mut Link,
    partitions: &Partitions,
    which: i64,
) -> Result<BTreeMap<String, BTreeMap<i32, Offset>>, Problem> {
    Ok(read_each(send(link, partitions, which).await?, offset))
}

async fn send(link: &mut Link, partitions: &Partitions, which: i64) -> Result<ListOffsetsResponse, Problem> {
    let topics = partitions.iter().map(|(topic, partitions)| {
        let partition =
            |index: &i32| ListOffsetsPartition::default().with_partition_index(*index).with_timestamp(which);
        ListOffsetsTopic::default()
            .with_name(name_of(topic))
            .with_partitions(partitions.iter().map(partition).collect())
    });
    let question = ListOffsetsRequest::default().with_replica_id(BrokerId(-1)).with_topics(topics.collect());
    link.ask(&question, NEWEST).await
}

fn read_each<T>(
    answer: ListOffsetsResponse,
    of: impl Fn(&ListOffsetsPartitionResponse) -> T,
) -> BTreeMap<String, BTreeMap<i32, T>> {
    let topics = answer.topics.into_iter().map(|topic| {
        let offsets = topic.partitions.iter().map(|partition| (partition.partition_index, of(partition)));
        (topic.name.to_string(), offsets.collect())
    });
    topics.collect()
}

fn offset(partition: &ListOffsetsPartitionResponse) -> Offset {
    match partition.error_code.err() {
        None if 0 <= partition.offset => Ok(partition.offset),
        // Kafka says -1 where it does not know.
        None => Err(Problem::Answered(format!("offset {}", partition.offset))),
        Some(ResponseError::TopicAuthorizationFailed) => {
            Err(Problem::Denied("see the topic", "grant it Describe".to_owned()))
        }
        Some(error) => Err(Problem::Answered(error.to_string())),
    }
}

/// One question a leader, for topics whose `starts` are needed or not.
pub(super) fn questions<'a>(
    topics: impl IntoIterator<Item = (&'a String, &'a TopicLayout)>,
    needs_starts: impl Fn(&str) -> bool,
) -> BTreeMap<i32, ExtentsQuestion> {
    let mut questions = BTreeMap::<i32, ExtentsQuestion>::new();
    for (topic, layout) in topics {
        for (partition, leader) in (0..).zip(&layout.leaders) {
            let Some(leader) = leader else { continue };
            let question = questions.entry(*leader).or_default();
            question.ends.entry(topic.clone()).or_default().push(partition);
            if needs_starts(topic) {
                question.starts.entry(topic.clone()).or_default().push(partition);
            }
        }
    }
    questions
}

/// The extents of a topic, from what its leaders answered.
pub(super) fn extents(
    topic: &str,
    layout: &TopicLayout,
    answers: &BTreeMap<i32, Result<Offsets, Problem>>,
) -> Vec<Extent> {
    let partitions = (0..).zip(&layout.leaders);
    partitions
        .map(|(partition, leader)| match leader.map(|leader| answers.get(&leader)) {
            Some(Some(Ok(offsets))) => Extent {
                start: found(&offsets.starts, topic, partition),
                end: found(&offsets.ends, topic, partition),
            },
            Some(Some(Err(problem))) => Extent { start: Err(problem.clone()), end: Err(problem.clone()) },
            Some(None) | None => {
                let problem = Problem::NoLeader { partition };
                Extent { start: Err(problem.clone()), end: Err(problem) }
            }
        })
        .collect()
}

fn found(offsets: &BTreeMap<String, BTreeMap<i32, Offset>>, topic: &str, partition: i32) -> Offset {
    let offset = offsets.get(topic).and_then(|offsets| offsets.get(&partition)).cloned();
    offset.unwrap_or_else(|| Err(Problem::Answered(format!("nothing of partition {partition}"))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kafka_protocol::messages::list_offsets_response::ListOffsetsTopicResponse;

    fn answer(offsets: &[(i32, i16, i64)]) -> BTreeMap<String, BTreeMap<i32, Offset>> {
        let partition = |&(index, error, offset): &(i32, i16, i64)| {
            ListOffsetsPartitionResponse::default()
                .with_partition_index(index)
                .with_error_code(error)
                .with_offset(offset)
        };
        let topic = ListOffsetsTopicResponse::default()
            .with_name(name_of("orders"))
            .with_partitions(offsets.iter().map(partition).collect());
        read_each(ListOffsetsResponse::default().with_topics(vec![topic]), offset)
    }

    /// What a leader answers: partition, error and offset of each.
    type Answer<'a> = (i32, &'a [(i32, i16, i64)]);

    fn check(leaders: &[Option<i32>], answers: &[Answer<'_>], expected: &[Offset]) {
        let layout = TopicLayout { id: 0, leaders: leaders.to_vec() };
        let answers = answers
            .iter()
            .map(|(leader, ends)| (*leader, Ok(Offsets { ends: answer(ends), ..Offsets::default() })));
        let extents = extents("orders", &layout, &answers.collect());
        let ends = extents.into_iter().map(|extent| extent.end).collect::<Vec<_>>();
        assert_eq!(ends, expected, "{leaders:?}");
    }

    #[test]
    fn each_partition_is_known_by_its_own_leader_or_not_at_all() {
        check(&[Some(1), Some(2)], &[(1, &[(0, 0, 10)]), (2, &[(1, 0, 20)])], &[Ok(10), Ok(20)]);
        let leaderless = Err(Problem::NoLeader { partition: 1 });
        check(&[Some(1), None], &[(1, &[(0, 0, 10)])], &[Ok(10), leaderless]);
        let moved = Err(Problem::Answered("NotLeaderOrFollower".to_owned()));
        check(&[Some(1), Some(1)], &[(1, &[(0, 0, 10), (1, 6, -1)])], &[Ok(10), moved]);
        let unknown = Err(Problem::Answered("offset -1".to_owned()));
        check(&[Some(1)], &[(1, &[(0, 0, -1)])], &[unknown]);
        let silent = Err(Problem::Answered("nothing of partition 1".to_owned()));
        check(&[Some(1), Some(1)], &[(1, &[(0, 0, 10)])], &[Ok(10), silent]);
    }

    #[test]
    fn a_leader_is_asked_once_for_all_its_partitions() {
        let layout =
            |leaders: &[i32]| TopicLayout { id: 0, leaders: leaders.iter().copied().map(Some).collect() };
        let topics = BTreeMap::from([("a".to_owned(), layout(&[1, 2, 1])), ("b".to_owned(), layout(&[2]))]);
        let asked = questions(&topics, |topic| topic == "b");
        let ends = |broker: i32| format!("{:?} {:?}", asked[&broker].ends, asked[&broker].starts);
        assert_eq!(asked.len(), 2);
        assert_eq!(ends(1), r#"{"a": [0, 2]} {}"#);
        assert_eq!(ends(2), r#"{"a": [1], "b": [0]} {"b": [0]}"#);
    }
}
