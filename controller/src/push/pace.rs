//! How often a caller may push to a scaler.

use std::{
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use governor::{
    DefaultKeyedRateLimiter, Quota,
    clock::{Clock, DefaultClock},
};

use crate::{board::ScalerKey, metrics_api::Caller};

/// Requests a second: ten signals that are pushed each second by one caller, with 5,000 samples each at the most.
const A_SECOND: NonZeroU32 = NonZeroU32::new(10).expect("ten is not zero");
/// Requests at once: a minute of a client that was cut off and pushes each second.
const AT_ONCE: NonZeroU32 = NonZeroU32::new(60).expect("sixty is not zero");
/// Who has not pushed for long enough to be as new is forgotten, once in so many requests.
const FORGET_EVERY: u32 = 4_096;

/// Who pushes to what. Only callers with a right to the scaler are counted, so their number is bounded.
type Pusher = (Arc<str>, ScalerKey);

/// Counts requests.
pub(super) struct Pace {
    limiter: DefaultKeyedRateLimiter<Pusher>,
    clock: DefaultClock,
    requests: AtomicU32,
}

impl Default for Pace {
    fn default() -> Self {
        let quota = Quota::per_second(A_SECOND).allow_burst(AT_ONCE);
        Self {
            limiter: DefaultKeyedRateLimiter::dashmap(quota),
            clock: DefaultClock::default(),
            requests: AtomicU32::new(0),
        }
    }
}

impl Pace {
    /// Lets one request of `caller` to `scaler` through.
    ///
    /// # Errors
    ///
    /// The pause after which the next one is.
    pub(super) fn admit(&self, caller: &Caller, scaler: &ScalerKey) -> Result<(), Duration> {
        if self.requests.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            self.limiter.retain_recent();
        }
        let pusher = (caller.name.as_str().into(), scaler.clone());
        let checked = self.limiter.check_key(&pusher);
        checked.map(drop).map_err(|not_yet| not_yet.wait_time_from(self.clock.now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_caller_has_a_pace_for_each_scaler() {
        let pace = Pace::default();
        let caller = |name: &str| Caller { name: name.into(), ..Caller::default() };
        let scaler = |name: &str| ScalerKey::new("live", name);
        let admitted = (0..200).filter(|_| pace.admit(&caller("a"), &scaler("gateway")).is_ok()).count();
        assert!((60..80).contains(&admitted), "{admitted}");
        assert!(pace.admit(&caller("a"), &scaler("gateway")).unwrap_err() <= Duration::from_millis(100));
        assert!(pace.admit(&caller("b"), &scaler("gateway")).is_ok());
        assert!(pace.admit(&caller("a"), &scaler("other")).is_ok());
    }
}
