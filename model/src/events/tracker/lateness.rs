//! Whether an event that should have begun has begun. One that demand does not follow is taken to be late: its
//! clock is set back to where demand follows it, and after a while it is dismissed.

use jiff::Timestamp;

use super::{Course, Running, Tracker, minutes_since, ramp_min};

/// Longest time for which an event is waited for; then it is dismissed.
const MOST_DELAY_MIN: f64 = 15.0;

/// A late event is told from a guessed ramp that is a little early only so long after the start.
const GRACE_MIN: f64 = 2.0;

/// Demand follows an event when at least this share of its lift is there.
const SHARE_THAT_SHOWS: f64 = 0.15;

/// Lift from which demand is expected to show it: smaller ones drown in noise.
const LIFT_THAT_SHOWS: f64 = 1.5;

impl Tracker {
    /// Sets back the clock of an event that demand does not follow, and dismisses it after a while.
    pub(super) fn watch_for_lateness(&mut self, now: Timestamp, seen: f64) {
        let mut running = std::mem::take(&mut self.running);
        for one in running.values_mut().filter(|one| !one.came) {
            let since_start = minutes_since(one.event.starts_at, now);
            if (GRACE_MIN..=MOST_DELAY_MIN).contains(&since_start) {
                one.delay_min = self.delay(one, now, seen);
            }
            let lift = self.lift_of(one, now);
            one.came = 0.0 <= since_start && LIFT_THAT_SHOWS <= lift && !self.is_awaited(one, now, seen);
            one.dismissed |= MOST_DELAY_MIN < since_start && 0.0 < one.delay_min && !one.came;
        }
        self.running = running;
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

    /// Whether an event should lift demand at `now`, by so much that one would see it, and does not yet.
    pub(super) fn is_awaited(&self, running: &Running, now: Timestamp, seen: f64) -> bool {
        let lift = self.lift_of(running, now);
        let is_expected = !running.came && !running.dismissed && LIFT_THAT_SHOWS <= lift;
        is_expected && seen < 1.0 + SHARE_THAT_SHOWS * (lift - 1.0)
    }
}
