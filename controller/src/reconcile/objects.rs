//! Scalers and events as the cluster has them, however badly written: one that cannot be read must not stop a watch,
//! so it is kept with what is wrong with it.

use std::sync::Arc;

use jiff::Timestamp;
use kube::{ResourceExt, api::DynamicObject};
use prescale_model::Event;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    api::{
        CheckedScaler, CostStatus, DemandEvent, DemandEventSpec, DemandEventStatus, PredictiveScaler,
        PredictiveScalerSpec, PredictiveScalerStatus,
    },
    board::ScalerKey,
    status::{Standing, standing},
};

/// A scaler as the cluster has it.
#[derive(Clone, Debug)]
pub struct ScalerObject {
    /// Its name.
    pub key: ScalerKey,
    /// Its unique identity.
    pub uid: Arc<str>,
    /// The generation of its spec.
    pub generation: Option<i64>,
    /// When it was created.
    pub created: Timestamp,
    /// What runs, or all that is wrong with it, one problem a line.
    pub spec: Result<Arc<CheckedScaler>, Arc<str>>,
    /// What the conditions of its status say.
    pub standing: Box<[Standing]>,
    /// What its status said of costs when it was seen first, for whoever begins to run it.
    pub cost: Option<Box<CostStatus>>,
}

/// A DemandEvent as the cluster has it.
#[derive(Clone, Debug)]
pub struct EventObject {
    /// Its name.
    pub key: ScalerKey,
    /// The generation of its spec.
    pub generation: Option<i64>,
    /// The object, for its labels; what is wrong with it where it cannot be read.
    pub event: Result<CheckedEvent, Arc<str>>,
    /// Its status as it was written last.
    pub status: DemandEventStatus,
}

/// A DemandEvent that is written well.
#[derive(Clone, Debug)]
pub struct CheckedEvent {
    /// As written.
    pub written: Arc<DemandEvent>,
    /// What it does; `None` where it was called off.
    pub event: Option<Event>,
}

/// Reads a scaler; `None` for an object without a name, which no API server has.
#[must_use]
pub fn read_scaler(object: &DynamicObject) -> Option<ScalerObject> {
    let key = key_of(object)?;
    let status: PredictiveScalerStatus = status_of(object);
    let spec = spec_of::<PredictiveScalerSpec>(object).and_then(|spec| {
        let scaler = PredictiveScaler { metadata: object.metadata.clone(), spec, status: None };
        scaler.check().map_err(|problems| problems.to_string())
    });
    Some(ScalerObject {
        key,
        uid: object.metadata.uid.as_deref().unwrap_or_default().into(),
        generation: object.metadata.generation,
        created: object.metadata.creation_timestamp.as_ref().map_or(Timestamp::MAX, |time| time.0),
        spec: spec.map(Arc::new).map_err(Arc::from),
        standing: standing(&status.conditions),
        cost: status.cost.map(Box::new),
    })
}

/// Reads a DemandEvent; `None` for an object without a name.
#[must_use]
pub fn read_event(object: DynamicObject) -> Option<EventObject> {
    let key = key_of(&object)?;
    let status = status_of(&object);
    let generation = object.metadata.generation;
    let event = spec_of::<DemandEventSpec>(&object).and_then(|spec| {
        let mut metadata = object.metadata;
        metadata.managed_fields = None;
        metadata.annotations = None;
        let written = DemandEvent { metadata, spec, status: None };
        let event = written.check().map_err(|problems| problems.to_string())?;
        Ok(CheckedEvent { written: Arc::new(written), event })
    });
    Some(EventObject { key, generation, event: event.map_err(Arc::from), status })
}

fn key_of(object: &DynamicObject) -> Option<ScalerKey> {
    let name = object.metadata.name.as_deref()?;
    Some(ScalerKey::new(&object.namespace().unwrap_or_default(), name))
}

/// The spec; what cannot be read is named by its field.
fn spec_of<Spec: DeserializeOwned>(object: &DynamicObject) -> Result<Spec, String> {
    let spec = object.data.get("spec").cloned().unwrap_or(Value::Null);
    serde_path_to_error::deserialize(spec).map_err(|error| match error.path().to_string().as_str() {
        "." => format!("spec: {}", error.inner()),
        path => format!("spec.{path}: {}", error.inner()),
    })
}

/// The status; one that cannot be read is written anew.
fn status_of<Status: DeserializeOwned + Default>(object: &DynamicObject) -> Status {
    let status = object.data.get("status").cloned();
    status.and_then(|status| serde_json::from_value(status).ok()).unwrap_or_default()
}
