//! Ten thousand scalers and the server that shows them. A few decision cores stand in for all of them: what is shown is
//! measured here, and not what is decided.

#[path = "../../tests/web/nothing.rs"]
mod nothing;

use std::{
    collections::BTreeMap,
    fs,
    net::SocketAddr,
    sync::{Arc, Mutex, mpsc},
};

use futures::{FutureExt, future::BoxFuture};
use jiff::{SignedDuration, Timestamp};
use prescale_controller::{
    api::{CheckedScaler, Manifest, read_manifests},
    board::ScalerKey,
    web::{
        EventDesk, Gallery, Living, Look, OpenDoor, RoomLook, SetupView, Viewer, WebParts, Which, router,
        serve,
        wire::{EventDraft, EventRow, Events, Problem, Setup},
    },
};
use prescale_model::{Autoscaler, Event, Observation, Plan, Sample, Workload};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use nothing::Nothing;

/// Decision cores: so many that rows near each other, which compression sees together, are of different ones.
const CORES: usize = 512;
/// Namespaces that scalers are spread over.
const NAMESPACES: usize = 100;
/// Minutes of trail: a little more than is kept of 10,000 scalers.
const FILLED: usize = 135;

struct Core(Mutex<Autoscaler>);

impl Living for Core {
    fn look(&self, see: &mut dyn FnMut(&Autoscaler)) {
        see(&self.0.lock().unwrap());
    }
}

/// Scalers that are shown.
pub(crate) struct Fleet {
    pub(crate) gallery: Arc<Gallery>,
    keys: Vec<ScalerKey>,
    spec: Arc<CheckedScaler>,
    events: Arc<[Event]>,
    cores: Vec<(Arc<Core>, Arc<dyn Living>)>,
    now: Timestamp,
    round: usize,
    /// Whose turn it is.
    next: usize,
}

impl Fleet {
    /// Scalers whose cores have seen two hours, and of which nothing is shown yet.
    pub(crate) fn new(scalers: usize) -> Self {
        let text = "apiVersion: prescale.dev/v1alpha1\nkind: PredictiveScaler\nmetadata: {name: gateway, namespace: live}\n\
                    spec: {scaleTargetRef: {name: gateway}, mode: Active, minReplicas: 2, maxReplicas: 200, \
                    demand: {prometheus: {query: up}}, capacity: {perReplica: 100}}";
        let [Manifest::PredictiveScaler(written)] = &read_manifests(text, "bench").unwrap()[..] else {
            panic!("another kind")
        };
        let spec = Arc::new(written.check().unwrap());
        let core = |_| {
            let core = Arc::new(Core(Mutex::new(Autoscaler::new(spec.settings.clone()))));
            (Arc::clone(&core), core as Arc<dyn Living>)
        };
        let key = |index: usize| {
            ScalerKey::new(&format!("team-{}", index % NAMESPACES), &format!("gateway-{index}"))
        };
        let mut fleet = Self {
            gallery: Arc::default(),
            keys: (0..scalers).map(key).collect(),
            cores: (0..CORES).map(core).collect(),
            spec,
            events: [].into(),
            now: "2026-06-01T12:00:00Z".parse().unwrap(),
            round: 0,
            next: 0,
        };
        (0..120).for_each(|_| fleet.tick_cores(SignedDuration::from_mins(1)));
        fleet
    }

    /// Shows all of them for as long as trails are; seconds that a look takes, of the CPU.
    pub(crate) fn fill(&mut self) -> f64 {
        let (mut cpu, mut looks) = (0.0, 0_u32);
        for _ in 0..FILLED {
            self.tick_cores(SignedDuration::from_mins(1));
            let began = own_cpu_s();
            looks += u32::try_from(self.tick_some(self.keys.len())).unwrap();
            cpu += own_cpu_s() - began;
        }
        cpu / f64::from(looks)
    }

    /// Shows so many scalers more after a tick.
    pub(crate) fn tick_some(&mut self, scalers: usize) -> usize {
        for _ in 0..scalers {
            if self.next == self.keys.len() {
                self.next = 0;
                self.tick_cores(SignedDuration::from_secs(15));
            }
            let (core, living) = &self.cores[self.next % CORES];
            let autoscaler = core.0.lock().unwrap();
            let plan = self.plan(&autoscaler);
            self.look(&self.keys[self.next], (&autoscaler, &plan), living);
            self.next += 1;
        }
        scalers
    }

    /// Each scaler's plan differs a little, as its demand does.
    fn plan(&self, autoscaler: &Autoscaler) -> Plan {
        let plan = autoscaler.plan(self.now);
        let own = (self.next % 97) as f64 + self.round as f64;
        Plan { observed: plan.observed.map(|demand| demand + own), ..plan }
    }

    fn look(&self, key: &ScalerKey, (autoscaler, plan): (&Autoscaler, &Plan), living: &Arc<dyn Living>) {
        self.gallery.look(&Look {
            now: self.now,
            key,
            spec: &self.spec,
            events: &self.events,
            autoscaler,
            plan,
            workload: Some(Workload { replicas: 12, existing: 12, ready: Some(12) }),
            findings: &[],
            began: &[],
            signals: &[],
            lag: None,
            nodes: None,
            room: RoomLook::default(),
            peaks: &BTreeMap::new(),
            hpa: None,
            living,
        });
    }

    fn tick_cores(&mut self, by: SignedDuration) {
        self.now += by;
        self.round += 1;
        for (index, (core, _)) in self.cores.iter().enumerate() {
            let phase = self.round as f64 / 17.0 + index as f64;
            let noise = (self.round * 31 + index * 17) % 23;
            let demand = 1_000.0 * (1.0 + 0.3 * phase.sin()) + noise as f64;
            let mut autoscaler = core.0.lock().unwrap();
            let seen = Observation {
                demand: &[Sample::new(self.now, demand).unwrap()],
                workload: Some(Workload { replicas: 12, existing: 12, ready: Some(12) }),
                ..Observation::default()
            };
            autoscaler.observe(self.now, &seen);
            let plan = autoscaler.plan(self.now);
            autoscaler.commit(&plan);
        }
    }
}

/// A server with one thread of its own.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    thread: String,
}

impl Server {
    pub(crate) fn start(gallery: Arc<Gallery>) -> Self {
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                let thread = fs::read_link("/proc/thread-self").unwrap().to_str().unwrap().to_owned();
                tell.send((listener.local_addr().unwrap(), thread)).unwrap();
                let (setup, events) = (Arc::new(Nothing), Arc::new(Nothing));
                let door = Arc::new(OpenDoor);
                let parts = WebParts { gallery, door, replay: None, setup, events, store: None };
                serve(listener, None, router(parts), CancellationToken::new()).await;
            });
        });
        let (address, thread) = told.recv().unwrap();
        Self { address, thread }
    }

    /// CPU time of its thread, in seconds.
    pub(crate) fn cpu_s(&self) -> f64 {
        cpu_s(&format!("/proc/{}/schedstat", self.thread))
    }
}

/// CPU time of the thread that asks, in seconds.
fn own_cpu_s() -> f64 {
    cpu_s("/proc/thread-self/schedstat")
}

fn cpu_s(path: &str) -> f64 {
    fs::read_to_string(path).unwrap().split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}
