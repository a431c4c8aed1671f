//! What is declared, and what follows from it. Pure: a sighting goes in, the scalers that it concerns come out, and
//! each of them can then be asked for.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use litemap::LiteMap;
use prescale_model::Event;

use super::{EventObject, News, ScalerObject, Sighting};
use crate::{
    api::{CheckedScaler, CostStatus, DemandEvent, Hpa, TargetRef},
    board::ScalerKey,
    hpa::{group, judge},
    scaler::Charge,
    status::{Finding, READY, Standing},
};

/// Events that ended longer ago teach nothing any more: history is learned for two weeks back.
const EVENTS_KEPT_FOR: SignedDuration = SignedDuration::from_hours(15 * 24);

/// What is declared.
#[derive(Debug, Default)]
pub struct Registry {
    scalers: BTreeMap<ScalerKey, Declared>,
    events: BTreeMap<ScalerKey, EventObject>,
    hpas: BTreeMap<ScalerKey, Box<HorizontalPodAutoscaler>>,
    /// Who wants to scale a target, the oldest first.
    claims: BTreeMap<Target, Few<(Timestamp, ScalerKey)>>,
    /// HPAs by what they scale.
    hpas_of: BTreeMap<Target, Few<ScalerKey>>,
    /// Scalers by the HPA that they create or attach to.
    scalers_of: BTreeMap<ScalerKey, Few<ScalerKey>>,
}

/// A set of hardly ever more than one.
type Few<T> = LiteMap<T, ()>;

/// What is declared, shared: the fleet writes, others read. No lock is held over anything that waits.
#[derive(Clone, Debug, Default)]
pub struct SharedRegistry(Arc<RwLock<Registry>>);

impl SharedRegistry {
    /// To look at it.
    pub fn read(&self) -> RwLockReadGuard<'_, Registry> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// To take in what was seen.
    pub fn write(&self) -> RwLockWriteGuard<'_, Registry> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A scaler as it is declared.
#[derive(Debug)]
struct Declared {
    object: Box<ScalerObject>,
    /// The newest spec that is well-written.
    runs: Option<Arc<CheckedScaler>>,
}

/// What is scaled: versions of a group are the same objects.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Target {
    namespace: String,
    group: String,
    kind: String,
    name: String,
}

/// What becomes of a scaler.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// It is not there.
    Gone,
    /// It is there and does not run.
    Refused {
        /// Why, as its status says.
        finding: Finding,
        /// The object that is refused.
        generation: Option<i64>,
        /// Its unique identity.
        uid: Arc<str>,
        /// What the conditions of its status say.
        standing: Box<[Standing]>,
    },
    /// It runs.
    Runs {
        /// What it is charged with.
        charge: Charge,
        /// What the conditions of its status say.
        standing: Box<[Standing]>,
        /// What its status said of costs before it ran here.
        cost: Option<Box<CostStatus>>,
    },
}

impl Registry {
    /// Takes in what a watch has seen; the scalers that it concerns.
    pub fn see(&mut self, news: News) -> BTreeSet<ScalerKey> {
        match news {
            News::Scaler(Sighting::There(object)) => self.see_scaler(object),
            News::Scaler(Sighting::Gone(key)) => self.lose_scaler(&key),
            News::Event(Sighting::There(object)) => self.see_event(*object),
            News::Event(Sighting::Gone(key)) => self.lose_event(&key),
            News::Hpa(Sighting::There(hpa)) => self.see_hpa(hpa),
            News::Hpa(Sighting::Gone(key)) => self.lose_hpa(&key),
            News::Scaler(Sighting::Listed) | News::Event(Sighting::Listed) | News::Hpa(Sighting::Listed) => {
                BTreeSet::new()
            }
        }
    }

    /// What becomes of a scaler as of `now`.
    #[must_use]
    pub fn verdict(&self, key: &ScalerKey, now: Timestamp) -> Verdict {
        let Some(Declared { object, runs }) = self.scalers.get(key) else {
            return Verdict::Gone;
        };
        let standing = object.standing.clone();
        let refused = |reason, message: String| Verdict::Refused {
            finding: Finding::wrong(READY, reason, message),
            generation: object.generation,
            uid: Arc::clone(&object.uid),
            standing: standing.clone(),
        };
        let refusal = object.spec.as_ref().err();
        let Some(spec) = runs else {
            return refused("InvalidSpec", refusal.map_or_else(String::new, ToString::to_string));
        };
        if let Some(first) = self.first_claim(spec).filter(|first| *first != key) {
            let target = &spec.target;
            let message = format!(
                "PredictiveScaler `{}` scales {} `{}` already: delete one of the two",
                first.name, target.kind, target.name
            );
            return refused("TargetTaken", message);
        }
        let charge = Charge {
            key: key.clone(),
            uid: Arc::clone(&object.uid),
            generation: object.generation,
            refusal: refusal.cloned(),
            events: self.events_of(spec, now).into(),
            judgement: Arc::new(judge(spec, &object.uid, &self.hpas_about(spec))),
            spec: Arc::clone(spec),
        };
        Verdict::Runs { charge, standing, cost: object.cost.clone() }
    }

    /// Every DemandEvent, and the scalers that it concerns.
    pub fn events(&self) -> impl Iterator<Item = (&EventObject, Vec<&ScalerKey>)> {
        self.events.values().map(|object| (object, self.concerned_by(object)))
    }

    /// Every scaler, as the cluster has it.
    pub fn scalers(&self) -> impl Iterator<Item = &ScalerObject> {
        self.scalers.values().map(|declared| declared.object.as_ref())
    }

    /// Notes the status of an event as it was written.
    pub fn event_written(&mut self, key: &ScalerKey, status: crate::api::DemandEventStatus) {
        if let Some(object) = self.events.get_mut(key) {
            object.status = status;
        }
    }

    fn see_scaler(&mut self, object: Box<ScalerObject>) -> BTreeSet<ScalerKey> {
        let key = object.key.clone();
        let known = self.scalers.get(&key);
        if known.is_some_and(|known| known.object.uid == object.uid && known.object.spec == object.spec) {
            // Our own status, a label or an annotation.
            return self.see_again(*object);
        }
        let same_object = known.filter(|known| known.object.uid == object.uid);
        let before = same_object.and_then(|known| known.runs.clone());
        let mut concerned = self.unindex(&key);
        let runs = object.spec.as_ref().ok().cloned().or(before);
        if let Some(spec) = &runs {
            self.claims.entry(Target::of(spec)).or_insert_with(few).insert((object.created, key.clone()), ());
            self.scalers_of.entry(hpa_of(spec)).or_insert_with(few).insert(key.clone(), ());
            concerned.extend(self.claimants(&Target::of(spec)));
        }
        self.scalers.insert(key.clone(), Declared { object, runs });
        concerned.insert(key);
        concerned
    }

    /// Takes in what has changed beside the spec, which is kept: of two equal ones, one is enough.
    fn see_again(&mut self, object: ScalerObject) -> BTreeSet<ScalerKey> {
        let Some(known) = self.scalers.get_mut(&object.key) else { return BTreeSet::new() };
        let is_rewritten = known.object.generation != object.generation;
        known.object.generation = object.generation;
        known.object.standing = object.standing;
        // It runs, and knows better than its status.
        known.object.cost = None;
        if is_rewritten { [object.key].into() } else { BTreeSet::new() }
    }

    fn lose_scaler(&mut self, key: &ScalerKey) -> BTreeSet<ScalerKey> {
        let mut concerned = self.unindex(key);
        self.scalers.remove(key);
        concerned.insert(key.clone());
        concerned
    }

    /// Takes a scaler out of the indices; the others that want its target are concerned.
    fn unindex(&mut self, key: &ScalerKey) -> BTreeSet<ScalerKey> {
        let Some(Declared { object, runs: Some(spec) }) = self.scalers.get(key) else {
            return BTreeSet::new();
        };
        let (target, hpa, claim) = (Target::of(spec), hpa_of(spec), (object.created, key.clone()));
        take(&mut self.claims, &target, &claim);
        take(&mut self.scalers_of, &hpa, key);
        self.claimants(&target)
    }

    fn claimants(&self, target: &Target) -> BTreeSet<ScalerKey> {
        self.claims.get(target).into_iter().flat_map(LiteMap::keys).map(|(_, key)| key.clone()).collect()
    }

    /// The scaler that wanted the target first.
    fn first_claim(&self, spec: &CheckedScaler) -> Option<&ScalerKey> {
        self.claims.get(&Target::of(spec))?.first().map(|((_, key), ())| key)
    }

    fn see_event(&mut self, object: EventObject) -> BTreeSet<ScalerKey> {
        let known = self.events.get(&object.key);
        let is_same = known.is_some_and(|known| match (&known.event, &object.event) {
            (Ok(known), Ok(new)) => {
                known.event == new.event && known.written.metadata.labels == new.written.metadata.labels
            }
            (Err(known), Err(new)) => known == new,
            (Ok(_), Err(_)) | (Err(_), Ok(_)) => false,
        });
        let mut concerned = BTreeSet::new();
        if !is_same {
            concerned.extend(known.into_iter().flat_map(|known| self.concerned_by(known)).cloned());
            concerned.extend(self.concerned_by(&object).into_iter().cloned());
        }
        self.events.insert(object.key.clone(), object);
        concerned
    }

    fn lose_event(&mut self, key: &ScalerKey) -> BTreeSet<ScalerKey> {
        let Some(object) = self.events.remove(key) else { return BTreeSet::new() };
        self.concerned_by(&object).into_iter().cloned().collect()
    }

    /// The scalers that an event concerns.
    fn concerned_by<'a>(&'a self, object: &EventObject) -> Vec<&'a ScalerKey> {
        object.event.as_ref().map_or_else(|_| Vec::new(), |event| self.selecting(&event.written))
    }

    /// The scalers that select an event.
    #[must_use]
    pub fn selecting(&self, event: &DemandEvent) -> Vec<&ScalerKey> {
        let selects =
            |declared: &Declared| declared.runs.as_ref().is_some_and(|spec| spec.is_concerned_by(event));
        within(&self.scalers, event.metadata.namespace.as_deref().unwrap_or_default())
            .filter(|(_, declared)| selects(declared))
            .map(|(key, _)| key)
            .collect()
    }

    fn events_of(&self, spec: &CheckedScaler, now: Timestamp) -> Vec<Event> {
        let concerning = |object: &EventObject| {
            let event = object.event.as_ref().ok().filter(|event| spec.is_concerned_by(&event.written))?;
            event.event.clone().filter(|event| now < event.ends_at + EVENTS_KEPT_FOR)
        };
        within(&self.events, &spec.namespace).filter_map(|(_, object)| concerning(object)).collect()
    }

    fn see_hpa(&mut self, hpa: Box<HorizontalPodAutoscaler>) -> BTreeSet<ScalerKey> {
        let Some(name) = hpa.metadata.name.as_deref() else { return BTreeSet::new() };
        let key = ScalerKey::new(hpa.metadata.namespace.as_deref().unwrap_or_default(), name);
        if self.hpas.get(&key) == Some(&hpa) {
            return BTreeSet::new();
        }
        let mut concerned = self.lose_hpa(&key);
        let target = Target::of_hpa(&key, &hpa);
        concerned.extend(self.claimants(&target));
        concerned.extend(self.scalers_of.get(&key).into_iter().flat_map(LiteMap::keys).cloned());
        self.hpas_of.entry(target).or_insert_with(few).insert(key.clone(), ());
        self.hpas.insert(key, hpa);
        concerned
    }

    fn lose_hpa(&mut self, key: &ScalerKey) -> BTreeSet<ScalerKey> {
        let Some(hpa) = self.hpas.remove(key) else { return BTreeSet::new() };
        let target = Target::of_hpa(key, &hpa);
        take(&mut self.hpas_of, &target, key);
        let mut concerned = self.claimants(&target);
        concerned.extend(self.scalers_of.get(key).into_iter().flat_map(LiteMap::keys).cloned());
        concerned
    }

    /// The HPAs that have a scaler's name for one or its target.
    fn hpas_about(&self, spec: &CheckedScaler) -> Vec<&HorizontalPodAutoscaler> {
        let named = hpa_of(spec);
        let scaling = self.hpas_of.get(&Target::of(spec)).into_iter().flat_map(LiteMap::keys);
        let keys: BTreeSet<&ScalerKey> = scaling.chain([&named]).collect();
        keys.into_iter().filter_map(|key| self.hpas.get(key).map(AsRef::as_ref)).collect()
    }
}

impl Target {
    fn of(spec: &CheckedScaler) -> Self {
        let TargetRef { api_version, kind, name } = &spec.target;
        Self {
            namespace: spec.namespace.clone(),
            group: group(api_version).to_owned(),
            kind: kind.clone(),
            name: name.clone(),
        }
    }

    fn of_hpa(key: &ScalerKey, hpa: &HorizontalPodAutoscaler) -> Self {
        let reference = &hpa.spec.scale_target_ref;
        Self {
            namespace: key.namespace.to_string(),
            group: group(reference.api_version.as_deref().unwrap_or_default()).to_owned(),
            kind: reference.kind.clone(),
            name: reference.name.clone(),
        }
    }
}

/// The HPA that a scaler creates or attaches to.
fn hpa_of(spec: &CheckedScaler) -> ScalerKey {
    let name = match &spec.hpa {
        Hpa::Create => &spec.name,
        Hpa::AttachTo(name) => name,
    };
    ScalerKey::new(&spec.namespace, name)
}

/// What is in a namespace.
fn within<'a, 'n, T>(
    map: &'a BTreeMap<ScalerKey, T>,
    namespace: &'n str,
) -> impl Iterator<Item = (&'a ScalerKey, &'a T)> + use<'a, 'n, T> {
    map.range(ScalerKey::new(namespace, "")..).take_while(move |(key, _)| *key.namespace == *namespace)
}

/// None yet, with room for one.
fn few<T: Ord>() -> Few<T> {
    Few::with_capacity(1)
}

/// Takes a value out of a set that an index holds, and the set with its last value.
fn take<K: Ord, V: Ord>(index: &mut BTreeMap<K, Few<V>>, key: &K, value: &V) {
    if let Some(set) = index.get_mut(key) {
        set.remove(value);
        if set.is_empty() {
            index.remove(key);
        }
    }
}

#[cfg(test)]
#[path = "registry_tests.rs"]
mod tests;
