//! The command line of `prescale-controller`. Every flag can come from the environment, as a Deployment sets it.

mod cost;
mod dashboard;
mod kafka;
mod nodes;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

pub use cost::CostArgs;
pub use dashboard::{DashboardArgs, OidcArgs};
pub use kafka::{KafkaArgs, KafkaConnection, KafkaSecurity};
pub use nodes::NodesArgs;

use crate::store::LEAST_SIZE;

/// Scales workloads ahead of their demand: watches PredictiveScalers and DemandEvents, makes plans from forecasts, and
/// serves them as an external metric that HorizontalPodAutoscalers follow. Runs until it is told to stop.
#[derive(Debug, Parser)]
#[command(
    name = "prescale-controller",
    version,
    max_term_width = 110,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = EXAMPLES
)]
pub struct Args {
    /// Something else to do than to run.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How it runs.
    #[command(flatten)]
    pub run: Run,
}

/// What the controller is told to do, when it is not to run.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Give the external metrics API back to the server that had it before, or take it down if none had. To be
    /// called before an uninstall; the chart does.
    HandBack(HandBack),
}

const EXAMPLES: &str = "Examples:
  Beside a cluster, with your own kubeconfig, writing nothing:
    prescale-controller --prometheus-url http://localhost:9090 --dry-run --no-api-service
  In a cluster, as the chart starts it:
    prescale-controller --prometheus-url http://prometheus.monitoring:9090";

/// How the controller runs.
#[derive(Debug, ClapArgs)]
pub struct Run {
    /// Where samples are read.
    #[command(flatten)]
    pub sources: Sources,
    /// Where it listens.
    #[command(flatten)]
    pub listen: Listen,
    /// Who it is.
    #[command(flatten)]
    pub identity: Identity,
    /// Its neighbours.
    #[command(flatten)]
    pub neighbours: Neighbours,
    /// What it keeps.
    #[command(flatten)]
    pub history: History,
    /// What it looks at of pods and nodes.
    #[command(flatten)]
    pub nodes: NodesArgs,
    /// What that costs.
    #[command(flatten)]
    pub cost: CostArgs,
    /// What it tells its operators.
    #[command(flatten)]
    pub telemetry: Telemetry,
    /// What people see.
    #[command(flatten)]
    pub dashboard: DashboardArgs,
    /// Time between two plans of a scaler. The HPA reads each 15 s.
    #[arg(long, env = "PRESCALE_TICK", default_value = "15s", value_name = "TIME", value_parser = duration)]
    pub tick: Duration,
    /// History that a new scaler learns from, where its source has it: two weeks.
    #[arg(long, env = "PRESCALE_BACKFILL", default_value = "336h", value_name = "TIME", value_parser = duration)]
    pub backfill: Duration,
    /// Plan and show, and write nothing to the cluster: what would be written goes to the log.
    #[arg(long, env = "PRESCALE_DRY_RUN")]
    pub dry_run: bool,
}

/// Where samples are read.
#[derive(Debug, ClapArgs)]
pub struct Sources {
    /// The Prometheus that queries go to. Needed to run.
    #[arg(long, env = "PRESCALE_PROMETHEUS_URL", value_name = "URL", required = true)]
    pub prometheus_url: Option<String>,
    /// A Secret of the own namespace with `token`, or `username` and `password`, and perhaps `ca.crt`. It is read
    /// again when it changes.
    #[arg(long, env = "PRESCALE_PROMETHEUS_SECRET", value_name = "NAME")]
    pub prometheus_secret: Option<String>,
    /// A file with the certificates, in PEM, that Prometheus is trusted by.
    #[arg(long, env = "PRESCALE_PROMETHEUS_CA", value_name = "FILE")]
    pub prometheus_ca: Option<PathBuf>,
    /// Where topics are read.
    #[command(flatten)]
    pub kafka: KafkaArgs,
}

/// Where the controller listens.
#[derive(Debug, ClapArgs)]
pub struct Listen {
    /// The external metrics API, by TLS.
    #[arg(long, env = "PRESCALE_METRICS_API_BIND", default_value = "0.0.0.0:6443", value_name = "ADDRESS")]
    pub metrics_api_bind: SocketAddr,
    /// Health and Prometheus metrics, without TLS: /healthz, /readyz, /livez, /metrics.
    #[arg(long, env = "PRESCALE_HTTP_BIND", default_value = "0.0.0.0:8080", value_name = "ADDRESS")]
    pub http_bind: SocketAddr,
    /// KEDA's external-scaler protocol, if KEDA is to reach the plans.
    #[arg(long, env = "PRESCALE_KEDA_BIND", value_name = "ADDRESS")]
    pub keda_bind: Option<SocketAddr>,
    /// Signals that clients push, by TLS, if any do.
    #[arg(long, env = "PRESCALE_SIGNALS_BIND", value_name = "ADDRESS")]
    pub signals_bind: Option<SocketAddr>,
    /// A Secret of the own namespace with `tls.crt`, `tls.key` and `ca.crt`, such as cert-manager keeps. Without it,
    /// the controller issues its own.
    #[arg(long, env = "PRESCALE_TLS_SECRET", value_name = "NAME")]
    pub tls_secret: Option<String>,
}

/// Who this replica of the controller is.
#[derive(Debug, ClapArgs)]
pub struct Identity {
    /// Its namespace.
    #[arg(long, env = "POD_NAMESPACE", default_value = "prescale-system", value_name = "NAME")]
    pub namespace: String,
    /// Its name among its fellows.
    #[arg(long, env = "POD_NAME", default_value = "prescale-controller", value_name = "NAME")]
    pub pod_name: String,
    /// The address at which its fellows reach it.
    #[arg(long, env = "POD_IP", default_value = "127.0.0.1", value_name = "IP")]
    pub pod_ip: std::net::IpAddr,
    /// The Service in front of it.
    #[arg(long, env = "PRESCALE_SERVICE", default_value = "prescale", value_name = "NAME")]
    pub service: String,
    /// The port of that Service behind which the metrics API is.
    #[arg(long, env = "PRESCALE_SERVICE_PORT", default_value_t = 443, value_name = "PORT")]
    pub service_port: u16,
}

/// The controller's neighbours in the cluster.
#[derive(Debug, ClapArgs)]
pub struct Neighbours {
    /// The external-metrics server that was there before: metrics that are not Prescale's are asked of it.
    #[arg(long, env = "PRESCALE_UPSTREAM", value_name = "NAMESPACE/SERVICE[:PORT]")]
    pub upstream: Option<String>,
    /// Where that server is, if DNS does not know its Service: for a controller that runs beside the cluster.
    #[arg(long, env = "PRESCALE_UPSTREAM_AT", value_name = "IP")]
    pub upstream_at: Option<std::net::IpAddr>,
    /// Take the external metrics API over from the server that has it, and pass on what is not Prescale's.
    #[arg(long, env = "PRESCALE_TAKE_OVER")]
    pub take_over: bool,
    /// Leave the external metrics API alone: KEDA, or nobody, reads the plans.
    #[arg(long, env = "PRESCALE_NO_API_SERVICE")]
    pub no_api_service: bool,
}

/// What the controller keeps on its disk.
#[derive(Debug, ClapArgs)]
pub struct History {
    /// The file that keeps samples and what was learned from them over a restart. Without it, all is in memory, and is
    /// learned from Prometheus after each start.
    #[arg(long, env = "PRESCALE_HISTORY_PATH", value_name = "FILE")]
    pub history_path: Option<PathBuf>,
    /// How far back samples are kept: two weeks, which is what a scaler learns from.
    #[arg(long, env = "PRESCALE_HISTORY_RETENTION", default_value = "336h", value_name = "TIME", value_parser = duration)]
    pub history_retention: Duration,
    /// Room that the file takes on the disk at most; the oldest samples go first. At least 16Mi.
    #[arg(long, env = "PRESCALE_HISTORY_MAX_SIZE", default_value = "1Gi", value_name = "SIZE", value_parser = size)]
    pub history_max_size: u64,
}

/// What the controller tells its operators.
#[derive(Debug, ClapArgs)]
pub struct Telemetry {
    /// How its log is written.
    #[arg(long, env = "PRESCALE_LOG_FORMAT", default_value = "json", value_name = "FORMAT")]
    pub log_format: LogFormat,
    /// What is logged, in the words of RUST_LOG.
    #[arg(long, env = "RUST_LOG", default_value = "info", value_name = "FILTER")]
    pub log: String,
    /// Where traces and logs are sent by OTLP over HTTP.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL")]
    pub otlp_endpoint: Option<String>,
}

/// How a log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: one object a line.
    Json,
}

/// Where the API is given back.
#[derive(Debug, ClapArgs)]
pub struct HandBack {
    /// The controller's namespace.
    #[arg(long, env = "POD_NAMESPACE", default_value = "prescale-system", value_name = "NAME")]
    pub namespace: String,
    /// Its Service.
    #[arg(long, env = "PRESCALE_SERVICE", default_value = "prescale", value_name = "NAME")]
    pub service: String,
    /// The port of that Service.
    #[arg(long, env = "PRESCALE_SERVICE_PORT", default_value_t = 443, value_name = "PORT")]
    pub service_port: u16,
}

/// A duration above zero, as in our manifests: `15s`, `336h`.
fn duration(text: &str) -> Result<Duration, String> {
    let written = text.parse::<crate::api::WrittenDuration>().map_err(|error| error.to_string())?;
    let duration = Duration::try_from(written.get()).map_err(|error| error.to_string())?;
    if duration.is_zero() { Err(format!("{text} is not above 0s")) } else { Ok(duration) }
}

/// Bytes, as Kubernetes writes them: `512Mi`, `2Gi`, `1G`, `1073741824`.
fn size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit: u64 = match &text[digits.len()..] {
        "" => 1,
        "M" => 1_000_000,
        "G" => 1_000_000_000,
        "T" => 1_000_000_000_000,
        "Mi" => 1 << 20,
        "Gi" => 1 << 30,
        "Ti" => 1 << 40,
        unit => return Err(format!("`{unit}` is none of M, G, T, Mi, Gi and Ti")),
    };
    let number = digits.parse::<u64>().map_err(|_| format!("`{digits}` is no whole number"))?;
    let bytes = number.checked_mul(unit).ok_or_else(|| format!("{text} is more than there is"))?;
    if bytes < LEAST_SIZE { Err(format!("{text} is below 16Mi")) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Args, clap::Error> {
        Args::try_parse_from(line.split(' '))
    }

    #[test]
    fn a_run_names_its_prometheus() {
        let refused = read("prescale-controller --dry-run").unwrap_err().to_string();
        assert!(refused.contains("--prometheus-url <URL>"), "{refused}");
        let args = read("prescale-controller --prometheus-url=http://here:9090").unwrap();
        assert_eq!(args.run.sources.prometheus_url.as_deref(), Some("http://here:9090"));
        assert!(args.command.is_none());
    }

    #[test]
    fn a_hand_back_needs_no_prometheus() {
        let args = read("prescale-controller hand-back --service=ours").unwrap();
        let Some(Command::HandBack(back)) = args.command else { panic!("not understood as a hand-back") };
        assert_eq!((back.service.as_str(), back.service_port), ("ours", 443));
    }

    #[test]
    fn a_size_is_written_as_in_kubernetes() {
        for (text, bytes) in
            [("512Mi", 512 << 20), ("2Gi", 2 << 30), ("1G", 1_000_000_000), ("16777216", 16 << 20)]
        {
            assert_eq!(size(text), Ok(bytes));
        }
        assert_eq!(size("1Mi"), Err("1Mi is below 16Mi".to_owned()));
        assert_eq!(size("1GiB"), Err("`GiB` is none of M, G, T, Mi, Gi and Ti".to_owned()));
        assert_eq!(size("Gi"), Err("`` is no whole number".to_owned()));
        assert!(size("99999999999999999999Gi").is_err() && size("18446744073709551615Gi").is_err());
    }

    #[test]
    fn a_duration_is_above_zero() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("0s"), Err("0s is not above 0s".to_owned()));
    }
}
