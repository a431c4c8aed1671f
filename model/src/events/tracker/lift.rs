//! How much announced events lift demand at a time: what is expected of them, and what was learned of their class.

use jiff::Timestamp;

use super::{Profile, Running, Tracker, minutes_since};
use crate::events::{Event, pool};

/// Least ratio of demand with events to demand without; keeps demand without events finite.
const LEAST_RATIO: f64 = 0.05;

/// More demand than events account for is carried on at no more than this multiple of today's lift: an early crowd is
/// not multiplied into a stampede.
const MOST_CARRIED: f64 = 1.5;

/// Lift from which an event is named as the reason of a forecast.
const LIFT_TO_NAME: f64 = 1.05;

/// How all events together lift demand at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lift {
    /// Demand with the events over demand without; above 0.
    pub ratio: f64,
    /// Relative error of the ratio's logarithm.
    pub error: f64,
    /// Probability that the event that lifts most happens.
    pub confidence: f64,
}

impl Lift {
    /// No event.
    pub const NONE: Self = Self { ratio: 1.0, error: 0.0, confidence: 1.0 };
}

impl Tracker {
    /// What demand becomes where lift changes: what it is without events is lifted as it will be; what lies above that
    /// is carried on with care.
    #[must_use]
    pub fn carry(&self, demand: f64, now: Lift, then: Lift) -> f64 {
        let (usual, base) = (demand / now.ratio, self.base());
        let carried = then.ratio.min(MOST_CARRIED * now.ratio);
        usual.min(base) * then.ratio + (usual - base).max(0.0) * carried
    }

    /// Lift of the step that ends at a time: what events add, they add up.
    #[must_use]
    pub fn lift(&self, at: Timestamp) -> Lift {
        let mut total = Lift::NONE;
        let mut most_added = 0.0;
        for running in self.running.values().filter(|running| !running.dismissed) {
            let added = self.lift_of_step(running, at) - 1.0;
            total.ratio += added;
            if most_added < added.abs() {
                most_added = added.abs();
                total.error = self.error_of(&running.event);
                total.confidence = running.event.confidence;
            }
        }
        Lift { ratio: total.ratio.max(LEAST_RATIO), ..total }
    }

    /// Name of the event that lifts most at a time; `None` where none does.
    #[must_use]
    pub fn lifted_by(&self, at: Timestamp) -> Option<&str> {
        let lifting = self.running.values().filter(|running| !running.dismissed);
        let lifts = lifting.map(|running| (self.lift_of(running, at), running.event.name.as_str()));
        let (lift, name) = lifts.max_by(|a, b| a.0.total_cmp(&b.0))?;
        (LIFT_TO_NAME < lift).then_some(name)
    }

    /// Lift of one event at a time.
    pub(super) fn lift_of(&self, running: &Running, at: Timestamp) -> f64 {
        let minutes = running.minutes_at(at);
        self.believed(running, minutes, self.expected_lift(&running.event, minutes))
    }

    /// Lift of one event in the step that ends at a time. Profiles are learned by the ends of steps, and read there;
    /// what people expect is of moments, and a step is its mean.
    fn lift_of_step(&self, running: &Running, ends_at: Timestamp) -> f64 {
        let minutes = running.minutes_at(ends_at);
        let ends = [minutes - self.step.as_secs_f64() / 60.0, minutes];
        let [start, end] = ends.map(|minutes| self.expected_lift(&running.event, minutes));
        self.believed(running, minutes, 0.5 * (start + end))
    }

    /// What is expected by people gives way to what was learned, as events of the class are seen.
    fn believed(&self, running: &Running, minutes: f64, expected: f64) -> f64 {
        let event = &running.event;
        let learned = self.classes.get(&event.class).filter(|profile| profile.is_known());
        match (learned, event.expected) {
            (None, _) => expected,
            (Some(profile), None) => profile.lift(event, minutes),
            (Some(profile), Some(_)) => {
                let weight = pool::weight(profile.events());
                let learned = profile.lift(event, minutes).max(LEAST_RATIO).ln();
                (weight * learned + (1.0 - weight) * expected.ln()).exp()
            }
        }
    }

    /// Climbs to the peak during the ramp before the start, stays until the end, and falls as it climbed; 1 where
    /// people say nothing.
    fn expected_lift(&self, event: &Event, minutes: f64) -> f64 {
        let Some(expected) = event.expected else { return 1.0 };
        let ramp = (expected.ramp_up.as_secs_f64() / 60.0).max(1e-3);
        let length = minutes_since(event.starts_at, event.ends_at);
        let share =
            if minutes < 0.0 { 1.0 + minutes / ramp } else { 1.0 - (minutes - length).max(0.0) / ramp };
        let peak = (expected.peak / self.base()).max(1.0);
        1.0 + (peak - 1.0) * share.clamp(0.0, 1.0)
    }

    fn error_of(&self, event: &Event) -> f64 {
        self.classes.get(&event.class).map_or_else(|| Profile::default().error(), |profile| profile.error())
    }
}
