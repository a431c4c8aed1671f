//! The objects that keep room, as they are applied: owned by the scaler, and gone with it.

use k8s_openapi::api::core::v1::PodTemplateSpec;
use serde_json::{Value, json};

use super::{BUFFER_GROUP, buffer_name, placeholders_name, twin::HEADROOM_LABEL};
use crate::{api::API_VERSION, hpa::SCALER_LABEL, scaler::Charge};

/// The strategy by which an autoscaler keeps nodes for a buffer.
const ACTIVE_CAPACITY: &str = "buffer.x-k8s.io/active-capacity";

/// The PodTemplate that a CapacityBuffer refers to.
#[must_use]
pub fn pod_template(charge: &Charge, template: &PodTemplateSpec) -> Value {
    json!({
        "apiVersion": "v1", "kind": "PodTemplate",
        "metadata": metadata(charge, &buffer_name(&charge.key.name)),
        "template": template,
    })
}

/// The CapacityBuffer for so many pods.
#[must_use]
pub fn buffer(charge: &Charge, (version, pods): (&str, u32)) -> Value {
    let name = buffer_name(&charge.key.name);
    json!({
        "apiVersion": format!("{BUFFER_GROUP}/{version}"), "kind": "CapacityBuffer",
        "metadata": metadata(charge, &name),
        "spec": {"podTemplateRef": {"name": name}, "replicas": pods, "provisioningStrategy": ACTIVE_CAPACITY},
    })
}

/// The Deployment of so many placeholders.
#[must_use]
pub fn placeholders(charge: &Charge, template: &PodTemplateSpec, pods: u32) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": metadata(charge, &placeholders_name(&charge.key.name)),
        "spec": {
            "replicas": pods,
            "selector": {"matchLabels": {HEADROOM_LABEL: charge.key.name}},
            // Placeholders of an earlier shape are in the way of those of the next.
            "strategy": {"type": "Recreate"},
            "revisionHistoryLimit": 0,
            // They wait for nodes, and that is no failure.
            "progressDeadlineSeconds": 86_400,
            "template": template,
        },
    })
}

fn metadata(charge: &Charge, name: &str) -> Value {
    let scaler = &charge.key.name;
    json!({
        "name": name, "namespace": charge.key.namespace,
        "labels": {"app.kubernetes.io/managed-by": "prescale", SCALER_LABEL: scaler},
        "ownerReferences": [{
            "apiVersion": API_VERSION, "kind": "PredictiveScaler", "name": scaler, "uid": &*charge.uid,
            "controller": true,
        }],
    })
}
