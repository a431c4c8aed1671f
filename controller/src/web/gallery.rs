//! What is shown, in memory: of each scaler the newest state, and a trail of what happened and what had been forecast
//! of it. Ticks leave a [`Look`] here and go on; whoever reads never keeps a tick waiting for longer than a copy takes.
//!
//! Two locks are never held at once: a tick holds its scaler's and then takes an exhibit's, so who holds an exhibit's
//! must not look into the scaler.

mod accuracy;
mod exhibit;
mod found;
mod money;
mod outcome;
mod reasons;
mod room;
mod row;
mod shown;
mod since;
mod trail;
mod view;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, RwLock,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Instant,
};

use jiff::{SignedDuration, Timestamp};
use prescale_model::{Autoscaler, Event, Plan, Workload, Worths};

pub(super) use exhibit::Exhibit;
pub(super) use since::Since;

use super::wire::{Accuracy, Fleet, ScalerRow, ScalerView, Trail};
use crate::{
    api::{AdviceStatus, CheckedScaler, CostStatus},
    board::{ByName, ScalerKey},
    headroom::By,
    nodes::PoolSeen,
    status::{Began, Finding},
};

/// Removals that are remembered, for viewers who were away meanwhile: a namespace of thousands may go at once.
const MOST_REMOVALS: usize = 4_096;
/// How far ahead rows look.
pub(super) const ROW_HORIZON: SignedDuration = SignedDuration::from_hours(1);

/// How much is kept.
#[derive(Clone, Copy, Debug)]
pub struct GallerySettings {
    /// Bytes for the trails of all scalers together.
    pub trail_bytes: usize,
}

impl Default for GallerySettings {
    /// 64 MiB: a day of minutes for 1,000 scalers, two hours for 10,000.
    fn default() -> Self {
        Self { trail_bytes: 64 * 1024 * 1024 }
    }
}

/// The events that concern a scaler.
type Calendar = Arc<[Event]>;

/// A scaler that can be looked into between its ticks.
pub trait Living: Send + Sync {
    /// Shows it as it is now. Its ticks wait meanwhile, so `see` has to be short: a copy, or a few numbers.
    fn look(&self, see: &mut dyn FnMut(&Autoscaler));

    /// What its workload costs and what it might request, as its status says. Of a replay neither is known.
    fn money(&self) -> (Option<CostStatus>, Option<AdviceStatus>) {
        (None, None)
    }
}

/// A scaler after a tick.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    /// When.
    pub now: Timestamp,
    /// Which.
    pub key: &'a ScalerKey,
    /// What it runs on.
    pub spec: &'a Arc<CheckedScaler>,
    /// The events that concern it.
    pub events: &'a Arc<[Event]>,
    /// The decision core after the tick.
    pub autoscaler: &'a Autoscaler,
    /// The plan that stands: this replica's, or that of the leader it follows.
    pub plan: &'a Plan,
    /// The workload; `None` where it could not be read.
    pub workload: Option<Workload>,
    /// What was found of it. None in a replay.
    pub findings: &'a [Finding],
    /// What the conditions of its status say, for since when. Nothing in a replay.
    pub began: &'a [Began],
    /// Why each signal could not be read, in the order of the spec; `None` where it could.
    pub signals: &'a [Option<String>],
    /// Messages that wait; `None` where unknown.
    pub lag: Option<f64>,
    /// Nodes that have pods of it; `None` where unknown.
    pub nodes: Option<u32>,
    /// Node room, and the pods and nodes around it.
    pub room: RoomLook<'a>,
    /// The most demand observed during each event, by its name.
    pub peaks: &'a BTreeMap<String, f64>,
    /// Name of the HPA that follows; `None` where none does.
    pub hpa: Option<&'a str>,
    /// For looking into it later.
    pub living: &'a Arc<dyn Living>,
}

/// Node room, and the pods and nodes around it. Nothing is known of it by default.
#[derive(Clone, Copy, Debug, Default)]
pub struct RoomLook<'a> {
    /// What keeps room; `None` where nothing does.
    pub by: Option<By>,
    /// Pods for which it is surely there; `None` where nobody says.
    pub ready: Option<u32>,
    /// Pods that no node has room for, and those whose node is about to vanish; `None` where pods are not watched.
    pub pods: Option<(u32, u32)>,
    /// Nodes by pool.
    pub pools: &'a [PoolSeen],
}

/// What is shown, in memory.
pub struct Gallery {
    settings: GallerySettings,
    namespaces: RwLock<ByName<Arc<Hung>>>,
    scalers: AtomicUsize,
    /// Counts changes. Each row knows the number of its last one.
    changes: AtomicU64,
    removals: Mutex<Removals>,
    /// Tells this gallery from one of before a restart.
    epoch: String,
}

/// An exhibit and its place.
pub(in crate::web) struct Hung {
    pub(super) key: ScalerKey,
    exhibit: Mutex<Exhibit>,
}

impl Hung {
    pub(super) fn lock(&self) -> MutexGuard<'_, Exhibit> {
        self.exhibit.lock().expect("no look panics")
    }
}

/// Scalers that are no more.
#[derive(Default)]
struct Removals {
    newest: VecDeque<(u64, ScalerKey)>,
    /// Removals up to this change may have been forgotten.
    forgotten_to: u64,
}

impl Default for Gallery {
    fn default() -> Self {
        Self::new(GallerySettings::default())
    }
}

impl Gallery {
    /// Nothing shown yet.
    #[must_use]
    pub fn new(settings: GallerySettings) -> Self {
        let epoch = format!("{:x}", Timestamp::now().as_nanosecond());
        Self {
            settings,
            namespaces: RwLock::default(),
            scalers: AtomicUsize::default(),
            changes: AtomicU64::default(),
            removals: Mutex::default(),
            epoch,
        }
    }

    /// Takes in a scaler after a tick.
    pub fn look(&self, look: &Look<'_>) {
        let hung = self.hung(look.key).unwrap_or_else(|| self.hang(look));
        let budget = self.settings.trail_bytes / self.scalers.load(Ordering::Relaxed).max(1);
        let mut exhibit = hung.lock();
        if exhibit.look(look, budget) {
            // Within the lock: who scans for changes up to a number either sees this one, or waits here for it.
            exhibit.changed = self.changes.fetch_add(1, Ordering::SeqCst) + 1;
        }
    }

    /// Forgets a scaler that is no more.
    pub fn remove(&self, key: &ScalerKey) {
        let mut namespaces = self.namespaces.write().expect("no writer panics");
        let Some(scalers) = namespaces.get_mut(&key.namespace) else { return };
        if scalers.remove(&key.name).is_none() {
            return;
        }
        if scalers.is_empty() {
            namespaces.remove(&key.namespace);
        }
        self.scalers.fetch_sub(1, Ordering::Relaxed);
        let mut removals = self.removals.lock().expect("no holder panics");
        let change = self.changes.fetch_add(1, Ordering::SeqCst) + 1;
        removals.newest.push_back((change, key.clone()));
        if MOST_REMOVALS < removals.newest.len()
            && let Some((forgotten, _)) = removals.newest.pop_front()
        {
            removals.forgotten_to = forgotten;
        }
    }

    /// Bytes that trails take now, for the bench.
    #[must_use]
    pub fn trail_bytes(&self) -> usize {
        self.all().iter().map(|hung| hung.lock().trail_bytes()).sum()
    }

    /// The namespaces that have scalers.
    pub(super) fn namespaces(&self) -> Vec<String> {
        self.namespaces.read().expect("no writer panics").keys().map(ToString::to_string).collect()
    }

    /// The rows of some namespaces.
    pub(super) fn fleet(&self, namespaces: &[String], now: Timestamp) -> Fleet {
        let since = self.since().to_string();
        let items = namespaces.iter().flat_map(|namespace| self.of(namespace));
        let items = items.map(|hung| hung.lock().row.clone()).collect();
        Fleet { now, horizon_seconds: ROW_HORIZON.as_secs_f64(), since, items }
    }

    /// One scaler in full.
    pub(super) fn view(&self, key: &ScalerKey) -> Option<ScalerView> {
        view::view(&*self.hung(key)?)
    }

    /// A scaler's past from one time to another, as far as it is kept here.
    pub(super) fn trail(&self, key: &ScalerKey, span: (Timestamp, Timestamp)) -> Option<Trail> {
        Some(self.hung(key)?.lock().trail(span))
    }

    /// What a scaler runs on, and since when its trail has demand.
    pub(super) fn kept_since(&self, key: &ScalerKey) -> Option<(Arc<CheckedScaler>, Option<Timestamp>)> {
        let hung = self.hung(key)?;
        let exhibit = hung.lock();
        Some((Arc::clone(&exhibit.spec), exhibit.kept_since()))
    }

    /// How right a scaler's forecasts were.
    pub(super) fn accuracy(&self, key: &ScalerKey) -> Option<Accuracy> {
        accuracy::accuracy(&*self.hung(key)?)
    }

    /// A scaler and its calendar, where what they are worth is due to be reckoned. Who gets them reckons it.
    pub(super) fn begin_worths(&self, key: &ScalerKey) -> Option<(Calendar, Arc<dyn Living>)> {
        let hung = self.hung(key)?;
        let mut exhibit = hung.lock();
        exhibit
            .begin_worths(Instant::now())
            .then(|| (Arc::clone(&exhibit.events), Arc::clone(&exhibit.living)))
    }

    /// Takes in what was reckoned.
    pub(super) fn end_worths(&self, key: &ScalerKey, worths: Worths) {
        if let Some(hung) = self.hung(key) {
            hung.lock().end_worths(worths);
        }
    }

    /// When a scaler ticked last, its calendar, and the scaler itself.
    pub(super) fn living(&self, key: &ScalerKey) -> Option<(Timestamp, Calendar, Arc<dyn Living>)> {
        let hung = self.hung(key)?;
        let exhibit = hung.lock();
        Some((exhibit.ticked_at, Arc::clone(&exhibit.events), Arc::clone(&exhibit.living)))
    }

    /// What all of it is known by now.
    pub(super) fn since(&self) -> Since {
        Since { epoch: self.epoch.clone(), change: self.changes.load(Ordering::SeqCst) }
    }

    /// The changes that came after `since` up to `to`, by namespace; `None` where some of them may be forgotten, or where
    /// `since` is of another gallery.
    pub(super) fn changed(&self, since: &Since, to: &Since) -> Option<BTreeMap<String, Changed>> {
        let mut changed: BTreeMap<String, Changed> = BTreeMap::new();
        if since.epoch != self.epoch || to.change < since.change {
            return None;
        }
        {
            let removals = self.removals.lock().expect("no holder panics");
            if since.change < removals.forgotten_to {
                return None;
            }
            let gone = removals.newest.iter().filter(|(change, _)| since.change < *change);
            for (_, key) in gone {
                changed.entry(key.namespace.to_string()).or_default().removed.push(key.to_string());
            }
        }
        for hung in self.all() {
            let exhibit = hung.lock();
            if since.change < exhibit.changed {
                let of_namespace = changed.entry(hung.key.namespace.to_string()).or_default();
                // Another scaler of the same name may have come since.
                of_namespace.removed.retain(|removed| *removed != hung.key.to_string());
                of_namespace.rows.push(exhibit.row.clone());
            }
        }
        Some(changed)
    }

    /// A scaler that is shown.
    pub(super) fn hung(&self, key: &ScalerKey) -> Option<Arc<Hung>> {
        let namespaces = self.namespaces.read().expect("no writer panics");
        namespaces.get(&key.namespace)?.get(&key.name).cloned()
    }

    fn hang(&self, look: &Look<'_>) -> Arc<Hung> {
        let hung = Hung { key: look.key.clone(), exhibit: Mutex::new(Exhibit::new(look)) };
        let mut namespaces = self.namespaces.write().expect("no writer panics");
        let scalers = namespaces.entry(look.key.namespace.clone()).or_default();
        let mut is_new = false;
        let hung = scalers.entry(look.key.name.clone()).or_insert_with(|| {
            is_new = true;
            Arc::new(hung)
        });
        self.scalers.fetch_add(usize::from(is_new), Ordering::Relaxed);
        Arc::clone(hung)
    }

    fn of(&self, namespace: &str) -> Vec<Arc<Hung>> {
        let namespaces = self.namespaces.read().expect("no writer panics");
        namespaces.get(namespace).map_or(vec![], |scalers| scalers.values().cloned().collect())
    }

    fn all(&self) -> Vec<Arc<Hung>> {
        let namespaces = self.namespaces.read().expect("no writer panics");
        namespaces.values().flat_map(BTreeMap::values).cloned().collect()
    }
}

/// What has changed in a namespace.
#[derive(Debug, Default)]
pub(in crate::web) struct Changed {
    /// Rows that are new or otherwise.
    pub(super) rows: Vec<ScalerRow>,
    /// Scalers that are no more, as `namespace/name`.
    pub(super) removed: Vec<String>,
}
