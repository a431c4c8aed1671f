//! What the controller listens with: health and figures without TLS, and the metrics API with it.

use std::{net::SocketAddr, sync::Arc, time::Instant};

use anyhow::Context;
use arc_swap::ArcSwap;
use axum::{Router, http::StatusCode};
use kube::Client;
use tokio::{net::TcpListener, sync::watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::info;

use crate::{
    args::{Identity, Listen, Run},
    board::{Board, Metric},
    certificates::{CertificateSettings, Certificates},
    metrics_api::{
        Authentication, Authorization, Gate, Heard, MetricsApi, Neighbour, Probes,
        authentication::{Trust, load_trust, watch_trust},
        router, serve, server_config,
    },
    nodes::HpaPolls,
    telemetry::{Metrics, ReadResult},
};

/// The Secret that holds the certificate authority which we issue from.
const AUTHORITY_SECRET: &str = "prescale-serving";

/// The tasks of the controller, and what ends them.
pub(super) type Life<'a> = (&'a TaskTracker, &'a CancellationToken);

/// Ready is who has seen all scalers: before that, a read would be refused that another replica can answer.
pub(super) fn probes(metrics: &Metrics, listed: watch::Receiver<bool>) -> Probes {
    let ready = move || {
        if *listed.borrow() { Ok(()) } else { Err("the cluster has not been listed yet".to_owned()) }
    };
    let metrics = metrics.clone();
    Probes { ready: Arc::new(ready), metrics: Arc::new(move || metrics.render()) }
}

/// Serves health and figures.
pub(super) async fn http(
    listen: &Listen,
    probes: &Probes,
    (tasks, shutdown): Life<'_>,
) -> anyhow::Result<()> {
    let listener = bind("--http-bind", listen.http_bind).await?;
    let (router, shutdown) = (probes.open(), shutdown.clone());
    let server = axum::serve(listener, router).with_graceful_shutdown(shutdown.cancelled_owned());
    tasks.spawn(async move { server.await });
    Ok(())
}

/// The certificates that the metrics API is served with, kept up to date.
pub(super) async fn certificates(
    args: &Run,
    client: &Client,
    (tasks, shutdown): Life<'_>,
) -> anyhow::Result<Certificates> {
    let (certificates, keeper) = Certificates::start(client, certificate_settings(args)).await?;
    tasks.spawn(keeper.run(shutdown.clone()));
    Ok(certificates)
}

/// Whom the cluster vouches for, kept up to date.
pub(super) async fn trust(
    client: &Client,
    (tasks, shutdown): Life<'_>,
) -> anyhow::Result<Arc<ArcSwap<Trust>>> {
    let trust = load_trust(client.clone()).await?;
    tasks.spawn(watch_trust(client.clone(), Arc::clone(&trust), shutdown.clone()));
    Ok(trust)
}

/// Who may do what, by what `trust` and the API server say.
pub(super) fn gate(client: &Client, trust: &Arc<ArcSwap<Trust>>, metrics: &Metrics) -> Gate {
    Gate {
        authentication: Authentication::new(Arc::clone(trust), client.clone()),
        authorization: Authorization::new(client.clone(), metrics.clone()),
    }
}

/// Serves the external metrics API, with what is beside it; metrics that are not ours are the neighbour's.
pub(super) async fn metrics_api(
    args: &Run,
    certificates: &Certificates,
    (board, probes, gate, metrics): (Arc<Board>, Probes, Gate, Metrics),
    (beside, neighbour, polls): (Router, Neighbour, Arc<HpaPolls>),
    (tasks, shutdown): Life<'_>,
) -> anyhow::Result<()> {
    let api = MetricsApi { board, gate, probes, neighbour: Some(neighbour), heard: heard(metrics, polls) };
    let listener = bind("--metrics-api-bind", args.listen.metrics_api_bind).await?;
    let tls = server_config(certificates.serving.clone());
    tasks.spawn(serve(listener, tls, router(api).merge(beside), shutdown.clone()));
    Ok(())
}

pub(super) async fn bind(flag: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listener =
        TcpListener::bind(address).await.with_context(|| format!("cannot listen on {flag} {address}"))?;
    info!(%address, flag, "listening");
    Ok(listener)
}

/// The name under which the metrics API is served.
pub(super) fn host(identity: &Identity) -> String {
    format!("{}.{}.svc", identity.service, identity.namespace)
}

fn certificate_settings(args: &Run) -> CertificateSettings {
    let identity = &args.identity;
    CertificateSettings {
        namespace: identity.namespace.clone(),
        secret: AUTHORITY_SECRET.to_owned(),
        names: vec![host(identity), identity.pod_ip.to_string(), "localhost".to_owned()],
        given: args.listen.tls_secret.clone(),
    }
}

/// Counts reads by how they ended, and hears how often the HPA reads.
fn heard(metrics: Metrics, polls: Arc<HpaPolls>) -> Heard {
    Arc::new(move |read| {
        metrics.read(result(read.status, read.scaler.is_some()), read.took);
        if let (Some(scaler), Some(Metric::Demand)) = (read.scaler, read.metric) {
            polls.heard(scaler, &read.caller.name, Instant::now());
        }
    })
}

fn result(status: StatusCode, names_scaler: bool) -> ReadResult {
    match (status, names_scaler) {
        (status, _) if status.is_success() => ReadResult::Answered,
        (StatusCode::NOT_FOUND, true) => ReadResult::NotKnown,
        (StatusCode::NOT_FOUND, false) => ReadResult::NoScaler,
        (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _) => ReadResult::Denied,
        (StatusCode::GATEWAY_TIMEOUT, _) => ReadResult::TimedOut,
        (_, _) => ReadResult::Malformed,
    }
}
