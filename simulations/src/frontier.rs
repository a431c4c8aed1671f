//! The trade-off plane: late requests against replica-hours, and which settings of a family nothing else of the
//! family beats.

use crate::outcome::late_share;
use crate::result::{FrontierPoint, PolicyResult};

/// Every run on the trade-off plane; a point is on its family's frontier if no other of the family is at least
/// as good in both and better in one.
#[must_use]
pub fn frontier(policies: &[PolicyResult], swept: &[PolicyResult]) -> Vec<FrontierPoint> {
    let mut points: Vec<FrontierPoint> = policies.iter().chain(swept).map(point).collect();
    let on: Vec<bool> = points.iter().map(|point| !points.iter().any(|other| beats(other, point))).collect();
    points.iter_mut().zip(on).for_each(|(point, on)| point.on_frontier = on);
    points
}

fn point(result: &PolicyResult) -> FrontierPoint {
    FrontierPoint {
        policy: result.name.clone(),
        settings: result.settings.clone(),
        late_share: late_share(result),
        replica_hours: result.replica_hours,
        cost: result.cost,
        on_frontier: false,
    }
}

fn beats(other: &FrontierPoint, point: &FrontierPoint) -> bool {
    let as_good = other.late_share <= point.late_share && other.replica_hours <= point.replica_hours;
    let better = other.late_share < point.late_share || other.replica_hours < point.replica_hours;
    family(&other.policy) == family(&point.policy) && as_good && better
}

/// Both HPA policies are one family: what people can tune today.
fn family(policy: &str) -> &str {
    if policy.starts_with("hpa-") { "hpa" } else { policy }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(policy: &str, late_share: f64, replica_hours: f64) -> FrontierPoint {
        let settings = String::new();
        FrontierPoint {
            policy: policy.into(),
            settings,
            late_share,
            replica_hours,
            cost: 0.0,
            on_frontier: false,
        }
    }

    #[test]
    fn a_setting_is_beaten_by_one_of_its_family_that_is_as_good_in_both_and_better_in_one() {
        let check = |policy, late_share, replica_hours, beaten| {
            let other = point("hpa-cpu", 0.02, 100.0);
            assert_eq!(beats(&other, &point(policy, late_share, replica_hours)), beaten);
        };
        check("hpa-cpu", 0.03, 110.0, true);
        check("hpa-cpu", 0.02, 110.0, true);
        check("hpa-demand", 0.03, 110.0, true);
        check("hpa-cpu", 0.02, 100.0, false);
        check("hpa-cpu", 0.01, 110.0, false);
        check("prescale", 0.03, 110.0, false);
    }
}
