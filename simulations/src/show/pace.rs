//! How fast virtual time passes: a pure function of the moments at which it is looked at.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

/// A minute a second: an event half an hour ahead is there in half a minute.
const USUAL: f64 = 60.0;
/// An hour a second.
const MOST: f64 = 3_600.0;
/// As in life.
const LEAST: f64 = 1.0;

/// How fast virtual time passes, and where it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    speed: f64,
    is_paused: bool,
    /// Where virtual time was at a moment since which the pace has not changed.
    since: (Instant, Timestamp),
}

impl Pace {
    /// From `at` on, as usual.
    pub(super) fn new(now: Instant, at: Timestamp) -> Self {
        Self { speed: USUAL, is_paused: false, since: (now, at) }
    }

    /// Virtual seconds that pass in a second.
    pub(super) fn speed(&self) -> f64 {
        self.speed
    }

    pub(super) fn is_paused(&self) -> bool {
        self.is_paused
    }

    /// Sets the speed; what is beyond its bounds is refused in words.
    pub(super) fn set_speed(&mut self, now: Instant, speed: f64) -> Result<(), String> {
        if !(LEAST..=MOST).contains(&speed) {
            return Err(format!("speed: {speed} is not between {LEAST} and {MOST} virtual seconds a second"));
        }
        self.since = (now, self.at(now));
        self.speed = speed;
        Ok(())
    }

    /// Stands still from now on.
    pub(super) fn pause(&mut self, now: Instant) {
        self.since = (now, self.at(now));
        self.is_paused = true;
    }

    /// Goes on from where it stood.
    pub(super) fn resume(&mut self, now: Instant) {
        self.since = (now, self.at(now));
        self.is_paused = false;
    }

    /// Goes to `at`, and on from there as before.
    pub(super) fn go_to(&mut self, now: Instant, at: Timestamp) {
        self.since = (now, at);
    }

    /// Where virtual time is.
    pub(super) fn at(&self, now: Instant) -> Timestamp {
        let (then, at) = self.since;
        let passed = if self.is_paused { 0.0 } else { now.duration_since(then).as_secs_f64() * self.speed };
        at + SignedDuration::from_secs_f64(passed)
    }

    /// How long it takes until virtual time is at `at`; `None` while it stands still.
    pub(super) fn until(&self, now: Instant, at: Timestamp) -> Option<Duration> {
        let ahead = at.duration_since(self.at(now)).as_secs_f64().max(0.0);
        (!self.is_paused).then(|| Duration::from_secs_f64(ahead / self.speed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(start: Instant, ms: u64) -> Instant {
        start + Duration::from_millis(ms)
    }

    fn minute(minute: i64) -> Timestamp {
        Timestamp::from_second(minute * 60).unwrap()
    }

    #[test]
    fn virtual_time_passes_by_the_speed_and_stands_still_in_a_pause() {
        let start = Instant::now();
        let mut pace = Pace::new(start, minute(0));
        assert_eq!(pace.at(after(start, 2_000)), minute(2));
        assert_eq!(pace.until(after(start, 2_000), minute(3)), Some(Duration::from_secs(1)));
        pace.set_speed(after(start, 2_000), 600.0).unwrap();
        assert_eq!(pace.at(after(start, 3_000)), minute(12));
        pace.pause(after(start, 3_000));
        assert_eq!(
            (pace.at(after(start, 9_000)), pace.until(after(start, 9_000), minute(13))),
            (minute(12), None)
        );
        pace.resume(after(start, 9_000));
        assert_eq!(pace.at(after(start, 9_500)), minute(17));
        pace.go_to(after(start, 9_500), minute(1));
        assert_eq!(pace.at(after(start, 10_500)), minute(11));
    }

    #[test]
    fn a_speed_that_cannot_be_is_refused_with_its_value() {
        let start = Instant::now();
        for speed in [0.0, -60.0, 1e9, f64::NAN] {
            let refused = Pace::new(start, minute(0)).set_speed(start, speed).unwrap_err();
            assert!(refused.contains(&format!("speed: {speed}")), "{refused}");
        }
    }
}
