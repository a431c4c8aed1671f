//! How often each of many may do something.

use std::{
    hash::Hash,
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use governor::{
    DefaultKeyedRateLimiter, Quota,
    clock::{Clock, DefaultClock},
};

/// Who has done nothing for long enough to be as new is forgotten, once in so many tries.
const FORGET_EVERY: u32 = 1_024;

/// Counts tries, for each key by itself.
pub(crate) struct Pace<Key: Hash + Eq + Clone> {
    limiter: DefaultKeyedRateLimiter<Key>,
    clock: DefaultClock,
    tries: AtomicU32,
}

impl<Key: Hash + Eq + Clone> Pace<Key> {
    /// So many at once, and so many a second after that.
    pub(crate) fn new(at_once: NonZeroU32, a_second: NonZeroU32) -> Self {
        Self {
            limiter: DefaultKeyedRateLimiter::dashmap(Quota::per_second(a_second).allow_burst(at_once)),
            clock: DefaultClock::default(),
            tries: AtomicU32::new(0),
        }
    }

    /// Lets one try through.
    ///
    /// # Errors
    ///
    /// The pause after which the next one is.
    pub(crate) fn admit(&self, key: &Key) -> Result<(), Duration> {
        if self.tries.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            self.limiter.retain_recent();
        }
        let checked = self.limiter.check_key(key);
        checked.map(drop).map_err(|not_yet| not_yet.wait_time_from(self.clock.now()))
    }
}
