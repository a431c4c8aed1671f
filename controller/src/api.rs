//! The custom resources of `prescale.dev/v1alpha1`, as people write them, and their check.
//!
//! What is written is one type ([`PredictiveScaler`], [`DemandEvent`]), what runs is another
//! ([`CheckedScaler`], `prescale_model::Event`), and only `check` turns the first into the second. The schema
//! refuses what a schema can refuse; `check` refuses the same and the rest, all problems at once.

#![expect(
    unreachable_pub,
    reason = "KubeSchema derives from a hidden copy of a struct, which keeps the `pub` of the original"
)]

mod capacity;
mod checked_event;
mod checked_scaler;
mod checked_scaling;
mod definitions;
mod duration;
mod event;
mod limits;
mod manifest;
mod moment;
mod nearest;
mod problems;
mod read_error;
mod scaler;
mod scaler_status;
mod scaling;
mod selector;
mod source;

pub use capacity::{CapacitySpec, LearnSpec};
pub use checked_scaler::{CheckedScaler, HeadroomTerms, Hpa};
pub use definitions::definitions;
pub use duration::{NotADuration, WrittenDuration};
pub use event::{
    DemandEvent, DemandEventSpec, DemandEventStatus, EffectSpec, EventPhase, ExpectedDemandSpec,
};
pub use limits::MOST_REPLICAS;
pub use manifest::{Manifest, read_manifests};
pub use nearest::{did_you_mean, nearest};
pub use problems::{Problem, Problems};
pub use read_error::ReadError;
pub use scaler::{
    EventsSpec, HeadroomBy, HeadroomSpec, HpaSpec, Mode, PredictiveScaler, PredictiveScalerSpec, TargetRef,
};
pub use scaler_status::{
    AdviceStatus, AlwaysOnStatus, CapacityStatus, ContainerAdvice, CostStatus, CostSum, HeadroomStatus,
    LeadTimeStatus, PredictiveScalerStatus,
};
pub use scaling::{
    DrainSpec, FallbackSpec, LeadTime, LeadTimeSpec, RateSpec, RiskSpec, ScalingSpec, SilentThen,
};
pub use selector::{EventSelector, SelectorOperator, SelectorRequirement};
pub use source::{DemandSpec, KafkaSpec, PrometheusSpec, PushSpec, SignalSpec};

/// The group and version that people write in `apiVersion`.
pub const API_VERSION: &str = "prescale.dev/v1alpha1";
