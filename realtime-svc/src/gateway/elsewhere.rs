//! How a line drains when other gateways have room, such as those that were started because of it. Gateways say in Redis how
//! many places they have; one with a line tells its first people to go, as many as there is room for elsewhere, each with a
//! ticket. It keeps their place by time at whichever gateway they come to: also at this one, if they are sent here again.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use realtime_protocol::Uuid;
use tokio::time::Instant;
use tracing::{debug, warn};

use super::{
    Gateway,
    desk::{now_ms, now_us},
};
use crate::{
    admission::Comer,
    redis::{Failure, Redis},
};

/// How often a gateway says how many places it has, and looks at the others'.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A gateway that has said nothing for so long has no room.
const SILENT_AFTER_MS: i64 = 5_000;
/// And is forgotten after so long.
const FORGOTTEN_AFTER_MS: i64 = 60_000;
/// Until who was sent away has come in, and is seen in the numbers of another gateway.
const ARRIVED_AFTER: Duration = Duration::from_secs(4);
/// At each look: all have to connect again, and one gateway may have to greet them all.
const AT_ONCE: usize = 500;
/// Who was sent away comes again within two seconds, or has given up.
const TICKET_HOLDS_MS: i64 = 60_000;
/// What the gateways of a topic say of themselves, by name: `FREE WAITING AT_MS`.
const GATEWAYS: &str = "rt:gateways:";
/// What a ticket stands for: `SINCE_US USER`.
const LINE: &str = "rt:line:";

/// What a gateway says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Said {
    free: usize,
    waiting: usize,
    at_ms: i64,
}

impl Said {
    fn read(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let said = Self {
            free: words.next()?.parse().ok()?,
            waiting: words.next()?.parse().ok()?,
            at_ms: words.next()?.parse().ok()?,
        };
        Some(said)
    }
}

impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.free, self.waiting, self.at_ms)
    }
}

/// Says how many places there are and sends people away, until the process ends.
pub(super) async fn send(gateway: Arc<Gateway>) {
    let mut sent = Sent::default();
    while gateway.lifecycle.is_open() {
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = gateway.lifecycle.draining.cancelled() => break,
        }
        if let Err(error) = look(&gateway, &mut sent).await {
            gateway.redis.failed().await;
            debug!(%error, "other gateways are not seen, nobody is sent to them");
        }
    }
    if let Err(error) = forget(&gateway, &[&gateway.name]).await {
        debug!(%error, "other gateways may believe for some seconds that there is room here");
    }
}

async fn look(gateway: &Gateway, sent: &mut Sent) -> Result<(), Failure> {
    let (free, waiting) = gateway.lobby.numbers();
    let ours = Said { free, waiting, at_ms: now_ms() };
    let mut connection = gateway.redis.connection().await?;
    let mut asked = redis::cmd("HSET");
    asked.arg(key(gateway)).arg(&gateway.name).arg(ours.to_string());
    asked.query_async::<()>(&mut connection).await?;
    if waiting == 0 {
        return Ok(());
    }
    let all: HashMap<String, String> =
        redis::cmd("HGETALL").arg(key(gateway)).query_async(&mut connection).await?;
    let others: HashMap<&str, Said> = all
        .iter()
        .filter(|(name, _)| **name != gateway.name)
        .filter_map(|(name, said)| Some((name.as_str(), Said::read(said)?)))
        .collect();
    let gone: Vec<_> = others
        .iter()
        .filter(|(_, said)| FORGOTTEN_AFTER_MS < ours.at_ms - said.at_ms)
        .map(|(name, _)| *name)
        .collect();
    forget(gateway, &gone).await?;
    let count = share(ours, others.values(), sent.on_their_way());
    if 0 < count {
        debug!(count, waiting, "people are sent to gateways that have room");
        sent.add(count);
        gateway.lobby.send_away(count);
    }
    Ok(())
}

async fn forget(gateway: &Gateway, names: &[&str]) -> Result<(), Failure> {
    if names.is_empty() {
        return Ok(());
    }
    let mut connection = gateway.redis.connection().await?;
    Ok(redis::cmd("HDEL").arg(key(gateway)).arg(names).query_async(&mut connection).await?)
}

fn key(gateway: &Gateway) -> String {
    format!("{GATEWAYS}{}", gateway.settings.kafka.topic)
}

/// How many of our line find room elsewhere. All lines have a share of it, by their length.
fn share<'a>(ours: Said, others: impl Iterator<Item = &'a Said>, on_their_way: usize) -> usize {
    let (mut room, mut waiting) = (0, ours.waiting);
    for other in others.filter(|other| ours.at_ms - other.at_ms <= SILENT_AFTER_MS) {
        // Where people wait, room is theirs.
        room += other.free.saturating_sub(other.waiting);
        waiting += other.waiting;
    }
    let share = (room * ours.waiting).div_ceil(waiting.max(1));
    share.saturating_sub(on_their_way).min(ours.waiting).min(AT_ONCE)
}

/// Who was sent away and may not be seen elsewhere yet.
#[derive(Debug, Default)]
struct Sent(VecDeque<(Instant, usize)>);

impl Sent {
    fn add(&mut self, count: usize) {
        self.0.push_back((Instant::now(), count));
    }

    fn on_their_way(&mut self) -> usize {
        while self.0.front().is_some_and(|(at, _)| ARRIVED_AFTER <= at.elapsed()) {
            self.0.pop_front();
        }
        self.0.iter().map(|(_, count)| count).sum()
    }
}

/// Makes a ticket for `user`, who stood in line since then. `None` where Redis does not keep it: the place is lost then.
pub(super) async fn ticket(redis: &Redis, user: &str, since_us: i64) -> Option<Uuid> {
    let ticket = Uuid::new_v4();
    let keep = async {
        let mut connection = redis.connection().await?;
        let mut asked = redis::cmd("SET");
        asked.arg(format!("{LINE}{ticket}")).arg(format!("{since_us} {user}")).arg("PX").arg(TICKET_HOLDS_MS);
        asked.query_async::<()>(&mut connection).await?;
        Ok::<_, Failure>(ticket)
    };
    keep.await.inspect_err(|error| warn!(%error, "a place in line cannot be kept")).ok()
}

/// Who comes, with a ticket or without. One that is not known makes somebody new.
pub(super) async fn comer(redis: &Redis, user: &str, ticket: Option<Uuid>) -> Comer {
    let since_us = match ticket {
        Some(ticket) => since_us(redis, user, ticket).await,
        None => None,
    };
    since_us.map_or_else(|| Comer::New(now_us()), Comer::Again)
}

/// Since when `user`, who shows this ticket, stood in line. A ticket is good once; `None` where it is none.
async fn since_us(redis: &Redis, user: &str, ticket: Uuid) -> Option<i64> {
    let take = async {
        let mut connection = redis.connection().await?;
        let asked = redis::cmd("GETDEL").arg(format!("{LINE}{ticket}")).to_owned();
        Ok::<Option<String>, Failure>(asked.query_async(&mut connection).await?)
    };
    let kept = take.await.inspect_err(|error| warn!(%error, "a place in line cannot be found")).ok()??;
    let (since_us, holder) = kept.split_once(' ')?;
    (holder == user).then_some(since_us)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(waiting: usize, others: &[(usize, usize, i64)], on_their_way: usize, expected: usize) {
        let ours = Said { free: 0, waiting, at_ms: 10_000 };
        let others: Vec<_> = others
            .iter()
            .map(|(free, waiting, at_ms)| Said { free: *free, waiting: *waiting, at_ms: *at_ms })
            .collect();
        assert_eq!(share(ours, others.iter(), on_their_way), expected);
    }

    #[test]
    fn as_many_are_sent_as_find_room() {
        check(10, &[], 0, 0);
        check(10, &[(0, 0, 10_000)], 0, 0);
        check(10, &[(4, 0, 10_000)], 0, 4);
        check(3, &[(4, 0, 10_000)], 0, 3);
        // Some are on their way already, another line wants its share, and who is silent has no room.
        check(10, &[(4, 0, 10_000)], 3, 1);
        check(10, &[(4, 0, 10_000)], 5, 0);
        check(10, &[(4, 0, 10_000), (0, 30, 10_000)], 0, 1);
        check(10, &[(4, 0, 4_999)], 0, 0);
        check(5_000, &[(5_000, 0, 10_000)], 0, AT_ONCE);
    }

    #[test]
    fn what_a_gateway_says_is_read() {
        let said = Said { free: 3, waiting: 0, at_ms: 1_700_000_000_000 };
        assert_eq!(Said::read(&said.to_string()), Some(said));
        assert_eq!(Said::read("3 x"), None);
    }

    #[tokio::test(start_paused = true)]
    async fn who_was_sent_has_arrived_after_a_while() {
        let mut sent = Sent::default();
        sent.add(3);
        tokio::time::sleep(ARRIVED_AFTER / 2).await;
        sent.add(2);
        assert_eq!(sent.on_their_way(), 5);
        tokio::time::sleep(ARRIVED_AFTER / 2).await;
        assert_eq!(sent.on_their_way(), 2);
    }
}
