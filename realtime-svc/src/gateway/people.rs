//! Says how many people are in each room, through Kafka like everything else: when it has changed, once a second at most, and
//! from time to time, because workers forget a gateway that has fallen silent.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use futures::{StreamExt as _, stream};
use realtime_protocol::RoomName;

use super::Gateway;

/// How often it is looked whether numbers have changed.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often a number is said that has not changed. Workers forget it after three times that.
const SAY_EVERY: Duration = Duration::from_secs(10);
/// Numbers on their way at once.
const AT_ONCE: usize = 64;

/// What was said of a room, and when.
type Said = HashMap<RoomName, (u32, Instant)>;

/// Says it until the process is over, and then that nobody is here any more.
pub(super) async fn say(gateway: Arc<Gateway>) {
    let mut said = Said::new();
    while !gateway.lifecycle.over.is_cancelled() {
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = gateway.lifecycle.over.cancelled() => {}
        }
        say_once(&gateway, &mut said).await;
    }
}

/// Says what has changed. A number that Kafka does not take is said again at the next look.
async fn say_once(gateway: &Gateway, said: &mut Said) {
    let people = gateway.rooms.people();
    let gone = said.keys().filter(|room| !people.contains_key(*room)).cloned().map(|room| (room, 0));
    let due = people.iter().filter(|(room, count)| is_due(said.get(*room), **count));
    let news: Vec<_> = due.map(|(room, count)| (room.clone(), *count)).chain(gone).collect();
    let saying = stream::iter(news).map(|(room, count)| async move {
        let is_said = gateway.desk.say_people(&room, &gateway.name, count).await;
        is_said.then_some((room, count))
    });
    let took: Vec<_> = saying.buffer_unordered(AT_ONCE).filter_map(async |one| one).collect().await;
    for (room, count) in took {
        match count {
            0 => said.remove(&room),
            count => said.insert(room, (count, Instant::now())),
        };
    }
}

fn is_due(said: Option<&(u32, Instant)>, count: u32) -> bool {
    said.is_none_or(|(told, at)| *told != count || SAY_EVERY <= at.elapsed())
}
