//! What is shown, in memory.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, RwLock},
};

use jiff::Timestamp;
use prescale_model::{Autoscaler, Event, Plan, Workload};

use super::wire::{Accuracy, Fleet, ScalerRow, ScalerView, Trail};
use crate::{api::CheckedScaler, board::ScalerKey, status::Finding};

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

/// A scaler that can be looked into between its ticks.
pub trait Living: Send + Sync {
    /// Shows it as it is now. Its ticks wait meanwhile, so `see` has to be short: a copy, or a few numbers.
    fn look(&self, see: &mut dyn FnMut(&Autoscaler));
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
    /// What was found of it: what its conditions are made of. None in a replay.
    pub findings: &'a [Finding],
    /// Why each signal could not be read, in the order of the spec; `None` where it could.
    pub signals: &'a [Option<String>],
    /// Messages that wait; `None` where unknown.
    pub lag: Option<f64>,
    /// Nodes that are there; `None` where unknown.
    pub nodes: Option<u32>,
    /// The most demand observed during each event, by its name.
    pub peaks: &'a BTreeMap<String, f64>,
    /// Name of the HPA that follows; `None` where none does.
    pub hpa: Option<&'a str>,
    /// For looking into it later.
    pub living: &'a Arc<dyn Living>,
}

/// What is shown, in memory.
#[derive(Default)]
pub struct Gallery {
    namespaces: RwLock<BTreeMap<String, BTreeSet<String>>>,
}

impl Gallery {
    /// Takes in a scaler after a tick.
    pub fn look(&self, look: &Look<'_>) {
        let mut namespaces = self.namespaces.write().expect("no writer panics");
        namespaces.entry(look.key.namespace.clone()).or_default().insert(look.key.name.clone());
    }

    /// Forgets a scaler that is no more.
    pub fn remove(&self, key: &ScalerKey) {
        if let Some(names) = self.namespaces.write().expect("no writer panics").get_mut(&key.namespace) {
            names.remove(&key.name);
        }
    }

    pub(super) fn namespaces(&self) -> Vec<String> {
        self.namespaces.read().expect("no writer panics").keys().cloned().collect()
    }

    pub(super) fn fleet(&self, _: &[String], now: Timestamp) -> Fleet {
        Fleet { now, horizon_seconds: 0.0, since: String::new(), items: Vec::<ScalerRow>::new() }
    }

    pub(super) fn view(&self, _: &ScalerKey) -> Option<ScalerView> {
        None
    }

    pub(super) fn trail(&self, _: &ScalerKey) -> Option<Trail> {
        None
    }

    pub(super) fn accuracy(&self, _: &ScalerKey) -> Option<Accuracy> {
        None
    }
}
