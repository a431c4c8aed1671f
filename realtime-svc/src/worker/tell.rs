//! Tells gateways what rooms look like: each at most once in a while, and only when something was folded into it. The frame is
//! made here, once for everybody.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, LazyLock},
    time::Duration,
};

use futures::{StreamExt as _, stream};
use realtime_protocol::{Leader, Question, Reaction, RoomName, ServerFrame, Update, limits};
use redis::Script;
use serde::Deserialize;
use tokio::{sync::mpsc, time::Instant};
use tracing::{debug, warn};

use crate::{
    gateway::{desk::now_ms, rooms::listen::CHANNEL},
    metrics::Metrics,
    redis::{Failure, Redis},
};

/// A gateway says its people every 10 s; one that has missed it three times is gone.
const PEOPLE_FOR_MS: i64 = 30_000;
/// Rooms that are read at once.
const AT_ONCE: usize = 32;
/// As long as the room itself.
const IDLE_S: u32 = 24 * 3600;
/// Between two looks which rooms are due: a tenth of the shortest time between updates that makes sense.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// A room that was told longer ago than this is told at once, and need not be remembered.
const FORGET_EVERY: Duration = Duration::from_secs(60);

static ROOM: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("room.lua")));

/// Rooms that have changed, and when each was told last. Pure.
#[derive(Debug, Default)]
pub(super) struct Due {
    changed: BTreeSet<RoomName>,
    told: HashMap<RoomName, Instant>,
}

impl Due {
    /// Something was folded into a room.
    pub(super) fn changed(&mut self, room: RoomName) {
        self.changed.insert(room);
    }

    /// Those that may be told now.
    pub(super) fn take(&mut self, now: Instant, every: Duration) -> Vec<RoomName> {
        let is_due = |room: &RoomName| self.told.get(room).is_none_or(|told| every <= now - *told);
        let due: Vec<_> = self.changed.iter().filter(|room| is_due(room)).cloned().collect();
        for room in &due {
            self.changed.remove(room);
            self.told.insert(room.clone(), now);
        }
        due
    }

    fn forget(&mut self, now: Instant, every: Duration) {
        self.told.retain(|_, told| now - *told < every);
    }
}

/// Tells rooms for as long as some may change.
pub(super) async fn tell(
    redis: Arc<Redis>,
    metrics: Metrics,
    every: Duration,
    mut changes: mpsc::UnboundedReceiver<RoomName>,
) {
    let mut due = Due::default();
    let mut last = Last::new();
    let mut forgotten = Instant::now();
    loop {
        tokio::select! {
            change = changes.recv() => match change {
                Some(room) => due.changed(room),
                None => {
                    // What was folded last is told before we go.
                    let rest = std::mem::take(&mut due.changed).into_iter().collect();
                    tell_all(&redis, &metrics, &mut last, rest).await;
                    return;
                }
            },
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        while let Ok(room) = changes.try_recv() {
            due.changed(room);
        }
        let now = Instant::now();
        for room in tell_all(&redis, &metrics, &mut last, due.take(now, every)).await {
            due.changed(room);
        }
        if FORGET_EVERY <= now - forgotten {
            due.forget(now, every);
            last.retain(|room, _| due.told.contains_key(room));
            forgotten = now;
        }
    }
}

/// What each room was told to look like.
type Last = HashMap<RoomName, Update>;

/// Tells rooms, and returns those that could not be told.
async fn tell_all(redis: &Redis, metrics: &Metrics, last: &mut Last, rooms: Vec<RoomName>) -> Vec<RoomName> {
    let before = &*last;
    let telling = stream::iter(rooms).map(async |room| {
        let told = publish(redis, metrics, &room, before.get(&room)).await;
        (room, told)
    });
    let told: Vec<_> = telling.buffer_unordered(AT_ONCE).collect().await;
    let mut failed = Vec::new();
    for (room, told) in told {
        match told {
            Ok(update) => _ = last.insert(room, update),
            Err(error) => {
                metrics.redis_errors.inc();
                redis.failed().await;
                warn!(%room, %error, "room not told");
                failed.push(room);
            }
        }
    }
    failed
}

/// Reads a room, and tells it unless it looks as it did: a gateway that says the same number of people again is no news.
async fn publish(
    redis: &Redis,
    metrics: &Metrics,
    room: &RoomName,
    last: Option<&Update>,
) -> Result<Update, Failure> {
    let mut connection = redis.connection().await?;
    let mut call = ROOM.prepare_invoke();
    call.arg(room.as_str()).arg(limits::QUESTIONS_SHOWN).arg(limits::LEADERS_SHOWN);
    let read: Read = call.invoke_async(&mut connection).await?;
    let update = update(room, read, now_ms());
    let is_news =
        last.is_none_or(|last| Update { version: last.version, at: last.at, ..update.clone() } != *last);
    if is_news {
        let frame = ServerFrame::Update(update.clone()).to_json();
        let mut pipeline = redis::pipe();
        pipeline.set_ex(format!("rt:room:{room}:latest"), &frame, IDLE_S.into()).ignore();
        pipeline.publish(format!("{CHANNEL}{room}"), &frame).ignore();
        pipeline.query_async::<()>(&mut connection).await?;
        metrics.updates_published.inc();
        debug!(%room, version = update.version, "room told");
    }
    Ok(update)
}

/// State, questions, reactions, leaders, people: as `room.lua` answers.
type Read = (
    HashMap<String, u64>,
    Vec<(String, u64, String, String)>,
    HashMap<String, u64>,
    Vec<(String, u64, String)>,
    HashMap<String, String>,
);

#[derive(Deserialize)]
struct Asked {
    text: String,
    user: String,
}

fn update(room: &RoomName, (state, questions, reactions, leaders, people): Read, at: i64) -> Update {
    let question = |(id, votes, asked, name): (String, u64, String, String)| {
        let Asked { text, user } = serde_json::from_str(&asked).ok()?;
        Some(Question { id: id.parse().ok()?, user, name: known(name), text, votes })
    };
    let leader = |(user, points, name)| Leader { user, name: known(name), points };
    let reaction = |one: Reaction| Some((one, *reactions.get(one.name())?));
    Update {
        room: room.clone(),
        version: state.get("version").copied().unwrap_or(0),
        folded: state.get("folded").copied().unwrap_or(0),
        at,
        questions: questions.into_iter().filter_map(question).collect(),
        reactions: Reaction::ALL.into_iter().filter_map(reaction).collect(),
        leaderboard: leaders.into_iter().map(leader).collect(),
        people: count(people.values(), at),
    }
}

fn known(name: String) -> Option<String> {
    (!name.is_empty()).then_some(name)
}

/// The sum of what gateways said lately; `None` where none did.
fn count<'a>(said: impl Iterator<Item = &'a String>, at: i64) -> Option<u64> {
    let lately = said.filter_map(|said| {
        let (count, said_at) = said.split_once(' ')?;
        let said_at: i64 = said_at.parse().ok()?;
        count.parse::<u64>().ok().filter(|_| at - said_at < PEOPLE_FOR_MS)
    });
    lately.fold(None, |sum, count| Some(sum.unwrap_or(0) + count))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(name: &str) -> RoomName {
        RoomName::new(name).unwrap()
    }

    #[test]
    fn a_room_is_told_once_in_a_while_and_only_when_it_has_changed() {
        let (mut due, every, start) = (Due::default(), Duration::from_secs(1), Instant::now());
        let at = |ms| start + Duration::from_millis(ms);
        due.changed(room("a"));
        assert_eq!(due.take(at(0), every), [room("a")]);
        due.changed(room("a"));
        due.changed(room("b"));
        assert_eq!(due.take(at(500), every), [room("b")]);
        assert_eq!(due.take(at(1000), every), [room("a")]);
        assert_eq!(due.take(at(9000), every), []);
    }

    #[test]
    fn people_are_the_sum_of_what_gateways_said_lately() {
        let check = |said: &[&str], expected| {
            let said: Vec<_> = said.iter().map(|&said| said.to_owned()).collect();
            assert_eq!(count(said.iter(), 100_000), expected, "{said:?}");
        };
        check(&[], None);
        check(&["3 99000", "4 71000"], Some(7));
        check(&["3 99000", "4 70000"], Some(3));
        check(&["4 10000"], None);
        check(&["0 99000"], Some(0));
        check(&["nonsense"], None);
    }
}
