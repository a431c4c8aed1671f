//! The calendar: the events that somebody may see, from what the controller watches, with what was learned and observed
//! of them; and changes to it, which the API server makes with that somebody's own rights.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use futures::{FutureExt, future::BoxFuture};
use jiff::Timestamp;
use kube::Config;
use prescale_model::Event;

use super::{
    audit::{Act, Line},
    credential::{Credential, Kept},
    rights,
    writing::{self, Refused},
};
use crate::{
    api::{DemandEvent, DemandEventStatus},
    board::ScalerKey,
    metrics_api::{self, Gate},
    reconcile::{EventObject, SharedRegistry},
    status::phase,
    web::{
        door::Viewer,
        draft::written,
        events::{EventDesk, Which},
        wire::{EventDraft, EventRow, EventShort, Events, ExpectedDemandShown, Problem, Via},
    },
};

/// A change is two requests to the API server at most, each behind whatever admission the cluster has.
const WRITTEN_WITHIN: Duration = Duration::from_secs(15);

/// Keeps the calendar of a cluster.
pub struct Calendar {
    /// What is declared.
    pub registry: SharedRegistry,
    /// Tells what somebody may see.
    pub gate: Arc<Gate>,
    /// The API server, as the controller itself reaches it.
    pub cluster: Config,
}

impl EventDesk for Calendar {
    fn list<'a>(&'a self, viewer: &'a Viewer) -> BoxFuture<'a, Result<Events, Problem>> {
        self.seen_by(viewer).map(Ok).boxed()
    }

    fn create<'a>(
        &'a self,
        viewer: &'a Viewer,
        draft: EventDraft,
    ) -> BoxFuture<'a, Result<EventRow, Problem>> {
        async move {
            let change = Change { act: Act::Create, viewer, namespace: &draft.namespace, name: &draft.name };
            let checked = written(&draft);
            self.change(change, async |credential| {
                writing::create(credential.client(&self.cluster)?, &checked?).await
            })
            .await
            .map(|event| self.row_of(&event))
        }
        .boxed()
    }

    fn update<'a>(
        &'a self,
        viewer: &'a Viewer,
        draft: EventDraft,
    ) -> BoxFuture<'a, Result<EventRow, Problem>> {
        async move {
            let change = Change { act: Act::Update, viewer, namespace: &draft.namespace, name: &draft.name };
            let checked = written(&draft);
            self.change(change, async |credential| {
                writing::update(credential.client(&self.cluster)?, &checked?).await
            })
            .await
            .map(|event| self.row_of(&event))
        }
        .boxed()
    }

    fn delete<'a>(&'a self, viewer: &'a Viewer, which: Which) -> BoxFuture<'a, Result<(), Problem>> {
        async move {
            let change = Change { act: Act::Delete, viewer, namespace: &which.namespace, name: &which.name };
            self.change(change, async |credential| {
                writing::delete(credential.client(&self.cluster)?, &which).await
            })
            .await
        }
        .boxed()
    }
}

/// A change that somebody asks for.
struct Change<'a> {
    act: Act,
    viewer: &'a Viewer,
    namespace: &'a str,
    name: &'a str,
}

impl Calendar {
    /// Makes a change, and writes down who made it and what came of it.
    async fn change<T>(
        &self,
        change: Change<'_>,
        make: impl AsyncFnOnce(&Credential) -> Result<T, Refused>,
    ) -> Result<T, Problem> {
        let credential = match Kept::of(change.viewer).map(|kept| &kept.credential) {
            Some(Ok(credential)) => Ok(credential),
            Some(Err(words)) => Err(Refused::NoCredential(words)),
            None => Err(Refused::NoCredential("nothing can be written here")),
        };
        let made = match credential {
            Ok(credential) => {
                let late = |_| Refused::Late(WRITTEN_WITHIN);
                tokio::time::timeout(WRITTEN_WITHIN, make(credential))
                    .await
                    .unwrap_or_else(|elapsed| Err(late(elapsed)))
            }
            Err(refused) => Err(refused),
        };
        let made = made.map_err(Problem::from);
        let object = format!("demandevents {}/{}", change.namespace, change.name);
        Line {
            act: change.act,
            user: Some(&change.viewer.name),
            via: Some(change.viewer.via),
            peer: Kept::of(change.viewer).and_then(|kept| kept.peer),
            object: &object,
            refused: made.as_ref().err().map(|problem| problem.detail.as_str()),
        }
        .write();
        made
    }

    async fn seen_by(&self, viewer: &Viewer) -> Events {
        let now = Timestamp::now();
        let namespaces: BTreeSet<Arc<str>> = {
            let registry = self.registry.read();
            registry.events().map(|(object, _)| object.key.namespace.clone()).collect()
        };
        let mut open = BTreeSet::new();
        for namespace in namespaces {
            if self.may_see(viewer, &namespace).await {
                open.insert(namespace);
            }
        }
        let registry = self.registry.read();
        let seen = registry.events().filter(|(object, _)| open.contains(&object.key.namespace));
        let mut items: Vec<_> =
            seen.filter_map(|(object, scalers)| of_object(object, &scalers, now)).collect();
        items.sort_by_key(|one| one.event.starts_at);
        Events { now, items }
    }

    async fn may_see(&self, viewer: &Viewer, namespace: &str) -> bool {
        match Kept::of(viewer).and_then(|kept| kept.caller.as_ref()) {
            Some(caller) => {
                rights::may(&self.gate.authorization, caller, metrics_api::Act::SeeEvents, namespace).await
            }
            None => viewer.via == Via::Anonymous,
        }
    }

    /// An event as the API server has just answered it: the watch tells of it a moment later.
    fn row_of(&self, event: &DemandEvent) -> EventRow {
        let key = key_of(event);
        let registry = self.registry.read();
        let before = registry.events().find(|(object, _)| object.key == key);
        let scalers = registry.selecting(event);
        let status = before.map(|(object, _)| object.status.clone()).unwrap_or_default();
        row(event, (&status, event.metadata.generation), &scalers, Timestamp::now())
            .expect("what the API server took was checked before it was sent")
    }
}

fn key_of(event: &DemandEvent) -> ScalerKey {
    let (namespace, name) = (&event.metadata.namespace, &event.metadata.name);
    ScalerKey::new(namespace.as_deref().unwrap_or_default(), name.as_deref().unwrap_or_default())
}

/// `None` for an event that cannot be read: the page of the setup tells of it.
fn of_object(object: &EventObject, scalers: &[&ScalerKey], now: Timestamp) -> Option<EventRow> {
    let event = object.event.as_ref().ok()?;
    row(&event.written, (&object.status, object.generation), scalers, now)
}

fn row(
    written: &DemandEvent,
    (status, generation): (&DemandEventStatus, Option<i64>),
    scalers: &[&ScalerKey],
    now: Timestamp,
) -> Option<EventRow> {
    let event = as_if_it_took_place(written)?;
    let is_of_this = status.observed_generation == generation;
    let observed_peak = status.observed_peak.filter(|_| is_of_this);
    let spec = &written.spec;
    let phase = if spec.cancelled {
        "Cancelled".to_owned()
    } else {
        format!("{:?}", phase(&event, observed_peak, now))
    };
    let is_idle = scalers.is_empty() && !spec.cancelled;
    Some(EventRow {
        namespace: written.metadata.namespace.clone().unwrap_or_default(),
        event: EventShort {
            name: event.name.clone(),
            class: event.class.clone(),
            effect: event.effect.into(),
            starts_at: event.starts_at,
            ends_at: event.ends_at,
            expected_peak: spec.expected_demand.map(|expected| expected.peak),
            learned_uplift: status.learned_uplift,
            observed_peak,
        },
        time_zone: spec.time_zone.clone(),
        magnitude: spec.magnitude,
        confidence: spec.confidence,
        expected_demand: spec.expected_demand.map(|expected| ExpectedDemandShown {
            peak: expected.peak,
            ramp_up_seconds: expected.ramp_up.get().as_secs_f64(),
        }),
        phase,
        labels: written.metadata.labels.clone().unwrap_or_default(),
        resource_version: written.metadata.resource_version.clone().unwrap_or_default(),
        scalers: scalers.iter().map(ToString::to_string).collect(),
        problem: is_idle
            .then(|| "no PredictiveScaler of its namespace selects it: look at its labels".to_owned()),
    })
}

/// The event with its times, also where it was called off.
fn as_if_it_took_place(written: &DemandEvent) -> Option<Event> {
    if let Ok(Some(event)) = written.check() {
        return Some(event);
    }
    let mut written = written.clone();
    written.spec.cancelled = false;
    written.check().ok().flatten()
}
