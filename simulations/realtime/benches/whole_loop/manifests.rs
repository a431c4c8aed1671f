//! What is written for both runs: gateways as pods, a scaler, and the HPA that follows it.

use jiff::{SignedDuration, Timestamp};

use crate::Sale;

/// People that a gateway lets in, and those that it is provisioned for.
const CAPACITY: u32 = 40;
const PROVISIONED: u32 = 30;

/// The stock HPA with the behaviour it has of itself, three times as fast, by the demand that is observed: the scaler is
/// in Shadow.
pub(crate) fn reactive() -> String {
    let hpa = format!(
        "---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {{name: gateway}}
spec:
  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: gateway}}
  minReplicas: 2
  maxReplicas: 40
  metrics:
    - type: External
      external:
        metric: {{name: demand, selector: {{matchLabels: {{prescale.dev/scaler: gateway}}}}}}
        target: {{type: AverageValue, averageValue: '{PROVISIONED}'}}
  behavior:
    scaleUp:
      policies:
        - {{type: Percent, value: 100, periodSeconds: 5}}
        - {{type: Pods, value: 4, periodSeconds: 5}}
"
    );
    scaler("reactive", "Shadow", "attachTo: gateway, syncPeriod: 5s") + &hpa
}

/// Prescale with its own HPA, and the sale in the calendar: an event starts when all are there.
pub(crate) fn prescale(sale: &Sale) -> String {
    let from_now = |time| Timestamp::now() + SignedDuration::try_from(time).expect("minutes");
    let starts_at = from_now(sale.starts_in + sale.climb);
    let ends_at = from_now(sale.starts_in + sale.lasts);
    let event = format!(
        "---
apiVersion: prescale.dev/v1alpha1
kind: DemandEvent
metadata: {{name: on-sale}}
spec:
  type: on-sale
  startsAt: '{starts_at:.0}'
  endsAt: '{ends_at:.0}'
  expectedDemand: {{peak: {}, rampUp: {}s}}
",
        sale.during,
        sale.climb.as_secs()
    );
    scaler("prescale", "Active", "syncPeriod: 5s") + &event
}

fn scaler(namespace: &str, mode: &str, hpa: &str) -> String {
    let query = |name: &str| format!("sum(realtime_{name}{{namespace=\"{namespace}\"}})");
    let demand = format!("{} + {}", query("people"), query("waiting"));
    format!(
        "apiVersion: prescale.dev/v1alpha1
kind: PredictiveScaler
metadata: {{name: gateway}}
spec:
  scaleTargetRef: {{name: gateway}}
  mode: {mode}
  minReplicas: 2
  maxReplicas: 40
  demand: {{prometheus: {{query: '{demand}', step: 5s}}}}
  events: {{selector: {{}}}}
  capacity: {{perReplica: {PROVISIONED}}}
  leadTime: {{pod: 25s, node: 25s}}
  hold: 10s
  risk: {{quantile: 0.8}}
  hpa: {{{hpa}}}
  scaling: {{downWindow: 30s}}
"
    )
}

/// Gateways as pods of a node that runs processes.
pub(crate) fn gateways(program: &str, kafka: &str, topic: &str, redis: &str, key: &str) -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata: {{name: gateway}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: gateway}}}}
  template:
    metadata:
      labels: {{app: gateway}}
      annotations: {{prometheus.io/port: '9090'}}
    spec:
      nodeSelector: {{testbed.prescale.dev/runs: processes}}
      terminationGracePeriodSeconds: 30
      containers:
        - name: gateway
          image: realtime-svc
          command: [{program}, gateway]
          args:
            - --listen=$(POD_IP):8080
            - --grpc-listen=$(POD_IP):8081
            - --admin-listen=$(POD_IP):9090
            - --gateway-name=$(POD)
            - --capacity={CAPACITY}
            - --waiting-room=1000
            - --drain-delay-ms=1000
            - --drain-spread-ms=2000
            - --token-key-file={key}
            - --kafka-bootstrap-servers={kafka}
            - --kafka-topic={topic}
            - --redis={redis}
            - --log=warn
          env:
            - {{name: POD, valueFrom: {{fieldRef: {{fieldPath: metadata.name}}}}}}
            - {{name: POD_IP, valueFrom: {{fieldRef: {{fieldPath: status.podIP}}}}}}
          ports: [{{containerPort: 8080}}]
          readinessProbe: {{httpGet: {{path: /readyz, port: 9090}}}}
          resources: {{requests: {{cpu: 100m, memory: 32Mi}}}}
"
    )
}
