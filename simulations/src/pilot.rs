//! A policy at work: at each tick it looks at the world and thinks, at each sync of its HPA the size changes.
//! Prescale is driven here through `observe`, `plan` and `commit`, as the controller drives it.

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscalerSpec;
use prescale_controller::hpa::{DEMAND, desired_hpa};
use prescale_model::lead_time::Delays;
use prescale_model::{
    Autoscaler, CapacitySettings, Event, Mode, Observation, Plan, Room, Sample, Settings, Workload,
};

use crate::calendar::{Announced, InForce};
use crate::hpa::{CpuUse, Hpa, HpaError, PodState, PodView, Scale};
use crate::latency::LatencyWatch;
use crate::oracle::{Foresight, Oracle};
use crate::policies::{CRON, Headroom, OBSERVED, Policy};
use crate::result::Band;
use crate::scenario::Scenario;
use crate::world::{self, SLO_SHARE, WorkloadSettings, World};

/// One policy at work.
#[derive(Debug)]
pub struct Pilot<'a> {
    scenario: &'a Scenario,
    mind: Mind<'a>,
    hpa: Option<Hpa>,
}

/// What a policy knows between two ticks.
#[derive(Debug)]
enum Mind<'a> {
    /// A fixed size.
    Fixed(u32),
    /// Nothing: the HPA does it all.
    Reactive,
    /// Windows and the size in them.
    Windows { replicas: u32, before: SignedDuration, after: SignedDuration },
    /// The decision core, and the plan that was published last.
    Prescale { core: Box<Core<'a>>, headroom: Headroom, published: Option<Box<Plan>>, latency: LatencyWatch },
    /// The future.
    Oracle(Oracle),
}

/// The decision core, what nodes took to launch, and the calendar that it is told of.
#[derive(Debug)]
struct Core<'a> {
    autoscaler: Autoscaler,
    launches: Delays,
    calendar: InForce<'a>,
}

/// What a policy shows of a tick.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// What its `demand` metric answers.
    pub served_demand: Option<f64>,
    /// Its plan.
    pub plan: Option<Plan>,
    /// Its forecast.
    pub band: Option<Band>,
}

impl<'a> Pilot<'a> {
    /// A policy that has seen the history before the window.
    ///
    /// # Errors
    /// An HPA that the API server would refuse.
    pub fn new(scenario: &'a Scenario, policy: &Policy) -> Result<Self, HpaError> {
        let limits = scenario.settings().limits;
        let mind = match *policy {
            Policy::Static { replicas } => Mind::Fixed(replicas),
            Policy::HpaCpu { .. } | Policy::HpaDemand { .. } => Mind::Reactive,
            Policy::Cron { replicas, before, after, .. } => Mind::Windows { replicas, before, after },
            Policy::Prescale { risk, headroom } => Mind::Prescale {
                core: Box::new(taught(
                    scenario,
                    Settings {
                        risk,
                        headroom: headroom == Headroom::Forecast,
                        ..scenario.settings().clone()
                    },
                )),
                headroom,
                published: None,
                latency: LatencyWatch::default(),
            },
            Policy::Oracle => Mind::Oracle(Oracle::new(scenario, foresight(scenario))),
        };
        let spec = match &mind {
            Mind::Prescale { .. } => Some(desired_hpa(&scenario.scaler)),
            Mind::Fixed(_) | Mind::Reactive | Mind::Windows { .. } | Mind::Oracle(_) => policy.hpa(limits),
        };
        let hpa = spec.map(|spec: HorizontalPodAutoscalerSpec| Hpa::new(&spec)).transpose()?;
        Ok(Self { scenario, mind, hpa })
    }

    /// Replicas with which the window begins: what its first demand needs.
    #[must_use]
    pub fn first_size(&self) -> u32 {
        match self.mind {
            Mind::Fixed(replicas) => replicas,
            Mind::Reactive | Mind::Windows { .. } | Mind::Prescale { .. } | Mind::Oracle(_) => {
                self.scenario.first_size()
            }
        }
    }

    /// The decision core, and the events that it was told of last; `None` for a policy that has none.
    #[must_use]
    pub fn core(&self) -> Option<(&Autoscaler, &[Event])> {
        match &self.mind {
            Mind::Prescale { core, .. } => Some((&core.autoscaler, core.calendar.last())),
            Mind::Fixed(_) | Mind::Reactive | Mind::Windows { .. } | Mind::Oracle(_) => None,
        }
    }

    /// Looks, and acts on what has no HPA in between.
    pub fn tick(&mut self, world: &mut World, observed: Option<Sample>) -> Shown {
        let now = world.now();
        match &mut self.mind {
            Mind::Fixed(replicas) => {
                world.set_replicas(*replicas);
                Shown::default()
            }
            Mind::Reactive | Mind::Windows { .. } => Shown::default(),
            Mind::Oracle(oracle) => {
                let (replicas, headroom) = oracle.wants(now);
                world.set_replicas(replicas);
                world.set_headroom(headroom);
                Shown::default()
            }
            Mind::Prescale { core, headroom, published, latency } => {
                let latency = watch(core.autoscaler.settings().capacity, latency, world);
                let plan = think(self.scenario, core, world, (observed, latency));
                world.set_headroom(match headroom {
                    Headroom::None => 0,
                    Headroom::Fixed(pods) => *pods,
                    Headroom::Forecast => plan.headroom,
                });
                let band = band(&core.autoscaler, &plan);
                *published = Some(Box::new(plan.clone()));
                Shown { served_demand: plan.demand, plan: Some(plan), band }
            }
        }
    }

    /// One sync of the HPA.
    pub fn sync(&mut self, world: &mut World, observed: Option<f64>) {
        let Some(mut hpa) = self.hpa.take() else { return };
        let replicas = world.replicas();
        let scale = Scale { spec_replicas: replicas.spec, status_replicas: replicas.existing };
        let external = |name: &str| Ok(self.metric(name, world.now(), observed));
        let outcome = hpa.sync(world.now(), scale, world.pods().map(as_hpa_sees), external);
        world.set_replicas(outcome.desired_replicas);
        self.hpa = Some(hpa);
    }

    /// What the external metrics API answers.
    fn metric(&self, name: &str, now: Timestamp, observed: Option<f64>) -> Option<f64> {
        match (&self.mind, name) {
            (Mind::Prescale { published, .. }, DEMAND) => published.as_ref()?.demand,
            (Mind::Windows { replicas, before, after }, CRON) => {
                let spans = |event: &Event| event.starts_at - *before <= now && now < event.ends_at + *after;
                let is_open = |one: &Announced| one.is_in_force(now) && spans(&one.event);
                Some(if self.scenario.calendar.iter().any(is_open) { f64::from(*replicas) } else { 0.0 })
            }
            (_, OBSERVED) => observed,
            (_, _) => None,
        }
    }
}

/// A pod of the world as the HPA controller sees it.
fn as_hpa_sees(pod: world::PodView) -> PodView {
    let state = match (pod.started, pod.ready_since) {
        (None, _) => PodState::Pending,
        (Some(started), Some(since)) => PodState::Ready { started, since },
        (Some(started), None) => PodState::Unready { started, since: started },
    };
    let cpu_use = |cpu: world::CpuUse| CpuUse { millicores: cpu.millicores, at: cpu.at, window: cpu.window };
    PodView {
        state,
        leaving: pod.deleted.is_some(),
        cpu_request_millicores: pod.cpu_request_millicores,
        cpu_use: pod.cpu_use.map(cpu_use),
    }
}

/// What the query of a capacity that is learned answers: the quantile that the objective of the world speaks of.
fn watch(capacity: CapacitySettings, latency: &mut LatencyWatch, world: &mut World) -> Option<f64> {
    match capacity {
        CapacitySettings::Given { .. } => None,
        CapacitySettings::Learned { .. } => {
            let now = world.now();
            let Some(histogram) = world.latencies() else {
                world.watch_latency();
                return None;
            };
            latency.look(now, histogram, 1.0 - SLO_SHARE)
        }
    }
}

/// A tick of the decision core, as the controller makes it, by the demand and latency that were observed.
fn think(
    scenario: &Scenario,
    core: &mut Core<'_>,
    world: &mut World,
    (observed, latency): (Option<Sample>, Option<f64>),
) -> Plan {
    let (now, replicas, starts) = (world.now(), world.replicas(), world.take_starts());
    let (lag, partitions) = match &scenario.written.world.workload {
        WorkloadSettings::Requests(_) => (None, None),
        WorkloadSettings::Queue(queue) => (Some(world.backlog()), Some(queue.partitions)),
    };
    let signals = scenario.signals_at(now);
    core.launches.observe(now, &starts.nodes);
    let risk = core.autoscaler.settings().risk;
    let refill = scenario.written.world.karpenter.buffer_resync;
    core.autoscaler.observe(
        now,
        &Observation {
            demand: observed.as_slice(),
            signals: &signals,
            lag,
            partitions,
            latency,
            events: core.calendar.at(now),
            workload: Some(Workload {
                replicas: replicas.spec,
                existing: replicas.existing,
                ready: Some(replicas.ready),
            }),
            pod_starts: &starts.pods,
            node_starts: &starts.pods_on_launched_nodes,
            node_launch: core.launches.quantile_if_enough(risk),
            room: Room { going: world.going(), pending: replicas.pending, refill, ..Room::default() },
            ..Observation::default()
        },
    );
    let plan = core.autoscaler.plan(now);
    core.autoscaler.commit(&plan);
    plan
}

/// A decision core that has observed what was recorded before the window, as a controller fills its history.
fn taught(scenario: &Scenario, settings: Settings) -> Core<'_> {
    let (mut autoscaler, mut calendar) = (Autoscaler::new(settings), InForce::new(scenario.announced()));
    for (index, value) in scenario.demand.iter().enumerate() {
        let ends_at = scenario.recording.time_at(index + 1);
        if scenario.from < ends_at {
            break;
        }
        let sample = value.and_then(|value| Sample::new(ends_at, value));
        let seen = Observation {
            demand: sample.as_slice(),
            signals: &scenario.signals_at(ends_at),
            events: calendar.at(ends_at),
            ..Default::default()
        };
        autoscaler.observe(ends_at, &seen);
    }
    Core { autoscaler, launches: Delays::default(), calendar }
}

/// What Prescale forecasts for the moment at which pods asked for now are Ready.
fn band(autoscaler: &Autoscaler, plan: &Plan) -> Option<Band> {
    if autoscaler.settings().mode == Mode::Paused {
        return None;
    }
    let ahead = plan.lead_time.pod;
    let [low, median, _, high, _] = *autoscaler.forecast()?.at(plan.made_at + ahead)?;
    Some(Band { ahead, low, median, high })
}

/// The clairvoyant asks for a pod early enough for the slowest twentieth of starts.
fn foresight(scenario: &Scenario) -> Foresight {
    let (pod, karpenter) = (&scenario.written.world.pod, &scenario.written.world.karpenter);
    let on_node = pod.start.p95;
    Foresight {
        pod: on_node,
        node: on_node + pod.image_pull.p95 + karpenter.node_start.p95 + karpenter.batch_max,
    }
}
