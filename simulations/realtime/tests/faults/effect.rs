//! What had effect, by id, as Redis has it: beside what was acknowledged.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use prescale_testbed::{Redis, until};
use realtime_load::rooms::Played;
use realtime_protocol::Uuid;

use crate::people::PLAYED;

/// A worker that has lost its place reads some thousand records again.
const FOLDED_WITHIN: Duration = Duration::from_secs(90);

/// Checks that all that was meant to be done was acknowledged, that just those ids had effect, each once, and that what rooms
/// count is that many.
pub(crate) async fn check_effect(redis: &Redis, server: usize, rooms: &str, played: &Played) {
    let acked: BTreeSet<Uuid> = played.acked.iter().map(|acked| acked.id).collect();
    assert_eq!(acked.len() as u64, PLAYED.interactions, "{}", played.report);
    let folding = until("all that was acknowledged to have effect", FOLDED_WITHIN, async || {
        let counted = counted(redis, server, rooms).await?;
        (PLAYED.interactions <= counted.folded).then_some(())
    });
    folding.await.unwrap();
    let seen = seen(redis, server, rooms).await;
    let twice: Vec<_> = seen.iter().filter(|(_, times)| **times != 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    assert_eq!(seen.into_keys().collect::<BTreeSet<_>>(), acked);
    let counted = counted(redis, server, rooms).await.unwrap();
    let kinds = counted.asked + counted.voted + counted.reacted;
    assert_eq!((counted.folded, kinds), (PLAYED.interactions, PLAYED.interactions));
    assert_eq!(counted.reactions, counted.reacted);
}

/// What all rooms count together.
#[derive(Debug, Default)]
struct Counted {
    folded: u64,
    asked: u64,
    voted: u64,
    reacted: u64,
    /// Of each kind of reaction, together.
    reactions: u64,
}

async fn counted(redis: &Redis, server: usize, rooms: &str) -> Option<Counted> {
    let mut sum = Counted::default();
    for room in 0..PLAYED.rooms {
        let key = |part: &str| format!("rt:room:{rooms}{room}:{part}");
        let state: BTreeMap<String, u64> = redis.ask(server, &[b"HGETALL", key("state").as_bytes()]).await?;
        let of = |name: &str| state.get(name).copied().unwrap_or(0);
        sum.folded += of("folded");
        sum.asked += of("asked");
        sum.voted += of("voted");
        sum.reacted += of("reacted");
        let reactions: Vec<u64> = redis.ask(server, &[b"HVALS", key("reactions").as_bytes()]).await?;
        sum.reactions += reactions.iter().sum::<u64>();
    }
    Some(sum)
}

/// The ids that had effect, and how often each is kept.
async fn seen(redis: &Redis, server: usize, rooms: &str) -> BTreeMap<Uuid, usize> {
    let mut seen = BTreeMap::new();
    for room in 0..PLAYED.rooms {
        let pattern = format!("rt:room:{rooms}{room}:seen:*");
        let sets: Vec<String> = redis.ask(server, &[b"KEYS", pattern.as_bytes()]).await.unwrap();
        for set in sets {
            let ids: Vec<Vec<u8>> = redis.ask(server, &[b"SMEMBERS", set.as_bytes()]).await.unwrap();
            for id in ids {
                *seen.entry(Uuid::from_slice(&id).unwrap()).or_default() += 1;
            }
        }
    }
    seen
}
