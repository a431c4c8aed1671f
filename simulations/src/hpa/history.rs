//! What the controller remembers of one HPA: its recommendations, for stabilization, and its changes of size, for
//! the policies. Both are bounded: what no window and no period reaches any more is dropped or overwritten.

use jiff::{SignedDuration, Timestamp};
use std::collections::VecDeque;

/// The recommendations before stabilization, the oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Recommendations(VecDeque<(Timestamp, i64)>);

impl Recommendations {
    /// Notes the size at the first sync: a new HPA does not shrink its target at once.
    pub(crate) fn open(&mut self, now: Timestamp, replicas: i64) {
        if self.0.is_empty() {
            self.0.push_back((now, replicas));
        }
    }

    /// Notes a recommendation, and drops those that have left a window of `keep`.
    pub(crate) fn record(&mut self, now: Timestamp, replicas: i64, keep: SignedDuration) {
        while self.0.front().is_some_and(|(at, _)| keep < now.duration_since(*at)) {
            self.0.pop_front();
        }
        self.0.push_back((now, replicas));
    }

    /// Recommendations younger than `window`.
    pub(crate) fn within(&self, now: Timestamp, window: SignedDuration) -> impl Iterator<Item = i64> {
        self.0.iter().rev().take_while(move |(at, _)| now.duration_since(*at) < window).map(|(_, r)| *r)
    }

    /// Recommendations of `window` or younger: an HPA without `behavior` counts its edge in.
    pub(crate) fn up_to(&self, now: Timestamp, window: SignedDuration) -> impl Iterator<Item = i64> {
        self.0.iter().rev().take_while(move |(at, _)| now.duration_since(*at) <= window).map(|(_, r)| *r)
    }
}

/// The changes of size that the HPA made: growth positive, in no order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Changes(Vec<(Timestamp, i64)>);

impl Changes {
    /// Notes a change in the place of one of its direction that is older than `longest`, the longest period of
    /// that direction. Like the controller, it thereby forgets what a longer period of the other direction would
    /// still have counted.
    pub(crate) fn record(&mut self, now: Timestamp, change: i64, longest: SignedDuration) {
        let outdated = self.0.iter().rposition(|(at, earlier)| {
            earlier.signum() == change.signum() && longest < now.duration_since(*at)
        });
        match outdated {
            Some(slot) => self.0[slot] = (now, change),
            None => self.0.push((now, change)),
        }
    }

    /// The size a period ago, if nobody but this HPA changed it since.
    pub(crate) fn size_before(&self, now: Timestamp, period: SignedDuration, current: i64) -> i64 {
        let recent = self.0.iter().filter(|(at, _)| now.duration_since(*at) < period);
        current - recent.map(|(_, change)| change).sum::<i64>()
    }
}
