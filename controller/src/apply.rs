//! The only writer to the cluster, and only for a leader. Everything is a server-side apply under one field manager:
//! what others own in the same object is theirs, and a conflict is said, not forced. Forced are only statuses, and the
//! objects that keep a scaler's room once they are there and its own. A dry run logs what it would write.

mod announce;
mod failure;
mod headroom;
mod hold;

use std::{fmt::Debug, future::Future, time::Duration};

use backon::{ExponentialBuilder, Retryable};
use k8s_openapi::{
    api::{autoscaling::v2::HorizontalPodAutoscaler, core::v1::ObjectReference},
    apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference},
};
use kube::{
    Api, Client, Resource,
    api::{Patch, PatchParams},
    runtime::events::{Event, EventType, Reporter},
};
use serde_json::json;
use tracing::info;

use announce::Announcer;
pub use failure::ApplyError;
pub(crate) use failure::innermost;
pub use headroom::HeadroomError;
pub use hold::HoldAct;

use crate::{
    api::{API_VERSION, DemandEvent, DemandEventStatus, PredictiveScaler, PredictiveScalerStatus},
    board::ScalerKey,
    headroom::PlaceholderSettings,
    hpa::desired_hpa,
    scaler::{Charge, KubeEvent, Weight},
};

/// The name under which all that is ours is owned.
pub const FIELD_MANAGER: &str = "prescale";
/// The controller that events name as theirs.
const REPORTER: &str = "prescale-controller";
/// The label that says who manages an object
/// (<https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/>).
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// What selects objects that are ours.
pub(crate) const MANAGED_BY_US: &str = "app.kubernetes.io/managed-by=prescale";

/// One write is given up after this time: an API server answers within a second, and gives itself up after a minute.
const WRITE_WITHIN: Duration = Duration::from_secs(10);
/// Tries after the first one, at 0.2, 0.4 and 0.8 s: within one tick of 15 s, the next of which decides anew.
const MOST_RETRIES: usize = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// Whether anything is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writes {
    /// It is.
    Real,
    /// It is logged instead.
    DryRun,
}

/// The only writer to the cluster.
#[derive(Clone)]
pub struct Applier {
    client: Client,
    announcer: Announcer,
    writes: Writes,
    placeholders: PlaceholderSettings,
}

impl Applier {
    /// A writer through `client`. `instance` is the name of this replica of the controller, for its events.
    #[must_use]
    pub fn new(client: Client, instance: Option<String>, writes: Writes) -> Self {
        let reporter = Reporter { controller: REPORTER.to_owned(), instance };
        let announcer = Announcer::new(&client, reporter);
        Self { announcer, client, writes, placeholders: PlaceholderSettings::default() }
    }

    /// The same, with placeholders made so.
    #[must_use]
    pub fn with_placeholders(self, placeholders: PlaceholderSettings) -> Self {
        Self { placeholders, ..self }
    }

    /// Creates or updates the HPA of the scaler that is charged so. It is owned by the scaler, and goes with it.
    ///
    /// # Errors
    ///
    /// See [`ApplyError`]. A field that someone else owns with another value is a conflict.
    pub async fn hpa(&self, charge: &Charge) -> Result<(), ApplyError> {
        let hpa = owned_hpa(charge);
        let api = Api::<HorizontalPodAutoscaler>::namespaced(self.client.clone(), &charge.key.namespace);
        if self.writes == Writes::DryRun {
            info!(scaler = %charge.key, hpa = %json!(hpa), "dry run: would apply an hpa");
            return Ok(());
        }
        let (params, patch) = (PatchParams::apply(FIELD_MANAGER), Patch::Apply(&hpa));
        retried(|| api.patch(&charge.key.name, &params, &patch)).await?;
        info!(scaler = %charge.key, "hpa applied");
        Ok(())
    }

    /// Writes the status of a scaler.
    ///
    /// # Errors
    ///
    /// See [`ApplyError`].
    pub async fn scaler_status(
        &self,
        key: &ScalerKey,
        status: &PredictiveScalerStatus,
    ) -> Result<(), ApplyError> {
        let api = Api::<PredictiveScaler>::namespaced(self.client.clone(), &key.namespace);
        self.status(&api, ("PredictiveScaler", key), status).await
    }

    /// Writes the status of a DemandEvent.
    ///
    /// # Errors
    ///
    /// See [`ApplyError`].
    pub async fn event_status(&self, key: &ScalerKey, status: &DemandEventStatus) -> Result<(), ApplyError> {
        let api = Api::<DemandEvent>::namespaced(self.client.clone(), &key.namespace);
        self.status(&api, ("DemandEvent", key), status).await
    }

    async fn status<K>(
        &self,
        api: &Api<K>,
        (kind, key): (&str, &ScalerKey),
        status: &impl serde::Serialize,
    ) -> Result<(), ApplyError>
    where
        K: Clone + Debug + serde::de::DeserializeOwned,
    {
        let object = json!({
            "apiVersion": API_VERSION, "kind": kind,
            "metadata": {"name": key.name, "namespace": key.namespace},
            "status": status,
        });
        if self.writes == Writes::DryRun {
            info!(kind, object = %key, status = %json!(status), "dry run: would write a status");
            return Ok(());
        }
        // The status is ours alone: whoever else wrote into it is overruled.
        let (params, patch) = (PatchParams::apply(FIELD_MANAGER).force(), Patch::Apply(&object));
        retried(|| api.patch_status(&key.name, &params, &patch)).await.map(drop)
    }

    /// Tells the operator of a scaler. What cannot be told is lost: the status says the same.
    ///
    /// # Errors
    ///
    /// See [`ApplyError`].
    pub async fn emit(&self, (key, uid): (&ScalerKey, &str), event: &KubeEvent) -> Result<(), ApplyError> {
        let KubeEvent { weight, reason, note } = event;
        if self.writes == Writes::DryRun {
            info!(scaler = %key, reason, note, "dry run: would emit an event");
            return Ok(());
        }
        info!(scaler = %key, reason, note, "event");
        let event = Event {
            type_: match weight {
                Weight::Normal => EventType::Normal,
                Weight::Warning => EventType::Warning,
            },
            reason: (*reason).to_owned(),
            note: Some(shortened(note).to_owned()),
            action: "Plan".to_owned(),
            secondary: None,
        };
        let regarding = ObjectReference {
            api_version: Some(API_VERSION.to_owned()),
            kind: Some("PredictiveScaler".to_owned()),
            name: Some(key.name.to_string()),
            namespace: Some(key.namespace.to_string()),
            uid: Some(uid.to_owned()),
            ..ObjectReference::default()
        };
        within(self.announcer.tell(&event, &regarding)).await
    }
}

/// The HPA of a scaler as it is applied.
fn owned_hpa(charge: &Charge) -> HorizontalPodAutoscaler {
    let owner = OwnerReference {
        api_version: API_VERSION.to_owned(),
        kind: PredictiveScaler::kind(&()).into_owned(),
        name: charge.key.name.to_string(),
        uid: charge.uid.to_string(),
        controller: Some(true),
        block_owner_deletion: None,
    };
    HorizontalPodAutoscaler {
        metadata: ObjectMeta {
            name: Some(charge.key.name.to_string()),
            namespace: Some(charge.key.namespace.to_string()),
            labels: Some([(MANAGED_BY.to_owned(), FIELD_MANAGER.to_owned())].into()),
            owner_references: Some(vec![owner]),
            ..ObjectMeta::default()
        },
        spec: desired_hpa(&charge.spec),
        status: None,
    }
}

/// A note is refused beyond 1,024 bytes.
fn shortened(note: &str) -> &str {
    const LONGEST_NOTE: usize = 1_024;
    &note[..note.floor_char_boundary(LONGEST_NOTE)]
}

/// Writes, and tries again what may heal.
async fn retried<T, F>(write: impl Fn() -> F) -> Result<T, ApplyError>
where
    F: Future<Output = kube::Result<T>>,
{
    let pauses = ExponentialBuilder::default().with_min_delay(FIRST_PAUSE).with_max_times(MOST_RETRIES);
    (|| within(write())).retry(pauses).when(ApplyError::may_heal).await
}

async fn within<T>(write: impl Future<Output = kube::Result<T>>) -> Result<T, ApplyError> {
    match tokio::time::timeout(WRITE_WITHIN, write).await {
        Ok(written) => written.map_err(|error| ApplyError::from(&error)),
        Err(_) => Err(ApplyError::TimedOut),
    }
}
