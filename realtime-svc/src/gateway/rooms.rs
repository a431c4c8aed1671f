//! The rooms that somebody of this gateway is in: what each looks like, kept once for all its people, as one WebSocket frame
//! that is ready to be written. Workers tell it through Redis; a room that nobody is in any more is no longer listened to.

pub(crate) mod listen;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::{BufMut, Bytes, BytesMut};
use realtime_protocol::RoomName;
use serde::Deserialize;
use tokio::sync::{mpsc, watch};

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
        let mut frame = BytesMut::with_capacity(json.len() + 10);
        put_header(&mut frame, json.len());
        let header = frame.len();
        frame.extend_from_slice(json);
        let frame = frame.freeze();
        Ok(Self { version, at, json: frame.slice(header..), frame })
    }

    fn is_newer_than(&self, other: &Self) -> bool {
        other.version < self.version || OVERTAKEN_MS < self.at - other.at
    }
}

/// The header of a text frame from a server (RFC 6455, 5.2): whole, not masked.
fn put_header(frame: &mut BytesMut, length: usize) {
    const WHOLE_TEXT: u8 = 0x81;
    frame.put_u8(WHOLE_TEXT);
    if let Ok(length @ 0..=125) = u8::try_from(length) {
        frame.put_u8(length);
    } else if let Ok(length) = u16::try_from(length) {
        frame.put_u8(126);
        frame.put_u16(length);
    } else {
        frame.put_u8(127);
        frame.put_u64(length as u64);
    }
}

/// What people of a room watch: `None` until it is told for the first time.
pub(crate) type Watching = watch::Receiver<Option<Arc<Told>>>;

#[derive(Debug)]
struct Room {
    told: watch::Sender<Option<Arc<Told>>>,
    people: u32,
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
    rooms: Arc<Mutex<HashMap<RoomName, Room>>>,
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
        let rooms = Self { rooms: Arc::default(), orders };
        tokio::spawn(listen::listen(rooms.clone(), redis, asked));
        rooms
    }

    /// Somebody comes into a room.
    #[must_use]
    pub(crate) fn enter(&self, name: &RoomName) -> Stay {
        let mut rooms = self.lock();
        let room = rooms.entry(name.clone()).or_insert_with(|| {
            // A listener that is gone has nobody to tell.
            _ = self.orders.send(Order::Listen(name.clone()));
            Room { told: watch::Sender::new(None), people: 0 }
        });
        room.people += 1;
        Stay { rooms: self.clone(), room: name.clone(), watching: room.told.subscribe() }
    }

    /// The room as it was last told, where somebody is in it.
    #[must_use]
    pub(crate) fn told(&self, name: &RoomName) -> Option<Arc<Told>> {
        self.lock().get(name)?.told.borrow().clone()
    }

    /// People of this gateway in each room.
    #[must_use]
    pub(crate) fn people(&self) -> HashMap<RoomName, u32> {
        self.lock().iter().map(|(name, room)| (name.clone(), room.people)).collect()
    }

    fn leave(&self, name: &RoomName) {
        let mut rooms = self.lock();
        let Some(room) = rooms.get_mut(name) else { return };
        room.people -= 1;
        if room.people == 0 {
            rooms.remove(name);
            _ = self.orders.send(Order::Forget(name.clone()));
        }
    }

    fn tell(&self, name: &RoomName, told: Told) {
        let rooms = self.lock();
        let Some(room) = rooms.get(name) else { return };
        room.told.send_if_modified(|last| {
            let is_newer = last.as_ref().is_none_or(|last| told.is_newer_than(last));
            if is_newer {
                *last = Some(Arc::new(told));
            }
            is_newer
        });
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RoomName, Room>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
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

    #[test]
    fn a_frame_is_what_a_client_reads() {
        use tokio_tungstenite::tungstenite::{
            Message,
            protocol::{Role, WebSocket},
        };
        for length in [0, 120, 125, 126, 65_535, 65_536] {
            let json = format!(r#"{{"version":1,"at":1,"text":"{}"}}"#, "x".repeat(length));
            let told = Told::read(json.as_bytes()).unwrap();
            assert_eq!(told.json, json.as_bytes());
            let stream = std::io::Cursor::new(told.frame.to_vec());
            let mut socket = WebSocket::from_raw_socket(stream, Role::Client, None);
            assert_eq!(socket.read().unwrap(), Message::text(json));
        }
    }
}
