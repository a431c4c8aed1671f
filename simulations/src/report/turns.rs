//! The turning points that a page can carry: a long replay has thousands, and the large ones are what people ask about.

use std::cmp::Reverse;

use crate::result::{Comparison, TurningPoint};

/// A turning point and the policy that turned.
pub(super) struct Turn<'a> {
    /// Name of the policy.
    pub(super) policy: &'a str,
    /// When, from, to, why.
    pub(super) point: &'a TurningPoint,
}

/// How many turning points the comparison has.
pub(super) fn total(comparison: &Comparison) -> usize {
    comparison.policies.iter().map(|policy| policy.turning_points.len()).sum()
}

/// The `limit` turning points of most replicas, in the order of time.
pub(super) fn largest(comparison: &Comparison, limit: usize) -> Vec<Turn<'_>> {
    let mut turns: Vec<Turn<'_>> = comparison
        .policies
        .iter()
        .flat_map(|policy| policy.turning_points.iter().map(|point| Turn { policy: &policy.name, point }))
        .collect();
    turns.sort_by_key(|turn| (Reverse(turn.point.to.abs_diff(turn.point.from)), turn.point.at));
    turns.truncate(limit);
    turns.sort_by_key(|turn| turn.point.at);
    turns
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    fn check(sizes: &[(u32, u32)], limit: usize, kept: &[(u32, u32)]) {
        let mut night = fixture::night();
        night.policies.truncate(1);
        let start = night.from;
        night.policies[0].turning_points = sizes
            .iter()
            .enumerate()
            .map(|(minute, &(from, to))| TurningPoint {
                at: start + jiff::SignedDuration::from_mins(minute as i64),
                from,
                to,
                reason: String::new(),
            })
            .collect();
        let turns = largest(&night, limit);
        let sizes: Vec<(u32, u32)> = turns.iter().map(|turn| (turn.point.from, turn.point.to)).collect();
        assert_eq!(sizes, kept);
    }

    #[test]
    fn the_largest_turns_are_kept_in_the_order_of_time() {
        check(&[(3, 4), (4, 40), (40, 5), (5, 7)], 2, &[(4, 40), (40, 5)]);
        check(&[(3, 4), (4, 3)], 9, &[(3, 4), (4, 3)]);
        check(&[(3, 5), (5, 7), (7, 9)], 1, &[(3, 5)]);
    }
}
