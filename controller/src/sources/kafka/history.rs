//! What arrived at a topic before anybody looked. A broker finds the first record that is stamped at a time or later, and
//! the offsets of two times are the arrivals between them.
//!
//! What its log has no more is not known: a step counts only where every partition goes back to its beginning.

use std::{collections::BTreeMap, time::Duration};

use jiff::{SignedDuration, Timestamp};
use prescale_model::Sample;
use tokio::time::sleep;

use super::{
    brokers::Brokers,
    extents::{Partitions, SinceQuestion},
    poll::SeenTopic,
    problem::Problem,
};

/// Questions between two pauses. Each looks at the index of a log, and perhaps at a disk.
const ASKED_BETWEEN_PAUSES: usize = 500;

/// The steps of a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Grid {
    /// Where the first step begins.
    from: Timestamp,
    step: SignedDuration,
    steps: usize,
}

/// The past of a topic, as its brokers tell it.
pub(super) struct Past<'a> {
    pub(super) topic: &'a str,
    pub(super) seen: &'a SeenTopic,
    pub(super) brokers: &'a mut Brokers,
}

impl Grid {
    /// Steps that end from the first to the last of two times, both included.
    pub(super) fn new((first, last): (Timestamp, Timestamp), step: SignedDuration) -> Self {
        let steps = last.duration_since(first).as_secs().checked_div(step.as_secs()).unwrap_or(0);
        Self { from: first - step, step, steps: usize::try_from(steps + 1).unwrap_or(0) }
    }

    /// Where a step begins; that of the last plus one is where the last ends.
    fn begins(&self, step: usize) -> Timestamp {
        self.from + self.step * i32::try_from(step).unwrap_or(i32::MAX)
    }

    /// The first step that begins at a time or later.
    fn first_since(&self, millis: i64) -> usize {
        let late = millis - self.from.as_millisecond();
        let step = i64::try_from(self.step.as_millis()).unwrap_or(i64::MAX).max(1);
        usize::try_from(late.max(0)).map_or(0, |late| late.div_ceil(usize::try_from(step).unwrap_or(1)))
    }

    /// Arrivals a second, from what had arrived when steps began.
    fn samples(&self, arrived: &[Option<i64>]) -> Vec<Sample> {
        let seconds = self.step.as_secs_f64();
        let steps = arrived.windows(2).enumerate();
        let samples = steps.filter_map(|(step, both)| {
            let (before, after) = (both[0]?, both[1]?);
            Sample::new(self.begins(step + 1), (after - before) as f64 / seconds)
        });
        samples.collect()
    }
}

impl Past<'_> {
    /// Arrivals a second at the end of each step that is known.
    pub(super) async fn arrivals(&mut self, grid: &Grid, pause: Duration) -> Result<Vec<Sample>, Problem> {
        let ends = self.seen.ends()?;
        let Some(since) = self.known_since(&ends).await? else { return Ok(Vec::new()) };
        let mut arrived = vec![None; grid.steps + 1];
        let (first, last) = (grid.first_since(since), grid.steps);
        if last <= first {
            return Ok(Vec::new());
        }
        for step in [first, last] {
            arrived[step] = Some(self.arrived_before(grid.begins(step), &ends).await?);
        }
        // Where as much had arrived at the end as at the beginning, it had in between.
        let mut open = vec![(first, last)];
        let mut asked = 0;
        while let Some((from, to)) = open.pop() {
            if arrived[from] == arrived[to] {
                let same = arrived[from];
                arrived[from..to].fill(same);
                continue;
            }
            let middle = from.midpoint(to);
            if middle == from {
                continue;
            }
            arrived[middle] = Some(self.arrived_before(grid.begins(middle), &ends).await?);
            open.extend([(from, middle), (middle, to)]);
            asked += 1;
            if asked % ASKED_BETWEEN_PAUSES == 0 {
                sleep(pause).await;
            }
        }
        Ok(grid.samples(&arrived))
    }

    /// From when on all partitions tell of all that arrived, in milliseconds; `None` where one has lost all of it.
    async fn known_since(&mut self, ends: &[i64]) -> Result<Option<i64>, Problem> {
        let mut since = 0;
        for (end, first) in ends.iter().zip(self.since(0).await?) {
            match first {
                // It begins with what is left: records of before may have been there.
                Some((_, millis)) => since = since.max(millis),
                None if *end == 0 => {}
                None => return Ok(None),
            }
        }
        Ok(Some(since))
    }

    /// What had arrived before a time, over all partitions.
    async fn arrived_before(&mut self, at: Timestamp, ends: &[i64]) -> Result<i64, Problem> {
        let since = self.since(at.as_millisecond()).await?;
        Ok(ends
            .iter()
            .zip(since)
            .map(|(end, since)| since.map_or(*end, |(offset, _)| offset.min(*end)))
            .sum())
    }

    /// The first record of each partition that is stamped at a time or later.
    async fn since(&mut self, millis: i64) -> Result<Vec<Option<(i64, i64)>>, Problem> {
        let mut questions = BTreeMap::<i32, SinceQuestion>::new();
        for (partition, leader) in (0..).zip(&self.seen.leaders) {
            let leader = leader.ok_or(Problem::NoLeader { partition })?;
            let question = questions.entry(leader).or_insert_with(|| SinceQuestion {
                partitions: Partitions::from([(self.topic.to_owned(), Vec::new())]),
                millis: millis.max(0),
            });
            question.partitions.values_mut().for_each(|partitions| partitions.push(partition));
        }
        let mut all = vec![None; self.seen.leaders.len()];
        for answer in self.brokers.ask_each(questions).await.into_values() {
            let answer = answer?.remove(self.topic).unwrap_or_default();
            for (partition, since) in answer {
                let index = usize::try_from(partition).ok().filter(|index| *index < all.len());
                if let Some(index) = index {
                    all[index] = Some(since?);
                }
            }
        }
        let missing = |partition: usize| Problem::Answered(format!("nothing of partition {partition}"));
        all.into_iter()
            .enumerate()
            .map(|(partition, since)| since.ok_or_else(|| missing(partition)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(steps: i64) -> Grid {
        let at = |second| Timestamp::from_second(second).unwrap();
        Grid::new((at(1_060), at(1_000 + 60 * steps)), SignedDuration::from_mins(1))
    }

    #[test]
    fn arrivals_are_what_came_within_a_step_and_unknown_where_an_end_is() {
        let samples = grid(4).samples(&[None, Some(100), Some(160), Some(160), Some(400)]);
        let samples: Vec<_> =
            samples.iter().map(|sample| (sample.at().as_second(), sample.value())).collect();
        assert_eq!(samples, [(1_120, 1.0), (1_180, 0.0), (1_240, 4.0)]);
    }

    #[test]
    fn a_step_counts_from_the_first_that_begins_after_the_log_does() {
        let grid = grid(4);
        assert_eq!((grid.steps, grid.begins(0).as_second(), grid.begins(4).as_second()), (4, 1_000, 1_240));
        for (millis, expected) in [(0, 0), (1_000_000, 0), (1_000_001, 1), (1_060_000, 1), (1_999_000, 17)] {
            assert_eq!(grid.first_since(millis), expected, "{millis}");
        }
    }
}
