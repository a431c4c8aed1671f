//! Reads of a scaler's `demand` that go on in the background while a test does its worst, and what came of them.
//!
//! Beside each read, kube-apiserver is asked whether it is ready. The time that this takes is not Prescale's, but
//! kube-apiserver's or that of a machine that is busy, and is taken off the read's. Where it fails, kube-apiserver is away
//! or starts, and the read does not count: a load balancer would send it to another one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use crate::{Error, onlooker::Onlooker};

/// A hundred and fifty times as often as an HPA controller.
const EVERY: Duration = Duration::from_millis(100);

/// Reads that go on while this lives.
pub struct Reads {
    tally: Arc<Mutex<Tally>>,
    reading: JoinHandle<()>,
}

/// What came of reads.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// How many were answered.
    pub answered: usize,
    /// When, and what was said to those that were not.
    pub failed: Vec<(Duration, String)>,
    /// When, and answers below what was known to be observed.
    pub short: Vec<(Duration, f64)>,
    /// The longest that one took.
    pub slowest: Duration,
    /// When, and the longest that one took beyond what kube-apiserver took at the same moment for something of its own.
    pub slowest_of_ours: (Duration, Duration),
    /// How many fell into a time at which kube-apiserver was away.
    pub away: usize,
    observed: f64,
}

/// How one thing that was asked for came out.
struct Asked<T> {
    outcome: Result<T, Error>,
    took: Duration,
}

impl Onlooker {
    /// Reads `demand` every 100 ms from now on.
    pub fn read_on(&self) -> Reads {
        let tally = Arc::<Mutex<Tally>>::default();
        let reading = tokio::spawn(read_on(self.clone(), Arc::clone(&tally)));
        Reads { tally, reading }
    }
}

impl Reads {
    /// From now on, an answer below this much falls short.
    pub fn expect_at_least(&self, observed: f64) {
        lock(&self.tally).observed = observed;
    }

    /// What came of the reads so far.
    pub fn tally(&self) -> Tally {
        lock(&self.tally).clone()
    }
}

impl Drop for Reads {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

impl Tally {
    /// Panics unless every read was answered within `slowest`, with what was observed or more.
    pub fn assert_flawless(&self, slowest: Duration) {
        assert!(0 < self.answered, "nothing was read: {self:?}");
        assert!(self.failed.is_empty(), "reads failed: {self:?}");
        assert!(self.short.is_empty(), "reads fell short: {self:?}");
        assert!(self.slowest_of_ours.1 <= slowest, "a read was slow: {self:?}");
    }

    /// Adds a read of `at`, since the first.
    fn add(&mut self, at: Duration, demand: Asked<f64>, own: &Asked<()>) {
        if own.outcome.is_err() {
            self.away += 1;
            return;
        }
        match demand.outcome {
            Ok(value) if value < self.observed => self.short.push((at, value)),
            Ok(_) => self.answered += 1,
            Err(error) => self.failed.push((at, error.to_string())),
        }
        self.slowest = self.slowest.max(demand.took);
        let ours = demand.took.saturating_sub(own.took);
        if self.slowest_of_ours.1 < ours {
            self.slowest_of_ours = (at, ours);
        }
    }
}

async fn read_on(onlooker: Onlooker, tally: Arc<Mutex<Tally>>) {
    let (mut times, began) = (interval(EVERY), Instant::now());
    times.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        times.tick().await;
        let (demand, mut own) = tokio::join!(timed(onlooker.demand()), timed(onlooker.ready()));
        if demand.outcome.is_err() && own.outcome.is_ok() {
            // It may have gone away between the two.
            own = timed(onlooker.ready()).await;
        }
        lock(&tally).add(began.elapsed(), demand, &own);
    }
}

async fn timed<T>(asking: impl Future<Output = Result<T, Error>>) -> Asked<T> {
    let began = Instant::now();
    let outcome = asking.await;
    Asked { outcome, took: began.elapsed() }
}

fn lock(tally: &Mutex<Tally>) -> MutexGuard<'_, Tally> {
    tally.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked<T>(outcome: Option<T>, took_ms: u64) -> Asked<T> {
        let none = || Error::Answer { asked: "/".into(), answer: "no".into() };
        Asked { outcome: outcome.ok_or_else(none), took: Duration::from_millis(took_ms) }
    }

    /// The counts of a tally that expects 100 and is told of one read: answered, failed, short, away.
    fn check(demand: Option<f64>, own: Option<()>, counts: [usize; 4]) {
        let mut tally = Tally { observed: 100.0, ..Tally::default() };
        tally.add(Duration::ZERO, asked(demand, 250), &asked(own, 200));
        assert_eq!([tally.answered, tally.failed.len(), tally.short.len(), tally.away], counts);
    }

    #[test]
    fn a_read_counts_unless_the_api_server_is_away() {
        check(Some(100.0), Some(()), [1, 0, 0, 0]);
        check(Some(99.9), Some(()), [0, 0, 1, 0]);
        check(None, Some(()), [0, 1, 0, 0]);
        check(None, None, [0, 0, 0, 1]);
    }

    #[test]
    fn the_time_that_the_api_server_takes_for_itself_is_not_ours() {
        let mut tally = Tally::default();
        tally.add(Duration::ZERO, asked(Some(1.0), 250), &asked(Some(()), 200));
        tally.add(Duration::ZERO, asked(Some(1.0), 30), &asked(Some(()), 90));
        assert_eq!((tally.slowest.as_millis(), tally.slowest_of_ours.1.as_millis()), (250, 50));
    }
}
