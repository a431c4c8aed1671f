//! What is known of one topic, and of the groups on it, from the polls so far.

use std::{collections::BTreeMap, time::Duration};

use jiff::{SignedDuration, Timestamp};
use prescale_model::Sample;

use super::{
    GroupReading, GroupState, TopicReading,
    arrived::Arrived,
    groups::SeenGroup,
    growth::Growth,
    lag::{self, Extent},
    oldest::{Stamps, Waiting},
    poll::SeenTopic,
    problem::{Problem, Unknown},
    tally::whole_second,
};

/// A moment, by the clock that people read and by one that is never set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) at: Timestamp,
    pub(super) steady: Duration,
}

/// A topic that is followed.
#[derive(Debug, Default)]
pub(super) struct Topic {
    /// The last good poll of it, which stands until it is stale.
    last: Option<(Moment, SeenTopic)>,
    /// What was wrong with the polls after that.
    problem: Option<Problem>,
    arrivals: Growth,
    /// The ends that the last mark of `arrivals` was made at.
    counted: Vec<i64>,
    /// Whether its offsets went back, and not only we have begun.
    began_anew: bool,
    /// By partition.
    arrived: Vec<Arrived>,
    groups: BTreeMap<String, Result<SeenGroup, Problem>>,
    /// The newest stamp that was read for a group of a partition, and of which offset.
    stamps: BTreeMap<(String, i32), (i64, Timestamp)>,
}

impl Topic {
    /// Takes in a good poll of it, and of its groups. What was seen longer than `stale_after` ago says nothing of now.
    pub(super) fn learn(
        &mut self,
        at: Moment,
        seen: SeenTopic,
        groups: BTreeMap<String, Result<SeenGroup, Problem>>,
        stale_after: Duration,
    ) {
        if self.last.as_ref().is_some_and(|(_, last)| last.id != seen.id) {
            self.begin_anew();
        }
        self.arrived.resize_with(seen.extents.len(), Arrived::default);
        for (arrived, extent) in self.arrived.iter_mut().zip(&seen.extents) {
            if let Ok(end) = extent.end {
                arrived.see(at.steady, end);
            }
        }
        if let Ok(ends) = seen.ends() {
            self.count(at.steady, ends, stale_after);
        }
        self.stamps.retain(|(group, _), _| groups.contains_key(group));
        self.groups = groups;
        self.last = Some((at, seen));
        self.problem = None;
    }

    /// Takes in a poll that said nothing of it but what is wrong.
    pub(super) fn fail(&mut self, problem: Problem) {
        if problem == Problem::NoTopic {
            self.begin_anew();
            self.last = None;
        }
        self.problem = Some(problem);
    }

    /// What was wrong with the newest poll of it.
    pub(super) fn problem(&self) -> Option<&Problem> {
        self.problem.as_ref()
    }

    /// What is known at `now`, arrivals over the last `window`.
    pub(super) fn read(
        &self,
        (name, group): (&str, Option<&str>),
        window: Duration,
        (now, stale_after): (Duration, Duration),
    ) -> Result<TopicReading, Problem> {
        let Some((at, seen)) = &self.last else {
            return Err(self.problem.clone().unwrap_or(Problem::NotPolled));
        };
        if stale_after < now.saturating_sub(at.steady) {
            return Err(self.problem.clone().unwrap_or(Problem::Stale { since: whole_second(at.at) }));
        }
        Ok(TopicReading {
            arrivals: self.arrivals(window, at.at, seen),
            partitions: u32::try_from(seen.extents.len()).unwrap_or(u32::MAX),
            group: group.map(|group| self.group(group, name, *at, &seen.extents)),
        })
    }

    /// Records that wait since before we looked, for each group: those first of which no stamp is known.
    pub(super) fn waiting(&self, name: &str) -> Vec<Waiting> {
        let Some((_, seen)) = &self.last else { return Vec::new() };
        let mut waiting = Vec::new();
        for (group, seen_group) in &self.groups {
            let committed = seen_group.as_ref().ok().and_then(|group| group.committed.get(name));
            let Some(committed) = committed.map(Vec::as_slice) else { continue };
            let Ok(lags) = lag::waiting(&seen.extents, committed) else { continue };
            for ((partition, lag), arrived) in (0..).zip(lags).zip(&self.arrived) {
                let Some(Ok(offset)) = committed.get(partition as usize).filter(|_| 0 < lag) else {
                    continue;
                };
                let stamp = self.stamps.get(&(group.clone(), partition));
                let is_known = arrived.at(*offset).is_some() || stamp.is_some_and(|(of, _)| of == offset);
                if !is_known {
                    let topic = name.to_owned();
                    waiting.push((stamp.map(|(_, at)| *at), Waiting { topic, partition, offset: *offset }));
                }
            }
        }
        waiting.sort();
        waiting.into_iter().map(|(_, waiting)| waiting).collect()
    }

    /// Takes in stamps that were read.
    pub(super) fn learn_stamps(&mut self, name: &str, stamps: &Stamps) {
        for (group, seen) in &self.groups {
            let committed = seen.as_ref().ok().and_then(|group| group.committed.get(name));
            for (partition, offset) in (0..).zip(committed.into_iter().flatten()) {
                let Ok(offset) = *offset else { continue };
                if let Some(stamp) = stamps.get(&Waiting { topic: name.to_owned(), partition, offset }) {
                    self.stamps.insert((group.clone(), partition), (offset, *stamp));
                }
            }
        }
    }

    fn begin_anew(&mut self) {
        self.stamps.clear();
        self.arrivals.begin_anew();
        self.arrived.clear();
        self.counted.clear();
        self.began_anew = true;
    }

    fn count(&mut self, at: Duration, ends: Vec<i64>, stale_after: Duration) {
        if self.arrivals.seen_at().is_some_and(|seen_at| stale_after < at.saturating_sub(seen_at)) {
            // What came while nobody looked says nothing of now.
            self.arrivals.begin_anew();
            self.began_anew = false;
        }
        let grown = grown(&self.counted, &ends).unwrap_or_else(|| {
            self.arrivals.begin_anew();
            self.began_anew = true;
            0.0
        });
        self.arrivals.add(at, grown);
        self.counted = ends;
    }

    fn arrivals(&self, window: Duration, at: Timestamp, seen: &SeenTopic) -> Result<Sample, Problem> {
        seen.ends()?;
        let unknown = if self.began_anew { Problem::BeganAnew } else { Problem::OnePoll };
        let rate = self.arrivals.rate(window).ok_or(unknown)?;
        Ok(Sample::new(whole_second(at), rate).expect("a growth is no less than 0, and finite"))
    }

    fn group(&self, group: &str, topic: &str, at: Moment, extents: &[Extent]) -> GroupReading {
        let seen = match self.groups.get(group) {
            Some(Ok(seen)) => seen,
            Some(Err(problem)) => return GroupReading::unknown(GroupState::Unknown, problem.clone().into()),
            None => return GroupReading::unknown(GroupState::Unknown, Problem::NotPolled.into()),
        };
        if seen.state == GroupState::NotFound {
            return GroupReading::unknown(seen.state, Unknown::NoGroup);
        }
        let committed = seen.committed.get(topic).map_or(&[][..], Vec::as_slice);
        match lag::waiting(extents, committed) {
            Ok(waiting) => GroupReading {
                lag: Some(waiting.iter().sum::<u64>() as f64),
                time_lag: self.time_lag(group, &waiting, committed, at),
                skew: lag::skew(&waiting),
                state: seen.state,
                unknown: None,
            },
            Err(unknown) => GroupReading::unknown(seen.state, unknown),
        }
    }

    /// The age of the oldest record that waits: since it arrived, where we saw it, and else by its stamp. `None` where
    /// that has not been read yet.
    fn time_lag(
        &self,
        group: &str,
        waiting: &[u64],
        committed: &[lag::Offset],
        at: Moment,
    ) -> Option<SignedDuration> {
        let mut oldest = SignedDuration::ZERO;
        for (partition, _) in (0..).zip(waiting).filter(|(_, waiting)| 0 < **waiting) {
            let index = usize::try_from(partition).ok()?;
            let next = *committed.get(index)?.as_ref().ok()?;
            let age = match self.arrived.get(index)?.at(next) {
                Some(arrived) => SignedDuration::try_from(at.steady.saturating_sub(arrived)).ok()?,
                None => at.at.duration_since(self.stamps.get(&(group.to_owned(), partition))?.1),
            };
            oldest = oldest.max(age);
        }
        Some(oldest)
    }
}

/// Messages that came between two polls; `None` where an end went back, or partitions went away. All of a partition that
/// was added has come since.
fn grown(before: &[i64], now: &[i64]) -> Option<f64> {
    if now.len() < before.len() {
        return None;
    }
    let mut grown = 0;
    for (partition, end) in now.iter().enumerate() {
        let by = end - before.get(partition).copied().unwrap_or(0);
        grown += u64::try_from(by).ok()?;
    }
    Some(grown as f64)
}

#[cfg(test)]
#[path = "topic_tests.rs"]
mod tests;
