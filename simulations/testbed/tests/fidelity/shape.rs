//! A shape: one Deployment, one HPA, and what its metrics answer.

use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscalerSpec;
use serde_json::{Value, json};

use crate::script::Script;

/// One run to compare.
#[derive(Debug)]
pub(crate) struct Shape {
    /// Of the Deployment and of the HPA.
    pub(crate) name: &'static str,
    /// Size of the Deployment before there is an HPA.
    pub(crate) replicas: u32,
    /// `minReplicas` and `maxReplicas`.
    pub(crate) limits: (u32, u32),
    /// In the order of the HPA's metrics, which is the order in which they are read.
    pub(crate) scripts: Vec<Script>,
    pub(crate) target: Target,
    /// `Value::Null` for an HPA without.
    pub(crate) behavior: Value,
    pub(crate) pace: Pace,
    /// Sizes that the real run must go through in this order, or it would prove nothing.
    pub(crate) passes: &'static [u32],
}

/// What the metrics aim at: 10 for each pod, or 100 in total.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    AverageValue,
    Value,
}

/// How the time of the cluster becomes that of the simulator.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
    Same,
    /// Five times as long: the minute of the testbed's window is the five minutes of a cluster's. For an HPA without
    /// `behavior`, which has no other measure of time.
    Stretched,
}

impl Shape {
    /// The HPA as it is applied to the cluster, and as the simulator reads it.
    pub(crate) fn spec(&self) -> HorizontalPodAutoscalerSpec {
        serde_json::from_value(self.written_spec()).unwrap()
    }

    /// How many syncs are compared.
    pub(crate) fn syncs(&self) -> usize {
        self.scripts.iter().map(|script| script.answers.len()).max().unwrap_or_default()
    }

    /// Whether the first sync corrects the size, without a look at the metrics.
    pub(crate) fn starts_outside_of_its_limits(&self) -> bool {
        !(self.limits.0..=self.limits.1).contains(&self.replicas)
    }

    pub(crate) fn manifest(&self) -> String {
        let labels = json!({"app": self.name});
        let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": self.name},
            "spec": {"replicas": self.replicas, "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels},
                    "spec": {"containers": [{"name": "app", "image": "app"}],
                        "terminationGracePeriodSeconds": 0}}}});
        deployment.to_string()
    }

    pub(crate) fn autoscaler(&self) -> String {
        let hpa = json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": self.name}, "spec": self.written_spec()});
        hpa.to_string()
    }

    fn written_spec(&self) -> Value {
        let target = match self.target {
            Target::AverageValue => json!({"type": "AverageValue", "averageValue": "10"}),
            Target::Value => json!({"type": "Value", "value": "100"}),
        };
        let metric = |script: &Script| json!({"type": "External", "external": {"metric": {"name": script.metric}, "target": target}});
        let mut spec = json!({
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": self.name},
            "minReplicas": self.limits.0, "maxReplicas": self.limits.1,
            "metrics": self.scripts.iter().map(metric).collect::<Vec<_>>(),
        });
        if !self.behavior.is_null() {
            spec["behavior"] = self.behavior.clone();
        }
        spec
    }
}
