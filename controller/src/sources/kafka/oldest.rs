//! The age of what waits since before we looked: the stamps of records, a few of which are read at each poll.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    batch::read_batches,
    brokers::Brokers,
    fetch::{self, Positions},
    poll::SeenTopic,
};

/// Records read of a leader at each poll. More that wait have their turn at the next, so that with many the age is that of
/// a few polls ago.
const MOST_RECORDS: usize = 16;
/// Bytes of an answer: a record comes with its batch, which is 1 MiB at most by default and a few KiB in most cases.
const MOST_BYTES: i32 = 1 << 20;
const MOST_BYTES_EACH: i32 = 128 << 10;

/// A record whose age is asked for: the next that a group will read of a partition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Waiting {
    pub(super) topic: String,
    pub(super) partition: i32,
    pub(super) offset: i64,
}

/// When each record was made, or arrived, as the topic stamps them.
pub(super) type Stamps = BTreeMap<Waiting, Timestamp>;

/// Reads the stamps of those of `waiting` that come first, a few of each leader.
pub(super) async fn stamps(
    waiting: Vec<Waiting>,
    topics: &BTreeMap<String, SeenTopic>,
    brokers: &mut Brokers,
) -> Stamps {
    let leader = |topic: &str, partition: i32| {
        topics.get(topic)?.leaders.get(usize::try_from(partition).ok()?).copied()?
    };
    let mut asked_of = BTreeMap::<i32, usize>::new();
    let mut from = Positions::new();
    for one in waiting {
        let Some(leader) = leader(&one.topic, one.partition) else { continue };
        let asked = asked_of.entry(leader).or_default();
        // Two groups may wait at two offsets of a partition: the other has its turn at the next poll.
        let is_free = from.get(&one.topic).is_none_or(|positions| !positions.contains_key(&one.partition));
        if *asked < MOST_RECORDS && is_free {
            *asked += 1;
            from.entry(one.topic).or_default().insert(one.partition, one.offset);
        }
    }
    let mut stamps = Stamps::new();
    let questions = fetch::questions(from.clone(), leader, (MOST_BYTES, MOST_BYTES_EACH));
    // What cannot be read is asked for again at the next poll.
    for fetched in brokers.ask_each(questions).await.into_values().flatten() {
        for (topic, partitions) in fetched {
            for (partition, records) in partitions {
                let (Ok(records), Some(offset)) =
                    (records, from.get(&topic).and_then(|of| of.get(&partition)))
                else {
                    continue;
                };
                if let Some(stamp) = stamp_of(*offset, &records) {
                    stamps.insert(Waiting { topic: topic.clone(), partition, offset: *offset }, stamp);
                }
            }
        }
    }
    stamps
}

/// The stamp of the record at `offset`, or of the next that is there: compaction leaves holes.
fn stamp_of(offset: i64, records: &[u8]) -> Option<Timestamp> {
    let mut millis = None;
    read_batches(records, |record| {
        if offset <= record.offset && millis.is_none() {
            millis = Some(record.millis);
        }
    });
    Timestamp::from_millisecond(millis?).ok()
}
