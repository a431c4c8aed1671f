//! The figures of pools and of headroom, in the words that terminal and page share.

use crate::figures::{count, difference, money, share, tenths};
use crate::outcome::late_share;
use crate::result::PolicyResult;

/// Node-hours and cost of the fixed nodes, the same of Karpenter's, and what is saved against the fleet that is always on.
pub(super) fn pools(policy: &PolicyResult) -> [String; 5] {
    let pool = |name: &str| policy.pools.iter().find(|pool| pool.name == name);
    let of = |name: &str| {
        pool(name).map_or_else(Default::default, |pool| (tenths(pool.node_hours), money(pool.cost)))
    };
    let (fixed, launched) = (of("fixed"), of("karpenter"));
    let saved = policy.saved.map(|saved| difference(saved, 0.0, money)).unwrap_or_default();
    [fixed.0, fixed.1, launched.0, launched.1, saved]
}

/// Late, failed, late or failed, minutes beyond the objective, node-hours and cost.
pub(super) fn headroom(run: &PolicyResult) -> [String; 6] {
    [
        count(run.late_requests),
        count(run.failed_requests),
        share(late_share(run)),
        count(run.slo_minutes),
        tenths(run.node_hours),
        money(run.cost),
    ]
}
