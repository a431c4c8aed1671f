//! What is looked at of pods and nodes, by the flags.

use crate::{
    args::{CostArgs, NodesArgs},
    fleet::{Measure, NodeSettings},
    headroom::{Granted, PlaceholderSettings},
    telemetry::Metrics,
};

/// How pods and nodes are looked at, and placeholders made.
pub(super) fn settings((args, cost): (&NodesArgs, &CostArgs), metrics: &Metrics) -> NodeSettings {
    let usual = NodeSettings::default();
    NodeSettings {
        measure: if args.no_node_watch { Measure::Leave } else { Measure::Watch },
        granted: match (args.no_headroom, args.no_disruption_hold) {
            (true, _) => Granted::Nothing,
            (false, true) => Granted::Room,
            (false, false) => Granted::RoomAndHold,
        },
        placeholders: PlaceholderSettings {
            image: args.placeholder_image.clone(),
            priority_class: args.placeholder_priority_class.clone(),
        },
        metrics: metrics.clone(),
        advise_every: usual.advise_every.filter(|_| !cost.no_advice),
        ..usual
    }
}
