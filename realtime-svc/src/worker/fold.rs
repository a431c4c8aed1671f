//! Folds batches into Redis by one script, which moves the partition's offset together with what it changes. So what is in
//! Redis is always what some whole piece of the log makes, and the next piece fits on once.

use std::sync::{Arc, LazyLock};

use realtime_protocol::{Act, Interaction};
use redis::Script;
use serde_json::json;

use crate::redis::{Failure, Redis};

/// A room in which nothing is done is forgotten after a day.
const IDLE_S: u32 = 24 * 3600;
/// Questions that a room keeps: those with the most votes, and of the rest the latest.
const QUESTIONS: u32 = 1_000;

static FOLD: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("fold.lua")));

/// A piece of a partition.
#[derive(Debug)]
pub(super) struct Batch {
    /// The partition.
    pub(super) partition: i32,
    /// Where Redis should be: the offset of the next record to fold; `None` when nothing was ever folded.
    pub(super) expected: Option<i64>,
    /// Where it is after this.
    pub(super) next: i64,
    /// What can be folded of it, in order.
    pub(super) interactions: Vec<Interaction>,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Folded {
    /// It is folded; of its interactions so many had been folded before.
    Done {
        /// Interactions whose id was seen before.
        duplicates: u64,
    },
    /// Redis is elsewhere, and nothing was folded.
    Elsewhere(Option<i64>),
}

/// Folds the batches of one topic.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    /// Where to.
    pub(super) redis: Arc<Redis>,
    /// The topic.
    pub(super) topic: String,
    /// How long an id is remembered at least, seconds.
    pub(super) seen_for_s: u32,
}

impl Folder {
    /// Folds a batch, whole or not at all.
    pub(super) async fn fold(&self, batch: &Batch) -> Result<Folded, Failure> {
        let mut connection = self.redis.connection().await?;
        let mut call = FOLD.prepare_invoke();
        call.key(self.key(batch.partition));
        call.arg(batch.expected.map_or_else(String::new, |offset| offset.to_string()));
        call.arg(batch.next).arg(self.seen_for_s).arg(IDLE_S).arg(QUESTIONS);
        for interaction in &batch.interactions {
            for field in fields(interaction) {
                call.arg(field);
            }
        }
        let (is_done, said): (u8, String) = call.invoke_async(&mut connection).await?;
        Ok(match is_done {
            1 => Folded::Done { duplicates: said.parse().unwrap_or(0) },
            _ => Folded::Elsewhere(said.parse().ok()),
        })
    }

    /// Where Redis is in each of these partitions.
    pub(super) async fn offsets(&self, partitions: &[i32]) -> Result<Vec<Option<i64>>, Failure> {
        if partitions.is_empty() {
            return Ok(Vec::new());
        }
        let mut connection = self.redis.connection().await?;
        let keys: Vec<_> = partitions.iter().map(|partition| self.key(*partition)).collect();
        Ok(redis::cmd("MGET").arg(keys).query_async(&mut connection).await?)
    }

    fn key(&self, partition: i32) -> String {
        format!("rt:offset:{}:{partition}", self.topic)
    }
}

/// The seven that the script takes of an interaction.
fn fields(interaction: &Interaction) -> [Vec<u8>; 7] {
    let Interaction { id, room, user, name, occurred_at_ms, act } = interaction;
    let (user, what, question) = match act {
        Act::Ask(text) => (user.clone(), json!({"text": text, "user": user}).to_string(), id.to_string()),
        Act::Vote(question) => (user.clone(), String::new(), question.to_string()),
        Act::React(reaction) => (user.clone(), reaction.name().to_owned(), String::new()),
        Act::People { gateway, count } => {
            (gateway.clone(), format!("{count} {occurred_at_ms}"), String::new())
        }
    };
    [
        act.word().into(),
        id.as_bytes().to_vec(),
        room.as_str().into(),
        user.into(),
        name.clone().unwrap_or_default().into(),
        what.into(),
        question.into(),
    ]
}
