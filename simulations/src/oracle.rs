//! The clairvoyant: it knows every arrival, asks for each pod just early enough to be Ready, and gives it back at
//! once. What it is late for, or pays, nobody could have avoided in this world.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use crate::scenario::Scenario;

/// Replicas that the demand of each tick needs, and what that asks for ahead of it.
#[derive(Clone, Debug)]
pub struct Oracle {
    from: Timestamp,
    tick: SignedDuration,
    /// Most needed from each tick until pods asked for then are Ready.
    pods: Vec<u32>,
    /// The same for pods that wait for a node.
    nodes: Vec<u32>,
}

/// How far ahead of its need a pod is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Foresight {
    /// On a node that is there.
    pub pod: SignedDuration,
    /// With a node to launch.
    pub node: SignedDuration,
}

impl Oracle {
    /// Looks at the whole window of a scenario.
    #[must_use]
    pub fn new(scenario: &Scenario, foresight: Foresight) -> Self {
        let (from, tick) = (scenario.from, scenario.written.tick);
        let needed: Vec<u32> = (0..=scenario.ticks())
            .map(|index| {
                let start = from + tick * index as i32;
                let rate = scenario.load.arrivals(start, start + tick) / tick.as_secs_f64();
                scenario.replicas_for(rate)
            })
            .collect();
        let ticks = |ahead: SignedDuration| (ahead.as_secs_f64() / tick.as_secs_f64()).ceil() as usize + 1;
        Self {
            from,
            tick,
            pods: most_ahead(&needed, ticks(foresight.pod)),
            nodes: most_ahead(&needed, ticks(foresight.node)),
        }
    }

    /// Replicas to ask for at `now`, and pods to hold node room for beyond them.
    #[must_use]
    pub fn wants(&self, now: Timestamp) -> (u32, u32) {
        let index = now.duration_since(self.from).as_millis() / self.tick.as_millis();
        let index = (index.max(0) as usize).min(self.pods.len() - 1);
        (self.pods[index], self.nodes[index].saturating_sub(self.pods[index]))
    }
}

/// The maximum of each value and the `ahead` that follow it.
fn most_ahead(values: &[u32], ahead: usize) -> Vec<u32> {
    let mut most = vec![0; values.len()];
    let mut falling: VecDeque<usize> = VecDeque::new();
    for index in (0..values.len()).rev() {
        while falling.back().is_some_and(|&last| values[last] <= values[index]) {
            falling.pop_back();
        }
        falling.push_back(index);
        while falling.front().is_some_and(|&first| index + ahead < first) {
            falling.pop_front();
        }
        most[index] = values[falling[0]];
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tick_asks_for_the_most_that_follows() {
        assert_eq!(most_ahead(&[1, 5, 2, 2, 9, 1, 1], 0), [1, 5, 2, 2, 9, 1, 1]);
        assert_eq!(most_ahead(&[1, 5, 2, 2, 9, 1, 1], 2), [5, 5, 9, 9, 9, 1, 1]);
        assert_eq!(most_ahead(&[1, 5, 2, 2, 9, 1, 1], 99), [9, 9, 9, 9, 9, 1, 1]);
    }
}
