//! The external-metrics server that was there before: the one that is named, or the one that was taken over from.

use std::{net::IpAddr, sync::Arc};

use anyhow::Context;
use kube::Config;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    args::Neighbours,
    registration::Standing,
    telemetry::Metrics,
    upstream::{Chain, Credential, Origin, Patience, Upstream, token_file},
};

/// How such a server is reached.
#[derive(Clone)]
pub(super) struct Way {
    /// Its address, if DNS is not to be asked.
    pub(super) at: Option<IpAddr>,
    /// What it knows us by.
    pub(super) credential: Credential,
    /// Where reads of it are counted.
    pub(super) metrics: Metrics,
}

/// The token that kube-apiserver knows us by: in a pod, the one that the kubelet keeps fresh.
pub(super) fn credential(cluster: &Config) -> Credential {
    match &cluster.auth_info.token_file {
        Some(path) => token_file(path.into()),
        None => Arc::new(|| None),
    }
}

/// Where reads go that are not ours: to the server that `--upstream` names, or to none yet.
pub(super) fn chain(
    neighbours: &Neighbours,
    way: &Way,
    shutdown: &CancellationToken,
) -> anyhow::Result<Chain> {
    let chain = Chain::default();
    if let Some(named) = &neighbours.upstream {
        let origin = named.parse::<Origin>().context("--upstream")?;
        lead_to(&chain, origin, way, shutdown)?;
    }
    Ok(chain)
}

/// Follows whom the registration was taken over from, until `shutdown`.
pub(super) async fn follow(
    (chain, way): (Chain, Way),
    mut standing: watch::Receiver<Standing>,
    shutdown: CancellationToken,
) {
    let mut known = None;
    while let Some(Ok(())) = shutdown.run_until_cancelled(standing.changed()).await {
        let Standing::Ours { former: Some(former) } = standing.borrow_and_update().clone() else { continue };
        if known.as_ref() == Some(&former) {
            continue;
        }
        match lead_to(&chain, former.clone(), &way, &shutdown) {
            Ok(()) => known = Some(former),
            Err(error) => warn!(%error, "former external-metrics server cannot be asked"),
        }
    }
}

fn lead_to(chain: &Chain, origin: Origin, way: &Way, shutdown: &CancellationToken) -> anyhow::Result<()> {
    let Way { at, credential, metrics } = way.clone();
    info!(upstream = origin.host(), "metrics of others are asked of the server that was there before");
    let origin = Origin { at, ..origin };
    let upstream = Arc::new(Upstream::new(origin, credential, Patience::default(), metrics)?);
    chain.lead_to(Some(Arc::clone(&upstream)));
    let shutdown = shutdown.clone();
    tokio::spawn(async move { upstream.keep_listing(shutdown).await });
    Ok(())
}
