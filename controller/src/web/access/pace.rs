//! How often one client may try to sign in: each try is a question to the API server or to the identity provider.

use std::{
    net::IpAddr,
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use governor::{
    DefaultKeyedRateLimiter, Quota,
    clock::{Clock, DefaultClock},
};

/// Tries at once: everybody behind an ingress comes from its address, and opens the page in the same morning.
const AT_ONCE: NonZeroU32 = NonZeroU32::new(20).expect("twenty is not zero");
/// Tries a second after that. Tokens are not guessed: this keeps the API server from being asked.
const A_SECOND: NonZeroU32 = NonZeroU32::new(1).expect("one is not zero");
/// Who has not tried for long enough to be as new is forgotten, once in so many tries.
const FORGET_EVERY: u32 = 256;

/// Counts tries.
pub(super) struct Pace {
    limiter: DefaultKeyedRateLimiter<IpAddr>,
    clock: DefaultClock,
    tries: AtomicU32,
}

impl Default for Pace {
    fn default() -> Self {
        let quota = Quota::per_second(A_SECOND).allow_burst(AT_ONCE);
        Self {
            limiter: DefaultKeyedRateLimiter::dashmap(quota),
            clock: DefaultClock::default(),
            tries: AtomicU32::new(0),
        }
    }
}

impl Pace {
    /// Lets one try from `client` through.
    ///
    /// # Errors
    ///
    /// The pause after which the next one is.
    pub(super) fn admit(&self, client: IpAddr) -> Result<(), Duration> {
        if self.tries.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            self.limiter.retain_recent();
        }
        let checked = self.limiter.check_key(&network(client));
        checked.map(drop).map_err(|not_yet| not_yet.wait_time_from(self.clock.now()))
    }
}

/// One client has a whole /64 of IPv6.
fn network(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_client_that_insists_does_not_lock_others_out() {
        let pace = Pace::default();
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let admitted = (0..100).filter(|_| pace.admit(address("10.0.0.1")).is_ok()).count();
        assert!((20..30).contains(&admitted), "{admitted}");
        assert!(pace.admit(address("10.0.0.1")).unwrap_err() <= Duration::from_secs(1));
        assert!(pace.admit(address("10.0.0.2")).is_ok());
        while pace.admit(address("2001:db8::1")).is_ok() {}
        assert!(pace.admit(address("2001:db8::2")).is_err(), "it is the same client's");
        assert!(pace.admit(address("2001:db8:0:1::1")).is_ok());
    }
}
