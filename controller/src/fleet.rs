//! The fleet: every scaler ticks once a period, spread evenly over it, from what its sources and the cluster say.
//! What a tick decides is acted on here: the board at once, the cluster by [`crate::apply`] and only while leading.

mod advise;
mod events;
mod lesson;
mod missing;
mod record;
mod refusal;
mod resume;
mod settings;
mod slot;
mod tick;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use kube::Client;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{info, warn};

use crate::{
    api::TargetRef,
    apply::Applier,
    board::{Board, Notice, ScalerKey},
    headroom::{Granted, RoomBoard, poll_room},
    nodes::{Lookout, watch_nodes},
    reconcile::{News, SharedRegistry, Sighting, Verdict, Workloads, watch_all},
    scaler::{Learning, Role, Scaler},
    sources::reader::Reader,
    status::{Began, Standing, refused, standing},
    store::Store,
};
pub use lesson::teach;
use refusal::Refusal;
pub use settings::{FleetSettings, Measure, NodeSettings, OnRemoved, OnTick, Ties};
pub use slot::Handle;
use slot::Slot;
pub use tick::Ticked;

/// Parts of a period: scalers tick in the part that their name falls into.
const PARTS: u32 = 60;
/// Scalers that are read at once: at 50 ms a read, 64 are 1,280 a second, twice what 10,000 scalers each 15 s want.
const MOST_READS: usize = 64;
/// Writes to the cluster at once.
const MOST_WRITES: usize = 16;
/// Histories that are read and learned at once. Learning takes a core for a second a scaler.
const MOST_LESSONS: usize = 2;
/// Snapshots that are taken up at once, each in a few milliseconds.
const MOST_RESUMES: usize = 2;
/// Workloads whose use is looked at at once.
const MOST_ADVISED: usize = 1;
/// News of the watches that wait; a watch waits when they are as many.
const MOST_NEWS: usize = 1_024;
/// Ticks and writes that are under way at the end are waited for this long.
const END_WITHIN: Duration = Duration::from_secs(5);
/// Events have their status looked after this often.
const EVENTS_EVERY: Duration = Duration::from_secs(60);

/// Every scaler of the cluster.
pub struct Fleet {
    client: Client,
    settings: FleetSettings,
    shared: Arc<Shared>,
    registry: SharedRegistry,
    slots: HashMap<ScalerKey, Arc<Slot>>,
    /// Those that are to be told of once this replica leads.
    refusals: BTreeMap<ScalerKey, Refusal>,
    /// Those of whom it could not be told, to be judged anew.
    untold: (mpsc::UnboundedSender<ScalerKey>, mpsc::UnboundedReceiver<ScalerKey>),
    /// Those who wait for their turn to learn, until it is run.
    waiting: Option<mpsc::UnboundedReceiver<lesson::Turn>>,
    notices: mpsc::Receiver<Arc<Notice>>,
    /// Namespaces in which a scaler has come since pods were listed.
    new: Option<mpsc::UnboundedSender<Arc<str>>>,
    parts: Vec<BTreeSet<ScalerKey>>,
    listed: watch::Sender<bool>,
    /// What has not been listed yet. Until all is, nobody is judged: an event or an HPA may still come.
    not_listed: BTreeSet<&'static str>,
    unsettled: BTreeSet<ScalerKey>,
    /// Whether a DemandEvent has changed since their statuses were looked after.
    has_event_news: bool,
    tasks: TaskTracker,
}

/// What ticks share.
struct Shared {
    reader: Arc<Reader>,
    board: Arc<Board>,
    workloads: Workloads,
    applier: Applier,
    reads: Semaphore,
    writes: Semaphore,
    lessons: Arc<Semaphore>,
    /// Where those come to who have to wait for their turn to learn.
    pupils: mpsc::UnboundedSender<lesson::Turn>,
    resumes: Semaphore,
    advices: Arc<Semaphore>,
    lookout: Arc<Lookout>,
    room: Arc<RoomBoard>,
    nodes: NodeSettings,
    store: Option<Store>,
    role: watch::Receiver<Role>,
    on_tick: OnTick,
    on_removed: OnRemoved,
}

impl Fleet {
    /// A fleet that looks after the cluster of `client`, reads sources by `reader` and puts plans on `board`.
    #[must_use]
    pub fn new(
        client: Client,
        (reader, board): (Arc<Reader>, Arc<Board>),
        settings: FleetSettings,
        ties: Ties,
    ) -> Self {
        let applier = Applier::new(client.clone(), settings.instance.clone(), settings.writes)
            .with_placeholders(settings.nodes.placeholders.clone());
        let (pupils, waiting) = mpsc::unbounded_channel();
        let shared = Shared {
            reader,
            board,
            workloads: Workloads::new(client.clone(), settings.namespace.clone()),
            applier,
            reads: Semaphore::new(MOST_READS),
            writes: Semaphore::new(MOST_WRITES),
            lessons: Arc::new(Semaphore::new(MOST_LESSONS)),
            pupils,
            resumes: Semaphore::new(MOST_RESUMES),
            advices: Arc::new(Semaphore::new(MOST_ADVISED)),
            lookout: Arc::default(),
            room: Arc::default(),
            nodes: settings.nodes.clone(),
            store: settings.store.clone(),
            role: ties.role,
            on_tick: ties.on_tick,
            on_removed: ties.on_removed,
        };
        Self {
            client,
            settings,
            shared: Arc::new(shared),
            registry: SharedRegistry::default(),
            slots: HashMap::new(),
            refusals: BTreeMap::new(),
            untold: mpsc::unbounded_channel(),
            waiting: Some(waiting),
            notices: ties.notices,
            new: None,
            parts: vec![BTreeSet::new(); PARTS as usize],
            listed: watch::channel(false).0,
            not_listed: ["scalers", "events", "hpas"].into(),
            unsettled: BTreeSet::new(),
            has_event_news: false,
            tasks: TaskTracker::new(),
        }
    }

    /// Whether all that is declared has been seen once: a replica that has not is not ready.
    #[must_use]
    pub fn listed(&self) -> watch::Receiver<bool> {
        self.listed.subscribe()
    }

    /// What is seen of pods and nodes, for who shows it.
    #[must_use]
    pub fn lookout(&self) -> Arc<Lookout> {
        Arc::clone(&self.shared.lookout)
    }

    /// What is declared, for who shows it.
    #[must_use]
    pub fn registry(&self) -> SharedRegistry {
        self.registry.clone()
    }

    /// Runs until `shutdown`, and ends what is under way.
    pub async fn run(mut self, shutdown: CancellationToken) {
        let (send, mut news) = mpsc::channel(MOST_NEWS);
        let namespace = self.settings.namespace.clone();
        self.tasks.spawn(watch_all(self.client.clone(), namespace, send, shutdown.clone()));
        let (shared, ended) = (Arc::clone(&self.shared), shutdown.clone());
        self.tasks.spawn(async move { shared.workloads.watch(ended).await });
        self.take_turns(&shutdown);
        self.poll_room(&shutdown);
        let mut wheel = ticker(self.settings.period / PARTS);
        let mut minute = ticker(EVENTS_EVERY);
        let mut part = 0;
        loop {
            tokio::select! {
                () = shutdown.cancelled() => break,
                Some(news) = news.recv() => self.see(news, &shutdown),
                Some(notice) = self.notices.recv() => self.hear(&notice),
                Some(key) = self.untold.1.recv() => self.settle(&key, &shutdown),
                _ = wheel.tick() => {
                    part = (part + 1) % self.parts.len();
                    self.tick(part, &shutdown);
                    self.tell_refusals(&shutdown);
                    self.look_after_event_news();
                }
                _ = minute.tick() => self.look_after_events(),
            }
        }
        self.tasks.close();
        if tokio::time::timeout(END_WITHIN, self.tasks.wait()).await.is_err() {
            warn!(within_s = END_WITHIN.as_secs(), "ticks under way were given up");
        }
    }

    /// Takes in news of the cluster, and settles the scalers that they concern.
    fn see(&mut self, news: News, shutdown: &CancellationToken) {
        self.note_listed(&news);
        self.has_event_news |= matches!(news, News::Event(_));
        let concerned = self.registry.write().see(news);
        self.unsettled.extend(concerned);
        if self.not_listed.is_empty() {
            for key in std::mem::take(&mut self.unsettled) {
                self.settle(&key, shutdown);
            }
            let was_listed = self.listed.send_replace(true);
            if !was_listed {
                self.watch_nodes(shutdown);
            }
        }
    }

    fn note_listed(&mut self, news: &News) {
        let what = match news {
            News::Scaler(Sighting::Listed) => "scalers",
            News::Event(Sighting::Listed) => "events",
            News::Hpa(Sighting::Listed) => "hpas",
            News::Scaler(_) | News::Event(_) | News::Hpa(_) => return,
        };
        if self.not_listed.remove(what) && self.not_listed.is_empty() {
            info!("the cluster has been listed");
        }
    }

    /// Brings a scaler to what is declared of it.
    fn settle(&mut self, key: &ScalerKey, shutdown: &CancellationToken) {
        let now = Timestamp::now();
        self.refusals.remove(key);
        let verdict = self.registry.read().verdict(key, now);
        match verdict {
            Verdict::Gone => self.remove(key),
            Verdict::Refused { finding, generation, uid, standing: before } => {
                self.remove(key);
                let status = refused(generation, &finding, &began(&before), now);
                if standing(&status.conditions) != before {
                    self.refusals.insert(key.clone(), Refusal { uid, finding, status });
                }
            }
            Verdict::Runs { charge, standing, cost } => {
                let is_same = |slot: &&Arc<Slot>| slot.scaler().charge().uid == charge.uid;
                if let Some(slot) = self.slots.get(key).filter(is_same).cloned() {
                    self.shared.reader.pushed().declare(&charge.spec);
                    let former = slot.scaler().charge().spec.target.clone();
                    if former != charge.spec.target {
                        self.shared.lookout.forget(key, &former);
                    }
                    self.look_out(key, &charge.spec.target);
                    let learning = slot.scaler().recharge(charge);
                    if learning == Learning::Anew {
                        self.learn(slot, shutdown);
                    }
                    return;
                }
                self.remove(key);
                self.look_out(key, &charge.spec.target);
                self.shared.reader.pushed().declare(&charge.spec);
                let scaler = Scaler::new(charge, began(&standing)).resuming(cost.as_deref(), now);
                let slot = Arc::new(Slot::new(scaler));
                self.shared.board.add(key);
                self.slots.insert(key.clone(), Arc::clone(&slot));
                self.parts[part_of(key)].insert(key.clone());
                self.learn(slot, shutdown);
            }
        }
    }

    fn remove(&mut self, key: &ScalerKey) {
        if let Some(slot) = self.slots.remove(key) {
            self.shared.lookout.forget(key, &slot.scaler().charge().spec.target);
            self.parts[part_of(key)].remove(key);
            self.shared.board.remove(key);
            self.shared.reader.pushed().forget(key);
            (self.shared.on_removed)(key);
        }
    }

    /// Looks at room in the cluster while this replica leads.
    fn poll_room(&self, shutdown: &CancellationToken) {
        if self.shared.nodes.granted == Granted::Nothing {
            return;
        }
        let (client, namespace) = (self.client.clone(), self.settings.namespace.clone());
        let told = (Arc::clone(&self.shared.room), self.shared.role.clone());
        let every = self.shared.nodes.look_every;
        self.tasks.spawn(poll_room((client, namespace), told, every, shutdown.clone()));
    }

    /// Watches pods and nodes, once it is known whose pods matter.
    fn watch_nodes(&mut self, shutdown: &CancellationToken) {
        if self.shared.nodes.measure == Measure::Leave {
            return;
        }
        let (client, namespace) = (self.client.clone(), self.settings.namespace.clone());
        let told = (Arc::clone(&self.shared.lookout), self.shared.nodes.metrics.clone());
        let (send, new) = mpsc::unbounded_channel();
        self.new = Some(send);
        self.tasks.spawn(watch_nodes(client, namespace, told, new, shutdown.clone()));
        let (lookout, nodes, shutdown) =
            (Arc::clone(&self.shared.lookout), self.shared.nodes.clone(), shutdown.clone());
        self.tasks.spawn(async move { shutdown.run_until_cancelled(count_costs(&lookout, &nodes)).await });
    }

    /// Looks out for the pods of a scaler's target. Those that are there already are listed, unless all are about to be.
    fn look_out(&self, key: &ScalerKey, target: &TargetRef) {
        let is_new = self.shared.lookout.follow(key, target);
        if let Some(new) = self.new.as_ref().filter(|_| is_new) {
            // Nobody listens at the end.
            let _ = new.send(key.namespace.clone());
        }
    }

    fn learn(&self, slot: Arc<Slot>, shutdown: &CancellationToken) {
        let (shared, shutdown) = (Arc::clone(&self.shared), shutdown.clone());
        self.tasks.spawn(async move {
            shutdown.run_until_cancelled(lesson::learn(&shared, &slot)).await;
        });
    }

    /// Has scalers learn, each in its turn.
    fn take_turns(&mut self, shutdown: &CancellationToken) {
        let Some(waiting) = self.waiting.take() else { return };
        let (shared, history, shutdown) = (Arc::clone(&self.shared), self.settings.history, shutdown.clone());
        let tasks = self.tasks.clone();
        self.tasks.spawn(async move {
            let turns = lesson::take_turns(&shared, waiting, history, (&tasks, &shutdown));
            shutdown.run_until_cancelled(turns).await;
        });
    }

    /// Remembers a plan of the leader's.
    fn hear(&self, notice: &Notice) {
        if let Some(slot) = self.slots.get(&notice.key)
            && *self.shared.role.borrow() == Role::Following
        {
            slot.scaler().commit(&notice.plan);
        }
    }

    /// Ticks the scalers of a part of the period. One that is still busy with its last tick is left out.
    fn tick(&self, part: usize, shutdown: &CancellationToken) {
        for key in &self.parts[part] {
            let Some(busy) = self.slots[key].begin() else {
                continue;
            };
            let (shared, shutdown, tasks) = (Arc::clone(&self.shared), shutdown.clone(), self.tasks.clone());
            self.tasks.spawn(async move {
                let ticked = tick::tick(&shared, busy.slot(), (&tasks, &shutdown));
                shutdown.run_until_cancelled(ticked).await;
            });
        }
    }
}

/// Counts what nodes cost, for ever.
async fn count_costs(lookout: &Lookout, nodes: &NodeSettings) {
    let mut counts = ticker(nodes.count_every);
    loop {
        counts.tick().await;
        nodes.metrics.pools(lookout.count(Timestamp::now(), &nodes.prices));
    }
}

/// What a scaler needs of what its conditions say.
fn began(standing: &[Standing]) -> Box<[Began]> {
    standing.iter().map(|standing| standing.began).collect()
}

fn part_of(key: &ScalerKey) -> usize {
    // FNV-1a: spreads names evenly, and the same on every replica and after every restart.
    let bytes = key.namespace.bytes().chain([b'/']).chain(key.name.bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    usize::try_from(hash % u64::from(PARTS)).expect("parts are few")
}

/// Ticks that come late are left out, so that they never come in a burst.
fn ticker(period: Duration) -> tokio::time::Interval {
    let mut ticker = tokio::time::interval(period.max(Duration::from_millis(1)));
    ticker.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    ticker
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalers_are_spread_evenly_over_a_period() {
        let mut parts = vec![0; PARTS as usize];
        for number in 0..6_000 {
            parts[part_of(&ScalerKey::new("live", &format!("scaler-{number}")))] += 1;
        }
        assert!(parts.iter().all(|&scalers| (60..=140).contains(&scalers)), "{parts:?}");
    }
}
