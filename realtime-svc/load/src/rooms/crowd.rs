//! All people of a run: who is in a room, what each has to do, and what is counted of them together.

mod report;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use rand::RngExt;
use rand_pcg::Pcg64Mcg;
use realtime_protocol::RoomName;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::connect::Door;
use super::interaction::{Acked, Deed, Interaction, Kind, Mix};
use super::mailbox::{Full, Mailbox};
use super::person::Person;
use super::seats::Seats;
use super::{Actors, Retry};
use crate::latencies::Latencies;
use crate::tally::{Outcome, Tally};
use crate::timeline::Crowded;
pub use report::CrowdReport;

/// People vote for one of the newest questions.
const QUESTIONS_KEPT: usize = 32;

/// All people of a run. Numbers of people are those below `people.len()`; a person's room is the number modulo the rooms.
#[derive(Debug)]
pub(super) struct Crowd {
    pub(super) door: Door,
    pub(super) tally: Arc<Tally>,
    pub(super) retry: Retry,
    actors: Actors,
    people: Vec<Place>,
    rooms: Vec<Room>,
    seats: Mutex<Seats>,
    /// People below this number are to be there.
    sent_in: AtomicUsize,
    begin: OnceLock<Instant>,
    pub(super) counts: Counts,
    looked: Mutex<Looked>,
    acked: Mutex<Vec<Acked>>,
}

/// What belongs to one person.
#[derive(Debug, Default)]
struct Place {
    mailbox: Mailbox,
    /// Whether somebody lives it.
    lived: AtomicBool,
}

#[derive(Debug)]
struct Room {
    name: RoomName,
    /// The newest at the end.
    questions: Mutex<Vec<Uuid>>,
}

/// What is counted of all people together.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) placed: AtomicUsize,
    pub(super) waiting: AtomicU64,
    pub(super) updates: AtomicU64,
    pub(super) update_bytes: AtomicU64,
    pub(super) goodbyes: AtomicU64,
    pub(super) cut_off: AtomicU64,
    pub(super) joined_again: AtomicU64,
    pub(super) overtaken: AtomicU64,
    pub(super) put_off: AtomicU64,
    pub(super) unreadable: AtomicU64,
    /// Why people did not get in.
    pub(super) shut: Mutex<BTreeMap<String, u64>>,
}

/// What was seen of the crowd, second by second.
#[derive(Debug)]
struct Looked {
    joined_at_most: u64,
    waiting_at_most: u64,
    updates_before: u64,
    /// Seconds that people were in rooms, all together.
    person_seconds: u64,
    /// From connecting to the room.
    admission: Latencies,
}

impl Crowd {
    /// As many people as `people` is at most, in rooms of these names.
    pub(super) fn new(
        people: usize,
        rooms: Vec<RoomName>,
        door: Door,
        (actors, retry): (Actors, Retry),
        tally: Arc<Tally>,
    ) -> Self {
        let room = |name| Room { name, questions: Mutex::default() };
        Self {
            door,
            tally,
            retry,
            actors,
            people: std::iter::repeat_with(Place::default).take(people).collect(),
            rooms: rooms.into_iter().map(room).collect(),
            seats: Mutex::new(Seats::of(people)),
            sent_in: AtomicUsize::new(0),
            begin: OnceLock::new(),
            counts: Counts::default(),
            looked: Mutex::new(Looked {
                joined_at_most: 0,
                waiting_at_most: 0,
                updates_before: 0,
                person_seconds: 0,
                admission: Latencies::of_a_run(),
            }),
            acked: Mutex::default(),
        }
    }

    /// When the clock began: at the first time that this is called.
    pub(super) fn begin(&self) -> Instant {
        *self.begin.get_or_init(Instant::now)
    }

    /// Sends in everybody below `count` who is not there.
    pub(super) fn send_in(self: &Arc<Self>, count: usize, tasks: &TaskTracker) {
        let count = count.min(self.people.len());
        let before = self.sent_in.fetch_max(count, Ordering::AcqRel);
        for person in before..count {
            // Who is still on the way home turns back.
            if !self.people[person].lived.swap(true, Ordering::AcqRel) {
                tasks.spawn(Person::new(person as u32, Arc::clone(self)).live());
            }
        }
    }

    /// Sends home everybody from `count` on.
    pub(super) fn send_home(&self, count: usize) {
        let before = self.sent_in.fetch_min(count, Ordering::AcqRel);
        for place in self.people.get(count..before).unwrap_or_default() {
            place.mailbox.wake();
        }
    }

    /// How many are to be there.
    pub(super) fn sent_in(&self) -> usize {
        self.sent_in.load(Ordering::Acquire)
    }

    /// Whether a person is to be there.
    pub(super) fn wants(&self, person: u32) -> bool {
        (person as usize) < self.sent_in()
    }

    /// A person is at home; false where they are wanted again and have to turn back.
    pub(super) fn is_home(&self, person: u32) -> bool {
        let lived = &self.people[person as usize].lived;
        lived.store(false, Ordering::Release);
        !self.wants(person) || lived.swap(true, Ordering::AcqRel)
    }

    /// How many have been in a room or in its waiting room.
    pub(super) fn placed(&self) -> usize {
        self.counts.placed.load(Ordering::Relaxed)
    }

    pub(super) fn mailbox(&self, person: u32) -> &Mailbox {
        &self.people[person as usize].mailbox
    }

    pub(super) fn room_name(&self, person: u32) -> &RoomName {
        &self.rooms[self.room_of(person) as usize].name
    }

    fn room_of(&self, person: u32) -> u32 {
        person % self.rooms.len() as u32
    }

    pub(super) fn sit(&self, person: u32) -> bool {
        lock(&self.seats).sit(person)
    }

    pub(super) fn rise(&self, person: u32) -> bool {
        lock(&self.seats).rise(person)
    }

    /// Someone, drawn by chance, is to do something that was intended at `at`.
    pub(super) fn interact(&self, at: Duration, mix: Mix, chance: &mut Pcg64Mcg) {
        self.tally.due(at);
        let kind = mix.draw(chance);
        let lost = |why: &str| self.tally.ended(at, &Outcome::Lost { why: why.into() });
        let Some(person) = self.draw(chance) else { return lost("nobody was there") };
        let deed = self.deed(kind, person, chance);
        match self.mailbox(person).put(Interaction { id: Uuid::new_v4(), at, deed }) {
            Ok(()) => {}
            Err(Full) => lost("the person had too much to do"),
        }
    }

    fn draw(&self, chance: &mut Pcg64Mcg) -> Option<u32> {
        match self.actors {
            Actors::LetIn => lock(&self.seats).draw(chance),
            Actors::Everybody => {
                let count = self.sent_in();
                (0 < count).then(|| chance.random_range(0..count) as u32)
            }
        }
    }

    fn deed(&self, kind: Kind, person: u32, chance: &mut Pcg64Mcg) -> Deed {
        match kind {
            Kind::React => Deed::React,
            Kind::Ask => Deed::Ask,
            Kind::Vote => {
                let questions = lock(&self.rooms[self.room_of(person) as usize].questions);
                let drawn = (!questions.is_empty()).then(|| chance.random_range(0..questions.len()));
                drawn.map_or(Deed::React, |drawn| Deed::Vote(questions[drawn]))
            }
        }
    }

    /// The service has an interaction.
    pub(super) fn acked(&self, person: u32, id: Uuid) {
        let Some(Interaction { at, deed, .. }) = self.mailbox(person).answered(id) else { return };
        self.tally.ended(at, &Outcome::Acked { after: self.begin().elapsed().saturating_sub(at) });
        let room = self.room_of(person);
        lock(&self.acked).push(Acked { id, room });
        if deed == Deed::Ask {
            let mut questions = lock(&self.rooms[room as usize].questions);
            if questions.len() == QUESTIONS_KEPT {
                questions.remove(0);
            }
            questions.push(id);
        }
    }

    /// The service will not have an interaction.
    pub(super) fn refused(&self, person: u32, id: Uuid, why: String) {
        if let Some(Interaction { at, .. }) = self.mailbox(person).answered(id) {
            self.tally.ended(at, &Outcome::Refused { why });
        }
    }

    /// What was intended longer than `patience` before `now` will not be answered.
    pub(super) fn give_up(&self, now: Duration, patience: Duration) {
        let Some(before) = now.checked_sub(patience) else { return };
        let why = format!("no answer within {patience:?}");
        for place in &self.people {
            for Interaction { at, .. } in place.mailbox.give_up(before) {
                self.tally.ended(at, &Outcome::Lost { why: why.clone() });
            }
        }
        self.tally.close_before(before.saturating_sub(Duration::from_secs(1)));
    }

    /// Somebody got in, so long after connecting.
    pub(super) fn admitted(&self, after: Duration) {
        lock(&self.looked).admission.record(after);
    }

    /// Somebody did not get in.
    pub(super) fn shut(&self, why: &str) {
        *lock(&self.counts.shut).entry(why.to_owned()).or_default() += 1;
    }

    /// Looks at who is there at the end of the second that began at `at`.
    pub(super) fn look(&self, at: Duration) {
        let joined = lock(&self.seats).count() as u64;
        let waiting = self.counts.waiting.load(Ordering::Relaxed);
        let updates = self.counts.updates.load(Ordering::Relaxed);
        let mut looked = lock(&self.looked);
        looked.joined_at_most = looked.joined_at_most.max(joined);
        looked.waiting_at_most = looked.waiting_at_most.max(waiting);
        looked.person_seconds += joined;
        let since = updates - std::mem::replace(&mut looked.updates_before, updates);
        self.tally.crowded(at, Crowded { joined, waiting, updates: since });
    }

    /// Each interaction that was acknowledged.
    pub(super) fn take_acked(&self) -> Vec<Acked> {
        std::mem::take(&mut lock(&self.acked))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
