//! The command line of `prescale`, as typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};

use crate::events::EventsArgs;
use crate::import::ImportArgs;
use crate::policies::PolicyKind;
use crate::replay::ReplayArgs;
use crate::show::ShowSettings;
use crate::signals::SignalsArgs;

/// Replays recorded traffic through Prescale's own decision code, against a simulated cluster.
///
/// Start with `prescale demo`. For your own traffic: `prescale import`, then `prescale simulate`.
#[derive(Debug, Parser)]
#[command(name = "prescale", version, max_term_width = 110)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The words of `prescale`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Replay a bundled match night, offline, and compare Prescale with what people run today
    Demo(DemoArgs),
    /// Make a recording from what you have: CSV, access logs, or an answer of Prometheus
    Import(ImportArgs),
    /// Make DemandEvents from calendars: iCalendar or CSV
    Events(EventsArgs),
    /// Make a recording from a live Prometheus, which is only read
    Record(RecordArgs),
    /// Find out which signals are worth wiring
    Signals(SignalsArgs),
    /// Forecast a recording from rolling origins, and score the forecasts
    Backtest(BacktestArgs),
    /// Replay a scenario: a recording, a world, and policies to compare
    Simulate(SimulateArgs),
    /// Play a recording as real load on a real service
    Replay(ReplayArgs),
    /// Make the bundled recordings again from their seeds
    #[command(hide = true)]
    Generate {
        /// Where the recordings' folders go
        out: PathBuf,
    },
}

/// `prescale demo`
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Folder for report.html, result.json and timeline.csv
    #[arg(long, default_value = "prescale-demo")]
    pub out: PathBuf,
    /// Runs at once. Default: one a core. The result does not depend on it
    #[arg(long)]
    pub jobs: Option<usize>,
    /// End once the files are written, and show no replay on the dashboard
    #[arg(long, conflicts_with_all = ["port", "linger"])]
    pub no_dashboard: bool,
    /// How the replay is shown
    #[command(flatten)]
    pub show: ShowArgs,
}

/// How a replay is shown on the dashboard.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Port of the dashboard, on this machine alone. Default: 8321, or a free one where that is taken
    #[arg(long, value_name = "PORT")]
    pub port: Option<u16>,
    /// End so long after the last one who watched has gone, and after the begin where nobody came
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = linger)]
    pub linger: Duration,
}

impl ShowArgs {
    /// As the dashboard takes it.
    #[must_use]
    pub fn settings(&self) -> ShowSettings {
        ShowSettings { port: self.port, linger: self.linger }
    }
}

fn linger(text: &str) -> Result<Duration, String> {
    let time: SignedDuration = text.parse().map_err(|error: jiff::Error| error.to_string())?;
    Duration::try_from(time).map_err(|_| "it is to be 0s or more".to_owned())
}

/// `prescale simulate`
#[derive(Debug, Args)]
#[command(after_long_help = "\
A scenario is a TOML file; only the first three lines are needed:

  title = \"Match night\"
  recording = \"../notebooks-data/match-night\"  # made by `prescale import` or `record`
  scaler = \"gateway.yaml\"                      # the PredictiveScaler that you would apply
  from = \"2026-05-30T10:00:00Z\"                # what was recorded before is history
  scale = 2.0                                  # what if twice as many came?
  [world.pod.start]                            # how your cluster behaves; each has a default
  median = \"8s\"

Exit code 0: it ran. 2: something that was given cannot be used; then nothing was written.")]
pub struct SimulateArgs {
    /// The scenario's file
    pub scenario: PathBuf,
    /// Policies to run, in this order. Default: all
    #[arg(long = "policy", value_enum)]
    pub policies: Vec<PolicyKind>,
    /// Write the report, one HTML file that needs no network
    #[arg(long, value_name = "F.html")]
    pub report: Option<PathBuf>,
    /// Write the result as JSON
    #[arg(long, value_name = "F.json")]
    pub json: Option<PathBuf>,
    /// Write one row a tick and policy as CSV
    #[arg(long, value_name = "F.csv")]
    pub timeline: Option<PathBuf>,
    /// Do not sweep the policies over their settings (no frontier, and several times quicker)
    #[arg(long)]
    pub no_frontier: bool,
    /// Do not run Prescale again with calendars that are wrong: late, cancelled, false, none
    #[arg(long)]
    pub no_calendars: bool,
    /// Do not run Prescale again with other room held on nodes: none, static, forecast
    #[arg(long)]
    pub no_headroom: bool,
    /// Runs at once. Default: one a core. The result does not depend on it
    #[arg(long)]
    pub jobs: Option<usize>,
    /// Play it again on the dashboard, once the files are written
    #[arg(long)]
    pub dashboard: bool,
    /// How the replay is shown
    #[command(flatten)]
    pub show: ShowArgs,
}

/// `prescale backtest`
#[derive(Debug, Args)]
#[command(after_long_help = "\
WQL is the mean weighted quantile loss over q = 0.1, 0.5, 0.9, 0.95, 0.99; lower is better. `last value`
is that of a reactive autoscaler, `no events` that of the same forecasts without the calendar. `event`
targets lie around an event, with a class for each type where the calendar has several; `ramp` targets are
at least 1.25 times what was last seen. A quantile of 0.95 should cover 0.95 of what comes.

An event counts from its annotation prescale.dev/announced-at until prescale.dev/withdrawn-at, and nothing
is known of it before or after. The report shows calibration, skill by horizon, what event features were
worth, and the forecasts around the worst event and around the median one.

Exit code 0: it ran. 2: something that was given cannot be used; then nothing was written.")]
pub struct BacktestArgs {
    /// The recording's folder
    pub recording: PathBuf,
    /// How far ahead to forecast; may be given again. Default: 5m and 15m
    #[arg(long = "horizon", value_name = "5m")]
    pub horizons: Vec<SignedDuration>,
    /// Time from one origin to the next. Default: 15m, or a step
    #[arg(long, value_name = "15m")]
    pub every: Option<SignedDuration>,
    /// First origin; what was recorded before is learned from. Default: the recording's start
    #[arg(long, value_name = "T")]
    pub from: Option<Timestamp>,
    /// End of the origins. Default: the recording's end
    #[arg(long, value_name = "T")]
    pub to: Option<Timestamp>,
    /// Write each forecast as CSV: made_at, target_at, quantile, forecast
    #[arg(long, value_name = "F.csv")]
    pub forecasts: Option<PathBuf>,
    /// Write the report, one HTML file that needs no network
    #[arg(long, value_name = "F.html")]
    pub report: Option<PathBuf>,
    /// Write scores, calibration and events as JSON
    #[arg(long, value_name = "F.json")]
    pub json: Option<PathBuf>,
}

/// `prescale record`
#[derive(Debug, Args)]
pub struct RecordArgs {
    /// URL of the Prometheus, e.g. http://localhost:9090
    #[arg(long, value_name = "URL")]
    pub prometheus: String,
    /// The PredictiveScaler whose demand and signals are recorded
    #[arg(long, value_name = "FILE.yaml")]
    pub scaler: PathBuf,
    /// How far back to read, such as 14d or 36h
    #[arg(long, value_name = "14d", value_parser = length)]
    pub last: SignedDuration,
    /// Step of the recording, such as 15s. Default: that of the scaler's demand
    #[arg(long)]
    pub step: Option<SignedDuration>,
    /// Folder of the recording
    #[arg(long, value_name = "REC")]
    pub out: PathBuf,
    /// Replace a recording that is there
    #[arg(long)]
    pub force: bool,
    /// Print the summary as JSON
    #[arg(long)]
    pub json: bool,
}

/// A length of time, in which a day has 24 hours.
pub(crate) fn length(text: &str) -> Result<SignedDuration, String> {
    let refuse = |_| format!("{text:?} is not a length such as 14d or 36h");
    let span: Span = text.parse().map_err(refuse)?;
    let length = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(refuse)?;
    if length.is_positive() { Ok(length) } else { Err(format!("{text} is not above 0")) }
}
