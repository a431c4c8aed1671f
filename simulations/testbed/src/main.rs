//! `testbed`: a control plane on this machine, to try things on.

use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::{Parser, Subcommand};
use jiff::SignedDuration;
use prescale_testbed::{Brokers, KarpenterSettings, Prescale, Settings, Testbed, build};
use tokio::signal::unix::{SignalKind, signal};

/// The real control plane of Kubernetes on this machine, with simulated nodes.
///
/// etcd, kube-apiserver with aggregation, kube-controller-manager with its HPA controller, and kube-scheduler are the
/// real ones; nodes and pods are played by kwok. It needs no container engine and no root.
#[derive(Parser)]
#[command(name = "testbed", version, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    word: Word,
}

const EXAMPLES: &str = "\
Examples:
  testbed build                          once: about 20 minutes on two cores
  testbed up --nodes 3                   in another shell: export KUBECONFIG=… as it says
  testbed up --nodes 3 --hpa-sync 2s     an HPA that looks every two seconds
  testbed up --nodes 0 --karpenter 45s   Karpenter, whose nodes of 4 cores come after 45 seconds
  testbed up --kafka 1                   a Kafka broker beside it; its address is printed
  testbed up --expose live/metrics:443=127.0.0.1:8443
                                         kube-apiserver reaches Service `metrics` at a process of yours";

/// Often enough to watch by eye.
const SCRAPE_EVERY: Duration = Duration::from_secs(5);

/// A rise and a fall of demand that a person sees, and a forecast can learn.
const WAVE_S: f64 = 600.0;

#[derive(Subcommand)]
enum Word {
    /// Build the programs into the cache, unless they are there
    Build,
    /// Start a control plane, and end it on Ctrl-C
    Up(Up),
    /// Start a control plane with a controller and its dashboard, print where it is and who may sign in, as a line of JSON,
    /// and end it on Ctrl-C; SIGHUP restarts the controller
    Dashboard,
}

#[derive(clap::Args)]
struct Up {
    /// Simulated nodes, with 64 cores and room for 110 pods each
    #[arg(long, default_value_t = 1)]
    nodes: u32,
    /// How often the HPA controller looks
    #[arg(long, default_value = "15s", value_parser = duration)]
    hpa_sync: Duration,
    /// From a pod's binding to a node until it is Ready
    #[arg(long, default_value = "0s", value_parser = duration)]
    pod_start: Duration,
    /// Start Karpenter, with a pool of nodes of 4 cores that register this long after their launch
    #[arg(long, value_name = "DELAY", value_parser = duration)]
    karpenter: Option<Duration>,
    /// Start Prometheus, which scrapes what --scrape names
    #[arg(long)]
    prometheus: bool,
    /// A target for Prometheus; may be repeated
    #[arg(long, value_name = "HOST:PORT", requires = "prometheus")]
    scrape: Vec<String>,
    /// Start this many Kafka brokers; three survive the loss of one
    #[arg(long, value_name = "BROKERS", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=3))]
    kafka: u32,
    /// Let kube-apiserver reach a Service at an address of this machine; may be repeated
    #[arg(long, value_name = "NAMESPACE/SERVICE:PORT=ADDRESS", value_parser = exposure)]
    expose: Vec<Exposure>,
}

#[derive(Clone)]
struct Exposure {
    namespace: String,
    service: String,
    port: u16,
    local: SocketAddr,
}

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Arguments::parse().word {
        Word::Build => build().map(|_| ()).map_err(Into::into),
        Word::Up(up) => run(serve(&up)).await,
        Word::Dashboard => run(show()).await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("testbed: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a testbed until it is asked to end.
async fn run(serving: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    eprintln!("testbed: starting a control plane …");
    tokio::select! {
        result = serving => result,
        _ = interrupt.recv() => Ok(()),
        _ = terminate.recv() => Ok(()),
    }
}

async fn serve(up: &Up) -> anyhow::Result<()> {
    let karpenter = |registration_delay| KarpenterSettings { registration_delay, ..Default::default() };
    let settings = Settings {
        nodes: up.nodes,
        hpa_sync: up.hpa_sync,
        pod_start: up.pod_start,
        karpenter: up.karpenter.map(karpenter),
        ..Settings::default()
    };
    let bed = Testbed::start(settings).await?;
    for one in &up.expose {
        let exposed = bed.expose(&one.namespace, &one.service, one.port, one.local).await;
        exposed.with_context(|| format!("--expose {}/{}", one.namespace, one.service))?;
    }
    let prometheus = if up.prometheus {
        let targets: Vec<_> = up.scrape.iter().map(String::as_str).collect();
        Some(bed.prometheus(&targets, SCRAPE_EVERY).await?)
    } else {
        None
    };
    let brokers = if up.kafka == 0 { None } else { Some(Brokers::start(up.kafka).await?) };
    let guide = guide(&bed, prometheus.as_deref(), brokers.as_ref())?;
    // Whole or not at all: who reads it may hang up.
    std::io::stdout().write_all(guide.as_bytes()).context("standard output")?;
    std::future::pending().await
}

/// Shows a dashboard whose demand rises and falls within ten minutes.
async fn show() -> anyhow::Result<()> {
    let bed = Testbed::start(Settings { nodes: 2, ..Settings::default() }).await?;
    let dashboard = bed.dashboard(1, Prescale::default()).await?;
    let line = serde_json::json!({
        "url": dashboard.urls[0],
        "tokens": {"ada": dashboard.ada, "olga": dashboard.olga, "nobody": dashboard.nobody},
        "kubeconfig": bed.kubeconfig(),
        "controller": dashboard.replicas[0].name,
        "folder": bed.folder(),
        "tools": bed.tools()?,
        "pid": std::process::id(),
    });
    std::io::stdout().write_all(format!("{line}\n").as_bytes()).context("standard output")?;
    let began = Instant::now();
    let mut second = tokio::time::interval(Duration::from_secs(1));
    let mut restart = signal(SignalKind::hangup())?;
    loop {
        tokio::select! {
            _ = restart.recv() => bed.restart(&dashboard.replicas[0].name).await?,
            _ = second.tick() => {
                let turn = began.elapsed().as_secs_f64() / WAVE_S * std::f64::consts::TAU;
                dashboard.set_demand(300.0 - 200.0 * turn.sin());
            }
        }
    }
}

/// What to do with a testbed. The first lines are for a shell.
fn guide(bed: &Testbed, prometheus: Option<&str>, brokers: Option<&Brokers>) -> anyhow::Result<String> {
    let mut lines = vec![
        format!("export KUBECONFIG={}", bed.kubeconfig().display()),
        format!("export PATH={}:$PATH", bed.tools()?.display()),
        "# Try: kubectl get nodes".to_owned(),
        "#      kubectl create deployment web --image=web --replicas=3 && kubectl get pods --watch"
            .to_owned(),
    ];
    lines.extend(prometheus.map(|url| format!("# Prometheus: {url}")));
    lines.extend(brokers.map(|brokers| format!("# Kafka: {}", brokers.bootstrap())));
    lines.push(format!("# Logs: {}/*.log. Ctrl-C ends it and removes everything.", bed.folder().display()));
    Ok(lines.join("\n") + "\n")
}

fn duration(text: &str) -> Result<Duration, String> {
    let duration: SignedDuration = text.parse().map_err(|error: jiff::Error| error.to_string())?;
    duration.try_into().map_err(|_| "must not be negative".to_owned())
}

fn exposure(text: &str) -> Result<Exposure, String> {
    let parts = text.split_once('=').and_then(|(service, local)| {
        let (namespace, service) = service.split_once('/')?;
        let (service, port) = service.split_once(':')?;
        Some((namespace, service, port, local))
    });
    let (namespace, service, port, local) = parts.ok_or("write it as live/metrics:443=127.0.0.1:8443")?;
    Ok(Exposure {
        namespace: namespace.to_owned(),
        service: service.to_owned(),
        port: port.parse().map_err(|_| format!("port {port:?} is no number from 0 to 65535"))?,
        local: local.parse().map_err(|_| format!("address {local:?} is not like 127.0.0.1:8443"))?,
    })
}
