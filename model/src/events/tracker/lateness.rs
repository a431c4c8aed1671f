//! Whether an event that should have begun has begun. One that demand does not follow is taken to be late: its
//! clock is set back to where demand follows it, and after a while it is dismissed.

use jiff::{SignedDuration, Timestamp};

use super::{Course, Running, Tracker, minutes_since, ramp, ramp_min};

/// Longest time for which an event is waited for; then it is dismissed.
const MOST_DELAY_MIN: f64 = 12.0;

/// A late event is told from a guessed ramp that is a little early only so long after the start.
const GRACE_MIN: f64 = 2.0;

/// Demand follows an event when at least this share of its lift is there.
const SHARE_THAT_SHOWS: f64 = 0.4;

/// A rise of demand by so much within a quarter of an hour of the start would be seen. Gentler ones cannot be told
/// from what the day does, and need no waiting for: forecasts follow them.
pub const SHARP: f64 = 2.0;

/// Below this lift, what demand does is the day's doing.
const LIFT_THAT_IS_NONE: f64 = 1.1;

/// How fast the day's drift is followed, a step.
const DRIFT_GAIN: f64 = 0.2;

impl Tracker {
    /// Sets back the clock of an event that demand does not follow, and dismisses it after a while.
    pub(super) fn watch_for_lateness(&mut self, now: Timestamp, seen: f64) {
        let mut running = std::mem::take(&mut self.running);
        for one in running.values_mut().filter(|one| !one.came) {
            let since_start = minutes_since(one.event.starts_at, now);
            if self.lift_of(one, now) < LIFT_THAT_IS_NONE {
                one.drift += DRIFT_GAIN * (seen - one.drift);
            }
            if (GRACE_MIN..=MOST_DELAY_MIN).contains(&since_start) {
                one.delay_min = self.delay(one, now, seen);
            }
            one.came = 0.0 <= since_start && self.shows(one, now, seen) == Some(true);
            one.dismissed |= MOST_DELAY_MIN < since_start && 0.0 < one.delay_min && !one.came;
        }
        self.running = running;
    }

    /// Whether any event that should lift demand does not yet.
    pub(super) fn lags(&self, now: Timestamp, seen: f64) -> bool {
        self.running.values().any(|running| self.is_awaited(running, now, seen))
    }

    /// The least delay with which demand follows the event.
    fn delay(&self, running: &Running, now: Timestamp, seen: f64) -> f64 {
        let step_min = self.step.as_secs_f64() / 60.0;
        let latest = minutes_since(running.event.starts_at, now) + ramp_min(&running.event);
        let delays = (0..).map(|steps| f64::from(steps) * step_min).take_while(|delay| *delay < latest);
        let mut late = Running { course: Course::default(), ..running.clone() };
        for delay_min in delays {
            late.delay_min = delay_min;
            if !self.is_awaited(&late, now, seen) {
                return delay_min;
            }
        }
        latest
    }

    /// Whether an event should lift demand at `now`, by so much and so sharply that one would see it, and does not yet.
    fn is_awaited(&self, running: &Running, now: Timestamp, seen: f64) -> bool {
        !running.came && !running.dismissed && self.shows(running, now, seen) == Some(false)
    }

    /// Whether demand shows an event that should be seen at `now`; `None` where it should not.
    fn shows(&self, running: &Running, now: Timestamp, seen: f64) -> Option<bool> {
        let (before, lift) = (self.lift_of(running, before_its_rise(running)), self.lift_of(running, now));
        let shown = running.drift * (1.0 + SHARE_THAT_SHOWS * (lift - 1.0));
        (SHARP * before <= lift).then_some(shown <= seen)
    }
}

/// A quarter of an hour before an event, as it is believed to start, begins to climb to its start.
fn before_its_rise(running: &Running) -> Timestamp {
    const EARLIER: SignedDuration = SignedDuration::from_mins(15);
    running.clock().starts_at - ramp(&running.event) - EARLIER
}
