//! The topics and groups that are followed: what is asked for is polled, and what nobody has asked for in a while is
//! forgotten.

use std::{collections::BTreeMap, time::Duration};

use super::{
    SumReading, TopicReading,
    oldest::{Stamps, Waiting},
    poll::{Seen, Wanted, WantedTopic},
    problem::Problem,
    tally::{Sum, Tallied},
    topic::{Moment, Topic},
};

/// Scalers ask each 15 s; what was not asked for in this time belongs to none any more.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(300);
/// Topics followed at most: two for each of 10,000 scalers.
const MOST_TOPICS: usize = 20_000;

/// All that is known. Times are those of a clock that is never set.
#[derive(Debug)]
pub(super) struct Known {
    stale_after: Duration,
    followed: BTreeMap<String, Followed>,
}

#[derive(Debug, Default)]
struct Followed {
    asked: Duration,
    groups: BTreeMap<String, Duration>,
    fields: BTreeMap<String, (Duration, Sum)>,
    topic: Topic,
}

impl Known {
    /// A poll that is older than `stale_after` says nothing of now.
    pub(super) fn new(stale_after: Duration) -> Self {
        Self { stale_after, followed: BTreeMap::new() }
    }

    /// What is known at `now` of a topic, its arrivals over the last `window`, and of a group on it; and whether it was
    /// asked for before. It is followed from now on.
    pub(super) fn read(
        &mut self,
        (topic, group): (&str, Option<&str>),
        window: Duration,
        now: Duration,
    ) -> (Result<TopicReading, Problem>, Asked) {
        let stale_after = self.stale_after;
        let (followed, mut asked) = match self.follow(topic, now) {
            Ok(followed) => followed,
            Err(problem) => return (Err(problem), Asked::Before),
        };
        if let Some(group) = group
            && followed.groups.insert(group.to_owned(), now).is_none()
        {
            asked = Asked::First;
        }
        (followed.topic.read((topic, group), window, (now, stale_after)), asked)
    }

    /// The sum of a field over the last `window`, as known at `now`, and whether it was asked for before.
    pub(super) fn sum(
        &mut self,
        (topic, field): (&str, &str),
        window: Duration,
        now: Duration,
    ) -> (Result<SumReading, Problem>, Asked) {
        let stale_after = self.stale_after;
        let (followed, mut asked) = match self.follow(topic, now) {
            Ok(followed) => followed,
            Err(problem) => return (Err(problem), Asked::Before),
        };
        let (of_field, sum) = followed.fields.entry(field.to_owned()).or_insert_with(|| {
            asked = Asked::First;
            (now, Sum::default())
        });
        *of_field = now;
        let read = sum.read(field, window, (now, stale_after));
        // What is wrong with the topic is more to the point than that its records are not read.
        let problem = followed.topic.problem().filter(|_| read.is_err());
        (problem.map_or(read, |problem| Err(problem.clone())), asked)
    }

    fn follow(&mut self, topic: &str, now: Duration) -> Result<(&mut Followed, Asked), Problem> {
        if !self.followed.contains_key(topic) && MOST_TOPICS <= self.followed.len() {
            return Err(Problem::TooMany { most: MOST_TOPICS });
        }
        let mut asked = Asked::Before;
        let followed = self.followed.entry(topic.to_owned()).or_insert_with(|| {
            asked = Asked::First;
            Followed::default()
        });
        followed.asked = now;
        Ok((followed, asked))
    }

    /// What is asked for; the rest is forgotten.
    pub(super) fn wanted(&mut self, now: Duration) -> Wanted {
        let is_wanted = |asked: Duration| now.saturating_sub(asked) < FORGOTTEN_AFTER;
        self.followed.retain(|_, followed| is_wanted(followed.asked));
        let wanted = self.followed.iter_mut().map(|(topic, followed)| {
            followed.groups.retain(|_, asked| is_wanted(*asked));
            followed.fields.retain(|_, (asked, _)| is_wanted(*asked));
            let groups = followed.groups.keys().cloned().collect();
            (topic.clone(), WantedTopic { groups, fields: followed.fields.keys().cloned().collect() })
        });
        wanted.collect()
    }

    /// Takes in what a poll saw, which was made `at`.
    pub(super) fn learn(&mut self, at: Moment, mut seen: Seen) {
        for (name, followed) in &mut self.followed {
            let of_groups = followed
                .groups
                .keys()
                .filter_map(|group| Some((group.clone(), seen.groups.get(group)?.clone())));
            match seen.topics.remove(name) {
                Some(Ok(topic)) => followed.topic.learn(at, topic, of_groups.collect(), self.stale_after),
                Some(Err(problem)) => followed.topic.fail(problem),
                // It was asked for while the poll was under way.
                None => {}
            }
        }
    }
}

impl Known {
    /// Takes in a poll that came to nothing.
    pub(super) fn fail(&mut self, problem: &Problem) {
        let followed = self.followed.values_mut();
        followed.for_each(|followed| followed.topic.fail(problem.clone()));
    }

    /// Takes in what was added to the sums of fields, at the poll that was made `at`.
    pub(super) fn learn_sums(&mut self, at: Moment, tallied: &BTreeMap<String, Result<Tallied, Problem>>) {
        for (name, followed) in &mut self.followed {
            let Some(tallied) = tallied.get(name) else { continue };
            for (path, (_, sum)) in &mut followed.fields {
                let added = match tallied {
                    Ok(Some(added)) => match added.get(path) {
                        Some(added) => Ok(Some(*added)),
                        // It was asked for while the records were read.
                        None => continue,
                    },
                    Ok(None) => Ok(None),
                    Err(problem) => Err(problem.clone()),
                };
                sum.learn((at.at, at.steady), added);
            }
        }
    }

    /// Records that wait since before we looked.
    pub(super) fn waiting(&self) -> Vec<Waiting> {
        self.followed.iter().flat_map(|(name, followed)| followed.topic.waiting(name)).collect()
    }

    /// Takes in stamps that were read.
    pub(super) fn learn_stamps(&mut self, stamps: &Stamps) {
        for (name, followed) in &mut self.followed {
            followed.topic.learn_stamps(name, stamps);
        }
    }
}

/// Whether something was asked for before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    First,
    Before,
}
