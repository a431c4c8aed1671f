//! What consumer groups have committed, and how they are, asked of their coordinators: one question a coordinator for all
//! of its groups. Nothing is committed, and no group is joined.

use std::collections::BTreeMap;

use kafka_protocol::{
    error::{ParseResponseErrorCode, ResponseError},
    messages::{
        ConsumerGroupDescribeRequest, DescribeGroupsRequest, FindCoordinatorRequest, GroupId,
        OffsetFetchRequest,
        find_coordinator_response::Coordinator,
        offset_fetch_request::{OffsetFetchRequestGroup, OffsetFetchRequestTopics},
        offset_fetch_response::{OffsetFetchResponseGroup, OffsetFetchResponsePartitions},
    },
    protocol::StrBytes,
};

use super::{GroupState, brokers::Question, lag::Offset, layout::name_of, link::Link, problem::Problem};

/// Several coordinators at once came with version 4, several groups at once with version 8: Kafka 3.0.
const NEWEST_FIND: i16 = 5;
const NEWEST_FETCH: i16 = 9;
const NEWEST_DESCRIBE: i16 = 5;
const NEWEST_DESCRIBE_CONSUMER: i16 = 0;

/// Asks for the coordinators of groups.
pub(super) struct CoordinatorsQuestion {
    pub(super) groups: Vec<String>,
}

/// Asks a coordinator of its groups.
#[derive(Debug, Default)]
pub(super) struct GroupsQuestion {
    /// For each group, its topics and how many partitions they have.
    pub(super) groups: BTreeMap<String, BTreeMap<String, i32>>,
}

/// What a coordinator says of a group.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SeenGroup {
    pub(super) state: GroupState,
    /// By topic; the index is the partition.
    pub(super) committed: BTreeMap<String, Vec<Offset>>,
}

impl Question for CoordinatorsQuestion {
    type Answer = BTreeMap<String, Result<i32, Problem>>;

    async fn ask(&self, link: &mut Link) -> Result<Self::Answer, Problem> {
        let keys = self.groups.iter().map(|group| StrBytes::from_string(group.clone())).collect();
        let question = FindCoordinatorRequest::default().with_key_type(0).with_coordinator_keys(keys);
        let answer = link.ask(&question, NEWEST_FIND).await?;
        let found = answer.coordinators.into_iter();
        Ok(found.map(|found| (found.key.to_string(), coordinator(&found))).collect())
    }
}

fn coordinator(found: &Coordinator) -> Result<i32, Problem> {
    match found.error_code.err() {
        None => Ok(found.node_id.0),
        Some(error) => Err(problem(error)),
    }
}

impl Question for GroupsQuestion {
    type Answer = BTreeMap<String, Result<SeenGroup, Problem>>;

    async fn ask(&self, link: &mut Link) -> Result<Self::Answer, Problem> {
        let committed = self.committed(link).await?;
        let mut states = self.classic(link).await?;
        let unknown = states.iter().filter(|(_, state)| **state == Ok(GroupState::NotFound));
        let unknown = unknown.map(|(group, _)| group.clone()).collect::<Vec<_>>();
        // Groups of the newer protocol (KIP-848) are not known to the older question.
        if !unknown.is_empty() && link.knows::<ConsumerGroupDescribeRequest>() {
            states.extend(newer(link, unknown).await?);
        }
        let seen = committed.into_iter().map(|(group, committed)| {
            let state = states.remove(&group).unwrap_or(Ok(GroupState::Unknown));
            (group, committed.and_then(|committed| Ok(seen(state?, committed))))
        });
        Ok(seen.collect())
    }
}

/// What has committed is there, whatever kind of group it is.
fn seen(state: GroupState, committed: BTreeMap<String, Vec<Offset>>) -> SeenGroup {
    let has_committed = committed.values().flatten().any(|offset| matches!(offset, Ok(0..)));
    let state = if state == GroupState::NotFound && has_committed { GroupState::Unknown } else { state };
    SeenGroup { state, committed }
}

type Committed = BTreeMap<String, Result<BTreeMap<String, Vec<Offset>>, Problem>>;
type States = BTreeMap<String, Result<GroupState, Problem>>;

impl GroupsQuestion {
    async fn committed(&self, link: &mut Link) -> Result<Committed, Problem> {
        let groups = self.groups.iter().map(|(group, topics)| {
            let topics = topics.iter().map(|(topic, partitions)| {
                OffsetFetchRequestTopics::default()
                    .with_name(name_of(topic))
                    .with_partition_indexes((0..*partitions).collect())
            });
            OffsetFetchRequestGroup::default().with_group_id(id_of(group)).with_topics(Some(topics.collect()))
        });
        let question = OffsetFetchRequest::default().with_groups(groups.collect());
        let answer = link.ask(&question, NEWEST_FETCH).await?;
        if answer.groups.len() < self.groups.len() {
            return Err(
                link.problem("it is older than Kafka 3.0, and does not tell the offsets of several groups")
            );
        }
        let groups = answer.groups.into_iter();
        Ok(groups.map(|group| (group.group_id.to_string(), committed(&group))).collect())
    }

    async fn classic(&self, link: &mut Link) -> Result<States, Problem> {
        let groups = self.groups.keys().map(|group| id_of(group)).collect();
        let question = DescribeGroupsRequest::default().with_groups(groups);
        let answer = link.ask(&question, NEWEST_DESCRIBE).await?;
        let groups = answer.groups.into_iter();
        Ok(groups
            .map(|group| (group.group_id.to_string(), state(group.error_code, &group.group_state)))
            .collect())
    }
}

async fn newer(link: &mut Link, groups: Vec<String>) -> Result<States, Problem> {
    let groups = groups.iter().map(|group| id_of(group)).collect();
    let question = ConsumerGroupDescribeRequest::default().with_group_ids(groups);
    let answer = link.ask(&question, NEWEST_DESCRIBE_CONSUMER).await?;
    let groups = answer.groups.into_iter();
    Ok(groups
        .map(|group| (group.group_id.to_string(), state(group.error_code, &group.group_state)))
        .collect())
}

fn committed(group: &OffsetFetchResponseGroup) -> Result<BTreeMap<String, Vec<Offset>>, Problem> {
    if let Some(error) = group.error_code.err() {
        return Err(problem(error));
    }
    let topics = group.topics.iter().map(|topic| {
        let offsets = topic.partitions.iter().map(|partition| (partition.partition_index, offset(partition)));
        (topic.name.to_string(), in_order(offsets.collect()))
    });
    Ok(topics.collect())
}

/// By partition; one that is not told of has nothing committed.
fn in_order(mut offsets: BTreeMap<i32, Offset>) -> Vec<Offset> {
    let partitions = offsets.last_key_value().map_or(0, |(last, _)| last + 1);
    (0..partitions).map(|partition| offsets.remove(&partition).unwrap_or(Ok(-1))).collect()
}

fn offset(partition: &OffsetFetchResponsePartitions) -> Offset {
    partition.error_code.err().map_or(Ok(partition.committed_offset), |error| Err(problem(error)))
}

/// The state of a group, in the words of either protocol.
fn state(error: i16, word: &str) -> Result<GroupState, Problem> {
    match error.err() {
        Some(ResponseError::GroupIdNotFound) => return Ok(GroupState::NotFound),
        Some(error) => return Err(problem(error)),
        None => {}
    }
    Ok(match word {
        "Stable" => GroupState::Stable,
        "PreparingRebalance" | "CompletingRebalance" | "Assigning" | "Reconciling" => GroupState::Rebalancing,
        "Empty" => GroupState::Empty,
        "Dead" => GroupState::NotFound,
        _ => GroupState::Unknown,
    })
}

fn problem(error: ResponseError) -> Problem {
    let grant = || "grant it Describe".to_owned();
    if error == ResponseError::GroupAuthorizationFailed {
        return Problem::Denied("see the consumer group", grant());
    }
    if error == ResponseError::TopicAuthorizationFailed {
        return Problem::Denied("see the topic", grant());
    }
    Problem::Answered(error.to_string())
}

fn id_of(group: &str) -> GroupId {
    GroupId(StrBytes::from_string(group.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(error: i16, word: &str, expected: &Result<GroupState, Problem>) {
        assert_eq!(state(error, word), *expected, "{error} {word}");
    }

    #[test]
    fn the_states_of_both_protocols_are_understood() {
        check(0, "Stable", &Ok(GroupState::Stable));
        check(0, "PreparingRebalance", &Ok(GroupState::Rebalancing));
        check(0, "Reconciling", &Ok(GroupState::Rebalancing));
        check(0, "Empty", &Ok(GroupState::Empty));
        check(0, "Dead", &Ok(GroupState::NotFound));
        check(69, "", &Ok(GroupState::NotFound));
        check(0, "a word of later years", &Ok(GroupState::Unknown));
        check(16, "", &Err(Problem::Answered("NotCoordinator".to_owned())));
        check(30, "", &Err(Problem::Denied("see the consumer group", "grant it Describe".to_owned())));
    }

    #[test]
    fn a_group_that_has_committed_is_there() {
        let committed = |offset| BTreeMap::from([("orders".to_owned(), vec![Ok(-1), Ok(offset)])]);
        assert_eq!(seen(GroupState::NotFound, committed(-1)).state, GroupState::NotFound);
        assert_eq!(seen(GroupState::NotFound, committed(0)).state, GroupState::Unknown);
        assert_eq!(seen(GroupState::Empty, committed(0)).state, GroupState::Empty);
    }
}
