//! Whether anybody watches, and since when nobody does.

use std::time::{Duration, Instant};

/// Since when nobody watches.
#[derive(Clone, Copy, Debug)]
pub(super) struct Audience {
    linger: Duration,
    /// `None` while somebody watches.
    gone_since: Option<Instant>,
}

impl Audience {
    /// Nobody has come yet.
    pub(super) fn new(now: Instant, linger: Duration) -> Self {
        Self { linger, gone_since: Some(now) }
    }

    /// Takes in how many watch now.
    pub(super) fn count(&mut self, now: Instant, watching: usize) {
        match watching {
            0 => self.gone_since = self.gone_since.or(Some(now)),
            _ => self.gone_since = None,
        }
    }

    /// How long it is waited for somebody yet; `None` while somebody watches.
    pub(super) fn waits_for(&self, now: Instant) -> Option<Duration> {
        self.gone_since.map(|since| self.linger.saturating_sub(now.duration_since(since)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_waited_from_the_last_one_who_left() {
        let start = Instant::now();
        let second = |seconds| start + Duration::from_secs(seconds);
        let mut audience = Audience::new(start, Duration::from_secs(60));
        audience.count(second(10), 0);
        assert_eq!(audience.waits_for(second(20)), Some(Duration::from_secs(40)));
        audience.count(second(30), 2);
        assert_eq!(audience.waits_for(second(500)), None);
        audience.count(second(500), 0);
        assert_eq!(audience.waits_for(second(510)), Some(Duration::from_secs(50)));
        assert_eq!(audience.waits_for(second(600)), Some(Duration::ZERO));
    }
}
