//! What one person has to send, and what they sent that nobody answered.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use uuid::Uuid;

use super::interaction::Interaction;

/// A person does something each ten seconds, and waits for an answer as long: this many are unanswered only where
/// a run has few people and a high rate.
const ITEMS_AT_MOST: usize = 256;

/// One person's interactions. It takes 90 bytes while there are none.
#[derive(Debug, Default)]
pub(super) struct Mailbox {
    items: Mutex<Vec<Item>>,
    arrived: Notify,
}

#[derive(Clone, Copy, Debug)]
struct Item {
    interaction: Interaction,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// To be sent.
    New,
    /// To be sent again.
    Again,
    /// To be sent again once the service is ready for it.
    Later,
    /// On the wire.
    Sent,
}

/// What is to be sent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outgoing {
    pub(super) interaction: Interaction,
    /// Whether it never was on the wire.
    pub(super) first: First,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum First {
    Yes,
    No,
}

/// There is no room for one more.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full;

impl Mailbox {
    /// Adds what is to be sent, and wakes its person.
    pub(super) fn put(&self, interaction: Interaction) -> Result<(), Full> {
        let mut items = self.items();
        if items.len() == ITEMS_AT_MOST {
            return Err(Full);
        }
        items.push(Item { interaction, stage: Stage::New });
        drop(items);
        self.arrived.notify_one();
        Ok(())
    }

    /// Wakes its person.
    pub(super) fn wake(&self) {
        self.arrived.notify_one();
    }

    /// Returns when something arrived since the last time.
    pub(super) async fn arrived(&self) {
        self.arrived.notified().await;
    }

    /// Whether nothing is to be sent or answered.
    pub(super) fn is_empty(&self) -> bool {
        self.items().is_empty()
    }

    /// What is to be sent now, in the order in which it was put.
    pub(super) fn take(&self) -> Vec<Outgoing> {
        let mut items = self.items();
        let unsent = items.iter_mut().filter(|item| matches!(item.stage, Stage::New | Stage::Again));
        let taken = unsent.map(|item| {
            let first = if item.stage == Stage::New { First::Yes } else { First::No };
            item.stage = Stage::Sent;
            Outgoing { interaction: item.interaction, first }
        });
        taken.collect()
    }

    /// What was on the wire or put off is to be sent again: the socket is gone.
    pub(super) fn send_again(&self) {
        for item in self.items().iter_mut().filter(|item| item.stage != Stage::New) {
            item.stage = Stage::Again;
        }
    }

    /// What was put off is to be sent again.
    pub(super) fn send_what_was_put_off(&self) {
        for item in self.items().iter_mut().filter(|item| item.stage == Stage::Later) {
            item.stage = Stage::Again;
        }
    }

    /// One was refused for now: it waits until what was put off is to be sent again.
    pub(super) fn put_off(&self, id: Uuid) {
        if let Some(item) = self.items().iter_mut().find(|item| item.interaction.id == id) {
            item.stage = Stage::Later;
        }
    }

    /// Takes out what was answered; `None` for an answer to nothing, or to what was given up.
    pub(super) fn answered(&self, id: Uuid) -> Option<Interaction> {
        let mut items = self.items();
        let place = items.iter().position(|item| item.interaction.id == id)?;
        Some(items.remove(place).interaction)
    }

    /// Takes out what was intended before `at`.
    pub(super) fn give_up(&self, at: Duration) -> Vec<Interaction> {
        let mut items = self.items();
        if items.iter().all(|item| at <= item.interaction.at) {
            return vec![];
        }
        let (old, young) = items.drain(..).partition(|item: &Item| item.interaction.at < at);
        *items = young;
        let old: Vec<Item> = old;
        old.into_iter().map(|item| item.interaction).collect()
    }

    fn items(&self) -> MutexGuard<'_, Vec<Item>> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rooms::interaction::Deed;

    fn interaction(second: u64) -> Interaction {
        Interaction { id: Uuid::new_v4(), at: Duration::from_secs(second), deed: Deed::React }
    }

    fn taken(mailbox: &Mailbox) -> Vec<(u64, First)> {
        mailbox.take().iter().map(|out| (out.interaction.at.as_secs(), out.first)).collect()
    }

    #[test]
    fn what_was_not_answered_is_sent_again_and_counts_once() {
        let (mailbox, answered) = (Mailbox::default(), interaction(1));
        mailbox.put(answered).unwrap();
        mailbox.put(interaction(2)).unwrap();
        assert_eq!(taken(&mailbox), [(1, First::Yes), (2, First::Yes)]);
        assert_eq!(taken(&mailbox), []);
        assert_eq!(mailbox.answered(answered.id), Some(answered));
        assert_eq!(mailbox.answered(answered.id), None);
        mailbox.put(interaction(3)).unwrap();
        mailbox.send_again();
        assert_eq!(taken(&mailbox), [(2, First::No), (3, First::Yes)]);
    }

    #[test]
    fn what_was_put_off_waits_until_it_is_time() {
        let (mailbox, refused) = (Mailbox::default(), interaction(1));
        mailbox.put(refused).unwrap();
        mailbox.put(interaction(2)).unwrap();
        mailbox.take();
        mailbox.put_off(refused.id);
        assert_eq!(taken(&mailbox), []);
        mailbox.send_what_was_put_off();
        assert_eq!(taken(&mailbox), [(1, First::No)]);
    }

    #[test]
    fn what_is_old_is_given_up() {
        let mailbox = Mailbox::default();
        (0..5).for_each(|second| mailbox.put(interaction(second)).unwrap());
        assert_eq!(mailbox.give_up(Duration::from_secs(3)).len(), 3);
        assert_eq!(taken(&mailbox), [(3, First::Yes), (4, First::Yes)]);
    }

    #[test]
    fn it_has_a_bound() {
        let mailbox = Mailbox::default();
        (0..256).for_each(|second| mailbox.put(interaction(second)).unwrap());
        assert_eq!(mailbox.put(interaction(0)), Err(Full));
    }
}
