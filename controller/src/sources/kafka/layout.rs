//! The brokers of the cluster, and the partitions of topics with their leaders.

use std::collections::BTreeMap;

use kafka_protocol::{
    error::{ParseResponseErrorCode, ResponseError},
    messages::{
        MetadataRequest, MetadataResponse, TopicName,
        metadata_request::MetadataRequestTopic,
        metadata_response::{MetadataResponsePartition, MetadataResponseTopic},
    },
    protocol::StrBytes,
};

use super::{brokers::Question, link::Link, problem::Problem};

/// The newest version that tells topics by name.
const NEWEST: i16 = 12;

/// Asks for the brokers, and for the layout of some topics. It never makes a topic.
pub(super) struct LayoutQuestion {
    pub(super) topics: Vec<String>,
}

/// What the cluster tells of itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Layout {
    /// `HOST:PORT`, by the broker's number.
    pub(super) brokers: BTreeMap<i32, String>,
    /// By name.
    pub(super) topics: BTreeMap<String, Result<TopicLayout, Problem>>,
}

/// The partitions of a topic.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TopicLayout {
    /// A topic that is made anew gets another one; 0 where the broker is too old to tell.
    pub(super) id: u128,
    /// The leader of each partition; `None` where it has none.
    pub(super) leaders: Vec<Option<i32>>,
}

impl Question for LayoutQuestion {
    type Answer = Layout;

    async fn ask(&self, link: &mut Link) -> Result<Layout, Problem> {
        let topic = |name: &String| MetadataRequestTopic::default().with_name(Some(name_of(name)));
        let question = MetadataRequest::default()
            .with_topics(Some(self.topics.iter().map(topic).collect()))
            .with_allow_auto_topic_creation(false);
        Ok(layout(link.ask(&question, NEWEST).await?))
    }
}

/// A topic's name, on the wire.
pub(super) fn name_of(topic: &str) -> TopicName {
    TopicName(StrBytes::from_string(topic.to_owned()))
}

fn layout(answer: MetadataResponse) -> Layout {
    let brokers = answer.brokers.iter().map(|broker| {
        let host = broker.host.as_str();
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        (broker.node_id.0, format!("{host}:{}", broker.port))
    });
    let topics = answer.topics.into_iter().filter_map(|topic| {
        let name = topic.name.as_ref()?.to_string();
        Some((name, topic_layout(topic)))
    });
    Layout { brokers: brokers.collect(), topics: topics.collect() }
}

fn topic_layout(mut topic: MetadataResponseTopic) -> Result<TopicLayout, Problem> {
    match topic.error_code.err() {
        // It is told of a topic whose partitions wait for a leader, and said of each of them below.
        None | Some(ResponseError::LeaderNotAvailable) => {}
        Some(ResponseError::UnknownTopicOrPartition) => return Err(Problem::NoTopic),
        Some(ResponseError::TopicAuthorizationFailed) => {
            return Err(Problem::Denied("see the topic", "grant it Describe".to_owned()));
        }
        Some(error) => return Err(Problem::Answered(error.to_string())),
    }
    topic.partitions.sort_by_key(|partition| partition.partition_index);
    let leaders = topic.partitions.iter().map(leader).collect();
    Ok(TopicLayout { id: topic.topic_id.as_u128(), leaders })
}

fn leader(partition: &MetadataResponsePartition) -> Option<i32> {
    Some(partition.leader_id.0).filter(|leader| 0 <= *leader)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kafka_protocol::messages::BrokerId;

    fn check(error: i16, leaders: &[i32], expected: Result<&[Option<i32>], Problem>) {
        let partition = |(index, leader): (i32, &i32)| {
            MetadataResponsePartition::default().with_partition_index(index).with_leader_id(BrokerId(*leader))
        };
        let partitions = (0..).zip(leaders).map(partition).collect::<Vec<_>>();
        let topic = MetadataResponseTopic::default()
            .with_error_code(error)
            .with_name(Some(name_of("orders")))
            // Brokers list partitions in any order.
            .with_partitions(partitions.into_iter().rev().collect());
        let read = layout(MetadataResponse::default().with_topics(vec![topic]));
        let read = read.topics["orders"].clone().map(|topic| topic.leaders);
        assert_eq!(read, expected.map(<[Option<i32>]>::to_vec), "error {error}, leaders {leaders:?}");
    }

    #[test]
    fn a_partition_without_leader_is_told_apart_from_a_topic_that_is_not_there() {
        check(0, &[1, 2, 1], Ok(&[Some(1), Some(2), Some(1)]));
        check(5, &[1, -1], Ok(&[Some(1), None]));
        check(3, &[], Err(Problem::NoTopic));
        check(29, &[], Err(Problem::Denied("see the topic", "grant it Describe".to_owned())));
        check(-1, &[], Err(Problem::Answered("UnknownServerError".to_owned())));
    }
}
