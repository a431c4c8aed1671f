//! Room kept, changed and given back: a CapacityBuffer with its PodTemplate, or a Deployment of placeholders. An object of
//! the same name that is not the scaler's is left as it is.

use k8s_openapi::api::{
    apps::v1::{Deployment, StatefulSet},
    core::v1::{PodTemplate, PodTemplateSpec},
};
use kube::{
    Api, ResourceExt,
    api::{ApiResource, DynamicObject, Patch, PatchParams},
    core::GroupVersion,
    discovery,
};
use serde_json::{Value, json};
use tracing::info;

use super::{Applier, ApplyError, FIELD_MANAGER, Writes, retried, within};
use crate::{
    api::TargetRef,
    headroom::{
        By, HeadroomAct, Twin, buffer, buffer_name, buffers, placeholders, placeholders_name, pod_template,
        twin,
    },
    scaler::Charge,
};

/// Why room could not be kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeadroomError {
    /// Somebody else has an object of this name.
    #[error("{kind} `{name}` is there and not of this scaler: it is left as it is")]
    NotOurs {
        /// Its kind.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// The target cannot say what its pods look like.
    #[error("{kind} `{name}` has no spec.template of pods to keep room for")]
    NoTemplate {
        /// As in `spec.scaleTargetRef`.
        kind: String,
        /// As in `spec.scaleTargetRef`.
        name: String,
    },
    /// The target could not be read.
    #[error("{kind} `{name}` could not be read: {error}")]
    NoTarget {
        /// As in `spec.scaleTargetRef`.
        kind: String,
        /// As in `spec.scaleTargetRef`.
        name: String,
        /// Why.
        error: ApplyError,
    },
    /// It could not be written.
    #[error("{kind} `{name}` could not be applied: {error}")]
    NotApplied {
        /// Its kind.
        kind: &'static str,
        /// Its name.
        name: String,
        /// Why.
        error: ApplyError,
    },
}

impl HeadroomError {
    /// One constant word, for the condition.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NotOurs { .. } => "BelongsToAnother",
            Self::NoTemplate { .. } | Self::NoTarget { .. } => "NoTemplate",
            Self::NotApplied { error: ApplyError::Forbidden { .. }, .. } => "NotAllowed",
            Self::NotApplied { error: ApplyError::Gone { .. }, .. } => "ApiAbsent",
            Self::NotApplied { .. } => "NotApplied",
        }
    }
}

/// An object that keeps room.
struct Keeper {
    kind: &'static str,
    name: String,
    resource: ApiResource,
}

impl Keeper {
    fn of(charge: &Charge, act: HeadroomAct) -> Self {
        match act.by {
            By::CapacityBuffer => Self {
                kind: "CapacityBuffer",
                name: buffer_name(&charge.key.name),
                resource: buffers(act.version.unwrap_or("v1beta1")),
            },
            By::PlaceholderPods => Self {
                kind: "Deployment",
                name: placeholders_name(&charge.key.name),
                resource: ApiResource::erase::<Deployment>(&()),
            },
        }
    }

    fn not_applied(&self, error: ApplyError) -> HeadroomError {
        HeadroomError::NotApplied { kind: self.kind, name: self.name.clone(), error }
    }
}

impl Applier {
    /// Keeps room for so many pods of the scaler that is charged so, or gives it back. What is given back stays as an
    /// object without pods, and goes with the scaler.
    ///
    /// # Errors
    ///
    /// See [`HeadroomError`].
    pub async fn headroom(&self, charge: &Charge, act: HeadroomAct) -> Result<(), HeadroomError> {
        let keeper = Keeper::of(charge, act);
        let (scaler, kind, name) = (&charge.key, keeper.kind, keeper.name.as_str());
        if self.writes == Writes::DryRun {
            info!(%scaler, kind, name, pods = act.pods, "dry run: would keep headroom");
            return Ok(());
        }
        let is_there = self.is_ours(charge, &keeper).await?;
        if act.pods == 0 {
            if is_there {
                self.give_back(charge, &keeper).await?;
                info!(%scaler, kind, name, "headroom given back");
            }
            return Ok(());
        }
        let template = self.template(charge).await?;
        match act.by {
            By::CapacityBuffer => {
                let template = twin(&template, Twin::Reckoned, &self.placeholders);
                self.apply_pod_template(charge, &template).await?;
                let buffer = buffer(charge, (&keeper.resource.version, act.pods));
                self.put((charge, &keeper), is_there, &buffer).await?;
            }
            By::PlaceholderPods => {
                let template = twin(&template, Twin::Placeholder(&scaler.name), &self.placeholders);
                let placeholders = placeholders(charge, &template, act.pods);
                self.put((charge, &keeper), is_there, &placeholders).await?;
            }
        }
        info!(%scaler, kind, name, pods = act.pods, "headroom applied");
        Ok(())
    }

    /// Whether the object is there; one that is not the scaler's is refused.
    async fn is_ours(&self, charge: &Charge, keeper: &Keeper) -> Result<bool, HeadroomError> {
        let there = within(self.dynamic(charge, &keeper.resource).get_opt(&keeper.name)).await;
        match there.map_err(|error| keeper.not_applied(error))? {
            None => Ok(false),
            Some(object) if object.owner_references().iter().any(|owner| owner.uid == *charge.uid) => {
                Ok(true)
            }
            Some(_) => Err(HeadroomError::NotOurs { kind: keeper.kind, name: keeper.name.clone() }),
        }
    }

    /// Only the number: the target, whose shape the rest follows, may be gone.
    async fn give_back(&self, charge: &Charge, keeper: &Keeper) -> Result<(), HeadroomError> {
        let (params, patch) = (
            PatchParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PatchParams::default() },
            json!({"spec": {"replicas": 0}}),
        );
        let (api, patch) = (self.dynamic(charge, &keeper.resource), Patch::Merge(&patch));
        let written = retried(|| api.patch(&keeper.name, &params, &patch)).await;
        written.map(drop).map_err(|error| keeper.not_applied(error))
    }

    /// Applies an object. In one that is there and the scaler's own, others are overruled, and so is our own giving back,
    /// which the API server counts as another's.
    async fn put(
        &self,
        (charge, keeper): (&Charge, &Keeper),
        is_there: bool,
        object: &Value,
    ) -> Result<(), HeadroomError> {
        let params = PatchParams { force: is_there, ..PatchParams::apply(FIELD_MANAGER) };
        let patch = Patch::Apply(object);
        let api = self.dynamic(charge, &keeper.resource);
        let written = retried(|| api.patch(&keeper.name, &params, &patch)).await;
        written.map(drop).map_err(|error| keeper.not_applied(error))
    }

    async fn apply_pod_template(
        &self,
        charge: &Charge,
        template: &PodTemplateSpec,
    ) -> Result<(), HeadroomError> {
        let keeper = Keeper {
            kind: "PodTemplate",
            name: buffer_name(&charge.key.name),
            resource: ApiResource::erase::<PodTemplate>(&()),
        };
        let is_there = self.is_ours(charge, &keeper).await?;
        self.put((charge, &keeper), is_there, &pod_template(charge, template)).await
    }

    /// What the pods of the target look like.
    pub(crate) async fn template(&self, charge: &Charge) -> Result<PodTemplateSpec, HeadroomError> {
        let TargetRef { kind, name, .. } = &charge.spec.target;
        let target = self.target(charge).await.map_err(|error| {
            let (kind, name) = (kind.clone(), name.clone());
            HeadroomError::NoTarget { kind, name, error }
        })?;
        let template = target.data["spec"]["template"].clone();
        serde_json::from_value(template)
            .map_err(|_| HeadroomError::NoTemplate { kind: kind.clone(), name: name.clone() })
    }

    /// The target as it is.
    pub(super) async fn target(&self, charge: &Charge) -> Result<DynamicObject, ApplyError> {
        let target = &charge.spec.target;
        let resource = match (target.api_version.as_str(), target.kind.as_str()) {
            ("apps/v1", "Deployment") => ApiResource::erase::<Deployment>(&()),
            ("apps/v1", "StatefulSet") => ApiResource::erase::<StatefulSet>(&()),
            (version, kind) => {
                let version = version.parse::<GroupVersion>();
                let version = version.map_err(|error| ApplyError::Refused { message: error.to_string() })?;
                within(discovery::pinned_kind(&self.client, &version.with_kind(kind))).await?.0
            }
        };
        within(self.dynamic(charge, &resource).get(&target.name)).await
    }

    fn dynamic(&self, charge: &Charge, resource: &ApiResource) -> Api<DynamicObject> {
        Api::namespaced_with(self.client.clone(), &charge.key.namespace, resource)
    }
}
