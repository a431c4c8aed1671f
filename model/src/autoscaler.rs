//! One scaler's decisions: `observe` takes in what is seen, `plan` decides without changing anything, and
//! `commit` remembers a plan that was applied. The controller and the simulator call these three.

#[cfg(test)]
mod by_minutes;
mod course;
mod handover;
mod ladder;
mod memory;
mod room;
mod serve;
mod worth;

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::capacity::{self, Known, Minute, consumers_for};
use crate::events::Event;
use crate::forecast::{Engine, EngineSettings, Forecast, Forecaster, Peak, Seen, Withheld};
use crate::laws::{self, Planned};
use crate::lead_time::{KnownBy, LeadTime, Starts};
use crate::plan::Plan;
use crate::reason::{Driver, Limit, Reason};
use crate::settings::{Mode, Partitions, Settings, SignalSettings};
use crate::signal::{Accepted, Sample, Series};
pub use course::Ahead;
use ladder::Want;
pub use memory::Remembered;
use room::Needed;
pub use room::Room;
pub use worth::Worths;

/// Demand that counts as little, as a share of what one replica serves: below it, noise is not worth a forecast.
const LITTLE: f64 = 0.01;

/// Longest horizon, in steps: 20 minutes of 5 s steps.
const MOST_STEPS: i64 = 240;

/// Horizon that is forecast at least, for people to look at.
const LEAST_HORIZON: SignedDuration = SignedDuration::from_mins(15);

/// What a scaler sees in one tick. All of it may be missing.
#[derive(Clone, Debug, Default)]
pub struct Observation<'a> {
    /// Newest samples of demand, in any order.
    pub demand: &'a [Sample],
    /// Newest samples of the leading signals, by name.
    pub signals: &'a [(&'a str, Sample)],
    /// Messages that wait, for workloads that drain a queue; `None` where unknown, which is not 0.
    pub lag: Option<f64>,
    /// Partitions of the topic that the workload reads; `None` where unknown, or where it reads none.
    pub partitions: Option<u32>,
    /// The quantile of latency that the objective speaks of, in seconds, over the time that the newest sample of
    /// demand covers; `None` where unknown.
    pub latency: Option<f64>,
    /// All events announced, as of now; not those cancelled.
    pub events: &'a [Event],
    /// The workload as the cluster has it; `None` where it could not be read.
    pub workload: Option<Workload>,
    /// Starts since the last tick of pods that found a node.
    pub pod_starts: &'a [SignedDuration],
    /// Starts since the last tick of pods that a node was launched for: those that came when it was on its way waited
    /// for less than a launch, and are of neither kind.
    pub node_starts: &'a [SignedDuration],
    /// How long a node of the workload's pool takes from being asked for to Ready, whoever asked, at the quantile of the
    /// settings; `None` where unknown.
    pub node_launch: Option<SignedDuration>,
    /// Time between two syncs of the HPA, as measured; `None` where unknown.
    pub hpa_period: Option<SignedDuration>,
    /// Where the workload's pods have room, and where not.
    pub room: Room,
}

/// The workload as the cluster has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Workload {
    /// Replicas asked for.
    pub replicas: u32,
    /// Pods that exist, pending ones included.
    pub existing: u32,
    /// Of them, those that serve; `None` where unknown.
    pub ready: Option<u32>,
}

/// One scaler and its running state.
#[derive(Clone, Debug)]
pub struct Autoscaler {
    settings: Arc<Settings>,
    demand: Series,
    signals: BTreeMap<String, Series>,
    forecaster: Engine,
    capacity: Known,
    starts: Starts,
    node_launch: Option<SignedDuration>,
    hpa_period: Option<SignedDuration>,
    room: Room,
    needed: Needed,
    lag: Option<f64>,
    /// As observed last: a topic that cannot be read for a while has not lost its partitions.
    partitions: Option<u32>,
    workload: Option<Workload>,
    planned: Planned,
    last: Option<Last>,
}

/// As much of the last plan as is held when the source falls silent.
#[derive(Clone, Copy, Debug)]
struct Last {
    replicas: u32,
    lead: SignedDuration,
}

impl Autoscaler {
    /// A scaler that has seen nothing yet.
    #[must_use]
    pub fn new(settings: impl Into<Arc<Settings>>) -> Self {
        let settings = settings.into();
        let engine = EngineSettings {
            step: settings.step,
            unit: settings.capacity.nominal() * LITTLE,
            longest: horizon_steps(&settings),
            signals: settings.signals.len(),
        };
        let series = |signal: &SignalSettings| (signal.name.clone(), Series::new(settings.step));
        let signals = settings.signals.iter().map(series);
        Self {
            demand: Series::new(settings.step),
            signals: signals.collect(),
            forecaster: Engine::new(engine),
            capacity: Known::new(settings.capacity, settings.step),
            starts: Starts::default(),
            node_launch: None,
            hpa_period: None,
            room: Room::default(),
            needed: Needed::default(),
            lag: None,
            partitions: None,
            workload: None,
            planned: Planned::default(),
            last: None,
            settings,
        }
    }

    /// Takes in what is seen at `now`. Samples may be late, doubled, or missing.
    pub fn observe(&mut self, now: Timestamp, seen: &Observation<'_>) {
        for (name, sample) in seen.signals {
            if let Some(series) = self.signals.get_mut(*name) {
                series.push(now, *sample, &mut Vec::new());
            }
        }
        let mut closed = Vec::new();
        for sample in seen.demand {
            if self.demand.push(now, *sample, &mut closed) == Accepted::Restarted {
                self.forecaster.restart();
            }
        }
        for step in closed {
            let signals: Vec<_> =
                self.settings.signals.iter().map(|signal| self.known(signal, step.ends_at)).collect();
            self.forecaster.learn(&Seen { step, events: seen.events, signals: &signals });
        }
        self.starts.pods.observe(now, seen.pod_starts);
        self.starts.nodes.observe(now, seen.node_starts);
        self.node_launch = seen.node_launch.or(self.node_launch);
        self.hpa_period = seen.hpa_period.or(self.hpa_period);
        self.room = seen.room;
        self.lag = seen.lag;
        self.partitions = seen.partitions.or(self.partitions);
        self.workload = seen.workload.or(self.workload);
        if let Some(minute) = self.minute(now, seen) {
            self.capacity.observe(&minute);
        }
    }

    /// Decides what the workload should have at `now`, and why. Changes nothing.
    #[must_use]
    pub fn plan(&self, now: Timestamp) -> Plan {
        self.plan_for(now, self.observed(now))
    }

    fn plan_for(&self, now: Timestamp, observed: Option<Sample>) -> Plan {
        let lead_time = self.lead_time();
        let want = self.want(now, observed, lead_time.pod);
        let (replicas, limit) = self.obey(now, &want);
        let going = self.going(&want);
        let reason = Reason {
            capacity: self.capacity.capacity(),
            wanted: want.replicas,
            driver: want.driver,
            replicas,
            limit,
            withheld: self.withheld(lead_time.node),
            going,
        };
        Plan {
            made_at: now,
            replicas,
            headroom: self.headroom(now, observed, (replicas, lead_time.node)),
            demand: self.demand_to_serve(now, observed, replicas),
            observed: observed.map(|sample| sample.value()),
            lead_time,
            late: self.late(now, (replicas, lead_time.node)),
            reason,
        }
    }

    /// Remembers a plan that was applied.
    pub fn commit(&mut self, plan: &Plan) {
        let rates = &self.settings.rates;
        let change = (self.size(), plan.replicas);
        self.planned.remember(plan.made_at, self.of_use(plan.reason.wanted), change, rates);
        if plan.observed.is_some() {
            self.remember_needed(plan.made_at, plan.lead_time.node);
        }
        self.last = Some(Last { replicas: plan.replicas, lead: plan.lead_time.pod });
    }

    /// The newest forecast; `None` while there is too little history.
    #[must_use]
    pub fn forecast(&self) -> Option<&Forecast> {
        self.forecaster.forecast()
    }

    /// The forecaster, for what it has learned of events and methods.
    #[must_use]
    pub fn forecaster(&self) -> &Engine {
        &self.forecaster
    }

    /// What is known of a replica's capacity, and what the HPA divides by.
    #[must_use]
    pub fn capacity(&self) -> &Known {
        &self.capacity
    }

    /// What the scaler runs on.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The series of demand.
    #[must_use]
    pub fn demand(&self) -> &Series {
        &self.demand
    }

    /// A leading signal's series; `None` for a name that the settings do not have.
    #[must_use]
    pub fn signal(&self, name: &str) -> Option<&Series> {
        self.signals.get(name)
    }

    /// What was known of a leading signal at a time.
    fn known(&self, signal: &SignalSettings, when: Timestamp) -> Option<f64> {
        self.signals.get(&signal.name)?.at(when - signal.delay, signal.step)
    }

    /// Starts of the workload's pods, as they were measured.
    #[must_use]
    pub fn starts(&self) -> &Starts {
        &self.starts
    }

    /// Takes up starts that were measured before this run.
    pub fn restore_starts(&mut self, starts: Starts) {
        self.starts = starts;
    }

    /// How the lead times of pod and node are known.
    #[must_use]
    pub fn lead_times_known(&self) -> (KnownBy, KnownBy) {
        self.starts.known(self.settings.lead_time, self.node_launch)
    }

    /// Time between two syncs of the HPA: as measured, or else as the settings say.
    #[must_use]
    pub fn hpa_period(&self) -> SignedDuration {
        self.hpa_period.unwrap_or(self.settings.hpa.sync_period)
    }

    /// Typed lead times, or those measured, and the HPA's poll before them. Doublings depend on the size wanted, and
    /// are the ladder's.
    fn lead_time(&self) -> LeadTime {
        let measured = self.starts.lead_time(self.settings.risk, self.node_launch);
        let typed = self.settings.lead_time;
        let pod = typed.pod.unwrap_or(measured.pod) + self.hpa_period();
        let node = typed.node.unwrap_or(measured.node) + self.hpa_period();
        LeadTime { pod, node: node.max(pod) }
    }

    /// The newest sample of demand, if it is fresh enough to be what is observed now.
    fn observed(&self, now: Timestamp) -> Option<Sample> {
        let fresh = |sample: &Sample| now.duration_since(sample.at()) <= self.settings.fallback.stale_after;
        self.demand.newest().filter(fresh)
    }

    /// The most that is forecast from now until pods asked for now have been Ready for `hold`.
    fn peak(&self, now: Timestamp, lead: SignedDuration) -> Option<Peak> {
        self.peak_within(now, lead + self.settings.hold)
    }

    /// The most that is forecast from now until so much later.
    fn peak_within(&self, now: Timestamp, time: SignedDuration) -> Option<Peak> {
        self.forecaster.forecast()?.peak(self.settings.risk, now, now + time)
    }

    /// What a capacity is learned from, where all of it was seen.
    fn minute(&self, now: Timestamp, seen: &Observation<'_>) -> Option<Minute> {
        let (demand, workload) = (self.observed(now)?, seen.workload?);
        Some(Minute {
            at: demand.at(),
            demand: demand.value(),
            asked: workload.replicas,
            ready: workload.ready?,
            latency_s: seen.latency,
            lag: seen.lag,
        })
    }

    fn per_replica(&self) -> Option<f64> {
        self.capacity.capacity().map(|capacity| capacity.per_replica)
    }

    /// Replicas that serve `demand`; the size as it is while nobody knows what a replica serves.
    fn replicas_for(&self, demand: f64) -> u32 {
        self.per_replica().map_or(self.size(), |per_replica| capacity::replicas_for(demand, per_replica))
    }

    /// What was planned last, or else runs, or else the least.
    fn size(&self) -> u32 {
        let running = self.workload.map(|workload| workload.replicas);
        let planned = self.last.map(|last| last.replicas);
        planned.or(running).unwrap_or(self.settings.limits.min)
    }

    /// Consumers of a topic are of use as they share its partitions.
    fn of_use(&self, wanted: u32) -> u32 {
        let partitions = match self.settings.drain.map_or(Partitions::Observed, |drain| drain.partitions) {
            Partitions::Observed => self.partitions,
            Partitions::Typed(partitions) => Some(partitions),
            Partitions::Unlimited => None,
        };
        partitions.map_or(wanted, |partitions| consumers_for(wanted, partitions))
    }

    /// What is withheld of the forecast within the time that a plan looks ahead.
    fn withheld(&self, lead: SignedDuration) -> Option<Withheld> {
        let withheld = self.forecaster.forecast().and_then(|forecast| forecast.withheld);
        let is_asked = self.settings.mode != Mode::Paused;
        withheld.filter(|withheld| is_asked && withheld.ahead <= lead + self.settings.hold)
    }

    fn obey(&self, now: Timestamp, want: &Want) -> (u32, Option<Limit>) {
        let of_use = self.of_use(want.replicas);
        let wanted = of_use.saturating_add(self.going(want));
        let (rates, limits) = (&self.settings.rates, self.settings.limits);
        let (lawful, limit) = laws::obey((wanted, self.size()), now, &self.planned, rates, limits);
        let floor = self.floor_of(&want.driver).min(limits.max);
        if lawful < floor {
            return (floor, (floor != want.replicas).then_some(Limit::Silence));
        }
        let of_partitions = match of_use.cmp(&want.replicas) {
            Ordering::Less => Some(Limit::Partitions),
            Ordering::Equal => None,
            Ordering::Greater => Some(Limit::EvenPartitions),
        };
        (lawful, of_partitions.filter(|_| lawful == wanted).or(limit))
    }

    /// Pods on nodes that are about to vanish, which others stand in for. Not where a size is held: it would grow by them
    /// at each tick.
    fn going(&self, want: &Want) -> u32 {
        match &want.driver {
            _ if self.settings.mode == Mode::Paused => 0,
            Driver::Forecast { .. }
            | Driver::Observed { .. }
            | Driver::Reactive { .. }
            | Driver::Draining { .. }
            | Driver::LastObserved { .. } => self.room.going,
            Driver::HeldPlan { .. } | Driver::HeldSize { .. } | Driver::UnknownCapacity { .. } => 0,
        }
    }

    /// Silence shrinks nothing: neither below what was planned nor below what runs.
    fn floor_of(&self, driver: &Driver) -> u32 {
        match driver {
            Driver::HeldPlan { .. } | Driver::LastObserved { .. } | Driver::HeldSize { .. } => {
                self.size().max(self.workload.map_or(0, |workload| workload.replicas))
            }
            Driver::Forecast { .. }
            | Driver::Observed { .. }
            | Driver::Reactive { .. }
            | Driver::Draining { .. }
            | Driver::UnknownCapacity { .. } => 0,
        }
    }
}

/// Steps that a forecast must reach: node lead time and hold, and the time for which a silent source is held.
fn horizon_steps(settings: &Settings) -> u32 {
    let lead = settings.lead_time.node.unwrap_or(SignedDuration::from_mins(3)) + settings.hpa.sync_period;
    let reach = lead + settings.hold + settings.fallback.stale_after + settings.fallback.hold_for;
    let steps = reach.max(LEAST_HORIZON).as_millis() / settings.step.as_millis().max(1) + 1;
    steps.min(i128::from(MOST_STEPS)) as u32
}
