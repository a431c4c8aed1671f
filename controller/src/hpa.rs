//! The HorizontalPodAutoscaler that follows a scaler's plan. The controller applies this object and the
//! simulator runs it, so both follow the same rules.

mod behavior;
mod check;
mod judgement;
mod own;
pub mod quantity;

use k8s_openapi::{
    api::autoscaling::v2::{
        CrossVersionObjectReference, ExternalMetricSource, HPAScalingPolicy, HPAScalingRules,
        HorizontalPodAutoscalerBehavior, HorizontalPodAutoscalerSpec, MetricIdentifier, MetricSpec,
        MetricTarget,
    },
    apimachinery::pkg::{api::resource::Quantity, apis::meta::v1::LabelSelector},
};
use prescale_model::{HpaLaws, Limits, Mode, Settings};

pub(crate) use judgement::group;
pub use judgement::{HpaAct, Judgement, judge};

use crate::api::{CheckedScaler, Hpa};

/// The one metric that every scaler serves; the label tells the scalers apart.
pub const DEMAND: &str = "demand";
/// The label by which an HPA asks for its scaler's metric.
pub const SCALER_LABEL: &str = "prescale.dev/scaler";

/// The least period that the HPA accepts is one second; its own default is one sync.
const PERIOD_S: i32 = 15;
/// The longest stabilization window that the HPA accepts.
const LONGEST_WINDOW_S: i64 = 3_600;

/// The HPA that follows `scaler`: demand per replica as `AverageValue`, so that its arithmetic is
/// `ceil(demand / perReplica)`, whatever the readiness of pods. Where capacity is learned the target is constant all
/// the same, and the metric moves: `demand` is then the replicas that the plan wants times that target.
///
/// One that we create may go to the plan in one sync. For one that the scaler attaches to, this is what the
/// plan reckons with: our metric under the default behavior. It is not applied.
pub fn desired_hpa(scaler: &CheckedScaler) -> HorizontalPodAutoscalerSpec {
    let settings = &scaler.settings;
    let Limits { min, max } = settings.limits;
    HorizontalPodAutoscalerSpec {
        scale_target_ref: CrossVersionObjectReference {
            api_version: Some(scaler.target.api_version.clone()),
            kind: scaler.target.kind.clone(),
            name: scaler.target.name.clone(),
        },
        min_replicas: Some(replicas(min)),
        max_replicas: replicas(max),
        metrics: Some(vec![demand_metric(&scaler.name, settings.capacity.nominal())]),
        behavior: Some(match &scaler.hpa {
            Hpa::Create => created_behavior(settings),
            Hpa::AttachTo(_) => default_behavior(settings.hpa),
        }),
    }
}

fn demand_metric(scaler: &str, per_replica: f64) -> MetricSpec {
    let selector = LabelSelector {
        match_labels: Some([(SCALER_LABEL.to_owned(), scaler.to_owned())].into()),
        ..LabelSelector::default()
    };
    MetricSpec {
        type_: "External".to_owned(),
        external: Some(ExternalMetricSource {
            metric: MetricIdentifier { name: DEMAND.to_owned(), selector: Some(selector) },
            target: MetricTarget {
                type_: "AverageValue".to_owned(),
                average_value: Some(quantity_of(per_replica)),
                ..MetricTarget::default()
            },
        }),
        ..MetricSpec::default()
    }
}

/// Up, the policy allows `maxReplicas` more pods a period, which reaches the plan in one sync from any size.
///
/// Down, the plan has already held the most that was wanted within its own window: a second window on top
/// would add up to the first, and the fleet would stay for both. Without plans the metric is what is
/// observed, raw, and the HPA holds the window instead.
fn created_behavior(settings: &Settings) -> HorizontalPodAutoscalerBehavior {
    let window = settings.rates.down_window.as_secs().min(LONGEST_WINDOW_S);
    let down_window_s = match settings.mode {
        Mode::Active => 0,
        Mode::Shadow | Mode::Paused => i32::try_from(window).expect("at most an hour of seconds"),
    };
    HorizontalPodAutoscalerBehavior {
        scale_up: Some(rules(("Pods", replicas(settings.limits.max)), 0, settings.hpa)),
        scale_down: Some(rules(("Percent", 100), down_window_s, settings.hpa)),
    }
}

fn rules((type_, value): (&str, i32), window_s: i32, laws: HpaLaws) -> HPAScalingRules {
    let policy = HPAScalingPolicy { type_: type_.to_owned(), value, period_seconds: PERIOD_S };
    HPAScalingRules {
        policies: Some(vec![policy]),
        select_policy: Some("Max".to_owned()),
        stabilization_window_seconds: Some(window_s),
        tolerance: Some(quantity_of(laws.tolerance)),
    }
}

/// Rules that only say a tolerance keep the HPA's defaults for all else.
fn default_behavior(laws: HpaLaws) -> HorizontalPodAutoscalerBehavior {
    let rules =
        HPAScalingRules { tolerance: Some(quantity_of(laws.tolerance)), ..HPAScalingRules::default() };
    HorizontalPodAutoscalerBehavior { scale_up: Some(rules.clone()), scale_down: Some(rules) }
}

/// In whole thousandths, the finest that the HPA calculates with: `250`, `2500m`.
fn quantity_of(value: f64) -> Quantity {
    let thousandths = (value * 1000.0).round();
    let whole = thousandths / 1000.0;
    Quantity(if whole.fract() == 0.0 { format!("{whole}") } else { format!("{thousandths}m") })
}

fn replicas(count: u32) -> i32 {
    i32::try_from(count).expect("checked limits are at most 150,000")
}
