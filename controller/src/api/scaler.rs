//! The `PredictiveScaler`, as people write it. Its doc comments are the descriptions that `kubectl explain`
//! shows.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    CapacitySpec, DemandSpec, DrainSpec, EventSelector, FallbackSpec, LeadTimeSpec, PredictiveScalerStatus,
    RiskSpec, ScalingSpec, SignalSpec, WrittenDuration,
};

/// How one workload is scaled ahead of its demand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, CustomResource, KubeSchema)]
#[kube(
    group = "prescale.dev",
    version = "v1alpha1",
    kind = "PredictiveScaler",
    plural = "predictivescalers",
    shortname = "psc",
    namespaced,
    status = "PredictiveScalerStatus",
    derive = "PartialEq",
    doc = "Scales one workload ahead of its demand.",
    printcolumn(name = "Mode", type_ = "string", json_path = ".spec.mode"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type=='Ready')].status"),
    printcolumn(name = "Min", type_ = "integer", json_path = ".spec.minReplicas"),
    printcolumn(name = "Max", type_ = "integer", json_path = ".spec.maxReplicas"),
    printcolumn(name = "Current", type_ = "integer", json_path = ".status.currentReplicas"),
    printcolumn(name = "Planned", type_ = "integer", json_path = ".status.plannedReplicas"),
    printcolumn(name = "Demand", type_ = "number", json_path = ".status.observedDemand"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.reason"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    validation = Rule::new("self.metadata.name.size() <= 63")
        .message("the name must fit a label: 63 characters at most")
)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self.minReplicas <= self.maxReplicas")
    .message("minReplicas is above maxReplicas"))]
pub struct PredictiveScalerSpec {
    /// The workload to scale.
    pub scale_target_ref: TargetRef,
    /// What the plan may touch.
    #[serde(default)]
    pub mode: Mode,
    /// The fewest replicas. Scaling to zero comes through KEDA.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 150_000), extend("format" = "int32"))]
    pub min_replicas: u32,
    /// The most replicas, not below `minReplicas`.
    #[schemars(range(min = 1, max = 150_000), extend("format" = "int32"))]
    pub max_replicas: u32,
    /// What is provisioned for: requests, messages or connections, never negative.
    pub demand: DemandSpec,
    /// What runs ahead of demand, each under its own name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub signals: Vec<SignalSpec>,
    /// The DemandEvents that concern it. Left out, none does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<EventsSpec>,
    /// What one replica serves.
    pub capacity: CapacitySpec,
    /// Time from asking for capacity to its serving.
    #[serde(default)]
    pub lead_time: LeadTimeSpec,
    /// How much shortage is risked.
    #[serde(default)]
    pub risk: RiskSpec,
    /// How far past the lead time a plan looks, so that what was just started is not given back at once.
    #[serde(default = "one_minute")]
    pub hold: WrittenDuration,
    /// Node room that is kept ahead of pods.
    #[serde(default)]
    pub headroom: HeadroomSpec,
    /// The HorizontalPodAutoscaler that follows the plan.
    #[serde(default)]
    pub hpa: HpaSpec,
    /// What happens when the demand source falls silent.
    #[serde(default)]
    pub fallback: FallbackSpec,
    /// How fast replicas may change.
    #[serde(default)]
    pub scaling: ScalingSpec,
    /// For workloads that drain a queue. Left out, requests are served as they come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drain: Option<DrainSpec>,
}

/// The workload to scale: anything in the scaler's namespace with a scale subresource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TargetRef {
    /// Group and version, such as `apps/v1`.
    #[serde(default = "apps_v1")]
    #[schemars(length(min = 1))]
    pub api_version: String,
    /// Kind, such as `Deployment`.
    #[serde(default = "deployment")]
    #[schemars(length(min = 1))]
    pub kind: String,
    /// Name.
    #[schemars(length(min = 1))]
    pub name: String,
}

/// What the plan may touch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Mode {
    /// Plans are made and shown, and nothing in the cluster is touched.
    #[default]
    Shadow,
    /// The plan is what the HPA follows, and node headroom is kept.
    Active,
    /// Observed demand only, no plans.
    Paused,
}

/// Which DemandEvents concern a scaler.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EventsSpec {
    /// Labels of the events, in the scaler's namespace. An empty selector takes them all.
    #[serde(default)]
    pub selector: EventSelector,
}

/// Node room that is kept ahead of pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct HeadroomSpec {
    /// Whether it is kept, in mode Active. In Shadow, the status says how much it would be.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// What keeps it.
    #[serde(default)]
    pub by: HeadroomBy,
    /// So long before a DemandEvent begins, and until it ends or is an hour old, the pods of the workload and its
    /// placeholders ask Karpenter to leave their nodes alone (`karpenter.sh/do-not-disrupt`). `0s` is never.
    #[serde(default = "ten_minutes")]
    pub hold_disruption: WrittenDuration,
}

/// What keeps node room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum HeadroomBy {
    /// A CapacityBuffer where the cluster has that API, and placeholder pods elsewhere.
    #[default]
    Auto,
    /// A CapacityBuffer, which Karpenter or the Cluster Autoscaler keeps room for.
    CapacityBuffer,
    /// Pods of low priority that do nothing, and make place for those of the workload.
    PlaceholderPods,
}

impl Default for HeadroomSpec {
    fn default() -> Self {
        Self { enabled: yes(), by: HeadroomBy::default(), hold_disruption: ten_minutes() }
    }
}

/// The HorizontalPodAutoscaler that follows the plan: one that we create, or one to attach to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[x_kube(validation = Rule::new("!has(self.create) || self.create != has(self.attachTo)")
    .message("either create is true, or attachTo names an HPA"))]
pub struct HpaSpec {
    /// Whether one is created, with a behavior that lets it follow the plan in one sync.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create: Option<bool>,
    /// Name of an HPA that exists, whose own behavior is kept and reckoned with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub attach_to: Option<String>,
    /// Relative change that the HPA ignores. Left out, it is 0 for one that is created and 0.1, the
    /// cluster's default, for one that exists. Write 0.1 where the cluster has no tolerance per HPA.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1), extend("exclusiveMaximum" = true))]
    pub tolerance: Option<f64>,
    /// Time between two syncs of the HPA, until it has been measured.
    #[serde(default = "fifteen_seconds")]
    pub sync_period: WrittenDuration,
}

impl Default for HpaSpec {
    fn default() -> Self {
        Self { create: Some(true), attach_to: None, tolerance: None, sync_period: fifteen_seconds() }
    }
}

fn one() -> u32 {
    1
}

fn yes() -> bool {
    true
}

fn apps_v1() -> String {
    "apps/v1".to_owned()
}

fn deployment() -> String {
    "Deployment".to_owned()
}

/// The HPA controller's default period.
fn fifteen_seconds() -> WrittenDuration {
    WrittenDuration::from_secs(15)
}

/// Consolidation looks at a node for minutes before it acts, and budgets let it go on for some more.
fn ten_minutes() -> WrittenDuration {
    WrittenDuration::from_secs(600)
}

/// A step of one minute: a dip between two samples is not taken for the end of a rise.
fn one_minute() -> WrittenDuration {
    WrittenDuration::from_secs(60)
}
