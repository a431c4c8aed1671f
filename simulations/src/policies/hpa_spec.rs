//! The HPA of each policy, as the Kubernetes object that people would apply.

use k8s_openapi::api::autoscaling::v2::{
    ExternalMetricSource, HPAScalingPolicy, HPAScalingRules, HorizontalPodAutoscalerBehavior,
    HorizontalPodAutoscalerSpec, MetricIdentifier, MetricSpec, MetricTarget, ResourceMetricSource,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use prescale_model::Limits;

use super::{Behavior, CRON, OBSERVED, Policy};

impl Policy {
    /// The HPA that stands between this policy and the replicas; `None` for those that have none, and for
    /// Prescale, whose HPA is the one that its controller creates.
    #[must_use]
    pub fn hpa(&self, limits: Limits) -> Option<HorizontalPodAutoscalerSpec> {
        let (metrics, behavior) = match self {
            Self::HpaCpu { target, behavior } => (vec![cpu(*target)], behavior.spec()),
            Self::HpaDemand { per_replica, behavior } => {
                (vec![external(OBSERVED, *per_replica)], behavior.spec())
            }
            Self::Cron { target, .. } => (vec![cpu(*target), external(CRON, 1.0)], None),
            Self::Static { .. } | Self::Prescale { .. } | Self::Oracle => return None,
        };
        Some(HorizontalPodAutoscalerSpec {
            min_replicas: Some(limits.min as i32),
            max_replicas: limits.max as i32,
            metrics: Some(metrics),
            behavior,
            ..Default::default()
        })
    }
}

impl Behavior {
    fn spec(self) -> Option<HorizontalPodAutoscalerBehavior> {
        let down_after_s = match self {
            Self::Default => return None,
            Self::Quick => 300,
            Self::QuickAndSlowDown => 900,
        };
        let tenfold = HPAScalingPolicy { type_: "Percent".into(), value: 900, period_seconds: 15 };
        let up = HPAScalingRules { policies: Some(vec![tenfold]), ..Default::default() };
        let down = HPAScalingRules { stabilization_window_seconds: Some(down_after_s), ..Default::default() };
        Some(HorizontalPodAutoscalerBehavior { scale_up: Some(up), scale_down: Some(down) })
    }
}

fn cpu(target: u32) -> MetricSpec {
    MetricSpec {
        type_: "Resource".into(),
        resource: Some(ResourceMetricSource {
            name: "cpu".into(),
            target: MetricTarget {
                type_: "Utilization".into(),
                average_utilization: Some(target as i32),
                ..Default::default()
            },
        }),
        ..Default::default()
    }
}

fn external(name: &str, average: f64) -> MetricSpec {
    MetricSpec {
        type_: "External".into(),
        external: Some(ExternalMetricSource {
            metric: MetricIdentifier { name: name.into(), selector: None },
            target: MetricTarget {
                type_: "AverageValue".into(),
                average_value: Some(Quantity(format!("{}m", (average * 1_000.0).round() as i64))),
                ..Default::default()
            },
        }),
        ..Default::default()
    }
}
