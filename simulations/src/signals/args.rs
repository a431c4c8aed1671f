//! The command line of `prescale signals`, as typed.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};
use jiff::SignedDuration;
use prescale_controller::args::KafkaConnection;

use crate::args::length;

/// `prescale signals`
#[derive(Debug, Args)]
pub struct SignalsArgs {
    /// What to do
    #[command(subcommand)]
    pub command: SignalsCommand,
}

/// The words of `prescale signals`.
#[derive(Debug, Subcommand)]
pub enum SignalsCommand {
    /// Find out which signals are worth wiring: what each gives, how far it leads demand, what it is worth
    Check(CheckArgs),
}

/// `prescale signals check`
#[derive(Debug, Args)]
#[command(group(
    ArgGroup::new("source").args(["prometheus", "kafka_bootstrap_servers", "recording"]).required(true).multiple(true)
))]
#[command(after_long_help = "\
Of each signal that the scaler names, the table tells

  now      what it gives now, or why it cannot be read
  changed  how long ago it last changed, which is how late it is at least
  history  share of the steps of demand at which it has a value
  lead     how long its changes come before those of demand; `follows` where they come after
  saves    share of the loss of forecasts that it saves, at each horizon, learned as the controller
           learns it: the mean over all steps, and over the steps where demand rises by a quarter

A lead is found where changes of both are alike beyond chance. The history of a topic is read from the stamps of its
records, as far back as its log goes. With --recording the history is that of a recording, and nothing live is asked;
a column `queue_joins` is the signal `queue-joins`.

Exit code 0: all signals can be read. 1: one cannot. 2: what was given cannot be used.")]
pub struct CheckArgs {
    /// The PredictiveScaler whose signals are checked
    #[arg(value_name = "FILE.yaml")]
    pub scaler: PathBuf,
    /// URL of the Prometheus that has them, which is only read
    #[arg(long, value_name = "URL")]
    pub prometheus: Option<String>,
    /// Where topics are read: nothing is committed, and no group is joined
    #[command(flatten)]
    pub kafka: KafkaConnection,
    /// Folder of a recording that has them
    #[arg(long, value_name = "REC", conflicts_with_all = ["prometheus", "kafka_bootstrap_servers"])]
    pub recording: Option<PathBuf>,
    /// How far back to read, such as 14d or 36h
    #[arg(long, value_name = "14d", value_parser = length, default_value = "14d")]
    pub last: SignedDuration,
    /// How far ahead forecasts are compared; may be given again. Default: 5m and 15m
    #[arg(long = "horizon", value_name = "5m")]
    pub horizons: Vec<SignedDuration>,
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
}
