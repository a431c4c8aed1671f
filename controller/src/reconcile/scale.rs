//! How large each workload is. Deployments and StatefulSets are watched, so that ten thousand of them cost no reads;
//! anything else with a scale subresource is asked for it at each tick, and so are those two until they are listed.

use std::{
    collections::HashMap,
    sync::{Mutex, RwLock},
    time::{Duration, Instant},
};

use k8s_openapi::api::{
    apps::v1::{Deployment, StatefulSet},
    autoscaling::v1::Scale,
};
use kube::{
    Api, Client, Resource,
    api::{ApiResource, DynamicObject, GroupVersionKind},
    core::{GroupVersion, Object},
    discovery,
};
use prescale_model::Workload;
use serde::Deserialize;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use super::{Sighting, watch::watch};
use crate::{api::TargetRef, apply::innermost, board::ScalerKey, scaler::NoWorkload};

/// Scales that are read at once: with answers in 10 ms that is 800 a second, as many as 12,000 scalers want.
const MOST_READS: usize = 8;
/// A scale that is not there within this time is not known at this tick, and the last one stands.
const READ_WITHIN: Duration = Duration::from_secs(5);
/// A kind is looked up again after this time: a custom resource may be defined anew.
const KIND_KEPT_FOR: Duration = Duration::from_secs(600);
/// One that is not known is looked up again sooner: its definition may be on its way.
const UNKNOWN_KEPT_FOR: Duration = Duration::from_secs(30);
/// Sightings that wait to be noted.
const MOST_UNREAD: usize = 1_024;

/// How large each workload is.
pub struct Workloads {
    client: Client,
    namespace: Option<String>,
    watched: RwLock<HashMap<Kind, Watched>>,
    kinds: Mutex<HashMap<GroupVersionKind, (Instant, Option<ApiResource>)>>,
    reads: Semaphore,
}

/// A kind that is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Deployment,
    StatefulSet,
}

/// What a watch has seen.
#[derive(Debug, Default)]
struct Watched {
    is_listed: bool,
    sizes: HashMap<ScalerKey, (Workload, u64)>,
}

/// What both kinds have; the rest of them is not read.
type Sized = Object<SizedSpec, SizedStatus>;

#[derive(Clone, Debug, Deserialize)]
struct SizedSpec {
    replicas: Option<u32>,
    #[serde(default)]
    template: Fingerprint,
}

/// A number that changes with what it was read from, of which nothing else is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Fingerprint(u64);

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        let mut hasher = std::hash::DefaultHasher::new();
        std::hash::Hash::hash(&value, &mut hasher);
        Ok(Self(std::hash::Hasher::finish(&hasher)))
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SizedStatus {
    replicas: u32,
    ready_replicas: u32,
}

impl Workloads {
    /// Of one namespace, or of all.
    #[must_use]
    pub fn new(client: Client, namespace: Option<String>) -> Self {
        let (watched, kinds) = (RwLock::default(), Mutex::default());
        Self { client, namespace, watched, kinds, reads: Semaphore::new(MOST_READS) }
    }

    /// Watches those that can be watched, until `shutdown`.
    pub async fn watch(&self, shutdown: CancellationToken) {
        let (send, mut sightings) = mpsc::channel(MOST_UNREAD);
        let noted = async {
            while let Some((kind, sighting)) = sightings.recv().await {
                self.note(kind, sighting);
            }
        };
        let watches = async {
            tokio::join!(
                watch("deployments", self.api::<Deployment>(), &send, |seen| (Kind::Deployment, seen)),
                watch("statefulsets", self.api::<StatefulSet>(), &send, |seen| (Kind::StatefulSet, seen)),
                noted,
            )
        };
        shutdown.run_until_cancelled(watches).await;
    }

    /// Pods that a Deployment is asked to have; `None` where it is not there.
    #[must_use]
    pub fn pods_of(&self, deployment: &ScalerKey) -> Option<u32> {
        let watched = self.watched.read().expect("no writer panics");
        let (workload, _) = watched.get(&Kind::Deployment)?.sizes.get(deployment)?;
        Some(workload.replicas)
    }

    /// A number that changes with the template of a target's pods; `None` for kinds that are not watched.
    #[must_use]
    pub fn template(&self, namespace: &str, target: &TargetRef) -> Option<u64> {
        let watched = self.watched.read().expect("no writer panics");
        let sizes = &watched.get(&kind_of(target)?)?.sizes;
        sizes.get(&ScalerKey::new(namespace, &target.name)).map(|(_, template)| *template)
    }

    /// The size of `target` in `namespace`.
    ///
    /// # Errors
    ///
    /// See [`NoWorkload`].
    pub async fn read(&self, namespace: &str, target: &TargetRef) -> Result<Workload, NoWorkload> {
        if let Some(known) = self.watched(namespace, target) {
            let TargetRef { kind, name, .. } = target.clone();
            return known.ok_or(NoWorkload::NotFound { kind, name });
        }
        let read = async {
            let _permit = self.reads.acquire().await.expect("it is never closed");
            self.scale(namespace, target).await
        };
        match tokio::time::timeout(READ_WITHIN, read).await {
            Ok(read) => read,
            Err(_) => Err(unreadable(target, format!("no answer within {} s", READ_WITHIN.as_secs()))),
        }
    }

    /// What a watch knows of it; `None` where no watch has listed its kind.
    fn watched(&self, namespace: &str, target: &TargetRef) -> Option<Option<Workload>> {
        let watched = self.watched.read().expect("no writer panics");
        let watched = watched.get(&kind_of(target)?).filter(|watched| watched.is_listed)?;
        let known = watched.sizes.get(&ScalerKey::new(namespace, &target.name));
        Some(known.map(|(workload, _)| *workload))
    }

    fn note(&self, kind: Kind, sighting: Sighting<Sized>) {
        let mut watched = self.watched.write().expect("no writer panics");
        let watched = watched.entry(kind).or_default();
        match sighting {
            Sighting::There(object) => {
                let (name, namespace) = (object.metadata.name, object.metadata.namespace);
                let key = ScalerKey::new(&namespace.unwrap_or_default(), &name.unwrap_or_default());
                let status = object.status.unwrap_or_default();
                let replicas = object.spec.replicas.unwrap_or(1);
                let (existing, ready) = (status.replicas, Some(status.ready_replicas));
                let workload = Workload { replicas, existing, ready };
                watched.sizes.insert(key, (workload, object.spec.template.0));
            }
            Sighting::Gone(key) => {
                watched.sizes.remove(&key);
            }
            Sighting::Listed => watched.is_listed = true,
        }
    }

    fn api<K: Resource<DynamicType = ()>>(&self) -> Api<Sized> {
        let resource = ApiResource::erase::<K>(&());
        match &self.namespace {
            Some(namespace) => Api::namespaced_with(self.client.clone(), namespace, &resource),
            None => Api::all_with(self.client.clone(), &resource),
        }
    }

    async fn scale(&self, namespace: &str, target: &TargetRef) -> Result<Workload, NoWorkload> {
        let resource = self.kind(target).await?;
        let api = Api::<DynamicObject>::namespaced_with(self.client.clone(), namespace, &resource);
        let scale = api.get_scale(&target.name).await.map_err(|error| no_scale(target, &error))?;
        Ok(workload_of(&scale))
    }

    /// The resource of a kind, by discovery.
    async fn kind(&self, target: &TargetRef) -> Result<ApiResource, NoWorkload> {
        let not_scalable =
            || NoWorkload::NotScalable { api_version: target.api_version.clone(), kind: target.kind.clone() };
        let version = target.api_version.parse::<GroupVersion>().map_err(|_| not_scalable())?;
        let gvk = version.with_kind(&target.kind);
        if let Some(known) = self.known_kind(&gvk) {
            return known.ok_or_else(not_scalable);
        }
        let found = match discovery::pinned_kind(&self.client, &gvk).await {
            Ok((resource, capabilities)) => {
                let is_scalable = capabilities.subresources.iter().any(|(sub, _)| sub.plural == "scale");
                is_scalable.then_some(resource)
            }
            Err(kube::Error::Discovery(_)) => None,
            Err(kube::Error::Api(status)) if status.code == 404 => None,
            Err(error) => return Err(unreadable(target, innermost(&error))),
        };
        let mut kinds = self.kinds.lock().expect("no holder panics");
        kinds.insert(gvk, (Instant::now(), found.clone()));
        found.ok_or_else(not_scalable)
    }

    fn known_kind(&self, gvk: &GroupVersionKind) -> Option<Option<ApiResource>> {
        let kinds = self.kinds.lock().expect("no holder panics");
        let (at, resource) = kinds.get(gvk)?;
        let kept_for = if resource.is_some() { KIND_KEPT_FOR } else { UNKNOWN_KEPT_FOR };
        (at.elapsed() < kept_for).then(|| resource.clone())
    }
}

/// The kind of a target, where it is watched.
fn kind_of(target: &TargetRef) -> Option<Kind> {
    match (target.api_version.as_str(), target.kind.as_str()) {
        ("apps/v1", "Deployment") => Some(Kind::Deployment),
        ("apps/v1", "StatefulSet") => Some(Kind::StatefulSet),
        (_, _) => None,
    }
}

fn workload_of(scale: &Scale) -> Workload {
    let count = |count: i32| u32::try_from(count).unwrap_or(0);
    let replicas = scale.spec.as_ref().and_then(|spec| spec.replicas).map_or(0, count);
    let existing = scale.status.as_ref().map_or(0, |status| count(status.replicas));
    Workload { replicas, existing, ready: None }
}

/// Why a scale could not be read.
fn no_scale(target: &TargetRef, error: &kube::Error) -> NoWorkload {
    let kube::Error::Api(status) = error else {
        return unreadable(target, innermost(error));
    };
    if status.code == 404 {
        return NoWorkload::NotFound { kind: target.kind.clone(), name: target.name.clone() };
    }
    unreadable(target, status.message.clone())
}

fn unreadable(target: &TargetRef, message: String) -> NoWorkload {
    NoWorkload::Unreadable { kind: target.kind.clone(), name: target.name.clone(), message }
}
