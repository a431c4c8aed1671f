//! One poll: the layout of the topics, then what groups have committed, then where partitions end. In this order, since
//! a consumer that is quicker than we are must not have committed more than there is.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use prescale_model::Sample;

use super::{
    admission::Admission,
    brokers::Brokers,
    extents::{self, extents},
    groups::{CoordinatorsQuestion, GroupsQuestion, SeenGroup},
    history::{Grid, Past},
    lag::Extent,
    layout::{Layout, LayoutQuestion, TopicLayout},
    oldest::{self, Stamps, Waiting},
    problem::Problem,
    tally::{Tallied, Tally},
};

/// What is asked for, by topic.
pub(super) type Wanted = BTreeMap<String, WantedTopic>;

/// What is asked for of a topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct WantedTopic {
    pub(super) groups: BTreeSet<String>,
    /// Fields of its records that are summed.
    pub(super) fields: BTreeSet<String>,
}

/// What was seen of topics and groups.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) topics: BTreeMap<String, Result<SeenTopic, Problem>>,
    pub(super) groups: BTreeMap<String, Result<SeenGroup, Problem>>,
}

/// What was seen of a topic.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SeenTopic {
    /// A topic that is made anew gets another one.
    pub(super) id: u128,
    /// By partition.
    pub(super) extents: Vec<Extent>,
    /// By partition; `None` where it has none.
    pub(super) leaders: Vec<Option<i32>>,
}

impl SeenTopic {
    /// Where its partitions end, if all of them are known.
    pub(super) fn ends(&self) -> Result<Vec<i64>, Problem> {
        self.extents.iter().map(|extent| extent.end.clone()).collect()
    }
}

/// The cluster, as far as it is known between two polls.
pub(super) struct Cluster {
    brokers: Brokers,
    /// The coordinator of each group, while it says that it is.
    coordinators: BTreeMap<String, i32>,
    /// The topics as they were seen last.
    topics: BTreeMap<String, SeenTopic>,
    /// What is read of topics, by their names.
    tallies: BTreeMap<String, Tally>,
}

impl Cluster {
    /// A cluster that has not been asked anything.
    pub(super) fn new(bootstrap: Vec<String>, admission: Arc<Admission>) -> Self {
        Self {
            brokers: Brokers::new(bootstrap, admission),
            coordinators: BTreeMap::new(),
            topics: BTreeMap::new(),
            tallies: BTreeMap::new(),
        }
    }

    /// Whether its connections are made with `admission`.
    pub(super) fn is_entered_by(&self, admission: &Arc<Admission>) -> bool {
        self.brokers.are_entered_by(admission)
    }

    /// Asks for all that is wanted.
    ///
    /// # Errors
    ///
    /// No broker answers.
    pub(super) async fn poll(&mut self, wanted: &Wanted) -> Result<Seen, Problem> {
        let question = LayoutQuestion { topics: wanted.keys().cloned().collect() };
        let mut layout = self.brokers.ask_any(&question).await?;
        self.brokers.learn(std::mem::take(&mut layout.brokers));
        let groups = self.groups(wanted, &layout).await;
        let topics = self.topics(wanted, layout).await;
        let readable = topics.iter().filter_map(|(name, topic)| Some((name.clone(), topic.clone().ok()?)));
        self.topics = readable.collect();
        Ok(Seen { topics, groups })
    }

    /// Reads what has come to those topics whose records are summed. `at` is the time of the poll.
    pub(super) async fn tally(
        &mut self,
        wanted: &Wanted,
        times: (Duration, Duration),
    ) -> BTreeMap<String, Result<Tallied, Problem>> {
        let is_summed = |topic: &String| wanted.get(topic).is_some_and(|wanted| !wanted.fields.is_empty());
        self.tallies.retain(|topic, _| is_summed(topic));
        let mut tallied = BTreeMap::new();
        for (name, seen) in self.topics.iter().filter(|(name, _)| is_summed(name)) {
            let tally = self.tallies.entry(name.clone()).or_default();
            let fields = wanted[name].fields.iter();
            tallied.insert(name.clone(), tally.read(&mut self.brokers, (name, seen), fields, times).await);
        }
        tallied
    }

    /// Reads the stamps of some of the records that wait.
    pub(super) async fn stamps(&mut self, waiting: Vec<Waiting>) -> Stamps {
        oldest::stamps(waiting, &self.topics, &mut self.brokers).await
    }

    /// What arrived at a topic, at each step of a grid.
    pub(super) async fn history(
        &mut self,
        topic: &str,
        grid: Grid,
        pause: Duration,
    ) -> Result<Vec<Sample>, Problem> {
        let wanted = Wanted::from([(topic.to_owned(), WantedTopic::default())]);
        let seen = self.poll(&wanted).await?.topics.remove(topic).unwrap_or(Err(Problem::NoTopic))?;
        Past { topic, seen: &seen, brokers: &mut self.brokers }.arrivals(&grid, pause).await
    }

    async fn topics(
        &mut self,
        wanted: &Wanted,
        layout: Layout,
    ) -> BTreeMap<String, Result<SeenTopic, Problem>> {
        let known = layout.topics.iter().filter_map(|(name, topic)| Some((name, topic.as_ref().ok()?)));
        let has_groups = |topic: &str| wanted.get(topic).is_some_and(|wanted| !wanted.groups.is_empty());
        let answers = self.brokers.ask_each(extents::questions(known, has_groups)).await;
        let topics = layout.topics.into_iter().map(|(name, topic)| {
            let seen = topic.map(|layout: TopicLayout| SeenTopic {
                id: layout.id,
                extents: extents(&name, &layout, &answers),
                leaders: layout.leaders,
            });
            (name, seen)
        });
        topics.collect()
    }

    async fn groups(
        &mut self,
        wanted: &Wanted,
        layout: &Layout,
    ) -> BTreeMap<String, Result<SeenGroup, Problem>> {
        let topics_of = topics_of_groups(wanted, layout);
        self.coordinators.retain(|group, _| topics_of.contains_key(group));
        let mut seen = self.find_coordinators(topics_of.keys()).await;
        let mut questions = BTreeMap::<i32, GroupsQuestion>::new();
        for (group, topics) in topics_of {
            if let Some(coordinator) = self.coordinators.get(&group) {
                questions.entry(*coordinator).or_default().groups.insert(group, topics);
            }
        }
        let asked = questions
            .iter()
            .map(|(broker, question)| (*broker, question.groups.keys().cloned().collect::<Vec<_>>()));
        let asked = asked.collect::<Vec<_>>();
        let mut answers = self.brokers.ask_each(questions).await;
        for (broker, groups) in asked {
            match answers.remove(&broker) {
                Some(Ok(answer)) => seen.extend(answer),
                Some(Err(problem)) => {
                    seen.extend(groups.into_iter().map(|group| (group, Err(problem.clone()))));
                }
                None => {}
            }
        }
        // Who could not answer may not be the coordinator any more.
        self.coordinators.retain(|group, _| !matches!(seen.get(group), Some(Err(_))));
        seen
    }

    /// Finds the coordinators that are not known; tells of those that there are none of.
    async fn find_coordinators<'a>(
        &mut self,
        groups: impl Iterator<Item = &'a String>,
    ) -> BTreeMap<String, Result<SeenGroup, Problem>> {
        let lost =
            groups.filter(|group| !self.coordinators.contains_key(*group)).cloned().collect::<Vec<_>>();
        if lost.is_empty() {
            return BTreeMap::new();
        }
        let question = CoordinatorsQuestion { groups: lost };
        let found = match self.brokers.ask_any(&question).await {
            Ok(found) => found,
            Err(problem) => {
                return question.groups.into_iter().map(|group| (group, Err(problem.clone()))).collect();
            }
        };
        let mut missing = BTreeMap::new();
        for (group, found) in found {
            match found {
                Ok(coordinator) => drop(self.coordinators.insert(group, coordinator)),
                Err(problem) => drop(missing.insert(group, Err(problem))),
            }
        }
        missing
    }
}

/// For each group, its topics that are there, and how many partitions they have.
fn topics_of_groups(wanted: &Wanted, layout: &Layout) -> BTreeMap<String, BTreeMap<String, i32>> {
    let mut topics_of = BTreeMap::<String, BTreeMap<String, i32>>::new();
    for (topic, wanted) in wanted {
        let Some(Ok(layout)) = layout.topics.get(topic) else { continue };
        let partitions = i32::try_from(layout.leaders.len()).unwrap_or(i32::MAX);
        for group in &wanted.groups {
            topics_of.entry(group.clone()).or_default().insert(topic.clone(), partitions);
        }
    }
    topics_of
}
