//! Virtual time: what happens next, and what time it is until then. Entries of the same moment come out in the
//! order in which they were put in, so that a run never depends on how a heap breaks ties.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use jiff::{SignedDuration, Timestamp};

/// A stable priority queue of future entries, and the virtual clock that they move.
#[derive(Clone, Debug)]
pub struct Agenda<T> {
    now: Timestamp,
    entries: BinaryHeap<Reverse<Entry<T>>>,
    sequence: u64,
}

impl<T> Agenda<T> {
    /// An empty agenda whose clock stands at `now`.
    pub fn new(now: Timestamp) -> Self {
        Self { now, entries: BinaryHeap::new(), sequence: 0 }
    }

    /// The virtual time.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Puts `what` in, `delay` from now. A delay below zero means now: nothing happens in the past.
    pub fn after(&mut self, delay: SignedDuration, what: T) {
        let at = self.now.saturating_add(delay.max(SignedDuration::ZERO)).unwrap_or(Timestamp::MAX);
        self.entries.push(Reverse(Entry { at, sequence: self.sequence, what }));
        self.sequence += 1;
    }

    /// When the next entry is due.
    pub fn next_at(&self) -> Option<Timestamp> {
        self.entries.peek().map(|Reverse(entry)| entry.at)
    }

    /// Takes the next entry that is due by now.
    pub fn pop_due(&mut self) -> Option<T> {
        self.next_at().filter(|at| *at <= self.now)?;
        self.entries.pop().map(|Reverse(entry)| entry.what)
    }

    /// Moves the clock to `to`; it never goes back.
    pub fn move_to(&mut self, to: Timestamp) {
        self.now = self.now.max(to);
    }
}

#[derive(Clone, Debug)]
struct Entry<T> {
    at: Timestamp,
    sequence: u64,
    what: T,
}

impl<T> Entry<T> {
    fn key(&self) -> (Timestamp, u64) {
        (self.at, self.sequence)
    }
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<T> Eq for Entry<T> {}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Puts entries in at `delays` (seconds), and claims the order in which their indices come out by 10 s.
    fn check(delays: &[i64], order: &[usize]) {
        let mut agenda = Agenda::new(Timestamp::UNIX_EPOCH);
        for (index, delay) in delays.iter().enumerate() {
            agenda.after(SignedDuration::from_secs(*delay), index);
        }
        agenda.move_to(Timestamp::from_second(10).unwrap());
        let popped: Vec<usize> = std::iter::from_fn(|| agenda.pop_due()).collect();
        assert_eq!(popped, order, "delays {delays:?}");
    }

    #[test]
    fn entries_come_out_by_time_then_in_the_order_of_arrival() {
        check(&[3, 1, 2], &[1, 2, 0]);
        check(&[5, 5, 1, 5], &[2, 0, 1, 3]);
    }

    #[test]
    fn nothing_comes_out_before_its_time_or_happens_in_the_past() {
        check(&[11, 10], &[1]);
        check(&[0, -5], &[0, 1]);
    }

    #[test]
    fn the_clock_never_goes_back() {
        let mut agenda: Agenda<()> = Agenda::new(Timestamp::from_second(5).unwrap());
        agenda.move_to(Timestamp::UNIX_EPOCH);
        assert_eq!(agenda.now(), Timestamp::from_second(5).unwrap());
    }
}
