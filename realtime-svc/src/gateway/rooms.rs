//! The rooms that somebody of this gateway is in: what each looks like, kept once for all its people, as one WebSocket frame
//! that is ready to be written. Workers tell it through Redis; a room that nobody is in any more is no longer listened to.

pub(crate) mod listen;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use realtime_protocol::RoomName;
use serde::Deserialize;
use tokio::sync::{mpsc, watch};

use super::frames;
use crate::redis::Redis;

/// Later by so much, an update with a lower version is not an old one that was overtaken: Redis was lost and is filled again.
const OVERTAKEN_MS: i64 = 10_000;

/// A room as it was last told.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    /// Records folded into it.
    pub(crate) version: u64,
    at: i64,
    /// The frame, with its WebSocket header.
    pub(crate) frame: Bytes,
    /// The frame's JSON.
    pub(crate) json: Bytes,
}

#[derive(Deserialize)]
struct Head {
    version: u64,
    at: i64,
}

impl Told {
    /// Reads what a worker said.
    pub(crate) fn read(json: &[u8]) -> Result<Self, serde_json::Error> {
        let Head { version, at } = serde_json::from_slice(json)?;
        let (frame, begin) = frames::text(json);
        Ok(Self { version, at, json: frame.slice(begin..), frame })
    }

    fn is_newer_than(&self, other: &Self) -> bool {
        other.version < self.version || OVERTAKEN_MS < self.at - other.at
    }
}

/// What people of a room see.
#[derive(Clone, Debug, Default)]
pub(crate) struct View {
    /// The room as it was last told; `None` until it is told for the first time.
    pub(crate) told: Option<Arc<Told>>,
    /// The gateway ends, and people are told to go. Each person waits for one thing only, and has memory for one.
    pub(crate) is_leaving: bool,
}

/// What people of a room watch.
pub(crate) type Watching = watch::Receiver<View>;

#[derive(Debug)]
struct Room {
    view: watch::Sender<View>,
    people: u32,
}

#[derive(Debug, Default)]
struct Inner {
    rooms: HashMap<RoomName, Room>,
    is_leaving: bool,
}

/// What the listener is asked for.
#[derive(Debug)]
enum Order {
    Listen(RoomName),
    Forget(RoomName),
}

/// The rooms. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Rooms {
    inner: Arc<Mutex<Inner>>,
    // Bounded by the people that may come and go in one turn of the listener.
    orders: mpsc::UnboundedSender<Order>,
}

/// Somebody's stay in a room.
#[derive(Debug)]
pub(crate) struct Stay {
    rooms: Rooms,
    room: RoomName,
    /// What becomes of the room.
    pub(crate) watching: Watching,
}

impl Rooms {
    /// No rooms yet; what becomes of those to come is listened to at `redis`.
    #[must_use]
    pub(crate) fn new(redis: Arc<Redis>) -> Self {
        let (orders, asked) = mpsc::unbounded_channel();
        let rooms = Self { inner: Arc::default(), orders };
        tokio::spawn(listen::listen(rooms.clone(), redis, asked));
        rooms
    }

    /// Somebody comes into a room.
    #[must_use]
    pub(crate) fn enter(&self, name: &RoomName) -> Stay {
        let mut inner = self.lock();
        let Inner { rooms, is_leaving } = &mut *inner;
        let room = rooms.entry(name.clone()).or_insert_with(|| {
            // A listener that is gone has nobody to tell.
            _ = self.orders.send(Order::Listen(name.clone()));
            Room { view: watch::Sender::new(View { told: None, is_leaving: *is_leaving }), people: 0 }
        });
        room.people += 1;
        Stay { rooms: self.clone(), room: name.clone(), watching: room.view.subscribe() }
    }

    /// Tells everybody, and who comes later, that the gateway ends.
    pub(crate) fn tell_to_leave(&self) {
        let mut inner = self.lock();
        inner.is_leaving = true;
        for room in inner.rooms.values() {
            room.view.send_modify(|view| view.is_leaving = true);
        }
    }

    /// The room as it was last told, where somebody is in it.
    #[must_use]
    pub(crate) fn told(&self, name: &RoomName) -> Option<Arc<Told>> {
        self.lock().rooms.get(name)?.view.borrow().told.clone()
    }

    /// People of this gateway in each room.
    #[must_use]
    pub(crate) fn people(&self) -> HashMap<RoomName, u32> {
        self.lock().rooms.iter().map(|(name, room)| (name.clone(), room.people)).collect()
    }

    fn leave(&self, name: &RoomName) {
        let mut inner = self.lock();
        let Some(room) = inner.rooms.get_mut(name) else { return };
        room.people -= 1;
        if room.people == 0 {
            inner.rooms.remove(name);
            _ = self.orders.send(Order::Forget(name.clone()));
        }
    }

    fn tell(&self, name: &RoomName, told: Told) {
        let inner = self.lock();
        let Some(room) = inner.rooms.get(name) else { return };
        room.view.send_if_modified(|view| {
            let is_newer = view.told.as_ref().is_none_or(|last| told.is_newer_than(last));
            if is_newer {
                view.told = Some(Arc::new(told));
            }
            is_newer
        });
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        self.rooms.leave(&self.room);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(version: u64, at: i64) -> Told {
        Told::read(format!(r#"{{"version":{version},"at":{at}}}"#).as_bytes()).unwrap()
    }

    #[test]
    fn an_update_that_was_overtaken_is_not_told() {
        assert!(told(2, 0).is_newer_than(&told(1, 0)));
        assert!(!told(2, 5).is_newer_than(&told(2, 0)));
        assert!(!told(1, 5_000).is_newer_than(&told(2, 0)));
        assert!(told(1, 10_001).is_newer_than(&told(2, 0)));
    }
}
