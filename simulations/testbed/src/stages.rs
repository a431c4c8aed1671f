//! How kwok plays pods and nodes: a pod is Ready some time after it was bound to a node, and goes when it is deleted.
//! A node is Ready at once, or after one of the delays that Karpenter's nodes were given.

use std::time::Duration;

use serde_json::{Value, json};

use crate::Settings;

/// What kwok is configured with: one JSON document after the other.
pub(crate) fn configuration(settings: &Settings) -> String {
    let mut stages = vec![pod_ready(settings.pod_start), pod_delete()];
    let starts = settings.karpenter.as_ref().map_or(&[][..], |karpenter| &karpenter.node_starts);
    if !starts.is_empty() {
        // With a stage for some nodes, kwok has no rules of its own for any.
        stages.push(node_ready("node-ready", "DoesNotExist", Duration::ZERO));
    }
    let launched = |(number, after): (usize, &Duration)| {
        node_ready(&format!("launched-node-ready-{number}"), "Exists", *after)
    };
    stages.extend(starts.iter().enumerate().map(launched));
    stages.iter().map(|stage| format!("---\n{stage:#}\n")).collect()
}

/// How nodes become Ready that have, or have not, the label of those that Karpenter launched. kwok draws among stages
/// that fit, by their weight.
fn node_ready(name: &str, launched: &str, after: Duration) -> Value {
    json!({
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "Stage",
        "metadata": {"name": name},
        "spec": {
            "resourceRef": {"apiGroup": "v1", "kind": "Node"},
            "selector": {"matchExpressions": [
                {"key": ".metadata.labels[\"karpenter.sh/nodepool\"]", "operator": launched},
                {
                    "key": ".status.conditions.[] | select( .type == \"Ready\" ) | .status",
                    "operator": "NotIn",
                    "values": ["True"],
                },
            ]},
            "weight": 1,
            "delay": {"durationMilliseconds": milliseconds(after)},
            "next": {"statusTemplate": NODE_READY},
        },
    })
}

/// What a kubelet reports of a node that can take pods; what it has room for is known already.
const NODE_READY: &str = r#"
{{ $now := Now }}
conditions:
{{ range NodeConditions }}
- lastHeartbeatTime: {{ $now | Quote }}
  lastTransitionTime: {{ $now | Quote }}
  message: {{ .message | Quote }}
  reason: {{ .reason | Quote }}
  status: {{ .status | Quote }}
  type: {{ .type | Quote }}
{{ end }}
addresses:
- {address: {{ NodeIP | Quote }}, type: InternalIP}
- {address: {{ NodeName | Quote }}, type: Hostname}
nodeInfo:
  architecture: amd64
  bootID: ""
  containerRuntimeVersion: kwok
  kernelVersion: kwok
  kubeProxyVersion: kwok
  kubeletVersion: kwok
  machineID: ""
  operatingSystem: linux
  osImage: ""
  systemUUID: ""
phase: Running
"#;

fn pod_ready(after: Duration) -> Value {
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
            "delay": {"durationMilliseconds": milliseconds(after)},
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

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
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
