//! A workload, its scaler, and a pool of nodes of its own, on each of which three of its pods find room.

/// A workload by its name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Workload<'a> {
    pub(crate) name: &'a str,
    /// The scaler's `headroom`.
    pub(crate) headroom: &'a str,
    /// The scaler's `leadTime`.
    pub(crate) lead_time: &'a str,
    /// The pool's `limits`.
    pub(crate) limits: &'a str,
}

impl Workload<'_> {
    /// Its manifests. Everything is three times as fast as in a cluster.
    pub(crate) fn manifests(&self) -> String {
        let Self { name, headroom, lead_time, limits } = self;
        format!(
            r#"
apiVersion: v1
kind: Namespace
metadata: {{name: live}}
---
apiVersion: karpenter.sh/v1
kind: NodePool
metadata: {{name: {name}}}
spec:
  limits: {limits}
  template:
    metadata: {{labels: {{of: {name}}}}}
    spec:
      nodeClassRef: {{group: karpenter.kwok.sh, kind: KWOKNodeClass, name: default}}
      requirements:
        - {{key: kubernetes.io/os, operator: In, values: [linux]}}
        - {{key: karpenter.sh/capacity-type, operator: In, values: [on-demand]}}
  disruption: {{consolidationPolicy: WhenEmptyOrUnderutilized, consolidateAfter: 0s, budgets: [{{nodes: 100%}}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: live}}
spec:
  replicas: 3
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      terminationGracePeriodSeconds: 0
      nodeSelector: {{of: {name}}}
      containers: [{{name: {name}, image: {name}, resources: {{requests: {{cpu: 1300m, memory: 2Gi}}}}}}]
---
apiVersion: prescale.dev/v1alpha1
kind: PredictiveScaler
metadata: {{name: {name}, namespace: live}}
spec:
  scaleTargetRef: {{name: {name}}}
  mode: Active
  minReplicas: 2
  maxReplicas: 30
  demand: {{prometheus: {{query: demand, step: 5s}}}}
  events: {{selector: {{}}}}
  capacity: {{perReplica: 100}}
  leadTime: {lead_time}
  hold: 10s
  hpa: {{syncPeriod: 5s}}
  scaling: {{downWindow: 20s}}
  headroom: {headroom}
"#
        )
    }
}

/// An announced on-sale that concerns them all.
pub(crate) fn on_sale(starts_at: jiff::Timestamp, lasts: jiff::SignedDuration, peak: f64) -> String {
    let ends_at = starts_at + lasts;
    format!(
        "apiVersion: prescale.dev/v1alpha1
kind: DemandEvent
metadata: {{name: on-sale, namespace: live}}
spec:
  type: on-sale
  startsAt: '{starts_at:.0}'
  endsAt: '{ends_at:.0}'
  expectedDemand: {{peak: {peak}, rampUp: 5s}}
"
    )
}
