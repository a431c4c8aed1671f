//! Watches of what scalers are made of. A watch that fails is taken up again, with growing pauses; what was seen
//! stands meanwhile.

use std::{collections::HashSet, fmt::Debug, time::Duration};

use futures::StreamExt;
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use kube::{
    Api, Client, Resource, ResourceExt,
    api::{ApiResource, DynamicObject},
    runtime::{
        WatchStreamExt,
        watcher::{self, Event, watcher},
    },
};
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{EventObject, ScalerObject, read_event, read_scaler};
use crate::{
    api::{DemandEvent, PredictiveScaler},
    board::ScalerKey,
};

/// A list of so many objects a page: 100 scalers of 3 KiB are 300 kB, and ten times as much while they are read.
const PAGE: u32 = 100;
/// The API server ends a watch after this time, so that a connection that died unseen is noticed.
const WATCH_S: u32 = 290;
/// A watch that cannot begin is told at most this often.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// One thing that a watch has seen.
#[derive(Debug)]
pub enum Sighting<T> {
    /// It is there, new or changed.
    There(T),
    /// It is not there any more.
    Gone(ScalerKey),
    /// All that is there has been seen once.
    Listed,
}

/// What the watches tell.
#[derive(Debug)]
pub enum News {
    /// Of scalers.
    Scaler(Sighting<Box<ScalerObject>>),
    /// Of DemandEvents.
    Event(Sighting<Box<EventObject>>),
    /// Of HPAs.
    Hpa(Sighting<Box<HorizontalPodAutoscaler>>),
}

/// Watches scalers, events and HPAs, in one namespace or in all, until `shutdown`.
pub async fn watch_all(
    client: Client,
    namespace: Option<String>,
    news: mpsc::Sender<News>,
    shutdown: CancellationToken,
) {
    let scalers = dynamic::<PredictiveScaler>(&client, namespace.as_deref());
    let events = dynamic::<DemandEvent>(&client, namespace.as_deref());
    let hpas = match &namespace {
        Some(namespace) => Api::namespaced(client, namespace),
        None => Api::all(client),
    };
    let watches = async {
        tokio::join!(
            watch("predictivescalers", scalers, &news, |sighting| {
                News::Scaler(sighting.read(|object| read_scaler(&object).map(Box::new)))
            }),
            watch("demandevents", events, &news, |sighting| {
                News::Event(sighting.read(|object| read_event(object).map(Box::new)))
            }),
            watch("horizontalpodautoscalers", hpas, &news, |sighting| {
                News::Hpa(sighting.read(|hpa| Some(Box::new(stripped(hpa)))))
            }),
        )
    };
    shutdown.run_until_cancelled(watches).await;
}

/// Watches objects as they are, so that one which is badly written arrives too.
fn dynamic<K: Resource<DynamicType = ()>>(client: &Client, namespace: Option<&str>) -> Api<DynamicObject> {
    let resource = ApiResource::erase::<K>(&());
    match namespace {
        Some(namespace) => Api::namespaced_with(client.clone(), namespace, &resource),
        None => Api::all_with(client.clone(), &resource),
    }
}

/// Only what is judged: ten thousand of them are kept.
fn stripped(mut hpa: HorizontalPodAutoscaler) -> HorizontalPodAutoscaler {
    hpa.metadata.managed_fields = None;
    hpa.metadata.annotations = None;
    hpa.metadata.labels = None;
    hpa.status = None;
    hpa
}

/// Passes on what one watch sees, until nobody listens. After a watch that began anew, what has gone meanwhile is
/// told too.
pub(super) async fn watch<K, T>(
    what: &'static str,
    api: Api<K>,
    listener: &mpsc::Sender<T>,
    wrap: impl Fn(Sighting<K>) -> T,
) where
    K: Resource + Clone + DeserializeOwned + Debug + Send + 'static,
{
    let config = watcher::Config::default().page_size(PAGE).timeout(WATCH_S);
    let mut stream = watcher(api, config).default_backoff().boxed();
    let (mut known, mut fresh) = (HashSet::new(), HashSet::new());
    let mut told = None::<tokio::time::Instant>;
    while let Some(event) = stream.next().await {
        let mut sightings = Vec::new();
        match event {
            Ok(Event::Init) => fresh.clear(),
            Ok(Event::InitApply(object)) => {
                fresh.insert(key_of(&object));
                sightings.push(Sighting::There(object));
            }
            Ok(Event::InitDone) => {
                sightings.extend(known.difference(&fresh).cloned().map(Sighting::Gone));
                sightings.push(Sighting::Listed);
                known = std::mem::take(&mut fresh);
                info!(what, objects = known.len(), "watching");
            }
            Ok(Event::Apply(object)) => {
                known.insert(key_of(&object));
                sightings.push(Sighting::There(object));
            }
            Ok(Event::Delete(object)) => {
                known.remove(&key_of(&object));
                sightings.push(Sighting::Gone(key_of(&object)));
            }
            Err(error) if told.is_none_or(|told| TOLD_EVERY <= told.elapsed()) => {
                told = Some(tokio::time::Instant::now());
                warn!(what, %error, "watch failed, what was seen stands");
            }
            Err(_) => {}
        }
        for sighting in sightings {
            if listener.send(wrap(sighting)).await.is_err() {
                return;
            }
        }
    }
}

fn key_of<K: Resource>(object: &K) -> ScalerKey {
    ScalerKey::new(&object.namespace().unwrap_or_default(), &object.name_any())
}

impl<K: Resource> Sighting<K> {
    /// Reads the object; one that cannot even be named counts as gone.
    fn read<T>(self, read: impl FnOnce(K) -> Option<T>) -> Sighting<T> {
        match self {
            Self::There(object) => {
                let key = key_of(&object);
                read(object).map_or(Sighting::Gone(key), Sighting::There)
            }
            Self::Gone(key) => Sighting::Gone(key),
            Self::Listed => Sighting::Listed,
        }
    }
}
