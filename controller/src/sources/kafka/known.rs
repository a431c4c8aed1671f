//! The topics and groups that are followed: what is asked for is polled, and what nobody has asked for in a while is
//! forgotten.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{
    TopicReading,
    poll::{Seen, Wanted},
    problem::Problem,
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
        if !self.followed.contains_key(topic) && MOST_TOPICS <= self.followed.len() {
            return (Err(Problem::TooMany { most: MOST_TOPICS }), Asked::Before);
        }
        let mut asked = Asked::Before;
        let followed = self.followed.entry(topic.to_owned()).or_insert_with(|| {
            asked = Asked::First;
            Followed::default()
        });
        followed.asked = now;
        if let Some(group) = group
            && followed.groups.insert(group.to_owned(), now).is_none()
        {
            asked = Asked::First;
        }
        (followed.topic.read((topic, group), window, (now, self.stale_after)), asked)
    }

    /// What is asked for; the rest is forgotten.
    pub(super) fn wanted(&mut self, now: Duration) -> Wanted {
        let is_wanted = |asked: Duration| now.saturating_sub(asked) < FORGOTTEN_AFTER;
        self.followed.retain(|_, followed| is_wanted(followed.asked));
        let wanted = self.followed.iter_mut().map(|(topic, followed)| {
            followed.groups.retain(|_, asked| is_wanted(*asked));
            (topic.clone(), followed.groups.keys().cloned().collect::<BTreeSet<_>>())
        });
        wanted.collect()
    }

    /// Takes in what a poll saw, which was made `at`.
    pub(super) fn learn(&mut self, at: Moment, seen: Result<Seen, Problem>) {
        let mut seen = match seen {
            Ok(seen) => seen,
            Err(problem) => {
                let followed = self.followed.values_mut();
                followed.for_each(|followed| followed.topic.fail(problem.clone()));
                return;
            }
        };
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

/// Whether something was asked for before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    First,
    Before,
}
