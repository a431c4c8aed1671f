//! One policy in one world: ticks and syncs in virtual time, and what came of them.

use jiff::Timestamp;
use prescale_model::Sample;

use crate::error::ScenarioError;
use crate::hpa::SyncSchedule;
use crate::load::Scrape;
use crate::outcome;
use crate::pilot::{Pilot, Shown};
use crate::policies::Policy;
use crate::result::{PolicyResult, PoolResult, TimelineRow, TurningPoint};
use crate::scenario::Scenario;
use crate::world::{Totals, World};

/// How much is kept of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Totals only.
    Totals,
    /// The size at each tick.
    Sizes,
    /// A row a tick, and turning points.
    Timeline,
}

/// Runs one policy through the scenario's window. The same scenario gives the same result, byte for byte.
///
/// # Errors
/// A world or an HPA that cannot be.
pub fn simulate(scenario: &Scenario, policy: &Policy, detail: Detail) -> Result<PolicyResult, ScenarioError> {
    let mut run = Run::new(scenario, policy)?;
    let mut log = Log::new(scenario, policy, detail);
    while let Some(Tick { observed, shown }) = run.tick() {
        log.note(&run.world, observed, shown);
    }
    Ok(log.finish(&run.world))
}

/// One policy in one world, under way.
#[derive(Debug)]
pub struct Run<'a> {
    scenario: &'a Scenario,
    pilot: Pilot<'a>,
    world: World,
    syncs: SyncSchedule,
    next_tick: Timestamp,
}

/// What a tick saw and did.
#[derive(Clone, Debug)]
pub struct Tick {
    /// Demand that was observed; `None` for a gap.
    pub observed: Option<f64>,
    /// What the policy shows of it.
    pub shown: Shown,
}

impl<'a> Run<'a> {
    /// At the begin of the scenario's window.
    ///
    /// # Errors
    /// A world or an HPA that cannot be.
    pub fn new(scenario: &'a Scenario, policy: &Policy) -> Result<Self, ScenarioError> {
        let pilot = Pilot::new(scenario, policy)?;
        let seed = scenario.written.seed;
        let world = World::new(&scenario.written.world, scenario.from, pilot.first_size(), seed)?;
        let syncs = SyncSchedule::new(scenario.from, scenario.written.hpas, seed);
        Ok(Self { scenario, pilot, world, syncs, next_tick: scenario.from })
    }

    /// Goes on to the next tick, and makes it; `None` at the end of the window. A sync of the HPA at the same moment
    /// comes after it.
    pub fn tick(&mut self) -> Option<Tick> {
        loop {
            let (scenario, world) = (self.scenario, &mut self.world);
            let next = self.next_tick.min(self.syncs.next()).min(scenario.to);
            world.advance_to(next, &scenario.load);
            if scenario.to <= next {
                return None;
            }
            let observed = scenario.load.observed_rate(next, &Scrape::default());
            if next == self.next_tick {
                self.next_tick += scenario.written.tick;
                let shown = self.pilot.tick(world, observed.and_then(|rate| Sample::new(next, rate)));
                return Some(Tick { observed, shown });
            }
            self.pilot.sync(world, observed);
            self.syncs.advance();
        }
    }

    /// The world as it is now.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The policy at work.
    #[must_use]
    pub fn pilot(&self) -> &Pilot<'a> {
        &self.pilot
    }
}

/// What is kept of a run while it goes.
struct Log<'a> {
    scenario: &'a Scenario,
    policy: &'a Policy,
    detail: Detail,
    before: Totals,
    /// Planned size at the last turn, or at first.
    size_at_turn: Option<u32>,
    events: outcome::EventLog<'a>,
    sizes: Vec<u32>,
    timeline: Vec<TimelineRow>,
    turning_points: Vec<TurningPoint>,
}

impl<'a> Log<'a> {
    fn new(scenario: &'a Scenario, policy: &'a Policy, detail: Detail) -> Self {
        Self {
            scenario,
            policy,
            detail,
            before: Totals::default(),
            size_at_turn: None,
            events: outcome::EventLog::new(scenario),
            sizes: vec![],
            timeline: vec![],
            turning_points: vec![],
        }
    }

    fn note(&mut self, world: &World, observed: Option<f64>, shown: Shown) {
        let (now, totals) = (world.now(), *world.totals());
        self.events.note(now, &self.before, world);
        match self.detail {
            Detail::Totals => {}
            Detail::Sizes | Detail::Timeline => self.sizes.push(world.replicas().existing),
        }
        if self.detail == Detail::Timeline {
            self.note_turn(now, &shown);
            self.timeline.push(self.row(world, observed, shown));
        }
        self.before = totals;
    }

    fn row(&self, world: &World, observed: Option<f64>, shown: Shown) -> TimelineRow {
        let (totals, replicas) = (world.totals(), world.replicas());
        let tick = self.scenario.written.tick;
        TimelineRow {
            time: world.now(),
            demand: self.scenario.load.arrivals(world.now() - tick, world.now()) / tick.as_secs_f64(),
            observed,
            served_demand: shown.served_demand,
            desired_replicas: shown.plan.as_ref().map_or(replicas.spec, |plan| plan.replicas),
            replicas: replicas.existing,
            ready_replicas: replicas.ready,
            nodes: world.nodes().len() as u32,
            backlog: world.backlog(),
            late_requests: totals.late - self.before.late,
            failed_requests: totals.failed - self.before.failed,
            reason: shown.plan.map(|plan| plan.reason.to_string()).unwrap_or_default(),
            band: shown.band,
        }
    }

    /// A turn is told from the size of the last one, so that a slow change is one too, once it is large.
    fn note_turn(&mut self, now: Timestamp, shown: &Shown) {
        let Some(plan) = &shown.plan else { return };
        let from = *self.size_at_turn.get_or_insert(plan.replicas);
        if outcome::is_turn(from, plan.replicas) {
            let reason = plan.reason.to_string();
            self.turning_points.push(TurningPoint { at: now, from, to: plan.replicas, reason });
            self.size_at_turn = Some(plan.replicas);
        }
    }

    fn finish(self, world: &World) -> PolicyResult {
        let totals = world.totals();
        PolicyResult {
            name: self.policy.kind().name().into(),
            settings: self.policy.settings(),
            requests: whole(totals.requests),
            late_requests: whole(totals.late),
            failed_requests: whole(totals.failed),
            slo_minutes: totals.slo_minutes(),
            replica_hours: hundredths(totals.replica_seconds / 3_600.0),
            node_hours: hundredths(totals.node_seconds / 3_600.0),
            cost: hundredths(totals.cost),
            pools: pools(totals),
            saved: None,
            peak_replicas: totals.peak_replicas,
            events: self.events.finish(),
            turning_points: self.turning_points,
            sizes: self.sizes,
            timeline: self.timeline,
        }
    }
}

fn pools(totals: &Totals) -> Vec<PoolResult> {
    let pool = |name: &str, node_seconds: f64, cost: f64| PoolResult {
        name: name.into(),
        node_hours: hundredths(node_seconds / 3_600.0),
        cost: hundredths(cost),
    };
    let fixed = (totals.node_seconds - totals.launched_node_seconds, totals.cost - totals.launched_cost);
    vec![
        pool("fixed", fixed.0, fixed.1),
        pool("karpenter", totals.launched_node_seconds, totals.launched_cost),
    ]
}

fn whole(count: f64) -> u64 {
    count.round() as u64
}

pub(crate) fn hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
