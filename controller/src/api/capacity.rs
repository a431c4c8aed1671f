//! What one replica serves, as people write it: a number that they know, or an objective against which it is learned.

use jiff::SignedDuration;
use kube::KubeSchema;
use prescale_model::CapacitySettings;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    WrittenDuration,
    limits::{LEAST_CAPACITY, MOST_CAPACITY, above_zero, positive},
    problems::Problems,
    source::not_blank,
};
use crate::sources::{Origin, Source};

/// What one replica serves. Exactly one of `perReplica` and `learn`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.perReplica) != has(self.learn)")
    .message("name exactly one of perReplica and learn"))]
pub struct CapacitySpec {
    /// Demand that one replica serves within its latency objective, in the unit of demand. Thousandths are
    /// the finest that an HPA can say: what is finer is rounded down to them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.001, max = 1e12))]
    pub per_replica: Option<f64>,
    /// It is learned from the latency that is observed at each load.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learn: Option<LearnSpec>,
}

/// How a capacity is learned. The target of the HPA is then `startWith`, or 1 without it, and the `demand` metric is
/// served in its measure: write it as the `averageValue` of an HPA that the scaler attaches to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct LearnSpec {
    /// What the latency must stay within.
    pub latency_objective: WrittenDuration,
    /// PromQL that gives the quantile of latency that the objective speaks of, in seconds, such as
    /// `histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket[1m])))`.
    #[schemars(length(min = 1))]
    pub query: String,
    /// What is assumed until enough has been seen. Left out, the size is kept until replicas were seen at work, and
    /// the load that they bore is the first guess.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.001, max = 1e12))]
    pub start_with: Option<f64>,
}

/// A capacity that has been checked.
pub(super) struct CheckedCapacity {
    /// What the model runs on.
    pub(super) settings: CapacitySettings,
    /// The query of the latency to learn from; `None` where nothing is learned.
    pub(super) latency: Option<Origin>,
}

impl CapacitySpec {
    pub(super) fn check(&self, problems: &mut Problems) -> CheckedCapacity {
        let given = |per_replica| CheckedCapacity {
            settings: CapacitySettings::Given { per_replica },
            latency: None,
        };
        match (self.per_replica, &self.learn) {
            (Some(written), None) => given(whole_thousandths("spec.capacity.perReplica", written, problems)),
            (None, Some(learn)) => learn.check(problems),
            (None, None) => {
                problems.lacking("spec.capacity", "names none of perReplica and learn");
                given(f64::NAN)
            }
            (Some(_), Some(_)) => {
                problems.lacking("spec.capacity", "names perReplica and learn: one is enough");
                given(f64::NAN)
            }
        }
    }
}

impl LearnSpec {
    fn check(&self, problems: &mut Problems) -> CheckedCapacity {
        let objective = positive("spec.capacity.learn.latencyObjective", self.latency_objective, problems);
        not_blank("spec.capacity.learn.query", &self.query, problems);
        let start_with = self
            .start_with
            .map(|written| whole_thousandths("spec.capacity.learn.startWith", written, problems));
        CheckedCapacity {
            settings: CapacitySettings::Learned { objective, start_with },
            latency: Some(Origin::Prometheus { query: self.query.clone() }),
        }
    }
}

impl CheckedCapacity {
    /// Where latency is observed: as often as demand, so that each load has its latency.
    pub(super) fn latency_source(self, demand: &Source) -> Option<Source> {
        self.latency.map(|origin| Source { origin, step: demand.step, delay: SignedDuration::ZERO })
    }
}

/// In whole thousandths, rounded down, so that the HPA's target and the plan divide by the same number and neither
/// asks for less than was written.
fn whole_thousandths(field: &str, written: f64, problems: &mut Problems) -> f64 {
    let fits = above_zero(field, written, problems);
    if fits && !(LEAST_CAPACITY..=MOST_CAPACITY).contains(&written) {
        problems.refuse(field, written, "must be from 0.001 to 1e12");
    }
    let thousandths = written * 1000.0;
    // 0.29 × 1000 is 290 less a rounding error, which must not become 289.
    let nearest = thousandths.round();
    let exact = (thousandths - nearest).abs() <= nearest * f64::EPSILON;
    if exact { nearest / 1000.0 } else { thousandths.floor() / 1000.0 }
}
