//! The simulated world of one policy: a workload on a Deployment, its cluster and Karpenter, on one virtual clock.
//! Everything in it is simulated, and all chance comes from the seed: the same settings, load, seed and calls give
//! the same world.
//!
//! Policies act through [`World::set_replicas`] and [`World::set_headroom`], as an HPA and Prescale do on a real
//! cluster, and see what one would see there.

mod check;
mod cpu_metric;
mod facts;
mod settings;
mod totals;

use jiff::Timestamp;

use crate::agenda::Agenda;
use crate::cluster::{Cluster, Event, Node, Replicas, Starts};
use crate::karpenter::Karpenter;
use crate::latency::Histogram;
use crate::load::Load;
use crate::workload::{Served, Workload};
pub use check::Refused;
use cpu_metric::CpuMetric;
pub use cpu_metric::CpuUse;
pub use settings::{WorkloadSettings, WorldSettings};
pub use totals::{SLO_SHARE, Totals};

/// The world at a moment.
#[derive(Clone, Debug)]
pub struct World {
    agenda: Agenda<Event>,
    cluster: Cluster,
    karpenter: Karpenter,
    workload: Workload,
    cpu: CpuMetric,
    cpu_request_millicores: u32,
    totals: Totals,
    last: Served,
}

/// A pod as the HPA controller sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PodView {
    /// When it was created.
    pub created: Timestamp,
    /// `status.startTime`: when its node acknowledged it. It is `Pending` before, and counts as `Running` from then
    /// on, while it pulls its image too; it is not Ready either way.
    pub started: Option<Timestamp>,
    /// Since when it is Ready; `None` while it starts.
    pub ready_since: Option<Timestamp>,
    /// Since when it terminates.
    pub deleted: Option<Timestamp>,
    /// Its CPU request.
    pub cpu_request_millicores: u32,
    /// What the metrics API answers for it; `None` until it was sampled twice, and in gaps of the recording.
    pub cpu_use: Option<CpuUse>,
}

impl World {
    /// A world in which `replicas` pods have been serving for long when it starts, on as many nodes as they need.
    ///
    /// # Errors
    /// Everything that contradicts itself in the settings, by the names that people wrote.
    pub fn new(
        settings: &WorldSettings,
        start: Timestamp,
        replicas: u32,
        seed: u64,
    ) -> Result<Self, Refused> {
        settings.check()?;
        let mut agenda = Agenda::new(start);
        // One stream of chance for each part, so that the draws of one do not shift those of another.
        let [pods, nodes, metrics] = [1, 2, 3].map(|stream| seed.wrapping_mul(4).wrapping_add(stream));
        let pod = &settings.pod;
        let mut cluster = Cluster::new(settings.cluster.clone(), pod.clone(), start, pods);
        let mut karpenter = Karpenter::new(settings.karpenter.clone(), pod.clone(), nodes, &mut agenda);
        karpenter.warm_nodes(replicas, &mut cluster, &mut agenda);
        cluster.warm_pods(replicas, &mut agenda);
        Ok(Self {
            agenda,
            cluster,
            karpenter,
            workload: settings.workload.start(),
            cpu: CpuMetric::new(start, metrics),
            cpu_request_millicores: pod.cpu_millicores,
            totals: Totals::default(),
            last: Served::default(),
        })
    }

    /// Advances to `until`: the service second by second, and the cluster event by event.
    ///
    /// Arrivals are even within a second of the clock, so no step crosses one, and it does not matter in how many
    /// calls a time is covered as long as they end on seconds.
    pub fn advance_to(&mut self, until: Timestamp, load: &Load) {
        self.run_due_events();
        while self.now() < until {
            let next_event = self.agenda.next_at().unwrap_or(until);
            self.serve_until(next_second(self.now()).min(next_event).min(until), load);
            self.run_due_events();
        }
    }

    /// Writes `spec.replicas` of the Deployment, as an HPA does through the scale subresource.
    pub fn set_replicas(&mut self, replicas: u32) {
        if replicas != self.replicas().spec {
            self.cluster.set_replicas(replicas, &mut self.agenda);
            self.karpenter.watch(&self.cluster, &mut self.agenda);
        }
    }

    /// Sets the capacity buffer: room for this many pods is held beside those that exist.
    pub fn set_headroom(&mut self, pods: u32) {
        self.karpenter.set_buffer(pods, &self.cluster, &mut self.agenda);
    }

    /// The virtual time.
    pub fn now(&self) -> Timestamp {
        self.agenda.now()
    }

    /// Replicas: asked for, existing, Ready, pending.
    pub fn replicas(&self) -> Replicas {
        self.cluster.replicas()
    }

    /// Pods on nodes that go, terminating ones included.
    pub fn going(&self) -> u32 {
        self.nodes().filter(|node| node.draining).map(|node| node.pods).sum()
    }

    /// Pods that the capacity buffer holds room for.
    pub fn headroom(&self) -> u32 {
        self.karpenter.buffer()
    }

    /// Nodes that exist, those that launch included, oldest first.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = &Node> {
        self.cluster.nodes().map(|(_, node)| node)
    }

    /// Pods that exist, terminating ones included, oldest first, with their newest CPU sample.
    pub fn pods(&self) -> impl Iterator<Item = PodView> {
        self.cluster.pods().map(|pod| PodView {
            created: pod.created,
            started: pod.bound,
            ready_since: pod.ready_since,
            deleted: pod.deleted,
            cpu_request_millicores: self.cpu_request_millicores,
            cpu_use: self.cpu.of(pod, self.cpu_request_millicores),
        })
    }

    /// What became of the requests in the last step, of at most a second.
    pub fn last_served(&self) -> Served {
        self.last
    }

    /// Requests or messages that wait.
    pub fn backlog(&self) -> f64 {
        self.workload.backlog()
    }

    /// Has the workload count latencies from now on.
    pub fn watch_latency(&mut self) {
        self.workload.watch_latency();
    }

    /// Latencies since they are watched; `None` where they are not, or not simulated.
    pub fn latencies(&self) -> Option<&Histogram> {
        self.workload.latencies()
    }

    /// Sums since the start.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Pod and node starts measured since the last call.
    pub fn take_starts(&mut self) -> Starts {
        self.cluster.take_starts()
    }

    fn serve_until(&mut self, until: Timestamp, load: &Load) {
        let now = self.now();
        let dt = until.duration_since(now);
        let replicas = self.cluster.replicas();
        self.last = self.workload.advance(now, dt, load.arrivals(now, until), replicas.ready);
        let utilization = load.is_recorded(now).then_some(self.last.utilization);
        self.cpu.advance(until, dt, utilization);
        self.totals.add_requests(now, &self.last);
        self.totals.add_capacity(dt, replicas.existing, &self.cluster);
        self.agenda.move_to(until);
    }

    fn run_due_events(&mut self) {
        while let Some(event) = self.agenda.pop_due() {
            self.run(event);
            self.karpenter.watch(&self.cluster, &mut self.agenda);
        }
    }

    fn run(&mut self, event: Event) {
        let (cluster, karpenter, agenda) = (&mut self.cluster, &mut self.karpenter, &mut self.agenda);
        match event {
            Event::CreatePod => cluster.create_pod(agenda),
            Event::PodReady(pod) => cluster.pod_is_ready(pod, agenda.now()),
            Event::PodStopped(pod) => cluster.pod_is_gone(pod, agenda),
            Event::NodeReady(node) => karpenter.node_is_ready(node, cluster, agenda),
            Event::Drain(node) => cluster.continue_drain(node, agenda),
            Event::BatchWindow => karpenter.batch_window(cluster, agenda),
            Event::BufferResync => karpenter.buffer_resync(cluster, agenda),
            Event::ConsolidationPoll => karpenter.poll(cluster, agenda),
            Event::ConsolidationValidated(nodes) => karpenter.validated(&nodes, cluster, agenda),
            Event::SpotNotice(node) => karpenter.spot_notice(node, cluster, agenda),
            Event::SpotTaken(node) => cluster.lose_node(node, agenda),
        }
    }
}

fn next_second(now: Timestamp) -> Timestamp {
    Timestamp::from_second(now.as_second() + 1).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
