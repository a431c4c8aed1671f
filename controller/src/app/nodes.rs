//! What is looked at of pods and nodes, and what they cost, by the flags.

use std::sync::Arc;

use super::servers::Life;
use crate::{
    args::{CostArgs, NodesArgs},
    cost,
    fleet::{Measure, NodeSettings},
    headroom::{Granted, PlaceholderSettings},
    sources::reader::Reader,
    telemetry::Metrics,
};

/// How pods and nodes are looked at, and placeholders made.
pub(super) fn settings((args, costs): (&NodesArgs, &CostArgs), metrics: &Metrics) -> NodeSettings {
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
        advise_every: usual.advise_every.filter(|_| !costs.no_advice),
        ..usual
    }
}

/// Follows what nodes cost, as far as the flags say where that is.
pub(super) fn follow_prices(
    args: &CostArgs,
    (nodes, reader): (&NodeSettings, &Arc<Reader>),
    (tasks, shutdown): Life<'_>,
) {
    let told = (Arc::clone(&nodes.prices), Arc::clone(reader), nodes.metrics.clone());
    tasks.spawn(cost::follow(args.clone(), told, shutdown.clone()));
}
