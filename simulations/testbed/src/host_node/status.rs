//! What a kubelet reports of a pod.

use std::net::Ipv4Addr;

use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api,
    api::{Patch, PatchParams},
};
use serde_json::{Value, json};

/// What is known of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Container<'a> {
    /// It cannot be started: the reason.
    Waiting(&'a str),
    /// It runs, and answers its probe or not.
    Running {
        /// Whether it takes traffic.
        is_ready: bool,
        /// How often it was started again.
        restarts: i32,
    },
    /// It has ended for good.
    Ended,
}

/// Writes the status of a pod at an address.
pub(super) async fn report(
    pods: &Api<Pod>,
    (name, container): (&str, &str),
    address: Ipv4Addr,
    since: jiff::Timestamp,
    state: Container<'_>,
) -> Result<(), kube::Error> {
    let (phase, is_ready) = match state {
        Container::Waiting(_) => ("Pending", false),
        Container::Running { is_ready, .. } => ("Running", is_ready),
        Container::Ended => ("Succeeded", false),
    };
    let truth = if is_ready { "True" } else { "False" };
    let now = jiff::Timestamp::now();
    let condition = |of: &str, truth: &str| json!({"type": of, "status": truth, "lastTransitionTime": now});
    let restarts = if let Container::Running { restarts, .. } = state { restarts } else { 0 };
    let status = json!({
        "phase": phase,
        "startTime": since,
        "hostIP": "127.0.0.1",
        "podIP": address.to_string(),
        "podIPs": [{"ip": address.to_string()}],
        "conditions": [
            condition("Initialized", "True"),
            condition("ContainersReady", truth),
            condition("Ready", truth),
        ],
        "containerStatuses": [{
            "name": container,
            "image": "process",
            "imageID": "",
            "ready": is_ready,
            "started": matches!(state, Container::Running { .. }),
            "restartCount": restarts,
            "state": container_state(state, since),
        }],
    });
    pods.patch_status(name, &PatchParams::default(), &Patch::Merge(json!({"status": status})))
        .await
        .map(|_| ())
}

fn container_state(state: Container<'_>, since: jiff::Timestamp) -> Value {
    match state {
        Container::Waiting(why) => json!({"waiting": {"reason": "CreateContainerError", "message": why}}),
        Container::Running { .. } => json!({"running": {"startedAt": since}}),
        Container::Ended => json!({"terminated": {"exitCode": 0, "reason": "Completed"}}),
    }
}
