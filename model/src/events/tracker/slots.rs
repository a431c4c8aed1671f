//! Events of one start and one end as one: what the learned expert sees of the calendar.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Running, Tracker, minutes_since};
use crate::forecast::eventful::{BEFORE, Slot};
use crate::forecast::transform::Transform;

/// An event of another class than the most frequent one counts at most so many times as much, or as little.
const MOST_SIZE: f64 = 5.0;

/// Events of a class after which its own size is believed as much as that of a usual one.
const EVENTS_TO_BELIEVE: f64 = 3.0;

impl Tracker {
    /// Keeps the level before each event that begins to have an effect.
    pub fn note_level(&mut self, now: Timestamp, level: f32) {
        for running in self.running.values_mut().filter(|running| running.level_before.is_none()) {
            if BEFORE <= running.clock().at(now) {
                running.level_before = Some(level);
            }
        }
    }

    /// All events in reach that are not dismissed, in the order of their starts.
    #[must_use]
    pub fn slots(&self, transform: &Transform) -> Vec<Slot> {
        let mut slots: Vec<Slot> = Vec::new();
        let usual = self.usual_class();
        for running in self.running.values().filter(|running| !running.dismissed) {
            let size = self.size_of(running, usual, transform);
            let rare = if usual.is_none_or(|usual| usual == running.event.class) { 0.0 } else { size };
            match slots.iter_mut().find(|slot| slot.clock == running.clock()) {
                Some(slot) => {
                    slot.size += size;
                    slot.rare += rare;
                }
                None => slots.push(slot(running, size, rare)),
            }
        }
        slots.sort_by_key(|slot| slot.clock.starts_at);
        slots
    }

    /// The class of which most events were seen; `None` before the first is over.
    fn usual_class(&self) -> Option<&str> {
        let most = self.classes.iter().max_by_key(|(_, profile)| profile.events());
        most.map(|(class, _)| class.as_str())
    }

    /// How much an event moves levels, where a usual one of the usual class moves them by 1.
    fn size_of(&self, running: &Running, usual: Option<&str>, transform: &Transform) -> f32 {
        let own = self.classes.get(&running.event.class);
        let rise = |lift: f64| (transform.raise(lift) - 1.0).max(0.01);
        let of_event = own.map_or(1.0, |profile| {
            let peak = profile.peak();
            rise(1.0 + (peak - 1.0) * profile.size(&running.event)) / rise(peak)
        });
        let of_class =
            own.zip(usual.and_then(|usual| self.classes.get(usual))).map_or(1.0, |(own, usual)| {
                let ratio = (rise(own.peak()) / rise(usual.peak())).clamp(1.0 / MOST_SIZE, MOST_SIZE);
                let events = f64::from(own.events());
                ratio.powf(events / (events + EVENTS_TO_BELIEVE))
            });
        (of_event * of_class) as f32
    }
}

fn slot(running: &Running, size: f32, rare: f32) -> Slot {
    let starts_at = running.event.starts_at;
    Slot {
        clock: running.clock(),
        size,
        late: lateness_in_day(starts_at),
        workday: if starts_at.to_zoned(TimeZone::UTC).weekday().to_monday_one_offset() < 6 {
            1.0
        } else {
            0.0
        },
        rare,
        before: running.level_before,
    }
}

/// From 0 for starts until mid-afternoon to 1 for those of the evening.
fn lateness_in_day(starts_at: Timestamp) -> f32 {
    const AFTERNOON_MIN: f64 = 15.5 * 60.0;
    const TO_EVENING_MIN: f64 = 3.5 * 60.0;
    let minute = minutes_since(Timestamp::UNIX_EPOCH, starts_at).rem_euclid(24.0 * 60.0);
    ((minute - AFTERNOON_MIN) / TO_EVENING_MIN).clamp(0.0, 1.0) as f32
}
