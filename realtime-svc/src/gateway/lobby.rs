//! The waiting room at work: who is in holds a [`Place`]; who waits watches its own. Told positions are at most a second old.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use realtime_protocol::Problem;
use tokio::sync::watch;

use crate::{
    admission::{Admission, Comer, Ticket, Verdict},
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
    /// In line, and told to go to another gateway, which has room.
    Elsewhere,
    /// In.
    Inside,
}

/// The place and its line. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Lobby(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    admission: Mutex<Admission<watch::Sender<Standing>>>,
    metrics: Metrics,
}

/// Somebody's place. Dropped, it goes to the next in line.
#[derive(Debug)]
pub(crate) struct Place {
    lobby: Lobby,
    ticket: Ticket,
    /// Only in line is there something to be told.
    line: Option<watch::Receiver<Standing>>,
}

impl Lobby {
    /// Room for `capacity` people, and `line` before it.
    #[must_use]
    pub(crate) fn new(capacity: usize, line: usize, metrics: Metrics) -> Self {
        metrics.pool("people", capacity);
        Self(Arc::new(Inner { admission: Mutex::new(Admission::new(capacity, line)), metrics }))
    }

    /// Somebody comes.
    ///
    /// # Errors
    ///
    /// A [`Problem`] where the line is full too.
    pub(crate) fn come(&self, comer: Comer) -> Result<Place, Problem> {
        let mut line = None;
        let mut admission = self.lock();
        let verdict = admission.come(comer, |position| {
            let (sender, receiver) = watch::channel(Standing::InLine(position));
            line = Some(receiver);
            sender
        });
        self.count(&admission);
        drop(admission);
        let ticket = match verdict {
            Verdict::Inside(ticket) => ticket,
            Verdict::InLine(ticket) => {
                self.0.metrics.queue_joins.inc();
                ticket
            }
            Verdict::Full => {
                return Err(Problem::busy("all places and the line before them are taken", again_ms()));
            }
        };
        Ok(Place { lobby: self.clone(), ticket, line })
    }

    /// Tells people in line where they stand, for ever.
    pub(crate) async fn tell(self) {
        loop {
            tokio::time::sleep(TELL_EVERY).await;
            for (position, sender) in self.lock().positions() {
                let standing = Standing::InLine(position);
                sender.send_if_modified(|told| {
                    *told != Standing::Elsewhere && std::mem::replace(told, standing) != standing
                });
            }
        }
    }

    /// Tells the first of the line to go elsewhere, so many that have not been told.
    pub(super) fn send_away(&self, count: usize) {
        let admission = self.lock();
        let line = admission.positions().map(|(_, sender)| sender);
        let here = line.filter(|sender| *sender.borrow() != Standing::Elsewhere);
        for sender in here.take(count) {
            sender.send_replace(Standing::Elsewhere);
            self.0.metrics.sent_elsewhere.inc();
        }
    }

    /// Places that are free, and people in line.
    #[must_use]
    pub(super) fn numbers(&self) -> (usize, usize) {
        let admission = self.lock();
        (admission.free(), admission.waiting())
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
        self.0.metrics.people.set(number(admission.inside()));
        self.0.metrics.in_use("people").set(number(admission.inside()));
        self.0.metrics.waiting.set(number(admission.waiting()));
    }

    fn lock(&self) -> MutexGuard<'_, Admission<watch::Sender<Standing>>> {
        self.0.admission.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// When its holder came, here or at another gateway, microseconds since 1970.
    #[must_use]
    pub(crate) fn since_us(&self) -> i64 {
        self.ticket.since_us()
    }

    /// Where its holder stands now.
    #[must_use]
    pub(crate) fn standing(&self) -> Standing {
        self.line.as_ref().map_or(Standing::Inside, |line| *line.borrow())
    }

    /// Waits until its holder stands elsewhere; for ever, where that is inside.
    pub(crate) async fn moved(&mut self) -> Standing {
        let Some(line) = &mut self.line else { return std::future::pending().await };
        let standing = match line.changed().await {
            Ok(()) => *line.borrow_and_update(),
            // The sender goes when its holder is let in, after it has said so.
            Err(_) => Standing::Inside,
        };
        if standing == Standing::Inside {
            self.line = None;
        }
        standing
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
        let ada = lobby.come(Comer::New(0)).unwrap();
        let mut bob = lobby.come(Comer::New(0)).unwrap();
        let mut eve = lobby.come(Comer::New(0)).unwrap();
        assert_eq!(
            [&ada, &bob, &eve].map(Place::standing),
            [Standing::Inside, Standing::InLine(1), Standing::InLine(2)]
        );
        let problem = lobby.come(Comer::New(0)).unwrap_err();
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
        let bob = lobby.come(Comer::New(0)).unwrap();
        let mut eve = lobby.come(Comer::New(0)).unwrap();
        drop(bob);
        assert_eq!(eve.moved().await, Standing::InLine(1));
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_of_the_line_are_sent_away_once() {
        let lobby = Lobby::new(0, 3, Metrics::default());
        tokio::spawn(lobby.clone().tell());
        let [mut bob, eve, joe] = [1, 2, 3].map(|at_ms| lobby.come(Comer::New(at_ms)).unwrap());
        lobby.send_away(1);
        assert_eq!(bob.moved().await, Standing::Elsewhere);
        assert_eq!(bob.since_us(), 1);
        // Positions are told, and what was told stays.
        tokio::time::sleep(2 * TELL_EVERY).await;
        lobby.send_away(1);
        let standing = [&bob, &eve, &joe].map(Place::standing);
        assert_eq!(standing, [Standing::Elsewhere, Standing::Elsewhere, Standing::InLine(3)]);
        assert_eq!(lobby.numbers(), (0, 3));
    }
}
