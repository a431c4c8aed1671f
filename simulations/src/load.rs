//! Recorded demand as arrivals, second by second, and as a Prometheus would observe it. The same load is shared
//! by every policy of a comparison: it is drawn once from its seed, and only read afterwards.

mod spread;

use jiff::{SignedDuration, Timestamp};
use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;

/// Arrivals over the time of a recording.
///
/// Within a recorded step arrivals are spread as those of a Poisson process would be, given the step's total.
/// Rates are not interpolated between the middles of steps: that would move requests from one step to its
/// neighbours, and the totals of a recording are what it is trusted for.
///
/// It takes eight bytes for each second of the recording: 38 MB for 55 days.
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    start: Timestamp,
    step_s: usize,
    values: Vec<Option<f64>>,
    /// `counter[i]`: requests that arrived before second `i`, as a monotonic counter of the service would say.
    counter: Vec<f64>,
}

/// A series that is not a load.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LoadError {
    /// The simulated service advances by seconds.
    #[error("step {0:#} is not a whole number of seconds above zero")]
    Step(SignedDuration),
    /// Rates are finite and not negative.
    #[error("value {value} at {at} is not a rate of requests")]
    Value {
        /// Start of the step.
        at: Timestamp,
        /// What was refused, per second.
        value: f64,
    },
}

/// How a Prometheus watches the counter of arrivals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scrape {
    /// Time between two scrapes.
    pub period: SignedDuration,
    /// Offset of the scrapes from the whole multiples of the period since the Unix epoch.
    pub phase: SignedDuration,
    /// Range of `rate(...[window])`.
    pub window: SignedDuration,
}

impl Default for Scrape {
    /// `rate(...[1m])` over scrapes each 15 s, as the Prometheus operator's charts scrape and query.
    fn default() -> Self {
        Self {
            period: SignedDuration::from_secs(15),
            phase: SignedDuration::ZERO,
            window: SignedDuration::from_mins(1),
        }
    }
}

impl Load {
    /// Draws the arrivals of a recording: one value a `step` from `start` on, in requests per second; `None` is a
    /// gap, which carries no requests and is not observed either.
    ///
    /// # Errors
    /// A step that is not whole seconds, and values that are negative or not finite.
    pub fn new(
        start: Timestamp,
        step: SignedDuration,
        values: &[Option<f64>],
        seed: u64,
    ) -> Result<Self, LoadError> {
        let step_s = whole_seconds(step).ok_or(LoadError::Step(step))?;
        let mut rng = Pcg64Mcg::seed_from_u64(seed);
        let mut counter = Vec::with_capacity(values.len() * step_s + 1);
        counter.push(0.0);
        for (index, value) in values.iter().enumerate() {
            let rate = value.unwrap_or(0.0);
            if !rate.is_finite() || rate < 0.0 {
                return Err(LoadError::Value { at: step_start(start, step, index), value: rate });
            }
            spread::append(&mut counter, rate * step_s as f64, step_s, &mut rng);
        }
        Ok(Self { start, step_s, values: values.to_vec(), counter })
    }

    /// Start of the recording.
    pub fn start(&self) -> Timestamp {
        self.start
    }

    /// End of the recording: the end of its last step.
    pub fn end(&self) -> Timestamp {
        let length = SignedDuration::from_secs((self.counter.len() - 1) as i64);
        self.start.saturating_add(length).unwrap_or(Timestamp::MAX)
    }

    /// Requests that arrive in `[from, until)`. Outside of the recording and in its gaps there are none.
    pub fn arrivals(&self, from: Timestamp, until: Timestamp) -> f64 {
        self.counter_at(until) - self.counter_at(from)
    }

    /// Whether demand is known at `at`: false in gaps and outside of the recording, where silence is not zero.
    pub fn is_recorded(&self, at: Timestamp) -> bool {
        let step = self.offset_s(at) / self.step_s as f64;
        0.0 <= step && self.values.get(step as usize).is_some_and(Option::is_some)
    }

    /// What `rate(...[window])` answers at `at`, per second.
    ///
    /// The newest scrape is up to a period old, and the rate is taken between the oldest and the newest scrape in
    /// the window, which is what Prometheus's extrapolation to the window's ends comes to for scrapes that are
    /// neither missing nor late. `None` while a gap, or the time outside of the recording, lies in between.
    pub fn observed_rate(&self, at: Timestamp, scrape: &Scrape) -> Option<f64> {
        let newest = scrape.last_before(at);
        // The window is open at its start: a scrape exactly one window old is out of it.
        let room = scrape.window - at.duration_since(newest) - SignedDuration::from_nanos(1);
        let scrapes = i32::try_from(room.as_nanos() / scrape.period.as_nanos()).ok()?;
        let span = scrape.period * scrapes;
        let oldest = newest.checked_sub(span).ok()?;
        let known = span > SignedDuration::ZERO && self.is_known(oldest, newest);
        known.then(|| self.arrivals(oldest, newest) / span.as_secs_f64())
    }

    /// Whether every step that `[from, until)` touches was recorded.
    fn is_known(&self, from: Timestamp, until: Timestamp) -> bool {
        if from < self.start || self.end() < until {
            return false;
        }
        let first = self.offset_s(from) as usize / self.step_s;
        let end = (self.offset_s(until).ceil() as usize).div_ceil(self.step_s);
        self.values[first..end].iter().all(Option::is_some)
    }

    fn counter_at(&self, at: Timestamp) -> f64 {
        let offset_s = self.offset_s(at).clamp(0.0, (self.counter.len() - 1) as f64);
        let second = offset_s as usize;
        let before = self.counter[second];
        let after = self.counter.get(second + 1).copied().unwrap_or(before);
        before + (after - before) * (offset_s - second as f64)
    }

    fn offset_s(&self, at: Timestamp) -> f64 {
        at.duration_since(self.start).as_secs_f64()
    }
}

impl Scrape {
    /// The newest scrape at or before `at`.
    fn last_before(&self, at: Timestamp) -> Timestamp {
        let since_a_scrape = (at.as_duration() - self.phase).as_nanos().rem_euclid(self.period.as_nanos());
        at - SignedDuration::from_nanos_i128(since_a_scrape)
    }
}

fn whole_seconds(step: SignedDuration) -> Option<usize> {
    let whole = step.subsec_nanos() == 0 && step.is_positive();
    whole.then(|| step.as_secs() as usize)
}

fn step_start(start: Timestamp, step: SignedDuration, index: usize) -> Timestamp {
    start.saturating_add(SignedDuration::from_secs(step.as_secs() * index as i64)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
