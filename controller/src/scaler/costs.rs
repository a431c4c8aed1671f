//! What a scaler's workload has cost since the start of the month, and what it would have cost with as many replicas all
//! the time as were needed at the most. Counted from tick to tick; what cannot be counted is not, and the hours that were
//! counted are said.

mod most;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use prescale_model::{Limits, Sample};

pub(crate) use most::MostByDay;

use super::Readings;
use crate::{
    api::{AlwaysOnStatus, CostStatus, CostSum},
    headroom::By,
    nodes::{MOST_BETWEEN_COUNTS, Taken},
};

/// What a scaler costs. Nothing is kept where no nodes are counted.
#[derive(Clone, Debug, Default)]
pub(super) struct Costs(Option<Box<Counted>>);

#[derive(Clone, Debug)]
struct Counted {
    since: Timestamp,
    at: Timestamp,
    node_hours: Sum,
    money: Sum,
    /// `None` until something was counted here.
    now: Option<Now>,
    most: MostByDay,
}

/// What was summed up.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    hours: f64,
    replica_hours: f64,
    pods: f64,
    headroom: f64,
}

/// How it is now.
#[derive(Clone, Debug, Default)]
struct Now {
    /// By pods and by headroom, in nodes; `None` where not known.
    nodes: Option<f64>,
    room: Option<f64>,
    per_hour: Option<f64>,
    room_per_hour: Option<f64>,
    pods: u32,
    asked: (f64, f64),
    offered: (f64, f64),
    unpriced_nodes: Vec<String>,
    why: Option<String>,
}

/// What a tick knows of room that nothing stands on: that of a CapacityBuffer.
pub(super) struct Kept {
    pub(super) by: Option<By>,
    pub(super) pods: u32,
}

/// What costs are compared by.
pub(super) struct Terms {
    pub(super) limits: Limits,
    /// Demand that one replica serves; `None` where unknown.
    pub(super) per_replica: Option<f64>,
}

impl Costs {
    /// Goes on from what a status says, unless something was counted here already.
    pub(super) fn resume(&mut self, status: &CostStatus, now: Timestamp) {
        if self.0.is_some() {
            return;
        }
        let mut most = MostByDay::default();
        if let Some((demand, at)) =
            status.always_on.as_ref().and_then(|most| Some((most.demand?, most.at.as_ref()?.0)))
        {
            most.note(at, demand);
        }
        let node_hours = Sum::of(&status.node_hours);
        let money = status.money.as_ref().map(Sum::of).unwrap_or_default();
        let counted = Counted { since: status.since.0, at: now, node_hours, money, now: None, most };
        self.0 = Some(Box::new(counted));
    }

    /// Notes the most demand of the days before, as it was learned.
    pub(super) fn learned(&mut self, most: &MostByDay, now: Timestamp) {
        self.counted(now).most.add(most);
    }

    /// Counts the time since the last tick by what is taken of nodes now.
    pub(super) fn count(&mut self, now: Timestamp, readings: &Readings, kept: &Kept, demand: Option<Sample>) {
        let Some(taken) = &readings.nodes.seen.taken else { return };
        let counted = self.counted(now);
        if let Some(sample) = demand {
            counted.most.note(sample.at(), sample.value());
        }
        counted.begin_month(now);
        let since = now.duration_since(counted.at);
        counted.at = now;
        let existing = readings.workload.as_ref().ok().map(|workload| workload.existing);
        counted.now = Some(Now::of(taken, existing, kept));
        if (SignedDuration::ZERO..=MOST_BETWEEN_COUNTS).contains(&since) {
            counted.add(since.as_secs_f64() / 3_600.0);
        }
    }

    /// What a status says of it; `None` where nothing was counted.
    pub(super) fn status(&self, terms: &Terms) -> Option<CostStatus> {
        let counted = self.0.as_deref()?;
        if counted.now.is_none() && counted.node_hours.hours == 0.0 {
            return None;
        }
        let now = counted.now.clone().unwrap_or_else(Now::not_counted);
        let always_on = counted.always_on(terms);
        let replicas = f64::from(always_on.replicas);
        let has_money = 0.0 < counted.money.hours;
        Some(CostStatus {
            nodes: now.nodes.map(rounded),
            headroom_nodes: now.room.map(rounded),
            per_hour: now.per_hour.map(rounded),
            headroom_per_hour: now.room_per_hour.map(rounded),
            always_on: Some(always_on),
            since: Time(counted.since),
            node_hours: counted.node_hours.shown(replicas),
            money: has_money.then(|| counted.money.shown(replicas)),
            unpriced_nodes: now.unpriced_nodes,
            message: now.why,
        })
    }

    /// Whether anything is known, and money too: what people should see soon once it is.
    pub(super) fn is_known(&self) -> (bool, bool) {
        let now = self.now();
        (now.is_some_and(|now| now.nodes.is_some()), now.is_some_and(|now| now.per_hour.is_some()))
    }

    /// Nodes, and money an hour, that the pods that are there would no longer take if each asked for so much less: CPU in
    /// thousandths of a core, memory in MiB. `None` where it is not known.
    pub(super) fn saved_by(&self, (cpu_m, memory_mib): (f64, f64)) -> (Option<f64>, Option<f64>) {
        let Some(now) = self.now() else { return (None, None) };
        let Some(nodes) = now.nodes.filter(|nodes| 0 < now.pods && 0.0 < *nodes) else { return (None, None) };
        let pods = f64::from(now.pods);
        let share = |cpu: f64, memory: f64| (cpu / now.offered.0).max(memory / now.offered.1);
        let before = share(now.asked.0, now.asked.1);
        let after = share((now.asked.0 - pods * cpu_m).max(0.0), (now.asked.1 - pods * memory_mib).max(0.0));
        let part = 1.0 - after / before;
        (Some(rounded(nodes * part)), now.per_hour.map(|money| rounded(money * part)))
    }

    fn now(&self) -> Option<&Now> {
        self.0.as_deref()?.now.as_ref()
    }

    fn counted(&mut self, now: Timestamp) -> &mut Counted {
        self.0.get_or_insert_with(|| {
            Box::new(Counted {
                since: now,
                at: now,
                node_hours: Sum::default(),
                money: Sum::default(),
                now: None,
                most: MostByDay::default(),
            })
        })
    }
}

impl Counted {
    /// Sums begin anew with each month, of UTC.
    fn begin_month(&mut self, now: Timestamp) {
        let month = |at: Timestamp| at.to_zoned(TimeZone::UTC).date().first_of_month();
        if month(self.since) < month(now) {
            let begin = month(now).to_zoned(TimeZone::UTC).map(|begin| begin.timestamp());
            self.since = begin.unwrap_or(now);
            (self.node_hours, self.money) = (Sum::default(), Sum::default());
        }
    }

    fn add(&mut self, hours: f64) {
        let Some(now) = &self.now else { return };
        let replica_hours = f64::from(now.pods) * hours;
        if let (Some(nodes), Some(room)) = (now.nodes, now.room) {
            self.node_hours.add(Sum { hours, replica_hours, pods: nodes * hours, headroom: room * hours });
        }
        if let (Some(pods), Some(room)) = (now.per_hour, now.room_per_hour) {
            self.money.add(Sum { hours, replica_hours, pods: pods * hours, headroom: room * hours });
        }
    }

    /// The alternative: the most replicas that observed demand needed, or the limit while none was observed.
    fn always_on(&self, Terms { limits, per_replica }: &Terms) -> AlwaysOnStatus {
        match self.most.most(self.at).zip(*per_replica) {
            Some(((at, demand), per_replica)) => AlwaysOnStatus {
                replicas: needed(demand, per_replica, *limits),
                source: "Observed".to_owned(),
                demand: Some(rounded(demand)),
                at: Some(Time(at)),
            },
            None => AlwaysOnStatus {
                replicas: limits.max,
                source: "MaxReplicas".to_owned(),
                demand: None,
                at: None,
            },
        }
    }
}

/// Replicas that demand needs, within the limits.
fn needed(demand: f64, per_replica: f64, limits: Limits) -> u32 {
    // What is kept in fewer digits must not ask for one more; a float that does not fit becomes the largest number.
    let needed = (demand / per_replica * (1.0 - 1e-6)).ceil() as u32;
    needed.clamp(limits.min, limits.max)
}

impl Now {
    /// After a restart, of which the sums of before are shown on.
    fn not_counted() -> Self {
        let why = "nodes have not been counted since the controller started".to_owned();
        Self { why: Some(why), ..Self::default() }
    }

    fn of(taken: &Taken, existing: Option<u32>, kept: &Kept) -> Self {
        let is_unseen = taken.pods == 0 && existing != Some(0);
        let why = match () {
            () if 0 < taken.asking_nothing => Some(format!(
                "{} of its pods request neither CPU nor memory: what they take of nodes is not known",
                taken.asking_nothing
            )),
            () if 0 < taken.elsewhere => {
                Some(format!("{} of its pods are on nodes that do not say what they offer", taken.elsewhere))
            }
            () if is_unseen => Some("none of its pods is on a node that is known".to_owned()),
            () => None,
        };
        let is_known = why.is_none();
        let is_priced = is_known && taken.unpriced == 0;
        // A buffer's room has no pods: it is as much as so many of the workload's take.
        let buffered = match kept.by {
            Some(By::CapacityBuffer) if 0 < kept.pods => {
                (0 < taken.pods).then(|| f64::from(kept.pods) / f64::from(taken.pods))
            }
            Some(By::CapacityBuffer | By::PlaceholderPods) | None => Some(0.0),
        };
        let buffered = buffered.filter(|_| is_known);
        let unpriced = (0 < taken.unpriced && is_known).then(|| match &taken.refused {
            Some(refused) => format!("some of its nodes have no price: the table is refused: {refused}"),
            None => "some of its nodes have no price".to_owned(),
        });
        Self {
            nodes: is_known.then_some(taken.nodes),
            room: buffered.map(|pods| taken.room + pods * taken.nodes),
            per_hour: is_priced.then_some(taken.priced),
            room_per_hour: buffered.filter(|_| is_priced).map(|pods| taken.room_priced + pods * taken.priced),
            pods: taken.pods,
            asked: taken.asked,
            offered: taken.offered,
            unpriced_nodes: taken.unpriced_nodes.clone(),
            why: why.or(unpriced),
        }
    }
}

impl Sum {
    fn of(status: &CostSum) -> Self {
        let CostSum { hours, replica_hours, pods, headroom, .. } = *status;
        Self { hours, replica_hours, pods, headroom }
    }

    fn add(&mut self, more: Self) {
        self.hours += more.hours;
        self.replica_hours += more.replica_hours;
        self.pods += more.pods;
        self.headroom += more.headroom;
    }

    /// Saved is how much less it was than so many replicas all the time, each as dear as one was on average.
    fn shown(&self, always_on: f64) -> CostSum {
        let each = (0.0 < self.replica_hours).then(|| self.pods / self.replica_hours);
        let saved = each.map(|each| always_on * self.hours * each - self.pods - self.headroom);
        CostSum {
            hours: rounded(self.hours),
            replica_hours: rounded(self.replica_hours),
            pods: rounded(self.pods),
            headroom: rounded(self.headroom),
            saved: saved.map(rounded),
        }
    }
}

/// To millionths: a status is read by people, and goes on from itself after a restart.
fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

#[cfg(test)]
#[path = "costs/tests.rs"]
mod tests;
