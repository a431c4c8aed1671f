//! What a method gives before its band: the level expected at some horizons.

use std::collections::VecDeque;

use jiff::Timestamp;

/// A method's central forecast, on the scale of [`Transform`](super::transform::Transform).
pub trait Centre {
    /// Learns the level of the step that ended at `ends_at`; `None` is a gap.
    fn learn(&mut self, ends_at: Timestamp, level: Option<f64>);

    /// Forgets the last steps, but not what was learned from them.
    fn restart(&mut self);

    /// Writes the level expected `horizons[i]` steps after the last one learned to `out[i]`. Called only after
    /// at least one level was learned.
    fn predict(&self, horizons: &[u32], out: &mut [f64]);
}

/// What was said of a step that is `horizon` steps ahead, until that step comes.
#[derive(Clone, Debug)]
pub struct Pending<T> {
    horizon: usize,
    said: VecDeque<T>,
}

impl<T> Pending<T> {
    /// Nothing said yet. `horizon` is at least 1.
    #[must_use]
    pub fn new(horizon: u32) -> Self {
        Self { horizon: horizon as usize, said: VecDeque::with_capacity(horizon as usize) }
    }

    /// What was said of the step that came now; once a step.
    pub fn take(&mut self) -> Option<T> {
        (self.said.len() == self.horizon).then(|| self.said.pop_front()).flatten()
    }

    /// Says something of the step `horizon` ahead; once a step, after `take`.
    pub fn say(&mut self, what: T) {
        self.said.push_back(what);
    }

    /// Forgets what was said.
    pub fn clear(&mut self) {
        self.said.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feedback_comes_exactly_a_horizon_later() {
        let mut pending = Pending::new(3);
        let heard: Vec<_> = (0..6)
            .map(|step| {
                let heard = pending.take();
                pending.say(step);
                heard
            })
            .collect();
        assert_eq!(heard, [None, None, None, Some(0), Some(1), Some(2)]);
    }
}
