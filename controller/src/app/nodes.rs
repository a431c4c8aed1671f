//! What is looked at of pods and nodes, by the flags.

use std::sync::Arc;

use crate::{
    args::NodesArgs,
    fleet::{Measure, NodeSettings},
    headroom::PlaceholderSettings,
    telemetry::Metrics,
};

/// How pods and nodes are looked at, and placeholders made.
pub(super) fn settings(args: &NodesArgs, metrics: &Metrics) -> NodeSettings {
    NodeSettings {
        measure: if args.no_node_watch { Measure::Leave } else { Measure::Watch },
        placeholders: PlaceholderSettings {
            image: args.placeholder_image.clone(),
            priority_class: args.placeholder_priority_class.clone(),
        },
        polls: Arc::default(),
        metrics: metrics.clone(),
    }
}
