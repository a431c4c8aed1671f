//! How kwok plays pods and nodes: a pod is Ready some time after it was bound to a node, and goes when it is deleted.
//! Nodes follow kwok's own rules.

use std::time::Duration;

use serde_json::{Value, json};

/// What kwok is configured with: one JSON document after the other.
pub(crate) fn configuration(pod_start: Duration) -> String {
    let stages = [pod_ready(pod_start), pod_delete()];
    stages.iter().map(|stage| format!("---\n{stage:#}\n")).collect()
}

fn pod_ready(after: Duration) -> Value {
    let milliseconds = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
    json!({
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "Stage",
        "metadata": {"name": "pod-ready"},
        "spec": {
            "resourceRef": {"apiGroup": "v1", "kind": "Pod"},
            "selector": {"matchExpressions": [
                {"key": ".metadata.deletionTimestamp", "operator": "DoesNotExist"},
                {"key": ".status.podIP", "operator": "DoesNotExist"},
            ]},
            "delay": {"durationMilliseconds": milliseconds},
            "next": {"statusTemplate": POD_READY},
        },
    })
}

fn pod_delete() -> Value {
    json!({
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "Stage",
        "metadata": {"name": "pod-delete"},
        "spec": {
            "resourceRef": {"apiGroup": "v1", "kind": "Pod"},
            "selector": {"matchExpressions": [
                {"key": ".metadata.deletionTimestamp", "operator": "Exists"},
            ]},
            "next": {"finalizers": {"empty": true}, "delete": true},
        },
    })
}

/// What a kubelet reports of a pod whose containers run and are ready.
const POD_READY: &str = r#"
{{ $now := Now }}
phase: Running
startTime: {{ $now | Quote }}
hostIP: {{ NodeIPWith .spec.nodeName | Quote }}
podIP: {{ PodIPWith .spec.nodeName ( or .spec.hostNetwork false ) ( or .metadata.uid "" ) ( or .metadata.name "" ) ( or .metadata.namespace "" ) | Quote }}
conditions:
{{ range $type := "Initialized ContainersReady Ready" | splitList " " }}
- {type: {{ $type }}, status: "True", lastTransitionTime: {{ $now | Quote }}}
{{ end }}
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  ready: true
  started: true
  restartCount: 0
  state: {running: {startedAt: {{ $now | Quote }}}}
{{ end }}
"#;
