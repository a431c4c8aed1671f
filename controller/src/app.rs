//! The controller put together: what watches, reads, plans, serves and leads, from the flags to the end. Nothing is
//! decided here.

mod dashboard;
mod history;
mod kafka;
mod keda;
mod leading;
mod neighbour;
mod nodes;
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
    board::{Board, Notice},
    certificates::Certificates,
    fleet::{Fleet, FleetSettings, OnRemoved, OnTick, Ties},
    keda::KnownTerms,
    lease::Leadership,
    metrics_api::Probes,
    nodes::HpaPolls,
    peers,
    push::{Pushed, peer_routes},
    registration::{Place as ServicePlace, Policy, Registration, Standing, hand_back},
    sources::{
        connection::{Connection, Place, PrometheusSettings},
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
    LogSettings {
        service: "prescale-controller",
        format,
        filter: args.log.clone(),
        otlp_endpoint: args.otlp_endpoint.clone(),
        trace_share: 1.0,
    }
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
    let connection = Arc::new(Connection::new(prometheus(args))?);
    let kafka = kafka::kafka(&args.sources, &args.identity, &metrics)?;
    let pushed = signals::pushed(args);
    let reader = Reader::following(Arc::clone(&connection), metrics.clone())
        .with_kafka(kafka.clone())
        .with_pushed(Arc::clone(&pushed));
    let reader = Arc::new(reader);
    let released = CancellationToken::new();
    let leadership = leading::elect(args, &client, (&tasks, &released));
    let (hear, notices) = mpsc::channel(MOST_NOTICES);
    let role = leading::roles(leadership.clone(), metrics.clone(), &tasks);
    let terms = Arc::new(KnownTerms::default());
    let gallery = dashboard::gallery(&args.dashboard);
    let (on_tick, on_removed) =
        (on_tick((&metrics, &terms, &gallery)), on_removed((&metrics, &terms, &gallery)));
    let ties = Ties { role, notices, on_tick, on_removed };
    let store = history::store(&args.history, &metrics, (&tasks, &released));
    let nodes = nodes::settings((&args.nodes, &args.cost), &metrics);
    let polls = Arc::clone(&nodes.polls);
    nodes::follow_prices(&args.cost, (&nodes, &reader), (&tasks, &shutdown));
    let settings = FleetSettings { store: store.clone(), nodes, ..fleet_settings(args) };
    let fleet = Fleet::new(client.clone(), (reader, Arc::clone(&board)), settings, ties);
    let probes = servers::probes(&metrics, fleet.listed());
    servers::http(&args.listen, &probes, (&tasks, &shutdown)).await?;
    let parts = Answering {
        board,
        metrics: metrics.clone(),
        probes,
        terms,
        pushed,
        leadership: leadership.clone(),
        listed: fleet.listed(),
        hear,
        polls,
    };
    let answered = if args.dry_run {
        web::Answered::default()
    } else {
        answer(args, (&client, credential), parts, (&tasks, &shutdown)).await?
    };
    if let Some(gallery) = gallery {
        let shown = web::Shown {
            cluster,
            client: client.clone(),
            metrics,
            gallery,
            listed: fleet.listed(),
            registry: fleet.registry(),
            lookout: fleet.lookout(),
            leadership,
            prometheus: Arc::clone(&connection),
            store,
            answered,
        };
        web::listen(args, shown, (&tasks, &shutdown)).await?;
    }
    kafka::follow(kafka, &client, (&tasks, &shutdown));
    let (cluster, stop) = (client.clone(), shutdown.clone());
    tasks.spawn(async move { connection.follow(Some(cluster), stop).await });
    info!(version = env!("CARGO_PKG_VERSION"), dry_run = args.dry_run, "controller started");
    fleet.run(shutdown).await;
    // Only now: nobody else may lead while this replica still writes.
    released.cancel();
    tasks.close();
    tasks.wait().await;
    info!("controller ended");
    Ok(())
}

/// What answering the cluster takes of the rest of the controller.
struct Answering {
    board: Arc<Board>,
    metrics: Metrics,
    probes: Probes,
    terms: Arc<KnownTerms>,
    pushed: Arc<Pushed>,
    leadership: watch::Receiver<Leadership>,
    listed: watch::Receiver<bool>,
    hear: mpsc::Sender<Arc<Notice>>,
    polls: Arc<HpaPolls>,
}

/// Answers the API server, KEDA, clients that push, and fellow replicas.
async fn answer(
    args: &Run,
    (client, credential): (&Client, Credential),
    parts: Answering,
    (tasks, shutdown): servers::Life<'_>,
) -> anyhow::Result<web::Answered> {
    let Answering { board, metrics, probes, terms, pushed, leadership, listed, hear, polls } = parts;
    keda::listen(&args.listen, Arc::clone(&board), terms, (tasks, shutdown)).await?;
    let certificates = servers::certificates(args, client, (tasks, shutdown)).await?;
    let sharing = signals::sharing(args, pushed, (leadership.clone(), &certificates));
    tasks.spawn(Arc::clone(&sharing).run(listed, shutdown.clone()));
    let told = peers::router(Arc::clone(&board), leadership.clone());
    let told = told.merge(peer_routes(Arc::clone(&sharing)));
    let beside = leading::for_peers(told, certificates.peers.clone());
    let way = Way { at: args.neighbours.upstream_at, credential, metrics: metrics.clone() };
    let chain = neighbour::chain(&args.neighbours, &way, shutdown)?;
    let trust = servers::trust(client, (tasks, shutdown)).await?;
    let gate = || servers::gate(client, &trust, &metrics);
    signals::listen(args, (client, &certificates), (gate(), sharing, metrics.clone()), (tasks, shutdown))
        .await?;
    let parts = (Arc::clone(&board), probes, gate(), metrics.clone());
    let around = (beside, chain.neighbour(), polls);
    servers::metrics_api(args, &certificates, parts, around, (tasks, shutdown)).await?;
    let follower = leading::follower(args, &certificates, (board, hear));
    tasks.spawn(follower.run(leadership.clone(), shutdown.clone()));
    let serving = Some(Arc::clone(&certificates.serving));
    let registration = register(args, client, (certificates, chain, way), (leadership, tasks, shutdown));
    Ok(web::Answered { registration, serving })
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
            room: ticked.scaler.room().0.map(|_| ticked.scaler.room().1),
            cost: ticked.scaler.cost().as_ref(),
            took: ticked.decided_for,
        });
    })
}
