//! Flags of pods and nodes: whether their starts are measured, and what placeholder pods are made of.

use clap::Args as ClapArgs;

/// What is looked at of pods and nodes.
#[derive(Debug, ClapArgs)]
pub struct NodesArgs {
    /// Watch neither pods nor nodes: lead times are then typed or stated priors, and nodes that are about to vanish are
    /// not seen. For clusters that do not grant it.
    #[arg(long, env = "PRESCALE_NO_NODE_WATCH")]
    pub no_node_watch: bool,
    /// Keep no node room, whatever scalers say: for clusters that do not grant it.
    #[arg(long, env = "PRESCALE_NO_HEADROOM")]
    pub no_headroom: bool,
    /// Annotate no pods, so that Karpenter leaves their nodes alone before an event, whatever scalers say.
    #[arg(long, env = "PRESCALE_NO_DISRUPTION_HOLD")]
    pub no_disruption_hold: bool,
    /// The image of placeholder pods, which does nothing.
    #[arg(
        long,
        env = "PRESCALE_PLACEHOLDER_IMAGE",
        default_value = "registry.k8s.io/pause:3.10",
        value_name = "IMAGE"
    )]
    pub placeholder_image: String,
    /// The priority class of placeholder pods, below every other.
    #[arg(
        long,
        env = "PRESCALE_PLACEHOLDER_PRIORITY_CLASS",
        default_value = "prescale-placeholder",
        value_name = "NAME"
    )]
    pub placeholder_priority_class: String,
}
