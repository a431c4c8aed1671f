//! The waiting room at work: who is in holds a [`Place`]; who waits watches its own. Told positions are at most a second old.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use realtime_protocol::Problem;
use tokio::sync::watch;

use crate::{
    admission::{Admission, Ticket, Verdict},
    metrics::Metrics,
};

/// How often people in line are told their positions, where they have changed.
const TELL_EVERY: Duration = Duration::from_secs(1);
/// After a line that is full: a client comes again after this and up to twice as long.
const COME_AGAIN_MS: u32 = 5_000;

/// Where somebody stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// In line; 1 is next.
    InLine(u32),
    /// In.
    Inside,
}

/// The place and its line. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Lobby {
    admission: Arc<Mutex<Admission<watch::Sender<Standing>>>>,
    metrics: Metrics,
}

/// Somebody's place. Dropped, it goes to the next in line.
#[derive(Debug)]
pub(crate) struct Place {
    lobby: Lobby,
    ticket: Ticket,
    standing: watch::Receiver<Standing>,
}

impl Lobby {
    /// Room for `capacity` people, and `line` before it.
    #[must_use]
    pub(crate) fn new(capacity: usize, line: usize, metrics: Metrics) -> Self {
        metrics.pool("people", capacity);
        Self { admission: Arc::new(Mutex::new(Admission::new(capacity, line))), metrics }
    }

    /// Somebody comes.
    ///
    /// # Errors
    ///
    /// A [`Problem`] where the line is full too.
    pub(crate) fn come(&self) -> Result<Place, Problem> {
        let (sender, mut standing) = watch::channel(Standing::Inside);
        let mut admission = self.lock();
        let position = u32::try_from(admission.waiting() + 1).unwrap_or(u32::MAX);
        let verdict = admission.come(|_| {
            sender.send_replace(Standing::InLine(position));
            sender
        });
        self.count(&admission);
        drop(admission);
        standing.mark_unchanged();
        let ticket = match verdict {
            Verdict::Inside(ticket) => ticket,
            Verdict::InLine(ticket) => {
                self.metrics.queue_joins.inc();
                ticket
            }
            Verdict::Full => {
                return Err(Problem::busy("all places and the line before them are taken", again_ms()));
            }
        };
        Ok(Place { lobby: self.clone(), ticket, standing })
    }

    /// Tells people in line where they stand, for ever.
    pub(crate) async fn tell(self) {
        loop {
            tokio::time::sleep(TELL_EVERY).await;
            for (position, sender) in self.lock().positions() {
                let standing = Standing::InLine(position);
                sender.send_if_modified(|told| std::mem::replace(told, standing) != standing);
            }
        }
    }

    fn go(&self, ticket: Ticket) {
        let mut admission = self.lock();
        let let_in = admission.go(ticket);
        self.count(&admission);
        drop(admission);
        for (_, sender) in let_in {
            sender.send_replace(Standing::Inside);
        }
    }

    fn count(&self, admission: &Admission<watch::Sender<Standing>>) {
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.metrics.people.set(number(admission.inside()));
        self.metrics.in_use("people").set(number(admission.inside()));
        self.metrics.waiting.set(number(admission.waiting()));
    }

    fn lock(&self) -> MutexGuard<'_, Admission<watch::Sender<Standing>>> {
        self.admission.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Where its holder stands now.
    #[must_use]
    pub(crate) fn standing(&self) -> Standing {
        *self.standing.borrow()
    }

    /// Waits until its holder stands elsewhere.
    pub(crate) async fn moved(&mut self) -> Standing {
        match self.standing.changed().await {
            Ok(()) => *self.standing.borrow_and_update(),
            // The sender goes when its holder is let in, after it has said so.
            Err(_) => Standing::Inside,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.lobby.go(self.ticket);
    }
}

/// People who were sent away together must not come back together.
fn again_ms() -> u32 {
    COME_AGAIN_MS + u32::from(uuid::Uuid::new_v4().as_bytes()[0]) * (COME_AGAIN_MS / 256)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn people_in_line_are_told_and_let_in_in_order() {
        let lobby = Lobby::new(1, 2, Metrics::default());
        tokio::spawn(lobby.clone().tell());
        let ada = lobby.come().unwrap();
        let mut bob = lobby.come().unwrap();
        let mut eve = lobby.come().unwrap();
        assert_eq!(
            [&ada, &bob, &eve].map(Place::standing),
            [Standing::Inside, Standing::InLine(1), Standing::InLine(2)]
        );
        let problem = lobby.come().unwrap_err();
        assert!((5_000..10_000).contains(&problem.retry_after_ms.unwrap()), "{problem:?}");
        drop(ada);
        assert_eq!(bob.moved().await, Standing::Inside);
        assert_eq!(eve.moved().await, Standing::InLine(1));
        drop(bob);
        assert_eq!(eve.moved().await, Standing::Inside);
    }

    #[tokio::test(start_paused = true)]
    async fn who_leaves_the_line_moves_those_behind() {
        let lobby = Lobby::new(0, 2, Metrics::default());
        tokio::spawn(lobby.clone().tell());
        let bob = lobby.come().unwrap();
        let mut eve = lobby.come().unwrap();
        drop(bob);
        assert_eq!(eve.moved().await, Standing::InLine(1));
    }
}
