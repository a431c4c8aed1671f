//! Listens to what workers tell of the rooms. After a failover it listens anew, and reads what it may have missed.

use std::{sync::Arc, time::Duration};

use futures::StreamExt as _;
use realtime_protocol::RoomName;
use redis::aio::PubSubSink;
use tokio::sync::mpsc;
use tracing::{debug, warn};

use super::{Order, Rooms, Told};
use crate::redis::{Failure, Redis};

/// What a channel of updates is called, before the room.
pub(crate) const CHANNEL: &str = "rt:updates:";
/// Until Redis is asked again: Sentinels take seconds to agree.
const PAUSE: Duration = Duration::from_millis(500);
/// A connection that nothing comes through is asked whether it lives, and given up when it does not answer.
const ALIVE_EVERY: Duration = Duration::from_secs(5);

/// Listens for as long as the rooms may be asked for.
pub(super) async fn listen(rooms: Rooms, redis: Arc<Redis>, mut orders: mpsc::UnboundedReceiver<Order>) {
    loop {
        if let Err(error) = session(&rooms, &redis, &mut orders).await {
            warn!(%error, "updates not heard, listening again");
        }
        redis.failed().await;
        tokio::time::sleep(PAUSE).await;
    }
}

async fn session(
    rooms: &Rooms,
    redis: &Redis,
    orders: &mut mpsc::UnboundedReceiver<Order>,
) -> Result<(), Failure> {
    let (mut sink, mut stream) = redis.messages().await?.split();
    // What was asked for so far is among the rooms.
    while orders.try_recv().is_ok() {}
    for room in rooms.people().into_keys() {
        begin(rooms, redis, &mut sink, &room).await?;
    }
    let mut alive = tokio::time::interval(ALIVE_EVERY);
    loop {
        tokio::select! {
            message = stream.next() => {
                let Some(message) = message else { return Ok(()) };
                hear(rooms, message.get_channel_name(), message.get_payload_bytes());
            }
            order = orders.recv() => match order {
                Some(Order::Listen(room)) => begin(rooms, redis, &mut sink, &room).await?,
                Some(Order::Forget(room)) => forget(rooms, &mut sink, &room).await?,
                None => return Ok(()),
            },
            _ = alive.tick() => {
                let asked = tokio::time::timeout(ALIVE_EVERY, sink.ping::<()>());
                asked.await.map_err(|_| Failure::Late)??;
            }
        }
    }
}

/// Listens to a room, and then reads how it is: what is told in between is heard.
async fn begin(rooms: &Rooms, redis: &Redis, sink: &mut PubSubSink, room: &RoomName) -> Result<(), Failure> {
    sink.subscribe(format!("{CHANNEL}{room}")).await?;
    if let Some(told) = latest(redis, room).await? {
        rooms.tell(room, told);
    }
    Ok(())
}

/// Somebody may have come again since.
async fn forget(rooms: &Rooms, sink: &mut PubSubSink, room: &RoomName) -> Result<(), Failure> {
    if !rooms.people().contains_key(room) {
        debug!(%room, "room forgotten");
        sink.unsubscribe(format!("{CHANNEL}{room}")).await?;
    }
    Ok(())
}

/// A room as it was last told to anybody.
pub(crate) async fn latest(redis: &Redis, room: &RoomName) -> Result<Option<Told>, Failure> {
    let mut connection = redis.connection().await?;
    let json: Option<Vec<u8>> =
        redis::cmd("GET").arg(format!("rt:room:{room}:latest")).query_async(&mut connection).await?;
    Ok(json.and_then(|json| read(&json)))
}

fn hear(rooms: &Rooms, channel: &str, payload: &[u8]) {
    let room = channel.strip_prefix(CHANNEL).and_then(|room| RoomName::new(room).ok());
    if let (Some(room), Some(told)) = (room, read(payload)) {
        rooms.tell(&room, told);
    }
}

fn read(json: &[u8]) -> Option<Told> {
    Told::read(json).inspect_err(|error| warn!(%error, "an update cannot be read")).ok()
}
