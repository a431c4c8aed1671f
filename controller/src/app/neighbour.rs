//! The external-metrics server that was there before: the one that is named, or the one that was taken over from.

use std::{path::PathBuf, sync::Arc};

use anyhow::Context;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    args::Neighbours,
    registration::Standing,
    upstream::{Chain, Origin, Patience, Upstream, token_file},
};

/// Where the kubelet keeps the token of a pod's service account.
const TOKEN_FILE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/// Where reads go that are not ours: to the server that `--upstream` names, or to none yet.
pub(super) fn chain(neighbours: &Neighbours, shutdown: &CancellationToken) -> anyhow::Result<Chain> {
    let chain = Chain::default();
    if let Some(named) = &neighbours.upstream {
        let origin = named.parse::<Origin>().context("--upstream")?;
        lead_to(&chain, origin, shutdown)?;
    }
    Ok(chain)
}

/// Follows whom the registration was taken over from, until `shutdown`.
pub(super) async fn follow(
    chain: Chain,
    mut standing: watch::Receiver<Standing>,
    shutdown: CancellationToken,
) {
    let mut known = None;
    while let Some(Ok(())) = shutdown.run_until_cancelled(standing.changed()).await {
        let Standing::Ours { former: Some(former) } = standing.borrow_and_update().clone() else { continue };
        if known.as_ref() == Some(&former) {
            continue;
        }
        match lead_to(&chain, former.clone(), &shutdown) {
            Ok(()) => known = Some(former),
            Err(error) => warn!(%error, "former external-metrics server cannot be asked"),
        }
    }
}

fn lead_to(chain: &Chain, origin: Origin, shutdown: &CancellationToken) -> anyhow::Result<()> {
    info!(upstream = origin.host(), "metrics of others are asked of the server that was there before");
    let upstream =
        Arc::new(Upstream::new(origin, token_file(PathBuf::from(TOKEN_FILE)), Patience::default())?);
    chain.lead_to(Some(Arc::clone(&upstream)));
    let shutdown = shutdown.clone();
    tokio::spawn(async move { upstream.keep_listing(shutdown).await });
    Ok(())
}
