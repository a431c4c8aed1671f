//! Flags of cost: where prices are, and whether use is looked at.

use std::path::PathBuf;

use clap::Args as ClapArgs;

/// What nodes cost, and what requests might be.
#[derive(Clone, Debug, Default, ClapArgs)]
pub struct CostArgs {
    /// A file with what nodes cost an hour, by type, as `[prices]` of a scenario says it. It is read again when it
    /// changes; one that is wrong is refused, and the one before it counts.
    #[arg(long, env = "PRESCALE_PRICES", value_name = "FILE")]
    pub prices: Option<PathBuf>,
    /// Take the prices of nodes that the file does not name from the metrics that OpenCost exports to Prometheus. Its
    /// currency should be that of the file.
    #[arg(long, env = "PRESCALE_OPENCOST")]
    pub opencost: bool,
    /// Do not look at what containers use: no advice for requests is given, and Prometheus is not asked for it.
    #[arg(long, env = "PRESCALE_NO_ADVICE")]
    pub no_advice: bool,
}
