//! Node room ahead of pods: how much is kept, for how long it is held, and what to say where it comes too late.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use super::Autoscaler;
use crate::plan::Late;
use crate::settings::Mode;
use crate::signal::Sample;

/// Maxima remembered at most: a window is kept to within 1/16 of its length.
const REMEMBERED: usize = 16;

/// What is known of room beside the workload's size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// Pods of the workload whose node is about to vanish: taken by its cloud, drained, or marked to go.
    pub going: u32,
    /// Pods of the workload that no node has room for now.
    pub pending: u32,
    /// Pods for which headroom that was asked for is there; `None` where none was, or where nobody says.
    pub ready: Option<u32>,
    /// Since when some of it is on its way; `None` where all of it is there.
    pub asked: Option<Timestamp>,
    /// How long it may take until room that pods took is asked for again.
    pub refill: SignedDuration,
}

/// The most pods that were needed lately, by falling height: only a maximum that none after it reaches is remembered.
#[derive(Clone, Debug, Default)]
pub(super) struct Needed {
    maxima: VecDeque<(Timestamp, u32)>,
}

impl Needed {
    fn remember(&mut self, now: Timestamp, pods: u32, window: SignedDuration) {
        self.maxima.retain(|(at, _)| now <= *at + window && *at <= now);
        while self.maxima.back().is_some_and(|(_, before)| *before <= pods) {
            self.maxima.pop_back();
        }
        match self.maxima.back_mut().filter(|(at, _)| now.duration_since(*at) < window / REMEMBERED as i32) {
            // Too near the last one for a place of its own: that one is held for a little longer.
            Some(last) => last.0 = now,
            None => self.maxima.push_back((now, pods)),
        }
    }

    fn most(&self, now: Timestamp, window: SignedDuration) -> u32 {
        let within = self.maxima.iter().filter(|(at, _)| now <= *at + window);
        within.map(|(_, pods)| *pods).max().unwrap_or(0)
    }

    fn newest(&self) -> u32 {
        self.maxima.back().map_or(0, |(_, pods)| *pods)
    }
}

impl Autoscaler {
    /// Pods that will be needed before a node asked for now could have them Ready, less those that exist or are
    /// asked for. It is held as long as replicas are; while demand is silent, it does not shrink.
    pub(super) fn headroom(
        &self,
        now: Timestamp,
        observed: Option<Sample>,
        (replicas, node_lead): (u32, SignedDuration),
    ) -> u32 {
        if !self.keeps_headroom() {
            return 0;
        }
        let held = match observed {
            Some(_) => self.needed.most(now, self.settings.rates.down_window),
            None => self.needed.newest(),
        };
        let needed = self.needed_by_node(now, node_lead).max(held).saturating_add(self.room.going);
        let existing = self.workload.map_or(0, |workload| workload.existing);
        needed.min(self.settings.limits.max).saturating_sub(existing.max(replicas))
    }

    /// Remembers what was needed when a plan was made.
    pub(super) fn remember_needed(&mut self, now: Timestamp, node_lead: SignedDuration) {
        let needed = self.needed_by_node(now, node_lead);
        self.needed.remember(now, needed, self.settings.rates.down_window);
    }

    /// What is needed before the nodes that are on their way are there. Whole steps only: within one, nobody knows when
    /// demand rises. Where no node is awaited, the pods may have room that nobody has counted, and nothing is said.
    pub(super) fn late(&self, now: Timestamp, (replicas, node_lead): (u32, SignedDuration)) -> Option<Late> {
        let asked = self.room.asked.or((0 < self.room.pending).then_some(now));
        let node_ready = asked?.max(now - node_lead) + node_lead;
        let before = node_ready.duration_since(now) - self.settings.step;
        if !self.keeps_headroom() || before.is_negative() {
            return None;
        }
        let (workload, peak) = (self.workload?, self.peak_within(now, before)?);
        // What has only just been asked for is not there to be pending yet.
        let asked_for = workload.existing.max(replicas);
        let settled = asked_for.saturating_sub(self.room.going).saturating_sub(self.room.pending);
        let room = settled.saturating_add(self.room.ready.unwrap_or(0));
        let needed = self.replicas_for(peak.demand).min(self.settings.limits.max);
        (room < needed).then_some(Late { needed, by: peak.at, room, node_ready })
    }

    fn keeps_headroom(&self) -> bool {
        self.settings.headroom && self.settings.mode != Mode::Paused && self.per_replica().is_some()
    }

    /// Room that pods take now is asked for again after its refill, and is there a node's lead time later.
    fn needed_by_node(&self, now: Timestamp, node_lead: SignedDuration) -> u32 {
        self.peak(now, self.room.refill + node_lead).map_or(0, |peak| self.replicas_for(peak.demand))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_780_000_000 + second).unwrap()
    }

    const WINDOW: SignedDuration = SignedDuration::from_secs(120);

    #[test]
    fn the_most_of_a_window_is_held_and_then_given_back() {
        let mut needed = Needed::default();
        for (second, pods) in [(0, 5), (15, 9), (30, 4), (45, 6), (60, 2)] {
            needed.remember(at(second), pods, WINDOW);
        }
        for (second, most) in [(60, 9), (135, 9), (136, 6), (165, 6), (166, 2), (181, 0)] {
            assert_eq!(needed.most(at(second), WINDOW), most, "at {second} s");
        }
        assert_eq!(needed.newest(), 2);
    }

    #[test]
    fn memory_is_bounded_and_a_clock_that_is_set_back_leaves_nothing_behind() {
        let mut needed = Needed::default();
        for second in 0..3_000 {
            needed.remember(at(second), 10_000 - second as u32, WINDOW);
        }
        assert!(needed.maxima.len() <= REMEMBERED + 2, "{}", needed.maxima.len());
        needed.remember(at(-500), 3, WINDOW);
        assert_eq!(needed.most(at(-500), WINDOW), 3);
    }
}
