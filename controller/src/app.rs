//! The controller put together: what watches, reads, plans, serves and leads, from the flags to the end. Nothing is
//! decided here.

mod dashboard;
mod history;
mod kafka;
mod keda;
mod leading;
mod neighbour;
mod servers;
mod signals;
mod web;

use std::sync::Arc;

use anyhow::Context;
use jiff::SignedDuration;
use kube::{Client, Config};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::{mpsc, watch},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::info;

use self::neighbour::Way;
use crate::{
    apply::Writes,
    args::{self, Args, Command, Run},
    board::Board,
    certificates::Certificates,
    fleet::{Fleet, FleetSettings, OnRemoved, OnTick, Ties},
    keda::KnownTerms,
    lease::Leadership,
    peers,
    push::{Pushed, peer_routes},
    registration::{Place as ServicePlace, Policy, Registration, Standing, hand_back},
    sources::{
        connection::{Connection, Place, PrometheusSettings},
        kafka::Kafka,
        reader::Reader,
    },
    telemetry::{self, LogFormat, LogSettings, Metrics},
    upstream::{Chain, Credential},
    web::Gallery,
};

/// Notices of the leader that wait for a follower's fleet: those of a tick of a thousand scalers.
const MOST_NOTICES: usize = 1_024;

/// Does what the command line asks for.
///
/// # Errors
///
/// What cannot be had at the start: the cluster, a port, the own Secret. Later on, everything is retried.
pub async fn start(args: Args) -> anyhow::Result<()> {
    let guard = telemetry::init(&log_settings(&args.run.telemetry))?;
    let cluster =
        Config::infer().await.context("no cluster: is there a kubeconfig, or a service account?")?;
    let credential = neighbour::credential(&cluster);
    let client = Client::try_from(cluster.clone())?;
    let done = match args.command {
        Some(Command::HandBack(args)) => {
            let place = place(&args.namespace, &args.service, args.service_port);
            let done = hand_back(client, &place, leading::LEASE).await;
            done.map(|done| info!(%done, "handed back"))
        }
        None => run(&args.run, (cluster, client, credential), shutdown()?).await,
    };
    guard.flush().await;
    done
}

fn log_settings(args: &args::Telemetry) -> LogSettings {
    let format = match args.log_format {
        args::LogFormat::Text => LogFormat::Text,
        args::LogFormat::Json => LogFormat::Json,
    };
    LogSettings { format, filter: args.log.clone(), otlp_endpoint: args.otlp_endpoint.clone() }
}

/// Cancelled when the process is told to end.
fn shutdown() -> anyhow::Result<CancellationToken> {
    let (mut terminated, mut interrupted) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let shutdown = CancellationToken::new();
    let token = shutdown.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminated.recv() => {}
            _ = interrupted.recv() => {}
        }
        info!("told to end");
        token.cancel();
    });
    Ok(shutdown)
}

/// Runs until `shutdown`.
async fn run(
    args: &Run,
    (cluster, client, credential): (Config, Client, Credential),
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let (board, metrics, tasks) = (Arc::new(Board::default()), Metrics::default(), TaskTracker::new());
    let inputs = Inputs::of(args, &metrics)?;
    let (pushed, prometheus) = (Arc::clone(&inputs.pushed), Arc::clone(&inputs.connection));
    let released = CancellationToken::new();
    let leadership = leading::elect(args, &client, (&tasks, &released));
    let (hear, notices) = mpsc::channel(MOST_NOTICES);
    let role = leading::roles(leadership.clone(), metrics.clone(), &tasks);
    let terms = Arc::new(KnownTerms::default());
    let gallery = dashboard::gallery(&args.dashboard);
    let shown = (&metrics, &terms, &gallery);
    let (on_tick, on_removed) = (on_tick(shown), on_removed(shown));
    let ties = Ties { role, notices, on_tick, on_removed };
    let store = history::store(&args.history, &metrics, (&tasks, &released));
    let settings = FleetSettings { store: store.clone(), ..fleet_settings(args) };
    let fleet = Fleet::new(client.clone(), (inputs.reader(&metrics), Arc::clone(&board)), settings, ties);
    let probes = servers::probes(&metrics, fleet.listed());
    servers::http(&args.listen, &probes, (&tasks, &shutdown)).await?;
    let (mut registration, mut serving) = (None, None);
    if !args.dry_run {
        keda::listen(&args.listen, Arc::clone(&board), terms, (&tasks, &shutdown)).await?;
        let certificates = servers::certificates(args, &client, (&tasks, &shutdown)).await?;
        let sharing = signals::sharing(args, pushed, (leadership.clone(), &certificates));
        tasks.spawn(Arc::clone(&sharing).run(fleet.listed(), shutdown.clone()));
        let told =
            peers::router(Arc::clone(&board), leadership.clone()).merge(peer_routes(Arc::clone(&sharing)));
        let beside = leading::for_peers(told, certificates.peers.clone());
        let (way, chain) = neighbour(args, (credential, &metrics), &shutdown)?;
        let trust = servers::trust(&client, (&tasks, &shutdown)).await?;
        let gate = || servers::gate(&client, &trust, &metrics);
        let taking = (gate(), sharing, metrics.clone());
        signals::listen(args, (&client, &certificates), taking, (&tasks, &shutdown)).await?;
        let parts = (Arc::clone(&board), probes, gate(), metrics.clone());
        let around = (beside, chain.neighbour());
        servers::metrics_api(args, &certificates, parts, around, (&tasks, &shutdown)).await?;
        tasks.spawn(
            leading::follower(args, &certificates, (board, hear)).run(leadership.clone(), shutdown.clone()),
        );
        serving = Some(Arc::clone(&certificates.serving));
        let ways = (certificates, chain, way);
        registration = register(args, &client, ways, (leadership.clone(), &tasks, &shutdown));
    }
    if let Some(gallery) = gallery {
        let (listed, registry, client) = (fleet.listed(), fleet.registry(), client.clone());
        let shown = web::Shown {
            cluster,
            client,
            metrics,
            gallery,
            listed,
            registry,
            leadership,
            prometheus,
            store,
            registration,
            serving,
        };
        web::listen(args, shown, (&tasks, &shutdown)).await?;
    }
    inputs.follow(&client, (&tasks, &shutdown));
    info!(version = env!("CARGO_PKG_VERSION"), dry_run = args.dry_run, "controller started");
    fleet.run(shutdown).await;
    // Only now: nobody else may lead while this replica still writes.
    released.cancel();
    tasks.close();
    tasks.wait().await;
    info!("controller ended");
    Ok(())
}

/// Where samples come from.
struct Inputs {
    connection: Arc<Connection>,
    kafka: Option<Kafka>,
    pushed: Arc<Pushed>,
}

impl Inputs {
    fn of(args: &Run, metrics: &Metrics) -> anyhow::Result<Self> {
        let connection = Arc::new(Connection::new(prometheus(args))?);
        let kafka = kafka::kafka(&args.sources, &args.identity, metrics)?;
        Ok(Self { connection, kafka, pushed: signals::pushed(args) })
    }

    fn reader(&self, metrics: &Metrics) -> Arc<Reader> {
        let reader = Reader::following(Arc::clone(&self.connection), metrics.clone());
        Arc::new(reader.with_kafka(self.kafka.clone()).with_pushed(Arc::clone(&self.pushed)))
    }

    /// Keeps connections and credentials up to date.
    fn follow(self, client: &Client, (tasks, shutdown): (&TaskTracker, &CancellationToken)) {
        kafka::follow(self.kafka, client, (tasks, shutdown));
        let (connection, cluster, stop) = (self.connection, client.clone(), shutdown.clone());
        tasks.spawn(async move { connection.follow(Some(cluster), stop).await });
    }
}

/// The external-metrics server that was there before, and how it is asked.
fn neighbour(
    args: &Run,
    (credential, metrics): (Credential, &Metrics),
    shutdown: &CancellationToken,
) -> anyhow::Result<(Way, Chain)> {
    let way = Way { at: args.neighbours.upstream_at, credential, metrics: metrics.clone() };
    let chain = neighbour::chain(&args.neighbours, &way, shutdown)?;
    Ok((way, chain))
}

/// Lets the API server find the metrics API, unless that is left to others.
fn register(
    args: &Run,
    client: &Client,
    (certificates, chain, way): (Certificates, Chain, Way),
    (leadership, tasks, shutdown): (watch::Receiver<Leadership>, &TaskTracker, &CancellationToken),
) -> Option<watch::Receiver<Standing>> {
    if args.neighbours.no_api_service {
        return None;
    }
    let policy = if args.neighbours.take_over { Policy::TakeOver } else { Policy::LeaveOthers };
    let place = place(&args.identity.namespace, &args.identity.service, args.identity.service_port);
    let bundle = Arc::new(move || certificates.bundle.borrow().pem().to_owned());
    let (registration, standing) = Registration::new(client.clone(), place, policy, bundle);
    tasks.spawn(registration.run(leadership, shutdown.clone()));
    tasks.spawn(neighbour::follow((chain, way), standing.clone(), shutdown.clone()));
    Some(standing)
}

fn place(namespace: &str, service: &str, port: u16) -> ServicePlace {
    ServicePlace { namespace: namespace.to_owned(), service: service.to_owned(), port }
}

fn fleet_settings(args: &Run) -> FleetSettings {
    FleetSettings {
        period: args.tick,
        history: SignedDuration::try_from(args.backfill).expect("a backfill was written as one"),
        instance: Some(args.identity.pod_name.clone()),
        writes: if args.dry_run { Writes::DryRun } else { Writes::Real },
        ..FleetSettings::default()
    }
}

/// Where samples are read, and what it takes to be let in.
fn prometheus(args: &Run) -> PrometheusSettings {
    let sources = &args.sources;
    let secret = sources
        .prometheus_secret
        .as_ref()
        .map(|name| Place::Secret { namespace: args.identity.namespace.clone(), name: name.clone() });
    let file = sources.prometheus_ca.clone().map(Place::Path);
    let url = sources.prometheus_url.clone().expect("a run without it is refused");
    PrometheusSettings { url, ca: file, credentials: secret }
}

/// Where ticks are shown.
type Shown<'a> = (&'a Metrics, &'a Arc<KnownTerms>, &'a Option<Arc<Gallery>>);

fn on_removed((metrics, terms, gallery): Shown<'_>) -> OnRemoved {
    let (metrics, terms, gallery) = (metrics.clone(), Arc::clone(terms), gallery.clone());
    Arc::new(move |key| {
        metrics.removed(key);
        terms.forget(key);
        if let Some(gallery) = &gallery {
            gallery.remove(key);
        }
    })
}

/// Shows each tick of a scaler whose plan is known.
fn on_tick((metrics, terms, gallery): Shown<'_>) -> OnTick {
    let (metrics, terms, gallery) = (metrics.clone(), Arc::clone(terms), gallery.clone());
    Arc::new(move |ticked| {
        keda::learn(&terms, ticked);
        if let Some(gallery) = &gallery {
            dashboard::show(gallery, ticked);
        }
        let Some(notice) = ticked.notice else { return };
        let autoscaler = ticked.scaler.autoscaler();
        let signals = autoscaler.settings().signals.iter();
        let series = signals.map(|signal| (signal.name.as_str(), autoscaler.signal(&signal.name)));
        let newest: Vec<_> = [("demand", Some(autoscaler.demand()))]
            .into_iter()
            .chain(series)
            .filter_map(|(name, series)| Some((name, series?.newest()?.at())))
            .collect();
        metrics.ticked(&telemetry::Ticked {
            notice,
            mode: autoscaler.settings().mode,
            autoscaler,
            newest: &newest,
            queue: &ticked.readings.queue,
            took: ticked.decided_for,
        });
    })
}
