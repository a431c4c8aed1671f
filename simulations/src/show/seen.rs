//! What the dashboard sees of a run after each of its ticks: the same as of a scaler in a cluster.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use prescale_controller::api::CheckedScaler;
use prescale_controller::board::ScalerKey;
use prescale_controller::headroom::By;
use prescale_controller::nodes::PoolSeen;
use prescale_controller::scaler::note_peaks;
use prescale_controller::web::{Gallery, Living, Look, RoomLook};
use prescale_model::{Autoscaler, Event, Sample, Workload};

use crate::cluster::{Node, Origin};
use crate::scenario::Scenario;
use crate::simulate::{Run, Tick};
use crate::world::{WorkloadSettings, World};

/// What follows the plan.
const HPA: &str = "the simulated HPA";

/// The decision core as it was after the last tick.
struct Copied(Mutex<Autoscaler>);

impl Living for Copied {
    fn look(&self, see: &mut dyn FnMut(&Autoscaler)) {
        see(&self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Shows a run to the gallery.
pub(super) struct Seen {
    gallery: Arc<Gallery>,
    key: ScalerKey,
    spec: Arc<CheckedScaler>,
    events: Arc<[Event]>,
    peaks: BTreeMap<String, f64>,
    core: Arc<Copied>,
    living: Arc<dyn Living>,
}

impl Seen {
    /// Nothing shown yet.
    pub(super) fn new(gallery: Arc<Gallery>, scenario: &Scenario) -> Self {
        // As it runs: on the recording's step, and active.
        let spec = scenario.scaler.clone();
        let core = Arc::new(Copied(Mutex::new(Autoscaler::new(spec.settings.clone()))));
        let living: Arc<dyn Living> = Arc::<Copied>::clone(&core);
        Self {
            gallery,
            key: ScalerKey::new(&spec.namespace, &spec.name),
            spec: Arc::new(spec),
            events: [].into(),
            peaks: BTreeMap::new(),
            core,
            living,
        }
    }

    /// Forgets what was shown: the run begins anew.
    pub(super) fn forget(&mut self) {
        self.gallery.remove(&self.key);
        self.peaks.clear();
    }

    /// Shows a tick that was just made.
    pub(super) fn tick(&mut self, scenario: &Scenario, run: &Run<'_>, tick: &Tick) {
        let (Some((autoscaler, events)), Some(plan)) = (run.pilot().core(), &tick.shown.plan) else { return };
        let (world, now) = (run.world(), run.world().now());
        if let Some(sample) = tick.observed.and_then(|rate| Sample::new(now, rate)) {
            note_peaks(events, sample, &mut self.peaks);
        }
        if *self.events != *events {
            self.events = events.into();
        }
        autoscaler.clone_into(&mut self.core.0.lock().unwrap_or_else(PoisonError::into_inner));
        let replicas = world.replicas();
        self.gallery.look(&Look {
            now,
            key: &self.key,
            spec: &self.spec,
            events: &self.events,
            autoscaler,
            plan,
            workload: Some(Workload {
                replicas: replicas.spec,
                existing: replicas.existing,
                ready: Some(replicas.ready),
            }),
            findings: &[],
            began: &[],
            signals: &silent(scenario, now),
            lag: waiting(scenario, run),
            nodes: u32::try_from(world.nodes().len()).ok(),
            room: room(world, &pools(world)),
            peaks: &self.peaks,
            hpa: Some(HPA),
            living: &self.living,
        });
    }
}

/// The room of the simulated cluster: what is free on nodes that take pods, beyond the pods that wait for it.
fn room<'a>(world: &World, pools: &'a [PoolSeen]) -> RoomLook<'a> {
    let (asked, pending) = (world.headroom(), world.replicas().pending);
    let takes_pods = world.nodes().filter(|node| node.ready_since.is_some() && !node.draining);
    let free: u32 = takes_pods.map(|node| node.slots.saturating_sub(node.pods)).sum();
    let is_kept = 0 < asked;
    RoomLook {
        by: is_kept.then_some(By::CapacityBuffer),
        ready: is_kept.then_some(free.saturating_sub(pending).min(asked)),
        pods: Some((pending, world.going())),
        pools,
    }
}

/// Its nodes: those that are always there, and those that the simulated Karpenter launched.
fn pools(world: &World) -> Vec<PoolSeen> {
    let pool = |origin: Origin, name: &str| {
        let nodes = || world.nodes().filter(|node| node.origin == origin);
        let count = |nodes: usize| u32::try_from(nodes).unwrap_or(u32::MAX);
        let taken = |node: &Node| f64::from(node.pods) / f64::from(node.slots.max(1));
        PoolSeen {
            pool: Some(name.into()),
            nodes: count(nodes().filter(|node| node.ready_since.is_some()).count()),
            going: count(nodes().filter(|node| node.draining).count()),
            launching: count(nodes().filter(|node| node.ready_since.is_none()).count()),
            launch: None,
            launches: 0,
            taken: nodes().map(taken).sum(),
            per_hour: Some(nodes().map(|node| taken(node) * node.price_per_hour).sum()),
        }
    };
    let pools = [pool(Origin::Base, "always there"), pool(Origin::Launched, "launched (simulated)")];
    pools.into_iter().filter(|pool| 0 < pool.nodes + pool.launching).collect()
}

/// Messages that wait; `None` for a service that has no queue.
fn waiting(scenario: &Scenario, run: &Run<'_>) -> Option<f64> {
    match scenario.written.world.workload {
        WorkloadSettings::Requests(_) => None,
        WorkloadSettings::Queue(_) => Some(run.world().backlog()),
    }
}

/// Why each signal has no value, in the order of the spec; `None` for one that has.
fn silent(scenario: &Scenario, now: Timestamp) -> Vec<Option<String>> {
    let there = scenario.signals_at(now);
    let is_there = |name: &str| there.iter().any(|(known, _)| *known == name);
    let signals = scenario.settings().signals.iter();
    signals
        .map(|signal| (!is_there(&signal.name)).then(|| "the recording has no value of it here".to_owned()))
        .collect()
}
